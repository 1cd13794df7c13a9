"""The chat platforms that the settings let Paperboy speak in."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from bot.config import Settings
from bot.model import Route
from bot.people.model import Identity
from bot.ports import Deliverer, Store
from bot.secret import secret_key
from bot.wiring import Surroundings

if TYPE_CHECKING:
    from aiohttp.web import AbstractRouteDef

    from adapters.discord.bot import Discord
    from adapters.slack.slack import Slack
    from bot.app import Role
    from bot.commands.service import Commands


class Chat(Protocol):
    """All of one chat platform for one bot: what posts, what listens, and what both need."""

    @property
    def deliverer(self) -> Deliverer: ...

    def listen(self, commands: "Commands") -> "Sequence[AbstractRouteDef]":
        """Lets people talk to these commands once its roles run; the routes are for the web server."""

    def roles(self) -> "Sequence[Role]":
        """What runs for as long as the bot does."""

    async def direct(self, identity: Identity) -> Route | None:
        """Where notices reach somebody; `None` if they cannot be reached here."""

    async def finish(self) -> None:
        """Gives the answers that are under way: to be called while all that they need is still open."""

    async def aclose(self) -> None:
        """Closes the connections."""


def speaks_in_slack(settings: Settings) -> bool:
    """Whether the settings let anything speak in Slack."""
    return settings.slack_bot_token is not None or settings.slack_client_id is not None


def speaks_in_discord(settings: Settings) -> bool:
    """Whether the settings let anything speak in Discord."""
    return settings.discord_token is not None


def open_chats(settings: Settings, store: Store, around: Surroundings) -> "Sequence[Chat]":
    """Every platform that is set up, not listening yet. Raises `ConfigError` for settings that contradict
    each other.
    """
    chats: list[Chat] = []
    if speaks_in_slack(settings):
        chats.append(open_slack(settings, store, around))
    if speaks_in_discord(settings):
        chats.append(open_discord(settings, store, around))
    return chats


def open_slack(settings: Settings, store: Store, around: Surroundings) -> "Slack":
    """All of Slack, not listening yet. Raises `ConfigError` for settings that contradict each other."""
    from adapters.slack.slack import Slack  # noqa: PLC0415 - loaded only where it is used

    holder = around.holder()

    async def lease(name: str) -> bool:
        return await store.sources.acquire(name, holder, around.clock.now(), timedelta(minutes=1))

    return Slack(settings, store, around.clock, lease, lambda: secret_key(settings, settings.home).value)


def open_discord(settings: Settings, store: Store, around: Surroundings) -> "Discord":
    """All of Discord, not listening yet."""
    from adapters.discord.bot import Discord  # noqa: PLC0415 - as above: it is slow to load

    return Discord(settings, store, around.clock, around.ids)


def direct(chats: "Sequence[Chat]") -> Callable[[Identity], Awaitable[Route | None]]:
    """Finds the route to somebody's direct messages, on whichever platform knows them."""

    async def find(identity: Identity) -> Route | None:
        for chat in chats:
            if chat.deliverer.surface == identity.surface:
                return await chat.direct(identity)
        return None

    return find
