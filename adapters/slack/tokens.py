"""Which token speaks for an organisation: the operator's own, or one that an installation brought.

A tenant is an enterprise's id where the whole of it installed the bot, else a workspace's: the first part of
every address (`adapters.slack.address`).
"""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Self

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.api import FAILURES, Api, code_of, failure_told, failures_told, unreachable
from adapters.slack.deliverer import SURFACE
from bot.errors import DeliveryError, RefusedError
from bot.model import from_utc_ms, utc_ms
from bot.people.model import Hidden, Installation, InstallationState
from bot.people.ports import InstallationStore
from bot.ports import Clock

_log = structlog.get_logger(__name__)

_EARLY: Final = timedelta(hours=2)  # before it ends, a token that rotates is renewed; it lives 12 hours

_REMOVED: Final = "The app was removed from this Slack workspace. Install it again to go on."
# What Slack says where an installation has ended; all else may be a mistake of ours or of the operator's.
_ENDED: Final = frozenset({"invalid_refresh_token", "token_revoked", "account_inactive"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """What speaks for one tenant."""

    token: Hidden
    bot_user: str
    scopes: frozenset[str]
    refresh_token: Hidden | None = None
    expires_at: datetime | None = None  # None: it does not rotate

    def to_secret(self) -> Hidden:
        """As an installation keeps it."""
        value = {
            "token": str(self.token),
            "bot_user": self.bot_user,
            "scopes": sorted(self.scopes),
            "refresh_token": self.refresh_token,
            "expires_at": None if self.expires_at is None else utc_ms(self.expires_at),
        }
        return Hidden(json.dumps(value))

    @classmethod
    def from_secret(cls, secret: str) -> Self:
        """The inverse of `to_secret`."""
        value = json.loads(secret)
        expires_at = value["expires_at"]
        return cls(
            Hidden(value["token"]),
            value["bot_user"],
            frozenset(value["scopes"]),
            None if value["refresh_token"] is None else Hidden(value["refresh_token"]),
            None if expires_at is None else from_utc_ms(expires_at),
        )


Lease = Callable[[str], Awaitable[bool]]
"""Takes a short lease of that name; `False` if another process has it."""


class Tokens(ABC):
    """Gives the credentials of a tenant."""

    @abstractmethod
    async def of(self, tenant: str) -> Credentials:
        """Raises `RefusedError` with `pause` if nothing can speak for that tenant (any more), and
        `NotAcceptedError` if that cannot be found out now.
        """

    async def token(self, tenant: str) -> str:
        """The token alone, as the deliverer asks for it. Raises as `of` does."""
        return str((await self.of(tenant)).token)


class OwnToken(Tokens):
    """The one token that the operator set, for the workspace that it is of."""

    def __init__(self, api: Api, token: str) -> None:
        self._api = api
        self._token = Hidden(token)
        self._turn = asyncio.Lock()
        self._known: tuple[str, str, Credentials] | None = None

    async def of(self, tenant: str) -> Credentials:
        """The operator's token, if it is of that tenant."""
        own, _, credentials = await self.identify()
        if tenant != own:
            raise RefusedError(
                f"The Slack workspace {tenant} is not the one that the bot token is of ({own}). Set the "
                "token of that workspace, or remove the channel.",
                pause=True,
            )
        return credentials

    async def identify(self) -> tuple[str, str, Credentials]:
        """The tenant, its name, and the credentials, as Slack itself tells. Raises as `of` does."""
        async with self._turn:
            if self._known is None:
                with failures_told():
                    answer = await self._api.client(self._token).auth_test()
                tenant = str(answer["enterprise_id" if answer.get("is_enterprise_install") else "team_id"])
                credentials = Credentials(
                    self._token,
                    str(answer["user_id"]),
                    scopes_told(answer),
                )
                self._known = tenant, str(answer.get("team") or tenant), credentials
            return self._known


def scopes_told(answer: AsyncSlackResponse) -> frozenset[str]:
    """What a token may do, which stands beside every answer that it gets."""
    scopes = answer.headers.get("x-oauth-scopes", "")
    return frozenset(scope.strip() for scope in scopes.split(",") if scope.strip())


class InstalledTokens(Tokens):
    """The tokens that installations brought, renewed before they end.

    Two processes that renew at once are kept apart by a lease in the store: the second goes on with the old
    token, which still lives for an hour or two.
    """

    def __init__(
        self,
        api: Api,
        installations: InstallationStore,
        clock: Clock,
        lease: Lease,
        *,
        client_id: str,
        client_secret: str,
    ) -> None:
        self._api = api
        self._installations = installations
        self._clock = clock
        self._lease = lease
        self._client = client_id, Hidden(client_secret)
        self._turns: dict[str, asyncio.Lock] = {}  # by tenant

    async def of(self, tenant: str) -> Credentials:
        """The installation's token, renewed by one task while the others wait."""
        installation, credentials = await self._stored(tenant)
        if not self._ends_soon(credentials):
            return credentials
        async with self._turns.setdefault(tenant, asyncio.Lock()):
            installation, credentials = await self._stored(tenant)
            if not self._ends_soon(credentials):
                return credentials
            return await self._renewed(installation, credentials)

    async def _stored(self, tenant: str) -> tuple[Installation, Credentials]:
        installation = await self._installations.get(SURFACE, tenant)
        if installation is None or installation.state is InstallationState.GONE:
            raise RefusedError(_REMOVED, pause=True)
        return installation, Credentials.from_secret(installation.secret)

    def _ends_soon(self, credentials: Credentials) -> bool:
        ends = credentials.expires_at
        return ends is not None and ends - _EARLY <= self._clock.now()

    async def _renewed(self, installation: Installation, credentials: Credentials) -> Credentials:
        if not await self._lease(f"slack-token:{installation.tenant}"):
            return credentials
        client_id, client_secret = self._client
        try:
            answer = await self._api.client(None).oauth_v2_access(
                client_id=client_id,
                client_secret=str(client_secret),
                grant_type="refresh_token",
                refresh_token=credentials.refresh_token,
            )
        except SlackApiError as error:
            if code_of(error) in _ENDED:
                await self._installations.gone(SURFACE, installation.tenant, self._clock.now())
                raise RefusedError(_REMOVED, pause=True) from None
            return self._unrenewed(installation, credentials, failure_told(error))
        except FAILURES:
            return self._unrenewed(installation, credentials, unreachable())
        renewed = credentials_of(answer.data, self._clock.now(), bot_user=credentials.bot_user)
        latest = await self._installations.get(SURFACE, installation.tenant)
        if latest is not None and latest.secret == installation.secret:  # nobody installed it anew meanwhile
            await self._installations.put(replace(latest, secret=renewed.to_secret()))
        _log.info("A Slack token was renewed.", tenant=installation.tenant)
        return renewed

    def _unrenewed(
        self, installation: Installation, credentials: Credentials, failure: DeliveryError
    ) -> Credentials:
        """The old token for as long as it lives; then raises the failure."""
        if credentials.expires_at is not None and credentials.expires_at <= self._clock.now():
            raise failure
        _log.warning(
            "A Slack token could not be renewed; it still serves for a while.",
            tenant=installation.tenant,
            error=str(failure),
        )
        return credentials


def credentials_of(answer: Mapping[str, Any] | bytes, now: datetime, *, bot_user: str = "") -> Credentials:
    """The credentials in an answer of `oauth.v2.access`."""
    assert isinstance(answer, Mapping)  # noqa: S101 - bytes come of file downloads alone
    lifetime = answer.get("expires_in")
    return Credentials(
        Hidden(answer["access_token"]),
        str(answer.get("bot_user_id") or bot_user),
        frozenset(filter(None, str(answer.get("scope", "")).split(","))),
        Hidden(answer["refresh_token"]) if answer.get("refresh_token") else None,
        None if lifetime is None else now + timedelta(seconds=int(lifetime)),
    )


__all__ = ["SURFACE", "Credentials", "InstalledTokens", "OwnToken", "Tokens", "credentials_of", "scopes_told"]
