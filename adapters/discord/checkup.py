"""Whether Discord is set up: token, intents, servers and channels, and what to do about each."""

from collections.abc import AsyncIterator, Awaitable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import discord
from discord.http import Route

from adapters.discord.address import read_address
from adapters.discord.endpoints import SettledClient
from adapters.discord.permissions import installs
from adapters.discord.surface import DiscordSurface
from bot.checkup import Finding
from bot.commands.model import Place
from bot.errors import InputError, NotAcceptedError, PaperboyError
from bot.model import Destination, Pool

_PORTAL: Final = "discord.com/developers/applications"
_RESET: Final = f"Press Reset Token under Bot at {_PORTAL}, and give Paperboy the token that it shows then."
_UNREACHED: Final = "Check the network between here and Discord, then try again."
_READS_MESSAGES: Final = f"Switch Message Content Intent on under Bot at {_PORTAL}."
_FEW_STARTS: Final = 50  # sessions left of the day, below which something is restarting too often
_MOST_SERVERS: Final = 200  # that are asked for, to say in which the bot is


@asynccontextmanager
async def signed_in(token: str, api_url: str) -> AsyncIterator[SettledClient]:
    """A client that asks Discord and listens to nothing.

    Raises `InputError` for a token that does not speak, `NotAcceptedError` where Discord cannot be asked.
    """
    client = SettledClient(api_url=api_url, gateway_url=None, intents=discord.Intents.none())
    trouble: Exception | None = None
    try:
        try:
            await client.login(token)
        except discord.LoginFailure:
            trouble = InputError(f"Discord does not know this token. {_RESET}")
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError):
            trouble = NotAcceptedError(f"Discord cannot be reached. {_UNREACHED}")
        if trouble is not None:  # raised out here: the libraries' own errors may show the token
            raise trouble
        yield client
    finally:
        await client.close()


async def bot_token(token: str, api_url: str) -> tuple[Sequence[Finding], dict[str, Any] | None]:
    """Whether the token speaks, and what Discord says of the application that it is of."""
    if not token:
        return [Finding("bot token", "is empty", _RESET)], None
    try:
        async with signed_in(token, api_url) as client:
            told = await application(client)
    except InputError:
        return [Finding("bot token", "is unknown to Discord", _RESET)], None
    except NotAcceptedError:
        return [Finding("bot token", "could not be tried: Discord cannot be reached", _UNREACHED)], None
    return [Finding("bot token", f"speaks for {told['name']}")], told


async def application(client: SettledClient) -> dict[str, Any]:
    """What Discord says of the application. Raises `NotAcceptedError`."""
    return dict(await asked(client.http.request(Route("GET", "/applications/@me"))))


async def set_installs(client: SettledClient) -> bool:
    """Lets servers install the bot with exactly the permissions it uses, and people take its commands along;
    whether anything had to be changed.
    """
    told, wanted = await application(client), installs()
    if _same_installs(told.get("integration_types_config") or {}, wanted):
        return False
    payload = {"integration_types_config": wanted}
    await asked(client.http.request(Route("PATCH", "/applications/@me"), json=payload))
    return True


def _same_installs(there: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Discord tells permissions as text, and scopes in any order."""

    def plain(config: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for key, one in config.items():
            params = (one or {}).get("oauth2_install_params") or {}
            found[key] = (sorted(params.get("scopes") or ()), int(params.get("permissions") or 0))
        return found

    return plain(there) == plain(wanted)


async def test_message(client: SettledClient, command: str) -> Finding:
    """Sends a direct message to whoever owns the application."""
    owner = owner_of(await application(client))
    if owner is None:
        return Finding(
            "test message", "has no receiver: Discord names no owner of the application", open=True
        )
    text = f"Paperboy can reach you. Type /{command} in a server to see today's papers."
    try:
        channel = await client.http.start_private_message(owner)
        with discord.http.handle_message_parameters(content=text) as parameters:
            await client.http.send_message(channel["id"], params=parameters)
    except discord.Forbidden:
        remedy = (
            "Allow direct messages from members of a server that you share with the bot (its menu, Privacy "
            "Settings), or do without: channels are not concerned."
        )
        return Finding("test message", "was not taken: your direct messages are closed to the bot", remedy)
    except discord.HTTPException as error:
        return Finding("test message", f"was not taken (error {error.code or error.status})", _UNREACHED)
    except (aiohttp.ClientError, TimeoutError, OSError):
        return Finding("test message", "could not be tried: Discord cannot be reached", _UNREACHED)
    return Finding("test message", "is in your direct messages")


async def channels(surface: DiscordSurface, destinations: Sequence[Destination]) -> AsyncIterator[Finding]:
    """Whether each channel that has a digest can be posted to in its way."""
    for one in destinations:
        if one.route.surface != surface.name or one.pool is Pool.SUBSCRIPTIONS:
            continue
        what, address = one.label or one.name, read_address(one.route.address)
        place = Place(
            surface=surface.name,
            tenant=address.guild,
            address=one.route.address,
            name=what,
            forum=one.posting.forum,
        )
        try:
            await surface.prove_posting(place, one.posting)
        except PaperboyError as error:
            yield Finding(what, "cannot be posted to", str(error))
        else:
            yield Finding(what, "can be posted to")


async def servers(client: SettledClient) -> Sequence[tuple[str, str]]:
    """The ids and names of servers that the bot is in; of many, the first two hundred."""
    found = await asked(client.http.get_guilds(_MOST_SERVERS))
    return [(str(one["id"]), str(one["name"])) for one in found]


async def asked(answer: Awaitable[Any]) -> Any:
    """What Discord answers. Raises `NotAcceptedError` where it does not."""
    try:
        return await answer
    except discord.HTTPException as error:
        trouble = NotAcceptedError(f"Discord refused a question (error {error.code or error.status}).")
    except (aiohttp.ClientError, TimeoutError, OSError):
        trouble = NotAcceptedError(f"Discord cannot be reached. {_UNREACHED}")
    raise trouble


def owner_of(told: dict[str, Any]) -> int | None:
    """The person who owns the application, or the team that does."""
    team = told.get("team") or {}
    owner = team.get("owner_user_id") or (told.get("owner") or {}).get("id")
    return None if owner is None else int(owner)


def reads_messages(told: dict[str, Any]) -> bool:
    """Whether the application may read what people write (its intent is switched on)."""
    flags = discord.ApplicationFlags._from_value(int(told.get("flags") or 0))  # noqa: SLF001 - there is no public way from a number
    return bool(flags.gateway_message_content or flags.gateway_message_content_limited)


async def findings(client: SettledClient, told: dict[str, Any], cards: Collection[str]) -> list[Finding]:
    """What else there is to know: intents, where it can be installed, servers, sessions left of the day.

    `cards` are the servers in which links to papers are to be answered. Raises `NotAcceptedError`.
    """
    found = []
    if cards and not reads_messages(told):
        found.append(Finding("message content intent", "is off, but links are to get cards", _READS_MESSAGES))
    elif not cards and reads_messages(told):
        found.append(
            Finding("message content intent", "is on without need", f"Switch it off under Bot at {_PORTAL}.")
        )
    ways = told.get("integration_types_config") or {}
    lacking = [name for key, name in (("0", "servers"), ("1", "people")) if key not in ways]
    if lacking:
        remedy = "`paperboy discord sync` lets Discord know."
        found.append(Finding("installation", f"is not open to {' and '.join(lacking)}", remedy))
    if not told.get("bot_public", True):
        # Only its owner can add it: what a team that hosts its own wants.
        found.append(Finding("bot", "is private: only its owner can add it to servers"))
    there = await servers(client)
    if there:
        names = ", ".join(name for _, name in there[:3])
        more = f" and {len(there) - 3} more" if len(there) > len(there[:3]) else ""
        found.append(Finding("bot", f"is in {names}{more}"))
    else:
        found.append(Finding("bot", "is in no server yet", "`paperboy discord invite` prints the link."))
    missing = [one for one in cards if one not in {number for number, _ in there}]
    if missing and len(there) < _MOST_SERVERS:
        remedy = "Take it out of PAPERBOY_DISCORD_LINK_CARDS, or invite the bot there."
        found.append(
            Finding("link cards", f"are for the server {missing[0]}, in which the bot is not", remedy)
        )
    _, _, limits = await asked(client.http.get_bot_gateway())
    left = int(limits["remaining"])
    if left < _FEW_STARTS:
        remedy = "Paperboy connects anew too often. Look into its log for the reason."
        found.append(Finding("gateway", f"lets the bot connect only {left} more times today", remedy))
    return found
