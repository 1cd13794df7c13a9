"""`paperboy trending` as a process of its own, on a month of recorded lists.

Beside it, the same command in a program that imports its platforms at the top, as bots usually do.
"""

import asyncio
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks.measure import PROGRAM, Figure, Outcome, Skipped, alternately, wall
from benchmarks.recorded import ABSENT, BODIES, ingest, newest_month

SECONDS: Final = 1.0
RUNS: Final = 9
PLATFORMS: Final = ("discord", "slack_bolt.async_app")
INSTEAD: Final = "the same program, discord.py and slack-bolt loaded at its start"
_LOADED: Final = f"import {', '.join(PLATFORMS)}"


def measure(folder: Path) -> list[Outcome]:
    """The wall time of the command for the default window and for a month."""
    name = "paperboy trending, cold start, a month of lists"
    if not BODIES.exists():
        return [Skipped(name, ABSENT)]
    if not platforms_installed():
        return [Skipped(name, "needs discord.py to compare with")]
    lists = newest_month()
    asyncio.run(ingest(folder / "paperboy.db", lists))
    environ = {"PAPERBOY_HOME": str(folder)}
    arguments = ["trending", "--as-of", lists[-1].captured_at.isoformat(), "--window"]
    times = {
        window: alternately(
            RUNS,
            ours=partial(wall, [str(PROGRAM), *arguments, window], environ),
            theirs=partial(wall, [*eager_program(), *arguments, window], environ),
            loading=partial(wall, [sys.executable, "-c", _LOADED]),
            python=partial(wall, [sys.executable, "-c", "pass"]),
        )
        for window in ("day", "month")
    }
    return [
        Figure(
            f"{name}, {window}",
            "s",
            found["ours"],
            SECONDS,
            INSTEAD,
            found["theirs"],
            f"loading the platforms alone {found['loading']} s, starting Python alone {found['python']} s",
        )
        for window, found in times.items()
    ]


def eager_program() -> list[str]:
    """The command line in a program that loads all platforms first."""
    return [sys.executable, "-c", f"{_LOADED}; from bot.cli import main; main()"]


def platforms_installed() -> bool:
    """Whether there is something to compare with."""
    return all(find_spec(one.partition(".")[0]) is not None for one in PLATFORMS)
