"""Measures everything and prints one table: `python -m benchmarks [NAME …] [--papers N] [--channels N] …`.

A missed limit is said, and is no error: figures depend on the machine and on what else it does.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks import (
    cold_start,
    corpus,
    digests,
    discord,
    discord_places,
    idle,
    planning,
    search,
    slack,
    subscriptions,
    together,
    trending,
    web,
)
from benchmarks.measure import Figure, Outcome

MEASURES: Final[Mapping[str, Callable[[Path], list[Outcome]]]] = {
    "trending": trending.measure,
    "cold-start": cold_start.measure,
    "idle": idle.measure,
    "planning": planning.measure,
    "digests": digests.measure,
    "search": search.measure,
    "subscriptions": subscriptions.measure,
    "slack": slack.measure,
    "discord": discord.measure,
    "together": together.measure,
    "web": web.measure,
}


def main(arguments: Sequence[str]) -> None:
    """Runs the benchmarks of these names, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(MEASURES)}; all if none")
    parser.add_argument("--papers", type=int, default=search.PAPERS, help="of how many to search")
    parser.add_argument(
        "--questions", type=int, default=corpus.QUESTIONS, help="of each kind to ask a search"
    )
    parser.add_argument(
        "--channels", type=int, default=discord_places.CHANNELS, help="of Discord to serve, a multiple of ten"
    )
    parser.add_argument(
        "--home", type=Path, help="where to keep what is searched; a folder that has it is only asked"
    )
    asked = parser.parse_args(arguments)
    names: list[str] = asked.names
    unknown = set(names) - MEASURES.keys()
    if unknown:
        sys.exit(f"There is no benchmark {min(unknown)!r}. There are: {', '.join(MEASURES)}.")
    sized = partial(search.measure, papers=asked.papers, questions=asked.questions, home=asked.home)
    measures: dict[str, Callable[[Path], list[Outcome]]] = {
        **MEASURES,
        "search": sized,
        "discord": partial(discord.measure, channels=asked.channels),
        "together": partial(together.measure, channels=asked.channels),
    }
    outcomes: list[Outcome] = []
    try:
        for name in names or measures:
            print(f"measuring {name} …", file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix="paperboy-bench-") as folder:
                outcomes += measures[name](Path(folder))
    finally:  # what was measured before something broke is not lost
        console = Console()
        (console if console.is_terminal else Console(width=200)).print(_table(outcomes))
        print("Figures are medians, with the least and the most of all runs.")


def _table(outcomes: list[Outcome]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("name", "figure", "limit", "", "alternative", "its figure", "ratio", "note"):
        table.add_column(column, overflow="fold")
    for one in outcomes:
        if isinstance(one, Figure):
            table.add_row(
                one.name,
                f"{one.ours} {one.unit}",
                f"{one.limit:g} {one.unit}",
                "MISSED" if one.missed else "reached",
                one.instead,
                f"{one.theirs} {one.unit}",
                f"{one.ratio:.1f}",
                one.note,
            )
        else:
            table.add_row(one.name, "", "", "skipped", "", "", "", one.reason)
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
