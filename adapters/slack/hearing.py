"""Who spoke, where, and how they can be answered, from any of Slack's payloads. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any, Final

from adapters.slack.escape import Json

_DIRECT: Final = "directmessage"  # what Slack calls the channel of a command in a direct message
_PRIVATE: Final = "privategroup"
_LINK: Final = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>")
_MAIL: Final = re.compile(r"<mailto:([^|>\s]+)(?:\|[^>]*)?>")
_SAID: Final = frozenset({"text", "url", "from_url", "original_url", "title_link", "fallback"})
_SPOKE: Final = "spoke-"  # how the ids of blocks begin in answers to what was typed
_CURLY: Final = str.maketrans({"\u201c": '"', "\u201d": '"'})  # phones put these for the quotes of a phrase


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that somebody did. Names are untrusted text."""

    tenant: str
    user: str
    user_name: str
    user_team: str  # empty: not told
    channel: str  # empty: it was nowhere in particular, as in the App Home
    channel_name: str
    trigger: str = ""  # opens a modal, for three seconds
    response_url: str = ""  # answers, for half an hour
    message: str = ""  # the ts of the message whose button was pressed
    ephemeral: bool = False  # only that person sees that message
    spoke: bool = False  # they typed a command in the channel, or pressed something in the answer to one
    enterprise: str = ""  # of which the workspace is a part, whoever installed the bot

    @property
    def direct(self) -> bool:
        return self.channel.startswith("D") or self.channel_name == _DIRECT


def heard(body: Mapping[str, Any]) -> Heard:
    """Reads a slash command, an interaction (button, form, shortcut) or an event's envelope."""
    if "event" in body:
        return _event(body)
    if "command" in body:
        return Heard(
            tenant=_tenant(body.get("is_enterprise_install"), body.get("enterprise_id"), body.get("team_id")),
            user=str(body["user_id"]),
            user_name=str(body.get("user_name") or body["user_id"]),
            user_team="",
            channel=str(body.get("channel_id") or ""),
            channel_name=str(body.get("channel_name") or ""),
            trigger=str(body.get("trigger_id") or ""),
            response_url=str(body.get("response_url") or ""),
            spoke=True,
            enterprise=str(body.get("enterprise_id") or ""),
        )
    user, team = body["user"], body.get("team") or {}
    enterprise_id = (body.get("enterprise") or {}).get("id") or team.get("enterprise_id")
    # In a channel that organisations share, a view may be opened from another workspace than the bot's own.
    at_home = (body.get("view") or {}).get("app_installed_team_id")
    container = body.get("container") or {}
    channel = body.get("channel") or {}
    return Heard(
        tenant=_tenant(
            body.get("is_enterprise_install"),
            enterprise_id,
            at_home or team.get("id") or user.get("team_id"),
        ),
        user=str(user["id"]),
        user_name=str(user.get("name") or user.get("username") or user["id"]),
        user_team=str(user.get("team_id") or ""),
        channel=str(channel.get("id") or container.get("channel_id") or ""),
        channel_name=str(channel.get("name") or ""),
        trigger=str(body.get("trigger_id") or ""),
        response_url=str(body.get("response_url") or ""),
        message=str(container.get("message_ts") or ""),
        ephemeral=bool(container.get("is_ephemeral")),
        spoke=any(str(one.get("block_id")).startswith(_SPOKE) for one in body.get("actions") or ()),
        enterprise=str(enterprise_id or ""),
    )


def spoken(blocks: Iterable[Json]) -> list[Json]:
    """The blocks of an answer to what was typed, which say so when something in them is pressed. Nobody but
    whoever typed it may be shown them.
    """
    return [{**block, "block_id": f"{_SPOKE}{number}"} for number, block in enumerate(blocks)]


def typed(text: str) -> str:
    """What somebody typed, from Slack's own writing of it: links and mail addresses in brackets, `&amp;`,
    curly quotes.
    """
    return unescape(_MAIL.sub(r"\1", _LINK.sub(r"\1", text))).translate(_CURLY).strip()


def texts_of(message: Mapping[str, Any]) -> str:
    """All that a message says and links to, also in blocks and attachments: a text to find papers in."""
    found: list[str] = []
    _collect({name: message.get(name) for name in ("text", "blocks", "attachments")}, found)
    return typed("\n".join(found))


def _collect(value: object, found: list[str]) -> None:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, str) and name in _SAID:
                found.append(inner)
            else:
                _collect(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, found)


def channel_label(name: str) -> str:
    """How people call a channel of that name."""
    if name in {"", _PRIVATE}:
        return "this channel"
    return "your direct messages" if name == _DIRECT else f"#{name}"


def _event(body: Mapping[str, Any]) -> Heard:
    event = body["event"]
    granted = (body.get("authorizations") or [{}])[0]
    user = event.get("user") or ""
    return Heard(
        tenant=_tenant(
            granted.get("is_enterprise_install", body.get("is_enterprise_install")),
            granted.get("enterprise_id") or body.get("enterprise_id"),
            granted.get("team_id") or body.get("team_id"),
        ),
        user=str(user.get("id") if isinstance(user, Mapping) else user),
        user_name="",
        user_team="",
        channel=str(event.get("channel") or ""),
        channel_name="",
        enterprise=str(granted.get("enterprise_id") or body.get("enterprise_id") or ""),
    )


def _tenant(org_wide: object, enterprise: object, team: object) -> str:
    """The first part of addresses: an enterprise that installed the bot as a whole, else the workspace.

    Forms carry the flag as text.
    """
    whole = org_wide is True or str(org_wide).lower() == "true"
    return str(enterprise if whole and enterprise else team or "")
