"""What Paperboy asks for in a server, each permission with its reason; and the links that add it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import discord
from yarl import URL

SERVER_SCOPES: Final = ("bot", "applications.commands")
PERSONAL_SCOPES: Final = ("applications.commands",)
_BY_PERSON: Final = "1"  # Discord's number for an installation by a person


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission: discord.py's name for it, Discord's own, and what it lets Paperboy do."""

    flag: str
    name: str
    reason: str


PERMISSIONS: Final = (
    Permission("view_channel", "View Channels", "see the channels that it posts in"),
    Permission(
        "send_messages", "Send Messages", "post digests, and publish its own in announcement channels"
    ),
    Permission("send_messages_in_threads", "Send Messages in Threads", "post in threads and forums"),
    Permission("create_public_threads", "Create Public Threads", "open a thread below a digest"),
    Permission("embed_links", "Embed Links", "post digests laid out as embeds"),
    Permission("attach_files", "Attach Files", "hand people the lists that they export"),
    Permission(
        "read_message_history",
        "Read Message History",
        "look whether a digest of its own arrived, after a connection broke",
    ),
)
"""All that is ever used, and nothing else."""


def wanted() -> discord.Permissions:
    """All of them together."""
    return discord.Permissions(**{one.flag: True for one in PERMISSIONS})


def invitation(application_id: int, api_url: str) -> str:
    """The link with which an administrator adds the bot to a server."""
    return _authorize(api_url, application_id, SERVER_SCOPES, permissions=str(wanted().value))


def personal_link(application_id: int, api_url: str) -> str:
    """The link with which a person takes the commands along, into every server and all direct messages."""
    return _authorize(api_url, application_id, PERSONAL_SCOPES, integration_type=_BY_PERSON)


def _authorize(api_url: str, application_id: int, scopes: Sequence[str], **more: str) -> str:
    query = {"client_id": str(application_id), "scope": " ".join(scopes), **more}
    return str((URL(api_url).origin() / "oauth2/authorize").with_query(query))
