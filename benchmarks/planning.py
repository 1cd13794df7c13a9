"""10,000 destinations due in one minute: planned, their messages queued, by the real planner in a real file.

Beside it, the same planner with a store that hands it one destination at a time, so that each has its own
transaction. As a process: `python -m benchmarks.planning DATABASE fill|ours|instead`.
"""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from benchmarks.destinations import SLOT, fill_with_destinations
from benchmarks.measure import Figure, Outcome, Spread, job, peak_mb
from bot.model import Destination, SlotRecord
from bot.ports import Store
from bot.schedule.planner import Planner
from bot.system import RandomIds
from storage.sqlite.store import SqliteStore, open_sqlite

SECONDS: Final = 10.0
DESTINATIONS: Final = 10_000
ALONE: Final = 1_000  # destinations planned one by one; the time of all is counted up from theirs
RUNS: Final = 3
_INSTEAD: Final = f"one transaction a destination (counted up from {ALONE:,})"


def measure(folder: Path) -> list[Outcome]:
    """The time of one tick in which all destinations are due."""
    filled, copy = folder / "filled.db", folder / "copy.db"
    job("planning", str(filled), "fill")
    runs: dict[str, list[dict[str, float]]] = {"ours": [], "instead": []}
    for _ in range(RUNS):
        for how, found in runs.items():
            copy_file(filled, copy)
            found.append(job("planning", str(copy), how))
            for file in folder.glob("copy.db*"):
                file.unlink()
    ours = Spread(tuple(run["seconds"] for run in runs["ours"]))
    cpu = Spread(tuple(run["cpu_seconds"] for run in runs["ours"]))
    theirs = Spread(tuple(run["seconds"] * DESTINATIONS / ALONE for run in runs["instead"]))
    note = f"{runs['ours'][0]['queued']:,} messages queued, the others quiet; processor time {cpu} s"
    return [Figure("planning 10,000 destinations due at once", "s", ours, SECONDS, _INSTEAD, theirs, note)]


def copy_file(source: Path, target: Path) -> None:
    """Copies a file and waits until it is on the disk, so that nobody has to wait for that later."""
    shutil.copyfile(source, target)
    with target.open("rb+") as copied:
        os.fsync(copied.fileno())


class _Clock:
    """Stands still unless it is set."""

    def __init__(self, now: datetime) -> None:
        self.instant = now

    def now(self) -> datetime:
        return self.instant

    async def sleep(self, duration: timedelta) -> None:
        del duration
        await asyncio.Event().wait()  # until it is cancelled


class _OneByOne:
    """Destinations of a store that hands over one at a time, and no more than `ALONE` from `begin` on."""

    def __init__(self, inner: object) -> None:
        self._inner: Any = inner
        self._left: int | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def begin(self) -> None:
        self._left = ALONE

    async def due_before(
        self, instant: datetime, limit: int
    ) -> Sequence[tuple[Destination, SlotRecord | None]]:
        if self._left is None:
            return cast(
                "Sequence[tuple[Destination, SlotRecord | None]]",
                await self._inner.due_before(instant, limit),
            )
        self._left -= 1
        return await self._inner.due_before(instant, 1) if self._left >= 0 else []


@dataclass(frozen=True, slots=True)
class _StoreOneByOne:
    """A store with such destinations."""

    inner: SqliteStore
    destinations: _OneByOne

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


async def tick(path: Path, how: str, slot: datetime = SLOT) -> dict[str, float]:
    """One tick in which all destinations of that store are due, `ours` or `instead`."""
    async with open_sqlite(path) as opened:
        one_by_one = _OneByOne(opened.destinations)
        store = opened if how == "ours" else cast("Store", _StoreOneByOne(opened, one_by_one))
        clock = _Clock(slot - timedelta(hours=1))
        planner = Planner(
            store,
            clock,
            RandomIds(),
            late_limit=timedelta(hours=6),
            refresh_limit=timedelta(minutes=2),
            refresh=_nothing,
            queued=lambda: None,
        )
        await planner.start()
        await planner.tick()  # an hour before: every appointment is computed, as in a bot that is running
        clock.instant = slot + timedelta(seconds=1)
        one_by_one.begin()
        begin, begin_cpu = time.perf_counter(), time.process_time()
        queued = await planner.tick()
        seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - begin_cpu
        await planner.aclose()
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "queued": queued, "peak_mb": peak_mb()}


async def _nothing() -> None:
    """A refresh that brings nothing: no upstream is measured here."""


if __name__ == "__main__":
    if sys.argv[2] == "fill":
        asyncio.run(fill_with_destinations(Path(sys.argv[1]), DESTINATIONS))
        print("{}")
    else:
        print(json.dumps(asyncio.run(tick(Path(sys.argv[1]), sys.argv[2]))))
