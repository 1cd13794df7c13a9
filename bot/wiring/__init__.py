"""The composition root: the only module that knows adapters and storage, and puts everything together."""

import gc
import random
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, TextIO

import structlog

from bot.config import Settings
from bot.model import Window
from bot.people.tombstone import heed_again
from bot.ports import Clock, Deliverer, Ids, Store
from bot.secret import secret_key
from bot.system import available_cores, give_free_pages_back
from storage.sqlite.store import open_sqlite

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.app import Paperboy, Role
    from bot.search.ports import Encoder, SearchIndex
    from bot.search.service import Search
    from bot.sources.agenda import Habits
    from bot.sources.poller import Poller

_log = structlog.get_logger(__name__)

VERSION = version("paperboy")

OpenedStore = AbstractAsyncContextManager[Store]

# After so many new objects Python looks for garbage in a process that searches, after so many of these looks
# among the survivors too, and after so many of those among all. It looks often, so that it finds few new ones
# each time and no search waits for it: what takes the place of something forgotten does not count as new, so
# that a dozen times as many as the first number may have come. Among all it looks every few seconds under
# load, for what discord.py makes of a command or a message refers to itself, and lives on into the survivors:
# to free those of half a minute at once holds everybody up for a tenth of a second.
_COLLECTIONS: Final = (500, 4, 50)
# Seconds that a thread may keep the interpreter while another one wants it. The event loop lets go of it at
# each call of the system, a dozen times for a command, and may wait so long each time: Python's usual 0.005
# is too much.
_TURN: Final = 0.001


@asynccontextmanager
async def open_store(
    settings: Settings, after_commit: Callable[[int], None] | None = None
) -> AsyncIterator[Store]:
    """The store that the settings name; opening it migrates it, and forgets again whoever a restored backup
    brought back. `after_commit` is told of every commit.
    """

    def key() -> bytes:
        return secret_key(settings, settings.home).value

    async with open_sqlite(settings.database, after_commit=after_commit, secret_key=key) as store:
        again = await heed_again(store.people, store.mailboxes, key)
        if again.people:
            _log.warning(
                "A restored backup brought people back who are forgotten; they are again.",
                people=again.people,
            )
        if again.addresses:
            _log.warning(
                "A restored backup set mail going that its readers had stopped; it has stopped again.",
                addresses=again.addresses,
            )
        yield store


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

    def holder(self) -> str:
        """A name that no other worker and no other process has."""
        return f"{socket.gethostname()}-{self.ids.new()}"


def deliverers(settings: Settings, around: Surroundings, store: Store) -> dict[str, Deliverer]:
    """A deliverer for each surface that can be used with these settings, by surface."""
    from adapters.console.deliverer import ConsoleDeliverer  # noqa: PLC0415 - loaded only where it is used
    from adapters.feed.deliverer import FeedDeliverer  # noqa: PLC0415 - as above
    from adapters.webhook.deliverer import WebhookDeliverer  # noqa: PLC0415 - as above: aiohttp is slow to load

    key = secret_key(settings, settings.home)
    if key.warning is not None:
        _log.warning(key.warning)
    made: list[Deliverer] = [
        ConsoleDeliverer(around.stdout),
        FeedDeliverer(store.outbox),
        WebhookDeliverer(secret_key=key.value, clock=around.clock, version=VERSION),
    ]
    return {one.surface: one for one in made}


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

    holder = around.holder()
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

    folder, cores = settings.home / "index", available_cores()
    async with open_folder(folder, store.papers, encoder_of(settings), cores=cores) as index:
        yield index


def encoder_of(settings: Settings) -> "Encoder | None":
    """What searches by meaning; the model is read when it is first needed."""
    match settings.semantic_model:
        case "none":
            return None
        case "static":
            from storage.embedding.static import open_static  # noqa: PLC0415 - as above

            return open_static()
        case model:
            from storage.embedding.deferred import DeferredEncoder  # noqa: PLC0415 - as above
            from storage.embedding.transformer import check_transformer, open_transformer  # noqa: PLC0415 - as above

            check_transformer(model)  # a mistake in the settings is told at once
            return DeferredEncoder(model, lambda: open_transformer(model))


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
            holder=around.holder(),
            random=around.random,
            endpoint=settings.hf_endpoint,
            token=_plain(settings.hf_token),
            arxiv_urls=(settings.arxiv_api_url, settings.arxiv_rss_url) if settings.arxiv else None,
        )
        # What is loaded by now stays loaded. Looking through it all for garbage, as Python does now and then,
        # would make one search in fifty wait for a tenth of a second.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECTIONS)
        sys.setswitchinterval(_TURN)
        yield Search(
            store.papers,
            index,
            around.clock,
            fetch=asked.fetcher.fetch,
            upstreams=asked.upstreams if settings.live_search else (),
            trend=trend,
        )


@asynccontextmanager
async def assemble(
    settings: Settings, around: Surroundings, opened: OpenedStore | None = None
) -> AsyncIterator["Paperboy"]:
    """The whole program, ready to run; leaving the context closes what it opened."""
    from bot.app import Paperboy  # noqa: PLC0415 - as above
    from bot.commands.service import Commands  # noqa: PLC0415 - as above
    from bot.delivery.notices import Notifier  # noqa: PLC0415 - as above
    from bot.delivery.worker import Worker  # noqa: PLC0415 - as above
    from bot.schedule.instants import Instants  # noqa: PLC0415 - as above
    from bot.schedule.planner import Planner  # noqa: PLC0415 - as above
    from bot.search.following import Follower  # noqa: PLC0415 - as above
    from bot.taste.tasting import Tasting  # noqa: PLC0415 - as above
    from bot.vitals import Vitals  # noqa: PLC0415 - as above
    from bot.wiring.chats import direct, open_chats  # noqa: PLC0415 - as above
    from bot.wiring.commands import command_services  # noqa: PLC0415 - as above
    from bot.wiring.mail import open_mail  # noqa: PLC0415 - as above
    from bot.wiring.web import web_roles  # noqa: PLC0415 - as above

    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(opened if opened is not None else open_store(settings))
        poller = await stack.enter_async_context(open_poller(settings, store, around))
        surfaces = deliverers(settings, around, store)
        mail = open_mail(settings, around, store) if settings.smtp_url is not None else None
        if mail is not None:
            surfaces[mail.deliverer.surface] = mail.deliverer
        chats = open_chats(settings, store, around)
        for chat in chats:
            stack.push_async_callback(chat.aclose)
            surfaces[chat.deliverer.surface] = chat.deliverer
        for one in surfaces.values():
            stack.push_async_callback(one.aclose)
        search, index = await _index(stack, settings, store, around, asked=bool(chats) or settings.web)
        tasting = Tasting(store, index)
        to_people = direct(chats)
        notifier = Notifier(store, around.clock, around.ids, to_people)
        worker = Worker(
            store.outbox,
            surfaces,
            around.clock,
            name=around.holder(),
            random_=around.random,
            poll=around.idle_every,
            notifier=notifier,
        )
        planner = Planner(
            store,
            around.clock,
            around.ids,
            late_limit=timedelta(hours=settings.late_limit_hours),
            refresh_limit=timedelta(seconds=settings.refresh_seconds),
            refresh=poller.refresh,
            queued=worker.wake,
            tasting=tasting,
        )
        stack.push_async_callback(planner.aclose)
        instants = Instants(
            store,
            around.clock,
            around.ids,
            late_limit=timedelta(hours=settings.late_limit_hours),
            queued=worker.wake,
            tasting=tasting,
        )
        poller.on_poll(lambda _: instants.wake())
        vitals = Vitals(
            around.clock.now,
            refresh=timedelta(seconds=settings.refresh_seconds),
            poll_every=timedelta(minutes=settings.poll_minutes),
        )
        poller.on_poll(vitals.polled)
        roles: list[Role] = [] if mail is None else mail.roles(settings, store, around, notifier)
        if search is not None:
            services = command_services(
                settings,
                around,
                store,
                search,
                planner,
                worker.wake,
                sharing=settings.sharing,
                direct=to_people,
                mail=None if mail is None else mail.service,
            )
            stack.push_async_callback(services.plots.aclose)
            commands = Commands(services)
            routes = [route for chat in chats for route in chat.listen(commands)]
            roles += web_roles(settings, around, routes, services, commands, poller, vitals)
            for chat in chats:
                roles += chat.roles()
                stack.push_async_callback(chat.finish)  # before the search is closed, and all else
        follower = Follower(
            index, store.papers, around.clock, every=around.follow_every, caught_up=give_free_pages_back
        )
        poller.on_poll(lambda _: follower.wake())
        yield Paperboy(
            store,
            around.clock,
            poller,
            planner,
            instants,
            worker,
            follower,
            settings,
            vitals=vitals,
            roles=roles,
            tick_every=around.tick_every,
        )


async def _index(
    stack: AsyncExitStack, settings: Settings, store: Store, around: Surroundings, *, asked: bool
) -> "tuple[Search | None, SearchIndex]":
    """The index, with the search over it where anybody may ask."""
    if not asked:
        return None, await stack.enter_async_context(open_index(settings, store))
    search = await stack.enter_async_context(open_search(settings, store, around))
    return search, search.index


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
