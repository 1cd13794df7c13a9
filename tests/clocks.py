"""A clock that tests move: its hours pass in no time."""

import asyncio
import time
from datetime import UTC, datetime, timedelta


class FakeClock:
    """`bot.ports.Clock` for tests: a sleep lets other tasks run and then finds its time to be over.

    Sleeps that overlap end at their own instants, as real ones do, but in the order in which they began:
    the clock jumps to the end of each, and never back.
    """

    def __init__(self, now: datetime = datetime(2025, 11, 20, 12, tzinfo=UTC)) -> None:
        self._now = now
        self.slept: list[timedelta] = []  # every sleep that took any time

    def now(self) -> datetime:
        return self._now

    async def sleep(self, duration: timedelta) -> None:
        end = self._now + duration
        if duration > timedelta():
            self.slept.append(duration)
        await asyncio.sleep(0)
        self._now = max(self._now, end)

    def advance(self, duration: timedelta) -> None:
        """Lets time pass; a negative duration sets the clock back."""
        self._now += duration


class StillClock:
    """`bot.ports.Clock` that moves only when it is told to: a sleep lasts until then."""

    def __init__(self, now: datetime = datetime(2025, 11, 20, 12, tzinfo=UTC)) -> None:
        self._now = now
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    async def sleep(self, duration: timedelta) -> None:
        end = self._now + duration
        while self._now < end:
            await self._moved.wait()

    def set(self, now: datetime) -> None:
        """Jumps to an instant, either way, and wakes who has slept long enough."""
        self._now = now
        self._moved.set()
        self._moved = asyncio.Event()


class FastClock:
    """`bot.ports.Clock` that runs: so many of its seconds to a real one.

    For several tasks that rest side by side: each waits its own time, as with a real clock.
    """

    def __init__(self, now: datetime, rate: float) -> None:
        self._start = now
        self._started = time.monotonic()
        self._rate = rate

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._started) * self._rate)

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(max(duration.total_seconds() / self._rate, 0))
