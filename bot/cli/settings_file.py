"""Writing settings into `paperboy.toml`, which then only its owner can read: it holds tokens."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import tomlkit
from tomlkit.exceptions import ParseError

from bot.errors import ConfigError


def check_settings_file(file: Path) -> None:
    """Raises `ConfigError` if `write_settings` could not write there: to be known before anybody is asked."""
    target = file.resolve()  # a link to a file elsewhere stays one
    _read(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written ({error.strerror}).") from error
    if target.exists() and not os.access(target, os.W_OK):
        raise ConfigError(f"{file} is read-only. Make it writable, or name another file with --config.")
    if not os.access(target.parent, os.W_OK):
        raise ConfigError(f"{file} cannot be written: its folder is read-only.")


def write_settings(file: Path, values: Mapping[str, str | list[str]]) -> None:
    """Sets these keys in the file, keeps everything else of it, and makes it readable by its owner alone.

    The file is replaced as a whole: whatever happens, the old or the new one is there. Raises `ConfigError`.
    """
    check_settings_file(file)
    target = file.resolve()
    document = _read(target)
    for key, value in values.items():
        document[key] = value
    try:
        descriptor, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as opened:
                opened.write(tomlkit.dumps(document))
                opened.flush()
                os.fsync(opened.fileno())
            Path(draft).replace(target)
        except BaseException:
            with suppress(OSError):
                Path(draft).unlink()
            raise
    except OSError as error:
        raise ConfigError(f"{file} cannot be written ({error.strerror}).") from error


def _read(file: Path) -> tomlkit.TOMLDocument:
    """What the file holds; an empty document if there is none."""
    try:
        return tomlkit.parse(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return tomlkit.document()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text. Save it as UTF-8, or move it away.") from error
    except ParseError as error:
        raise ConfigError(f"{file} is not valid TOML ({error}). Mend it, or move it away.") from error
