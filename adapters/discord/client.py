"""discord.py's client, listening: what comes over the gateway is handed to those who know what to do."""

import asyncio
import sys
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any, Final

import aiohttp
import discord
import structlog

from adapters.discord import items
from adapters.discord.conversation import Conversation
from adapters.discord.endpoints import SettledClient
from adapters.discord.guilds import Guilds
from adapters.discord.hearing import Interaction
from adapters.discord.memory import Memory
from adapters.discord.tree import Tree, synchronise
from bot.errors import PaperboyError
from bot.logs import whereabouts
from bot.ports import Clock
from bot.waiting import either

_log = structlog.get_logger(__name__)

_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(minutes=5)
# What the gateway closes for good: https://discord.com/developers/docs/topics/opcodes-and-status-codes
_FINAL: Final = {
    4004: "Discord does not know PAPERBOY_DISCORD_TOKEN. `paperboy setup discord` takes a new one.",
    4010: "Discord's gateway refuses this number of shards. Start Paperboy again.",
    4011: "Discord's gateway wants more shards. Start Paperboy again.",
    4012: "Discord's gateway no longer speaks this version of its language. Upgrade Paperboy.",
    4013: "Discord's gateway does not know the intents that it is asked for. Upgrade Paperboy.",
    4014: "Discord does not let this bot read messages, which PAPERBOY_DISCORD_LINK_CARDS needs. Switch "
    "Message Content Intent on under Bot at discord.com/developers/applications, or take that setting away.",
}
_UNREACHED: Final = (
    discord.HTTPException,
    discord.GatewayNotFound,
    aiohttp.ClientError,
    TimeoutError,
    OSError,
)


class ListeningClient(SettledClient):
    """Remembers servers (`adapters.discord.memory`), and neither members nor messages."""

    def __init__(
        self,
        conversation: Conversation,
        guilds: Guilds,
        *,
        command: str,
        link_cards: Collection[str],
        api_url: str,
        gateway_url: str | None,
        asking: Callable[[], None] | None = None,
    ) -> None:
        """`link_cards` are the ids of the servers where links to papers are answered."""
        reads = bool(link_cards)
        super().__init__(
            api_url=api_url,
            gateway_url=gateway_url,
            asking=asking,
            intents=discord.Intents(guilds=True, guild_messages=reads, message_content=reads),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self.presses: Final = conversation
        self.tree: Final = Tree(self, command, conversation)
        self._guilds = guilds
        self._link_cards = frozenset(link_cards)
        items.listen(self)

    def _get_state(self, **options: Any) -> Memory:
        """Where discord.py looks for what it remembers with."""
        return Memory(
            dispatch=self.dispatch, handlers=self._handlers, hooks=self._hooks, http=self.http, **options
        )

    # --- what comes over the gateway -------------------------------------------------------------

    async def on_interaction(self, interaction: Interaction) -> None:
        """Of all interactions only forms: the others have found their ways already."""
        if interaction.type is discord.InteractionType.modal_submit:
            await self.presses.submitted(interaction)

    async def on_ready(self) -> None:
        """After a new session, not after one that was resumed, of which nothing was missed."""
        _log.info("Listening to Discord.", servers=len(self.guilds), shards=len(self.shards))
        await self._guilds.compared(self)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self._guilds.joined(guild.id, guild.name, guild.owner_id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """A removal; an outage is another event, about which nothing is done."""
        await self._guilds.removed(guild.id)

    async def on_raw_channel_delete(self, guild_id: int, channel_id: int, name: str) -> None:
        await self._guilds.deleted(guild_id, channel_id, f"The channel #{name}")

    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        await self._guilds.deleted(event.guild_id, event.thread_id, "The thread")

    async def on_message(self, message: discord.Message) -> None:
        if message.guild is not None and str(message.guild.id) in self._link_cards and not message.author.bot:
            await self.presses.linked(message)

    async def on_error(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """A bug: logged without what the event held."""
        del args, kwargs
        if self.is_closed():  # what was under way lost its connection
            return
        error = sys.exc_info()[1]
        _log.error(
            "Something that Discord sent could not be handled; this is a bug.",
            event_name=event,
            error=type(error).__name__,
            where="" if error is None else whereabouts(error),
        )


class Listening:
    """The role of the bot that listens to Discord, for as long as that can be done at all."""

    def __init__(
        self,
        client: Callable[[], ListeningClient],
        conversation: Conversation,
        clock: Clock,
        token: str,
    ) -> None:
        """`client` makes one; none can be used twice."""
        self._client = client
        self._conversation = conversation
        self._clock = clock
        self._token = token

    async def run(self, stopped: asyncio.Event) -> None:
        """Listens until the event is set. What nothing can mend but a person ends it with a sentence in the
        log; what passes is tried again, less and less often.
        """
        pause = _FIRST_PAUSE
        while not stopped.is_set():
            client = self._client()
            listening = asyncio.create_task(self._listen(client))
            stopping = asyncio.create_task(stopped.wait())
            try:
                await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not listening.done():
                    await self._conversation.aclose()  # an answer needs the connection
            finally:
                stopping.cancel()
                await client.close()
                if stopped.is_set():
                    listening.cancel()  # the library tries to connect a shard for as long as it takes
                await asyncio.gather(listening, return_exceptions=True)
            if stopped.is_set() or not listening.result():
                return
            await either(self._clock.sleep(pause), stopped.wait())
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _listen(self, client: ListeningClient) -> bool:
        """One connection, with all its reconnections; whether another one is worth trying."""
        try:
            await client.login(self._token)
            await self._tell_commands(client)
            await client.connect()
        except discord.LoginFailure:
            _log.error(_FINAL[4004])
            return False
        except discord.PrivilegedIntentsRequired:
            _log.error(_FINAL[4014])
            return False
        except discord.ConnectionClosed as error:
            if error.code in _FINAL:
                _log.error(_FINAL[error.code])
                return False
            _log.warning("Discord's gateway closed the connection.", code=error.code)
        except _UNREACHED as error:
            _log.warning("Discord cannot be reached; it is tried again.", error=type(error).__name__)
        return True

    @staticmethod
    async def _tell_commands(client: ListeningClient) -> None:
        try:
            if await synchronise(client, client.tree.payload):
                _log.info("Discord was told of the commands.")
        except PaperboyError as error:
            _log.warning("Discord may still show the commands of another version.", error=str(error))
