"""Discord under load: 50 commands a second, while 10,000 channels get their digest at the same minute.

The bot is `paperboy run` as it is installed, with the real clock; Discord is this process, on loopback.
Beside it a plain bot of discord.py's, in the same run.
"""

import asyncio
import math
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Final, Literal

import psutil

from benchmarks import corpus
from benchmarks.chat_load import (
    GIVEN_UP,
    MILLISECONDS,
    RATE,
    busy,
    fastest,
    next_minute,
    running,
    settings,
    slowest,
    typing,
    until_due,
    watched,
)
from benchmarks.chat_papers import MIXTURE, typed
from benchmarks.discord_loopback import LoadedDiscord, shards
from benchmarks.discord_places import CHANNELS, servers
from benchmarks.measure import PROGRAM, Figure, Outcome, Skipped, Spread, job
from tests.servers.huggingface import HuggingFaceServer

MEGABYTES: Final = 300.0
PER_SECOND: Final = 45.0  # messages: 90 of 100 that Discord lets through
_NAIVE_FOR: Final = 60.0  # seconds that the plain bot is looked at: to the end, it takes half an hour
_START: Final = timedelta(seconds=25)  # that the bot may take to start
_A_SHARD: Final = timedelta(seconds=6)  # that each of its shards takes
_WRITTEN: Final = 150  # channels a second, before the bot starts
_PATIENCE: Final = 2.0  # times as long as it may take, or what is not there by then is missed
_ANSWERED_WITHIN: Final = 30.0  # seconds, or an answer does not come any more
_SEED: Final = 20251120
_INSTEAD: Final = "a plain bot that answers without deferring"
_IN_TURN: Final = "a plain bot that posts to one after the other"
_CACHING: Final = "a plain bot with discord.py's usual memory"

How = Literal["ours", "naive"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one bot on Discord."""

    channels: int  # that were to get a digest
    first: Sequence[float | None]  # seconds until each command was answered at all, `None` for never
    whole: Sequence[float | None]  # and until what it wanted to know was there
    posted: Sequence[float]  # seconds from the due minute, of each message
    once: int  # channels that got exactly one
    limited: int  # requests that Discord refused for their number
    megabytes: float  # the most resident
    busy: float  # seconds of processor time from the due minute until all was sent
    seconds: float  # so long

    @property
    def answers(self) -> list[float]:
        """Milliseconds; who was not answered was told so after three seconds."""
        return [1e3 * (GIVEN_UP if one is None else min(one, GIVEN_UP)) for one in self.first]

    @property
    def served(self) -> float:
        """Seconds from the due minute until the last digest was there, if all came."""
        return max(self.posted) if len(self.posted) >= self.channels else math.inf

    @property
    def rate(self) -> float:
        """Messages a second, as long as there were any."""
        return len(self.posted) / max(self.posted)


def measure(folder: Path, channels: int = CHANNELS) -> list[Outcome]:
    """How soon commands are answered, how fast the digests go out, and what memory that takes."""
    if not all(file.exists() for file in corpus.NEEDED):
        return [Skipped("Discord under load", corpus.ABSENT)]
    filled = folder / "filled"
    job("chat_papers", str(filled))
    seen: dict[How, Seen] = {}
    ways: tuple[How, ...] = ("naive", "ours")
    for how in ways:
        home = folder / how
        shutil.copytree(filled, home)
        seen[how] = asyncio.run(_load(home, how, channels))
        print(f"{how}: {told(seen[how])}", file=sys.stderr)
    ours, naive = seen["ours"], seen["naive"]
    return [
        Figure(
            "answering a command, 99 of 100, Discord", "ms", Spread((slowest(ours.answers),)), MILLISECONDS,
            _INSTEAD, Spread((slowest(naive.answers),)), told(ours),
        ),
        Figure(
            f"serving {channels:,} channels, Discord", "s", Spread((ours.served,)), channels / PER_SECOND,
            _IN_TURN, Spread((channels / naive.rate,)),
            f"{ours.once:,} channels got exactly one digest; at most {fastest(ours.posted):.0f} messages/s; "
            f"{ours.limited} requests refused for their number; the plain bot had {naive.seconds:.0f} s",
        ),
        Figure(
            f"memory with {channels:,} servers", "MB", Spread((ours.megabytes,)), MEGABYTES,
            _CACHING, Spread((naive.megabytes,)),
        ),
    ]  # fmt: skip


def told(seen: Seen) -> str:
    """What was seen, in a line."""
    answers, whole = seen.answers, [1e3 * one for one in seen.whole if one is not None]
    lost = sum(one is None or one > GIVEN_UP for one in seen.first)
    return (
        f"{len(answers):,} commands, answered median {median(answers):.0f} ms, worst {max(answers):,.0f}, "
        f"{lost} not within 3 s; whole median {median(whole):,.0f} ms, 99 of 100 {slowest(whole):,.0f}; "
        f"{len(seen.posted):,} messages, {seen.rate:.1f}/s; peak {seen.megabytes:.0f} MB, processor "
        f"{seen.busy:.0f} of {seen.seconds:.0f} s"
    )


# --- one bot under load --------------------------------------------------------------------------


async def _load(home: Path, how: How, channels: int) -> Seen:
    async with LoadedDiscord(servers(channels)) as discord, HuggingFaceServer({}) as upstream:
        due = starting(channels)
        await asyncio.to_thread(job, "discord_places", str(home), str(channels), due.isoformat())
        environ = settings(home, upstream) | discord_environ(discord)
        async with running(_command(how, due), home, environ) as bot:
            return await _measured(discord, bot, due, _NAIVE_FOR if how == "naive" else None)


def starting(channels: int, more: timedelta = timedelta(0)) -> datetime:
    """The minute by which the channels are written, and `more`, and the bot has started."""
    writing = timedelta(seconds=channels / _WRITTEN)
    return next_minute(datetime.now(UTC) + writing + more + _START + shards(channels) * _A_SHARD)


def discord_environ(discord: LoadedDiscord) -> dict[str, str]:
    return {"PAPERBOY_DISCORD_TOKEN": discord.world.token, "PAPERBOY_DISCORD_API_URL": discord.api_url}


def _command(how: How, due: datetime) -> list[str]:
    if how == "naive":
        return [sys.executable, "-m", "benchmarks.discord_naive", due.isoformat()]
    return [str(PROGRAM), "run"]


async def _measured(
    discord: LoadedDiscord, bot: psutil.Process, due: datetime, seconds: float | None
) -> Seen:
    """Lets people type until all digests are there, or for so many seconds."""
    people = People(discord, Random(_SEED))
    await people.warm_up()
    await until_due(due)
    begin, before = time.monotonic(), busy(bot)
    over = until_served(discord, begin) if seconds is None else lambda: time.monotonic() > begin + seconds
    async with watched(bot) as memory:
        sent = await asyncio.gather(*await typing(people.random, RATE, over, people.send))
        took, used = time.monotonic() - begin, busy(bot) - before
        await people.answered(sent)
    return people.seen(sent, begin, max(memory), used, took)


def until_served(discord: LoadedDiscord, begin: float) -> Callable[[], bool]:
    """Whether all digests are there, or it took too long."""
    longest = _PATIENCE * len(discord.digests) / PER_SECOND
    return lambda: len(discord.posts) == len(discord.digests) or time.monotonic() > begin + longest


class People:
    """Who types commands on Discord, and what comes of it."""

    def __init__(self, discord: LoadedDiscord, random: Random) -> None:
        self._discord = discord
        self.random = random
        self._typed = typed(random)

    async def warm_up(self) -> None:
        """Waits until the bot can be reached; then everything is used once, as in a bot that runs since
        yesterday.
        """
        discord = self._discord
        shards = discord.world.gateway.shards
        await discord.until(lambda: len(discord.gateway.live) == shards, 60 + 6 * shards)
        for name in MIXTURE:
            await self.answered([await self.send(name)])

    async def send(self, name: str) -> tuple[float, str]:
        """Types a command of the mixture; when, and the interaction's token."""
        user, channel = self.random.choice(self._discord.people)
        text = self._typed(name)
        return time.monotonic(), await self._discord.typed(text, user=user, channel=channel)

    async def answered(self, sent: Sequence[tuple[float, str]]) -> None:
        """Waits for answers, as far as they come."""
        whole = self._discord.whole_times
        with suppress(TimeoutError):
            await self._discord.until(lambda: all(token in whole for _, token in sent), _ANSWERED_WITHIN)

    def seen(
        self, sent: Sequence[tuple[float, str]], begin: float, megabytes: float, used: float, took: float
    ) -> Seen:
        """All that was seen; what no answer came to is not held against the bot a second time."""
        discord = self._discord
        discord.look_back()
        discord.expect(10062, 10015)  # of answers that came too late
        discord.silent.update(one.id for one in discord.world.interactions.values())
        first, whole = discord.first_times, discord.whole_times
        return Seen(
            channels=len(discord.digests),
            first=[first[token] - at if token in first else None for at, token in sent],
            whole=[whole[token] - at if token in whole else None for at, token in sent],
            posted=[one - begin for one in discord.post_times],
            once=discord.once,
            limited=discord.limited,
            megabytes=megabytes,
            busy=used,
            seconds=took,
        )
