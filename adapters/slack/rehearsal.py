"""Whether the bot may post somewhere, found out without a message that anybody sees.

A message is planned for the far future, and called off at once: Slack checks it as if it went out now. One
that stays planned, since an answer was lost or the process ended in between, is called off later; should
nobody ever do that, it says what it is.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from slack_sdk.errors import SlackApiError

from adapters.slack.address import Address
from adapters.slack.api import FAILURES, Api, failures_told
from adapters.slack.tokens import Tokens
from adapters.slack.workspaces import Workspaces
from bot.ports import Clock

_FAR: Final = timedelta(days=30)
_TEXT: Final = (
    "Paperboy tried out whether it may post here. This was to be called off at once and never to be seen: "
    "please delete it."
)
_PAGE: Final = 100


class Rehearsals:
    """Rehearses posts, and clears up behind those that broke off."""

    def __init__(self, api: Api, tokens: Tokens, workspaces: Workspaces, clock: Clock) -> None:
        self._api = api
        self._tokens = tokens
        self._workspaces = workspaces
        self._clock = clock

    async def rehearse(self, address: Address) -> None:
        """Posts, but for the posting. Raises `SlackApiError`, what `adapters.slack.api.FAILURES` has, or
        `DeliveryError` where there is no token.
        """
        client = self._api.client((await self._tokens.of(address.tenant)).token)
        planned = await client.chat_scheduleMessage(
            channel=address.channel, post_at=int((self._clock.now() + _FAR).timestamp()), text=_TEXT
        )
        with suppress(SlackApiError, *FAILURES):  # `clear_up` tries again
            await client.chat_deleteScheduledMessage(
                channel=address.channel, scheduled_message_id=str(planned["scheduled_message_id"])
            )

    async def clear_up(self, tenant: str) -> int:
        """Calls off what stayed planned in all of a tenant, and says how much that was. Raises
        `DeliveryError`.
        """
        client = self._api.client((await self._tokens.of(tenant)).token)
        left: list[dict[str, Any]] = []
        # A whole organisation's token has to name each workspace, and one workspace's none.
        for team in sorted(await self._workspaces.of(tenant)):
            named = {} if team == tenant else {"team_id": team}
            cursor: str | None = None
            while cursor != "":
                with failures_told():
                    answer = await client.chat_scheduledMessages_list(limit=_PAGE, cursor=cursor, **named)
                left += [one for one in answer["scheduled_messages"] if one.get("text") == _TEXT]
                cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        for one in left:
            with failures_told():
                await client.chat_deleteScheduledMessage(
                    channel=str(one["channel_id"]), scheduled_message_id=str(one["id"])
                )
        return len(left)
