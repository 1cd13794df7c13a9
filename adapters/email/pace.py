"""How fast mails go out: so many a minute, and none while the server asks for patience."""

from datetime import timedelta
from typing import Final

from bot.errors import NotAcceptedError
from bot.ports import Clock

PATIENCE: Final = timedelta(seconds=1)  # that a mail waits here; beyond, it goes back to the outbox


class Pace:
    """Turns to send. The pace is this process's own; the server's 4xx slows several of them together."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock = clock
        self._between = timedelta(minutes=1) / per_minute
        self._next = clock.now()  # when the next turn is free
        self._return = clock.now()  # when the next one that is sent back is to return

    async def turn(self) -> None:
        """Returns when a mail may go out. Raises `NotAcceptedError` where that is not soon."""
        now = self._clock.now()
        # A clock that was set back makes nobody wait for its old time.
        at = max(now, self._next if self._next < now + timedelta(hours=2) else now)
        if at - now > PATIENCE:
            # Those that are sent back return one after the other, lest the crowd comes back together.
            self._return = max(at, self._return + self._between)
            raise NotAcceptedError("The mail server takes no more just now.", self._return - now)
        self._next = at + self._between
        if at > now:
            await self._clock.sleep(at - now)

    def hold(self, wait: timedelta) -> None:
        """The server asked for patience: nothing goes out before."""
        self._next = max(self._next, self._clock.now() + wait)
