"""Who waits for a ranking, and who has the one that was made just before."""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import cast

from bot.commands.rankings import Rankings
from bot.model import PaperSeries
from bot.ports import PaperStore
from tests.clocks import StillClock


class Papers:
    """The papers of a month, which come when the test lets them."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.begun = asyncio.Event()
        self.asked = 0

    async def comparison(self, since: datetime, until: datetime) -> Collection[PaperSeries]:
        del since, until
        self.asked += 1
        self.begun.set()
        await self.let.wait()
        return ()


async def test_one_has_it_made_anew_and_the_others_have_the_one_before_for_a_minute() -> None:
    papers, clock = Papers(), StillClock()
    rankings = Rankings(cast("PaperStore", papers), clock)
    papers.let.set()
    first = await rankings.usual()
    assert await rankings.usual() is first
    assert papers.asked == 1

    papers.let.clear()
    papers.begun.clear()
    clock.set(clock.now() + timedelta(minutes=5))
    making = asyncio.create_task(rankings.usual())
    await papers.begun.wait()
    assert await rankings.usual() is first
    clock.set(clock.now() + timedelta(minutes=1))
    late = asyncio.create_task(rankings.usual())
    await asyncio.sleep(0)
    assert not late.done()  # too old by now

    papers.let.set()
    second = await making
    assert second is not first
    assert await late is second
    assert papers.asked == 2
