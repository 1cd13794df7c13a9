"""Our own Discord, whole, over the real store and search, listening to the loopback Discord."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from adapters.discord.bot import Discord
from bot.commands.rankings import Rankings
from bot.commands.service import Commands
from bot.commands.services import Cooldown, Services
from bot.config import Settings
from bot.model import PaperId
from bot.ports import Clock, Store
from bot.search.service import Search
from bot.system import RandomIds
from storage.embedding.static import open_static
from storage.index.index import open_index
from storage.sqlite.store import open_sqlite
from tests.contract.commands import KEY, World, fill
from tests.servers.discord.guild import Guild
from tests.servers.discord.message_rules import every
from tests.servers.discord.permissions import Permission
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Body, Channel, Member, Message, User

T = TypeVar("T")
_ESCAPED = re.compile(r"\\(.)")


@dataclass
class Scene:
    """A server with a channel, and people in it."""

    guild: Guild
    channel: Channel
    maya: Member  # manages channels
    ben: Member  # manages nothing

    @property
    def keeper(self) -> User:
        return self.maya.user

    @property
    def reader(self) -> User:
        return self.ben.user


def scene_in(server: DiscordServer) -> Scene:
    guild = server.world.guild()
    managers = guild.role("managers", Permission.MANAGE_CHANNELS)
    return Scene(guild, guild.text_channel(), guild.member("maya", roles=[managers]), guild.member("ben"))


class Changes:
    """Tells whenever the store has changed; of the loop in which it was made."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.next = asyncio.Event()

    def happened(self, _: int) -> None:
        """From any thread."""
        self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self.next.set()
        self.next = asyncio.Event()


@dataclass
class DiscordBot:
    """The bot with the other end in hand."""

    discord: Discord
    store: Store
    world: World
    server: DiscordServer
    commands: Commands
    fetched: list[str]  # ids that upstreams were asked for; they know none
    changes: Changes
    roles: list[asyncio.Task[None]]  # what purges, and what listens

    async def until(self, condition: Callable[[], Awaitable[T]]) -> T:
        """Waits until the condition gives something true, looked at whenever something was stored."""

        async def held() -> T:
            while True:
                change = self.changes.next
                if value := await condition():
                    return value
                await change.wait()

        return await asyncio.wait_for(held(), 20)


@asynccontextmanager
async def discord_bot(
    server: DiscordServer,
    clock: Clock,
    folder: Path,
    commands: Callable[[Services], Commands] = Commands,
    *,
    connected: bool = True,
    **settings: Any,
) -> AsyncIterator[DiscordBot]:
    """The bot, listening; `settings` are added to those that it needs to listen at all. `connected` waits
    until Discord knows its commands and it hears.
    """
    made = Settings.model_validate(
        {
            "home": _there(folder),
            "discord_token": server.world.token,
            "discord_api_url": server.api_url,
            **settings,
        }
    )
    stopped = asyncio.Event()
    async with AsyncExitStack() as stack:
        changes = Changes()
        store = await stack.enter_async_context(
            open_sqlite(folder / "paperboy.db", after_commit=changes.happened, secret_key=lambda: KEY)
        )
        if not (await store.papers.coverage()).papers:
            await fill(store)
        index = await stack.enter_async_context(open_index(folder / "index", store.papers, open_static()))
        await index.catch_up()
        fetched: list[str] = []

        async def fetch(paper_id: PaperId) -> None:
            fetched.append(paper_id.value)

        world = World.over(store, lambda _: Search(store.papers, index, clock, fetch=fetch))
        world.services = replace(
            world.services,
            clock=clock,
            ids=RandomIds(),
            rankings=Rankings(store.papers, clock),
            shares=Cooldown(clock),
        )
        discord = Discord(made, store, clock, RandomIds())
        stack.push_async_callback(discord.aclose)
        stack.push_async_callback(discord.deliverer.aclose)
        answering = commands(world.services)
        discord.listen(answering)
        stack.push_async_callback(discord.finish)
        roles = [asyncio.create_task(role(stopped)) for role in discord.roles()]
        stack.push_async_callback(_end, roles, stopped)
        if connected:
            await server.connected()
        yield DiscordBot(discord, store, world, server, answering, fetched, changes, roles)


def _there(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


async def _end(roles: list[asyncio.Task[None]], stopped: asyncio.Event) -> None:
    stopped.set()
    await asyncio.gather(*roles)


def text_of(shown: Message | Body) -> str:
    """All that a person can read of a message or a form, in order, without the marks of escaping."""
    parts = (
        [{"content": shown.content}, shown.components, shown.embeds]
        if isinstance(shown, Message)
        else [shown]
    )
    return _ESCAPED.sub(r"\1", " ".join(_texts(parts)))


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        words = [value[name] for name in ("title", "label", "description", "content") if value.get(name)]
        return [*map(str, words), *(text for inner in value.values() for text in _texts(inner))]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return []


def actions_of(message: Message) -> dict[str, str]:
    """The labels of its buttons, with what each carries."""
    return {
        one["label"]: one["custom_id"]
        for _, one in every(message.components)
        if one["type"] == 2 and "custom_id" in one
    }
