"""One thing that somebody did, and what they saw because of it."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from tests.servers.slack.state import Body, Channel, Kind, Link, Message, Shown, User, View
from tests.servers.slack.transport import Ack
from tests.servers.slack.world import World

T = TypeVar("T")


class Watched(Protocol):
    """What an exchange needs of the server."""

    world: World

    async def until(self, condition: Callable[[], T]) -> T: ...


class Exchange:
    """The payload that was sent, how it was acknowledged, and what the app did from then on."""

    def __init__(
        self, server: Watched, payload: Body, user: User | None, channel: Channel | None, link: Link | None
    ) -> None:
        self.payload = payload
        self.user = user
        self.channel = channel
        self.link = link
        self.ack: Ack | None = None  # None: it never came
        self._server = server
        self._start = len(server.world.log)

    @property
    def seconds(self) -> float:
        """How long the acknowledgement took. Raises `AssertionError` if none came."""
        assert self.ack is not None, "It was never acknowledged."
        return self.ack.seconds

    @property
    def acknowledged(self) -> bool:
        return self.ack is not None and self.ack.status == 200

    @property
    def said(self) -> Any:
        """What the acknowledgement held; `None` for nothing, or none."""
        return self.ack.content if self.ack is not None and self.ack.status == 200 else None

    def seen(self, kind: Kind) -> list[Shown]:
        """What this person saw of a kind since then, and what all did in this channel."""
        return [
            one for one in self._server.world.log[self._start :] if one.kind == kind and self._concerns(one)
        ]

    async def message(self, kind: Kind = "private", nth: int = 0) -> Message:
        """The message that the app shows this person: waited for."""
        shown = await self._wait(kind, nth)
        assert shown.message is not None
        return shown.message

    async def view(self, kind: Kind = "view", nth: int = 0) -> View:
        """The modal (or `home`) that the app opens, changes or pushes: waited for."""
        shown = await self._wait(kind, nth)
        assert shown.view is not None
        return shown.view

    async def _wait(self, kind: Kind, nth: int) -> Shown:
        found = await self._server.until(lambda: self.seen(kind)[nth:])
        return found[0]

    def _concerns(self, shown: Shown) -> bool:
        if shown.link is not None:
            return self.link is not None and shown.link == self.link.id
        if shown.user is not None:
            return self.user is not None and shown.user == self.user.id
        return (
            self.channel is not None and shown.message is not None and shown.message.channel is self.channel
        )
