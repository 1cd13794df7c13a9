"""Whether Slack is set up: tokens, scopes, events and channels, and what to do about each.

Slack itself is asked wherever it tells; what it sends us is known from what came.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError

from adapters.slack.address import read_address
from adapters.slack.api import Api, code_of, failure_told, failures_told
from adapters.slack.received import COMMANDS, INTERACTIONS, Notes, last_received
from adapters.slack.rehearsal import Rehearsals
from adapters.slack.scopes import scopes
from adapters.slack.tokens import SURFACE, scopes_told
from bot.checkup import Finding
from bot.errors import PaperboyError
from bot.model import Destination

_APP_TOKEN: Final = "xapp-"  # noqa: S105 - how such tokens begin
_BOT_TOKEN: Final = "xoxb-"  # noqa: S105 - as above

_COPY: Final = "Copy the Bot User OAuth Token again, from OAuth & Permissions at api.slack.com/apps."
_INSTALL: Final = (
    "Install the app under OAuth & Permissions at api.slack.com/apps, and give Paperboy the bot token that "
    "stands there then."
)
_MAKE: Final = (
    "Make one under Basic Information, App-Level Tokens, with the scope connections:write, and switch Socket "
    "Mode on."
)
# What Slack says of a token that does not speak: in our words, and for a bot's token what to do.
_TROUBLES: Final = {
    "invalid_auth": ("is unknown to Slack", _COPY),
    "token_revoked": ("was revoked, or the app was removed", _INSTALL),
    "token_expired": ("has run out", _INSTALL),
    "account_inactive": ("is of an app or a workspace that was deactivated", _INSTALL),
    "not_allowed_token_type": ("is of another kind", _COPY),
    "missing_scope": ("lacks a scope", _INSTALL),
}
_UNREACHED: Final = "Check the network between here and Slack, then try again."

GUESTS: Final = Finding(
    "members",
    "cannot be told from guests, so that nothing is stored of most people",
    "Add people to PAPERBOY_SLACK_PACKS and its scope to the app; or, where there are no guests, set "
    "PAPERBOY_SLACK_GUESTS=none.",
    open=True,
)

# Where each kind is switched on, if it does not come though people do what brings it.
_SWITCHES: Final = {
    COMMANDS: "Slash Commands must list the command",
    INTERACTIONS: "Interactivity & Shortcuts must be on",
    "app_home_opened": "App Home must have its Home tab on, and Event Subscriptions list app_home_opened",
    "app_uninstalled": "Event Subscriptions must list app_uninstalled (a workspace removes the app)",
    "link_shared": "Event Subscriptions must list link_shared, with the domains arxiv.org and huggingface.co",
}


async def bot_token(api: Api, token: str, packs: Collection[str]) -> Sequence[Finding]:
    """Whether the bot token speaks, and has the scopes of the base and of these packs."""
    if not token.startswith(_BOT_TOKEN):
        return [Finding("bot token", f"does not begin with {_BOT_TOKEN}", _COPY)]
    try:
        answer = await api.client(token).auth_test()
    except SlackApiError as error:
        return [_silent("bot token", error, None)]
    except (aiohttp.ClientError, TimeoutError, OSError):
        return [Finding("bot token", "could not be tried: Slack cannot be reached", _UNREACHED)]
    had = scopes_told(answer)
    missing = [scope for scope in scopes(packs) if had and scope.name not in had]
    return [
        Finding("bot token", f"speaks in {answer.get('team') or answer['team_id']}"),
        *(
            Finding(
                f"scope {scope.name}",
                "is missing",
                f"Add it under OAuth & Permissions, to {scope.reason}; then install the app again.",
            )
            for scope in missing
        ),
    ]


async def app_token(api: Api, token: str) -> Finding:
    """Whether the app-level token opens a socket."""
    if not token.startswith(_APP_TOKEN):
        return Finding("app-level token", f"does not begin with {_APP_TOKEN}", _MAKE)
    try:
        await api.client(token).apps_connections_open(app_token=token)
    except SlackApiError as error:
        return _silent("app-level token", error, _MAKE)
    except (aiohttp.ClientError, TimeoutError, OSError):
        return Finding("app-level token", "could not be tried: Slack cannot be reached", _UNREACHED)
    return Finding("app-level token", "opens a socket")


async def test_message(api: Api, token: str, member: str, command: str) -> Finding:
    """Sends somebody a direct message."""
    client = api.client(token)
    try:
        with failures_told():
            try:
                opened = await client.conversations_open(users=member)
            except SlackApiError as error:
                if code_of(error) not in {"user_not_found", "user_disabled", "user_not_visible"}:
                    raise
                return Finding(
                    "test message",
                    f"found nobody: Slack shows no such member here ({code_of(error)})",
                    "Copy your member ID again: your picture, Profile, the three dots, Copy member ID.",
                )
            await client.chat_postMessage(
                channel=str(opened["channel"]["id"]),
                text=f"Paperboy can reach you. Type {command} anywhere to see today's papers.",
            )
    except PaperboyError as error:
        return Finding("test message", "was not taken", str(error))
    return Finding("test message", "is in your direct messages")


async def received(notes: Notes, kinds: Collection[str]) -> AsyncIterator[Finding]:
    """When each kind of what Slack sends last reached the running bot."""
    for kind in kinds:
        last = await last_received(notes, kind)
        if last is not None:
            yield Finding(kind, f"last came {last:%Y-%m-%d} at about {last:%H:%M} UTC")
            continue
        yield Finding(
            kind,
            "never came yet",
            f"Unless nobody has tried: at api.slack.com/apps, {_SWITCHES[kind]}.",
            open=True,
        )


async def channels(rehearsals: Rehearsals, destinations: Sequence[Destination]) -> AsyncIterator[Finding]:
    """Whether each channel that has a digest can be posted to."""
    for one in destinations:
        if one.route.surface != SURFACE or one.label == "direct message":
            continue
        what = one.label or one.name
        try:
            await rehearsals.rehearse(read_address(one.route.address))
        except SlackApiError as error:
            yield Finding(what, "cannot be posted to", str(failure_told(error)))
        except PaperboyError as error:
            yield Finding(what, "cannot be posted to", str(error))
        except (aiohttp.ClientError, TimeoutError, OSError):
            yield Finding(what, "could not be tried: Slack cannot be reached", _UNREACHED)
        else:
            yield Finding(what, "can be posted to")


def _silent(what: str, error: SlackApiError, remedy: str | None) -> Finding:
    """What a token's refusal means; without a `remedy`, the usual one."""
    code = code_of(error)
    state, usual = _TROUBLES.get(code, ("was not taken", str(failure_told(error))))
    return Finding(what, f"{state} ({code})" if code else state, remedy or usual)
