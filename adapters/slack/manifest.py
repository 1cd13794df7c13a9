"""The app's manifest, from which Slack makes the app as it has to be. Pure.

Made from the registry of commands and the scopes, so that nobody copies settings by hand.
"""

import json
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from adapters.slack.answers import BOT_NAME
from adapters.slack.scopes import chosen, events, scopes
from bot.commands.registry import COMMANDS
from bot.errors import InputError

EVENTS_PATH: Final = "/slack/events"  # where Slack calls, with whatever it has to tell
REDIRECT_PATH: Final = "/slack/oauth_redirect"

SIMILAR_SHORTCUT: Final = "papers_like_this"
SEARCH_SHORTCUT: Final = "search_papers"

_SUMMARY: Final = "Brings your team its trending research papers."
_ABOUT: Final = (
    "Paperboy posts a short digest of the research papers that matter to a channel, once a day, when you "
    "want it: what trends, why, and in few words what each paper says. Ask it for papers at any time, search "
    "all of them, keep a list, and subscribe to what you work on. Answers are for you alone unless you "
    "share them."
)
_COLOUR: Final = "#1f3a5f"


def manifest(command: str, packs: Iterable[str], *, public_url: str | None, oauth: bool) -> dict[str, Any]:
    """The manifest of an app that answers to this slash command.

    Slack calls `public_url`; where that is `None`, the app calls Slack (Socket Mode). With `oauth` any number
    of workspaces can install it. Raises `InputError` for OAuth without an address to come back to.
    """
    if oauth and public_url is None:
        raise InputError(
            "Workspaces that install the app come back to a public address: set PAPERBOY_PUBLIC_URL to yours."
        )
    packs = tuple(packs)
    called = {} if public_url is None else {"request_url": f"{public_url}{EVENTS_PATH}"}
    slash = {
        "command": command,
        "description": _SUMMARY,
        "usage_hint": usage_hint(),
        "should_escape": False,
        **({} if public_url is None else {"url": f"{public_url}{EVENTS_PATH}"}),
    }
    features: dict[str, Any] = {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": True,  # what people write there would never be answered
        },
        "bot_user": {"display_name": BOT_NAME, "always_online": True},
        "shortcuts": [
            {
                "name": "Papers like this",
                "type": "message",
                "callback_id": SIMILAR_SHORTCUT,
                "description": "Finds papers near to what a message says or links to",
            },
            {
                "name": "Search papers",
                "type": "global",
                "callback_id": SEARCH_SHORTCUT,
                "description": "Searches all papers",
            },
        ],
        "slash_commands": [slash],
    }
    if domains := [domain for pack in chosen(packs) for domain in pack.domains]:
        features["unfurl_domains"] = domains
    redirects = {"redirect_urls": [f"{public_url}{REDIRECT_PATH}"]} if oauth else {}
    return {
        "display_information": {
            "name": "Paperboy",
            "description": _SUMMARY,
            "long_description": _ABOUT,
            "background_color": _COLOUR,
        },
        "features": features,
        "oauth_config": {**redirects, "scopes": {"bot": [scope.name for scope in scopes(packs)]}},
        "settings": {
            "event_subscriptions": {**called, "bot_events": list(events(packs))},
            "interactivity": {"is_enabled": True, **called},
            "org_deploy_enabled": True,
            "socket_mode_enabled": public_url is None,
            "token_rotation_enabled": oauth,
        },
    }


def new_app_link(made: dict[str, Any]) -> str:
    """The page of Slack's that makes an app of this manifest
    (https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests, "Sharing manifests").
    """
    query = urlencode({"new_app": 1, "manifest_json": json.dumps(made, separators=(",", ":"))})
    return f"https://api.slack.com/apps?{query}"


def usage_hint() -> str:
    """What stands beside the slash command while it is typed: the commands' first words."""
    words = dict.fromkeys(command.group or command.name for command in COMMANDS)
    return f"words to search for, or {', '.join(words)}"


def as_yaml(value: dict[str, Any], indent: str = "") -> str:
    """Mappings, lists, text and flags as YAML; text as in JSON, which YAML reads."""
    lines: list[str] = []
    for key, inner in value.items():
        match inner:
            case dict():
                lines += [f"{indent}{key}:", as_yaml(inner, f"{indent}  ").rstrip("\n")]
            case list():
                lines += [f"{indent}{key}:", *(_item(one, indent) for one in inner)]
            case _:
                lines.append(f"{indent}{key}: {json.dumps(inner)}")
    return "\n".join(lines) + "\n"


def _item(value: Any, indent: str) -> str:
    if not isinstance(value, dict):
        return f"{indent}  - {json.dumps(value)}"
    inner = as_yaml(value, f"{indent}    ").rstrip("\n")
    return f"{indent}  - {inner.lstrip()}"
