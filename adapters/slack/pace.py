"""How fast Slack may be posted to: one message a second a channel, 200 a minute a workspace.

Only what the outbox sends is paced; an answer to a person never waits here. The pace is this process's own:
where several processes post, Slack's 429 slows them down together.

Nobody knows when between its start and its answer a request was counted by Slack. So what comes after it is
reckoned from its answer: however long one request was on its way, Slack never counts too many at once.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from adapters.slack.address import Address
from bot.errors import NotAcceptedError
from bot.ports import Clock

A_CHANNEL: Final = timedelta(seconds=1)  # from one message to the next
A_MINUTE: Final = timedelta(minutes=1)
A_WORKSPACE: Final = 200  # messages in any minute

# The longest that a message waits here for its turn, while it binds one of the worker's hands: as long as its
# channel rests. Who would wait longer goes back to the outbox: the crowd of one workspace keeps no message of
# another waiting.
PATIENCE: Final = A_CHANNEL


class Pace:
    """Turns to post. A turn that was given counts, whatever became of the request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._workspaces: dict[str, list[datetime]] = defaultdict(list)  # turns of the last minute, in order
        self._channels: dict[Address, datetime] = {}  # the last turn of each, the oldest given first
        self._held: dict[str, datetime] = {}  # workspaces for which Slack asked for patience
        self._returns: dict[str, datetime] = {}  # when the last one that was sent back is to return

    async def turn(self, address: Address, patience: timedelta = PATIENCE) -> datetime:
        """Returns when a message may go out, with that instant: a name of the turn, for `ended`.

        Raises `NotAcceptedError` where that is not soon enough.
        """
        now = self._clock.now()
        at = self._earliest(address, now)
        if at - now > patience:
            raise NotAcceptedError(
                "This workspace takes no more messages just now.", self._back(address, at) - now
            )
        self._note(address, at)
        if at > now:
            await self._clock.sleep(at - now)
        return at

    def _back(self, address: Address, earliest: datetime) -> datetime:
        """When one that is sent back is to return: one after the other, as fast as the workspace takes them,
        lest a crowd that returns together be sent back again and again.
        """
        last = self._returns.get(address.tenant)
        at = earliest if last is None else max(earliest, last + A_MINUTE / A_WORKSPACE)
        self._returns[address.tenant] = at
        return at

    def ended(self, address: Address, turn: datetime) -> None:
        """The request of that turn was answered, or is given up: it may have counted as late as now."""
        self.give_back(address, turn)
        self._note(address, max(turn, self._clock.now()))

    def give_back(self, address: Address, turn: datetime) -> None:
        """Nothing was posted in that turn, nor will be."""
        turns = self._workspaces[address.tenant]
        place = bisect_left(turns, turn)
        if turns[place : place + 1] == [turn]:
            del turns[place]

    def _note(self, address: Address, at: datetime) -> None:
        insort(self._workspaces[address.tenant], at)
        last = self._channels.pop(address, at)
        self._channels[address] = max(last, at)

    def hold(self, tenant: str, wait: timedelta) -> None:
        """Slack asked for patience: nothing goes to this workspace before."""
        until = self._clock.now() + wait
        self._held[tenant] = max(until, self._held.get(tenant, until))

    def _earliest(self, address: Address, now: datetime) -> datetime:
        """The first instant at which no limit would be overstepped, whatever turns were given already."""
        self._forget(address.tenant, now)
        turns = self._workspaces[address.tenant]
        return max(
            now,
            self._held.get(address.tenant, now),
            self._channels[address] + A_CHANNEL if address in self._channels else now,
            turns[-A_WORKSPACE] + A_MINUTE if len(turns) >= A_WORKSPACE else now,
        )

    def _forget(self, tenant: str, now: datetime) -> None:
        """Drops what no longer counts, so that little is held of the many channels ever served."""
        turns = self._workspaces[tenant]
        del turns[: bisect_right(turns, now - A_MINUTE)]
        while self._channels:
            oldest = next(iter(self._channels))
            if self._channels[oldest] + A_CHANNEL > now:
                break
            del self._channels[oldest]
        for passing in (self._held, self._returns):
            if passing.get(tenant, now) <= now:
                passing.pop(tenant, None)
