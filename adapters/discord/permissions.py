"""What Paperboy asks for in a server, each permission with its reason; and the links that add it."""

from dataclasses import dataclass
from typing import Final

import discord
from yarl import URL

_SCOPES: Final = "bot applications.commands"


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
    query = {"client_id": str(application_id), "scope": _SCOPES, "permissions": str(wanted().value)}
    return _authorize(api_url, query)


def personal_link(application_id: int, api_url: str) -> str:
    """The link with which a person takes the commands along, into every server and all direct messages."""
    query = {
        "client_id": str(application_id),
        "scope": "applications.commands",
        "integration_type": "1",  # installed by a user (Discord: Application Integration Types)
    }
    return _authorize(api_url, query)


def _authorize(api_url: str, query: dict[str, str]) -> str:
    return str((URL(api_url).origin() / "oauth2/authorize").with_query(query))


def installs() -> dict[str, object]:
    """Where the application can be installed, as Discord's API takes it: in servers, and by people.

    Source: Edit Current Application, `integration_types_config`.
    """
    server = {"scopes": _SCOPES.split(), "permissions": wanted().value}
    person = {"scopes": ["applications.commands"], "permissions": 0}
    return {"0": {"oauth2_install_params": server}, "1": {"oauth2_install_params": person}}
