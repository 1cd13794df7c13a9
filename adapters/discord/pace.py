"""How fast the outbox may send to Discord, of whose 50 requests a second it leaves some to people.

Answers to interactions are outside of that limit, and never wait here. What else people need, such as the
opening of a direct message, does not wait either, and is counted. A message waits for its turn before it is
written down as being sent, which may take a moment; so requests are counted when they really leave.

How fast a channel may be posted to is discord.py's business, which reads it from Discord's answers. The pace
is this process's own: where several processes send, Discord's 429 slows them down together.
"""

import asyncio
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.errors import NotAcceptedError
from bot.ports import Clock

A_SECOND: Final = 47  # messages, evenly apart
IN_ALL: Final = 48  # requests in any second; on the way to Discord some come closer together

# The longest that a message waits here for its turn, while it binds one of the worker's hands.
PATIENCE: Final = timedelta(seconds=3)

# Who gets 10,000 answers of 401, 403 or 429 in ten minutes is shut out by address. Half of them are others'.
REFUSALS: Final = 5_000
REFUSALS_WITHIN: Final = timedelta(minutes=10)

_LONGEST_QUEUE: Final = timedelta(minutes=1)  # longer than anybody's patience
_SECOND: Final = timedelta(seconds=1)
_BETWEEN: Final = _SECOND / A_SECOND
_LEAST_BETWEEN: Final = _BETWEEN / 2  # of those that were held up


class Pace:
    """Turns to send, one after the other; those who were late to use theirs (the machine was busy) do not
    crowd into the same second.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next = self._held = datetime.min.replace(tzinfo=UTC)  # no turn is given before either
        self._door = asyncio.Lock()
        self._left: deque[datetime] = deque(maxlen=IN_ALL)  # when the last requests went out
        self._last = datetime.min.replace(tzinfo=UTC)  # when the last message went out
        self._refused: deque[datetime] = deque(maxlen=REFUSALS)  # the last of such answers

    async def turn(self, patience: timedelta = PATIENCE) -> None:
        """Returns when a request may go out. Raises `NotAcceptedError` where that is not soon enough."""
        now = self._clock.now()
        if self._next > now + _LONGEST_QUEUE:  # the clock was set back
            self._next = now
        at = max(now, self._next, self._held)
        if at - now > patience:
            raise NotAcceptedError("Discord takes no more messages just now.", at - now)
        self._next = at + _BETWEEN
        if at > now:
            await self._clock.sleep(at - now)

    async def leave(self) -> None:
        """Returns at the moment at which a request goes out. Raises `NotAcceptedError` where Discord has
        asked meanwhile for more than a little patience.
        """
        async with self._door:  # one after the other, or somebody would be overtaken for ever
            while (wait := self._wait()) > timedelta(0):
                if wait > PATIENCE:
                    raise NotAcceptedError("Discord takes no more messages just now.", wait)
                await self._clock.sleep(wait)
            self._last = self._clock.now()
            self.passed()

    def passed(self) -> None:
        """A request goes out, this moment, that waits for nobody."""
        self._left.append(self._clock.now())

    def _wait(self) -> timedelta:
        """How long until Discord takes anything, the last message is a little while ago, and the last second
        holds fewer requests than it may.
        """
        now = self._clock.now()
        if self._left and self._left[-1] > now:  # the clock was set back
            self._left.clear()
            self._last = now
        crowded = self._left[0] + _SECOND - now if len(self._left) == IN_ALL else timedelta(0)
        return max(crowded, self._held - now, self._last + _LEAST_BETWEEN - now)

    def hold(self, wait: timedelta) -> None:
        """Discord asked for patience: nothing goes out before."""
        self._held = max(self._held, self._clock.now() + wait)

    def refused(self) -> None:
        """Discord answered 401, 403 or 429; if that is too often, it is left alone for a while."""
        now = self._clock.now()
        self._refused.append(now)
        if len(self._refused) == REFUSALS and (until := self._refused[0] + REFUSALS_WITHIN) > now:
            self.hold(until - now)
