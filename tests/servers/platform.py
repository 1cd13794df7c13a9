"""What both platforms' stand-ins share: what may go wrong with a request, and waiting for what happens."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from tests.servers.faults import StandIn, utc_now

T = TypeVar("T")
PATIENCE = 20.0  # seconds that a wait may last before the test fails

# --- faults; `accepts` says whether what was asked for is done all the same -------------------------


@dataclass(frozen=True, slots=True)
class LoseRequest:
    """The connection is cut before anything is done."""

    accepts = False


@dataclass(frozen=True, slots=True)
class LoseReply:
    """The request is done, and the connection cut before the answer."""

    accepts = True


@dataclass(frozen=True, slots=True)
class Garble:
    """A 200 whose body is no JSON, though it says so."""

    accepts: bool = True


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer ever comes."""

    accepts: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The request waits until the test opens it, and is then done as usual."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)
    accepts = True


# --- the server ----------------------------------------------------------------------------------


class Platform(StandIn):
    """A stand-in whose changes can be waited for, also from another thread than its own."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(now)
        self._stopping = asyncio.Event()
        self._change = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        await super().start()

    async def stop(self) -> None:
        self._stopping.set()
        await super().stop()

    def changed(self) -> None:
        """Wakes all who wait: something happened."""
        self._change.set()
        self._change = asyncio.Event()

    async def until(self, condition: Callable[[], T], patience: float = PATIENCE) -> T:
        """Waits until `condition` gives something true, and gives it; looked at at every change."""

        async def held() -> T:
            while not (value := condition()):
                await self._change.wait()
            return value

        return await asyncio.wait_for(held(), patience)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs something of this server's from another thread than its own (`in_thread`)."""
        assert self._loop is not None, "The server was not started."
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)
