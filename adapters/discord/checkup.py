"""Whether Discord is set up: token, intent, commands, servers and channels, and what to do about each."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Final

import discord

from adapters.discord.address import read_address
from adapters.discord.application import (
    MOST_SERVERS,
    application_of,
    installs_right,
    owner_of,
    reads_messages,
    servers,
)
from adapters.discord.endpoints import SettledClient
from adapters.discord.session import asked, signed_in
from adapters.discord.surface import DiscordSurface
from adapters.discord.tree import knows_commands
from bot.checkup import Finding
from bot.commands.model import Place
from bot.errors import ConfigError, NotAcceptedError, PaperboyError
from bot.model import Destination

_PORTAL: Final = "https://discord.com/developers/applications"
_RESET: Final = f"Press Reset Token under Bot at {_PORTAL}, and give Paperboy the token that it shows then."
_SYNC: Final = "`paperboy discord sync` lets Discord know; so does starting Paperboy."
_CLOSED: Final = (
    "Allow direct messages from members of a server that you share with the bot (in its menu, Privacy "
    "Settings), or do without: channels are not concerned."
)
_UNREAD: Final = "can be posted to, but not read"
_READ: Final = (
    "Where a connection broke, Paperboy has to ask whether the digest arrived. With Read Message History "
    "there it looks by itself."
)
_FEW_STARTS: Final = 50  # connections left of the day, below which something is restarting too often
_SHOWN: Final = 3  # servers named, of many


async def bot_token(token: str, api_url: str) -> Finding:
    """Whether the token speaks, and for which application."""
    if not token:
        return Finding("bot token", "is empty", _RESET)
    try:
        async with signed_in(token, api_url) as client:
            return Finding("bot token", f"speaks for {application_of(client).name}")
    except ConfigError:
        return Finding("bot token", "is unknown to Discord", _RESET)
    except NotAcceptedError as error:
        return Finding("bot token", "could not be tried", str(error))


async def findings(client: SettledClient, command: str, cards: Collection[str]) -> AsyncIterator[Finding]:
    """All that can be found out about the application itself.

    `cards` are the servers in which links to papers are to be answered. Raises `NotAcceptedError`.
    """
    application = application_of(client)
    for one in (_intent(application, bool(cards)), _installation(application)):
        if one is not None:
            yield one
    if await knows_commands(client, command):
        yield Finding("commands", "are known to Discord, in this version")
    else:
        yield Finding("commands", "are not known to Discord as this version has them", _SYNC)
    if not application.bot_public:
        yield Finding("bot", "is private: only who owns the application can add it to servers")
    there = await servers(client)
    yield _servers(there)
    strange = [one for one in cards if one not in {number for number, _ in there}]
    if strange and len(there) < MOST_SERVERS:
        remedy = "Take it out of PAPERBOY_DISCORD_LINK_CARDS, or add the bot there."
        yield Finding("link cards", f"are for the server {strange[0]}, in which the bot is not", remedy)
    _, _, limits = await asked(client.http.get_bot_gateway())
    left = int(limits["remaining"])
    if left < _FEW_STARTS:
        remedy = "Paperboy connects anew too often. Look into its log for the reason."
        yield Finding("gateway", f"lets the bot connect only {left} more times today", remedy)


def _intent(application: discord.AppInfo, needed: bool) -> Finding | None:
    """Without the intent that it asks for, the gateway lets nobody in."""
    what, on = "message content intent", reads_messages(application)
    if needed and not on:
        remedy = (
            f"Switch Message Content Intent on under Bot at {_PORTAL}, or take PAPERBOY_DISCORD_LINK_CARDS "
            "away: until then Paperboy answers nothing in Discord."
        )
        return Finding(what, "is off, but links are to get cards", remedy)
    if on and not needed:
        remedy = f"It can be switched off under Bot at {_PORTAL}."
        return Finding(what, "is on, though nothing needs it", remedy, open=True)
    return None


def _installation(application: discord.AppInfo) -> Finding | None:
    """Perhaps on purpose: whoever owns the application can say otherwise."""
    if installs_right(application):
        return None
    state = "is not offered to servers and to people as Paperboy would"
    return Finding("installation", state, "`paperboy discord sync` changes that.", open=True)


def _servers(there: Sequence[tuple[str, str]]) -> Finding:
    if not there:
        return Finding("bot", "is in no server yet", "`paperboy discord invite` prints the link.")
    names = ", ".join(name for _, name in there[:_SHOWN])
    more = len(there) - _SHOWN
    return Finding("bot", f"is in {names}{f' and {more} more' if more > 0 else ''}")


async def test_message(client: SettledClient, command: str) -> Finding:
    """Sends a direct message to whoever owns the application."""
    what, owner = "test message", owner_of(application_of(client))
    if owner is None:
        return Finding(what, "has no receiver: Discord names no owner of the application", open=True)
    text = f"Paperboy can reach you. Type /{command} trending to see today's papers."
    try:
        channel = await asked(client.http.start_private_message(owner))
        nobody = discord.AllowedMentions.none()
        with discord.http.handle_message_parameters(content=text, allowed_mentions=nobody) as parameters:
            await client.http.send_message(channel["id"], params=parameters)
    except discord.Forbidden:
        return Finding(what, "was not taken: your direct messages are closed to the bot", _CLOSED)
    except (discord.HTTPException, NotAcceptedError) as error:
        return Finding(what, "was not taken", str(error))
    return Finding(what, "is in your direct messages")


async def channels(surface: DiscordSurface, destinations: Sequence[Destination]) -> AsyncIterator[Finding]:
    """Whether each channel that has a digest can be posted to in its way."""
    for one in destinations:
        if one.route.surface != surface.name:
            continue
        address = read_address(one.route.address)
        if address.direct:
            continue
        what = one.label or one.name
        place = Place(
            surface=surface.name,
            tenant=address.guild,
            address=one.route.address,
            name=what,
            forum=one.posting.forum,
        )
        try:
            await surface.prove_posting(place, one.posting, one.layout)
            read = await surface.reads_back(place)
        except NotAcceptedError as error:
            yield Finding(what, "could not be tried", str(error))
        except PaperboyError as error:
            yield Finding(what, "cannot be posted to", str(error))
        else:
            yield Finding(what, "can be posted to") if read else Finding(what, _UNREAD, _READ, open=True)
