"""100,000 people whose subscriptions are due at once: composed and queued by the real planner in a real file.

Beside it, the same planner with a transaction for each of them. As a process:
`python -m benchmarks.digests DATABASE fill|ours|instead`.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Final

from benchmarks.measure import Figure, Outcome, Skipped, Spread, job
from benchmarks.planning import ALONE, copy_file, tick
from benchmarks.saved_searches import ABSENT, recorded
from benchmarks.subscribers import SLOT, fill_with_people

SECONDS: Final = 300.0
PEOPLE: Final = 100_000
_NAME: Final = f"composing and queueing for {PEOPLE:,} people at once"
_INSTEAD: Final = f"one transaction a person (counted up from {ALONE:,})"


def measure(folder: Path) -> list[Outcome]:
    """The time of one tick in which everybody is due."""
    if not recorded():
        return [Skipped(_NAME, ABSENT)]
    filled, alone = folder / "filled.db", folder / "alone.db"
    job("digests", str(filled), "fill")
    copy_file(filled, alone)
    theirs = job("digests", str(alone), "instead")
    ours = job("digests", str(filled), "ours")
    note = (
        f"{ours['queued']:,} messages queued, the others quiet; processor time {ours['cpu_seconds']:.0f} s; "
        f"peak {ours['peak_mb']:,.0f} MB"
    )
    instead = Spread((theirs["seconds"] * PEOPLE / ALONE,))
    return [Figure(_NAME, "s", Spread((ours["seconds"],)), SECONDS, _INSTEAD, instead, note)]


if __name__ == "__main__":
    if sys.argv[2] == "fill":
        asyncio.run(fill_with_people(Path(sys.argv[1]), PEOPLE))
        print("{}")
    else:
        print(json.dumps(asyncio.run(tick(Path(sys.argv[1]), sys.argv[2], SLOT))))
