"""What the loopback gateway tells a bot of what happens, with the real discord.py."""

from collections.abc import AsyncIterator

import discord
import pytest

from tests.clocks import FakeClock
from tests.platform.gateway.conftest import Scene
from tests.platform.gateway.small_bot import SmallBot, running
from tests.servers.discord.permissions import NONE, Permission
from tests.servers.discord.server import DiscordServer


@pytest.fixture
async def bot(discord_server: DiscordServer, scene: Scene, clock: FakeClock) -> AsyncIterator[SmallBot]:
    bot = SmallBot(discord_server, clock)
    async with running(bot):
        yield bot


async def test_an_outage_is_no_removal(bot: SmallBot, discord_server: DiscordServer, scene: Scene) -> None:
    discord_server.world.outage(scene.guild)
    await bot.told("guild_unavailable")
    scene.guild.text_channel("made while it was away")
    discord_server.world.outage(scene.guild, over=True)
    guild = await bot.told("guild_available", 2)
    assert [one.name for one in guild.text_channels] == ["papers", "made while it was away"]
    assert bot.about("guild_remove") == bot.about("guild_join") == []


async def test_a_removal_and_a_return(bot: SmallBot, discord_server: DiscordServer, scene: Scene) -> None:
    discord_server.world.remove_bot(scene.guild)
    await bot.told("guild_remove")
    assert not bot.guilds
    scene.guild.text_channel("not told of")
    discord_server.world.add_bot(scene.guild)
    guild = await bot.told("guild_join")
    assert len(guild.text_channels) == 2
    assert bot.about("guild_unavailable") == bot.about("guild_channel_create") == []


async def test_a_removal_during_an_outage(bot: SmallBot, discord_server: DiscordServer, scene: Scene) -> None:
    discord_server.world.outage(scene.guild)
    await bot.told("guild_unavailable")
    discord_server.world.remove_bot(scene.guild)
    await bot.told("guild_remove")


async def test_a_new_server(bot: SmallBot, discord_server: DiscordServer) -> None:
    discord_server.world.guild("New Lab")
    assert (await bot.told("guild_join")).name == "New Lab"


async def test_channels_come_change_and_go(bot: SmallBot, scene: Scene) -> None:
    forum = scene.guild.forum("papers-forum", ["vision"], require_tag=True)
    told = await bot.told("guild_channel_create")
    assert isinstance(told, discord.ForumChannel)
    assert told.flags.require_tag
    assert [one.name for one in told.available_tags] == ["vision"]
    scene.channel.overwrite(scene.guild.me, deny=Permission.SEND_MESSAGES)
    await bot.told("guild_channel_update")
    channel = bot.get_channel(int(scene.channel.id))
    assert isinstance(channel, discord.TextChannel)
    assert not channel.permissions_for(channel.guild.me).send_messages
    scene.guild.delete_channel(forum)
    assert (await bot.told("guild_channel_delete")).name == "papers-forum"


async def test_roles_come_change_and_go(bot: SmallBot, scene: Scene) -> None:
    role = scene.guild.role("readers")
    await bot.told("guild_role_create")
    scene.guild.allow(role, Permission.MANAGE_CHANNELS)
    await bot.told("guild_role_update")
    told = bot.guilds[0].get_role(int(role.id))
    assert told is not None
    assert told.permissions.manage_channels
    scene.guild.delete_role(role)
    await bot.told("guild_role_delete")


async def test_the_bot_hears_of_its_own_roles(bot: SmallBot, scene: Scene) -> None:
    me = bot.guilds[0].me
    assert me.guild_permissions.send_messages
    scene.guild.allow(scene.guild.everyone, Permission.VIEW_CHANNEL)
    scene.guild.give(scene.guild.me)
    await bot.told("member_update")
    assert not bot.guilds[0].me.guild_permissions.send_messages


async def test_threads_are_told_of_where_they_are_seen(bot: SmallBot, scene: Scene) -> None:
    hidden = scene.guild.text_channel("hidden")
    hidden.overwrite(scene.guild.everyone, deny=Permission.VIEW_CHANNEL)
    scene.guild.thread(hidden, "not told of")
    thread = scene.guild.thread(scene.channel, "a digest")
    assert (await bot.told("thread_create")).name == "a digest"
    scene.guild.archive(thread)
    assert (await bot.told("thread_update")).name == "a digest"
    scene.guild.archive(thread, archived=False)
    await bot.told("thread_join")
    scene.guild.delete_channel(thread)
    await bot.told("raw_thread_delete")
    assert len(bot.about("thread_create")) == 1


async def test_what_a_message_says_needs_the_privileged_intent(
    discord_server: DiscordServer, scene: Scene, clock: FakeClock
) -> None:
    world = discord_server.world
    bot = SmallBot(
        discord_server, clock, intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
    )
    async with running(bot):
        world.say(scene.channel, scene.maya, "a secret", embeds=[{"type": "rich", "title": "secret"}])
        world.say(scene.channel, scene.maya, "a question", mentions=[world.bot])
        world.say(scene.channel, world.bot, "an answer")
        world.say(world.direct(scene.maya), scene.maya, "in private")
        await bot.told("message", 4)
        said = [one.content for one in bot.about("message")]
        assert said == ["", "a question", "an answer", "in private"]
        assert bot.about("message")[0].embeds == []
        assert bot.about("message")[0].author.name == "maya"
    world.application.reads_content = True
    bot = SmallBot(discord_server, clock, intents=discord.Intents(guild_messages=True, message_content=True))
    async with running(bot):
        message = world.say(scene.channel, scene.maya, "no secret")
        assert (await bot.told("message")).content == "no secret"
        world.delete(message)
        await bot.told("raw_message_delete")


async def test_what_others_write_is_not_told_without_an_intent(bot: SmallBot, scene: Scene) -> None:
    world = scene.guild.world
    world.say(scene.channel, scene.maya, "hello")
    world.say(world.direct(scene.maya), scene.maya, "hello")
    scene.guild.member("ben")
    scene.guild.text_channel("told of")
    await bot.told("guild_channel_create")
    assert not {"message", "member_join"} & {name for name, _ in bot.heard}


async def test_messages_in_channels_that_the_bot_does_not_see(
    discord_server: DiscordServer, scene: Scene, clock: FakeClock
) -> None:
    world = discord_server.world
    private = discord_server.between(world.user("ben"))
    bot = SmallBot(discord_server, clock, intents=discord.Intents(guild_messages=True, dm_messages=True))
    async with running(bot):
        scene.channel.overwrite(scene.guild.everyone, allow=NONE, deny=Permission.VIEW_CHANNEL)
        world.say(scene.channel, scene.maya, "hidden")
        world.say(private, scene.maya, "private")
        world.say(world.direct(scene.maya), scene.maya, "to the bot")
        assert (await bot.told("message")).content == "to the bot"
