"""Whether Slack is set up: tokens, scopes and channels, asked of Slack itself, and what to do about each."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from slack_sdk.errors import SlackApiError

from adapters.slack.api import Api, failures_told
from adapters.slack.scopes import scopes
from adapters.slack.surface import SlackSurface
from adapters.slack.tokens import SURFACE, OwnToken, Tokens
from bot.commands.model import Place
from bot.errors import PaperboyError
from bot.model import Destination

_APP_TOKEN: Final = "xapp-"  # noqa: S105 - how such tokens begin
_BOT_TOKEN: Final = "xoxb-"  # noqa: S105 - as above


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is and, if it is not well, what to do."""

    what: str
    state: str
    remedy: str = ""

    @property
    def well(self) -> bool:
        return not self.remedy


async def bot_token(api: Api, token: str, packs: Collection[str]) -> Sequence[Finding]:
    """Whether the bot token speaks, and has the scopes of the base and of these packs."""
    if not token.startswith(_BOT_TOKEN):
        return [
            Finding("bot token", "does not begin with xoxb-", "Copy the Bot User OAuth Token, no other one.")
        ]
    try:
        _, workspace, credentials = await OwnToken(api, token).identify()
    except PaperboyError as error:
        return [
            Finding(
                "bot token",
                str(error),
                "Copy it again from OAuth & Permissions at api.slack.com/apps; install the app there "
                "first if it is not installed.",
            )
        ]
    return [
        Finding("bot token", f"speaks in {workspace}"),
        *(
            Finding(
                f"scope {scope.name}",
                "is missing",
                f"Add it under OAuth & Permissions, to {scope.reason}; then install the app again.",
            )
            for scope in scopes(packs)
            if credentials.scopes and scope.name not in credentials.scopes
        ),
    ]


async def app_token(api: Api, token: str) -> Finding:
    """Whether the app-level token opens a socket."""
    remedy = (
        "Make one under Basic Information, App-Level Tokens, with the scope connections:write, and switch "
        "Socket Mode on."
    )
    if not token.startswith(_APP_TOKEN):
        return Finding("app-level token", "does not begin with xapp-", remedy)
    try:
        with failures_told():
            await api.client(token).apps_connections_open(app_token=token)
    except (PaperboyError, SlackApiError) as error:
        return Finding("app-level token", str(error), remedy)
    return Finding("app-level token", "opens a socket")


async def channels(
    surface: SlackSurface, tokens: Tokens, destinations: Sequence[Destination]
) -> AsyncIterator[Finding]:
    """Whether each channel that has a digest can be posted to."""
    for one in destinations:
        if one.route.surface != SURFACE or one.label == "direct message":
            continue
        tenant = one.route.address.partition("/")[0]
        place = Place(surface=SURFACE, tenant=tenant, address=one.route.address, name=one.label)
        try:
            await tokens.of(tenant)
            await surface.prove_posting(place)
        except PaperboyError as error:
            yield Finding(one.label or one.name, "cannot be posted to", str(error))
        else:
            yield Finding(one.label or one.name, "can be posted to")
