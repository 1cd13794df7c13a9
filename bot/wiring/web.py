"""The web server with all that it serves: the page, and what chat platforms call."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.config import Settings
from bot.wiring import Surroundings

if TYPE_CHECKING:
    from aiohttp.web import AbstractRouteDef

    from adapters.web.site import Site
    from bot.app import Role
    from bot.commands.service import Commands
    from bot.commands.services import Services
    from bot.metrics import Metrics
    from bot.sources.poller import Poller
    from bot.vitals import Vitals


def web_roles(
    settings: Settings,
    around: Surroundings,
    routes: "Sequence[AbstractRouteDef]",
    services: "Services",
    commands: "Commands",
    poller: "Poller",
    vitals: "Vitals",
) -> "list[Role]":
    """The web server as a role of the bot, if anything is to be served; `routes` are those of the platforms.

    The page alone, at the address that is usual, is no reason to stop where nobody can listen there.
    """
    if not routes and not settings.web:
        return []
    from adapters.web.server import WebServer  # noqa: PLC0415 - loaded only where it is used

    if not settings.web:
        return [WebServer(settings.web_address, routes).run]
    from bot.metrics import Metrics  # noqa: PLC0415 - as above

    metrics = Metrics(services.store, vitals)
    poller.on_poll(metrics.polled)
    commands.on_answer(metrics.answered)
    services.search.on_search(metrics.searched)
    site = make_site(settings, around, services, metrics, vitals)
    optional = not routes and settings.origin("web_address") == "default"
    server = WebServer(settings.web_address, [*routes, *site.routes], [site.middleware], optional=optional)
    return [server.run]


def make_site(
    settings: Settings, around: Surroundings, services: "Services", metrics: "Metrics", vitals: "Vitals"
) -> "Site":
    """The page over what commands work with; it looks at what is stored alone."""
    from adapters.web.feeds import FeedRoutes  # noqa: PLC0415 - as above
    from adapters.web.mail import MailPages  # noqa: PLC0415 - as above
    from adapters.web.operating import Operating  # noqa: PLC0415 - as above
    from adapters.web.pages import Pages  # noqa: PLC0415 - as above
    from adapters.web.plots import PlotPages  # noqa: PLC0415 - as above
    from adapters.web.render import Renderer  # noqa: PLC0415 - as above
    from adapters.web.site import Site  # noqa: PLC0415 - as above
    from bot.metrics import CONTENT_TYPE  # noqa: PLC0415 - as above
    from bot.reading.feeds import Feeds  # noqa: PLC0415 - as above
    from bot.reading.reading import Reading  # noqa: PLC0415 - as above

    search = services.search.stored_only()
    search.on_search(metrics.searched)
    reading = Reading(services.store, search, services.rankings, around.clock)
    renderer = Renderer(thumbnails=settings.web_thumbnails)
    pages = Pages(reading, services.plots, renderer, around.clock, thumbnails=settings.web_thumbnails)
    feeds = Feeds(reading, services.store, services.rankings, around.clock, settings.public_url)
    mail_pages = [] if services.mail is None else MailPages(services.mail, renderer).routes()
    feed_routes = FeedRoutes(feeds, reading.version, around.clock)
    operating = Operating(
        vitals.health,
        metrics.exposition,
        CONTENT_TYPE,
        metrics_for=settings.metrics,
    )
    return Site(
        [
            *pages.routes(),
            *feed_routes.routes(),
            *mail_pages,
            *PlotPages(services.plots).routes(),
            *operating.routes(),
        ],
        renderer,
        around.clock,
        around.ids,
        metrics.shown,
        thumbnails=settings.web_thumbnails,
    )
