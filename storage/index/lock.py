"""One writer for a folder: a lock that the operating system gives back when its holder dies."""

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """The right to write a folder; of all processes, and of all locks in one process, one has it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Whether it is ours; not once its file was deleted, since whoever comes next makes another."""
        if self._file is None:
            return False
        try:
            there = self._path.stat()
        except OSError:
            return False
        return os.path.samestat(there, os.fstat(self._file))

    def take(self) -> bool:
        """Whether the lock is ours now. Raises `OSError` if its file cannot be made."""
        if self.held:
            return True
        self.give_back()
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)  # not inherited by child processes
        try:
            _take(file)
        except OSError:  # another has it
            os.close(file)
            return False
        self._file = file
        return self.held

    def give_back(self) -> None:
        """Ends it if it is ours."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
