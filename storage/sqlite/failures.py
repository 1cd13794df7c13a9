"""SQLite's operational failures as sentences for people; bugs are left as they are."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bot.errors import (
    BusyError,
    DamagedDatabaseError,
    DiskFullError,
    NotADatabaseError,
    ReadOnlyError,
    StorageError,
)

# A write needs about this much; less of it left explains an input/output error that SQLite reports
# without its cause (it cannot grow the file of the write-ahead log's index).
_ROOM: Final = 1 << 20


@contextmanager
def operational(path: Path, *, writes: bool = True) -> Iterator[None]:
    """Raises the `StorageError` that tells what is wrong with the database at `path`, if that is known.

    Whatever only a mistake of ours can cause passes through unchanged: a broken constraint, wrong SQL,
    and without `writes` also an attempt to write.
    """
    try:
        yield
    except sqlite3.Error as error:
        told = _explained(error, path, writes=writes)
        if told is None:
            raise
        raise told from error


def _explained(error: sqlite3.Error, path: Path, *, writes: bool) -> StorageError | None:
    # The primary result code is the low byte: https://www.sqlite.org/rescode.html
    # Errors of Python's own module (a closed connection, a wrong thread) have none: those are bugs.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    name = str(path)
    match code:
        case sqlite3.SQLITE_NOTADB:
            return NotADatabaseError(name)
        case sqlite3.SQLITE_CORRUPT:
            return DamagedDatabaseError(name, str(error))
        case sqlite3.SQLITE_READONLY if not writes:
            return None
        case sqlite3.SQLITE_CANTOPEN if path.is_dir():
            return NotADatabaseError(name)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return ReadOnlyError(name)
        case sqlite3.SQLITE_FULL:
            return DiskFullError(name)
        case sqlite3.SQLITE_IOERR if _room(path) < _ROOM:
            return DiskFullError(name)
        case sqlite3.SQLITE_IOERR:
            return StorageError(f"{name} cannot be read or written ({error}). Check the disk that holds it.")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
            return BusyError(name)
        case _:
            return None


def _room(path: Path) -> int:
    """Bytes free for us on the disk that holds `path`."""
    return shutil.disk_usage(path.parent).free
