"""The role that keeps the search index in step with the store while the bot runs."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import structlog

from bot.errors import StorageError
from bot.ports import Clock, PaperStore
from bot.search.ports import SearchIndex

_log = structlog.get_logger(__name__)

EVERY: Final = timedelta(milliseconds=500)
"""How often the store is asked for what another process has stored: a new paper is found within a second."""

_TROUBLED: Final = timedelta(seconds=30)  # between tries while the folder or the store cannot be used


class Follower:
    """Takes every change of the store into the index until `stop`; `wake` makes it look at once."""

    def __init__(
        self,
        index: SearchIndex,
        papers: PaperStore,
        clock: Clock,
        *,
        every: timedelta = EVERY,
        caught_up: Callable[[], object] = lambda: None,
    ) -> None:
        """`caught_up` is called whenever something was taken in and nothing more is waiting."""
        self._index = index
        self._papers = papers
        self._clock = clock
        self._every = every
        self._caught_up = caught_up
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Something was stored."""
        self._wake.set()

    def stop(self) -> None:
        """`run` returns once the batch that is being taken in is in."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Follows the store. A full disk or a busy store is waited out: an index may lag."""
        taken = -1
        troubled = False
        while not self._stopping:
            self._wake.clear()
            try:
                newest = await self._papers.newest_change()
                if newest != taken or await self._index.lost():  # which happens to an idle store's too
                    await self._index.catch_up()
                    taken = newest
                    self._caught_up()
                troubled = False
            except StorageError as error:
                if not troubled:
                    _log.error("The search index cannot follow the store; trying again.", error=str(error))
                troubled = True
            await self._rest(_TROUBLED if troubled else self._every)

    async def _rest(self, duration: timedelta) -> None:
        sleep = asyncio.ensure_future(self._clock.sleep(duration))
        wake = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleep, wake}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            wake.cancel()
            await asyncio.gather(sleep, wake, return_exceptions=True)
