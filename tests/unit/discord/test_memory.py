"""What is remembered of servers and of the pace of channels, and what is not."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import discord

from adapters.discord.endpoints import open_http
from adapters.discord.memory import Memory
from tests.servers.discord import events
from tests.servers.discord.rate_limits import Limit
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.world import World
from tests.servers.faults import utc_now

SECOND: Final = timedelta(seconds=1)


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.memory = Memory(
            dispatch=lambda *event: self.told.append(event),
            handlers={},
            hooks={},
            http=None,
            intents=discord.Intents(guilds=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
        )
        self.memory.shard_count = 1


def test_of_a_server_its_name_and_its_forums_are_remembered() -> None:
    guild = World(utc_now).guild("Acme Lab", crowd=20_000)
    forum, text = guild.forum("papers-forum"), guild.text_channel("papers")
    guild.thread(text, "reading group")
    guild.role("readers")
    listener = Listener()
    listener.memory.parsers["GUILD_CREATE"](events.guild_create(guild, known=False))
    (known,) = listener.memory.guilds
    assert (known.name, known.owner_id) == ("Acme Lab", int(guild.owner.id))
    assert [one.id for one in known.channels] == [int(forum.id)]
    assert not known.threads
    assert not known.roles
    assert ("guild_join", known) in listener.told


def test_new_channels_are_remembered_if_they_are_forums() -> None:
    guild = World(utc_now).guild()
    listener = Listener()
    hear = listener.memory.parsers
    hear["GUILD_CREATE"](events.guild_create(guild, known=True))
    forum, text = guild.forum("papers-forum"), guild.text_channel("papers")
    for one in (forum, text):
        hear["CHANNEL_CREATE"](one.shown())
    assert [one.id for one in listener.memory.guilds[0].channels] == [int(forum.id)]
    for one in (forum, text):
        hear["CHANNEL_DELETE"](one.shown())
    assert not listener.memory.guilds[0].channels
    told = [event for event in listener.told if event[0] == "raw_channel_delete"]
    assert told == [("raw_channel_delete", int(guild.id), int(one.id), one.name) for one in (forum, text)]


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time can be set on."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


def test_the_pace_of_channels_is_forgotten_once_it_is_over() -> None:
    loop = LeapingLoop()

    async def many_channels() -> tuple[int, int]:
        async with DiscordServer() as server:
            server.limits.set("GET", "/channels/{channel_id}/messages", Limit(5, per=SECOND))
            guild = server.world.guild()
            channels = [guild.text_channel(f"papers-{number}") for number in range(300)]
            http = open_http(server.api_url)
            await http.static_login(server.world.token)
            for one in channels[:250]:
                await http.logs_from(int(one.id), 1)
            before = len(http._buckets)
            loop.ahead += 60
            for one in channels[250:]:
                await http.logs_from(int(one.id), 1)
            after = len(http._buckets)
            await http.close()
            return before, after

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        before, after = runner.run(many_channels())
    assert before >= 250
    assert after < 60
