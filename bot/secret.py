"""The key that signs links and encrypts stored tokens: a setting, or made once and kept in a file."""

import os
import secrets
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.config import Settings
from bot.config_values import SECRET_KEY_LENGTH
from bot.errors import ConfigError

KEY_FILE: Final = "secret.key"


@dataclass(frozen=True, slots=True)
class SecretKey:
    """The key, which no `repr` shows, and a sentence for the operator if it is badly kept."""

    value: bytes = field(repr=False)  # printable ASCII, at least 32 bytes
    warning: str | None = None


def secret_key(
    settings: Settings, home: Path, new_token: Callable[[], str] = secrets.token_urlsafe
) -> SecretKey:
    """The setting `secret_key`, else the key in `home/secret.key`, which is made if it is not there.

    Processes that start at once end with the same key. `new_token` gives printable ASCII of at least
    32 characters. Raises `ConfigError` if the file can be neither read nor made, or holds no key.
    """
    if settings.secret_key is not None:
        return SecretKey(settings.secret_key.get_secret_value().encode())
    file = home / KEY_FILE
    try:
        if not file.exists():
            _make(file, new_token())
        return _read(file)
    except OSError as error:
        raise ConfigError(
            f"The key file {file} can be neither read nor made ({error.strerror or error}). Give this user "
            "access to it and its folder, or set PAPERBOY_SECRET_KEY."
        ) from error


def _read(file: Path) -> SecretKey:
    with file.open("rb") as opened:
        mode = os.fstat(opened.fileno()).st_mode
        value = opened.read().strip()
    if len(value) < SECRET_KEY_LENGTH:
        raise ConfigError(
            f"{file} holds no whole key. Restore it from a backup; or delete it, and a new one is made: "
            "then links that were sent and tokens that were stored stop working."
        )
    others = os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO)
    warning = f"{file} is open to other users of this machine: run chmod 600 {file}." if others else None
    return SecretKey(value, warning)


def _make(file: Path, token: str) -> None:
    """Writes the file, readable by its owner alone, unless another process is first.

    The key is written beside the file and then linked to its name: the name never leads to half a key,
    and of two processes the second finds the first one's file instead of replacing it.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(prefix=f"{KEY_FILE}.", dir=file.parent)  # made with mode 0600
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(token.encode() + b"\n")
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        Path(draft).unlink()
