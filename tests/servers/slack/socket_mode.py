"""Socket Mode: the app's WebSockets, and envelopes over one of them."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Final, Literal

from aiohttp import WSMsgType, web

from tests.servers.slack.api import Call, method
from tests.servers.slack.payloads import EVENTS, envelope_type, wants_answer
from tests.servers.slack.state import APP_ID, Body
from tests.servers.slack.transport import PATIENCE, Ack
from tests.servers.slack.world import World

MOST_CONNECTIONS: Final = 10
_ANSWERED: Final = (
    "view_submission",
    "block_suggestion",
)  # interactions whose acknowledgement says something

Reason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]


@method("apps.connections.open", scope="connections:write", token="app")
def open_connection(call: Call) -> Body:
    ticket = call.world.new_id("ticket-")
    call.world.tickets.add(ticket)
    return {"url": f"{call.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP_ID}"}


class Connection:
    """One WebSocket of the app."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self._socket = socket
        self._transport = transport
        self.waiting: dict[str, asyncio.Future[Ack | None]] = {}
        self.sent: dict[str, float] = {}
        self.acknowledged: list[str] = []  # ids of envelopes
        self.deaf = False  # pings are not answered, and nothing is heard

    async def send(self, message: Body) -> None:
        await self._socket.send_str(json.dumps(message))

    async def close(self) -> None:
        await self._socket.close()

    def cut(self) -> None:
        """The connection breaks without a farewell."""
        if self._transport is not None:
            self._transport.abort()


class SocketMode:
    """The app's connections. Each envelope goes to one of them, in turn."""

    def __init__(self, world: World, violations: list[str], changed: Callable[[], None]) -> None:
        self._world = world
        self._violations = violations
        self._changed = changed
        self._turn = 0
        self.connections: list[Connection] = []
        self.opened = 0  # in all

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The route that `apps.connections.open` gives the address of."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._world.tickets:
            self._violations.append("a WebSocket without a ticket of apps.connections.open")
            raise web.HTTPForbidden
        self._world.tickets.remove(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        connection = Connection(socket, request.transport)
        if len(self.connections) >= MOST_CONNECTIONS:
            await connection.send(_disconnect("too_many_websockets", len(self.connections)))
            await connection.close()
            return socket
        self.connections.append(connection)
        self.opened += 1
        await connection.send(_hello(len(self.connections)))
        self._changed()
        try:
            await self._listen(socket, connection)
        finally:
            self.connections.remove(connection)
            for future in connection.waiting.values():
                if not future.done():
                    future.set_result(None)
            self._changed()
        return socket

    async def send(self, payload: Body, *, attempt: int = 0, reason: str = "") -> Ack | None:
        if not self.connections:  # nobody is there to hear it
            return None
        self._turn += 1
        connection = self.connections[self._turn % len(self.connections)]
        return await self.send_over(connection, payload, attempt=attempt, reason=reason)

    async def send_over(
        self, connection: Connection, payload: Body, *, attempt: int = 0, reason: str = ""
    ) -> Ack | None:
        name = self._world.new_id("envelope-")
        kind = envelope_type(payload)
        envelope = {
            "envelope_id": name,
            "payload": payload,
            "type": kind,
            "accepts_response_payload": wants_answer(payload),
        }
        if kind == EVENTS:
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        future: asyncio.Future[Ack | None] = asyncio.get_running_loop().create_future()
        connection.waiting[name] = future
        connection.sent[name] = time.monotonic()
        self._changed()
        try:
            await connection.send(envelope)
            return await asyncio.wait_for(future, PATIENCE)
        except (TimeoutError, ConnectionError):
            return None
        finally:
            del connection.waiting[name]

    async def disconnect(self, reason: Reason = "refresh_requested") -> None:
        """Asks the app to make a new connection for the oldest; that one still works for a while."""
        await self.connections[0].send(_disconnect(reason, len(self.connections)))

    async def _listen(self, socket: web.WebSocketResponse, connection: Connection) -> None:
        async for message in socket:
            if connection.deaf:
                continue
            if message.type == WSMsgType.PING:
                await socket.pong(message.data)
            elif message.type == WSMsgType.TEXT:
                self._hear(connection, message.data)

    def _hear(self, connection: Connection, text: str) -> None:
        try:
            said = json.loads(text)
        except ValueError:
            self._violations.append("a message over the WebSocket that is no JSON")
            return
        sent = connection.sent.pop(said.get("envelope_id"), None)
        if sent is None or not set(said) <= {"envelope_id", "payload"}:
            self._violations.append(f"an acknowledgement of nothing that was sent, or twice: {set(said)}")
            return
        connection.acknowledged.append(said["envelope_id"])
        future = connection.waiting.get(said["envelope_id"])
        if future is not None and not future.done():
            future.set_result(Ack(200, said.get("payload"), time.monotonic() - sent))


def _hello(connections: int) -> Body:
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": {"host": "applink-loopback", "build_number": 10, "approximate_connection_time": 18_060},
        "connection_info": {"app_id": APP_ID},
    }


def _disconnect(reason: str, connections: int) -> Body:
    return {
        "type": "disconnect",
        "reason": reason,
        "num_connections": connections,
        "debug_info": {"host": "applink-loopback"},
        "connection_info": {"app_id": APP_ID},
    }
