"""The second process that makes terms while many papers wait: a help that changes nothing of the index."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from bot.model import IndexRow
from bot.ports import Store
from bot.search.ports import IndexState, Limits
from bot.search.query import parse
from storage.index.index import FolderIndex, open_index
from storage.index.making import fields_in, open_term_maker
from storage.index.terms import Fields, Memory, fields_of
from tests.contract.readings import at, batch, described, doi

PAPERS = 5_500  # so many that a second process is worth its start
ORDERED = {"title", "text", "org"}

OpenIndex = Callable[[], AbstractAsyncContextManager[FolderIndex]]


@pytest.fixture
def opened(store: Store, tmp_path: Path) -> OpenIndex:
    """Opens the index of this test's store as on a machine of two cores."""
    return lambda: open_index(tmp_path / "index", store.papers, None, commit_every=1_000, cores=2)


@pytest.fixture
async def many(store: Store) -> None:
    await bring(store, PAPERS)


async def bring(store: Store, papers: int) -> None:
    await store.papers.bring(batch(*(described(doi(n), title=f"Waves {n}") for n in range(papers))), at(0))


def helpers() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if "storage.index.worker" in one.cmdline()]


async def assert_whole(index: FolderIndex) -> None:
    """The index holds every paper, as the store has it."""
    assert (await index.state()).papers == PAPERS
    assert (await index.matching(parse("waves"), Limits(at(0), 1))).total == PAPERS
    assert await index.check() == []


def rows() -> list[IndexRow]:
    bare = IndexRow(
        1, 1, "Waves", "", (), (), None, None, None, has_code=False, has_project=False, upvotes=None
    )
    full = IndexRow(
        paper_id=2,
        change=5,
        title="FlashAttention-2: Müller's state-of-the-art",
        abstract="Waves -- in C++ and 模型 \U0001f600, by Qwen2.5-VL.",
        keywords=("pre-training", "GPT-4o"),
        authors=("Yann A. LeCun", "李 Wei"),
        categories=("cs.CL", "cs.AI"),
        organization="The Post-Office",
        published_at=1_700_000_000_000,
        has_code=True,
        has_project=True,
        upvotes=0,
    )
    return [bare, full]


def plain(papers: list[Fields]) -> list[Fields]:
    """Without the order of terms where it says nothing."""
    return [
        {
            name: value if isinstance(value, int) or name in ORDERED else " ".join(sorted(value.split()))
            for name, value in fields.items()
        }
        for fields in papers
    ]


async def test_it_makes_what_the_index_makes_by_itself() -> None:
    memory = Memory()
    async with open_term_maker() as maker:
        assert maker is not None
        # More at once than the pipes hold, so that one side would wait for the other for ever.
        answers = await asyncio.gather(*(maker.make(rows() * count) for count in (1, 3_000, 3_000, 2)))
    for count, made in zip((1, 3_000, 3_000, 2), answers, strict=True):
        assert made is not None
        assert plain(fields_in(made)) == plain([fields_of(row, memory) for row in rows()]) * count


async def test_many_papers_are_taken_in_with_it_and_then_it_is_gone(many: None, opened: OpenIndex) -> None:
    seen: list[int] = []
    async with opened() as index:
        await index.catch_up(lambda _: seen.append(len(helpers())))
        assert set(seen) == {1}
        assert helpers() == []
        await assert_whole(index)


async def test_a_handful_of_papers_starts_no_process(store: Store, opened: OpenIndex) -> None:
    await bring(store, 5)
    seen: list[int] = []
    async with opened() as index:
        await index.catch_up(lambda _: seen.append(len(helpers())))
    assert set(seen) == {0}


async def test_one_core_is_left_to_one_process(many: None, store: Store, tmp_path: Path) -> None:
    seen: list[int] = []
    async with open_index(tmp_path / "index", store.papers, None, cores=1) as index:
        await index.catch_up(lambda _: seen.append(len(helpers())))
        await assert_whole(index)
    assert set(seen) == {0}


@pytest.mark.parametrize("after", [1, 7])
async def test_the_index_goes_on_by_itself_when_it_is_killed(
    after: int, many: None, opened: OpenIndex
) -> None:
    steps = 0

    def kill(state: IndexState) -> None:
        nonlocal steps
        steps += 1
        if steps == after:
            for helper in helpers():
                helper.kill()

    async with opened() as index:
        with capture_logs() as logs:
            await index.catch_up(kill)
        await assert_whole(index)
    assert [log["event"] for log in logs if log["log_level"] == "warning"] == [
        "The process that helps to fill the search index ended; it goes on without."
    ]


async def test_cancelling_ends_it(many: None, opened: OpenIndex) -> None:
    async with opened() as index:
        begun = asyncio.Event()
        running = asyncio.ensure_future(index.catch_up(lambda _: begun.set()))
        await begun.wait()
        assert len(helpers()) == 1
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert helpers() == []
        await index.catch_up()
        await assert_whole(index)
