"""The application as Discord has it: who owns it, what it may read, where it can be installed."""

from collections.abc import Sequence
from typing import Final

import discord

from adapters.discord.endpoints import SettledClient
from adapters.discord.permissions import PERSONAL_SCOPES, SERVER_SCOPES, wanted
from adapters.discord.session import asked

MOST_SERVERS: Final = 200  # that are told at once

_Install = tuple[frozenset[str], int]  # scopes, permissions


def application_of(client: SettledClient) -> discord.AppInfo:
    """What Discord told of the application when the client logged in."""
    told = client.application
    assert told is not None  # noqa: S101 - whoever is logged in was told
    return told


def owner_of(application: discord.AppInfo) -> int | None:
    """The person who owns the application, or the team that does."""
    return application.owner.id if application.team is None else application.team.owner_id


def reads_messages(application: discord.AppInfo) -> bool:
    """Whether the application may read what people write: its intent is switched on."""
    flags = application.flags
    return bool(flags.gateway_message_content or flags.gateway_message_content_limited)


def installs_right(application: discord.AppInfo) -> bool:
    """Whether servers can install the bot with exactly the permissions it uses, and people its commands."""
    return _install(application.guild_integration_config) == (
        frozenset(SERVER_SCOPES),
        wanted().value,
    ) and _install(application.user_integration_config) == (frozenset(PERSONAL_SCOPES), 0)


async def set_installs(client: SettledClient) -> bool:
    """Sees to that; whether anything had to be changed. Raises `NotAcceptedError`."""
    application = application_of(client)
    if installs_right(application):
        return False
    await asked(
        application.edit(
            guild_install_scopes=list(SERVER_SCOPES),
            guild_install_permissions=wanted(),
            user_install_scopes=list(PERSONAL_SCOPES),
        )
    )
    return True


async def servers(client: SettledClient) -> Sequence[tuple[str, str]]:
    """The ids and names of servers that the bot is in, at most `MOST_SERVERS`. Raises `NotAcceptedError`."""
    found = await asked(client.http.get_guilds(MOST_SERVERS))
    return [(str(one["id"]), str(one["name"])) for one in found]


def _install(config: discord.IntegrationTypeConfig | None) -> _Install | None:
    params = None if config is None else config.oauth2_install_params
    return None if params is None else (frozenset(params.scopes), params.permissions.value)
