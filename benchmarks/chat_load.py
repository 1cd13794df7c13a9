"""What the loads of chat platforms share: a bot as it is installed, people who type, and what was seen."""

import asyncio
import gc
import math
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

import psutil

from benchmarks.chat_papers import MIXTURE
from benchmarks.measure import ROOT, clean_environ
from tests.servers.huggingface import HuggingFaceServer

T = TypeVar("T")

MILLISECONDS: Final = 300.0  # until a command is answered or acknowledged, at the 99th percentile
RATE: Final = 50  # commands a second
GIVEN_UP: Final = 3.0  # seconds after which a platform tells the person that the app did not respond


@asynccontextmanager
async def running(
    command: Sequence[str], home: Path, environ: Mapping[str, str]
) -> AsyncIterator[psutil.Process]:
    """The bot as a process of its own, over this home, until the context is left.

    Meanwhile this process, which is the platform, looks for no garbage: with ten thousand servers it would
    stand still for a moment each time, and then count what came in several moments as come in one.
    """
    gc.collect()
    gc.disable()
    with (home / "log.txt").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=clean_environ(environ), stdout=subprocess.DEVNULL, stderr=log
        )
        try:
            yield psutil.Process(process.pid)
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            gc.enable()


def settings(home: Path, upstream: HuggingFaceServer) -> dict[str, str]:
    """Those of any bot; of upstreams it has a quiet one."""
    return {
        "PAPERBOY_HOME": str(home),
        "PAPERBOY_BACKFILL_FROM": "off",
        "PAPERBOY_ARXIV": "off",
        "PAPERBOY_GITHUB": "off",
        "PAPERBOY_HACKERNEWS": "off",
        "HF_ENDPOINT": upstream.url,
    }


async def typing(
    random: Random, rate: float, until: Callable[[], bool], send: Callable[[str], Coroutine[Any, Any, T]]
) -> list["asyncio.Task[T]"]:
    """Lets people type so many commands a second, each by himself, until nothing more is wanted.

    `send` gets a name of the mixture.
    """
    names, weights = list(MIXTURE), list(MIXTURE.values())
    under_way = []
    at = time.monotonic()
    while not until():
        at += random.expovariate(rate)
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        (name,) = random.choices(names, weights)
        under_way.append(asyncio.create_task(send(name)))
    return under_way


@asynccontextmanager
async def watched(bot: psutil.Process) -> AsyncIterator[list[float]]:
    """Notes the resident memory (MB) twice a second, for as long as the context lasts."""
    memory = [bot.memory_info().rss / 1e6]

    async def watch() -> None:
        while True:
            await asyncio.sleep(0.5)
            memory.append(bot.memory_info().rss / 1e6)

    watching = asyncio.create_task(watch())
    try:
        yield memory
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def busy(bot: psutil.Process) -> float:
    """Seconds of processor time that the bot used so far."""
    times = bot.cpu_times()
    return float(times.user + times.system)


def slowest(values: Sequence[float]) -> float:
    """The 99th percentile by nearest rank."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1]


def fastest(times: Sequence[float]) -> float:
    """The most messages a second, over any five seconds that begin with one."""
    ordered = sorted(times)
    return max(sum(first <= one < first + 5 for one in ordered) / 5 for first in ordered[::20])


async def until_due(due: datetime) -> None:
    """Waits for the minute at which all digests are due; to begin later would measure something else."""
    left = (due - datetime.now(UTC)).total_seconds()
    assert left > 0, "The bot was not ready by the minute that was chosen: the machine is too busy."
    await asyncio.sleep(left)


def next_minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0) + timedelta(minutes=1)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
