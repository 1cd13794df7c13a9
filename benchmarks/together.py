"""Slack and Discord under load together, in one process of the bot.

All of Slack's 2,000 channels and of Discord's 10,000 are due at the same minute. Of 50 commands a second,
half are typed on either, until the last digest of Discord is there.
"""

import asyncio
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import psutil

from benchmarks import corpus, discord, slack
from benchmarks.chat_load import (
    MILLISECONDS,
    RATE,
    busy,
    running,
    settings,
    slowest,
    typing,
    until_due,
    watched,
)
from benchmarks.discord_loopback import LATENCY, LoadedDiscord
from benchmarks.discord_places import CHANNELS, servers
from benchmarks.measure import PROGRAM, Figure, Outcome, Skipped, Spread, job
from benchmarks.slack_loopback import LoadedSlack
from benchmarks.slack_places import CHANNELS as IN_SLACK
from tests.servers.huggingface import HuggingFaceServer

_WRITING: Final = timedelta(seconds=20)  # Slack's channels
_SEED: Final = 20251121
_SERIALLY: Final = "one after the other (counted from the latency alone)"
_LATE: Final = "what the platforms wait for"


def measure(folder: Path, channels: int = CHANNELS) -> list[Outcome]:
    """The figures of both, with one bot in both."""
    if not all(file.exists() for file in corpus.NEEDED):
        return [Skipped("Slack and Discord together", corpus.ABSENT)]
    home = folder / "home"
    job("chat_papers", str(home))
    in_discord, in_slack = asyncio.run(_load(home, channels))
    print(f"Discord: {discord.told(in_discord)}\nSlack: {slack.told(in_slack)}", file=sys.stderr)
    answering, acknowledging = slowest(in_discord.answers), slowest(in_slack.acknowledgements)
    longest = Spread((3_000.0,))
    return [
        Figure(
            "answering in Discord, 99 of 100, together", "ms", Spread((answering,)), MILLISECONDS, _LATE,
            longest, discord.told(in_discord),
        ),
        Figure(
            "acknowledging in Slack, 99 of 100, together", "ms", Spread((acknowledging,)), MILLISECONDS,
            _LATE, longest, slack.told(in_slack),
        ),
        Figure(
            f"serving {channels:,} channels, Discord, together", "s", Spread((in_discord.served,)),
            channels / discord.PER_SECOND, _SERIALLY, Spread((channels * LATENCY,)),
            f"{in_discord.once:,} channels got exactly one digest",
        ),
        Figure(
            f"serving {IN_SLACK:,} channels, Slack, together", "s", Spread((in_slack.served,)),
            2 * slack.at_least(), _SERIALLY, Spread((IN_SLACK * LATENCY,)),
            f"{in_slack.once:,} channels got exactly one digest",
        ),
    ]  # fmt: skip


async def _load(home: Path, channels: int) -> tuple[discord.Seen, slack.Seen]:
    async with (
        LoadedDiscord(servers(channels)) as one,
        LoadedSlack() as other,
        HuggingFaceServer({}) as upstream,
    ):
        due = discord.starting(channels, _WRITING)
        await asyncio.to_thread(job, "discord_places", str(home), str(channels), due.isoformat())
        await asyncio.to_thread(job, "slack_places", str(home), due.isoformat())
        environ = settings(home, upstream)
        environ |= discord.discord_environ(one) | slack.slack_environ(other, "socket")
        async with running([str(PROGRAM), "run"], home, environ) as bot:
            seen = await _measured(one, other, bot, due)
        problems = [*other.problems(), *other.forgive()]
    assert not problems, problems[:10]
    return seen


async def _measured(
    one: LoadedDiscord, other: LoadedSlack, bot: psutil.Process, due: datetime
) -> tuple[discord.Seen, slack.Seen]:
    in_discord, in_slack = discord.People(one, Random(_SEED)), slack.People(other, Random(_SEED))
    await asyncio.gather(in_discord.warm_up(), in_slack.warm_up())
    await until_due(due)
    begin, before = time.monotonic(), busy(bot)
    over = discord.until_served(one, begin)
    async with watched(bot) as memory:
        discord_tasks, slack_tasks = await asyncio.gather(
            typing(in_discord.random, RATE / 2, over, in_discord.send),
            typing(in_slack.random, RATE / 2, over, in_slack.send),
        )
        took, used = time.monotonic() - begin, busy(bot) - before
        typed = await asyncio.gather(*discord_tasks)
        await in_discord.answered(typed)
        commands = await in_slack.answered(await asyncio.gather(*slack_tasks))
        await slack.all_served(other, begin)
    return (
        in_discord.seen(typed, begin, max(memory), used, took),
        slack.seen(other, commands, begin, max(memory), used),
    )
