"""Looking back: which messages of a delivery Discord has, by the marks that they carry."""

from collections.abc import AsyncIterator, Collection, Iterator
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from discord import MessageFlags
from discord.utils import time_snowflake

from adapters.discord import custom_ids
from adapters.discord.address import Address
from adapters.discord.answers import MISSING_ACCESS, MISSING_PERMISSION, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from adapters.discord.calls import Calls
from bot.delivery.policy import LANDING
from bot.errors import NotAcceptedError, RefusedError
from bot.ports import Clock

_CLOCKS_APART: Final = timedelta(minutes=5)  # how far Discord's clock and ours may disagree
_PUBLISHED: Final = MessageFlags(crossposted=True).value
_PAGE: Final = 100  # messages or threads read at once
_NOT_ALLOWED: Final = frozenset({MISSING_ACCESS, MISSING_PERMISSION})
_UNREADABLE: Final = (
    "Paperboy cannot look whether the message is there: it lacks the permission Read Message History."
)

Json = dict[str, Any]


class Posted(NamedTuple):
    """A message that is there."""

    channel: str
    message: str
    published: bool = False  # to those who follow the announcement channel


def posted(message: Json) -> Posted:
    """A message as Discord tells it. Raises `KeyError`."""
    published = bool((message.get("flags") or 0) & _PUBLISHED)
    return Posted(str(message["channel_id"]), str(message["id"]), published)


class History:
    """Asks within `until`, and gives up with `NotAcceptedError` where that is not enough."""

    def __init__(self, calls: Calls, clock: Clock, until: datetime, marks: Collection[str]) -> None:
        self._calls = calls
        self._clock = clock
        self._until = until
        self._parts = {mark: number for number, mark in enumerate(marks)}
        self._numbered = {custom_ids.number(mark): number for mark, number in self._parts.items()}

    async def in_channel(self, address: Address, since: datetime) -> dict[int, Posted]:
        """The parts in a channel."""
        after = _snowflake(since)
        found, seen = await self._read(address.channel, after)
        if not seen and not address.direct:
            # Who may not read a channel's history is shown an empty one; a message by its id is refused.
            await self._get(
                "/channels/{channel_id}/messages/{message_id}",
                known=(UNKNOWN_MESSAGE,),
                channel_id=address.channel,
                message_id=after,
            )
        return found

    async def in_thread(self, thread: str) -> dict[int, Posted]:
        """The parts in a thread, which may not be there."""
        found, _ = await self._read(thread, thread)
        return found

    async def in_forum(self, address: Address, since: datetime) -> dict[int, Posted]:
        """The parts in posts of ours in a forum, those that were closed meanwhile included."""
        me, after = await self._calls.me(), _snowflake(since)
        found: dict[int, Posted] = {}
        async for thread in self._threads(address, since):
            ours = thread.get("parent_id") == address.channel and thread.get("owner_id") == me
            if ours and int(thread["id"]) > int(after):
                read, _ = await self._read(thread["id"], str(int(thread["id"]) - 1))
                found |= read
        return found

    async def _threads(self, address: Address, since: datetime) -> AsyncIterator[Json]:
        active = await self._get("/guilds/{guild_id}/threads/active", guild_id=address.guild)
        for thread in active["threads"]:
            yield thread
        before: dict[str, str] = {}
        while True:
            page = await self._get(
                "/channels/{channel_id}/threads/archived/public",
                params={"limit": str(_PAGE), **before},
                channel_id=address.channel,
            )
            for thread in page["threads"]:
                yield thread
            if not page.get("has_more") or not page["threads"]:
                return
            oldest = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
            if datetime.fromisoformat(oldest) < since - _CLOCKS_APART:
                return
            before = {"before": oldest}

    async def _read(self, channel: str, after: str) -> tuple[dict[int, Posted], bool]:
        """The parts among a channel's messages after that id, and whether there are any messages."""
        me = await self._calls.me()
        found: dict[int, Posted] = {}
        seen = False
        while True:
            page = await self._get(
                "/channels/{channel_id}/messages",
                params={"after": after, "limit": str(_PAGE)},
                known=(UNKNOWN_CHANNEL,),
                channel_id=channel,
            )
            if page == UNKNOWN_CHANNEL:
                return found, seen
            for message in page:
                part = self._part(message) if message["author"]["id"] == me else None
                if part is not None:
                    found[part] = posted(message)
            if len(page) < _PAGE:
                return found, seen or bool(page)
            seen, after = True, max((message["id"] for message in page), key=int)

    def _part(self, message: Json) -> int | None:
        """Which part of the delivery a message is."""
        for component in _components(message.get("components")):
            mark = custom_ids.mark_of(component.get("custom_id") or "")
            if mark in self._parts:
                return self._parts[mark]
            if component.get("id") in self._numbered:
                return self._numbered[component["id"]]
        return None

    async def _get(
        self, path: str, *, params: dict[str, str] | None = None, known: Collection[int] = (), **ids: str
    ) -> Any:
        if self._clock.now() > self._until:
            raise NotAcceptedError("The channel has too many messages to be read in time.", LANDING)
        answer = await self._calls.call("GET", path, params=params, known={*known, *_NOT_ALLOWED}, **ids)
        if isinstance(answer, int) and answer in _NOT_ALLOWED:
            raise RefusedError(_UNREADABLE)
        return answer


def _components(value: Any) -> Iterator[Json]:
    """All components, from outside in."""
    for component in value or ():
        yield component
        yield from _components(component.get("components"))
        if isinstance(component.get("accessory"), dict):
            yield component["accessory"]


def _snowflake(since: datetime) -> str:
    return str(time_snowflake(since - _CLOCKS_APART))
