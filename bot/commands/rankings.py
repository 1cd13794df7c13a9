"""Rankings for people who ask, and what is usual: made once for all who ask within seconds, or of one past
instant.
"""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from bot.editions.make import EDITION_SIZE
from bot.model import Ranking, Window
from bot.ports import Clock, PaperStore
from bot.trending.explain import GROUP_DAYS, Comparison
from bot.trending.replay import trending

_FRESH: Final = timedelta(seconds=15)
_USUAL_FRESH: Final = timedelta(minutes=5)  # a few numbers more among those of a month make no difference
_MAKING: Final = timedelta(minutes=1)  # that something may be older while it is made anew
_KEPT: Final = 64  # rankings of past instants


class Rankings:
    """May be asked from any task of one event loop."""

    def __init__(self, papers: PaperStore, clock: Clock) -> None:
        self._papers = papers
        self._clock = clock
        self._making = asyncio.Lock()
        self._now: dict[Window, Ranking] = {}
        self._usual: tuple[datetime, Comparison] | None = None
        self._past: OrderedDict[tuple[Window, datetime], Ranking] = OrderedDict()

    async def now(self, window: Window) -> Ranking:
        """What trends now: at most 15 seconds old, or a minute more while somebody else has it made anew."""
        made = self._now.get(window)
        if made is not None and self._may_do(made.as_of, _FRESH):
            return made
        async with self._making:  # of many who ask at once, one makes it
            made, now = self._now.get(window), self._clock.now()
            if made is None or not timedelta() <= now - made.as_of < _FRESH:
                made = self._now[window] = await trending(self._papers, window, now, EDITION_SIZE)
            return made

    async def usual(self) -> Comparison:
        """What papers usually have at their age: at most five minutes old, or six as above."""
        if self._usual is not None and self._may_do(self._usual[0], _USUAL_FRESH):
            return self._usual[1]
        async with self._making:
            now = self._clock.now()
            if self._usual is None or not timedelta() <= now - self._usual[0] < _USUAL_FRESH:
                group = await self._papers.comparison(now - timedelta(days=GROUP_DAYS), now)
                self._usual = now, Comparison(group, now)
            return self._usual[1]

    def _may_do(self, made_at: datetime, fresh: timedelta) -> bool:
        """Whether what was made then may be shown: nobody waits for what somebody else has made anew."""
        longest = fresh + _MAKING if self._making.locked() else fresh
        return timedelta() <= self._clock.now() - made_at < longest

    async def at(self, window: Window, instant: datetime) -> Ranking:
        """What trended at an instant that has passed."""
        async with self._making:
            made = self._past.get((window, instant))
            if made is None:
                made = await trending(self._papers, window, instant, EDITION_SIZE)
                self._past[window, instant] = made
            self._past.move_to_end((window, instant))
            while len(self._past) > _KEPT:
                self._past.popitem(last=False)
            return made
