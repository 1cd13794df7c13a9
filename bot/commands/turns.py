"""How many answers are made side by side."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

# One interpreter makes all answers: more at once would not come sooner, but each would stand between the next
# command and its acknowledgement.
SIDE_BY_SIDE: Final = 8
# What takes longer waits for somebody else, as for an upstream: it makes room for another.
LONG: Final = timedelta(seconds=1)


class Turns:
    """Lets few in at once, in the order in which they came. Belongs to one event loop."""

    def __init__(self, side_by_side: int = SIDE_BY_SIDE, long: timedelta = LONG) -> None:
        self._free = asyncio.Semaphore(side_by_side)
        self._long = long

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits until it is this one's turn, which ends with the context, or after a while."""
        await self._free.acquire()
        held = True

        def leave() -> None:
            nonlocal held
            if held:
                held = False
                self._free.release()

        end = asyncio.get_running_loop().call_later(self._long.total_seconds(), leave)
        try:
            yield
        finally:
            end.cancel()
            leave()


__all__ = ["LONG", "SIDE_BY_SIDE", "Turns"]
