"""From store to ranked, explained top 50, over 100,000 papers with 1,000,000 observations.

Beside it, what one would write first: an object for every reading, grouped in Python, then the same ranking.
As a process: `python -m benchmarks.trending DATABASE WINDOW ours|instead`, `… fill DATABASE`.
"""

import asyncio
import json
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.fill import agrees, fill
from benchmarks.invented import READ_AT, opening, polls_of_lists
from benchmarks.measure import Figure, Outcome, Spread, job, peak_mb
from bot.model import PaperSeries, Ranking, Series, Signal, Upstream, Window
from bot.trending.rank import DEFAULT_SIZE, rank
from bot.trending.replay import trending
from storage.sqlite.store import SqliteStore, open_sqlite

LISTS: Final = 25
PAPERS_A_LIST: Final = 4_000
SECONDS: Final = 2.0
MEGABYTES: Final = 500.0
RUNS: Final = 5
WINDOWS: Final = (Window.MONTH, Window.DAY)
_INSTEAD: Final = "an object a reading, grouped in Python"

_READINGS: Final = """
    SELECT paper_id, signals.name, upstreams.name, observed_at, value
    FROM observations
    JOIN signals ON signals.id = signal_id JOIN upstreams ON upstreams.id = upstream_id
    ORDER BY observed_at
"""
_PAPERS: Final = """
    SELECT papers.id, key, papers.first_seen_at, papers.seen_after, first_list, max(polls.observed_at)
    FROM papers
    JOIN subjects ON subject = 'daily:' || first_list
    JOIN polls ON polls.subject_id = subjects.id
    GROUP BY papers.id
"""


def as_of() -> datetime:
    """When the last list was read for the last time: less than 30 days after the first one's first paper."""
    return opening(LISTS - 1) + timedelta(hours=READ_AT[-1])


def measure(folder: Path) -> list[Outcome]:
    """The time and memory of each window, and of the alternative."""
    database = str(folder / "trending.db")
    if not job("trending", "fill", database):
        raise AssertionError("the store was filled with something else than the port would have stored")
    outcomes: list[Outcome] = []
    for window in WINDOWS:
        runs = [
            (job("trending", database, window, how), how) for _ in range(RUNS) for how in ("ours", "instead")
        ]
        if len({json.dumps(run["top"]) for run, _ in runs}) > 1:
            raise AssertionError(f"the rankings of the {window} differ")

        def spread(how: str, what: str, runs: Sequence[tuple[dict[str, float], str]] = runs) -> Spread:
            return Spread(tuple(run[what] for run, one in runs if one == how))

        name = f"trending, {window}, 100,000 papers, 1,000,000 observations"
        cpu = f"processor time {spread('ours', 'cpu_seconds')} s"
        outcomes += [
            Figure(
                name, "s", spread("ours", "seconds"), SECONDS, _INSTEAD, spread("instead", "seconds"), cpu
            ),
            Figure(name, "MB", spread("ours", "peak"), MEGABYTES, _INSTEAD, spread("instead", "peak")),
        ]
    return outcomes


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of one signal of one paper."""

    paper_id: int
    signal: Signal
    upstream: Upstream
    observed_at: int
    value: int


async def _instead(store: SqliteStore, path: Path, window: Window) -> Ranking:
    batches = await store.papers.batches(as_of(), 2)
    with closing(sqlite3.connect(path)) as db:
        readings = [
            _Reading(paper_id, Signal(signal), Upstream(upstream), at, value)
            for paper_id, signal, upstream, at, value in db.execute(_READINGS)
        ]
        papers = db.execute(_PAPERS).fetchall()
    grouped: defaultdict[int, defaultdict[tuple[Signal, Upstream], list[tuple[int, int]]]]
    grouped = defaultdict(lambda: defaultdict(list))
    for one in readings:
        grouped[one.paper_id][one.signal, one.upstream].append((one.observed_at, one.value))
    series = [
        PaperSeries(
            paper_id,
            key,
            first_seen_at,
            seen_after,
            date.fromisoformat(first_list).toordinal(),
            polled_at,
            {signal: Series.of(points) for signal, points in grouped[paper_id].items()},
        )
        for paper_id, key, first_seen_at, seen_after, first_list, polled_at in papers
    ]
    return rank(series, series, batches, window, as_of())


async def _run(path: Path, window: Window, how: str) -> dict[str, object]:
    async with open_sqlite(path) as store:
        begin, begin_cpu = time.perf_counter(), time.process_time()
        if how == "ours":
            ranking = await trending(store.papers, window, as_of(), DEFAULT_SIZE)
        else:
            ranking = await _instead(store, path, window)
        seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - begin_cpu
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak": peak_mb(),
        "top": [[entry.key, entry.score, entry.reasons] for entry in ranking.entries],
    }


async def _fill(path: Path) -> bool:
    await fill(path, polls_of_lists(LISTS, PAPERS_A_LIST))
    return await agrees(path.parent, polls_of_lists(3, 40))


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        print(json.dumps(asyncio.run(_fill(Path(sys.argv[2])))))
    else:
        print(json.dumps(asyncio.run(_run(Path(sys.argv[1]), Window(sys.argv[2]), sys.argv[3]))))
