"""Slash commands, as people type them: registered once, answered privately, completed while typed."""

from pathlib import Path

from tests.clocks import StillClock
from tests.platform.discord.discord_bot import DiscordBot, Scene, discord_bot, text_of
from tests.servers.discord.server import DiscordServer

PUT = ("PUT", "/applications/{application_id}/commands")


async def test_commands_are_registered_and_not_again(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    for _ in range(2):
        async with discord_bot(server, clock, tmp_path / "home"):
            pass
    assert len(server.called(*PUT)) == 1
    async with discord_bot(server, clock, tmp_path / "home", discord_command="science"):
        pass
    assert len(server.called(*PUT)) == 2


async def test_a_search_is_answered_privately(bot: DiscordBot, scene: Scene) -> None:
    asked = await bot.server.command(
        "papers search", {"query": "attention"}, user=scene.reader, channel=scene.channel
    )
    answer = await asked.message()
    assert asked.private
    assert "Attention in Small Places" in text_of(answer)
