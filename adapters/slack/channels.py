"""What Slack tells of channels where it may be asked (the pack `channels`): who may post, who is there."""

from collections.abc import Mapping
from typing import Any, Final

from slack_sdk.errors import SlackApiError

from adapters.slack.address import Address
from adapters.slack.api import Api, code_of, failures_told
from adapters.slack.tokens import Tokens

_PAGE: Final = 999
_HIDDEN: Final = "channel_not_found"  # also said of private channels that the bot is not in


class Channels:
    """Asks for channels each time: rights are looked up anew."""

    def __init__(self, api: Api, tokens: Tokens, *, allowed: bool) -> None:
        self._api = api
        self._tokens = tokens
        self._allowed = allowed

    async def may_post(self, address: Address, user: str) -> bool | None:
        """Whether somebody who is no administrator may post there; `None` where Slack does not tell. Raises
        `DeliveryError`.
        """
        if not self._allowed:
            return None
        client = self._api.client((await self._tokens.of(address.tenant)).token)
        with failures_told():
            try:
                answer = await client.conversations_info(channel=address.channel)
            except SlackApiError as error:
                if code_of(error) != _HIDDEN:
                    raise
                return None
        told = posters(answer["channel"], user)
        return told if told is not True else await self.has(address, user)

    async def has(self, address: Address, user: str) -> bool | None:
        """Whether somebody is in that channel; `None` where Slack does not tell. Raises `DeliveryError`."""
        if not self._allowed:
            return None
        client = self._api.client((await self._tokens.of(address.tenant)).token)
        cursor: str | None = None
        while cursor != "":
            with failures_told():
                try:
                    answer = await client.conversations_members(
                        channel=address.channel, limit=_PAGE, cursor=cursor
                    )
                except SlackApiError as error:
                    if code_of(error) != _HIDDEN:
                        raise
                    return None
            if user in answer["members"]:
                return True
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        return False


def posters(channel: Mapping[str, Any], user: str) -> bool | None:
    """Whether a channel, as Slack shows it, lets somebody post who is in it and no administrator.

    `None` if that does not tell: kinds of people and user groups are not looked into, and who may post in the
    general channel is a preference of the workspace.
    """
    if channel.get("is_archived"):
        return False
    limits = (channel.get("properties") or {}).get("posting_restricted_to")
    if not limits:
        return None if channel.get("is_general") else True
    if user in (limits.get("user") or ()):
        return True
    administrators_alone = set(limits.get("type") or ()) <= {"admin", "owner", "org_admin"}
    return False if administrators_alone and not limits.get("subteam") else None
