"""The page of today's edition: how soon ten readers at once have it, and how large it is.

The server is a process of its own over a month of recorded lists whose numbers change every two seconds, more
often than in life. Beside it the same page as most would write it: read and rendered for each reader.
As a process: `python -m benchmarks.web DATABASE ours|instead` serves until its standard input ends.
"""

import asyncio
import itertools
import json
import math
import random
import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.web.answers import Body, answer
from adapters.web.pages import FULL, Pages
from adapters.web.render import Renderer, period_title
from adapters.web.server import WebServer
from adapters.web.site import Site
from benchmarks.measure import ROOT, Figure, Outcome, Skipped, Spread, clean_environ
from benchmarks.recorded import ABSENT, BODIES, RecordedList, ingest, newest_month
from bot.commands.rankings import Rankings
from bot.logs import configure_logs
from bot.model import Signal
from bot.plots.drawing import DrawingProcess
from bot.plots.plots import Plots
from bot.ports import Store
from bot.reading.reading import Reading
from bot.search.service import Search
from bot.sources.huggingface import poll_from_body
from bot.system import RandomIds
from storage.index.index import open_index
from storage.sqlite.store import open_sqlite
from tests.clocks import FastClock

MILLISECONDS: Final = 30.0  # to have the page, 99 of 100
KILOBYTES: Final = 60.0
READERS: Final = 10
ARRIVALS: Final = 200  # times that so many come at once
_PAUSE: Final = 0.05  # seconds between two arrivals, on average
_CHANGE_EVERY: Final = 2.0  # seconds
_SEED: Final = 20251120
_INSTEAD: Final = "the page read and rendered for each reader"


def measure(folder: Path) -> list[Outcome]:
    """The slowest of a hundred readers, and the bytes that each gets."""
    if not BODIES.exists():
        return [Skipped("today's page", ABSENT)]
    lists = newest_month()
    database = folder / "paperboy.db"
    asyncio.run(ingest(database, lists))
    runs = {how: asyncio.run(_readers(database, how)) for how in ("instead", "ours")}
    (ours, size), (theirs, _) = runs["ours"], runs["instead"]
    median = f"median {_quantile(ours, 0.5):.1f} ms, instead {_quantile(theirs, 0.5):.1f} ms"
    kilobytes = Spread((size / 1e3,))
    return [
        Figure(
            f"today's page, {READERS} readers at once, 99 of 100",
            "ms",
            Spread((_quantile(ours, 0.99),)),
            MILLISECONDS,
            _INSTEAD,
            Spread((_quantile(theirs, 0.99),)),
            f"{median}; the numbers change every {_CHANGE_EVERY:g} s",
        ),
        Figure("its size, not packed", "kB", kilobytes, KILOBYTES, "the same", kilobytes),
    ]


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1]


# --- the readers ---------------------------------------------------------------------------------


async def _readers(database: Path, how: str) -> tuple[list[float], int]:
    """Milliseconds of every reader, and the size of the page."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.web", str(database), how),
        cwd=ROOT,
        env=clean_environ(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError
    url = (await process.stdout.readline()).decode().strip()
    chance = random.Random(_SEED)
    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def read() -> tuple[float, int]:
                begin = time.perf_counter()
                async with session.get(url, headers={"Accept-Encoding": "identity"}) as got:
                    size = len(await got.read())
                return 1e3 * (time.perf_counter() - begin), size

            await asyncio.gather(*(read() for _ in range(READERS)))  # connections are made, templates loaded
            found: list[tuple[float, int]] = []
            for _ in range(ARRIVALS):
                await asyncio.sleep(chance.expovariate(1 / _PAUSE))
                found += await asyncio.gather(*(read() for _ in range(READERS)))
        return [took for took, _ in found], max(size for _, size in found)
    finally:
        process.stdin.close()
        await process.wait()


# --- the server ----------------------------------------------------------------------------------


async def _serve(database: Path, how: str) -> None:
    newest = newest_month()[-1]
    clock = FastClock(newest.captured_at + timedelta(minutes=1), 1.0)
    async with open_sqlite(database) as store, open_index(database.parent / how, store.papers, None) as index:
        rankings = Rankings(store.papers, clock)
        reading = Reading(store, Search(store.papers, index, clock), rankings, clock)
        renderer = Renderer(thumbnails=False)
        drawer = DrawingProcess(clock, database.parent / "matplotlib")  # starts when a picture is wanted
        pages = Pages(reading, Plots(store, rankings, clock, drawer), renderer, clock, thumbnails=False)
        routes = list(pages.routes())
        if how == "instead":
            routes[0] = web.get("/", _anew(reading, renderer), name="today")
        site = Site(routes, renderer, clock, RandomIds(), _unheard, thumbnails=False)
        server = WebServer("127.0.0.1:0", site.routes, [site.middleware])
        stopped = asyncio.Event()
        running = asyncio.create_task(server.run(stopped))
        await server.listening.wait()
        print(f"http://127.0.0.1:{server.port}/", flush=True)
        changing = asyncio.create_task(_change(store, newest, clock))
        await asyncio.to_thread(sys.stdin.read)
        changing.cancel()
        with suppress(asyncio.CancelledError):
            await changing
        stopped.set()
        await running


def _anew(reading: Reading, renderer: Renderer) -> Handler:
    """As a handler is usually written."""

    async def today(request: web.Request) -> web.Response:
        issue = await reading.today()
        heading = f"Today, {period_title(issue.period)}"
        page = renderer.page(
            "issue.html", section="today", issue=issue, heading=heading, full=FULL, field=None
        )
        return answer(request, Body.of(page))

    return today


async def _change(store: Store, newest: RecordedList, clock: FastClock) -> None:
    """Reads the newest list again and again, with an upvote more for each paper."""
    body = json.dumps(newest.rows).encode()
    for more in itertools.count(1):
        await asyncio.sleep(_CHANGE_EVERY)
        poll = poll_from_body(body, f"daily:{newest.day}", clock.now())
        risen = tuple(
            replace(one, signals=dict(one.signals) | {Signal.UPVOTES: one.signals[Signal.UPVOTES] + more})
            for one in poll.readings
        )
        await store.papers.ingest(replace(poll, readings=risen), poll.observed_at)


def _unheard(_page: str, _status: int, _took: timedelta) -> None:
    """Nobody counts."""


if __name__ == "__main__":
    configure_logs("error", "json")  # standard output is for the address alone
    asyncio.run(_serve(Path(sys.argv[1]), sys.argv[2]))
