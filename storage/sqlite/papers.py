"""`bot.ports.PaperStore` on SQLite."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from bot.model import (
    AnnounceType,
    Batch,
    Changes,
    IdScheme,
    ImportBatch,
    ImportReport,
    IngestReport,
    Paper,
    PaperId,
    PaperSeries,
    Poll,
    Signal,
    utc_ms,
)
from bot.ports import Coverage, ListGrowth
from storage.sqlite import listing, series
from storage.sqlite.as_stood import SqliteAsStood
from storage.sqlite.engine import Engine
from storage.sqlite.following import changes_since, newest_change, newest_signals
from storage.sqlite.importing import bring, import_mark
from storage.sqlite.ingest import ingest
from storage.sqlite.paper_rows import load_rows, owners, paper_of
from storage.sqlite.thinning import thin

__all__ = ["SqlitePapers"]

_WITHOUT_CATEGORIES: Final = """
    SELECT min(value) FROM papers JOIN paper_ids ON paper_id = id AND scheme = 'arxiv'
    WHERE categories IS NULL AND id IN (SELECT value FROM json_each(?))
    GROUP BY id ORDER BY id
"""
# CROSS JOIN: SQLite keeps to this order, and so begins with the few papers that are in the partial index.
_UNRESOLVED: Final = """
    SELECT min(value) FROM papers CROSS JOIN paper_ids ON paper_id = id AND scheme = 'arxiv'
    WHERE shown AND resolved_at IS NULL
    GROUP BY id ORDER BY coalesce(published_at, first_seen_at) DESC, id DESC LIMIT ?
"""


class SqlitePapers:
    """`bot.ports.PaperStore` on SQLite. Instants are kept to the millisecond."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ingest(self, poll: Poll, recorded_at: datetime) -> IngestReport:
        """Stores one poll with all it brought; a second poll of one subject at one instant is the same."""
        return await self._engine.write(lambda db: ingest(db, poll, utc_ms(recorded_at)))

    # --- papers ----------------------------------------------------------------------------------

    async def get(self, paper_ids: Iterable[int]) -> dict[int, Paper]:
        """The papers with these numbers; unknown ones are left out."""
        wanted = frozenset(paper_ids)
        return await self._engine.read(lambda db: {p.row["id"]: paper_of(p) for p in load_rows(db, wanted)})

    async def find(self, paper_id: PaperId) -> Paper | None:
        """The paper that has this identifier, also one that a merge brought to it."""
        found = await self._engine.read(
            lambda db: [paper_of(rows) for rows in load_rows(db, owners(db, [paper_id]).values())]
        )
        return found[0] if found else None

    async def without_categories(self, paper_ids: Iterable[int]) -> Sequence[PaperId]:
        """One arXiv id each of those papers whose categories are not known yet, in order of the papers."""
        wanted = json.dumps(sorted(set(paper_ids)))
        rows = await self._engine.read(lambda db: db.execute(_WITHOUT_CATEGORIES, [wanted]).fetchall())
        return [PaperId(IdScheme.ARXIV, value) for (value,) in rows]

    async def unresolved(self, limit: int) -> Sequence[PaperId]:
        """One arXiv id each, newest first, of papers that arXiv itself was never asked about.

        Papers that only a person brought are left as they were brought.
        """
        rows = await self._engine.read(lambda db: db.execute(_UNRESOLVED, [limit]).fetchall())
        return [PaperId(IdScheme.ARXIV, value) for (value,) in rows]

    # --- what follows the papers -----------------------------------------------------------------

    async def changes(self, after: int, limit: int) -> Changes:
        """What changed since the change cursor stood at `after`, in order; `limit` is 1 or more."""
        return await self._engine.read(lambda db: changes_since(db, after, limit))

    async def newest_change(self) -> int:
        """Where the change cursor stands; 0 in an empty store."""
        return await self._engine.read(newest_change)

    async def signals(self, paper_ids: Iterable[int]) -> Mapping[int, Mapping[Signal, int]]:
        """The newest numbers of each of these papers, nothing where none was read."""
        wanted = frozenset(paper_ids)
        return await self._engine.read(lambda db: newest_signals(db, wanted))

    # --- papers that a person brings -------------------------------------------------------------

    async def bring(self, batch: ImportBatch, recorded_at: datetime) -> ImportReport:
        """Stores papers that a person brings, with the mark of how far the file was read."""
        return await self._engine.write(lambda db: bring(db, batch, utc_ms(recorded_at)))

    async def import_mark(self, file: str) -> int:
        """The furthest mark that the file of this fingerprint was imported to; 0 if never."""
        return await self._engine.read(lambda db: import_mark(db, file))

    # --- observations ----------------------------------------------------------------------------

    async def series(self, since: datetime, as_of: datetime) -> Sequence[PaperSeries]:
        """The series of papers first seen, first listed, or with a number changed after `since`."""
        return await self._engine.read(lambda db: series.moved_since(db, utc_ms(since), utc_ms(as_of)))

    async def series_of(self, paper_ids: Iterable[int], as_of: datetime) -> Sequence[PaperSeries]:
        """The series of these papers, as far as observed by `as_of`, in order of their numbers."""
        wanted = frozenset(paper_ids)
        return await self._engine.read(lambda db: series.of_papers(db, wanted, utc_ms(as_of)))

    def as_stood(self, revision: int) -> SqliteAsStood:
        """What was observed, as the store had it at that revision."""
        return SqliteAsStood(self._engine, revision)

    async def comparison(self, since: datetime, as_of: datetime) -> Sequence[PaperSeries]:
        """The series of papers on daily lists first seen from `since` to `as_of`."""
        return await self._engine.read(lambda db: series.compared(db, utc_ms(since), utc_ms(as_of)))

    async def thin(self, older_than: datetime, hourly_until: datetime) -> int:
        """Drops readings that are old and close together, none that an edition needs; returns how many."""
        return await self._engine.write(lambda db: thin(db, utc_ms(older_than), utc_ms(hourly_until)))

    # --- lists -----------------------------------------------------------------------------------

    async def batches(self, as_of: datetime, limit: int) -> Sequence[Batch]:
        """The newest `limit` daily lists that had, by `as_of`, a paper no earlier list had."""
        return await self._engine.read(lambda db: listing.batches(db, utc_ms(as_of), limit))

    async def announced(
        self, since: datetime, as_of: datetime, types: frozenset[AnnounceType]
    ) -> Sequence[int]:
        """Papers that an arXiv listing first announced, for one of these reasons, in that time."""
        return await self._engine.read(lambda db: listing.announced(db, utc_ms(since), utc_ms(as_of), types))

    async def first_shown(self, since: datetime, as_of: datetime) -> Sequence[int]:
        """Papers of daily lists and of arXiv's announcements that came before readers in that time."""
        return await self._engine.read(lambda db: listing.first_shown(db, utc_ms(since), utc_ms(as_of)))

    async def coverage(self) -> Coverage:
        """How many papers there are, and which daily lists have any."""
        return await self._engine.read(listing.coverage)

    async def growth(self, since: date, until: date) -> Sequence[ListGrowth]:
        """How the daily lists of these days (both inclusive) filled."""
        return await self._engine.read(lambda db: listing.growth(db, since, until))
