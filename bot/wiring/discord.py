"""What the command line does for Discord beside running the bot: the invitation, the set-up, the check-up."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.discord import checkup
from adapters.discord.permissions import PERMISSIONS, invitation, personal_link
from adapters.discord.tree import synchronise_commands
from bot.checkup import Finding
from bot.config import Settings
from bot.errors import ConfigError, PaperboyError
from bot.ports import Store
from bot.wiring import Surroundings
from bot.wiring.chats import open_discord


@dataclass(frozen=True, slots=True)
class Links:
    """How the application gets where it is used."""

    server: str
    person: str


def links(settings: Settings, application_id: int) -> Links:
    """The links that add the application to a server, and to a person."""
    return Links(
        invitation(application_id, settings.discord_api_url),
        personal_link(application_id, settings.discord_api_url),
    )


async def own_links(settings: Settings) -> Links:
    """The links of the application whose token the settings have. Raises `PaperboyError`."""
    async with checkup.signed_in(token_of(settings), settings.discord_api_url) as client:
        told = await checkup.application(client)
    return links(settings, int(told["id"]))


async def try_token(settings: Settings, token: str) -> "tuple[Sequence[Finding], Application | None]":
    """Whether a bot's token speaks, and for which application."""
    found, told = await checkup.bot_token(token, settings.discord_api_url)
    if told is None:
        return found, None
    return found, Application(int(told["id"]), str(told["name"]), reads_messages=checkup.reads_messages(told))


@dataclass(frozen=True, slots=True)
class Application:
    """What is known of the application once its token speaks."""

    id: int
    name: str
    reads_messages: bool


async def servers(settings: Settings, token: str) -> Sequence[tuple[str, str]]:
    """The ids and names of the servers that the bot is in. Raises `PaperboyError`."""
    async with checkup.signed_in(token, settings.discord_api_url) as client:
        return await checkup.servers(client)


async def test_message(settings: Settings, token: str) -> Sequence[Finding]:
    """Sends a direct message to whoever owns the application. Raises `PaperboyError`."""
    async with checkup.signed_in(token, settings.discord_api_url) as client:
        return [await checkup.test_message(client, settings.discord_command)]


async def synchronise(settings: Settings, token: str) -> bool:
    """Tells Discord of the commands, and where the application can be installed; whether anything changed.

    Raises `PaperboyError`.
    """
    async with checkup.signed_in(token, settings.discord_api_url) as client:
        installed = await checkup.set_installs(client)
        return await synchronise_commands(client, settings.discord_command) or installed


async def examine(settings: Settings, store: Store, around: Surroundings) -> Sequence[Finding]:
    """Everything that Discord needs, as far as it can be found out, where the settings have a token."""
    token = token_of(settings)
    found, told = await checkup.bot_token(token, settings.discord_api_url)
    if told is None:
        return found
    found = list(found)
    try:
        async with checkup.signed_in(token, settings.discord_api_url) as client:
            found += await checkup.findings(client, told, settings.discord_link_cards)
    except PaperboyError as error:
        found.append(Finding("Discord", "did not answer every question", str(error)))
    discord = open_discord(settings, store, around)
    try:
        found += [one async for one in checkup.channels(discord.surface, await store.destinations.list())]
    finally:
        await discord.aclose()
    return found


def token_of(settings: Settings) -> str:
    if settings.discord_token is None:
        raise ConfigError("Discord is not set up: `paperboy setup discord` does it.")
    return settings.discord_token.get_secret_value()


__all__ = [
    "PERMISSIONS",
    "Application",
    "Links",
    "examine",
    "links",
    "own_links",
    "servers",
    "synchronise",
    "test_message",
    "token_of",
    "try_token",
]
