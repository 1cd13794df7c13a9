"""What is offered while somebody types, from the real papers, in Discord's time."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.commands.model import Completion
from bot.commands.service import Commands
from tests.clocks import StillClock
from tests.platform.discord.discord_bot import DiscordBot, Scene, discord_bot
from tests.platform.discord.test_behaviour import waited
from tests.servers.discord.server import DiscordServer


@pytest.mark.parametrize(
    ("command", "option", "typed", "offered"),
    [
        ("papers paper", "paper", "small places", "Attention in Small Places"),
        ("papers search", "query", "author:by", "Ada Byron"),
        ("papers search", "query", "cat:cs.R", "cs.RO"),
        ("papers settings", "zone", "berl", "Europe/Berlin"),
        ("papers subscribe", "at", "9", "9:30"),
        ("papers subscribe", "days", "we", "weekdays"),
    ],
)
async def test_what_is_typed_is_completed(
    bot: DiscordBot, scene: Scene, command: str, option: str, typed: str, offered: str
) -> None:
    asked = await bot.server.suggest(command, option, typed, user=scene.reader, channel=scene.channel)
    found = await asked.choices()
    assert any(offered in name for name, _ in found), found
    assert all(0 < len(value) <= 100 for _, value in found)


async def test_what_is_chosen_is_taken(bot: DiscordBot, scene: Scene) -> None:
    asked = await bot.server.suggest(
        "papers why", "paper", "speech", user=scene.reader, channel=scene.channel
    )
    _, value = (await asked.choices())[0]
    answer = await bot.server.command(
        "papers why", {"paper": value}, user=scene.reader, channel=scene.channel
    )
    assert "Speech Recognition" in str((await answer.message()).components)


async def test_a_search_that_somebody_keeps_is_offered_to_them_alone(bot: DiscordBot, scene: Scene) -> None:
    made = await bot.server.command(
        "papers subscribe", {"query": "speech tables", "at": "9:00"}, user=scene.reader, channel=scene.channel
    )
    await made.message()
    offered = {}
    for person in (scene.reader, scene.keeper):
        asked = await bot.server.suggest("papers search", "query", "tabl", user=person, channel=scene.channel)
        offered[person.name] = [value for _, value in await asked.choices()]
    assert offered == {"ben": ["speech tables"], "maya": []}


async def test_a_forums_tags_are_offered_in_its_posts(bot: DiscordBot, scene: Scene) -> None:
    forum = scene.guild.forum("reading", tags=["News", "Papers"])
    post = scene.guild.thread(forum, "hello", owner=scene.keeper)
    asked = await bot.server.suggest("papers-channel add", "tag", "pa", user=scene.keeper, channel=post)
    assert await asked.choices() == [("Papers", "Papers")]


class Slow(Commands):
    """Completes when it is too late."""

    async def complete(self, *_: object) -> Sequence[Completion]:
        await asyncio.Event().wait()
        raise AssertionError


async def test_what_cannot_be_completed_in_time_is_left_alone(
    server: DiscordServer, scene: Scene, clock: StillClock, tmp_path: Path
) -> None:
    async with discord_bot(server, clock, tmp_path / "home", Slow):
        asked = await server.suggest("papers search", "query", "x", user=scene.reader, channel=scene.channel)
        assert await waited(clock, asked.choices()) == []
