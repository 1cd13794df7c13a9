"""Slack under load: 50 commands a second, while 2,000 channels of 50 workspaces get their digest.

The bot is `paperboy run` as it is installed, with the real clock; Slack is this process, on loopback. Beside
it a bot that answers before it acknowledges, in the same run.
"""

import asyncio
import math
import shutil
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Final, Literal

import psutil

from benchmarks import corpus
from benchmarks.measure import PROGRAM, ROOT, Figure, Outcome, Skipped, Spread, clean_environ, job
from benchmarks.slack_loopback import LATENCY, LoadedSlack
from benchmarks.slack_places import CHANNELS, LARGEST, listed_ids
from tests.servers.huggingface import HuggingFaceServer
from tests.servers.slack.exchange import Exchange
from tests.servers.slack.oauth import CLIENT_ID, CLIENT_SECRET
from tests.servers.slack.pace import ONE_WORKSPACE

MILLISECONDS: Final = 300.0  # to acknowledge a command, at the 99th percentile
RATE: Final = 50  # commands a second
SECONDS: Final = 60  # so long
_GIVEN_UP: Final = 3.0  # seconds after which Slack tells the person that the app did not respond
_SECRET: Final = "signing-secret-of-the-loopback"  # noqa: S105 - of the stand-in alone
_START: Final = timedelta(seconds=25)  # that the bot may take to start
_SERVED_WITHIN: Final = 240.0  # seconds, or what is not there by then is missed
_PATIENCE: Final = 120.0  # seconds, or an answer does not come any more
_SEED: Final = 20251120
_INSTEAD: Final = "a bolt app that answers before it acknowledges"
_IN_TURN: Final = "one digest after the other (counted from the latency alone)"

How = Literal["socket", "http", "naive"]

# What people type, and how many of a hundred commands it is: nearly half are searches, mostly words alone.
_MIXTURE: Final = {
    "words": 32,
    "search": 10,
    "similar": 4,
    "today": 16,
    "trending": 6,
    "why": 10,
    "paper": 6,
    "subscriptions": 4,
    "subscribe": 2,
    "saved": 3,
    "save": 2,
    "status": 3,
    "help": 2,
}


@dataclass(frozen=True, slots=True)
class _Command:
    """What became of one command; seconds from when it was sent, `None` for never."""

    text: str
    acknowledged: float | None
    answered: float | None


@dataclass(frozen=True, slots=True)
class _Run:
    """What was seen of one bot."""

    commands: Sequence[_Command]
    served: float  # seconds from the minute at which all digests were due until the last was there
    posted: Sequence[float]  # seconds from that minute, of each digest
    once: int  # channels that got exactly one
    megabytes: float  # the most resident
    busy: float  # seconds of processor time from the due minute until the last command

    @property
    def acknowledgements(self) -> list[float]:
        """Milliseconds; who was not acknowledged was told so after three seconds."""
        return [1e3 * min(one.acknowledged or _GIVEN_UP, _GIVEN_UP) for one in self.commands]

    @property
    def answers(self) -> list[float]:
        """Milliseconds, of those that were answered."""
        return [1e3 * one.answered for one in self.commands if one.answered is not None]


def measure(folder: Path) -> list[Outcome]:
    """How soon commands are acknowledged, over both ways, and how long the digests take."""
    if not all(file.exists() for file in corpus.NEEDED):
        return [Skipped("Slack under load", corpus.ABSENT)]
    filled = folder / "filled"
    job("slack_places", "papers", str(filled))
    runs: dict[How, _Run] = {}
    ways: tuple[How, ...] = ("naive", "socket", "http")
    for how in ways:
        home = folder / how
        shutil.copytree(filled, home)
        runs[how] = asyncio.run(_load(home, how))
        print(f"{how}: {_told(runs[how])}", file=sys.stderr)
    naive = runs.pop("naive")
    return [figure for how, run in runs.items() for figure in _figures(how, run, naive)]


def _figures(how: How, run: _Run, naive: _Run) -> list[Outcome]:
    ours, theirs = _slowest(run.acknowledgements), _slowest(naive.acknowledgements)
    paced = (
        f"{run.once:,} channels got exactly one digest; at most {_fastest(run.posted):.0f} messages/s; Slack "
        f"allows all but {LARGEST - ONE_WORKSPACE} at once, these after {_at_least():.0f} s"
    )
    return [
        Figure(
            f"acknowledging a command, 99 of 100, {how}", "ms", Spread((ours,)), MILLISECONDS, _INSTEAD,
            Spread((theirs,)), _told(run),
        ),
        Figure(
            f"serving {CHANNELS:,} channels, {how}", "s", Spread((run.served,)), 2 * _at_least(), _IN_TURN,
            Spread((CHANNELS * LATENCY,)), paced,
        ),
    ]  # fmt: skip


def _told(run: _Run) -> str:
    acknowledged, answers = run.acknowledgements, run.answers
    lost = sum(one.acknowledged is None or one.acknowledged > _GIVEN_UP for one in run.commands)
    return (
        f"{len(run.commands):,} commands, acknowledged median {median(acknowledged):.0f} ms, worst "
        f"{max(acknowledged):,.0f}, {lost} not within 3 s; {len(answers):,} answered, median "
        f"{median(answers):,.0f} ms, 99 of 100 {_slowest(answers):,.0f}; peak {run.megabytes:.0f} MB, "
        f"processor {run.busy:.0f} s"
    )


def _at_least() -> float:
    """Seconds that Slack's pace alone takes for the largest workspace."""
    return 60.0 * ((LARGEST - 1) // ONE_WORKSPACE)


def _slowest(values: Sequence[float]) -> float:
    """The 99th percentile by nearest rank."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


def _fastest(times: Sequence[float]) -> float:
    """The most messages a second, over any five seconds that begin with one."""
    ordered = sorted(times)
    return max(sum(first <= one < first + 5 for one in ordered) / 5 for first in ordered[::20])


# --- one bot under load --------------------------------------------------------------------------


async def _load(home: Path, how: How) -> _Run:
    due = _next_minute(datetime.now(UTC) + _START + timedelta(seconds=20))  # to write the channels
    await asyncio.to_thread(job, "slack_places", "channels", str(home), due.isoformat())
    async with LoadedSlack() as slack, HuggingFaceServer({}) as upstream:
        process = await asyncio.create_subprocess_exec(
            *_command(how),
            cwd=ROOT,
            env=clean_environ(_environ(slack, upstream, home, how)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=(home / "log.txt").open("wb"),
        )
        try:
            run = await _measured(slack, psutil.Process(process.pid), due)
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
        problems = [*slack.problems(), *slack.forgive()]
    assert not problems, problems[:10]
    return run


def _next_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _command(how: How) -> list[str]:
    return [sys.executable, "-m", "benchmarks.slack_naive"] if how == "naive" else [str(PROGRAM), "run"]


def _environ(slack: LoadedSlack, upstream: HuggingFaceServer, home: Path, how: How) -> dict[str, str]:
    """The settings of a bot that many workspaces installed; of upstreams it has a quiet one."""
    port = _free_port()
    if how == "http":
        slack.use_http(f"http://127.0.0.1:{port}/slack/events", _SECRET)
        reached = {"PAPERBOY_SLACK_SIGNING_SECRET": _SECRET}
    else:
        reached = {"PAPERBOY_SLACK_APP_TOKEN": slack.app_token.value}
    return {
        **reached,
        "PAPERBOY_HOME": str(home),
        "PAPERBOY_BACKFILL_FROM": "off",
        "PAPERBOY_ARXIV": "off",
        "PAPERBOY_GITHUB": "off",
        "PAPERBOY_HACKERNEWS": "off",
        "HF_ENDPOINT": upstream.url,
        "PAPERBOY_SLACK_API_URL": slack.api_url,
        "PAPERBOY_SLACK_CLIENT_ID": CLIENT_ID,
        "PAPERBOY_SLACK_CLIENT_SECRET": CLIENT_SECRET,
        "PAPERBOY_PUBLIC_URL": "https://papers.example.org",
        "PAPERBOY_WEB_ADDRESS": f"127.0.0.1:{port}",
    }


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


async def _measured(slack: LoadedSlack, bot: psutil.Process, due: datetime) -> _Run:
    random = Random(_SEED)
    typed = _typed(random)
    await _listening(slack)
    for name in _MIXTURE:  # so that everything was used once, as in a bot that runs since yesterday
        await _send(slack, random, typed(name))
    await asyncio.sleep((due - datetime.now(UTC)).total_seconds())
    begin, busy = time.monotonic(), _busy(bot)
    memory: list[float] = []
    watching = asyncio.ensure_future(_watched(bot, memory))
    names = random.choices(list(_MIXTURE), list(_MIXTURE.values()), k=RATE * SECONDS)
    under_way = []
    at = begin
    for name in names:
        at += random.expovariate(RATE)  # as people type: each by himself
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        under_way.append(asyncio.ensure_future(_send(slack, random, typed(name))))
    busy = _busy(bot) - busy
    sent = await asyncio.gather(*under_way)
    commands = [await _answered(slack, *one) for one in sent]
    with suppress(TimeoutError):
        await slack.until(lambda: len(slack.served) == CHANNELS, begin + _SERVED_WITHIN - time.monotonic())
    whole = len(slack.served) == CHANNELS
    watching.cancel()
    return _Run(
        commands=commands,
        served=max(slack.post_times) - begin if whole else math.inf,
        posted=[one - begin for one in slack.post_times],
        once=sum(count == 1 for count in slack.served.values()),
        megabytes=max(memory),
        busy=busy,
    )


async def _listening(slack: LoadedSlack) -> None:
    """Waits until the bot can be reached."""
    if slack.http is None:
        await slack.until(lambda: bool(slack.socket.connections), _START.total_seconds() + 60)
        return
    until = time.monotonic() + _START.total_seconds() + 60
    while (reply := await slack.http.verify_url("here?")) is None or reply.status != 200:
        assert time.monotonic() < until, "The bot does not listen."
        await asyncio.sleep(0.2)  # nothing tells when it will


def _typed(random: Random) -> Callable[[str], str]:
    """Makes what somebody types, by the name in the mixture."""
    asked = corpus.questions()
    words = [one.text for kind in ("short", "topic", "12 words") for one in asked[kind]]
    filtered = [one.text for one in asked["filtered"]]
    listed = listed_ids()
    made: dict[str, Callable[[], str]] = {
        "words": lambda: random.choice(words),
        "search": lambda: f"search {random.choice(filtered)}",
        "trending": lambda: f"trending {random.choice(('day', 'week', 'month'))}",
        "subscribe": lambda: f"subscribe {random.choice(words[:200])}",
        **{name: partial(_of_paper, random, name, listed) for name in ("similar", "why", "paper", "save")},
    }
    return lambda name: made[name]() if name in made else name


def _of_paper(random: Random, name: str, listed: Sequence[str]) -> str:
    return f"{name} {random.choice(listed)}"


async def _send(slack: LoadedSlack, random: Random, text: str) -> tuple[float, Exchange]:
    """Types a command; when, and what came of it once it was acknowledged or nobody waited any longer."""
    user, channel = random.choice(slack.people)
    sent = time.monotonic()
    return sent, await slack.command("/papers", text, user=user, channel=channel)


async def _answered(slack: LoadedSlack, sent: float, exchange: Exchange) -> _Command:
    """The command with its answer, if one comes."""
    assert exchange.link is not None
    link = exchange.link.id
    with suppress(TimeoutError):
        await slack.until(lambda: link in slack.answer_times, max(0.0, sent + _PATIENCE - time.monotonic()))
    at = slack.answer_times.get(link)
    return _Command(
        text=exchange.payload["text"],
        acknowledged=exchange.seconds if exchange.acknowledged else None,
        answered=None if at is None else at - sent,
    )


async def _watched(bot: psutil.Process, memory: list[float]) -> None:
    """Notes the resident memory (MB) twice a second."""
    while True:
        memory.append(bot.memory_info().rss / 1e6)
        await asyncio.sleep(0.5)


def _busy(bot: psutil.Process) -> float:
    """Seconds of processor time that the bot used so far."""
    times = bot.cpu_times()
    return float(times.user + times.system)
