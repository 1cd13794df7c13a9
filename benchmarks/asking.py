"""Questions put to a home folder that holds papers and their index, and the same to SQLite's FTS5.

As a process: `python -m benchmarks.asking JOB HOME ARGUMENTS …`; the jobs are in `_JOBS`.
"""

import asyncio
import io
import json
import math
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Final

import psutil
from rich import box
from rich.table import Table

from benchmarks import corpus, fts5
from benchmarks.corpus import Question
from benchmarks.fts5 import Way
from benchmarks.measure import Figure, Outcome, Spread, job
from bot.config import Settings
from bot.logs import configure_logs
from bot.search.answer import Mode
from bot.search.ports import Limits
from bot.search.query import parse
from bot.system import RandomIds, give_memory_back
from bot.wiring import Surroundings, open_index, open_search, open_store

# Milliseconds at the 99th percentile, by the kind of question and the mode.
LIMITS: Final[Mapping[tuple[str, Mode], float]] = {
    ("short", Mode.LEXICAL): 30,
    ("topic", Mode.LEXICAL): 30,
    ("12 words", Mode.LEXICAL): 120,
    ("filtered", Mode.LEXICAL): 120,
} | {(kind, Mode.FUSED): 120 for kind in corpus.KINDS}
FASTER: Final = 30  # times as fast as FTS5, at the median
MEGABYTES: Final = 1_000.0  # resident, of the searching process
FTS5: Final = "SQLite FTS5, bm25"
_RANKED: Final = "FTS5, any word, ranked"
_PAGE: Final = 10
_ASKED_OF_FTS5: Final = 25  # questions of each kind: it takes a hundred times as long
_REST: Final = timedelta(hours=1)  # after which no answer is remembered

Timings = dict[str, list[float]]
"""Milliseconds of each question, by kind."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one process measured: each question twice, with cold files and with warm ones."""

    cold: Timings
    warm: Timings
    found: Mapping[str, int]  # how many questions found something, by kind
    rss: float  # MB
    papers: int = 0  # in the index


@dataclass(frozen=True, slots=True)
class Answers:
    """What was measured on one home folder."""

    search: Mapping[Mode, Asked]  # whole searches
    index: Asked  # the index alone: numbers of papers with any word, by bm25
    fts5: Mapping[Way, Asked]


def ask(home: Path, questions: int) -> Answers:
    """Asks so many questions of each kind, in a process for each way of asking."""
    fewer = min(questions, _ASKED_OF_FTS5)
    return Answers(
        search={mode: _run("search", home, mode, questions) for mode in (Mode.LEXICAL, Mode.FUSED)},
        index=_run("index", home, questions),
        fts5={way: _run("fts5", home, way, fewer) for way in Way},
    )


def slowest(values: Sequence[float]) -> float:
    """The 99th percentile by nearest rank: of 25 values the greatest."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


# --- what the figures say ------------------------------------------------------------------------


def memory(answers: Answers) -> Figure:
    asked = answers.search[Mode.FUSED]
    return Figure(
        "memory of a searching process", "MB", Spread((asked.rss,)), MEGABYTES, FTS5,
        Spread((answers.fts5[Way.ANY].rss,)), f"{asked.papers:,} papers, vectors among them",
    )  # fmt: skip


def latencies(answers: Answers) -> list[Outcome]:
    """How slow the slowest are, beside FTS5's; and how fast a search is at the median.

    Both search and FTS5 then rank all papers with any of the words: what papers with every word take, which
    a search ranks as well, is told in the note.
    """
    outcomes: list[Outcome] = []
    ranked, every = answers.fts5[Way.ANY], answers.fts5[Way.EVERY]
    for (kind, mode), limit in LIMITS.items():
        asked = answers.search[mode]
        warm, cold = asked.warm[kind], asked.cold[kind]
        name = f"{kind}, {mode}, {asked.papers:,} papers"
        outcomes.append(
            Figure(
                f"{name}, 99 of 100", "ms", Spread((slowest(warm),)), limit, _RANKED,
                Spread((slowest(ranked.warm[kind]),)),
                f"median {median(warm):.3g}; cold {median(cold):.3g}, 99 of 100 {slowest(cold):.3g}; "
                f"{asked.found[kind]} of {len(warm)} found something",
            )
        )  # fmt: skip
        if mode is Mode.LEXICAL:
            ours, theirs, others = _same(asked, kind), median(ranked.warm[kind]), median(every.warm[kind])
            outcomes.append(
                Figure(
                    f"{name}, median", "ms", Spread((ours,)), theirs / FASTER, _RANKED, Spread((theirs,)),
                    f"FTS5, every word first: {others:.3g} ms, ratio {others / ours:.1f}",
                )
            )  # fmt: skip
    return outcomes


def beside_fts5(answers: Answers) -> Table:
    """All readings of "how many times as fast", side by side; medians over the questions FTS5 was asked."""
    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, title="Beside FTS5 (ms, medians, warm; in brackets the ratio)"
    )
    table.add_column("")
    for column in (
        "search, words",
        "FTS5, any word, ranked",
        "FTS5, every word first",
        "index alone",
        "FTS5 alone, any word, ranked",
    ):
        table.add_column(column, justify="right")
    for kind in corpus.KINDS:
        ours, bare = _same(answers.search[Mode.LEXICAL], kind), _same(answers.index, kind)

        def beside(own: float, way: Way, kind: str = kind) -> str:
            theirs = median(answers.fts5[way].warm[kind])
            return f"{theirs:,.3g} ({theirs / own:,.1f})"

        table.add_row(
            kind,
            f"{ours:.3g}",
            beside(ours, Way.ANY),
            beside(ours, Way.EVERY),
            f"{bare:.3g}",
            beside(bare, Way.BARE),
        )
    return table


def _same(asked: Asked, kind: str) -> float:
    """The median over the questions that FTS5 was asked as well."""
    return median(asked.warm[kind][:_ASKED_OF_FTS5])


# --- jobs, each a process of its own -------------------------------------------------------------


def _run(name: str, home: Path, *arguments: object) -> Asked:
    _forget(home)
    return Asked(**job("asking", name, str(home), *map(str, arguments)))


def _forget(home: Path) -> None:
    """Asks the system to keep nothing of these files in memory, so that the first pass is a cold one."""
    if not hasattr(os, "posix_fadvise"):
        return
    for file in home.rglob("*"):
        if file.is_file():
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.instant = datetime(2025, 11, 20, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    async def sleep(self, duration: timedelta) -> None:
        del duration
        await asyncio.Event().wait()  # until it is cancelled


def settings_of(home: Path, model: str = "static") -> Settings:
    return Settings.model_validate({"home": home, "semantic_model": model})


async def _search(home: Path, mode: str, questions: str) -> dict[str, Any]:
    """From the text of a query to papers with their numbers, marks and reasons."""
    give_memory_back()  # as the running bot does
    settings, clock = settings_of(home), Clock()
    around = Surroundings(clock, RandomIds(), Random(0), io.StringIO())
    async with open_store(settings) as store, open_search(settings, store, around) as search:

        async def ask(question: Question) -> int:
            return len((await search.search(question.text, limit=_PAGE, mode=Mode(mode))).results)

        papers = (await search.index.state()).papers
        return await _twice(ask, int(questions), clock) | {"papers": papers}


async def _index(home: Path, questions: str) -> dict[str, Any]:
    """The numbers of the best papers alone: nothing is judged, marked or read from the store."""
    settings, clock = settings_of(home, "none"), Clock()
    async with open_store(settings) as store, open_index(settings, store) as index:

        async def ask(question: Question) -> int:
            return len((await index.related(parse(question.text), Limits(clock.now(), _PAGE))).hits)

        return await _twice(ask, int(questions), clock)


async def _fts5(home: Path, way: str, questions: str) -> dict[str, Any]:
    with closing(fts5.Fts5(settings_of(home).database)) as texts:

        async def ask(question: Question) -> int:
            return len(texts.search(question, Way(way)))

        return await _twice(ask, int(questions), Clock())


async def _twice(ask: Callable[[Question], Awaitable[int]], most: int, clock: Clock) -> dict[str, Any]:
    cold, _ = await _pass(ask, most)
    clock.instant += _REST
    warm, found = await _pass(ask, most)
    resident = psutil.Process().memory_info().rss / 1e6  # with what is mapped
    return {"cold": cold, "warm": warm, "found": found, "rss": resident}


async def _pass(ask: Callable[[Question], Awaitable[int]], most: int) -> tuple[Timings, dict[str, int]]:
    """Asks all questions, kind after kind: milliseconds, and how many found something."""
    timings: Timings = {}
    found: dict[str, int] = {}
    for kind, some in corpus.questions().items():
        timings[kind], found[kind] = [], 0
        for question in some[:most]:
            begin = time.perf_counter()
            papers = await ask(question)
            timings[kind].append((time.perf_counter() - begin) * 1e3)
            found[kind] += papers > 0
    return timings, found


_JOBS: Final[Mapping[str, Callable[..., Awaitable[dict[str, Any]]]]] = {
    "search": _search,
    "index": _index,
    "fts5": _fts5,
}


async def _done(name: str, home: str, *arguments: str) -> dict[str, Any]:
    return await _JOBS[name](Path(home), *arguments)


if __name__ == "__main__":
    configure_logs("warning", "console")
    print(json.dumps(asyncio.run(_done(*sys.argv[1:]))))
