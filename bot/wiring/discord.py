"""What the command line does for Discord beside running the bot: the invitation, the set-up, the check-up.

Each question signs in anew. All of them raise `PaperboyError` where Discord cannot be asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.discord import checkup
from adapters.discord.application import application_of, reads_messages, servers, set_installs
from adapters.discord.permissions import PERMISSIONS, invitation, personal_link
from adapters.discord.session import signed_in
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


async def bot_token(settings: Settings, token: str) -> Finding:
    """Whether a bot's token speaks; never raises for one that does not."""
    return await checkup.bot_token(token, settings.discord_api_url)


async def links(settings: Settings, token: str) -> Links:
    """The links that add the application to a server, and to a person."""
    async with signed_in(token, settings.discord_api_url) as client:
        number = application_of(client).id
    return Links(
        invitation(number, settings.discord_api_url), personal_link(number, settings.discord_api_url)
    )


async def servers_of(settings: Settings, token: str) -> Sequence[tuple[str, str]]:
    """The ids and names of the servers that the bot is in."""
    async with signed_in(token, settings.discord_api_url) as client:
        return await servers(client)


async def may_read(settings: Settings, token: str) -> bool:
    """Whether Discord lets the bot read what people write."""
    async with signed_in(token, settings.discord_api_url) as client:
        return reads_messages(application_of(client))


async def synchronise(settings: Settings, token: str) -> bool:
    """Tells Discord of the commands, and how the application is installed; whether anything changed."""
    async with signed_in(token, settings.discord_api_url) as client:
        changed = await set_installs(client)
        return await synchronise_commands(client, settings.discord_command) or changed


async def test_message(settings: Settings, token: str) -> Finding:
    """Sends a direct message to whoever owns the application."""
    async with signed_in(token, settings.discord_api_url) as client:
        return await checkup.test_message(client, settings.discord_command)


async def examine(settings: Settings, store: Store, around: Surroundings) -> Sequence[Finding]:
    """Everything that Discord needs, as far as it can be found out."""
    token, found = token_of(settings), []
    found.append(await bot_token(settings, token))
    if not found[0].well:
        return found  # nothing else could be tried
    discord = open_discord(settings, store, around)
    try:
        async with signed_in(token, settings.discord_api_url) as client:
            command, cards = settings.discord_command, settings.discord_link_cards
            found += [one async for one in checkup.findings(client, command, cards)]
        destinations = await store.destinations.list()
        found += [one async for one in checkup.channels(discord.surface, destinations)]
    except PaperboyError as error:
        found.append(Finding("Discord", "did not answer every question", str(error)))
    finally:
        await discord.aclose()
    return found


def token_of(settings: Settings) -> str:
    """The token of the settings. Raises `ConfigError` without one."""
    if settings.discord_token is None:
        raise ConfigError("Discord is not set up: `paperboy setup discord` does it.")
    return settings.discord_token.get_secret_value()


__all__ = [
    "PERMISSIONS",
    "Links",
    "bot_token",
    "examine",
    "links",
    "may_read",
    "servers_of",
    "synchronise",
    "test_message",
    "token_of",
]
