"""The composition root: the only module that knows adapters and storage, and puts everything together."""

import asyncio
import gc
import random
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import structlog

from bot.config import Settings
from bot.errors import InputError
from bot.model import Route, Window
from bot.people.model import Identity
from bot.ports import Clock, Deliverer, Ids, Parcel, Store
from bot.secret import secret_key
from storage.sqlite.store import open_sqlite

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.app import Paperboy
    from bot.commands.services import Services
    from bot.schedule.planner import Planner
    from bot.search.ports import Encoder, SearchIndex
    from bot.search.service import Search
    from bot.sources.agenda import Habits
    from bot.sources.poller import Poller

_log = structlog.get_logger(__name__)

VERSION = version("paperboy")

OpenedStore = AbstractAsyncContextManager[Store]

Talk = Callable[[str, int | None], Coroutine[Any, Any, str]]
"""Answers a line that was typed with text of at most so many columns (`None`: not wrapped)."""


def open_store(settings: Settings, after_commit: Callable[[int], None] | None = None) -> OpenedStore:
    """The store that the settings name; opening it migrates it. `after_commit` is told of every commit."""
    return open_sqlite(
        settings.database,
        after_commit=after_commit,
        secret_key=lambda: secret_key(settings, settings.home).value,
    )


def destination_names(settings: Settings) -> list[str]:
    """The destinations' names for a shell's completion: nothing is made or migrated, and nothing raised."""
    from storage.sqlite.peek import destination_names as peek  # noqa: PLC0415 - loaded only where it is used

    return peek(settings.database)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the program takes from its surroundings; a test hands over its own."""

    clock: Clock
    ids: Ids
    random: random.Random
    stdout: TextIO
    tick_every: timedelta = timedelta(seconds=5)
    idle_every: timedelta = timedelta(seconds=5)
    follow_every: timedelta = timedelta(milliseconds=500)  # a paper stored by another process is soon found


def deliverers(settings: Settings, around: Surroundings) -> dict[str, Deliverer]:
    """A deliverer for each surface that can be used with these settings, by surface."""
    from adapters.console.deliverer import ConsoleDeliverer  # noqa: PLC0415 - loaded only where it is used
    from adapters.webhook.deliverer import WebhookDeliverer  # noqa: PLC0415 - as above: aiohttp is slow to load

    key = secret_key(settings, settings.home)
    if key.warning is not None:
        _log.warning(key.warning)
    made: list[Deliverer] = [
        ConsoleDeliverer(around.stdout),
        WebhookDeliverer(secret_key=key.value, clock=around.clock, version=VERSION),
    ]
    return {one.surface: one for one in made}


def route_of(text: str) -> Route:
    """The route that a person typed: `console`, or a webhook's address, in normal form.

    Raises `InputError`.
    """
    from adapters.console.deliverer import ADDRESS  # noqa: PLC0415 - as above
    from adapters.console.deliverer import SURFACE as CONSOLE  # noqa: PLC0415 - as above
    from adapters.webhook.address import normal_address  # noqa: PLC0415 - as above

    if text.strip().lower() == CONSOLE:
        return Route(surface=CONSOLE, address=ADDRESS)
    if "://" not in text:
        raise InputError(f"{text!r} is nowhere to send to. Write `console`, or a webhook's https address.")
    return Route(surface="webhook", address=normal_address(text))


def shown_route(route: Route) -> str:
    """The route as it may be shown: an address's path may be a secret."""
    from adapters.webhook.address import shown  # noqa: PLC0415 - as above

    return shown(route.address) if route.surface == "webhook" else route.surface


def receivers_secret(settings: Settings, route: Route) -> str | None:
    """What a receiver needs to check our signatures; `None` where nothing is signed."""
    from adapters.webhook.signing import webhook_secret  # noqa: PLC0415 - as above

    if route.surface != "webhook":
        return None
    return webhook_secret(secret_key(settings, settings.home).value, route.address)


def webhook_body(doc: str, created_at: datetime) -> str:
    """What a webhook's receiver would get for this message, as text."""
    from adapters.webhook.body import body_of  # noqa: PLC0415 - as above

    return body_of(Parcel("preview", "preview", "", doc, created_at, 1)).decode()


@asynccontextmanager
async def open_poller(settings: Settings, store: Store, around: Surroundings) -> AsyncIterator["Poller"]:
    """A poller of all upstreams that are switched on, with its connections."""
    import aiohttp  # noqa: PLC0415 - as above

    from bot.sources.arxiv import ArxivSource  # noqa: PLC0415 - as above
    from bot.sources.github import GitHubSource  # noqa: PLC0415 - as above
    from bot.sources.hackernews import HackerNewsSource  # noqa: PLC0415 - as above
    from bot.sources.http import HttpClient  # noqa: PLC0415 - as above
    from bot.sources.huggingface import HuggingFaceSource  # noqa: PLC0415 - as above
    from bot.sources.poller import Poller, Sources  # noqa: PLC0415 - as above

    holder = _holder(around)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:

        def client(patience: timedelta) -> HttpClient:
            return HttpClient(
                session,
                around.clock,
                store.sources,
                user_agent=_user_agent(settings),
                holder=holder,
                random=around.random,
                patience=patience,
            )

        lists = client(timedelta(minutes=10))
        signals = client(timedelta(minutes=1))  # what is optional never waits long for its budget
        sources = Sources(
            HuggingFaceSource(lists, settings.hf_endpoint, _plain(settings.hf_token)),
            arxiv=ArxivSource(lists, settings.arxiv_api_url, settings.arxiv_rss_url, around.clock)
            if settings.arxiv
            else None,
            github=GitHubSource(
                signals, settings.github_api_url, _plain(settings.github_token), store.sources
            )
            if settings.github
            else None,
            hackernews=HackerNewsSource(signals, settings.hn_api_url) if settings.hackernews else None,
        )
        yield Poller(store, sources, around.clock, habits(settings), holder=holder)


@asynccontextmanager
async def open_index(settings: Settings, store: Store) -> AsyncIterator["SearchIndex"]:
    """The search index of this store, in the home folder; made where there is none."""
    from storage.index.index import open_index as open_folder  # noqa: PLC0415 - as above

    async with open_folder(settings.home / "index", store.papers, _encoder(settings)) as index:
        yield index


def _encoder(settings: Settings) -> "Encoder | None":
    """What searches by meaning. The static model is read when it is first needed, any other at once."""
    match settings.semantic_model:
        case "none":
            return None
        case "static":
            from storage.embedding.static import open_static  # noqa: PLC0415 - as above

            return open_static()
        case model:
            from storage.embedding.transformer import open_transformer  # noqa: PLC0415 - as above

            return open_transformer(model)


@asynccontextmanager
async def open_search(settings: Settings, store: Store, around: Surroundings) -> AsyncIterator["Search"]:
    """Search over this store, with its index; upstreams are asked as far as the settings allow."""
    import aiohttp  # noqa: PLC0415 - as above

    from bot.search.service import Search  # noqa: PLC0415 - as above
    from bot.sources.searched import upstreams_to_ask  # noqa: PLC0415 - as above
    from bot.trending.replay import trending  # noqa: PLC0415 - as above

    async def trend() -> Mapping[int, float]:
        ranking = await trending(store.papers, Window.WEEK, around.clock.now())
        return {entry.paper_id: entry.score for entry in ranking.entries}

    async with (
        open_index(settings, store) as index,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        asked = upstreams_to_ask(
            session,
            around.clock,
            store.sources,
            user_agent=_user_agent(settings),
            holder=_holder(around),
            random=around.random,
            endpoint=settings.hf_endpoint,
            token=_plain(settings.hf_token),
            arxiv_urls=(settings.arxiv_api_url, settings.arxiv_rss_url) if settings.arxiv else None,
        )
        # What is loaded by now stays loaded. Looking through it all for garbage, as Python does now and then,
        # would make one search in fifty wait for a tenth of a second.
        gc.collect()
        gc.freeze()
        yield Search(
            store.papers,
            index,
            around.clock,
            fetch=asked.fetcher.fetch,
            upstreams=asked.upstreams if settings.live_search else (),
            trend=trend,
        )


def command_services(
    settings: Settings,
    around: Surroundings,
    store: Store,
    search: "Search",
    planner: "Planner",
    queued: Callable[[], None],
    *,
    sharing: bool,
) -> "Services":
    """What commands work with; `queued` is told of deliveries that they made pending."""
    from bot.commands.rankings import Rankings  # noqa: PLC0415 - as above
    from bot.commands.services import Cooldown, Services  # noqa: PLC0415 - as above

    return Services(
        store=store,
        search=search,
        rankings=Rankings(store.papers, around.clock),
        clock=around.clock,
        ids=around.ids,
        shares=Cooldown(around.clock),
        serve_now=planner.serve_now,
        queued=queued,
        key=secret_key(settings, settings.home).value,
        zone=settings.timezone,
        late_limit=timedelta(hours=settings.late_limit_hours),
        sharing=sharing,
    )


@asynccontextmanager
async def open_chat(settings: Settings, around: Surroundings, user: str, folder: Path) -> AsyncIterator[Talk]:
    """One person's talk at a terminal; files that answers bring are written to `folder`.

    What is posted is sent by the running bot. The search index is kept in step; nothing waits for it.
    """
    from adapters.terminal.session import Session  # noqa: PLC0415 - as above
    from adapters.terminal.surface import person  # noqa: PLC0415 - as above
    from bot.commands.service import Commands  # noqa: PLC0415 - as above
    from bot.schedule.planner import Planner  # noqa: PLC0415 - as above
    from bot.search.following import Follower  # noqa: PLC0415 - as above

    async with open_store(settings) as store, open_search(settings, store, around) as search:
        planner = Planner(
            store,
            around.clock,
            around.ids,
            late_limit=timedelta(hours=settings.late_limit_hours),
            refresh_limit=timedelta(0),
            refresh=_nothing_to_refresh,
            queued=_nobody_to_tell,
        )
        services = command_services(settings, around, store, search, planner, _nobody_to_tell, sharing=False)
        follower = Follower(search.index, store.papers, around.clock, every=around.follow_every)
        following = asyncio.create_task(follower.run())
        try:
            yield Session(Commands(services), person(user), folder).answer
        finally:
            following.cancel()  # an index that is far behind would take its time
            await asyncio.gather(following, return_exceptions=True)


async def _nothing_to_refresh() -> None:
    """A terminal reads no sources: the running bot does."""


def _nobody_to_tell() -> None:
    """The running bot looks for itself what it has to send."""


@asynccontextmanager
async def assemble(
    settings: Settings, around: Surroundings, opened: OpenedStore | None = None
) -> AsyncIterator["Paperboy"]:
    """The whole program, ready to run; leaving the context closes what it opened."""
    from bot.app import Paperboy  # noqa: PLC0415 - as above
    from bot.delivery.notices import Notifier  # noqa: PLC0415 - as above
    from bot.delivery.worker import Worker  # noqa: PLC0415 - as above
    from bot.schedule.planner import Planner  # noqa: PLC0415 - as above
    from bot.search.following import Follower  # noqa: PLC0415 - as above

    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened if opened is not None else open_store(settings))
        poller = await stack.enter_async_context(open_poller(settings, store, around))
        surfaces = deliverers(settings, around)
        for one in surfaces.values():
            stack.push_async_callback(one.aclose)
        worker = Worker(
            store.outbox,
            surfaces,
            around.clock,
            name=_holder(around),
            random_=around.random,
            poll=around.idle_every,
            notifier=Notifier(store, around.clock, around.ids, _nowhere),
        )
        planner = Planner(
            store,
            around.clock,
            around.ids,
            late_limit=timedelta(hours=settings.late_limit_hours),
            refresh_limit=timedelta(seconds=settings.refresh_seconds),
            refresh=poller.refresh,
            queued=worker.wake,
        )
        stack.push_async_callback(planner.aclose)
        index = await stack.enter_async_context(open_index(settings, store))
        follower = Follower(index, store.papers, around.clock, every=around.follow_every)
        poller.on_poll(lambda _: follower.wake())
        yield Paperboy(
            store, around.clock, poller, planner, worker, follower, settings, tick_every=around.tick_every
        )


async def _nowhere(_: Identity) -> Route | None:
    """The route to somebody's direct messages: neither webhooks nor a console have any."""
    return None


def habits(settings: Settings) -> "Habits":
    """How eagerly the settings let the upstreams be asked."""
    from bot.sources.agenda import Habits  # noqa: PLC0415 - as above

    return Habits(
        poll_every=timedelta(minutes=settings.poll_minutes),
        backfill_from=settings.backfill_from,
        arxiv_subject="new:" + "+".join(settings.arxiv_categories) if settings.arxiv else None,
        stars_every=timedelta(hours=1 if settings.github_token else 6) if settings.github else None,
        stories_every=timedelta(hours=3) if settings.hackernews else None,
    )


def _plain(secret: "SecretStr | None") -> str | None:
    return secret.get_secret_value() if secret is not None else None


def _user_agent(settings: Settings) -> str:
    contact = f"; {settings.operator_contact}" if settings.operator_contact else ""
    return f"Paperboy/{VERSION} (daily paper digests{contact})"


def _holder(around: Surroundings) -> str:
    """A name that no other worker and no other process has."""
    return f"{socket.gethostname()}-{around.ids.new()}"
