"""Fills a store with invented lists: papers through the port, further readings straight into the tables.

To take in a million readings through the port would take minutes, and is not what is measured here. What the
shortcut leaves is what the port would have left, as far as a ranking asks: `agrees` says so on small lists.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

from bot.model import PaperId, PaperReading, PaperSeries, Poll, Signal, utc_ms
from storage.sqlite.store import open_sqlite

_POLL: Final = """
    INSERT INTO polls(subject_id, observed_at, recorded_at, outcome, papers, skipped, detail)
    SELECT id, ?, ?, ?, ?, 0, '' FROM subjects WHERE subject = ?
    ON CONFLICT(subject_id, observed_at) DO NOTHING
"""
_OBSERVATION: Final = """
    INSERT INTO observations(paper_id, signal_id, upstream_id, observed_at, recorded_at, value)
    VALUES (?, ?, ?, ?, ?, ?)
"""


async def fill(path: Path, polls: Iterable[Poll]) -> None:
    """Stores polls of daily lists: list after list, each in order of time, no paper in two of them."""
    async with open_sqlite(path) as store:
        for _, of_list in groupby(polls, attrgetter("subject")):
            known: set[PaperId] = set()
            again: list[Poll] = []
            for poll in of_list:
                new = [reading for reading in poll.readings if reading.ids[0] not in known]
                if new or not poll.readings:
                    await store.papers.ingest(replace(poll, readings=tuple(new)), poll.observed_at)
                again.append(poll)
                known.update(reading.ids[0] for reading in new)
            _write(path, again)


async def agrees(folder: Path, polls: Iterable[Poll]) -> bool:
    """Whether a ranking would see the same data, had all these polls gone through the port."""
    polls = list(polls)
    newest = max(poll.observed_at for poll in polls)
    oldest = newest - timedelta(days=365)
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
        for poll, changes in _changes(polls):
            at = utc_ms(poll.observed_at)
            db.execute(_POLL, (at, at, poll.outcome, len(poll.readings), poll.subject))
            db.executemany(
                _OBSERVATION,
                (
                    (papers[str(reading.ids[0])], signals[signal], upstreams[poll.upstream], at, at, value)
                    for reading, signal, value in changes
                ),
            )
        db.execute("COMMIT")


def _changes(polls: Iterable[Poll]) -> Iterator[tuple[Poll, list[tuple[PaperReading, Signal, int]]]]:
    """What each poll of one list tells of papers that an earlier one told of, where it is something new."""
    last: dict[PaperId, dict[Signal, int]] = {}
    for poll in polls:
        changes = []
        for reading in poll.readings:
            before = last.get(reading.ids[0])
            if before is not None:
                changes += [
                    (reading, signal, n) for signal, n in reading.signals.items() if before[signal] != n
                ]
            last[reading.ids[0]] = dict(reading.signals)
        yield poll, changes
