"""Our own Slack, whole, over the real store and search, reachable by the loopback Slack in either way."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from adapters.slack.slack import Slack
from adapters.web.server import WebServer
from bot.commands.rankings import Rankings
from bot.commands.service import Commands
from bot.commands.services import Cooldown, Services
from bot.config import Settings
from bot.model import PaperId
from bot.ports import Clock, Store
from bot.search.ports import SearchedUpstream
from bot.search.service import Search
from storage.embedding.static import open_static
from storage.index.index import open_index
from storage.sqlite.store import open_sqlite
from tests.contract.commands import KEY, World, fill
from tests.plots import Painter, painted
from tests.servers.slack import Scene, SlackServer
from tests.servers.slack.state import Message, View

SECRET = "signing-secret-of-the-loopback"

Transport = Literal["socket", "http"]

_LINK = re.compile(r"<[^<>|]*\|([^<>]*)>")


@dataclass
class SlackBot:
    """The bot with the other end in hand."""

    slack: Slack
    store: Store
    world: World
    server: SlackServer
    scene: Scene
    fetched: list[str]  # ids that upstreams were asked for; they know none
    painter: Painter  # who draws plots
    web: WebServer | None = None


@asynccontextmanager
async def slack_bot(
    server: SlackServer,
    scene: Scene,
    clock: Clock,
    folder: Path,
    transport: Transport = "socket",
    commands: Callable[[Services], Commands] = Commands,
    connected: bool = True,
    upstreams: Sequence[SearchedUpstream] = (),
    **settings: Any,
) -> AsyncIterator[SlackBot]:
    """The bot, listening; `settings` are added to those that it needs to listen at all. `connected` waits
    until its socket is; `upstreams` are asked by every search.
    """
    reached = (
        {"slack_app_token": scene.app_token.value}
        if transport == "socket"
        else {"slack_signing_secret": SECRET, "public_url": "https://papers.example.org"}
    )
    own = {} if "slack_client_id" in settings else {"slack_bot_token": scene.token.value}
    made = Settings.model_validate(
        {
            "home": _there(folder),
            "slack_api_url": server.api_url,
            "web_address": "127.0.0.1:0",
            "slack_guests": "none",
            **own,
            **reached,
            **settings,
        }
    )
    stopped = asyncio.Event()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_sqlite(folder / "paperboy.db", secret_key=lambda: KEY))
        await fill(store)
        index = await stack.enter_async_context(open_index(folder / "index", store.papers, open_static()))
        await index.catch_up()
        fetched: list[str] = []

        async def fetch(paper_id: PaperId) -> None:
            fetched.append(paper_id.value)

        world = World.over(
            store, lambda _: Search(store.papers, index, clock, fetch=fetch, upstreams=upstreams)
        )
        painter = Painter()
        world.services = _timed(world, clock, painter)

        async def lease(name: str) -> bool:
            return await store.sources.acquire(name, "the bot", clock.now(), timedelta(minutes=1))

        slack = Slack(made, store, clock, lease, lambda: KEY)
        stack.push_async_callback(slack.aclose)
        stack.push_async_callback(slack.deliverer.aclose)
        routes = slack.listen(commands(world.services))
        stack.push_async_callback(slack.finish)
        roles = [asyncio.create_task(role(stopped)) for role in slack.roles()]
        stack.push_async_callback(_end, roles, stopped)
        bot = SlackBot(slack, store, world, server, scene, fetched, painter)
        if routes:
            bot.web = WebServer("127.0.0.1:0", routes)
            roles.append(asyncio.create_task(bot.web.run(stopped)))
            await bot.web.listening.wait()
        if transport == "socket":
            if connected:
                await server.connected()
        else:
            assert bot.web is not None
            server.use_http(f"http://127.0.0.1:{bot.web.port}/slack/events", SECRET)
        yield bot


def _there(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _timed(world: World, clock: Clock, painter: Painter) -> Services:
    return replace(
        world.services,
        clock=clock,
        rankings=Rankings(world.store.papers, clock),
        plots=painted(world.store, clock, painter),
        shares=Cooldown(clock),
    )


async def _end(roles: list[asyncio.Task[None]], stopped: asyncio.Event) -> None:
    stopped.set()
    await asyncio.gather(*roles)


def text_of(shown: Message | View) -> str:
    """All that a person can read of it, in order."""
    return " ".join(_texts(shown.blocks))


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        if value.get("type") in {"rich_text_section", "rich_text_quote"}:
            return ["".join(map(_rich, value["elements"]))]
        own = [_words(value)] if isinstance(value.get("text"), str) else []
        return own + [text for inner in value.values() for text in _texts(inner)]
    return [text for inner in value for text in _texts(inner)] if isinstance(value, list) else []


def _words(value: dict[str, Any]) -> str:
    """The text, of markup without addresses and bold marks."""
    text = str(value["text"])
    return _LINK.sub(r"\1", text).replace("*", "") if value["type"] == "mrkdwn" else text


def _rich(element: dict[str, Any]) -> str:
    text = str(element["fallback"] if element["type"] == "date" else element["text"])
    return f"`{text}`" if element.get("style", {}).get("code") else text
