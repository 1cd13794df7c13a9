"""Handing somebody a file in their direct messages: as a file where the pack `plots` allows, else as text;
pictures as files alone.
"""

from collections.abc import Iterator
from typing import Any, Final

from adapters.slack.api import Api, failures_told
from adapters.slack.tokens import Tokens
from bot.commands.model import Attachment, Picture
from bot.view.text import shorten

FILES_SCOPE: Final = "files:write"
_PART: Final = 9_000  # characters of a message: Slack takes some 13,000 in all
_MOST_PARTS: Final = 20
_LONGEST_ALTERNATIVE: Final = 1_000  # characters


class Files:
    """Gives files to people of any tenant."""

    def __init__(self, api: Api, tokens: Tokens) -> None:
        self._api = api
        self._tokens = tokens

    async def give(self, tenant: str, user: str, attachment: Attachment) -> None:
        """Sends the attachment to that person's direct messages, whole. Raises `DeliveryError`."""
        credentials = await self._tokens.of(tenant)
        client = self._api.client(credentials.token)
        with failures_told():
            opened = await client.conversations_open(users=user)
            channel = str(opened["channel"]["id"])
            if FILES_SCOPE in credentials.scopes or len(attachment.content) > _PART * _MOST_PARTS:
                await client.files_upload_v2(
                    channel=channel,
                    filename=attachment.name,
                    content=attachment.content,
                    title=attachment.name,
                )
                return
            parts = list(_parts(attachment.content))
            for number, part in enumerate(parts, 1):
                title = (
                    attachment.name if len(parts) == 1 else f"{attachment.name} ({number} of {len(parts)})"
                )
                await client.chat_postMessage(
                    channel=channel, text=title, blocks=_blocks(title, part), unfurl_links=False
                )

    async def show(self, tenant: str, user: str, picture: Picture) -> None:
        """Sends the picture, with what it shows in words, to that person's direct messages. Raises
        `DeliveryError`.
        """
        client = self._api.client((await self._tokens.of(tenant)).token)
        with failures_told():
            opened = await client.conversations_open(users=user)
            await client.files_upload_v2(
                channel=str(opened["channel"]["id"]),
                filename=picture.name,
                content=picture.content,
                title=picture.name,
                alt_txt=shorten(picture.alternative, _LONGEST_ALTERNATIVE),
            )


def _parts(content: str) -> Iterator[str]:
    """The content in pieces that a message holds, divided between lines where that can be."""
    rest = content or "\n"
    while rest:
        end = len(rest) if len(rest) <= _PART else rest.rfind("\n", 1, _PART) + 1 or _PART
        yield rest[:end]
        rest = rest[end:]


def _blocks(title: str, part: str) -> list[dict[str, Any]]:
    """Preformatted, so that nothing in it is a mention, a link or markup."""
    return [
        {"type": "section", "text": {"type": "plain_text", "text": title, "emoji": False}},
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": part}], "border": 0}
            ],
        },
    ]
