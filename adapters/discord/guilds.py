"""In which servers the bot is, and which of their channels are gone: kept in step with what Discord tells.

A server that removes the bot has its digests paused, and back when it returns; after the days of grace, what
was its goes. An outage of a server is no removal.
"""

from typing import Final

import aiohttp
import discord
import structlog

from adapters.discord.address import Address
from adapters.discord.offer import SURFACE
from bot.delivery.notices import Notifier
from bot.errors import PaperboyError
from bot.model import Route
from bot.people.model import Hidden, Installation, InstallationState
from bot.people.ports import InstallationStore
from bot.ports import Clock

_log = structlog.get_logger(__name__)

_ALL: Final = None  # as many as there are


class Guilds:
    """Hears of servers. Its methods never raise `PaperboyError`: what could not be written down now is found
    again at the next connection.
    """

    def __init__(self, installations: InstallationStore, notifier: Notifier, clock: Clock) -> None:
        self._installations = installations
        self._notifier = notifier
        self._clock = clock

    async def joined(self, guild_id: int, name: str, owner_id: int | None) -> None:
        """The bot is in that server, newly or as ever; what was set up there goes on if it was removed."""
        tenant, now = str(guild_id), self._clock.now()
        try:
            known = await self._installations.get(SURFACE, tenant)
            if known is not None and (known.state, known.name) == (InstallationState.ACTIVE, name):
                return
            if known is None or known.state is not InstallationState.ACTIVE:
                _log.info("The bot is in a server of Discord.", tenant=tenant)
            await self._installations.put(
                Installation(
                    surface=SURFACE,
                    tenant=tenant,
                    name=name,
                    secret=Hidden(""),  # one token speaks in all of them
                    installed_by="" if owner_id is None else str(owner_id),
                    installed_at=now if known is None else known.installed_at,
                    state_at=now,
                )
            )
        except PaperboyError as error:
            _log.warning("That the bot is in a server could not be written down.", error=str(error))

    async def removed(self, guild_id: int) -> None:
        """The bot was removed from that server, or the server is no more."""
        try:
            await self._installations.gone(SURFACE, str(guild_id), self._clock.now())
        except PaperboyError as error:
            _log.warning("That the bot was removed could not be written down.", error=str(error))
        else:
            _log.warning("The bot was removed from a server of Discord.", tenant=str(guild_id))

    async def compared(self, client: discord.Client) -> None:
        """Finds out what happened while nobody listened. A server counts as left only where Discord says of
        that very one that the bot is not in it.
        """
        try:
            there = {
                str(one.id): one.name async for one in client.fetch_guilds(limit=_ALL, with_counts=False)
            }
            for tenant, name in there.items():
                await self.joined(int(tenant), name, None)
            for known in await self._installations.list(SURFACE):
                left = known.tenant not in there and known.state is InstallationState.ACTIVE
                if left and await _is_left(client, int(known.tenant)):
                    await self.removed(int(known.tenant))
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.warning("In which servers the bot is could not be asked.", error=type(error).__name__)
        except PaperboyError as error:
            _log.warning("In which servers the bot is could not be compared.", error=str(error))

    async def deleted(self, guild_id: int, channel_id: int, what: str) -> None:
        """A channel or thread is no more: a digest that goes there is paused, and whoever set it up told."""
        route = Route(surface=SURFACE, address=str(Address(str(guild_id), str(channel_id))))
        await self._notifier.lost(route, f"{what} was deleted.")


async def _is_left(client: discord.Client, guild_id: int) -> bool:
    try:
        await client.fetch_guild(guild_id, with_counts=False)
    except (discord.Forbidden, discord.NotFound):
        return True
    return False
