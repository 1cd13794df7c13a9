"""A loopback Discord with one server in it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from tests.clocks import FakeClock
from tests.servers.discord.guild import Guild
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Channel, User


@dataclass(frozen=True, slots=True)
class Scene:
    """A server with one channel and one member."""

    guild: Guild
    maya: User
    channel: Channel


@pytest.fixture
def clock() -> FakeClock:
    """Still, but near enough to now for the library, which reads instants out of ids."""
    return FakeClock(datetime.now(UTC))


@pytest.fixture
async def discord_server(clock: FakeClock) -> AsyncIterator[DiscordServer]:
    async with DiscordServer(clock.now, proving=True) as server:
        yield server


@pytest.fixture
def scene(discord_server: DiscordServer) -> Scene:
    guild = discord_server.world.guild()
    return Scene(guild, guild.member("maya").user, guild.text_channel("papers"))
