"""Writing settings into `paperboy.toml`, which then only its owner can read: it holds tokens."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import tomlkit
from tomlkit.exceptions import ParseError

from bot.errors import ConfigError


def write_settings(file: Path, values: Mapping[str, str | list[str]]) -> None:
    """Sets these keys in the file, keeps everything else of it, and makes it readable by its owner alone.

    The file is replaced as a whole: whatever happens, the old or the new one is there. Raises `ConfigError`.
    """
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        document = tomlkit.parse(text)
    except ParseError as error:
        raise ConfigError(f"{file} is not valid TOML ({error}). Mend it, or move it away.") from error
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}).") from error
    for key, value in values.items():
        document[key] = value
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
                opened.write(tomlkit.dumps(document))
                opened.flush()
                os.fsync(opened.fileno())
            Path(draft).replace(file)
        except BaseException:
            with suppress(OSError):
                Path(draft).unlink()
            raise
    except OSError as error:
        raise ConfigError(f"{file} cannot be written ({error.strerror}).") from error
