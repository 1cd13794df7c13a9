"""A page that is made once for all who ask, until something changed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from adapters.web.answers import Body
from bot.ports import Clock

_FRESH: Final = timedelta(minutes=1)
_CHECKED: Final = timedelta(seconds=1)  # the store is asked whether it changed no more often
_BEARABLE: Final = timedelta(minutes=10)  # shown while a new one is being made; an older one is not


@dataclass(slots=True)
class _Kept:
    body: Body
    version: int
    made_at: datetime
    checked_at: datetime


class KeptPage:
    """One page. Belongs to one event loop."""

    def __init__(
        self,
        make: Callable[[], Awaitable[Body]],
        version: Callable[[], Awaitable[int]],
        clock: Clock,
    ) -> None:
        """`version` rises whenever the page might have changed; a minute old, it is made anew anyway."""
        self._make = make
        self._version = version
        self._clock = clock
        self._making = asyncio.Lock()
        self._kept: _Kept | None = None

    async def get(self) -> Body:
        """The page as it is now; while somebody else waits for the new one, the one before."""
        kept = self._kept
        if kept is not None and (self._bearable(kept) or await self._current(kept)):
            return kept.body
        async with self._making:
            kept = self._kept
            if kept is None or not await self._current(kept):
                version, now = await self._version(), self._clock.now()
                kept = self._kept = _Kept(await self._make(), version, now, now)
            return kept.body

    def _bearable(self, kept: _Kept) -> bool:
        return self._making.locked() and timedelta() <= self._clock.now() - kept.made_at < _BEARABLE

    async def _current(self, kept: _Kept) -> bool:
        now = self._clock.now()
        if not timedelta() <= now - kept.made_at < _FRESH:
            return False
        if timedelta() <= now - kept.checked_at < _CHECKED:
            return True
        if await self._version() != kept.version:
            return False
        kept.checked_at = now
        return True
