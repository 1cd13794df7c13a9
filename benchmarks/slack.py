"""Slack under load: 50 commands a second, while 2,000 channels of 50 workspaces get their digest.

The bot is `paperboy run` as it is installed, with the real clock; Slack is this process, on loopback. Beside
it a bot that answers before it acknowledges, in the same run.
"""

import asyncio
import math
import shutil
import sys
import time
from collections.abc import Sequence
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
    free_port,
    next_minute,
    running,
    settings,
    slowest,
    typing,
    until_due,
    watched,
)
from benchmarks.chat_papers import MIXTURE, typed
from benchmarks.measure import PROGRAM, Figure, Outcome, Skipped, Spread, job
from benchmarks.slack_loopback import LATENCY, LoadedSlack
from benchmarks.slack_places import CHANNELS, LARGEST
from tests.servers.huggingface import HuggingFaceServer
from tests.servers.slack.exchange import Exchange
from tests.servers.slack.oauth import CLIENT_ID, CLIENT_SECRET
from tests.servers.slack.pace import ONE_WORKSPACE

SECONDS: Final = 60  # in which people type
_SECRET: Final = "signing-secret-of-the-loopback"  # noqa: S105 - of the stand-in alone
_START: Final = timedelta(seconds=25)  # that the bot may take to start
_SERVED_WITHIN: Final = 240.0  # seconds, or what is not there by then is missed
_PATIENCE: Final = 120.0  # seconds, or an answer does not come any more
_SEED: Final = 20251120
_INSTEAD: Final = "a bolt app that answers before it acknowledges"
_IN_TURN: Final = "one digest after the other (counted from the latency alone)"

How = Literal["socket", "http", "naive"]


@dataclass(frozen=True, slots=True)
class Typed:
    """What became of one command; seconds from when it was sent, `None` for never."""

    acknowledged: float | None
    answered: float | None


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one bot."""

    commands: Sequence[Typed]
    served: float  # seconds from the minute at which all digests were due until the last was there
    posted: Sequence[float]  # seconds from that minute, of each digest
    once: int  # channels that got exactly one
    megabytes: float  # the most resident
    busy: float  # seconds of processor time from the due minute until the last command

    @property
    def acknowledgements(self) -> list[float]:
        """Milliseconds; who was not acknowledged was told so after three seconds."""
        return [1e3 * min(one.acknowledged or GIVEN_UP, GIVEN_UP) for one in self.commands]

    @property
    def answers(self) -> list[float]:
        """Milliseconds, of those that were answered."""
        return [1e3 * one.answered for one in self.commands if one.answered is not None]


def measure(folder: Path) -> list[Outcome]:
    """How soon commands are acknowledged, over both ways, and how long the digests take."""
    if not all(file.exists() for file in corpus.NEEDED):
        return [Skipped("Slack under load", corpus.ABSENT)]
    filled = folder / "filled"
    job("chat_papers", str(filled))
    runs: dict[How, Seen] = {}
    ways: tuple[How, ...] = ("naive", "socket", "http")
    for how in ways:
        home = folder / how
        shutil.copytree(filled, home)
        runs[how] = asyncio.run(_load(home, how))
        print(f"{how}: {told(runs[how])}", file=sys.stderr)
    naive = runs.pop("naive")
    return [figure for how, run in runs.items() for figure in _figures(how, run, naive)]


def _figures(how: How, run: Seen, naive: Seen) -> list[Outcome]:
    ours, theirs = slowest(run.acknowledgements), slowest(naive.acknowledgements)
    paced = (
        f"{run.once:,} channels got exactly one digest; at most {fastest(run.posted):.0f} messages/s; Slack "
        f"allows all but {LARGEST - ONE_WORKSPACE} at once, these after {at_least():.0f} s"
    )
    return [
        Figure(
            f"acknowledging a command, 99 of 100, {how}", "ms", Spread((ours,)), MILLISECONDS, _INSTEAD,
            Spread((theirs,)), told(run),
        ),
        Figure(
            f"serving {CHANNELS:,} channels, {how}", "s", Spread((run.served,)), 2 * at_least(), _IN_TURN,
            Spread((CHANNELS * LATENCY,)), paced,
        ),
    ]  # fmt: skip


def told(run: Seen) -> str:
    """What was seen, in a line."""
    acknowledged, answers = run.acknowledgements, run.answers
    lost = sum(one.acknowledged is None or one.acknowledged > GIVEN_UP for one in run.commands)
    return (
        f"{len(run.commands):,} commands, acknowledged median {median(acknowledged):.0f} ms, worst "
        f"{max(acknowledged):,.0f}, {lost} not within 3 s; {len(answers):,} answered, median "
        f"{median(answers):,.0f} ms, 99 of 100 {slowest(answers):,.0f}; peak {run.megabytes:.0f} MB, "
        f"processor {run.busy:.0f} s"
    )


def at_least() -> float:
    """Seconds that Slack's pace alone takes for the largest workspace."""
    return 60.0 * ((LARGEST - 1) // ONE_WORKSPACE)


# --- one bot under load --------------------------------------------------------------------------


async def _load(home: Path, how: How) -> Seen:
    due = next_minute(datetime.now(UTC) + _START + timedelta(seconds=20))  # to write the channels
    await asyncio.to_thread(job, "slack_places", str(home), due.isoformat())
    async with LoadedSlack() as slack, HuggingFaceServer({}) as upstream:
        environ = settings(home, upstream) | slack_environ(slack, how)
        async with running(_command(how), home, environ) as bot:
            run = await _measured(slack, bot, due)
        problems = [*slack.problems(), *slack.forgive()]
    assert not problems, problems[:10]
    return run


def _command(how: How) -> list[str]:
    return [sys.executable, "-m", "benchmarks.slack_naive"] if how == "naive" else [str(PROGRAM), "run"]


def slack_environ(slack: LoadedSlack, how: How) -> dict[str, str]:
    """The settings of a bot that many workspaces installed."""
    port = free_port()
    if how == "http":
        slack.use_http(f"http://127.0.0.1:{port}/slack/events", _SECRET)
        reached = {"PAPERBOY_SLACK_SIGNING_SECRET": _SECRET}
    else:
        reached = {"PAPERBOY_SLACK_APP_TOKEN": slack.app_token.value}
    return {
        **reached,
        "PAPERBOY_SLACK_API_URL": slack.api_url,
        "PAPERBOY_SLACK_CLIENT_ID": CLIENT_ID,
        "PAPERBOY_SLACK_CLIENT_SECRET": CLIENT_SECRET,
        "PAPERBOY_PUBLIC_URL": "https://papers.example.org",
        "PAPERBOY_WEB_ADDRESS": f"127.0.0.1:{port}",
    }


async def _measured(slack: LoadedSlack, bot: psutil.Process, due: datetime) -> Seen:
    people = People(slack, Random(_SEED))
    await people.warm_up()
    await until_due(due)
    begin, before = time.monotonic(), busy(bot)
    async with watched(bot) as memory:
        tasks = await typing(people.random, RATE, lambda: time.monotonic() > begin + SECONDS, people.send)
        used = busy(bot) - before
        commands = await people.answered(await asyncio.gather(*tasks))
        await all_served(slack, begin)
    return seen(slack, commands, begin, max(memory), used)


async def all_served(slack: LoadedSlack, begin: float) -> None:
    """Waits for the last digest, if it comes."""
    left = begin + _SERVED_WITHIN - time.monotonic()
    with suppress(TimeoutError):
        await slack.until(lambda: len(slack.served) == CHANNELS, left)


def seen(slack: LoadedSlack, commands: Sequence[Typed], begin: float, megabytes: float, used: float) -> Seen:
    """All that was seen of one bot."""
    whole = len(slack.served) == CHANNELS
    return Seen(
        commands=commands,
        served=max(slack.post_times) - begin if whole else math.inf,
        posted=[one - begin for one in slack.post_times],
        once=sum(count == 1 for count in slack.served.values()),
        megabytes=megabytes,
        busy=used,
    )


class People:
    """Who types commands in Slack, and what comes of it."""

    def __init__(self, slack: LoadedSlack, random: Random) -> None:
        self.random = random
        self._slack = slack
        self._typed = typed(random)

    async def warm_up(self) -> None:
        """Waits until the bot can be reached; then everything is used once, as in a bot that runs since
        yesterday.
        """
        await _listening(self._slack)
        for name in MIXTURE:
            await self.send(name)

    async def send(self, name: str) -> tuple[float, Exchange]:
        """Types a command of the mixture; when, and what came of it once it was acknowledged or nobody waited
        any longer.
        """
        user, channel = self.random.choice(self._slack.people)
        sent = time.monotonic()
        return sent, await self._slack.command("/papers", self._typed(name), user=user, channel=channel)

    async def answered(self, sent: Sequence[tuple[float, Exchange]]) -> list[Typed]:
        """The commands with their answers, as far as they come."""
        return [await _answered(self._slack, *one) for one in sent]


async def _listening(slack: LoadedSlack) -> None:
    """Waits until the bot can be reached."""
    if slack.http is None:
        await slack.until(lambda: bool(slack.socket.connections), _START.total_seconds() + 60)
        return
    until = time.monotonic() + _START.total_seconds() + 60
    while (reply := await slack.http.verify_url("here?")) is None or reply.status != 200:
        assert time.monotonic() < until, "The bot does not listen."
        await asyncio.sleep(0.2)  # nothing tells when it will


async def _answered(slack: LoadedSlack, sent: float, exchange: Exchange) -> Typed:
    """The command with its answer, if one comes."""
    assert exchange.link is not None
    link = exchange.link.id
    with suppress(TimeoutError):
        await slack.until(lambda: link in slack.answer_times, max(0.0, sent + _PATIENCE - time.monotonic()))
    at = slack.answer_times.get(link)
    return Typed(
        acknowledged=exchange.seconds if exchange.acknowledged else None,
        answered=None if at is None else at - sent,
    )
