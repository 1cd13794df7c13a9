"""What the command line does for Slack beside running the bot: the manifest, the set-up, the check-up."""

from collections.abc import Sequence
from typing import Any

from adapters.slack import checkup
from adapters.slack.api import Api
from adapters.slack.manifest import as_yaml, manifest, new_app_link
from adapters.slack.received import KINDS
from adapters.slack.scopes import PACKS, scopes
from bot.checkup import Finding
from bot.config import Settings
from bot.ports import Store
from bot.wiring import Surroundings
from bot.wiring.chats import open_slack


def made_manifest(settings: Settings, *, oauth: bool) -> dict[str, Any]:
    """The manifest of the app in Slack; with `oauth` (or a client id) many workspaces can install it.

    Raises `InputError` where that needs a public address and there is none.
    """
    many = oauth or settings.slack_client_id is not None
    calls_slack = settings.slack_app_token is not None and not many
    return manifest(
        settings.slack_command,
        settings.slack_packs,
        public_url=None if calls_slack else settings.public_url,
        oauth=many,
    )


def new_app(settings: Settings, packs: Sequence[str]) -> str:
    """A link that makes the app in Slack with everything filled in; the app calls Slack."""
    return new_app_link(manifest(settings.slack_command, packs, public_url=None, oauth=False))


def note(settings: Settings, packs: Sequence[str]) -> str:
    """What an administrator should know who decides on the app."""
    asked = "\n".join(f"- {scope.name}: to {scope.reason}" for scope in scopes(packs))
    return (
        "Hello! Our team would like to use Paperboy, a bot that posts the trending research papers to a "
        f"channel once a day and answers {settings.slack_command} privately. We run it ourselves: no other "
        "company sees anything of the workspace, and it reads no messages that it does not need.\n"
        f"It asks for:\n{asked}\nCould you approve it?"
    )


async def bot_token(settings: Settings, token: str, packs: Sequence[str]) -> Sequence[Finding]:
    """Whether a bot token speaks, and has the scopes of these packs."""
    api = Api(settings.slack_api_url)
    try:
        return await checkup.bot_token(api, token, packs)
    finally:
        await api.aclose()


async def app_token(settings: Settings, token: str) -> Sequence[Finding]:
    """Whether an app-level token opens a socket."""
    api = Api(settings.slack_api_url)
    try:
        return [await checkup.app_token(api, token)]
    finally:
        await api.aclose()


async def test_message(settings: Settings, token: str, member: str) -> Sequence[Finding]:
    """Sends somebody a direct message."""
    api = Api(settings.slack_api_url)
    try:
        return [await checkup.test_message(api, token, member, settings.slack_command)]
    finally:
        await api.aclose()


async def examine(settings: Settings, store: Store, around: Surroundings) -> Sequence[Finding]:
    """Everything that Slack needs, as far as it can be found out, where the settings let it speak."""
    found: list[Finding] = []
    if settings.slack_bot_token is not None:
        found += await bot_token(settings, settings.slack_bot_token.get_secret_value(), settings.slack_packs)
    if settings.slack_app_token is not None:
        found += await app_token(settings, settings.slack_app_token.get_secret_value())
    unreached = _unreached(settings)
    if unreached is not None:
        found.append(unreached)
    else:
        found += [one async for one in checkup.received(store.sources, _expected(settings))]
    if "people" not in settings.slack_packs and settings.slack_guests == "possible":
        found.append(checkup.GUESTS)
    if not all(one.well for one in found if one.what == "bot token"):
        return found  # no channel could be tried
    slack = open_slack(settings, store, around)
    try:
        destinations = await store.destinations.list()
        found += [one async for one in checkup.channels(slack.rehearsals, destinations)]
    finally:
        await slack.aclose()
    return found


def _unreached(settings: Settings) -> Finding | None:
    """Why nothing that people do in Slack can reach the bot, if that is so."""
    if settings.slack_app_token is not None:
        return None
    if settings.slack_signing_secret is None:
        return Finding(
            "Slack",
            "cannot reach Paperboy",
            "Set PAPERBOY_SLACK_APP_TOKEN (Socket Mode), or PAPERBOY_SLACK_SIGNING_SECRET and "
            "PAPERBOY_PUBLIC_URL.",
        )
    if settings.public_url is None:
        remedy = "Set PAPERBOY_PUBLIC_URL to the address that Slack calls."
        return Finding("public address", "is not set", remedy)
    return None


def _expected(settings: Settings) -> Sequence[str]:
    """The kinds of what Slack sends that these settings can bring."""
    one_workspace = settings.slack_bot_token is not None
    left_out = {
        "app_uninstalled": one_workspace,  # whose operator need not be told
        "link_shared": "links" not in settings.slack_packs,
    }
    return [kind for kind in KINDS if not left_out.get(kind, False)]


__all__ = [
    "PACKS",
    "app_token",
    "as_yaml",
    "bot_token",
    "examine",
    "made_manifest",
    "new_app",
    "note",
    "test_message",
]
