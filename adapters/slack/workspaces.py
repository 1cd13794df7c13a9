"""Whose people are an organisation's own: those of the workspaces for which the bot was installed."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

from adapters.slack.api import Api, failures_told
from adapters.slack.tokens import Tokens
from bot.ports import Clock

_REMEMBERED_FOR: Final = timedelta(minutes=5)
_PAGE: Final = 1_000


class Workspaces:
    """Asks for the workspaces of whole organisations, which takes no scope, and remembers them a while."""

    def __init__(self, api: Api, tokens: Tokens, clock: Clock) -> None:
        self._api = api
        self._tokens = tokens
        self._clock = clock
        self._turn = asyncio.Lock()
        self._known: dict[str, tuple[datetime, frozenset[str]]] = {}  # by tenant

    async def of(self, tenant: str) -> frozenset[str]:
        """The ids of a tenant's workspaces: of one that is a workspace, its own. Raises `DeliveryError`."""
        if tenant.startswith("T"):
            return frozenset({tenant})
        async with self._turn:
            known = self._known.get(tenant)
            if known is None or self._clock.now() - known[0] >= _REMEMBERED_FOR:
                known = self._known[tenant] = self._clock.now(), await self._asked(tenant)
            return known[1]

    async def has(self, tenant: str, team: str) -> bool:
        """Whether people of that workspace are the tenant's own; of an untold one, an empty id, they are:
        Slack leaves it out where nobody else can speak. Raises `DeliveryError`.
        """
        return team in {"", tenant} or team in await self.of(tenant)

    async def _asked(self, tenant: str) -> frozenset[str]:
        client = self._api.client((await self._tokens.of(tenant)).token)
        found: set[str] = set()
        cursor: str | None = None
        while cursor != "":
            with failures_told():
                answer = await client.auth_teams_list(limit=_PAGE, cursor=cursor)
            found |= {str(team["id"]) for team in answer["teams"]}
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        return frozenset(found)
