"""One SQLite file in write-ahead mode: one writer thread, a few reader threads, functions sent to them."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

from sqlite_utils import Database

from bot.errors import NewerDatabaseError, NotADatabaseError, ReadOnlyError
from storage.sqlite.failures import operational
from storage.sqlite.migrations import APPLICATION_ID, MIGRATIONS

T = TypeVar("T")

_BUSY_TIMEOUT: Final = timedelta(seconds=10)
_LOG_KEPT: Final = 64 << 20  # bytes of the log's file that stay for the next pages
_READER_CACHE: Final = 512 << 10  # bytes; SQLite's own choice is 2 MB a connection
_LOCK_PAUSE: Final = timedelta(milliseconds=20)


class Engine:
    """The connections of one process to one database file; belongs to one event loop.

    Functions given to `write` or `rehearse` run one after another on the writer thread, those given to `read`
    side by side on reader threads; each has the connection to itself while it runs, and must return plain
    values, never a cursor. A read sees one snapshot and neither waits for a write nor delays one. Whoever
    waits may be cancelled: a function that has begun still ends as a whole, one that has not never begins.

    Operational failures are raised as `bot.errors.StorageError`; mistakes crash as they are.
    """

    def __init__(
        self,
        path: Path,
        *,
        readers: int = 2,
        busy_timeout: timedelta = _BUSY_TIMEOUT,
        after_commit: Callable[[int], None] | None = None,
    ) -> None:
        """`busy_timeout` is how long another program's lock is waited for.

        `after_commit` is called on the writer thread after each `write`, with its number from 1 on.
        """
        self.path = path
        self._busy_timeout = busy_timeout
        self._after_commit = after_commit
        self._commits = 0
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="paperboy-writer")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="paperboy-reader")
        self._own = threading.local()  # each thread's own connection, as `db`
        self._connections: list[Database] = []

    async def open(self) -> None:
        """Checks that the file is ours, makes it if there is none, and brings its schema up to date.

        Raises `NotADatabaseError`, `NewerDatabaseError`, `DamagedDatabaseError`, `ReadOnlyError`,
        `DiskFullError` or `BusyError`; nothing stays open then.
        """
        try:
            await asyncio.get_running_loop().run_in_executor(self._writer, self._prepare)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finishes what was begun, then closes every connection. May be called twice."""
        await asyncio.to_thread(self._finish)

    async def write(self, work: Callable[[Database], T]) -> T:
        """Runs `work` in a transaction of its own; whatever it raises rolls everything back."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._write, work)

    async def read(self, work: Callable[[Database], T]) -> T:
        """Runs `work` on one snapshot of the database, which it cannot change."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def rehearse(self, work: Callable[[Database], T]) -> T:
        """Runs `work` as if to write, in its turn, and rolls everything back in any case."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._rehearse, work)

    # --- on the writer thread --------------------------------------------------------------------

    def _prepare(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:  # no right to, a read-only disk, or a file where a folder should be
            raise ReadOnlyError(str(self.path)) from error
        with operational(self.path):
            db = self._connection(writes=True)
            self._check(db)  # before anything is changed in a file that may be somebody else's
            self._log_ahead(db)
            # Another process may be opening the same new file: the lock makes one of the two wait, and
            # then find everything applied. All pending changes become one transaction, since each
            # opens its own only where none is open.
            db.execute("BEGIN IMMEDIATE")
            try:
                self._check(db)
                if MIGRATIONS.pending(db):
                    MIGRATIONS.apply(db)
                db.execute("COMMIT")
            except BaseException:
                db.rollback()
                raise

    def _check(self, db: Database) -> None:
        """Tells a database of ours, or an empty one, from all others."""
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != APPLICATION_ID:
            raise NotADatabaseError(str(self.path))
        unknown = {change.name for change in MIGRATIONS.applied(db)} - _known_changes()
        if unknown:
            raise NewerDatabaseError(str(self.path), max(unknown))

    def _log_ahead(self, db: Database) -> None:
        """Switches to the write-ahead log; the file remembers it.

        Two processes that switch the same new file at once can refuse each other without SQLite's own
        waiting, so this waits by itself, as long as `busy_timeout` in all.
        """
        for chances in range(self._busy_timeout // _LOCK_PAUSE, -1, -1):
            try:
                db.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                if not chances or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                time.sleep(_LOCK_PAUSE.total_seconds())  # on the writer thread, never on the event loop
            else:
                return

    def _write(self, work: Callable[[Database], T]) -> T:
        with operational(self.path):
            db = self._connection(writes=True)
            db.execute("BEGIN IMMEDIATE")
            try:
                result = work(db)
                db.execute("COMMIT")
            except BaseException:
                db.rollback()  # does nothing where SQLite has already rolled back, as on a full disk
                raise
        self._commits += 1
        if self._after_commit is not None:
            self._after_commit(self._commits)
        return result

    def _rehearse(self, work: Callable[[Database], T]) -> T:
        with operational(self.path):
            db = self._connection(writes=True)
            db.execute("BEGIN IMMEDIATE")
            try:
                return work(db)
            finally:
                db.rollback()

    # --- on a reader thread ----------------------------------------------------------------------

    def _read(self, work: Callable[[Database], T]) -> T:
        with operational(self.path, writes=False):
            db = self._connection(writes=False)
            db.execute("BEGIN")
            try:
                return work(db)
            finally:
                db.rollback()

    # --- connections -----------------------------------------------------------------------------

    def _connection(self, *, writes: bool) -> Database:
        """This thread's own connection, made when it is first needed."""
        db: Database | None = getattr(self._own, "db", None)
        if db is None:
            db = self._own.db = self._connect(writes=writes)
        return db

    def _connect(self, *, writes: bool) -> Database:
        conn = sqlite3.connect(
            self.path,
            isolation_level=None,  # transactions are opened here and nowhere else
            # A connection is used by the thread that made it; `close` alone touches it from another,
            # when that thread has ended.
            check_same_thread=False,
        )
        db = Database(conn, recursive_triggers=False, execute_plugins=False)
        self._connections.append(db)
        db.execute(f"PRAGMA busy_timeout = {self._busy_timeout // timedelta(milliseconds=1)}")
        db.execute("PRAGMA foreign_keys = ON")
        # A commit must survive the loss of power, not only the loss of the process: a delivery whose
        # `sending` vanished would be sent a second time. WAL with NORMAL may lose the last commits.
        db.execute("PRAGMA synchronous = FULL")
        # A long read may let the log grow; it shrinks after.
        db.execute(f"PRAGMA journal_size_limit = {_LOG_KEPT}")
        # What is deleted is overwritten: nobody who asked to be forgotten is found in free pages.
        db.execute("PRAGMA secure_delete = ON")
        if not writes:
            db.execute("PRAGMA query_only = ON")
            # Whatever is written empties a reader's cache, so that a large one is memory for little.
            db.execute(f"PRAGMA cache_size = -{_READER_CACHE >> 10}")
        return db

    def _finish(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown()
        while self._connections:
            self._connections.pop().close()


def _known_changes() -> frozenset[str]:
    """The names of all changes that this version can apply."""
    with Database(memory=True) as empty:
        return frozenset(change.name for change in MIGRATIONS.pending(empty))
