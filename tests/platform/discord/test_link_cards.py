"""Cards for links, only where they were turned on, and quietly."""

from pathlib import Path

from structlog.testing import capture_logs

from tests.clocks import StillClock
from tests.platform.discord.discord_bot import DiscordBot, Scene, discord_bot, text_of
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Message

LINK = "https://arxiv.org/abs/2511.00001"
SILENT = 1 << 12  # the flag of a message that notifies nobody


def ours(bot: DiscordBot, scene: Scene) -> list[Message]:
    return [one for one in scene.channel.messages.values() if one.author is bot.server.world.bot]


async def test_a_link_is_answered_with_one_card_that_notifies_nobody(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    server.world.application.reads_content = True
    home = tmp_path / "home"
    async with discord_bot(server, clock, home, discord_link_cards=[scene.guild.id]) as bot:
        server.world.say(
            scene.channel, scene.reader, f"Look at {LINK} and again at {LINK}, not at 2511.00002"
        )
        await server.until(lambda: ours(bot, scene))
        await bot.discord.finish()
        (card,) = ours(bot, scene)
        assert text_of(card).count("Attention in Small Places") == 1
        assert "Low-Rank" not in text_of(card), "a number alone is no link"
        assert card.flags & SILENT
        assert card.mentions == []


async def test_nothing_is_answered_elsewhere_nor_to_bots_nor_without_a_paper(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    server.world.application.reads_content = True
    elsewhere = server.world.guild("Elsewhere")
    channel, eve = elsewhere.text_channel(), elsewhere.member("eve").user
    home = tmp_path / "home"
    async with discord_bot(server, clock, home, discord_link_cards=[scene.guild.id]) as bot:
        server.world.say(channel, eve, LINK)
        server.world.say(scene.channel, server.world.user("other bot", bot=True), LINK)
        server.world.say(scene.channel, scene.reader, "https://example.org/papers")
        server.world.say(scene.channel, scene.reader, LINK)
        await server.until(lambda: ours(bot, scene))
        await bot.discord.finish()
        assert len(ours(bot, scene)) == 1
        assert len(channel.messages) == 1
    sent = server.called("POST", "/channels/{channel_id}/messages")
    assert len(sent) == 1


async def test_a_link_that_leads_nowhere_is_asked_about_once(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    server.world.application.reads_content = True
    home = tmp_path / "home"
    async with discord_bot(server, clock, home, discord_link_cards=[scene.guild.id]) as bot:

        async def posted(times: int) -> None:
            server.world.say(scene.channel, scene.reader, "https://arxiv.org/abs/2001.00001")
            server.world.say(scene.channel, scene.reader, LINK)
            await server.until(lambda: len(ours(bot, scene)) == times)
            await bot.discord.finish()

        await posted(1)
        await posted(2)
        assert bot.fetched == ["2001.00001"]


async def test_without_cards_no_message_is_read(bot: DiscordBot, scene: Scene) -> None:
    bot.server.world.say(scene.channel, scene.reader, LINK)
    asked = await bot.server.command("papers today", user=scene.reader, channel=scene.channel)
    await asked.message()
    assert ours(bot, scene) == []
    (session,) = bot.server.gateway.sessions.values()
    assert session.intents == 1, "servers, and nothing else"


async def test_without_the_privileged_intent_it_ends_with_a_sentence(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    home, wanted = tmp_path / "home", [scene.guild.id]
    with capture_logs() as logs:
        async with discord_bot(server, clock, home, connected=False, discord_link_cards=wanted) as bot:
            await bot.roles[1]
    (told,) = [one["event"] for one in logs if one["log_level"] == "error"]
    assert "Switch Message Content Intent on" in told
