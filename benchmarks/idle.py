"""`paperboy run` with nothing to do but to poll and to show its page: what stays in memory.

Every upstream is a stand-in on loopback that shows a month of recorded lists as if they were the last ones,
so that the bot reads, stores and looks up as it would; one reader looks at today's page. Beside it, the same
bot with its platforms loaded.
"""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp
import psutil

from benchmarks.cold_start import INSTEAD, eager_program, platforms_installed
from benchmarks.measure import PROGRAM, ROOT, Figure, Outcome, Skipped, Spread, clean_environ
from benchmarks.recorded import ABSENT, BODIES, MONTH, newest_month
from tests.servers.arxiv import ArxivServer, paper_of_row
from tests.servers.github import GitHubServer
from tests.servers.hackernews import HackerNewsServer
from tests.servers.huggingface import HuggingFaceServer

MEGABYTES: Final = 130.0
SETTLED_AFTER: Final = timedelta(seconds=90)
WATCHED_FOR: Final = timedelta(seconds=30)
_EVERY: Final = 1.0  # seconds


def measure(folder: Path) -> list[Outcome]:
    """The resident memory of both after they have settled."""
    name = "paperboy run, idle, with the page, without platforms"
    if not BODIES.exists():
        return [Skipped(name, ABSENT)]
    if not platforms_installed():
        return [Skipped(name, "needs discord.py to compare with")]
    (ours, asked), (theirs, _) = asyncio.run(_both(folder))
    note = f"{asked} requests were answered before and while it was watched"
    return [Figure(name, "MB", ours, MEGABYTES, INSTEAD, theirs, note)]


async def _both(folder: Path) -> tuple[tuple[Spread, int], tuple[Spread, int]]:
    return await asyncio.gather(
        _bot([str(PROGRAM), "run"], folder / "ours"), _bot([*eager_program(), "run"], folder / "theirs")
    )


async def _bot(command: Sequence[str], home: Path) -> tuple[Spread, int]:
    """The memory of one bot with upstreams of its own, and how often they were asked."""
    today = datetime.now(UTC).date()
    lists = newest_month()
    shift = today - lists[-1].day
    async with AsyncExitStack() as stack:
        huggingface = HuggingFaceServer({one.day + shift: one.rows for one in lists})
        arxiv = ArxivServer(paper_of_row(row) for one in lists for row in one.rows)
        github, hackernews = GitHubServer(), HackerNewsServer()
        servers = (huggingface, arxiv, github, hackernews)
        for server in servers:
            await stack.enter_async_context(server)
        environ = {
            "PAPERBOY_HOME": str(home),
            "PAPERBOY_BACKFILL_FROM": (today - MONTH).isoformat(),
            "HF_ENDPOINT": huggingface.url,
            "PAPERBOY_ARXIV_API_URL": arxiv.api_url,
            "PAPERBOY_ARXIV_RSS_URL": arxiv.rss_url,
            "PAPERBOY_GITHUB_API_URL": github.url,
            "PAPERBOY_HN_API_URL": hackernews.api_url,
        }
        environ["PAPERBOY_WEB_ADDRESS"] = address = f"127.0.0.1:{_free_port()}"
        return await _resident(command, environ, f"http://{address}/"), sum(
            len(server.asked) for server in servers
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _resident(command: Sequence[str], environ: dict[str, str], page: str) -> Spread:
    """The resident memory (MB) of a process, once a second after it has settled, while somebody looks at its
    page as often. Raises if it ends.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env=clean_environ(environ),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await asyncio.sleep(SETTLED_AFTER.total_seconds())
        watched = psutil.Process(process.pid)
        values = []
        async with aiohttp.ClientSession() as reader:
            for _ in range(int(WATCHED_FOR.total_seconds() / _EVERY)):
                async with reader.get(page) as got:
                    got.raise_for_status()
                    await got.read()
                values.append(watched.memory_info().rss / 1e6)
                await asyncio.sleep(_EVERY)
        return Spread(tuple(values))
    finally:
        process.terminate()
        await process.wait()
