"""Discord, put together: what posts, what listens, and what both need."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from aiohttp import web

from adapters.discord.client import Listening, ListeningClient
from adapters.discord.conversation import Conversation
from adapters.discord.deliverer import DiscordDeliverer
from adapters.discord.guilds import Guilds
from adapters.discord.logs import take_over
from adapters.discord.long_actions import LongActions
from adapters.discord.offer import SURFACE
from adapters.discord.pace import Pace
from adapters.discord.session import Session
from adapters.discord.surface import DiscordSurface
from bot.commands.service import Commands
from bot.config import Settings
from bot.delivery.notices import Notifier
from bot.errors import ConfigError, PaperboyError
from bot.model import Route
from bot.people.model import Identity
from bot.ports import Clock, Ids, Store
from bot.waiting import either

_log = structlog.get_logger(__name__)

GRACE: Final = timedelta(
    days=7
)  # after a server removed the bot, what was set up waits so long for its return
_PURGE_EVERY: Final = timedelta(hours=6)


class Discord:
    """All of Discord for one bot. Belongs to one event loop."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, ids: Ids) -> None:
        """Raises `ConfigError` without a token."""
        if settings.discord_token is None:
            raise ConfigError("PAPERBOY_DISCORD_TOKEN is not set. `paperboy setup discord` asks for it.")
        take_over()
        self._settings = settings
        self._store = store
        self._clock = clock
        self._ids = ids
        self._token = settings.discord_token.get_secret_value()
        self._pace = Pace(clock)
        self._session = Session(self._token, settings.discord_api_url, self._pace.passed)
        self.surface: Final = DiscordSurface(self._session, command=settings.discord_command)
        self.deliverer: Final = DiscordDeliverer(
            self._token, clock, api_url=settings.discord_api_url, pace=self._pace
        )
        self._long = LongActions(store.actions, clock)
        self._conversation: Conversation | None = None

    def listen(self, commands: Commands) -> Sequence[web.RouteDef]:
        """Lets people talk to these commands once the roles run. Discord needs no routes: it is called."""
        self._conversation = Conversation(self.surface, commands, self._clock, self._long)
        return ()

    async def direct(self, identity: Identity) -> Route | None:
        """Where notices reach somebody; `None` if they cannot be reached here."""
        if identity.surface != SURFACE:
            return None
        try:
            return Route(surface=SURFACE, address=await self.surface.direct_address(identity))
        except PaperboyError as error:
            _log.warning("Somebody cannot be reached in Discord.", error=str(error))
            return None

    def roles(self) -> Sequence[Callable[[asyncio.Event], Coroutine[Any, Any, None]]]:
        """What runs for as long as the bot does, each until the event it is given is set."""
        found: list[Callable[[asyncio.Event], Coroutine[Any, Any, None]]] = [self._purge]
        if self._conversation is not None:
            found.append(self._listening)
        return found

    async def finish(self) -> None:
        """Gives the answers that are under way: to be called while all that they need is still open."""
        if self._conversation is not None:
            await self._conversation.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._session.aclose()

    async def _listening(self, stopped: asyncio.Event) -> None:
        conversation, settings, store = self._conversation, self._settings, self._store
        assert conversation is not None  # noqa: S101 - else it is no role
        notifier = Notifier(store, self._clock, self._ids, self.direct)
        guilds = Guilds(store.installations, notifier, self._clock)

        def client() -> ListeningClient:
            return ListeningClient(
                conversation,
                guilds,
                command=settings.discord_command,
                link_cards=settings.discord_link_cards,
                api_url=settings.discord_api_url,
                gateway_url=settings.discord_gateway_url,
                asking=self._pace.passed,
            )

        await Listening(client, conversation, self._clock, self._token).run(stopped)

    async def _purge(self, stopped: asyncio.Event) -> None:
        """Deletes, after the days of grace, what belonged to servers that removed the bot, and what was kept
        for buttons for long enough.
        """
        while not stopped.is_set():
            try:
                await self._long.expire()
                gone = await self._store.installations.purge(SURFACE, self._clock.now() - GRACE)
            except PaperboyError as error:
                _log.warning("What need not be kept any longer could not be purged.", error=str(error))
            else:
                for tenant in gone:
                    _log.info("Everything of a server that removed the bot was deleted.", tenant=tenant)
            await either(self._clock.sleep(_PURGE_EVERY), stopped.wait())
