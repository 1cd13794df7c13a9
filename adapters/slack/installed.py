"""Who may speak to the bot at all: slack-bolt asks that before anything is acknowledged."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext

from adapters.slack.tokens import Credentials, Tokens
from bot.errors import PaperboyError
from bot.ports import Clock

_log = structlog.get_logger(__name__)

REMEMBERED_FOR: Final = timedelta(minutes=1)


class Installed(AsyncAuthorize):
    """Lets through what comes from an organisation that installed the bot.

    That it did is remembered for a minute, so that an acknowledgement does not wait for the store. Whoever
    answers, or posts, asks for the token anew.
    """

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # slack_bolt leaves its types out
        self._tokens = tokens
        self._clock = clock
        self._known: dict[str, tuple[datetime, Credentials]] = {}

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        """The credentials of whom it is of; `None` where nothing can speak for them."""
        del user_id, actor_enterprise_id, actor_team_id, actor_user_id
        tenant = enterprise_id if context.is_enterprise_install else team_id
        try:
            credentials = await self._credentials(tenant or "")
        except PaperboyError as error:
            _log.warning("Slack sent something of an organisation that cannot be answered.", error=str(error))
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=credentials.bot_user,
            bot_token=str(credentials.token),
        )

    def forget(self, tenant: str) -> None:
        """It removed the bot just now."""
        self._known.pop(tenant, None)

    async def _credentials(self, tenant: str) -> Credentials:
        now = self._clock.now()
        known = self._known.get(tenant)
        if known is not None and now - known[0] < REMEMBERED_FOR:
            return known[1]
        credentials = await self._tokens.of(tenant)
        self._known[tenant] = now, credentials
        return credentials
