"""Searching a million papers: from the text of a query to the papers shown, beside SQLite's FTS5.

`python -m benchmarks search --papers 50000 --questions 20` gives a first look in minutes.

As a process: `python -m benchmarks.search JOB HOME ARGUMENTS …`; the jobs are in `_JOBS`.
"""

import asyncio
import io
import json
import math
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, Final

import psutil
from rich import box
from rich.console import Console
from rich.table import Table
from sqlite_utils import Database

from benchmarks import corpus, fts5
from benchmarks.corpus import Question
from benchmarks.measure import Figure, Outcome, Skipped, Spread, job
from bot.config import Settings
from bot.importing.reading import open_file
from bot.importing.run import import_file
from bot.logs import configure_logs
from bot.search.answer import Mode
from bot.system import RandomIds
from bot.wiring import Surroundings, open_index, open_search, open_store

PAPERS: Final = 1_000_000
STAGES: Final = (10_000, 100_000)  # looked at on the way
ARXIV: Final = 3_000_000  # for which the last two stages are drawn out
# Milliseconds at the 99th percentile, by the kind of question and the mode.
LIMITS: Final[Mapping[tuple[str, Mode], float]] = {
    ("short", Mode.LEXICAL): 30,
    ("topic", Mode.LEXICAL): 30,
    ("12 words", Mode.LEXICAL): 120,
    ("filtered", Mode.LEXICAL): 120,
} | {(kind, Mode.FUSED): 120 for kind in corpus.KINDS}
FASTER: Final = 30  # times as fast as FTS5, at the median
IMPORT_RATE: Final = 5_000  # papers a second, as the next two
BUILD_RATE: Final = 8_000
ENCODE_RATE: Final = 5_000
QUERY_MS: Final = 1.0  # to encode a query
BYTES: Final = 700  # of the index, a paper, without vectors
MEGABYTES: Final = 1_000.0  # resident, of the searching process
_ASKED_OF_FTS5: Final = 25  # questions of each kind: it takes a hundred times as long
_SAMPLE: Final = 20_000  # papers for what needs no more
_FTS5: Final = "SQLite FTS5, bm25"
_REST: Final = timedelta(hours=1)  # after which no answer is remembered

Timings = dict[str, list[float]]
"""Milliseconds of each question, by kind."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """What was measured with so many papers."""

    papers: int
    seconds: Mapping[
        str, float
    ]  # of what was added since the stage before: "import", "words", "vectors", "fts5"
    added: int
    sizes: Mapping[str, int]  # bytes: "words", "vectors", "fts5", "store"
    asked: Mapping[str, Any]  # by mode, and "fts5"


def measure(folder: Path, papers: int = PAPERS, questions: int = corpus.QUESTIONS) -> list[Outcome]:
    """All figures, with a table of how they grow before them; `questions` are asked of each kind."""
    if not all(file.exists() for file in corpus.NEEDED):
        return [Skipped("search", corpus.ABSENT)]
    stages: list[_Stage] = []
    for size in (*(one for one in STAGES if one < papers), papers):
        stages.append(_stage(folder, stages[-1].papers if stages else 0, size, questions))
        print(f"measured with {size:,} papers", file=sys.stderr)
    Console(width=160).print(_growth(stages))
    return [*_rates(folder, stages), *_latencies(stages[-1])]


def _stage(home: Path, before: int, size: int, questions: int) -> _Stage:
    added = size - before
    _run("write", home, before, added)
    filled = _run("import", home)
    words, vectors, others = _run("follow", home, "none"), _run("follow", home, "static"), _run("fill", home)
    assert filled["papers"] == added, f"{filled['papers']} of {added} papers were brought"
    assert vectors["vectors"] == size, f"{vectors['vectors']} of {size} papers have vectors"
    asked = {str(mode): _run("ask", home, mode, questions) for mode in (Mode.LEXICAL, Mode.FUSED)}
    asked["fts5"] = _run("ask-fts5", home, min(questions, _ASKED_OF_FTS5))
    return _Stage(
        papers=size,
        seconds={
            "import": filled["seconds"],
            "words": words["seconds"],
            "vectors": vectors["seconds"],
            "fts5": others["seconds"],
        },
        added=added,
        sizes={
            "words": words["bytes"],
            "vectors": vectors["bytes"],
            "fts5": others["bytes"],
            "store": (home / "paperboy.db").stat().st_size,
        },
        asked=asked,
    )


# --- what the figures say ------------------------------------------------------------------------


def _rates(home: Path, stages: Sequence[_Stage]) -> list[Outcome]:
    last = stages[-1]
    upserts, encoded = _run("upsert", home), _run("encode", home)

    def a_paper(name: str, rate: float, seconds: float, count: int, instead: str, theirs: float) -> Figure:
        ours = seconds / count * 1e6
        note = f"{1e6 / ours:,.0f} papers a second, at least {rate:,.0f} wanted"
        return Figure(name, "µs", Spread((ours,)), 1e6 / rate, instead, Spread((theirs,)), note)

    def of_last(what: str) -> float:
        return last.seconds[what] / last.added * 1e6

    memory = last.asked[Mode.FUSED]["rss"]
    files = f"of {last.sizes['vectors'] / last.papers:,.0f} more bytes a paper for vectors"
    return [
        a_paper(
            "import, a paper", IMPORT_RATE, last.seconds["import"], last.added,
            "sqlite-utils upserts of the bare rows", upserts["seconds"] / upserts["papers"] * 1e6,
        ),
        a_paper(
            "index of words, a paper", BUILD_RATE, last.seconds["words"], last.added, _FTS5, of_last("fts5")
        ),
        a_paper(
            "encoding, an abstract", ENCODE_RATE, encoded["ours"], encoded["papers"], "model2vec's own loop",
            encoded["theirs"] / encoded["papers"] * 1e6,
        ),
        Figure(
            "encoding a query", "ms", Spread((encoded["query_ms"],)), QUERY_MS, "model2vec's own loop",
            Spread((encoded["their_query_ms"],)),
        ),
        Figure(
            "index without vectors, a paper", "B", Spread((last.sizes["words"] / last.papers,)), BYTES, _FTS5,
            Spread((last.sizes["fts5"] / last.papers,)), files,
        ),
        Figure(
            "memory of a searching process", "MB", Spread((memory,)), MEGABYTES, _FTS5,
            Spread((last.asked["fts5"]["rss"],)), f"{last.papers:,} papers, vectors among them",
        ),
    ]  # fmt: skip


def _latencies(stage: _Stage) -> list[Outcome]:
    outcomes: list[Outcome] = []
    theirs = stage.asked["fts5"]
    for (kind, mode), limit in LIMITS.items():
        ours = stage.asked[mode]
        warm, cold = ours["warm"][kind], ours["cold"][kind]
        same = median(warm[:_ASKED_OF_FTS5])  # the same questions that FTS5 was asked
        slow = median(theirs["warm"][kind])
        name = f"{kind}, {mode}, {stage.papers:,} papers"
        outcomes.append(
            Figure(
                f"{name}, 99 of 100", "ms", Spread((_slowest(warm),)), limit, _FTS5,
                Spread((_slowest(theirs["warm"][kind]),)),
                f"median {median(warm):.3g}; cold {median(cold):.3g}, 99 of 100 {_slowest(cold):.3g}, FTS5 "
                f"{median(theirs['cold'][kind]):.3g}; {ours['found'][kind]} of {len(warm)} found something",
            )
        )  # fmt: skip
        if mode is Mode.LEXICAL:
            outcomes.append(
                Figure(f"{name}, median", "ms", Spread((same,)), slow / FASTER, _FTS5, Spread((slow,)))
            )
    return outcomes


def _growth(stages: Sequence[_Stage]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="Growth (ms are medians / 99 of 100, warm)")
    table.add_column("")
    for stage in stages:
        table.add_column(f"{stage.papers:,}", justify="right")
    table.add_column(f"{ARXIV:,}, drawn out", justify="right")
    lines: dict[str, Callable[[_Stage], float]] = {
        "import, papers/s": lambda one: one.added / one.seconds["import"],
        "index of words, papers/s": lambda one: one.added / one.seconds["words"],
        "vectors, papers/s": lambda one: one.added / one.seconds["vectors"],
        "words, MB": lambda one: one.sizes["words"] / 1e6,
        "vectors, MB": lambda one: one.sizes["vectors"] / 1e6,
        "store, MB": lambda one: one.sizes["store"] / 1e6,
        "FTS5, MB": lambda one: one.sizes["fts5"] / 1e6,
        "memory, MB": lambda one: one.asked[Mode.FUSED]["rss"],
    }
    for name, value in lines.items():
        table.add_row(name, *map(_whole, _drawn_out(stages, list(map(value, stages)), name)))
    for who in (Mode.LEXICAL, Mode.FUSED, "fts5"):
        for kind in corpus.KINDS:
            found = [one.asked[who]["warm"][kind] for one in stages]
            pairs = zip(
                _drawn_out(stages, [median(one) for one in found], kind),
                _drawn_out(stages, [_slowest(one) for one in found], kind),
                strict=True,
            )
            table.add_row(f"{who}, {kind}, ms", *(f"{one:,.3g} / {two:,.3g}" for one, two in pairs))
    return table


def _whole(value: float) -> str:
    return "" if math.isnan(value) else f"{value:,.0f}"


def _drawn_out(stages: Sequence[_Stage], values: list[float], name: str) -> list[float]:
    """The values of the stages, and on the line through the last two that where arXiv would be: no number for
    a rate, or where the last two are of nearly the same size.
    """
    if len(stages) < 2 or stages[-1].papers < 2 * stages[-2].papers or name.endswith("/s"):
        return [*values, math.nan]
    (before, last), (low, high) = stages[-2:], values[-2:]
    slope = (high - low) / (last.papers - before.papers)
    return [*values, max(0.0, high + slope * (ARXIV - last.papers))]


def _slowest(values: Sequence[float]) -> float:
    """The 99th percentile by nearest rank: of 25 values the greatest."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


# --- jobs, each a process of its own -------------------------------------------------------------


def _run(name: str, home: Path, *arguments: object) -> Any:
    if name.startswith("ask"):
        _forget(home)
    return job("search", name, str(home), *map(str, arguments))


def _forget(home: Path) -> None:
    """Asks the system to keep nothing of these files in memory, so that the first pass is a cold one."""
    if not hasattr(os, "posix_fadvise"):
        return
    for file in home.rglob("*"):
        if file.is_file():
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


class _Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.instant = datetime(2025, 11, 20, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    async def sleep(self, duration: timedelta) -> None:
        del duration
        await asyncio.Event().wait()  # until it is cancelled


def _settings(home: Path, model: str = "static") -> Settings:
    return Settings.model_validate({"home": home, "semantic_model": model})


def _file(home: Path) -> Path:
    return home / "papers.jsonl"


async def _write(home: Path, first: str, count: str) -> dict[str, Any]:
    corpus.write(_file(home), int(first), int(count))
    return {}


async def _import(home: Path) -> dict[str, Any]:
    """As `paperboy import` does."""
    async with open_store(_settings(home)) as store:
        with open_file(str(_file(home)), io.BytesIO) as file:
            begin = time.perf_counter()
            done = await import_file(file, store.papers, _Clock(), lambda _: None)
            seconds = time.perf_counter() - begin
    return {"seconds": seconds, "papers": done.new}


async def _upsert(home: Path) -> dict[str, Any]:
    """The rows alone, as one would write them first."""
    rows = list(corpus.papers(0, _SAMPLE))
    database = Database(home / "upserts.db")
    begin = time.perf_counter()
    database.table("papers").upsert_all(rows, pk="id", batch_size=1_000)
    return {"seconds": time.perf_counter() - begin, "papers": len(rows)}


async def _follow(home: Path, model: str) -> dict[str, Any]:
    settings = _settings(home, model)
    async with open_store(settings) as store, open_index(settings, store) as index:
        begin = time.perf_counter()
        state = await index.catch_up()
        seconds = time.perf_counter() - begin
    sizes = _on_disk(home / "index")
    return {"seconds": seconds, "vectors": state.vectors, "bytes": sizes[model != "none"]}


def _on_disk(index: Path) -> tuple[int, int]:
    """The bytes that the words take, and the vectors; a file's end that was never written takes none."""
    sizes = [0, 0]
    for file in index.rglob("*"):
        if file.is_file():
            sizes[file.suffix in {".rows", ".ids"}] += file.stat().st_blocks * 512
    return sizes[0], sizes[1]


async def _fill(home: Path) -> dict[str, Any]:
    store = _settings(home).database
    begin = time.perf_counter()
    fts5.fill(store)
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "bytes": fts5.file_of(store).stat().st_size}


async def _encode(home: Path) -> dict[str, Any]:
    from model2vec import StaticModel  # noqa: PLC0415 - in this job alone: another's memory is measured

    from storage.embedding.static import STATIC_MODEL, open_static  # noqa: PLC0415 - as above

    del home
    texts = [(paper["title"], paper["abstract"]) for paper in corpus.papers(0, _SAMPLE)]
    queries = [one.words for some in corpus.questions().values() for one in some]
    encoder, plain = open_static(), StaticModel.from_pretrained(STATIC_MODEL)
    encoder.documents(texts[:1_000])
    begin = time.perf_counter()
    for first in range(0, len(texts), 1_000):
        encoder.documents(texts[first : first + 1_000])
    ours = time.perf_counter()
    plain.encode([f"{title} {abstract}" for title, abstract in texts], use_multiprocessing=False)
    theirs = time.perf_counter()
    return {
        "ours": ours - begin,
        "theirs": theirs - ours,
        "papers": len(texts),
        "query_ms": median(_timed(encoder.queries, [one]) for one in queries),
        "their_query_ms": median(_timed(plain.encode, [one]) for one in queries),
    }


def _timed(work: Callable[[list[str]], object], texts: list[str]) -> float:
    """Milliseconds."""
    begin = time.perf_counter()
    work(texts)
    return (time.perf_counter() - begin) * 1e3


async def _ask(home: Path, mode: str, questions: str) -> dict[str, Any]:
    """From the text of a query to papers with their numbers, marks and reasons, twice."""
    settings, clock = _settings(home), _Clock()
    around = Surroundings(clock, RandomIds(), Random(0), io.StringIO())
    async with open_store(settings) as store, open_search(settings, store, around) as search:

        async def ask(question: Question) -> int:
            return len((await search.search(question.text, limit=10, mode=Mode(mode))).results)

        cold, _ = await _pass(ask, int(questions))
        clock.instant += _REST
        warm, found = await _pass(ask, int(questions))
        return {"cold": cold, "warm": warm, "found": found, "rss": _resident()}


async def _ask_fts5(home: Path, questions: str) -> dict[str, Any]:
    with closing(fts5.Fts5(_settings(home).database)) as texts:

        async def ask(question: Question) -> int:
            return len(texts.search(question))

        cold, _ = await _pass(ask, int(questions))
        warm, found = await _pass(ask, int(questions))
        return {"cold": cold, "warm": warm, "found": found, "rss": _resident()}


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


def _resident() -> float:
    """Megabytes, with what is mapped."""
    return float(psutil.Process().memory_info().rss) / 1e6


_JOBS: Final[Mapping[str, Callable[..., Awaitable[dict[str, Any]]]]] = {
    "write": _write,
    "import": _import,
    "upsert": _upsert,
    "follow": _follow,
    "fill": _fill,
    "encode": _encode,
    "ask": _ask,
    "ask-fts5": _ask_fts5,
}


async def _done(name: str, home: str, arguments: Iterable[str]) -> dict[str, Any]:
    return await _JOBS[name](Path(home), *arguments)


if __name__ == "__main__":
    configure_logs("warning", "console")
    print(json.dumps(asyncio.run(_done(sys.argv[1], sys.argv[2], sys.argv[3:]))))
