"""Slack, put together: what posts, what listens, and what both need."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from aiohttp import web
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from yarl import URL

from adapters.slack.api import Api
from adapters.slack.app import SlackApp
from adapters.slack.channels import Channels
from adapters.slack.conversation import Conversation
from adapters.slack.deliverer import SURFACE, SlackDeliverer
from adapters.slack.install import oauth_flow
from adapters.slack.pages import routes
from adapters.slack.people import People
from adapters.slack.received import Received
from adapters.slack.rehearsal import Rehearsals
from adapters.slack.scopes import scopes
from adapters.slack.socket_mode import SocketMode
from adapters.slack.surface import SlackSurface
from adapters.slack.tokens import InstalledTokens, Lease, OwnToken, Tokens
from adapters.slack.workspaces import Workspaces
from bot.commands.service import Commands
from bot.config import Settings
from bot.errors import ConfigError, PaperboyError, RefusedError
from bot.model import Route
from bot.people.model import Identity, InstallationState
from bot.ports import Clock, Store
from bot.schedule.zones import zones_like
from bot.waiting import either

_log = structlog.get_logger(__name__)

GRACE: Final = timedelta(days=7)  # after an app is removed, what was set up waits so long for its return
_PURGE_EVERY: Final = timedelta(hours=6)
_CLEAR_UP_AFTER: Final = timedelta(minutes=10)  # a start has better things to do
_CLEAR_UP_EVERY: Final = timedelta(hours=6)
_NOT_CLEARED_UP: Final = "Rehearsals that were left planned could not be looked for."


class Slack:
    """All of Slack for one bot. Belongs to one event loop."""

    def __init__(
        self, settings: Settings, store: Store, clock: Clock, lease: Lease, secret_key: Callable[[], bytes]
    ) -> None:
        """Raises `ConfigError` for settings that contradict each other."""
        self._settings = settings
        self._store = store
        self._clock = clock
        self._api = Api(settings.slack_api_url)
        self.tokens: Final = self._made_tokens(lease)
        self._secret_key = secret_key
        packs = settings.slack_packs
        self._people = People(self._api, self.tokens, clock, allowed="people" in packs)
        self._workspaces = Workspaces(self._api, self.tokens, clock)
        self.rehearsals: Final = Rehearsals(self._api, self.tokens, self._workspaces, clock)
        self.surface: Final = SlackSurface(
            self._api,
            self.tokens,
            self._people,
            Channels(self._api, self.tokens, allowed="channels" in packs),
            self.rehearsals,
            self._installer,
            command=settings.slack_command,
            packs=packs,
            managers=settings.slack_managers,
            guests=settings.slack_guests == "possible",
        )
        self.deliverer: Final = SlackDeliverer(
            self.tokens, clock, api_url=settings.slack_api_url, recheck="recheck" in packs
        )
        self._app: SlackApp | None = None

    def _made_tokens(self, lease: Lease) -> Tokens:
        settings = self._settings
        if settings.slack_bot_token is not None:
            return OwnToken(self._api, settings.slack_bot_token.get_secret_value())
        if settings.slack_client_secret is None or settings.slack_client_id is None:
            raise ConfigError(
                "PAPERBOY_SLACK_CLIENT_ID and PAPERBOY_SLACK_CLIENT_SECRET belong together: set both, or "
                "PAPERBOY_SLACK_BOT_TOKEN for one workspace."
            )
        if settings.public_url is None:
            raise ConfigError(
                "Slack sends people back to Paperboy when they install it: set PAPERBOY_PUBLIC_URL to the "
                "address at which they reach it."
            )
        return InstalledTokens(
            self._api,
            self._store.installations,
            self._clock,
            lease,
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret.get_secret_value(),
        )

    def listen(self, commands: Commands) -> Sequence[web.RouteDef]:
        """Lets people talk to these commands; the routes are for the web server to serve."""
        settings = self._settings
        conversation = Conversation(
            self._api,
            self.tokens,
            self._people,
            self._workspaces,
            self.surface,
            commands,
            self._store.installations,
            self._clock,
            zones=zones_like,
        )
        signing = settings.slack_signing_secret
        self._app = SlackApp(
            self._api,
            self.tokens,
            conversation,
            Received(self._store.sources, self._clock),
            self._clock,
            command=settings.slack_command,
            signing_secret=None if signing is None else signing.get_secret_value(),
            oauth=self._oauth(),
        )
        return routes(self._app)

    def _oauth(self) -> AsyncOAuthFlow | None:
        settings = self._settings
        if settings.slack_bot_token is not None or settings.slack_client_id is None:
            return None
        assert settings.slack_client_secret is not None  # noqa: S101 - checked when the tokens were made
        assert settings.public_url is not None  # noqa: S101 - as above
        return oauth_flow(
            self._api,
            self._store.installations,
            self._clock,
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret.get_secret_value(),
            scopes=[scope.name for scope in scopes(settings.slack_packs)],
            public_url=settings.public_url,
            authorize_url=str(URL(settings.slack_api_url).with_path("/oauth/v2/authorize")),
            secret_key=self._secret_key(),
        )

    async def direct(self, identity: Identity) -> Route | None:
        """Where notices reach somebody; `None` if they cannot be reached here."""
        if identity.surface != SURFACE:
            return None
        try:
            return Route(surface=SURFACE, address=await self.surface.direct_address(identity))
        except PaperboyError as error:
            _log.warning("Somebody cannot be reached in Slack.", error=str(error))
            return None

    def roles(self) -> Sequence[Callable[[asyncio.Event], Coroutine[Any, Any, None]]]:
        """What runs for as long as the bot does, each until the event it is given is set."""
        found: list[Callable[[asyncio.Event], Coroutine[Any, Any, None]]] = [
            self._look,
            self._purge,
            self._clear_up,
        ]
        app_token = self._settings.slack_app_token
        if self._app is not None and app_token is not None:
            socket = SocketMode(self._app.bolt, self._api, self._clock, app_token.get_secret_value())
            found.append(socket.run)
        return found

    async def finish(self) -> None:
        """Gives the answers that are under way: to be called while all that they need is still open."""
        if self._app is not None:
            await self._app.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._api.aclose()

    async def _look(self, _: asyncio.Event) -> None:
        """Says at the start what keeps Slack from working, rather than when somebody needs it."""
        settings = self._settings
        if settings.slack_signing_secret is None and settings.slack_app_token is None:
            _log.warning(
                "Slack cannot reach Paperboy, so that commands stay unanswered. Set PAPERBOY_SLACK_APP_TOKEN "
                "(Socket Mode), or PAPERBOY_SLACK_SIGNING_SECRET and PAPERBOY_PUBLIC_URL."
            )
        if isinstance(self.tokens, OwnToken):
            try:
                await self.tokens.identify()
            except RefusedError as error:
                _log.error(
                    "Slack does not take the bot token, so that nothing can be posted or answered. "
                    "`paperboy doctor` says what to do.",
                    error=str(error),
                )
            except PaperboyError as error:
                _log.warning("The bot token could not be tried.", error=str(error))

    async def _purge(self, stopped: asyncio.Event) -> None:
        """Deletes, after the days of grace, what belonged to organisations that removed the app."""
        while not stopped.is_set():
            try:
                gone = await self._store.installations.purge(SURFACE, self._clock.now() - GRACE)
            except PaperboyError as error:
                _log.warning("What removed workspaces left could not be purged yet.", error=str(error))
            else:
                for tenant in gone:
                    _log.info("Everything of a workspace that removed the app was deleted.", tenant=tenant)
            await either(self._clock.sleep(_PURGE_EVERY), stopped.wait())

    async def _clear_up(self, stopped: asyncio.Event) -> None:
        """Calls off rehearsals that were left planned, long before anybody could see one."""
        pause = _CLEAR_UP_AFTER
        while True:
            await either(self._clock.sleep(pause), stopped.wait())
            if stopped.is_set():
                return
            pause = _CLEAR_UP_EVERY
            try:
                for tenant in await self._tenants():
                    await self._clear_up_in(tenant)
            except PaperboyError as error:
                _log.warning(_NOT_CLEARED_UP, error=str(error))

    async def _clear_up_in(self, tenant: str) -> None:
        try:
            left = await self.rehearsals.clear_up(tenant)
        except PaperboyError as error:  # the others' all the same
            _log.warning(_NOT_CLEARED_UP, tenant=tenant, error=str(error))
        else:
            if left:
                _log.info("Rehearsals that were left planned were called off.", tenant=tenant, number=left)

    async def _tenants(self) -> Sequence[str]:
        """Who installed the bot."""
        if isinstance(self.tokens, OwnToken):
            return [(await self.tokens.identify())[0]]
        found = await self._store.installations.list(SURFACE)
        return [one.tenant for one in found if one.state is InstallationState.ACTIVE]

    async def _installer(self, tenant: str) -> str | None:
        found = await self._store.installations.get(SURFACE, tenant)
        return None if found is None else found.installed_by
