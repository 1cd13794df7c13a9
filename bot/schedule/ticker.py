"""The alarm clock: the only module that knows APScheduler.

It rings, and nothing more: what is due is computed from stored state by whoever is called, so a ring that is
missed, doubled or late changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.errors import PaperboyError

_log = structlog.get_logger(__name__)


class Ticker:
    """Calls `tick` again and again, one call at a time, until stopped.

    An operational failure of one call is logged, and the next ring tries again; a bug ends `run`.
    """

    def __init__(self, tick: Callable[[], Awaitable[object]], every: timedelta) -> None:
        self._tick = tick
        self._every = every
        self._ring = asyncio.Event()
        self._stopping = False

    def ring(self) -> None:
        """Ticks at once, or once more as soon as the present tick has ended."""
        self._ring.set()

    def stop(self) -> None:
        """`run` returns when the present tick has ended."""
        self._stopping = True
        self._ring.set()

    async def run(self) -> None:
        """Ticks at once, then at every ring, until `stop`."""
        # The job only sets an event: APScheduler would cancel a coroutine of ours half-way on shutdown.
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        scheduler.add_job(self._ring.set, "interval", seconds=self._every.total_seconds())
        scheduler.start()
        try:
            self._ring.set()
            while True:
                await self._ring.wait()
                self._ring.clear()
                if self._stopping:
                    return
                try:
                    await self._tick()
                except PaperboyError as error:
                    _log.error("Looking at the schedule failed; trying again.", error=str(error))
        finally:
            scheduler.shutdown(wait=False)
