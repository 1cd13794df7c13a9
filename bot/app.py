"""The running bot: its roles in one task group, and an orderly end."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from bot.config import Settings
from bot.delivery.worker import Worker
from bot.errors import PaperboyError
from bot.mail.service import CODES_COUNT_FOR
from bot.model import Outcome, Poll
from bot.ports import Clock, Store
from bot.schedule.instants import Instants
from bot.schedule.planner import Planner
from bot.schedule.ticker import Ticker
from bot.search.following import Follower
from bot.sources.poller import Poller
from bot.vitals import Vitals

_log = structlog.get_logger(__name__)

HEARTBEAT_FILE: Final = "heartbeat"
HEARTBEAT_EVERY: Final = timedelta(seconds=20)
_THIN_EVERY: Final = timedelta(hours=24)
_HOURLY_FOR: Final = timedelta(days=275)  # readings are hourly until they are about a year old, then daily


Role = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Something more that runs for as long as the bot does: until the event that it is given is set."""


class Paperboy:
    """Sources, schedule and outbox, working together until stopped."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        poller: Poller,
        planner: Planner,
        instants: Instants,
        worker: Worker,
        follower: Follower,
        settings: Settings,
        *,
        vitals: Vitals,
        roles: Sequence[Role] = (),
        tick_every: timedelta,
    ) -> None:
        self.store = store
        self.clock = clock
        self.poller = poller
        self.planner = planner
        self._instants = instants
        self._worker = worker
        self._follower = follower
        self._settings = settings
        self._roles = tuple(roles)
        self._vitals = vitals
        self._ticker = Ticker(self._tick, tick_every)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Ends `run`: nothing new is begun, what is under way is finished."""
        self._stopping.set()
        self._ticker.stop()
        self._worker.stop()
        self._follower.stop()
        self.poller.stop()

    async def run(self) -> None:
        """Polls, plans, delivers and keeps the index until `stop`. A bug in any role ends all of them."""
        await self.planner.start()
        async with asyncio.TaskGroup() as roles:
            roles.create_task(self.poller.run())
            roles.create_task(self._ticker.run())
            roles.create_task(self._instants.run(self._stopping))
            roles.create_task(self._worker.run())
            roles.create_task(self._follower.run())
            for role in self._roles:
                roles.create_task(role(self._stopping))
            roles.create_task(self._again(self._beat, HEARTBEAT_EVERY))
            roles.create_task(self._again(self._thin, _THIN_EVERY))
            roles.create_task(self._again(self._forget_codes, CODES_COUNT_FOR))

    async def first_fetch(self) -> str | None:
        """Reads the last few daily lists, so that there is something to show; what went wrong, if it did."""
        problems: list[str] = []

        def listen(poll: Poll) -> None:
            if poll.outcome is Outcome.FAILED:
                problems.append(poll.detail)

        self.poller.on_poll(listen)
        await self.poller.read_lists()
        coverage = await self.store.papers.coverage()
        return None if coverage.papers else next(iter(problems), "The upstream has no papers now.")

    async def once(self) -> tuple[int, int]:
        """Catches up, sends what is due, and returns how many digests were queued and how many deliveries
        were taken up: for cron.
        """
        await self.planner.start()
        await self.poller.catch_up()
        queued = await self.planner.tick() + await self._instants.look()
        handled = await self._worker.drain()
        await self.poller.read_signals()  # which no digest waits for
        return queued, handled

    async def _tick(self) -> None:
        await self.planner.tick()
        self._vitals.ticked()

    async def _again(self, work: Callable[[], Awaitable[object]], every: timedelta) -> None:
        stopped = asyncio.ensure_future(self._stopping.wait())
        try:
            while not self._stopping.is_set():
                try:
                    await work()
                except PaperboyError as error:
                    _log.warning("Some housekeeping failed; it is tried again.", error=str(error))
                sleep = asyncio.ensure_future(self.clock.sleep(every))
                await asyncio.wait({sleep, stopped}, return_when=asyncio.FIRST_COMPLETED)
                sleep.cancel()
                await asyncio.gather(sleep, return_exceptions=True)
        finally:
            stopped.cancel()
            await asyncio.gather(stopped, return_exceptions=True)

    async def _beat(self) -> None:
        """Leaves a sign of life that `paperboy health` reads: the instant, in a file of the home folder."""
        now = self.clock.now()
        try:
            await asyncio.to_thread(write_heartbeat, self._settings.home, now)
        except OSError as error:
            _log.warning("The sign of life could not be written.", error=str(error))

    async def _forget_codes(self) -> None:
        await self.store.mailboxes.forget_codes(self.clock.now() - CODES_COUNT_FOR)

    async def _thin(self) -> None:
        keep = self.clock.now() - timedelta(days=self._settings.keep_readings_days)
        gone = await self.store.papers.thin(keep, keep - _HOURLY_FOR)
        if gone:
            _log.info("Old readings were thinned out.", readings=gone)


def write_heartbeat(home: Path, now: datetime) -> None:
    """Notes that the program was alive at `now`."""
    file = home / HEARTBEAT_FILE
    fresh = file.with_suffix(".new")
    fresh.write_text(now.isoformat(), encoding="ascii")
    fresh.replace(file)


def heartbeat_age(home: Path, now: datetime) -> timedelta | None:
    """How long ago the program last showed a sign of life; `None` if it never did."""
    try:
        return now - datetime.fromisoformat((home / HEARTBEAT_FILE).read_text(encoding="ascii").strip())
    except (FileNotFoundError, ValueError):
        return None
