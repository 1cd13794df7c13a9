"""How fast Slack may be posted to: one message a second a channel, 200 a minute a workspace.

Only what the outbox sends is paced; an answer to a person never waits here. The pace is this process's own:
where several processes post, Slack's 429 slows them down together.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from adapters.slack.address import Address
from bot.errors import NotAcceptedError
from bot.ports import Clock

A_CHANNEL: Final = timedelta(seconds=1)  # from one message to the next
A_MINUTE: Final = timedelta(minutes=1)
A_WORKSPACE: Final = 200  # messages in any minute

# The longest that a message waits here for its turn, while it binds one of the worker's hands. Who would wait
# longer goes back to the outbox: the crowd of one workspace keeps no other one's message waiting.
PATIENCE: Final = timedelta(seconds=10)


class Pace:
    """Turns to post. A turn that was given counts, whatever became of the request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._workspaces: dict[str, list[datetime]] = defaultdict(list)  # turns of the last minute, in order
        self._channels: dict[Address, datetime] = {}  # the last turn of each, the oldest given first
        self._held: dict[str, datetime] = {}  # workspaces for which Slack asked for patience

    async def turn(self, address: Address, patience: timedelta = PATIENCE) -> None:
        """Returns when a message may go out. Raises `NotAcceptedError` where that is not soon enough."""
        now = self._clock.now()
        at = self._earliest(address, now)
        if at - now > patience:
            raise NotAcceptedError("This workspace takes no more messages just now.", at - now)
        insort(self._workspaces[address.tenant], at)
        self._channels.pop(address, None)
        self._channels[address] = at
        if at > now:
            await self._clock.sleep(at - now)

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
        if self._held.get(tenant, now) <= now:
            self._held.pop(tenant, None)
