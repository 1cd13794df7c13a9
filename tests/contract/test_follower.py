"""The role that keeps the index in step with the store, over the real store and the real index."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.errors import BusyError
from bot.ports import PaperStore, Store
from bot.search.following import Follower
from bot.search.ports import Limits
from bot.search.query import parse
from storage.index.index import FolderIndex, open_index
from tests.clocks import StillClock
from tests.contract.readings import T0, arxiv, poll, reading


@pytest.fixture
async def index(store: Store, tmp_path: Path) -> AsyncIterator[FolderIndex]:
    async with open_index(tmp_path / "index", store.papers, None) as opened:
        yield opened


async def in_step(index: FolderIndex) -> None:
    async with asyncio.timeout(30):
        while True:
            state = await index.state()
            if state.newest and not state.behind:
                return


async def test_a_paper_stored_in_this_process_is_found_without_waiting_for_the_clock(
    store: Store, index: FolderIndex
) -> None:
    told: list[str] = []
    follower = Follower(index, store.papers, StillClock(T0), caught_up=lambda: told.append("caught up"))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(follower.run())
        await store.papers.ingest(poll(0, reading(arxiv(1), title="Carrier pigeons")), T0)
        follower.wake()
        await in_step(index)
        follower.stop()
    found = await index.matching(parse("pigeons"), Limits(T0, 5))
    assert len(found.hits) == 1
    assert told[-1:] == ["caught up"]


async def test_what_another_process_stores_is_found_at_the_next_look(
    store: Store, index: FolderIndex
) -> None:
    clock = StillClock(T0)
    follower = Follower(index, store.papers, clock, every=timedelta(seconds=1))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(follower.run())
        await store.papers.ingest(poll(0, reading(arxiv(1), title="Carrier pigeons")), T0)
        while (await index.state()).behind:  # nobody wakes it
            clock.set(clock.now() + timedelta(seconds=1))
        follower.stop()
    assert (await index.state()).papers == 1


class Busy:
    """The papers of a store that another program holds for the first few questions."""

    def __init__(self, papers: PaperStore, times: int) -> None:
        self._papers = papers
        self.left = times

    async def newest_change(self) -> int:
        if self.left:
            self.left -= 1
            raise BusyError("paperboy.db")
        return await self._papers.newest_change()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._papers, name)


async def test_a_busy_store_is_waited_out_and_told_of_once(store: Store, index: FolderIndex) -> None:
    await store.papers.ingest(poll(0, reading(arxiv(1), title="Carrier pigeons")), T0)
    clock = StillClock(T0)
    busy: Any = Busy(store.papers, 3)
    follower = Follower(index, busy, clock)
    with structlog.testing.capture_logs() as logs:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(follower.run())
            async with asyncio.timeout(30):
                while busy.left or (await index.state()).behind:
                    clock.set(clock.now() + timedelta(minutes=1))
                    await asyncio.sleep(0)
            follower.stop()
    told = [log for log in logs if log["log_level"] == "error"]
    assert len(told) == 1
    assert "cannot follow" in told[0]["event"]
