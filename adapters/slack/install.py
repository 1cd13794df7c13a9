"""Installing the bot into many workspaces by OAuth: bolt walks the way, our store keeps what comes of it."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from slack_bolt.error import BoltError
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store import Installation as SlackInstallation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from adapters.slack.api import Api
from adapters.slack.manifest import REDIRECT_PATH
from adapters.slack.tokens import SURFACE, Credentials
from bot.errors import PaperboyError
from bot.people.model import Hidden, Installation
from bot.people.ports import InstallationStore
from bot.ports import Clock

INSTALL_PATH: Final = "/slack/install"
STATE_LIFE: Final = timedelta(minutes=10)


def oauth_flow(
    api: Api,
    installations: InstallationStore,
    clock: Clock,
    *,
    client_id: str,
    client_secret: str,
    scopes: Sequence[str],
    public_url: str,
    authorize_url: str,
    secret_key: bytes,
) -> AsyncOAuthFlow:
    """The pages of an installation, at `INSTALL_PATH` and `REDIRECT_PATH` of the public address."""
    settings = AsyncOAuthSettings(
        client_id=client_id,
        client_secret=client_secret,
        scopes=list(scopes),
        redirect_uri=f"{public_url}{REDIRECT_PATH}",
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        authorization_url=authorize_url,
        installation_store=Keeper(installations, clock),
        state_store=SignedStates(secret_key, clock),
        state_expiration_seconds=int(STATE_LIFE.total_seconds()),
    )
    return AsyncOAuthFlow(client=api.client(None), settings=settings)


class Keeper(AsyncInstallationStore):
    """Keeps installations in our store; who speaks for a tenant is asked of `tokens`, never of bolt."""

    def __init__(self, installations: InstallationStore, clock: Clock) -> None:
        self._installations = installations
        self._clock = clock

    async def async_save(self, installation: SlackInstallation) -> None:
        """Stores what Slack granted. Raises `BoltError`, which bolt shows as a page."""
        tenant, name = installation.team_id, installation.team_name
        if installation.is_enterprise_install:
            tenant, name = installation.enterprise_id, installation.enterprise_name
        if not tenant or not installation.bot_token:
            raise BoltError("Slack granted nothing that could speak.")
        now = self._clock.now()
        expires_at = installation.bot_token_expires_at  # by the library's clock, as `installed_at` is
        credentials = Credentials(
            token=Hidden(installation.bot_token),
            bot_user=installation.bot_user_id or "",
            scopes=frozenset(installation.bot_scopes or ()),
            refresh_token=Hidden(installation.bot_refresh_token) if installation.bot_refresh_token else None,
            expires_at=None
            if expires_at is None
            else now + timedelta(seconds=int(expires_at - installation.installed_at)),
        )
        try:
            await self._installations.put(
                Installation(
                    surface=SURFACE,
                    tenant=tenant,
                    name=name or tenant,
                    secret=credentials.to_secret(),
                    installed_by=installation.user_id,
                    installed_at=now,
                    state_at=now,
                )
            )
        except PaperboyError as error:
            raise BoltError(str(error)) from error

    async def async_save_bot(self, bot: Bot) -> None:  # noqa: ARG002 - the library names it
        """Never called: installations are saved whole."""
        raise BoltError("A bot is stored with its installation.")


class SignedStates(AsyncOAuthStateStore):
    """States of an installation under way, which any process can check: a time and a signature.

    That the browser which comes back is the one that left is checked by bolt, by a cookie; that a code
    serves once, by Slack.
    """

    def __init__(
        self, secret_key: bytes, clock: Clock, new_token: Callable[[], str] = secrets.token_urlsafe
    ) -> None:
        self._key = hashlib.sha256(b"slack oauth state\0" + secret_key).digest()
        self._clock = clock
        self._new_token = new_token

    async def async_issue(self, *_: object, **__: object) -> str:
        """A state that lives for `STATE_LIFE`."""
        state = f"{int(self._clock.now().timestamp())}.{self._new_token()}"
        return f"{state}.{self._signature(state)}"

    async def async_consume(self, state: str) -> bool:
        """Whether we issued it, and not too long ago."""
        issued, _, signature = str(state).rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(issued).encode()):
            return False
        age = self._clock.now().timestamp() - int(issued.partition(".")[0])
        return 0 <= age <= STATE_LIFE.total_seconds()

    def _signature(self, state: str) -> str:
        return hmac.new(self._key, state.encode(), hashlib.sha256).hexdigest()
