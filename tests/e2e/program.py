"""The process that the kill run kills: the real bot, wired as in production, but for its clock and its halts.

Started as `python -m tests.e2e.program CLOCK_URL TICK_SECONDS HALT`, where HALT is `-`, `commit:N` (stand
still after the N-th commit) or `METHOD:before` / `METHOD:after` (around the next call of an outbox or
planning method that does something).
"""

import asyncio
import contextlib
import os
import random
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.config import Settings
from bot.logs import configure_logs
from bot.ports import Store
from bot.system import RandomIds
from bot.wiring import Surroundings, assemble, open_store
from tests.e2e.clock import read_clock, report_halt


class LoopbackClock:
    """The test's clock, as `bot.ports.Clock`."""

    def __init__(self, url: str) -> None:
        self._url = url

    def now(self) -> datetime:
        return read_clock(self._url)[0]

    async def sleep(self, duration: timedelta) -> None:
        until = self.now() + duration
        while True:
            now, rate = await asyncio.to_thread(read_clock, self._url)
            if now >= until:
                return
            real = (until - now).total_seconds() / rate if rate else 0.05
            await asyncio.sleep(min(real, 0.05))


class Halt:
    """Stands still at one chosen point, and says so; whoever waits there is killed."""

    def __init__(self, url: str, point: str) -> None:
        self._url = url
        self._name, _, self._where = point.partition(":")

    def committed(self, number: int) -> None:
        if self._name == "commit" and number == int(self._where):
            self._stand()

    def at(self, method: str, where: str) -> None:
        if (self._name, self._where) == (method, where):
            self._stand()

    def _stand(self) -> None:
        report_halt(self._url, self._name)
        threading.Event().wait()


class Halting:
    """A part of the store whose named methods may stand still before or after they do something."""

    def __init__(self, part: object, methods: Sequence[str], halt: Halt) -> None:
        self._part = part
        self._methods = methods
        self._halt = halt

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._part, name)
        if name not in self._methods:
            return method

        async def halting(*arguments: Any, **named: Any) -> Any:
            self._halt.at(name, "before")
            result = await method(*arguments, **named)
            if result is None or result:  # a claim of nothing does nothing
                self._halt.at(name, "after")
            return result

        return halting


@dataclass(frozen=True)
class HaltingStore:
    papers: Any
    editions: Any
    destinations: Any
    outbox: Any
    sources: Any
    people: Any
    mailboxes: Any
    taste: Any
    installations: Any
    history: Any
    actions: Any
    admin: Any


@asynccontextmanager
async def halting_store(settings: Settings, halt: Halt) -> AsyncIterator[Store]:
    async with open_store(settings, after_commit=halt.committed) as store:
        yield HaltingStore(
            store.papers,
            store.editions,
            Halting(store.destinations, ("plan",), halt),
            Halting(
                store.outbox,
                ("claim", "sending", "sent", "retry", "in_doubt", "rejected", "post", "announce"),
                halt,
            ),
            store.sources,
            store.people,
            store.mailboxes,
            store.taste,
            store.installations,
            store.history,
            store.actions,
            store.admin,
        )


async def main(clock_url: str, tick: float, point: str) -> None:
    settings = Settings.load(os.environ, Path.cwd())
    configure_logs(settings.log_level, settings.log_format)
    around = Surroundings(
        LoopbackClock(clock_url),
        RandomIds(),
        random.Random(0),
        sys.stdout,
        tick_every=timedelta(seconds=tick),
        follow_every=timedelta(minutes=10),  # of a world that runs a thousand times as fast
    )
    async with assemble(settings, around, halting_store(settings, Halt(clock_url, point))) as bot:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(signal.SIGTERM, bot.stop)
        await bot.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
