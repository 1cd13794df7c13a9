"""The page over any store, at an instant that stands still."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.web.feeds import FeedRoutes
from adapters.web.mail import MailPages
from adapters.web.operating import Operating
from adapters.web.pages import Pages
from adapters.web.plots import PlotPages
from adapters.web.render import Renderer
from adapters.web.server import WebServer
from adapters.web.site import Site
from bot.commands.rankings import Rankings
from bot.mail.service import Mail
from bot.metrics import CONTENT_TYPE, Metrics
from bot.plots.plots import Plots
from bot.plots.ports import Drawer
from bot.ports import Store
from bot.reading.feeds import Feeds
from bot.reading.reading import Reading
from bot.search.ports import SearchIndex
from bot.search.service import Search
from bot.vitals import Vitals
from storage.embedding.static import open_static
from storage.index.index import open_index
from tests.clocks import StillClock
from tests.contract.commands import CountedIds
from tests.plots import Painter


@dataclass
class Served:
    """A running server and what stands behind it."""

    url: str
    clock: StillClock
    vitals: Vitals
    metrics: Metrics
    index: SearchIndex


@asynccontextmanager
async def served(
    store: Store,
    folder: Path,
    clock: StillClock,
    *,
    thumbnails: bool = False,
    metrics_for: Any = "local",
    public_url: str | None = None,
    drawer: Drawer | None = None,
    mail: Mail | None = None,
) -> AsyncIterator[Served]:
    """Serves the page until the context ends; plots are drawn by the `drawer`, or by hand."""
    async with open_index(folder / "index", store.papers, open_static()) as index:
        await index.catch_up()
        search = Search(store.papers, index, clock)
        vitals = Vitals(clock.now, refresh=timedelta(), poll_every=timedelta(minutes=15))
        metrics = Metrics(store, vitals)
        search.on_search(metrics.searched)
        renderer = Renderer(thumbnails=thumbnails)
        rankings = Rankings(store.papers, clock)
        reading = Reading(store, search, rankings, clock)
        plots = Plots(store, rankings, clock, drawer or Painter())
        pages = Pages(reading, plots, renderer, clock, thumbnails=thumbnails)
        operating = Operating(vitals.health, metrics.exposition, CONTENT_TYPE, metrics_for=metrics_for)
        feeds = FeedRoutes(Feeds(reading, store, rankings, clock, public_url), reading.version, clock)
        routes = [*pages.routes(), *feeds.routes(), *PlotPages(plots).routes(), *operating.routes()]
        if mail is not None:
            routes += MailPages(mail, renderer).routes()
        site = Site(routes, renderer, clock, CountedIds(), metrics.shown, thumbnails=thumbnails)
        server = WebServer("127.0.0.1:0", site.routes, [site.middleware])
        stopped = asyncio.Event()
        running = asyncio.create_task(server.run(stopped))
        await server.listening.wait()
        try:
            yield Served(f"http://127.0.0.1:{server.port}", clock, vitals, metrics, index)
        finally:
            stopped.set()
            await running
            await plots.aclose()
