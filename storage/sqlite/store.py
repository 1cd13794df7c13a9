"""The whole store in one SQLite file."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.sqlite.actions import SqliteActions
from storage.sqlite.admin import SqliteAdmin
from storage.sqlite.destinations import SqliteDestinations
from storage.sqlite.editions import SqliteEditions
from storage.sqlite.engine import Engine
from storage.sqlite.history import SqliteHistory
from storage.sqlite.installations import SecretKey, SqliteInstallations
from storage.sqlite.mailboxes import SqliteMailboxes
from storage.sqlite.outbox import SqliteOutbox
from storage.sqlite.papers import SqlitePapers
from storage.sqlite.people import SqlitePeople
from storage.sqlite.sources import SqliteSources
from storage.sqlite.taste import SqliteTaste

__all__ = ["SqliteStore", "open_sqlite"]


@dataclass(frozen=True, slots=True)
class SqliteStore:
    """`bot.ports.Store` on one engine."""

    papers: SqlitePapers
    editions: SqliteEditions
    destinations: SqliteDestinations
    outbox: SqliteOutbox
    sources: SqliteSources
    people: SqlitePeople
    mailboxes: SqliteMailboxes
    taste: SqliteTaste
    installations: SqliteInstallations
    history: SqliteHistory
    actions: SqliteActions
    admin: SqliteAdmin


@asynccontextmanager
async def open_sqlite(
    path: Path,
    *,
    readers: int = 2,
    after_commit: Callable[[int], None] | None = None,
    secret_key: SecretKey | None = None,
) -> AsyncIterator[SqliteStore]:
    """Opens the store at `path`, makes and migrates it as needed, and finishes what was begun at the end.

    `after_commit` is called on the writer thread with the number of each commit just done; `secret_key` is
    asked for the key of installations when one is stored or read, which cannot be done without. Raises
    `StorageError` if there is no usable database at `path`, and none can be made there.
    """
    engine = Engine(path, readers=readers, after_commit=after_commit)
    await engine.open()
    try:
        yield SqliteStore(
            papers=SqlitePapers(engine),
            editions=SqliteEditions(engine),
            destinations=SqliteDestinations(engine),
            outbox=SqliteOutbox(engine),
            sources=SqliteSources(engine),
            people=SqlitePeople(engine),
            mailboxes=SqliteMailboxes(engine),
            taste=SqliteTaste(engine),
            installations=SqliteInstallations(engine, secret_key),
            history=SqliteHistory(engine),
            actions=SqliteActions(engine),
            admin=SqliteAdmin(engine),
        )
    finally:
        await engine.close()
