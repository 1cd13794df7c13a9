"""The gateway: a bot's WebSockets, from HELLO to the close codes, with its sessions and what goes wrong."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import WSMsgType, web

from tests.servers.discord import event_spec, events, session
from tests.servers.discord.events import Event
from tests.servers.discord.intents import KNOWN, PRIVILEGED, Intent, needed
from tests.servers.discord.session import Session, Wire
from tests.servers.discord.state import Body
from tests.servers.discord.world import Change, World

MOST_GUILDS: Final = 2_500  # of one shard
LONGEST: Final = 4_096  # characters of what a client sends
_ENDING: Final = frozenset({4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014})  # codes that end a session
_GOODBYE: Final = frozenset({1000, 1001})  # codes by which a client ends its own
_DAY: Final = timedelta(hours=24)


class Gateway:
    """All connections and sessions of the bot. What no description allows is kept in `violations`."""

    def __init__(self, world: World, violations: list[str], changed: Callable[[], None]) -> None:
        self._world = world
        self._violations = violations
        self._changed = changed
        self._spec = event_spec.load()
        self._identified: dict[int, datetime] = {}  # when last, by what is limited together
        self._day_began = world.now()
        self._away: set[str] = set()  # ids of servers in an outage
        self._held: list[tuple[Wire, Session]] | None = None  # sessions whose READY is kept back
        self.wires: list[Wire] = []
        self.sessions: dict[str, Session] = {}  # that live or can be resumed
        self.opened = 0  # connections in all
        self.identifies: list[Body] = []
        self.resumes: list[Body] = []
        self.heartbeat_interval = timedelta(seconds=41.25)  # of the real clock, as are the heartbeats
        self.patience = 2  # intervals without a heartbeat until a connection is closed
        self.identify_pause = timedelta(seconds=5)  # between two of the same turn
        self.refused_resumes = 0  # how many are answered with an invalid session
        self.checks_events = True  # against their descriptions, which takes milliseconds each
        world.listeners.append(self._hear_of)

    @property
    def url(self) -> str:
        return self._world.gateway.url

    @property
    def live(self) -> list[Session]:
        """The sessions that have a connection."""
        return [one for one in self.sessions.values() if one.wire is not None]

    # --- what goes wrong, by script --------------------------------------------------------------

    def drop(self) -> None:
        """All connections break without a farewell."""
        for wire in list(self.wires):
            wire.cut()

    def close(self, code: int) -> None:
        """Closes all connections with this code; some codes end the session, too."""
        for wire in list(self.wires):
            self._close(wire, code)

    def reconnect(self) -> None:
        """Asks for new connections that resume (7)."""
        for wire in self.wires:
            wire.send(session.RECONNECT)

    def invalidate(self, *, resumable: bool) -> None:
        """Declares all sessions invalid (9)."""
        for wire in self.wires:
            if not resumable:
                self._forget(wire)
            wire.send(session.INVALID_SESSION, resumable)

    def ask_heartbeat(self) -> None:
        for wire in self.wires:
            wire.send(session.HEARTBEAT)

    def go_deaf(self) -> None:
        """The connections of now stay open, but nothing that comes over them is heard."""
        for wire in self.wires:
            wire.deaf = True

    def hold_ready(self) -> None:
        """Whoever identifies waits for READY, until `release_ready`."""
        self._held = []

    def release_ready(self) -> None:
        held, self._held = self._held or [], None
        for wire, begun in held:
            self._begin(wire, begun)

    # --- events ----------------------------------------------------------------------------------

    def dispatch(self, name: str, event: Event) -> None:
        """Sends an event to whoever asked for such."""
        intent = needed(name, in_guild=event.guild_id is not None)
        told = [
            one
            for one in self.sessions.values()
            if one.serves(event.guild_id) and (event.own or not intent or one.intents & intent)
        ]
        if told and self.checks_events:
            problems = self._spec.problems(name, event.data)
            assert not problems, problems
        for one in told:
            withheld = event.hidden if Intent.MESSAGE_CONTENT not in one.intents else None
            one.dispatch(name, event.data | (withheld or {}))
        self._changed()

    def _hear_of(self, change: Change) -> None:
        guild = change.guild
        known = guild is not None and guild.id in self._away
        event = events.of(change, self._world, known=known) if self.sessions else None
        if guild is not None and change.event == "GUILD_CREATE":
            self._away.discard(guild.id)
        elif guild is not None and change.event == "GUILD_DELETE" and guild.has_bot:
            self._away.add(guild.id)
        if event is not None:
            self.dispatch(change.event, event)

    # --- connections -----------------------------------------------------------------------------

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The route of the gateway's address, and of the one for resuming."""
        query = request.query
        if query.get("encoding") != "json" or query.get("compress") not in (None, "zlib-stream"):
            self._violations.append(f"the gateway was opened with {dict(query)}")
            raise web.HTTPBadRequest
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        wire = Wire(socket, request.transport, compressed="compress" in query)
        self.wires.append(wire)
        self.opened += 1
        writing = asyncio.create_task(wire.write())
        if query.get("v") == "10":
            wire.send(
                session.HELLO, {"heartbeat_interval": self.heartbeat_interval / timedelta(milliseconds=1)}
            )
        else:
            self._violate(wire, 4012, f"version {query.get('v')!r} of the gateway")
        try:
            await self._listen(socket, wire)
        finally:
            writing.cancel()
            self.wires.remove(wire)
            self._part(wire, socket.close_code)
            self._changed()
        return socket

    async def _listen(self, socket: web.WebSocketResponse, wire: Wire) -> None:
        patience = self.patience * self.heartbeat_interval.total_seconds()
        while True:
            try:
                message = await socket.receive(timeout=patience)
            except TimeoutError:  # no heartbeat
                self._close(wire, 4009)
                continue
            if message.type is not WSMsgType.TEXT:
                return
            if not wire.deaf:
                self._hear(wire, message.data)
                self._changed()

    def _hear(self, wire: Wire, text: str) -> None:
        if wire.hears_too_much(self._world.now()):
            self._violate(wire, 4008, f"more than {session.MOST_SENDS} messages a minute over one connection")
            return
        try:
            said = json.loads(text)
            op, data = said["op"], said["d"]
        except (ValueError, KeyError, TypeError):
            op = data = None
        if op is None or len(text) > LONGEST:
            self._violate(wire, 4002, "a message to the gateway that it cannot read")
        elif op == session.HEARTBEAT:
            self._beat(wire, data)
        elif op == session.IDENTIFY:
            self._identify(wire, data)
        elif op == session.RESUME:
            self._resume(wire, data)
        elif op == session.PRESENCE and wire.session is not None:
            pass  # shown to people alone
        elif op == session.PRESENCE:
            self._violate(wire, 4003, "a message to the gateway before IDENTIFY")
        else:
            self._violate(wire, 4001, f"the operation {op!r}")

    def _beat(self, wire: Wire, seq: Any) -> None:
        wire.beats += 1
        if wire.session is not None and not (seq is None or 0 <= seq <= len(wire.session.sent)):
            self._violations.append(f"a heartbeat with the sequence number {seq!r}")
        wire.send(session.HEARTBEAT_ACK)

    # --- sessions --------------------------------------------------------------------------------

    def _identify(self, wire: Wire, data: Body) -> None:
        problems = self._spec.message_problems("Identify", data)
        if wire.session is not None:
            self._violate(wire, 4005, "IDENTIFY a second time")
        elif problems:
            self._violate(wire, 4002, *problems)
        elif data["token"] != self._world.token:
            self._close(wire, 4004)
        elif not self._may_start():
            self._reset_token()
        else:
            self._start(wire, data)

    def _start(self, wire: Wire, data: Body) -> None:
        self.identifies.append(data)
        shard, shards = data.get("shard", (0, 1))
        if not 0 <= shard < shards:
            self._violate(wire, 4010, f"the shard {shard} of {shards}")
            return
        begun = Session(
            id=f"session-{self._world.new_id()}", shard=shard, shards=shards, intents=Intent(data["intents"])
        )
        own = [one for one in self._world.guilds.values() if one.has_bot and begun.serves(one.id)]
        if data["intents"] & ~int(KNOWN):
            self._violate(wire, 4013, f"the intents {data['intents']}")
        elif begun.intents & PRIVILEGED & ~self._allowed():
            self._close(wire, 4014)
        elif len(own) > MOST_GUILDS:
            self._close(wire, 4011)
        elif not self._is_its_turn(shard):
            wire.send(session.INVALID_SESSION, False)
        else:
            wire.session = begun
            if self._held is None:
                self._begin(wire, begun)
            else:
                self._held.append((wire, begun))

    def _begin(self, wire: Wire, begun: Session) -> None:
        if wire not in self.wires:  # it did not wait for READY
            return
        begun.wire = wire
        self.sessions[begun.id] = begun
        self._greet(begun, "READY", events.ready(self._world, begun, f"{self.url}resume/"))
        if Intent.GUILDS in begun.intents:
            for guild in events.guilds_of(self._world, begun):
                if not guild.unavailable:
                    self._greet(begun, "GUILD_CREATE", events.guild_create(guild, known=True))
        self._changed()

    def _greet(self, begun: Session, event: str, data: Body) -> None:
        if self.checks_events:
            self._violations.extend(self._spec.problems(event, data))
        begun.dispatch(event, data)

    def _resume(self, wire: Wire, data: Body) -> None:
        lost_early = data.get("session_id") is None  # the connection broke before READY
        problems = [] if lost_early else self._spec.message_problems("Resume", data)
        if problems or wire.session is not None:
            self._violate(wire, 4005 if wire.session is not None else 4002, *problems, "a wrong RESUME")
            return
        self.resumes.append(data)
        begun = self.sessions.get(data["session_id"])
        if data["token"] != self._world.token:
            self._close(wire, 4004)
        elif self.refused_resumes or begun is None:
            self.refused_resumes = max(self.refused_resumes - 1, 0)
            self.sessions.pop(data["session_id"], None)
            wire.send(session.INVALID_SESSION, False)
        elif not 0 <= data["seq"] <= len(begun.sent):
            del self.sessions[begun.id]
            self._violate(wire, 4007, f"RESUME after {data['seq']} of {len(begun.sent)}")
        else:
            begun.replay(wire, data["seq"])

    # --- limits ----------------------------------------------------------------------------------

    def _allowed(self) -> Intent:
        """The privileged intents that the app's developers switched on."""
        return Intent.MESSAGE_CONTENT if self._world.application.reads_content else Intent(0)

    def _may_start(self) -> bool:
        """Counts a start of a session; whether the day had one left."""
        info, now = self._world.gateway, self._world.now()
        if now >= self._day_began + _DAY:
            self._day_began, info.starts_left = now, 1_000
        info.starts_reset_after = self._day_began + _DAY - now
        info.starts_left -= 1
        return info.starts_left >= 0

    def _reset_token(self) -> None:
        """What Discord does to a bot that starts too often; its owner gets mail."""
        self._world.token = f"reset-{self._world.new_id()}"
        self._violations.append("more than 1,000 sessions were started in a day")
        self.close(4004)

    def _is_its_turn(self, shard: int) -> bool:
        turn, now = shard % self._world.gateway.max_concurrency, self._world.now()
        last, self._identified[turn] = self._identified.get(turn), now
        return last is None or now >= last + self.identify_pause

    # --- farewells -------------------------------------------------------------------------------

    def _violate(self, wire: Wire, code: int, *why: str) -> None:
        self._violations.extend(why)
        self._close(wire, code)

    def _close(self, wire: Wire, code: int) -> None:
        if code in _ENDING:
            self._forget(wire)
        wire.close(code)

    def _part(self, wire: Wire, code: int | None) -> None:
        """A connection has ended; its session lives on unless the client closed it for good."""
        if not wire.closing and code in _GOODBYE:
            self._forget(wire)
        else:
            wire.leave()

    def _forget(self, wire: Wire) -> None:
        if wire.session is not None:
            self.sessions.pop(wire.session.id, None)
            wire.leave()
