"""`bot.ports.AsStood` on SQLite."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlite_utils import Database

from bot.model import Batch, PaperSeries, SubjectState, utc_ms
from storage.sqlite import listing, series
from storage.sqlite.engine import Engine
from storage.sqlite.record import changed_since, put_back
from storage.sqlite.sources import states_as_of

__all__ = ["SqliteAsStood"]

T = TypeVar("T")


class SqliteAsStood:
    """What was observed, as the store had it at a revision.

    Where nothing of it changed since, which is usual, what stands now is read; else an answer waits for its
    turn among the writes.
    """

    def __init__(self, engine: Engine, revision: int) -> None:
        self._engine = engine
        self._revision = revision

    async def series(self, since: datetime, as_of: datetime) -> Sequence[PaperSeries]:
        """The series of papers first seen, first listed, or with a number changed after `since`."""
        return await self._ask(lambda db: series.moved_since(db, utc_ms(since), utc_ms(as_of)))

    async def comparison(self, since: datetime, as_of: datetime) -> Sequence[PaperSeries]:
        """The series of papers on daily lists first seen from `since` to `as_of`."""
        return await self._ask(lambda db: series.compared(db, utc_ms(since), utc_ms(as_of)))

    async def batches(self, as_of: datetime, limit: int) -> Sequence[Batch]:
        """The newest `limit` daily lists that had, by `as_of`, a paper no earlier list had."""
        return await self._ask(lambda db: listing.batches(db, utc_ms(as_of), limit))

    async def states(self, as_of: datetime) -> Sequence[SubjectState]:
        """How everything polled by `as_of` stood then."""
        return await self._ask(lambda db: states_as_of(db, utc_ms(as_of)))

    async def _ask(self, question: Callable[[Database], Sequence[T]]) -> Sequence[T]:
        def now(db: Database) -> Sequence[T] | None:
            return None if changed_since(db, self._revision) else question(db)

        def then(db: Database) -> Sequence[T]:
            put_back(db, self._revision)
            return question(db)

        answer = await self._engine.read(now)
        return await self._engine.rehearse(then) if answer is None else answer
