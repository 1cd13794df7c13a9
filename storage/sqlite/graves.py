"""Tombstones, in the database and beside it: no backup that is restored makes it lose who asked to be
forgotten, or to get no more mail.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from bot.errors import StorageError

__all__ = ["Graves", "buried", "bury", "graves_of"]

_ENDING: Final = ".forgotten"


def graves_of(database: Path) -> "Graves":
    """The file beside that database."""
    return Graves(database.with_name(database.name + _ENDING))


class Graves:
    """A file of lines `instant digest`, in ms; it only grows. Of one digest the latest instant counts."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> dict[str, int]:
        """The instants by their digests. Raises `StorageError`."""
        try:
            text = self._file.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._failed("read", error) from error
        found: dict[str, int] = {}
        for line in text.splitlines():
            at, _, digest = line.partition(" ")
            if digest and at.isascii() and at.isdigit():
                found[digest] = max(int(at), found.get(digest, 0))
        return found

    def add(self, tombstones: Mapping[str, int]) -> None:
        """Keeps these too, on disk for good when this returns. Raises `StorageError`."""
        known = self.read()
        new = {digest: at for digest, at in tombstones.items() if at > known.get(digest, -1)}
        if not new:
            return
        # A line that was cut off by a crash must not take the next one along.
        lines = "\n" + "".join(f"{at} {digest}\n" for digest, at in new.items())
        try:
            handle = os.open(self._file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
            try:
                os.write(handle, lines.encode("ascii"))
                os.fsync(handle)
            finally:
                os.close(handle)
            folder = os.open(self._file.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise self._failed("written", error) from error

    def _failed(self, what: str, error: OSError) -> StorageError:
        return StorageError(
            f"{self._file} cannot be {what} ({error.strerror or error}). It keeps who asked to be "
            "forgotten, or to get no more mail: give this user access to it, and room on its disk."
        )


def bury(db: Database, marks: Mapping[str, int]) -> None:
    """Notes in the database that it heeds these tombstones: instants, in ms, by digest."""
    db.conn.executemany(
        "INSERT INTO tombstones (digest, forgotten_at) VALUES (?, ?)"
        " ON CONFLICT (digest) DO UPDATE SET forgotten_at = max(forgotten_at, excluded.forgotten_at)",
        list(marks.items()),
    )


def buried(db: Database) -> dict[str, int]:
    """All that the database heeds, as `bury` takes them."""
    return dict(db.execute("SELECT digest, forgotten_at FROM tombstones").fetchall())
