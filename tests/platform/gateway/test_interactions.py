"""The loopback Discord's interactions, with the real discord.py on the other side."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import discord
import pytest

from tests.clocks import FakeClock
from tests.platform.gateway.conftest import Scene
from tests.platform.gateway.small_bot import Library, running
from tests.servers.discord.interaction_state import Callback
from tests.servers.discord.payloads import ImpossibleError
from tests.servers.discord.permissions import Permission
from tests.servers.discord.server import DiscordServer


@pytest.fixture
async def bot(discord_server: DiscordServer, scene: Scene, clock: FakeClock) -> AsyncIterator[Library]:
    bot = Library(discord_server, clock)
    async with running(bot):
        await bot.tree.sync()
        yield bot


pytestmark = pytest.mark.usefixtures("bot")


# --- commands ------------------------------------------------------------------------------------


async def test_a_command_is_answered_to_one_person(discord_server: DiscordServer, scene: Scene) -> None:
    options = {"query": "diffusion", "limit": 3, "order": "new"}
    done = await discord_server.command("papers search", options, user=scene.maya, channel=scene.channel)
    message = await done.message()
    assert await done.callback() is Callback.MESSAGE
    assert done.private
    assert scene.channel.seen_by(scene.maya) == [message]
    assert message.components[0]["components"][0]["content"] == "diffusion 3 new"


async def test_an_interaction_says_who_began_it_and_where(
    bot: Library, discord_server: DiscordServer, scene: Scene
) -> None:
    scene.maya.locale, scene.guild.locale = "de", "en-GB"
    scene.channel.overwrite(scene.guild.me, deny=Permission.SEND_MESSAGES)
    scene.channel.overwrite(scene.guild.members[scene.maya.id], allow=Permission.MANAGE_MESSAGES)
    done = await discord_server.command(
        "papers search", {"query": "x"}, user=scene.maya, channel=scene.channel
    )
    await done.message()
    interaction: discord.Interaction[Any] = await bot.told("interaction")
    assert interaction.guild_id == int(scene.guild.id)
    assert interaction.context.guild
    assert interaction.is_guild_integration()
    assert not interaction.is_user_integration()
    assert (interaction.locale, interaction.guild_locale) == (
        discord.Locale.german,
        discord.Locale.british_english,
    )
    assert not interaction.app_permissions.send_messages
    assert interaction.permissions.manage_messages
    assert not interaction.permissions.manage_channels


async def test_objects_are_resolved(discord_server: DiscordServer, scene: Scene) -> None:
    readers = scene.guild.role("readers")
    ben = scene.guild.member("ben", nick="Benny")
    done = await discord_server.command(
        "papers-channel add",
        {"channel": scene.channel, "role": readers, "who": ben},
        user=scene.guild.owner,
        channel=scene.channel,
    )
    message = await done.message()
    assert message.content == "papers readers Benny True"
    assert not done.private
    assert message in scene.channel.messages.values()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("nothing", {}),
        ("papers", {}),
        ("papers find", {}),
        ("papers search", {}),
        ("papers search", {"query": ""}),
        ("papers search", {"query": 5}),
        ("papers search", {"query": "x" * 6_001}),
        ("papers search", {"query": "x", "limit": 11}),
        ("papers search", {"query": "x", "limit": 0}),
        ("papers search", {"query": "x", "limit": True}),
        ("papers search", {"query": "x", "limit": "3"}),
        ("papers search", {"query": "x", "order": "old"}),
        ("papers search", {"query": "x", "page": 2}),
        ("papers-channel add", {}),
    ],
)
async def test_what_was_not_registered_cannot_be_typed(
    discord_server: DiscordServer, scene: Scene, name: str, options: dict[str, Any]
) -> None:
    with pytest.raises(ImpossibleError):
        await discord_server.command(name, options, user=scene.guild.owner, channel=scene.channel)
    assert not discord_server.world.interactions


async def test_channels_and_roles_are_those_of_the_server_and_the_type(
    discord_server: DiscordServer, scene: Scene
) -> None:
    elsewhere = discord_server.world.guild()
    role = scene.guild.role()
    for channel, of in [
        (elsewhere.text_channel(), role),
        (scene.guild.forum(), role),
        (scene.channel, elsewhere.role()),
    ]:
        with pytest.raises(ImpossibleError):
            await discord_server.command(
                "papers-channel add",
                {"channel": channel, "role": of},
                user=scene.guild.owner,
                channel=scene.channel,
            )


async def test_commands_are_offered_by_permission_and_place(
    discord_server: DiscordServer, scene: Scene
) -> None:
    world, guild = discord_server.world, scene.guild
    managers = guild.role("managers", Permission.MANAGE_CHANNELS)
    sam = guild.member("sam", roles=[managers]).user
    offered = discord_server.offered
    assert offered(user=scene.maya, channel=scene.channel) == ["papers"]
    assert offered(user=sam, channel=scene.channel) == ["papers", "papers-channel"]
    assert offered(user=sam, channel=world.direct(sam)) == ["papers"]
    scene.channel.overwrite(guild.everyone, deny=Permission.USE_APPLICATION_COMMANDS)
    assert offered(user=scene.maya, channel=scene.channel) == []
    scene.channel.overwrite(guild.everyone, deny=Permission.VIEW_CHANNEL)
    with pytest.raises(ImpossibleError, match="does not see"):
        offered(user=scene.maya, channel=scene.channel)


async def test_the_app_of_a_person_works_where_the_bot_is_not(
    bot: Library, discord_server: DiscordServer, scene: Scene
) -> None:
    world = discord_server.world
    strange = world.guild("strange", bot=False)
    lounge, private = strange.text_channel("lounge"), discord_server.between(world.user("ben"))
    strange.member(scene.maya)
    for channel in (lounge, private):
        assert discord_server.offered(user=scene.maya, channel=channel) == []
    world.user_installs.add(scene.maya.id)
    for channel in (lounge, private):
        done = await discord_server.command("papers search", {"query": "x"}, user=scene.maya, channel=channel)
        await done.message()
        assert done.payload["authorizing_integration_owners"] == {"1": scene.maya.id}
    first, second = bot.about("interaction")
    assert first.context.guild
    assert first.is_user_integration()
    assert second.context.private_channel
    assert second.guild_id is None


async def test_direct_messages_with_the_bot(
    bot: Library, discord_server: DiscordServer, scene: Scene
) -> None:
    direct = discord_server.world.direct(scene.maya)
    done = await discord_server.command("papers search", {"query": "x"}, user=scene.maya, channel=direct)
    assert (await done.message()).channel is direct
    interaction = await bot.told("interaction")
    assert interaction.context.dm_channel
    assert interaction.user.id == int(scene.maya.id)
    assert done.payload["authorizing_integration_owners"] == {"0": "0"}


async def test_choices_are_offered_while_something_is_typed(
    discord_server: DiscordServer, scene: Scene
) -> None:
    typing = await discord_server.suggest(
        "papers search", "query", "diffu", {"limit": 2}, user=scene.maya, channel=scene.channel
    )
    assert await typing.choices() == [("diffu models", "diffu-models")]
    with pytest.raises(ImpossibleError, match="offers nothing"):
        await discord_server.suggest("papers search", "limit", "1", user=scene.maya, channel=scene.channel)


async def test_a_command_of_a_message(discord_server: DiscordServer, scene: Scene) -> None:
    message = discord_server.world.say(scene.channel, scene.guild.owner, "a paper")
    done = await discord_server.message_command("Papers like this", message, user=scene.maya)
    assert (await done.message()).content == "like a paper"
    with pytest.raises(ImpossibleError):
        await discord_server.message_command("Burn this", message, user=scene.maya)
    discord_server.world.delete(message)
    with pytest.raises(ImpossibleError, match="does not see the message"):
        await discord_server.message_command("Papers like this", message, user=scene.maya)


async def test_a_promised_answer_and_what_follows(
    bot: Library, discord_server: DiscordServer, scene: Scene
) -> None:
    done = await discord_server.command("papers slow", user=scene.maya, channel=scene.channel)
    assert await done.callback() is Callback.DEFERRED_MESSAGE
    bot.slept.set()
    assert (await done.message()).content in {"at last", "better"}
    assert (await done.edited(2)).content == "better"
    assert (await done.followup()).content == "and more"
    assert scene.channel.messages == {}


# --- controls and forms --------------------------------------------------------------------------


async def test_buttons_and_selects_of_a_message(discord_server: DiscordServer, scene: Scene) -> None:
    done = await discord_server.command(
        "papers search", {"query": "x"}, user=scene.maya, channel=scene.channel
    )
    listed = await done.message()
    saved = await discord_server.press(listed, "Save abc", user=scene.maya)
    assert (await saved.message()).content == "saved abc"
    chosen = await discord_server.choose(listed, "Choose a paper", "Two", user=scene.maya)
    assert await chosen.update() is listed
    assert listed.components[0]["components"][0]["content"] == "chose ['two']"
    again = await discord_server.press(listed, "p:abc", user=scene.maya)
    await again.message()


async def test_what_a_message_does_not_hold_cannot_be_used(
    discord_server: DiscordServer, scene: Scene
) -> None:
    done = await discord_server.command(
        "papers search", {"query": "x"}, user=scene.maya, channel=scene.channel
    )
    listed = await done.message()
    before = len(discord_server.world.interactions)
    maya, owner = scene.maya, scene.guild.owner
    for attempt in (
        discord_server.press(listed, "Save xyz", user=maya),
        discord_server.press(listed, "which", user=maya),
        discord_server.press(listed, "Save abc", user=owner),
        discord_server.choose(listed, "which", "Three", user=maya),
        discord_server.choose(listed, "which", user=maya),
        discord_server.choose(listed, "which", "One", "Two", user=maya),
        discord_server.choose(listed, "p:abc", "One", user=maya),
    ):
        with pytest.raises(ImpossibleError):
            await attempt
    assert len(discord_server.world.interactions) == before


async def test_a_form_is_filled_in(discord_server: DiscordServer, scene: Scene) -> None:
    done = await discord_server.command("papers watch", user=scene.maya, channel=scene.channel)
    form = await done.modal()
    for values in (
        {},
        {"Topic": ""},
        {"Topic": "x" * 21},
        {"Topic": "x", "Colour": "red"},
        {"Topic": "x", "Channel": [scene.maya]},
    ):
        with pytest.raises(ImpossibleError):
            await discord_server.submit(form, values)
    submitted = await discord_server.submit(form, {"Topic": "robots", "Channel": [scene.channel]})
    assert (await submitted.message()).content == "watching robots in ['papers']"
    with pytest.raises(ImpossibleError, match="open"):
        await discord_server.submit(form, {"Topic": "robots"})
    done = await discord_server.command("papers watch", user=scene.maya, channel=scene.channel)
    submitted = await discord_server.submit(await done.modal(), {"Topic": "robots"})
    assert (await submitted.message()).content == "watching robots in []"


# --- deadlines -----------------------------------------------------------------------------------


async def test_a_late_answer_is_unknown(bot: Library, discord_server: DiscordServer, scene: Scene) -> None:
    discord_server.expect(10062)
    done = await discord_server.command(
        "papers search", {"query": "x"}, user=scene.maya, channel=scene.channel, late=True
    )
    done.expect_silence()
    error = await bot.told("failure")
    assert isinstance(error, discord.NotFound)
    assert error.code == 10062
    assert scene.channel.seen_by(scene.maya) == []


async def test_three_seconds_of_the_clock_are_too_late(
    bot: Library, discord_server: DiscordServer, scene: Scene, clock: FakeClock
) -> None:
    discord_server.expect(10062)
    done = await discord_server.command(
        "papers search", {"query": "x"}, user=scene.maya, channel=scene.channel
    )
    done.expect_silence()
    clock.advance(timedelta(seconds=3.1))
    assert (await bot.told("failure")).code == 10062


async def test_a_second_answer_is_refused(bot: Library, discord_server: DiscordServer, scene: Scene) -> None:
    discord_server.expect(40060)
    done = await discord_server.command("papers twice", user=scene.maya, channel=scene.channel)
    assert (await bot.told("failure")).code == 40060
    assert (await done.message()).content == "once"


async def test_a_token_lives_for_a_quarter_of_an_hour(
    bot: Library, discord_server: DiscordServer, scene: Scene, clock: FakeClock
) -> None:
    discord_server.expect(50027)
    done = await discord_server.command("papers slow", user=scene.maya, channel=scene.channel)
    assert await done.callback() is Callback.DEFERRED_MESSAGE
    clock.advance(timedelta(minutes=15))
    bot.slept.set()
    assert (await bot.told("failure")).code == 50027
    done.expect_silence()


async def test_an_interaction_survives_a_lost_connection(
    bot: Library, discord_server: DiscordServer, scene: Scene
) -> None:
    discord_server.gateway.drop()
    done = await discord_server.command(
        "papers search", {"query": "x"}, user=scene.maya, channel=scene.channel
    )
    await done.message()
    assert len(bot.about("interaction")) == 1


# --- what the end finds --------------------------------------------------------------------------


async def test_silence_is_found_at_the_end(bot: Library, discord_server: DiscordServer, scene: Scene) -> None:
    done = await discord_server.command("papers silent", user=scene.maya, channel=scene.channel)
    await bot.told("app_command_completion")
    with pytest.raises(AssertionError, match=r"in vain.*papers silent"):
        discord_server.check()
    done.expect_silence()
    discord_server.check()


async def test_a_promise_that_is_not_kept_is_found_at_the_end(
    bot: Library, discord_server: DiscordServer, scene: Scene
) -> None:
    done = await discord_server.command("papers slow", user=scene.maya, channel=scene.channel)
    await done.callback()
    with pytest.raises(AssertionError, match=r"in vain.*papers slow"):
        discord_server.check()
    bot.slept.set()
    await done.followup()


async def test_a_refusal_is_found_at_the_end(
    bot: Library, discord_server: DiscordServer, scene: Scene
) -> None:
    scene.channel.overwrite(scene.guild.me, deny=Permission.SEND_MESSAGES)
    channel = bot.get_partial_messageable(int(scene.channel.id))
    with pytest.raises(discord.Forbidden):
        await channel.send("hello")
    with pytest.raises(AssertionError, match="50013"):
        discord_server.check()
    discord_server.expect(50013)
    discord_server.check()
