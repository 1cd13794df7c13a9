"""A loopback Discord with one server in it, and the real client of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import discord
import pytest
from discord.http import Route

from tests.clocks import FakeClock
from tests.servers.discord.guild import Guild
from tests.servers.discord.rest import DiscordRest
from tests.servers.discord.state import Channel, Member


@dataclass(frozen=True, slots=True)
class Scene:
    """A server with one member and one text channel."""

    guild: Guild
    maya: Member
    papers: Channel


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def rest(clock: FakeClock) -> AsyncIterator[DiscordRest]:
    async with DiscordRest(clock.now, proving=True) as server:
        yield server


@pytest.fixture
def scene(rest: DiscordRest) -> Scene:
    guild = rest.world.guild()
    return Scene(guild, guild.member("maya"), guild.text_channel("papers"))


@asynccontextmanager
async def logged_in(rest: DiscordRest) -> AsyncIterator[discord.Client]:
    """A client that is logged in, without a gateway."""
    before, Route.BASE = Route.BASE, rest.api_url  # discord.py knows one address for all clients
    client = discord.Client(intents=discord.Intents.none(), allowed_mentions=discord.AllowedMentions.none())
    try:
        await client.login(rest.world.token)
        yield client
    finally:
        await client.close()
        Route.BASE = before


@pytest.fixture
async def client(rest: DiscordRest) -> AsyncIterator[discord.Client]:
    async with logged_in(rest) as client:
        yield client
