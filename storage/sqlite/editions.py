"""Frozen editions: written once, read for ever."""

import json
from collections.abc import Sequence
from datetime import datetime
from sqlite3 import Row
from typing import Final

from sqlite_utils import Database

from bot.errors import ThinnedOutError
from bot.model import (
    Component,
    Edition,
    Ranked,
    Ranking,
    SourceNote,
    Upstream,
    Window,
    from_utc_ms,
    utc_ms,
)
from bot.ports import EditionPlace
from storage.sqlite.engine import Engine
from storage.sqlite.record import begin, thinned_since
from storage.sqlite.rows import named

__all__ = ["SqliteEditions"]


class SqliteEditions:
    """`bot.ports.EditionStore` on SQLite. Instants are kept to the millisecond, numbers exactly."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def begin(self, as_of: datetime) -> int:
        """The revision of what is observed by `as_of`, which can be read as it stands now for good."""
        return await self._engine.write(lambda db: begin(db, utc_ms(as_of)))

    async def freeze(
        self, slot_at: datetime, ranking: Ranking, notes: Sequence[SourceNote], revision: int
    ) -> Edition:
        """Stores the edition of (window, slot instant), or returns the one that already is there.

        An entry whose paper was merged into another since the ranking was made points to the survivor.
        Raises `ThinnedOutError` if readings were thinned out since `revision`.
        """

        def work(db: Database) -> Edition:
            if thinned_since(db, revision):
                raise ThinnedOutError
            _insert(db, slot_at, ranking, notes, revision)
            # Read back, whoever won, so that every caller holds the same edition to the last bit.
            stored = _select(db, _AT, (ranking.window, utc_ms(slot_at)))
            if stored is None:
                raise AssertionError(_LOST)
            return stored

        return await self._engine.write(work)

    async def get(self, window: Window, slot_at: datetime) -> Edition | None:
        """The edition of exactly this slot instant."""
        return await self._engine.read(lambda db: _select(db, _AT, (window, utc_ms(slot_at))))

    async def latest(self, window: Window, by: datetime) -> Edition | None:
        """The edition of the latest slot instant at or before `by`."""
        return await self._engine.read(lambda db: _select(db, _LATEST, (window, utc_ms(by))))

    async def places(self, paper_id: int, limit: int) -> Sequence[EditionPlace]:
        """Where the paper stands in the newest editions that have it, the newest slot first."""
        rows = await self._engine.read(lambda db: db.execute(_PLACES, (paper_id, limit)).fetchall())
        return [
            EditionPlace(Window(window), from_utc_ms(slot_at), position, of)
            for window, slot_at, position, of in rows
        ]

    async def slots(self, window: Window) -> Sequence[datetime]:
        """The slot instants of which there are editions, in order."""
        sql = 'SELECT slot_at FROM editions WHERE "window" = ? ORDER BY slot_at'
        rows = await self._engine.read(lambda db: db.execute(sql, [window]).fetchall())
        return [from_utc_ms(slot_at) for (slot_at,) in rows]


_LOST: Final = "an edition was neither inserted nor found"

_AT: Final = 'SELECT * FROM editions WHERE "window" = ? AND slot_at = ?'
_LATEST: Final = 'SELECT * FROM editions WHERE "window" = ? AND slot_at <= ? ORDER BY slot_at DESC LIMIT 1'

_PLACES: Final = """
    SELECT "window", slot_at, min(position),
        (SELECT count(*) FROM edition_entries AS others WHERE others.edition_id = editions.id)
    FROM edition_entries JOIN editions ON id = edition_id
    WHERE paper_id = ? GROUP BY editions.id ORDER BY slot_at DESC, "window" LIMIT ?
"""


def _insert(
    db: Database, slot_at: datetime, ranking: Ranking, notes: Sequence[SourceNote], revision: int
) -> None:
    """Writes the edition unless it is there; the first to come wins."""
    row = db.execute(
        'INSERT INTO editions ("window", slot_at, as_of, since, notes, revision) VALUES (?, ?, ?, ?, ?, ?)'
        ' ON CONFLICT ("window", slot_at) DO NOTHING RETURNING id',
        (
            ranking.window,
            utc_ms(slot_at),
            utc_ms(ranking.as_of),
            utc_ms(ranking.since),
            json.dumps([[note.upstream, utc_ms(note.down_since)] for note in notes]),
            revision,
        ),
    ).fetchone()
    if row is None:
        return
    db.conn.executemany(
        "INSERT INTO edition_entries"
        " (edition_id, position, paper_id, key, score, components, reasons, is_new)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                row[0],
                position,
                paper_id,
                entry.key,
                entry.score,
                json.dumps(entry.components),
                json.dumps(entry.reasons, ensure_ascii=False),
                entry.new,
            )
            for position, (paper_id, entry) in enumerate(_standing(db, ranking.entries), start=1)
        ],
    )


def _standing(db: Database, entries: Sequence[Ranked]) -> list[tuple[int, Ranked]]:
    """The entries with their papers' present numbers.

    A ranking is made outside of any transaction, so a paper in it may have been merged into another
    before the edition is frozen; its key leads to the survivor. If not even the key is known any more,
    the survivor cannot be told, and the entry is left out.
    """
    gone = {
        number
        for (number,) in db.execute(
            "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM papers)",
            (json.dumps([entry.paper_id for entry in entries]),),
        )
    }
    standing = []
    for entry in entries:
        number = _survivor(db, entry.key) if entry.paper_id in gone else entry.paper_id
        if number is not None:
            standing.append((number, entry))
    return standing


def _survivor(db: Database, key: str) -> int | None:
    scheme, _, value = key.partition(":")
    row = db.execute(
        "SELECT paper_id FROM paper_ids WHERE scheme = ? AND value = ?", (scheme, value)
    ).fetchone()
    return row[0] if row else None


def _select(db: Database, sql: str, parameters: tuple[str, int]) -> Edition | None:
    for row in named(db, sql, parameters):
        entries = named(
            db, "SELECT * FROM edition_entries WHERE edition_id = ? ORDER BY position", (row["id"],)
        )
        return Edition(
            id=row["id"],
            slot_at=from_utc_ms(row["slot_at"]),
            ranking=Ranking(
                window=Window(row["window"]),
                as_of=from_utc_ms(row["as_of"]),
                since=from_utc_ms(row["since"]),
                entries=tuple(map(_ranked, entries)),
            ),
            notes=tuple(
                SourceNote(Upstream(name), from_utc_ms(since)) for name, since in json.loads(row["notes"])
            ),
            revision=row["revision"],
        )
    return None


def _ranked(row: Row) -> Ranked:
    return Ranked(
        position=row["position"],
        paper_id=row["paper_id"],
        key=row["key"],
        score=row["score"],
        components=tuple(
            Component(name, amount, float(points)) for name, amount, points in json.loads(row["components"])
        ),
        reasons=tuple(json.loads(row["reasons"])),
        new=bool(row["is_new"]),
    )
