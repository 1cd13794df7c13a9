"""`bot.ports.StoreAdmin` on SQLite: is the file sound, and a copy of it."""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from bot.errors import ConflictError, StorageError
from bot.identity import best_first
from bot.model import IdScheme, PaperId
from bot.ports import CheckReport
from storage.sqlite.engine import Engine
from storage.sqlite.failures import operational
from storage.sqlite.migrations import MIGRATIONS

__all__ = ["SqliteAdmin"]

# What must hold beyond what the schema can say: a sentence, and the rows that break it.
_RULES: Final = (
    (
        "the paper {} has no identifier",
        "SELECT key FROM papers WHERE NOT EXISTS (SELECT 1 FROM paper_ids WHERE paper_id = papers.id)",
    ),
    (
        "the paper {} has no record of who told what of it",
        "SELECT key FROM papers WHERE id NOT IN (SELECT paper_id FROM paper_facts)",
    ),
    (
        "the paper {} is not on the daily list that is noted as its first",
        """
        SELECT key FROM papers WHERE first_list IS NOT (
            SELECT min(substr(s.subject, 7)) FROM listings AS l JOIN subjects AS s ON s.id = l.subject_id
            WHERE l.paper_id = papers.id AND s.subject GLOB 'daily:*'
        )
        """,
    ),
    (
        "the paper number {} counts as gone and is still there",
        "SELECT paper_id FROM gone WHERE paper_id IN (SELECT id FROM papers)",
    ),
    (
        "the slot of {} is queued without a delivery",
        """
        SELECT destination_id || ' on ' || local_date FROM slots
        WHERE outcome = 'queued' AND (
            delivery_id IS NULL OR delivery_id NOT IN (SELECT id FROM deliveries)
        )
        """,
    ),
    (
        "the ledger of {} still counts what a rejected delivery would have told",
        """
        SELECT DISTINCT l.recipient_id FROM ledger AS l JOIN deliveries AS d ON d.id = l.delivery_id
        WHERE d.state = 'rejected'
        """,
    ),
    (
        "the subscription {} speaks nowhere, or at somebody else's destination",
        """
        SELECT s.id FROM subscriptions AS s
        LEFT JOIN subscription_destinations AS l ON l.subscription_id = s.id
        LEFT JOIN destinations AS d ON d.id = l.destination_id
        WHERE d.recipient_id IS NOT s.recipient_id
        """,
    ),
    (
        "the delivery {} is under way without a lease, or leased without being under way",
        """
        SELECT id FROM deliveries
        WHERE (state IN ('leased', 'sending')) <> (leased_by IS NOT NULL AND lease_until IS NOT NULL)
        """,
    ),
)
_TABLES: Final = """
    SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' ORDER BY name
"""
_EXISTS: Final = "{} exists already. Name a file that does not."
_MOST: Final = 20  # of one kind; who has more needs the last backup, not a longer list


class SqliteAdmin:
    """`bot.ports.StoreAdmin` on SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def check(self) -> CheckReport:
        """Looks through the whole file: its pages, its references, and the rules of the schema."""
        return await self._engine.read(self._check)

    async def backup(self, target: Path) -> None:
        """Copies the database as it is at one instant to `target`, on disk for good when this returns.

        Writes go on meanwhile. Raises `ConflictError` if `target` exists, `ReadOnlyError` or
        `DiskFullError` if it cannot be written; a copy that fails leaves no file.
        """
        await self._engine.read(lambda db: _backup(db, target))

    def _check(self, db: Database) -> CheckReport:
        problems = [*_damage(db)]
        counts: dict[str, int] = {}
        if not problems:  # what a damaged file says of its contents means nothing
            problems = [*_dangling(db), *_broken_rules(db), *_wrong_keys(db)]
            counts = {name: db[name].count for (name,) in db.execute(_TABLES).fetchall()}
        return CheckReport(
            path=str(self._engine.path),
            schema=MIGRATIONS.applied(db)[-1].name,
            problems=tuple(problems),
            counts=counts,
        )


# --- checking ------------------------------------------------------------------------------------


def _damage(db: Database) -> Iterator[str]:
    try:
        for (line,) in db.execute("PRAGMA integrity_check"):
            if line != "ok":
                yield f"the file is damaged: {line}"
    except sqlite3.DatabaseError as error:  # too damaged to be looked through
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        yield f"the file is damaged: {error}"


def _dangling(db: Database) -> Iterator[str]:
    """References to rows that are not there, by table."""
    found = Counter((row[0], row[2]) for row in db.execute("PRAGMA foreign_key_check"))
    for (table, target), rows in sorted(found.items()):
        yield f"{rows} rows of {table} refer to rows of {target} that are not there"


def _broken_rules(db: Database) -> Iterator[str]:
    for sentence, sql in _RULES:
        rows = db.execute(sql).fetchall()
        yield from (sentence.format(name) for (name,) in rows[:_MOST])
        if len(rows) > _MOST:
            yield f"and {len(rows) - _MOST} more where " + sentence.format("…")


def _wrong_keys(db: Database) -> Iterator[str]:
    """Papers whose key is not the best of their identifiers."""
    rows = db.execute(
        "SELECT p.key, i.scheme, i.value FROM papers AS p JOIN paper_ids AS i ON i.paper_id = p.id "
        "ORDER BY p.id"
    )
    for key, group in groupby(rows, key=lambda row: row[0]):
        best = best_first(PaperId(IdScheme(scheme), value) for _, scheme, value in group)[0]
        if key != str(best):
            yield f"the paper {key} should be called {best}"


# --- copying -------------------------------------------------------------------------------------


def _backup(db: Database, target: Path) -> None:
    if target.exists():
        raise ConflictError(_EXISTS.format(target))
    part = target.with_name(f".{target.name}.part")
    try:
        # Made here and not by SQLite, so that nobody's file is ever taken for an unfinished copy.
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            with operational(target):
                _copy(db, part)
            _flush(part)
            _name(part, target)
        finally:
            part.unlink(missing_ok=True)
        _flush(target.parent)
    except FileExistsError as error:
        raise ConflictError(
            f"{part} exists already: another backup is being made, or one was cut off. "
            "If none is under way, remove that file."
        ) from error
    except OSError as error:
        raise StorageError(
            f"{target} cannot be written ({error.strerror}). Choose another place for the backup."
        ) from error


def _copy(db: Database, target: Path) -> None:
    """Copies the snapshot that this connection reads, in one step: a write meanwhile changes nothing."""
    with closing(sqlite3.connect(target)) as copy:
        db.conn.backup(copy)
        # One plain file, which any tool can open where it lies: the next `open` logs ahead again.
        copy.execute("PRAGMA journal_mode = DELETE")


def _name(part: Path, target: Path) -> None:
    """Gives the finished copy its name, never in place of another file."""
    try:
        target.hardlink_to(part)
    except FileExistsError as error:
        raise ConflictError(_EXISTS.format(target)) from error
    except OSError:  # a file system without hard links: this may overwrite what appeared just now
        part.rename(target)


def _flush(path: Path) -> None:
    """Has the disk keep a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
