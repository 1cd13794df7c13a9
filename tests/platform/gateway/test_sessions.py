"""The loopback gateway with the real discord.py: sessions, resumes, shards, and how connections end."""

import asyncio
import logging
from datetime import timedelta

import discord
import pytest

from tests.clocks import FakeClock
from tests.platform.gateway.conftest import Scene
from tests.platform.gateway.small_bot import SmallBot, running
from tests.servers.discord.guild import Guild
from tests.servers.discord.server import DiscordServer

pytestmark = pytest.mark.usefixtures("scene")


@pytest.fixture
def bot(discord_server: DiscordServer, clock: FakeClock) -> SmallBot:
    return SmallBot(discord_server, clock)


def names(bot: SmallBot, event: str) -> list[str]:
    return [one.name for one in bot.about(event)]


# --- connecting ----------------------------------------------------------------------------------


async def test_a_bot_hears_of_its_servers(bot: SmallBot, discord_server: DiscordServer, scene: Scene) -> None:
    discord_server.world.guild("elsewhere", bot=False)
    away = discord_server.world.guild("away")
    discord_server.world.outage(away)
    async with running(bot):
        (guild,) = [one for one in bot.guilds if not one.unavailable]
        assert {one.id for one in bot.guilds} == {int(scene.guild.id), int(away.id)}
        assert (guild.name, guild.member_count) == ("Acme Lab", 3)
        assert [one.name for one in guild.text_channels] == ["papers"]
        assert guild.me.guild_permissions.send_messages
        (identify,) = discord_server.gateway.identifies
        assert identify["intents"] == discord.Intents(guilds=True).value
        assert identify["shard"] == [0, 1]
    assert discord_server.gateway.sessions == {}  # it said farewell


async def test_ready_can_be_kept_back(bot: SmallBot, discord_server: DiscordServer) -> None:
    discord_server.gateway.hold_ready()
    running_bot = asyncio.create_task(bot.start(discord_server.world.token))
    await discord_server.until(lambda: discord_server.gateway.identifies)
    assert bot.about("connect") == []
    discord_server.gateway.release_ready()
    await bot.told("ready")
    await bot.close()
    await running_bot


async def test_the_gateway_is_asked_for_where_no_setting_names_it(
    discord_server: DiscordServer, clock: FakeClock
) -> None:
    bot = SmallBot(discord_server, clock, gateway_url=None)
    async with running(bot):
        discord_server.gateway.invalidate(resumable=False)
        await bot.told("ready", 2)
    assert len(discord_server.called("GET", "/gateway/bot")) >= 2


async def test_heartbeats_are_sent_when_they_are_due_and_when_asked_for(
    bot: SmallBot, discord_server: DiscordServer
) -> None:
    discord_server.gateway.heartbeat_interval = timedelta(milliseconds=30)
    discord_server.gateway.patience = 1_000
    async with running(bot):
        (wire,) = discord_server.gateway.wires
        await discord_server.until(lambda: wire.beats >= 3)
        before = wire.beats
        discord_server.gateway.ask_heartbeat()
        await discord_server.until(lambda: wire.beats > before)
        assert bot.latency < 5


# --- resuming ------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", ["drop", "reconnect", "invalidate", "1001", "4000", "4008"])
async def test_nothing_is_lost_or_repeated_when_a_session_is_resumed(
    bot: SmallBot, discord_server: DiscordServer, scene: Scene, cause: str
) -> None:
    gateway = discord_server.gateway
    async with running(bot):
        scene.guild.text_channel("before")
        await bot.told("guild_channel_create")
        match cause:
            case "drop":
                gateway.drop()
            case "reconnect":
                gateway.reconnect()
            case "invalidate":
                gateway.invalidate(resumable=True)
            case code:
                gateway.close(int(code))
        for number in range(5):
            scene.guild.text_channel(f"away-{number}")
        await bot.told("resumed")
        scene.guild.text_channel("after")
        await bot.told("guild_channel_create", 7)
    told = ["before", *(f"away-{number}" for number in range(5)), "after"]
    assert names(bot, "guild_channel_create") == told
    assert len(gateway.identifies) == 1
    assert len(gateway.resumes) == 1


async def test_a_session_survives_many_lost_connections(
    bot: SmallBot, discord_server: DiscordServer, scene: Scene
) -> None:
    async with running(bot):
        for number in range(5):
            scene.guild.text_channel(f"before-{number}")
            discord_server.gateway.drop()
            scene.guild.text_channel(f"after-{number}")
            await bot.told("resumed", number + 1)
        await bot.told("guild_channel_create", 10)
    told = [f"{when}-{number}" for number in range(5) for when in ("before", "after")]
    assert names(bot, "guild_channel_create") == told


async def test_a_deaf_connection_is_given_up_and_the_session_resumed(
    discord_server: DiscordServer, scene: Scene, clock: FakeClock
) -> None:
    discord_server.gateway.heartbeat_interval = timedelta(milliseconds=50)
    discord_server.gateway.patience = 1_000
    bot = SmallBot(discord_server, clock, heartbeat_timeout=0.3)
    async with running(bot):
        discord_server.gateway.go_deaf()
        await bot.told("resumed")
        scene.guild.text_channel("heard")
        await bot.told("guild_channel_create")
        assert len(discord_server.gateway.identifies) == 1


@pytest.mark.parametrize("cause", ["invalidate", "refused resume", "4007", "4009"])
async def test_a_session_that_is_over_is_begun_anew(
    bot: SmallBot, discord_server: DiscordServer, scene: Scene, cause: str
) -> None:
    gateway = discord_server.gateway
    async with running(bot):
        match cause:
            case "invalidate":
                gateway.invalidate(resumable=False)
            case "refused resume":
                gateway.refused_resumes = 1
                gateway.drop()
            case code:
                gateway.close(int(code))
        scene.guild.text_channel("meanwhile")
        await bot.told("ready", 2)
        assert [one.name for one in bot.guilds[0].text_channels] == ["papers", "meanwhile"]
        assert bot.about("guild_channel_create") == []
    assert len(gateway.identifies) == 2


# --- ends ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4012, 4013, 4014])
async def test_final_close_codes_end_the_bot(bot: SmallBot, discord_server: DiscordServer, code: int) -> None:
    async with running(bot) as task:
        discord_server.gateway.close(code)
        with pytest.raises(discord.PrivilegedIntentsRequired if code == 4014 else discord.ConnectionClosed):
            await task


async def test_an_intent_that_was_not_allowed_is_refused(
    discord_server: DiscordServer, clock: FakeClock
) -> None:
    bot = SmallBot(discord_server, clock, intents=discord.Intents(guilds=True, message_content=True))
    with pytest.raises(discord.PrivilegedIntentsRequired):
        await bot.start(discord_server.world.token)
    discord_server.world.application.reads_content = True
    async with running(
        SmallBot(discord_server, clock, intents=discord.Intents(guilds=True, message_content=True))
    ):
        assert len(discord_server.gateway.live) == 1


async def test_a_shard_has_at_most_2500_servers(discord_server: DiscordServer, clock: FakeClock) -> None:
    owner = discord_server.world.user("owner")
    for _ in range(2_500):
        discord_server.world.guild(owner=owner)
        clock.advance(timedelta(milliseconds=1))  # ids name the millisecond, and shards are chosen by it
    bot = SmallBot(discord_server, clock)
    with pytest.raises(discord.ConnectionClosed) as caught:
        await bot.start(discord_server.world.token)
    assert caught.value.code == 4011


async def test_a_bot_that_starts_too_often_loses_its_token(
    bot: SmallBot, discord_server: DiscordServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    discord_server.world.gateway.starts_left = 1
    token = discord_server.world.token
    async with running(bot) as task:
        discord_server.gateway.invalidate(resumable=False)
        with pytest.raises(discord.ConnectionClosed) as caught:
            await task
        assert caught.value.code == 4004
    assert discord_server.world.token != token
    assert discord_server.forgive() == ["more than 1,000 sessions were started in a day"]


# --- shards --------------------------------------------------------------------------------------


async def test_events_go_to_the_shard_of_their_server(
    discord_server: DiscordServer, scene: Scene, clock: FakeClock
) -> None:
    guilds: list[Guild] = [scene.guild]
    for _ in range(3):
        clock.advance(timedelta(milliseconds=1))
        guilds.append(discord_server.world.guild())
    discord_server.world.gateway.shards = 2
    bot = SmallBot(discord_server, clock)
    async with running(bot):
        assert bot.shard_count == 2
        assert {one.id for one in bot.guilds} == {int(one.id) for one in guilds}
        assert {one.id: one.shard_id for one in bot.guilds} == {
            int(one.id): (int(one.id) >> 22) % 2 for one in guilds
        }
        for guild in guilds:
            guild.text_channel(f"of-{guild.id}")
        await bot.told("guild_channel_create", 4)
        assert {one.shard for one in discord_server.gateway.live} == {0, 1}
        for session in discord_server.gateway.live:
            own = [one.data["guild_id"] for one in session.sent if one.event == "CHANNEL_CREATE"]
            assert len(own) == 2
            assert {(int(one) >> 22) % 2 for one in own} == {session.shard}
        discord_server.gateway.drop()
        await bot.told("shard_resumed", 2)


async def test_sessions_that_begin_too_close_to_each_other_wait(
    discord_server: DiscordServer, scene: Scene, clock: FakeClock
) -> None:
    discord_server.world.gateway.shards = 2

    class Hasty(SmallBot):
        waits = 0

        async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
            """Waits only when it has been refused once."""
            self.waits += 1
            clock.advance(timedelta(seconds=5 if self.waits > 2 else 0))

    bot = Hasty(discord_server, clock)
    async with running(bot):
        assert len(discord_server.gateway.live) == 2
    assert [one["shard"][0] for one in discord_server.gateway.identifies] == [0, 1, 1]
