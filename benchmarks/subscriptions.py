"""Saved searches matched against a day's new papers, all of them together, as composing does it.

Beside it, each tested against each by the same judge, the searches compiled and the papers made ready once.
As a process: `python -m benchmarks.subscriptions match|each COUNT`.
"""

import json
import sys
import time
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.measure import Figure, Outcome, Skipped, Spread, job, peak_mb
from benchmarks.saved_searches import ABSENT, DAY, NOW, day_of_papers, recorded, searches
from bot.search.match import compile_query, matches, prepare
from bot.search.query import parse
from bot.search.sieve import Sieve

COUNTS: Final = (1_000, 10_000, 100_000, 1_000_000)
SECONDS: Final = 60.0
MEMORY: Final = 1_500.0  # MB
TESTED: Final = 500  # searches tested against each paper, drawn from all
ANEW: Final = 5  # of them, for which nothing is made ready
_INSTEAD: Final = f"each tested against each (counted up from {TESTED:,})"


def measure(folder: Path) -> list[Outcome]:
    """The time and the memory of matching, for growing numbers of searches."""
    del folder
    name = f"matching saved searches against {DAY:,} papers"
    if not recorded():
        return [Skipped(name, ABSENT)]
    outcomes: list[Outcome] = []
    for count in COUNTS:
        ours, theirs = job("subscriptions", "match", str(count)), job("subscriptions", "each", str(count))
        anew = theirs["anew_cpu_seconds"] * count / ANEW
        note = (
            f"processor time; peak {ours['peak_mb']:,.0f} MB, of at most {MEMORY:,.0f}; "
            f"{ours['matched'] / count:.1f} papers a search; "
            f"papers made ready in {ours['ready_seconds']:.2f} s; "
            f"with `matches` asked anew for each pair {anew:,.0f} s"
        )
        outcomes.append(
            Figure(
                f"{count:,}: {name}",
                "s",
                Spread((ours["cpu_seconds"],)),
                SECONDS,
                _INSTEAD,
                Spread((theirs["cpu_seconds"] * count / TESTED,)),
                note,
            )
        )
    return outcomes


def _match(count: int) -> dict[str, float]:
    """Everything together, from the texts of the searches on."""
    wanted = list(islice(searches(), count))
    papers = day_of_papers()
    begin = time.process_time()
    sieve = Sieve([prepare(one) for one in papers], [None] * len(papers), NOW)
    ready = time.process_time()
    matched = sum(sieve.sift(parse(one)).matching.bit_count() for one in wanted)
    end = time.process_time()
    return {
        "ready_seconds": ready - begin,
        "cpu_seconds": end - begin,
        "matched": matched,
        "peak_mb": peak_mb(),
    }


def _each(count: int) -> dict[str, float]:
    """Each against each, of a sample: with searches and papers made ready once, and anew for each pair."""
    wanted = Random(1).sample(list(islice(searches(), count)), TESTED)
    papers = day_of_papers()
    ready = [prepare(one) for one in papers]
    begin = time.process_time()
    for text in wanted:
        test = compile_query(parse(text), NOW)
        _ = sum(test(one, None) is True for one in ready)
    middle = time.process_time()
    for text in wanted[:ANEW]:
        query = parse(text)
        _ = sum(matches(query, one, now=NOW) for one in papers)
    return {"cpu_seconds": middle - begin, "anew_cpu_seconds": time.process_time() - middle}


if __name__ == "__main__":
    print(json.dumps({"match": _match, "each": _each}[sys.argv[1]](int(sys.argv[2]))))
