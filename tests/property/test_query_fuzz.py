"""Hostile queries by the thousand: each is read, written, put to a paper and marked, or told its remedy; and
each goes through the whole search, over a real store and a real index.
"""

import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import QueryError
from bot.model import IdScheme, Outcome, PaperId, PaperReading, Poll, Signal, Upstream
from bot.search.answer import Answer, Mode
from bot.search.fields import FIELDS
from bot.search.marks import excerpt, marks
from bot.search.match import compile_query, prepare
from bot.search.parts import conditions, sort_of, wanted_text
from bot.search.query import EVERYTHING, format_query, parse
from bot.search.service import Search
from storage.embedding.static import open_static
from storage.index.index import open_index
from storage.sqlite.store import open_sqlite
from tests.clocks import StillClock
from tests.property.queries import a_paper

NOW = datetime(2025, 6, 1, tzinfo=UTC)
ABSTRACT = "FlashAttention-2 reads état-of-the-art GPT-4o's 模型 at \u03b1 10.5, x_1; " * 4
SLOWEST = 1.0  # seconds
LONGEST = 10_000  # characters


def pieces_of(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WORDS = pieces_of(
    """
    attention Flash-Attention GPT-4o C++ don't état 模型 한국어 🚀 β-VAE L_2 x state-of-the-art R&D 12:30 the
    or AND NOT TO NEAR/3 ';-- ${x} <@U1> @everyone e\u0301 \u202ertl a\u200bb \ud7a3 \U000e0041 \u2066
    """
)
SIGNS = (
    *pieces_of("( ) - OR : -- -( )( ' * ~ ^ \\ [ ] { } / && || ! + ? ; % “ ” \uff1a \uff08 \uff02"),
    *('"', '""', '" "', " OR ", "\x00", "\n", "\t", "\u3000"),
)
VALUES = (
    *pieces_of("cs.CL cs.* vision 2025 2025-03-01 2025-02-30 7d last-month >20 >= 20x5 code video new -x"),
    *pieces_of("2508.13426 10.1145/3292500 10.1016/S0(97)X banana local:0123456789abcdef 00000 999999999999"),
    *('"last month"', '"Yann LeCun"', '"', '""', "(a OR b)", "", "\u0664"),
)
PASTED = pieces_of(
    """
    https://arxiv.org/abs/2508.13426v2 arXiv:2508.13426 doi:10.1145/3292500 2508.13426, arxiv doi: 10.1234/
    https://huggingface.co/papers/2508.13426 10.1016/S0004-3702(97)00043-X https://doi.org/10.
    """
)
KINDS = (WORDS, SIGNS, VALUES, PASTED, tuple(FIELDS))


def hostile(chance: random.Random) -> str:
    """A text of the language's own pieces, put together without its rules; one in a hundred is very long."""
    pieces: list[str] = []
    for _ in range(chance.randint(1, 24)):
        kind = chance.choices(KINDS, (8, 5, 2, 1, 2))[0]
        piece = chance.choice(kind)
        if kind is KINDS[-1]:
            piece = f"{piece.upper() if chance.random() < 0.1 else piece}:{chance.choice(VALUES)}"
        pieces += [piece, " "] if chance.random() < 0.7 else [piece]
    if chance.random() < 0.05:
        pieces += [chr(chance.randrange(0xE000, 0x110000)) for _ in range(9)]
        pieces += [chr(chance.randrange(0xD800)) for _ in range(9)]
    text = "".join(pieces)
    if chance.random() < 0.2:
        cut = chance.randrange(len(text))
        text = text[cut:] + text[:cut]
    return (text * LONGEST)[:LONGEST] if chance.random() < 0.01 else text


def put(text: str) -> bool:
    """Does with a query all that is done with queries; returns whether it could be read at once."""
    mistake: QueryError | None = None
    try:
        query = parse(text)
    except QueryError as error:
        mistake = error
    if mistake is not None:
        assert len(str(mistake)) < 500
        query = parse(mistake.suggestion or "")
        assert query != EVERYTHING
    assert parse(format_query(query)) == query
    prepared = prepare(a_paper("Flash attention, fast", ABSTRACT))
    answer = compile_query(query, NOW)(prepared, 3)
    assert compile_query(conditions(query), NOW)(prepared, 3) is not False or answer is False
    sort_of(query)
    wanted_text(query)
    marks(query, prepared.paper.title, "title")
    assert len(excerpt(query, ABSTRACT, 100).text) <= 100
    return mistake is None


def fuzz(seed: int, count: int) -> None:
    chance = random.Random(seed)
    read = 0
    slowest = 0.0
    for _ in range(count):
        text = hostile(chance)
        started = time.process_time()
        read += put(text)
        slowest = max(slowest, time.process_time() - started)
        assert slowest < SLOWEST, text
    assert count / 20 < read < count - count / 20  # mistakes were among them, and were not all
    print(f"{count} queries, {count - read} of them mistakes; the slowest took {slowest:.3f} s")


def test_two_thousand_hostile_queries_end_well_and_quickly() -> None:
    fuzz(seed=1, count=2_000)


@pytest.mark.soak
def test_a_hundred_and_twenty_thousand_hostile_queries_end_well_and_quickly() -> None:
    fuzz(seed=2, count=120_000)


# --- through the whole search --------------------------------------------------------------------

PAPERS = 400
PROSE = pieces_of(
    """
    we a new model of that learns large language vision network dual encoder training data with and for
    Low-Rank adapters FlashAttention state-of-the-art reasoning agents pre-training graph speech, robots.
    """
)


def papers(count: int) -> Iterator[PaperReading]:
    """Papers made of what the queries are made of, among other words."""
    chance = random.Random(3)
    for number in range(count):
        yield PaperReading(
            ids=(PaperId(IdScheme.ARXIV, f"2501.{number:05}"),),
            title=f"{number} {' '.join(chance.choices(WORDS + PROSE, k=chance.randint(1, 12)))}",
            abstract=" ".join(chance.choices(WORDS + PROSE * 4, k=chance.randint(0, 200))),
            authors=tuple(chance.sample(("Yann LeCun", "Y. LeCun", "Wei, Xiao-Ming"), chance.randint(0, 2))),
            published_at=NOW.replace(year=chance.randint(2017, 2025)) if number % 5 else None,
            categories=("cs.CL", "cs.CV")[: number % 3],
            code_url="https://github.com/a/b" if number % 4 == 0 else None,
            signals={Signal.UPVOTES: chance.randint(0, 100)} if number % 2 else {},
        )


@asynccontextmanager
async def opened_search(folder: Path) -> AsyncIterator[Search]:
    """A search over some hundred papers, with the model that comes with Paperboy."""
    brought = Poll(
        upstream=Upstream.ARXIV,
        subject="lookup",
        observed_at=NOW,
        outcome=Outcome.OK,
        readings=tuple(papers(PAPERS)),
    )
    async with open_sqlite(folder / "paperboy.db") as store:
        await store.papers.ingest(brought, NOW)
        async with open_index(folder / "index", store.papers, open_static()) as index:
            state = await index.catch_up()
            assert state.papers == state.vectors == PAPERS
            yield Search(store.papers, index, StillClock(NOW))


async def asked(search: Search, text: str, mode: Mode, page: str | None) -> tuple[Answer | None, float]:
    """The answer, or `None` for what is no query, and how many seconds of computing it took."""
    started = time.process_time()
    try:
        answer = await search.search(text, page=page, mode=mode)
    except QueryError:
        return None, time.process_time() - started
    return answer, time.process_time() - started


async def fuzz_search(folder: Path, seed: int, count: int) -> None:
    chance = random.Random(seed)
    refused = found = 0
    slowest = 0.0
    async with opened_search(folder) as search:
        for _ in range(count):
            text = hostile(chance)
            mode = chance.choices(tuple(Mode), (8, 1, 1))[0]
            shown: set[int] = set()
            page: str | None = None
            for _page in range(2):
                answer, seconds = await asked(search, text, mode, page)
                slowest = max(slowest, seconds)
                assert slowest < SLOWEST, text[:200]
                if answer is None:
                    refused += 1
                    break
                here = {result.paper.id for result in answer.results}
                assert len(here) == len(answer.results) <= 10
                assert shown.isdisjoint(here)
                shown |= here
                page = answer.more
                if page is None:
                    break
            found += bool(shown)
    assert refused > count / 20
    assert found > count / 4
    print(
        f"{count} queries, {refused} of them mistakes, {found} found papers; the slowest took {slowest:.3f} s"
    )


async def test_hostile_queries_are_answered_by_the_whole_search(tmp_path: Path) -> None:
    await fuzz_search(tmp_path, seed=4, count=300)


@pytest.mark.soak
async def test_a_hundred_thousand_hostile_queries_are_answered_by_the_whole_search(tmp_path: Path) -> None:
    await fuzz_search(tmp_path, seed=5, count=100_000)


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [LONGEST, 4 * LONGEST])
@pytest.mark.parametrize("piece", pieces_of('a- " ( 10.1234/( word. x: é- doi:'))
def test_reading_takes_time_in_proportion_to_length(piece: str, length: int) -> None:
    started = time.process_time()
    parse((piece * length)[:length])
    parse(f"{piece} " * (length // (len(piece) + 1)))
    assert time.process_time() - started < SLOWEST * length / LONGEST
