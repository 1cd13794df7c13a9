"""Searching a million papers: from the text of a query to the papers shown, beside SQLite's FTS5.

`python -m benchmarks search --papers 50000 --questions 20` gives a first look in minutes.

As a process: `python -m benchmarks.search JOB HOME ARGUMENTS …`; the jobs are in `_JOBS`.
"""

import asyncio
import io
import json
import math
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from sqlite_utils import Database

from benchmarks import asking, corpus, fts5
from benchmarks.asking import FTS5, Answers, Asked, Clock, settings_of, slowest
from benchmarks.fts5 import Way
from benchmarks.measure import Figure, Outcome, Skipped, Spread, job
from bot.importing.reading import open_file
from bot.importing.run import import_file
from bot.logs import configure_logs
from bot.search.answer import Mode
from bot.wiring import open_index, open_store

PAPERS: Final = 1_000_000
STAGES: Final = (10_000, 100_000)  # looked at on the way
ARXIV: Final = 3_000_000  # for which the last two stages are drawn out
IMPORT_RATE: Final = 5_000  # papers a second, as the next two
BUILD_RATE: Final = 8_000
ENCODE_RATE: Final = 5_000
QUERY_MS: Final = 1.0  # to encode a query
BYTES: Final = 700  # of the index, a paper, without vectors
_SAMPLE: Final = 20_000  # papers for what needs no more


@dataclass(frozen=True, slots=True)
class _Stage:
    """What was measured with so many papers."""

    papers: int
    seconds: Mapping[
        str, float
    ]  # of what was added since the stage before: "import", "words", "vectors", "fts5"
    added: int
    sizes: Mapping[str, int]  # bytes: "words", "vectors", "fts5", "store"
    answers: Answers


def measure(
    folder: Path, papers: int = PAPERS, questions: int = corpus.QUESTIONS, home: Path | None = None
) -> list[Outcome]:
    """All figures, with two tables before them; `questions` are asked of each kind.

    With `home` the corpus is made in that folder and stays there. A folder that holds one is only asked.
    """
    if not all(file.exists() for file in corpus.NEEDED):
        return [Skipped("search", corpus.ABSENT)]
    console = Console(width=160)
    if home is not None and fts5.file_of(settings_of(home).database).exists():  # which is filled last
        answers = asking.ask(home, questions)
        console.print(asking.beside_fts5(answers))
        return [asking.memory(answers), *asking.latencies(answers)]
    folder = home or folder
    folder.mkdir(parents=True, exist_ok=True)
    stages: list[_Stage] = []
    for size in (*(one for one in STAGES if one < papers), papers):
        stages.append(_stage(folder, stages[-1].papers if stages else 0, size, questions))
        print(f"measured with {size:,} papers", file=sys.stderr)
    console.print(_growth(stages))
    console.print(asking.beside_fts5(stages[-1].answers))
    return [*_rates(folder, stages), *asking.latencies(stages[-1].answers)]


def _stage(home: Path, before: int, size: int, questions: int) -> _Stage:
    added = size - before
    _run("write", home, before, added)
    filled = _run("import", home)
    words, vectors, others = _run("follow", home, "none"), _run("follow", home, "static"), _run("fill", home)
    assert filled["papers"] == added, f"{filled['papers']} of {added} papers were brought"
    assert vectors["vectors"] == size, f"{vectors['vectors']} of {size} papers have vectors"
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
        answers=asking.ask(home, questions),
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

    files = f"of {last.sizes['vectors'] / last.papers:,.0f} more bytes a paper for vectors"
    return [
        a_paper(
            "import, a paper", IMPORT_RATE, last.seconds["import"], last.added,
            "sqlite-utils upserts of the bare rows", upserts["seconds"] / upserts["papers"] * 1e6,
        ),
        a_paper(
            "index of words, a paper", BUILD_RATE, last.seconds["words"], last.added, FTS5, of_last("fts5")
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
            "index without vectors, a paper", "B", Spread((last.sizes["words"] / last.papers,)), BYTES, FTS5,
            Spread((last.sizes["fts5"] / last.papers,)), files,
        ),
        asking.memory(last.answers),
    ]  # fmt: skip


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
        "memory, MB": lambda one: one.answers.search[Mode.FUSED].rss,
    }
    for name, value in lines.items():
        table.add_row(name, *map(_whole, _drawn_out(stages, list(map(value, stages)), name)))
    timings: dict[str, Callable[[_Stage], Asked]] = {
        "words": lambda one: one.answers.search[Mode.LEXICAL],
        "words and meaning": lambda one: one.answers.search[Mode.FUSED],
        "FTS5, any word": lambda one: one.answers.fts5[Way.ANY],
        "FTS5, every word": lambda one: one.answers.fts5[Way.EVERY],
    }
    for who, asked in timings.items():
        for kind in corpus.KINDS:
            found = [asked(one).warm[kind] for one in stages]
            pairs = zip(
                _drawn_out(stages, [median(one) for one in found], kind),
                _drawn_out(stages, [slowest(one) for one in found], kind),
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


# --- jobs, each a process of its own -------------------------------------------------------------


def _run(name: str, home: Path, *arguments: object) -> Any:
    return job("search", name, str(home), *map(str, arguments))


def _file(home: Path) -> Path:
    return home / "papers.jsonl"


async def _write(home: Path, first: str, count: str) -> dict[str, Any]:
    corpus.write(_file(home), int(first), int(count))
    return {}


async def _import(home: Path) -> dict[str, Any]:
    """As `paperboy import` does."""
    async with open_store(settings_of(home)) as store:
        with open_file(str(_file(home)), io.BytesIO) as file:
            begin = time.perf_counter()
            done = await import_file(file, store.papers, Clock(), lambda _: None)
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
    settings = settings_of(home, model)
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
    store = settings_of(home).database
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


_JOBS: Final[Mapping[str, Callable[..., Awaitable[dict[str, Any]]]]] = {
    "write": _write,
    "import": _import,
    "upsert": _upsert,
    "follow": _follow,
    "fill": _fill,
    "encode": _encode,
}


async def _done(name: str, home: str, arguments: Iterable[str]) -> dict[str, Any]:
    return await _JOBS[name](Path(home), *arguments)


if __name__ == "__main__":
    configure_logs("warning", "console")
    print(json.dumps(asyncio.run(_done(sys.argv[1], sys.argv[2], sys.argv[3:]))))
