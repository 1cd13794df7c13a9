"""A bot's sessions with the gateway, and the WebSockets that carry them."""

import asyncio
import json
import zlib
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from tests.servers.discord.intents import Intent
from tests.servers.discord.state import Body

MOST_SENDS: Final = 120  # messages of a client
_WINDOW: Final = timedelta(seconds=60)  # within this time

DISPATCH: Final = 0
HEARTBEAT: Final = 1
IDENTIFY: Final = 2
PRESENCE: Final = 3
RESUME: Final = 6
RECONNECT: Final = 7
INVALID_SESSION: Final = 9
HELLO: Final = 10
HEARTBEAT_ACK: Final = 11


class Wire:
    """One WebSocket. What is sent goes out in order, and nobody waits for it."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, *, compressed: bool
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._packer = zlib.compressobj() if compressed else None
        self._outgoing: asyncio.Queue[str | int] = asyncio.Queue()
        self._heard: deque[datetime] = deque()
        self.session: Session | None = None
        self.deaf = False  # hears nothing more, so acknowledges no heartbeat
        self.closing = False  # by the server
        self.beats = 0  # heartbeats that came

    def send(self, op: int, data: Any = None, *, event: str | None = None, seq: int | None = None) -> None:
        self._outgoing.put_nowait(json.dumps({"op": op, "d": data, "s": seq, "t": event}))

    def close(self, code: int) -> None:
        """Says farewell after all that is on its way."""
        self.closing = True
        self._outgoing.put_nowait(code)

    def leave(self) -> None:
        """Carries its session no more."""
        if self.session is not None and self.session.wire is self:
            self.session.wire = None
        self.session = None

    def cut(self) -> None:
        """The connection breaks without a farewell."""
        if self._transport is not None:
            self._transport.abort()

    def hears_too_much(self, now: datetime) -> bool:
        """Counts a message of the client; whether it is one too many."""
        while self._heard and now - self._heard[0] >= _WINDOW:
            self._heard.popleft()
        self._heard.append(now)
        return len(self._heard) > MOST_SENDS

    async def write(self) -> None:
        """Sends what is to be sent, until the connection is closed."""
        while True:
            out = await self._outgoing.get()
            if isinstance(out, int):
                await self._socket.close(code=out)
                return
            try:
                await self._send(out)
            except ConnectionError:
                return

    async def _send(self, text: str) -> None:
        if self._packer is None:
            await self._socket.send_str(text)
        else:
            packed = self._packer.compress(text.encode()) + self._packer.flush(zlib.Z_SYNC_FLUSH)
            await self._socket.send_bytes(packed)


@dataclass(frozen=True, slots=True)
class Dispatched:
    """One event of a session, in the order of its sequence numbers, which begin at 1."""

    event: str
    data: Body


@dataclass(slots=True, kw_only=True, eq=False)
class Session:
    """What an IDENTIFY began, over one connection or, resumed, over several."""

    id: str
    shard: int
    shards: int
    intents: Intent
    sent: list[Dispatched] = field(default_factory=list)
    wire: Wire | None = None  # None: lost, and not resumed yet
    resumed: int = 0  # times

    def serves(self, guild_id: str | None) -> bool:
        """Whether events of this server, or with `None` direct messages, go to its shard."""
        place = 0 if guild_id is None else int(guild_id) >> 22
        return place % self.shards == self.shard

    def dispatch(self, event: str, data: Body) -> None:
        """Sends an event, and keeps it for a resume."""
        self.sent.append(Dispatched(event, data))
        if self.wire is not None:
            self.wire.send(DISPATCH, data, event=event, seq=len(self.sent))

    def replay(self, wire: Wire, after: int) -> None:
        """Goes on over another connection, with what was sent since that sequence number."""
        if self.wire is not None:
            self.wire.close(4000)
            self.wire.leave()
        self.wire, wire.session = wire, self
        self.resumed += 1
        for seq, one in enumerate(self.sent[after:], start=after + 1):
            wire.send(DISPATCH, one.data, event=one.event, seq=seq)
        self.dispatch("RESUMED", {})
