"""Measuring processes from outside, and the one form that all figures have."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
PROGRAM: Final = Path(sys.executable).with_name("paperboy")
TIMEOUT: Final = 1_800


@dataclass(frozen=True, slots=True)
class Spread:
    """What several runs gave."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    def __str__(self) -> str:
        ends = f" ({min(self.values):,.3g} to {max(self.values):,.3g})" if len(self.values) > 1 else ""
        return f"{self.median:,.3g}{ends}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside its limit, and beside what one would do instead."""

    name: str
    unit: str
    ours: Spread
    limit: float
    instead: str  # what one would do instead, in words
    theirs: Spread
    note: str = ""

    @property
    def missed(self) -> bool:
        return self.ours.median >= self.limit

    @property
    def ratio(self) -> float:
        """How many times as much the alternative takes."""
        return self.theirs.median / self.ours.median


@dataclass(frozen=True, slots=True)
class Skipped:
    """A figure that could not be measured here, and why."""

    name: str
    reason: str


Outcome = Figure | Skipped


def alternately(runs: int, **ways: Callable[[], float]) -> dict[str, Spread]:
    """Measures every way so many times, in turns, so that a busy spell of the machine hits all of them."""
    values: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, measure in ways.items():
            values[name].append(measure())
    return {name: Spread(tuple(found)) for name, found in values.items()}


def wall(command: Sequence[str], environ: Mapping[str, str] | None = None) -> float:
    """Seconds from the start of a process to its end. Raises if it fails."""
    begin = time.perf_counter()
    subprocess.run(
        command, env=clean_environ(environ), cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=TIMEOUT
    )
    return time.perf_counter() - begin


def job(module: str, *arguments: str) -> Any:
    """What `benchmarks.<module>`, run as a process of its own, prints as JSON."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    done = subprocess.run(
        command, env=clean_environ(), cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=TIMEOUT
    )
    return json.loads(done.stdout)


def peak_mb() -> float:
    """The most memory (MB resident) that this process ever had, or whoever started it when it did."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6  # macOS counts bytes, others KiB


def clean_environ(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without settings of Paperboy's that a person may have there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PAPERBOY_", "HF_"))}
    return kept | dict(more or {})
