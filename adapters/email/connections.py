"""The few connections to the mail server that are open at once, and used again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from adapters.email.server import SmtpServer
from adapters.email.session import Session
from bot.errors import DeliveryError, NotAcceptedError
from bot.ports import Clock

MOST: Final = 4  # side by side: what providers commonly allow one customer
REUSED_FOR: Final = timedelta(seconds=60)  # after its last message; servers hang up after some minutes


class Connections:
    """Hands out connections, one for each message at a time."""

    def __init__(self, server: SmtpServer, hello: str, clock: Clock) -> None:
        self._server = server
        self._hello = hello
        self._clock = clock
        self._idle: list[tuple[Session, datetime]] = []
        self._hands = asyncio.Semaphore(MOST)

    @asynccontextmanager
    async def one(self, patience: timedelta) -> AsyncIterator[Session | DeliveryError]:
        """One for a message, or why there is none. It is kept for the next message, unless the block ends by
        an error.
        """
        taken = await self._taken(patience)
        if isinstance(taken, DeliveryError):
            yield taken
            return
        try:
            yield taken
            self._idle.append((taken, self._clock.now()))
        except BaseException:
            taken.abandon()
            raise
        finally:
            self._hands.release()

    async def _taken(self, patience: timedelta) -> Session | DeliveryError:
        """A session, whose hand is to be released; a failure holds none."""
        session: Session | DeliveryError | None = None
        holds = False
        try:
            async with asyncio.timeout(patience.total_seconds()):
                holds = await self._hands.acquire()
                session = await self._kept() or await Session.open(self._server, self._hello)
        except TimeoutError:
            return NotAcceptedError(f"{self._server.name} let nobody in in time.")
        finally:
            if holds and not isinstance(session, Session):
                self._hands.release()
        return session

    async def _kept(self) -> Session | None:
        while self._idle:
            session, used = self._idle.pop()
            if self._clock.now() - used < REUSED_FOR and await session.takes_another():
                return session
            session.abandon()
        return None

    async def aclose(self) -> None:
        """Closes those that nobody uses."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(session.aclose() for session, _ in idle))
