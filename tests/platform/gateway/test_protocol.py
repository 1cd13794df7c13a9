"""The loopback gateway word by word: what it refuses, and how it says so."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from tests.clocks import FakeClock
from tests.platform.gateway.conftest import Scene
from tests.servers.discord.event_spec import EventSpec
from tests.servers.discord.intents import Intent
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Body

pytestmark = pytest.mark.usefixtures("scene")
PROPERTIES = {"os": "linux", "browser": "test", "device": "test"}


class Wire:
    """A connection by hand."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, op: int, data: Any) -> None:
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def hear(self) -> Body:
        heard: Body = await self.socket.receive_json(timeout=5)
        return heard

    async def event(self, name: str) -> Body:
        """The next event of that name; others before it are passed over."""
        while (heard := await self.hear())["t"] != name:
            pass
        return heard

    async def identify(self, server: DiscordServer, **traits: Any) -> None:
        said = {"token": server.world.token, "intents": 1, "properties": PROPERTIES} | traits
        await self.say(2, said)

    async def closed(self) -> int | None:
        """The code of the close that comes."""
        async with asyncio.timeout(5):
            async for _ in self.socket:
                pass
        return self.socket.close_code


class Door:
    """Opens connections to the gateway."""

    def __init__(self, server: DiscordServer, session: aiohttp.ClientSession) -> None:
        self._server = server
        self._session = session

    async def open(self, query: str = "v=10&encoding=json") -> Wire:
        wire = Wire(await self._session.ws_connect(f"{self._server.gateway_url}?{query}"))
        if "v=10" in query:
            assert (await wire.hear())["op"] == 10
        return wire


@pytest.fixture
async def door(discord_server: DiscordServer) -> AsyncIterator[Door]:
    async with aiohttp.ClientSession() as session:
        yield Door(discord_server, session)


async def test_without_compression_it_speaks_plain_text(door: Door, discord_server: DiscordServer) -> None:
    wire = await door.open()
    await wire.identify(discord_server)
    ready = await wire.hear()
    assert (ready["t"], ready["s"]) == ("READY", 1)
    created = await wire.hear()
    assert (created["t"], created["s"], created["d"]["unavailable"]) == ("GUILD_CREATE", 2, False)
    assert ready["d"]["guilds"] == [{"id": created["d"]["id"], "unavailable": True}]
    await wire.say(1, 2)
    assert (await wire.hear())["op"] == 11


async def test_without_the_intent_no_server_is_told_of(
    door: Door, discord_server: DiscordServer, scene: Scene
) -> None:
    wire = await door.open()
    await wire.identify(discord_server, intents=int(Intent.GUILD_MESSAGES))
    assert (await wire.hear())["t"] == "READY"
    scene.guild.text_channel("not told of")
    discord_server.world.say(scene.channel, scene.maya, "told of")
    assert (await wire.hear())["t"] == "MESSAGE_CREATE"


@pytest.mark.parametrize(
    ("said", "code", "why"),
    [
        ("no JSON", 4002, "cannot read"),
        ('{"op": 1}', 4002, "cannot read"),
        (json.dumps({"op": 1, "d": None, "more": "x" * 4_096}), 4002, "cannot read"),
        ('{"op": 99, "d": {}}', 4001, "operation 99"),
        ('{"op": 3, "d": {}}', 4003, "before IDENTIFY"),
        ('{"op": 2, "d": {"token": "x"}}', 4002, "Identify"),
        ('{"op": 6, "d": {"token": "x", "session_id": "y"}}', 4002, "Resume"),
    ],
)
async def test_what_it_does_not_understand(
    door: Door, discord_server: DiscordServer, said: str, code: int, why: str
) -> None:
    wire = await door.open()
    await wire.socket.send_str(said)
    assert await wire.closed() == code
    assert why in discord_server.forgive()[0]


async def test_an_identify_that_cannot_be_right(door: Door, discord_server: DiscordServer) -> None:
    wrong: list[tuple[Body, int]] = [
        ({"token": "another"}, 4004),
        ({"shard": [2, 2]}, 4010),
        ({"intents": 1 << 30}, 4013),
        ({"intents": int(Intent.GUILD_MEMBERS)}, 4014),
    ]
    for traits, code in wrong:
        wire = await door.open()
        await wire.identify(discord_server, **traits)
        assert await wire.closed() == code
    wire = await door.open()
    await wire.identify(discord_server)
    await wire.identify(discord_server)
    assert await wire.closed() == 4005
    assert discord_server.forgive() == [
        "the shard 2 of 2",
        f"the intents {1 << 30}",
        "IDENTIFY a second time",
    ]


async def test_another_version_or_encoding(door: Door, discord_server: DiscordServer) -> None:
    assert await (await door.open("v=9&encoding=json")).closed() == 4012
    for query in ("v=10&encoding=etf", "v=10&encoding=json&compress=lz4"):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await door.open(query)
    assert len(discord_server.forgive()) == 3


async def test_a_resume_beyond_what_was_sent(door: Door, discord_server: DiscordServer) -> None:
    wire = await door.open()
    await wire.identify(discord_server)
    session = (await wire.hear())["d"]["session_id"]
    again = await door.open()
    await again.say(6, {"token": discord_server.world.token, "session_id": session, "seq": 99})
    assert await again.closed() == 4007
    assert discord_server.forgive() == ["RESUME after 99 of 2"]


async def test_a_resume_takes_the_session_over(
    door: Door, discord_server: DiscordServer, scene: Scene
) -> None:
    wire = await door.open()
    await wire.identify(discord_server)
    session = (await wire.hear())["d"]["session_id"]
    again = await door.open()
    await again.say(6, {"token": discord_server.world.token, "session_id": session, "seq": 1})
    assert [((await again.hear())["t"]) for _ in range(2)] == ["GUILD_CREATE", "RESUMED"]
    assert await wire.closed() == 4000
    scene.guild.text_channel("news")
    heard = await again.hear()
    assert (heard["t"], heard["s"]) == ("CHANNEL_CREATE", 4)


async def test_who_says_goodbye_cannot_resume(door: Door, discord_server: DiscordServer) -> None:
    wire = await door.open()
    await wire.identify(discord_server)
    session = (await wire.hear())["d"]["session_id"]
    await wire.socket.close(code=1000)
    await discord_server.until(lambda: not discord_server.gateway.sessions)
    again = await door.open()
    await again.say(6, {"token": discord_server.world.token, "session_id": session, "seq": 1})
    heard = await again.hear()
    assert (heard["op"], heard["d"]) == (9, False)


async def test_120_messages_a_minute(door: Door, discord_server: DiscordServer, clock: FakeClock) -> None:
    wire = await door.open()
    for _ in range(120):
        await wire.say(1, None)
        assert (await wire.hear())["op"] == 11
    clock.advance(timedelta(seconds=60))
    for _ in range(120):
        await wire.say(1, None)
        assert (await wire.hear())["op"] == 11
    await wire.say(1, None)
    assert await wire.closed() == 4008
    assert "120" in discord_server.forgive()[0]


async def test_who_sends_no_heartbeats_is_dropped(door: Door, discord_server: DiscordServer) -> None:
    discord_server.gateway.heartbeat_interval = timedelta(milliseconds=20)
    wire = await door.open()
    await wire.identify(discord_server)
    assert await wire.closed() == 4009
    assert discord_server.gateway.sessions == {}


async def test_starts_of_a_day_are_counted(
    door: Door, discord_server: DiscordServer, clock: FakeClock
) -> None:
    info = discord_server.world.gateway
    wire = await door.open()
    await wire.identify(discord_server)
    await wire.event("GUILD_CREATE")
    assert info.starts_left == 999
    clock.advance(timedelta(hours=6))
    wire = await door.open()
    await wire.identify(discord_server)
    await wire.event("GUILD_CREATE")
    assert (info.starts_left, info.starts_reset_after) == (998, timedelta(hours=18))
    clock.advance(timedelta(hours=18))
    wire = await door.open()
    await wire.identify(discord_server)
    await wire.event("GUILD_CREATE")
    assert info.starts_left == 999


def test_an_event_that_discord_would_not_send_is_found() -> None:
    spec = EventSpec()
    assert spec.problems("THREAD_CREATE", {"id": "1"})
    assert spec.problems("GUILD_CREATE", {"id": "1", "roles": []})
    assert spec.problems("MESSAGE_CREATE", {"id": 1})
    assert spec.message_problems("Hello", {})
