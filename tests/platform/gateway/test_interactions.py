"""The loopback Discord's interactions, with the real discord.py on the other side."""

from collections.abc import AsyncIterator
from datetime import timedelta

import discord
import pytest

from tests.clocks import FakeClock
from tests.platform.gateway.conftest import Scene
from tests.platform.gateway.small_bot import Library, running
from tests.servers.discord.payloads import ImpossibleError
from tests.servers.discord.permissions import Permission
from tests.servers.discord.server import DiscordServer


@pytest.fixture
async def bot(discord_server: DiscordServer, scene: Scene, clock: FakeClock) -> AsyncIterator[Library]:
    bot = Library(discord_server, clock)
    async with running(bot):
        await bot.tree.sync()
        yield bot


async def test_a_command_is_answered_to_one_person(
    bot: Library, discord_server: DiscordServer, scene: Scene
) -> None:
    options = {"query": "diffusion", "limit": 3, "order": "new"}
    done = await discord_server.command("papers search", options, user=scene.maya, channel=scene.channel)
    message = await done.message()
    assert done.private
    assert scene.channel.seen_by(scene.maya) == [message]
    assert message.components[0]["components"][0]["content"] == "diffusion 3 new"
