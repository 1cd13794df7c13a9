"""The connection to the gateway: kept, taken up again, and given up with a sentence where nothing helps."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.clocks import StillClock
from tests.contract.commands import NOW
from tests.platform.discord.discord_bot import DiscordBot, Scene, discord_bot, text_of
from tests.platform.discord.test_behaviour import waited
from tests.servers.discord.faults import Fails
from tests.servers.discord.server import DiscordServer


async def answers(bot: DiscordBot, scene: Scene) -> bool:
    asked = await bot.server.command("papers today", user=scene.reader, channel=scene.channel)
    return bool(text_of(await asked.message()))


async def test_what_is_asked_while_the_connection_is_gone_is_answered_after_it(
    bot: DiscordBot, scene: Scene
) -> None:
    assert await answers(bot, scene)
    bot.server.gateway.drop()
    assert await answers(bot, scene)
    assert len(bot.server.called("GET", "/users/@me")) == 1, "it went on, and did not begin anew"


async def test_it_reconnects_when_discord_asks_it_to(bot: DiscordBot, scene: Scene) -> None:
    bot.server.gateway.reconnect()
    assert await answers(bot, scene)


async def test_a_session_that_is_over_is_begun_anew(bot: DiscordBot, scene: Scene) -> None:
    gateway = bot.server.gateway
    before = set(gateway.sessions)
    gateway.invalidate(resumable=False)
    await bot.server.until(lambda: set(gateway.sessions) - before)
    assert await answers(bot, scene)


async def test_several_shards_are_one_bot(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    server.world.gateway.shards = 2
    async with discord_bot(server, clock, tmp_path / "home", connected=False) as bot:
        await server.connected(2)
        assert await answers(bot, scene)
        for _ in range(3):
            other = server.world.guild("Another")
            channel, eve = other.text_channel(), other.member("eve").user
            asked = await server.command("papers today", user=eve, channel=channel)
            assert text_of(await asked.message())


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (4004, "`paperboy setup discord` takes a new one"),
        (4013, "Upgrade Paperboy"),
        (4014, "Switch Message Content Intent on"),
    ],
)
async def test_what_only_a_person_can_mend_ends_the_listening_with_a_sentence(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path, code: int, sentence: str
) -> None:
    with capture_logs() as logs:
        async with discord_bot(server, clock, tmp_path / "home") as bot:
            server.gateway.close(code)
            await bot.roles[1]
            assert not bot.roles[0].done(), "the rest goes on"
    (told,) = [one["event"] for one in logs if one["log_level"] == "error"]
    assert sentence in told


async def test_a_token_that_discord_does_not_know_ends_it_too(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    server.expect(401)
    with capture_logs() as logs:
        async with discord_bot(
            server, clock, tmp_path / "home", connected=False, discord_token="a.wrong.token"
        ) as bot:
            await bot.roles[1]
    (told,) = [one["event"] for one in logs if one["log_level"] == "error"]
    assert "`paperboy setup discord`" in told
    assert "wrong.token" not in str(logs)


async def test_an_api_that_is_down_is_tried_again(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    server.expect(403)
    server.script.add("GET", "/users/@me", Fails(403, 0, "Something is not right"))
    async with discord_bot(server, clock, tmp_path / "home", connected=False) as bot:
        await waited(clock, server.connected())
        assert await answers(bot, scene)
    assert clock.now() > NOW
