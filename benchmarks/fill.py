"""Fills a store with invented lists: each list's first readings as ever, the rest straight into the tables.

To take in a million readings through the port would take minutes, and is not what is measured here. What the
shortcut leaves is what the port would have left, as far as a ranking asks: `agrees` says so on a small month.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from bot.model import PaperSeries, Poll, utc_ms
from storage.sqlite.store import open_sqlite

_POLL = """
    INSERT INTO polls(subject_id, observed_at, recorded_at, outcome, papers, skipped, detail)
    SELECT id, ?, ?, ?, ?, 0, '' FROM subjects WHERE subject = ?
"""
_OBSERVATION = """
    INSERT INTO observations(paper_id, signal_id, upstream_id, observed_at, recorded_at, value)
    VALUES (?, ?, ?, ?, ?, ?)
"""


async def fill(path: Path, polls: Iterable[Poll]) -> None:
    """Stores polls of daily lists, given in order of time for each list, none with a paper of another's."""
    begun: set[str] = set()
    later: list[Poll] = []
    async with open_sqlite(path) as store:
        for poll in polls:
            if poll.subject in begun:
                later.append(poll)
                continue
            await store.papers.ingest(poll, poll.observed_at)
            if poll.readings:
                begun.add(poll.subject)
                if len(later) >= 100:
                    _write(path, later)
                    later.clear()
    _write(path, later)


async def agrees(folder: Path, polls: Iterable[Poll]) -> bool:
    """Whether a ranking would see the same data, had all these polls gone through the port."""
    polls = list(polls)
    newest = max(poll.observed_at for poll in polls)
    oldest = newest - timedelta(days=3650)
    await fill(folder / "filled.db", polls)
    async with open_sqlite(folder / "ported.db") as ported, open_sqlite(folder / "filled.db") as filled:
        for poll in polls:
            await ported.papers.ingest(poll, poll.observed_at)
        return by_key(await ported.papers.series(oldest, newest)) == by_key(
            await filled.papers.series(oldest, newest)
        )


def by_key(papers: Iterable[PaperSeries]) -> dict[str, tuple[object, ...]]:
    """Everything about papers but their numbers."""
    return {
        one.key: (one.first_seen_at, one.seen_after, one.list_day, one.polled_at, dict(one.signals))
        for one in papers
    }


def _write(path: Path, polls: Iterable[Poll]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("BEGIN IMMEDIATE")
        papers = dict(db.execute("SELECT key, id FROM papers"))
        signals = dict(db.execute("SELECT name, id FROM signals"))
        upstreams = dict(db.execute("SELECT name, id FROM upstreams"))
        for poll in polls:
            at = utc_ms(poll.observed_at)
            db.execute(_POLL, (at, at, poll.outcome, len(poll.readings), poll.subject))
            db.executemany(
                _OBSERVATION,
                (
                    (papers[str(reading.ids[0])], signals[signal], upstreams[poll.upstream], at, at, value)
                    for reading in poll.readings
                    for signal, value in reading.signals.items()
                ),
            )
        db.execute("COMMIT")
