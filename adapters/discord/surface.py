"""Discord as commands see it: who may do what there, and where somebody is reached."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol, Self, TypeVar

import aiohttp
import discord
from discord import ChannelType

from adapters.discord.address import DIRECT, Address, read_address
from adapters.discord.hearing import Heard
from adapters.discord.offer import BY_NAME, LAYOUTS, SURFACE
from adapters.discord.permissions import PERMISSIONS
from adapters.discord.rights import permissions_in
from adapters.discord.tree import slash
from bot.commands.model import Actor, Place
from bot.commands.registry import offered
from bot.commands.text import read_text
from bot.errors import InputError, NotAcceptedError, PaperboyError
from bot.model import PLAIN_POSTING, Layout, Posting
from bot.people.model import Identity

_T = TypeVar("_T")

_FORUM: Final = ChannelType.forum.value
_NEWS: Final = ChannelType.news.value
_THREADS: Final = frozenset(
    {ChannelType.news_thread.value, ChannelType.public_thread.value, ChannelType.private_thread.value}
)
_POSTED_TO: Final = frozenset(
    {
        ChannelType.text.value,
        _NEWS,
        _FORUM,
        ChannelType.voice.value,
        ChannelType.stage_voice.value,
        *_THREADS,
    }
)
_BEGIN_THREADS: Final = frozenset({ChannelType.text.value, _NEWS})  # below a message
_NEEDS_TAG: Final = 1 << 4  # a forum's flag REQUIRE_TAG
_EVERYBODY: Final = frozenset(
    {"general", "rules", "welcome", "announcements", "announcement", "news", "lobby"}
)
_NAMES: Final = {one.flag: one.name for one in PERMISSIONS} | {
    "mention_everyone": "Mention @everyone, @here and All Roles",
    "manage_threads": "Manage Threads",
}
_LATER: Final = "Discord cannot be asked just now. Try again in a while."
_UNKNOWN: Final = 10003  # channel
_UNKNOWN_MESSAGE: Final = 10008
_NO_ACCESS: Final = 50001
_MESSAGE_CLOSED: Final = frozenset({50007, 50278})


class Rest(Protocol):
    """A client that has logged in, to ask Discord by. Raises `PaperboyError` where it cannot log in."""

    async def __call__(self) -> discord.Client: ...


class DiscordSurface:
    """`bot.commands.ports.Surface` on Discord."""

    name: Final = SURFACE
    layouts: Final = LAYOUTS
    shares_out: Final = True

    def __init__(
        self,
        rest: Rest,
        *,
        command: str,
        heard: Heard | None = None,
        opened: dict[Identity, str] | None = None,
    ) -> None:
        """`command` is the slash command, without its slash; `opened` are direct messages that are known."""
        self._rest = rest
        self._command = command
        self._opened = {} if opened is None else opened
        self._heard = heard
        self.asks: Final = asyncio.Event()
        """Set once Discord is asked for something that it may take its time for: it opens few direct messages
        a second, and discord.py waits for their turn."""

    def during(self, heard: Heard) -> Self:
        """The surface while an interaction is answered: Discord told along what may be done where it was."""
        return type(self)(self._rest, command=self._command, heard=heard, opened=self._opened)

    def typed(self, text: str) -> str:
        """The options of a slash command stand behind their names: `/papers search query:flash attention`."""
        reading = read_text(text, lambda command: offered(command, SURFACE, LAYOUTS))
        if reading.note is not None or not text:
            return f"/{self._command} {text}".strip()
        values = "".join(f" {name}:{value}" for name, value in reading.values.items())
        return f"{slash(self._command, BY_NAME[reading.command.name])}{values}"

    # --- what people may -------------------------------------------------------------------------

    async def may_manage(self, actor: Actor, place: Place) -> bool:
        """Whoever may manage the channel or the server; everybody in their own direct messages."""
        if place.direct:
            return True
        theirs = await self._theirs(actor, place)
        return theirs.manage_channels or theirs.manage_guild or theirs.administrator

    async def may_post(self, actor: Actor, place: Place) -> bool:
        """Whoever may write there."""
        if place.address is None:
            return False
        theirs = await self._theirs(actor, place)
        return theirs.send_messages or theirs.send_messages_in_threads

    async def _theirs(self, actor: Actor, place: Place) -> discord.Permissions:
        """What a person may do at a place: as their interaction told, or as Discord tells now."""
        heard = self._heard
        if heard is not None and (heard.actor.identity, heard.place.address) == (
            actor.identity,
            place.address,
        ):
            return heard.permissions
        if place.address is None:
            return discord.Permissions.none()
        try:
            address = read_address(place.address)
            return await self._permissions(address, actor.identity.user, await self._channel(address))
        except InputError:  # neither the channel is there for us, nor the person
            return discord.Permissions.none()

    # --- whether we may post ---------------------------------------------------------------------

    async def prove_posting(
        self, place: Place, posting: Posting = PLAIN_POSTING, layout: Layout = Layout.COMPACT
    ) -> Posting:
        """Asks Discord what the channel is and what we may do there, and names what is missing."""
        address = read_address(place.address or "")
        if address.direct:
            return posting
        channel = await self._channel(address)
        kind = int(channel["type"])
        if kind not in _POSTED_TO:
            raise InputError(f"Nothing can be posted in {place.name}: it is no channel of messages.")
        if (channel.get("thread_metadata") or {}).get("locked"):
            raise InputError(f"The thread {place.name} is locked. Unlock it, then do this again.")
        if posting.publish and kind != _NEWS:
            raise InputError(
                f"Only an announcement channel publishes what is posted, and {place.name} is none."
            )
        tag = self._tag(place, channel, posting.tag)
        ours = await self._ours(address, place, channel)
        needed = _needed(kind, layout)
        if tag.get("moderated"):
            needed.append("manage_threads")
        if posting.mention and not await self._mentionable(address, posting.mention):
            needed.append("mention_everyone")
        missing = [_NAMES[flag] for flag in needed if not getattr(ours, flag)]
        if missing:
            listed = missing[0] if len(missing) == 1 else f"{', '.join(missing[:-1])} and {missing[-1]}"
            raise InputError(
                f"I lack the permission{'' if len(missing) == 1 else 's'} {listed} in {place.name}. "
                "Allow me that in the channel's settings, under Permissions, then do this again."
            )
        return replace(posting, forum=kind == _FORUM, tag=str(tag.get("id", "")))

    async def reads_back(self, place: Place) -> bool:
        """Whether we may look what stands there. Raises `PaperboyError`."""
        address = read_address(place.address or "")
        ours = await self._ours(address, place, await self._channel(address))
        return ours.read_message_history

    @staticmethod
    def _tag(place: Place, channel: Mapping[str, Any], wanted: str) -> Mapping[str, Any]:
        """The forum's tag of that name or id; nothing where none is wanted. Raises `InputError`."""
        there = list(channel.get("available_tags") or ())
        names = ", ".join(str(one["name"]) for one in there) or "none"
        if wanted:
            if int(channel["type"]) != _FORUM:
                raise InputError(f"Only what is posted in a forum has a tag, and {place.name} is none.")
            for one in there:
                if wanted == str(one["id"]) or wanted.casefold() == str(one["name"]).casefold():
                    return dict(one)
            raise InputError(f"{place.name} has no tag of that name. Its tags: {names}.")
        if int(channel.get("flags") or 0) & _NEEDS_TAG:
            raise InputError(f"{place.name} wants a tag on every post. Name one of them with tag: {names}.")
        return {}

    async def _mentionable(self, address: Address, role_id: str) -> bool:
        """Whether anybody may mention the role. Raises `InputError` for one that is not there."""
        if role_id == address.guild:
            raise InputError("A digest mentions a role of its own, never everyone. Choose a smaller role.")
        for role in await self._roles(address):
            if str(role["id"]) == role_id:
                return bool(role.get("mentionable"))
        raise InputError("That role is not there any more. Choose another to mention.")

    async def named(self, place: Place, posting: Posting, /) -> Posting:
        """With the names of the role and the tag, as far as Discord tells them now."""
        if place.address is None or not (posting.mention or posting.tag):
            return posting
        try:
            address = read_address(place.address)
            if posting.mention:
                names = {str(one["id"]): f"@{one['name']}" for one in await self._roles(address)}
                posting = replace(posting, mention=names.get(posting.mention, "a role that is gone"))
            if posting.tag:
                tags = (await self._channel(address)).get("available_tags") or ()
                names = {str(one["id"]): str(one["name"]) for one in tags}
                posting = replace(posting, tag=names.get(posting.tag, posting.tag))
        except PaperboyError:
            return posting
        return posting

    # --- people and messages ---------------------------------------------------------------------

    async def direct_address(self, identity: Identity) -> str:
        """Opens the direct messages with somebody."""
        known = self._opened.get(identity)
        if known is None:
            self.asks.set()
            client = await self._rest()
            try:
                opened = await _asked(client.http.start_private_message(int(identity.user)))
            except discord.HTTPException as error:
                if error.code in _MESSAGE_CLOSED:
                    raise InputError(
                        "Discord lets me write you no direct messages. Allow them in the privacy settings of "
                        "a server that we share, then do this again."
                    ) from None
                raise NotAcceptedError(_LATER) from None
            known = self._opened[identity] = str(Address(DIRECT, str(opened["id"])))
        return known

    async def shows_pictures(self, place: Place) -> bool:
        """Everywhere: what answers somebody may carry files."""
        del place
        return True

    async def delete(self, address: str, receipt: str) -> None:
        """Deletes a digest that was posted, in a forum with its thread where we may; what is gone already is
        no error.
        """
        del address
        for one in receipt.split():  # a long digest is several messages
            await self._delete(*one.split("/", 1))

    async def _delete(self, channel: str, message: str) -> None:
        http = (await self._rest()).http
        try:
            if channel == message:  # a forum's thread has the id of its first message
                try:
                    await _asked(http.delete_channel(int(channel)))
                except discord.Forbidden:
                    await _asked(http.delete_message(int(channel), int(message)))
            else:
                await _asked(http.delete_message(int(channel), int(message)))
        except discord.NotFound as error:
            if error.code not in {_UNKNOWN, _UNKNOWN_MESSAGE}:
                raise NotAcceptedError(_LATER) from None
        except discord.Forbidden:
            raise InputError("I may not see that channel any more, so I cannot delete there.") from None
        except discord.HTTPException:
            raise NotAcceptedError(_LATER) from None

    def asks_twice(self, place: Place) -> bool:
        """Announcements, and channels where everybody reads along, as far as their name tells."""
        name = place.name.lstrip("#").lower()
        return place.announcements or name in _EVERYBODY or name.startswith("announce")

    # --- asked of Discord ------------------------------------------------------------------------

    async def _channel(self, address: Address) -> Mapping[str, Any]:
        """The channel as it is now. Raises `InputError` where it is not there for us."""
        http = (await self._rest()).http
        try:
            found: Mapping[str, Any] = await _asked(http.get_channel(int(address.channel)))
        except discord.NotFound:
            raise InputError("That channel is not there any more.") from None
        except discord.Forbidden:
            raise InputError(
                "I cannot see this channel. Allow me View Channels in its settings, under Permissions, then "
                "do this again."
            ) from None
        except discord.HTTPException:
            raise NotAcceptedError(_LATER) from None
        if str(found.get("guild_id")) != address.guild:
            raise InputError("That channel belongs to another server.")
        return found

    async def _ours(self, address: Address, place: Place, channel: Mapping[str, Any]) -> discord.Permissions:
        heard = self._heard
        if heard is not None and heard.place.address == place.address:
            return heard.ours
        me = (await self._rest()).user
        assert me is not None  # noqa: S101 - whoever is logged in is somebody
        return await self._permissions(address, str(me.id), channel)

    async def _permissions(
        self, address: Address, user: str, channel: Mapping[str, Any]
    ) -> discord.Permissions:
        """What a member may do in a channel. Raises `InputError` for somebody who is none."""
        http = (await self._rest()).http
        if int(channel["type"]) in _THREADS:
            channel = await self._channel(Address(address.guild, str(channel["parent_id"])))
        try:
            guild = await _asked(http.get_guild(int(address.guild), with_counts=False))
            member = await _asked(http.get_member(int(address.guild), int(user)))
        except (discord.NotFound, discord.Forbidden):
            raise InputError("That is for members of the server.") from None
        except discord.HTTPException:
            raise NotAcceptedError(_LATER) from None
        return permissions_in(address.guild, str(guild["owner_id"]), guild["roles"], member, channel)

    async def _roles(self, address: Address) -> list[Mapping[str, Any]]:
        http = (await self._rest()).http
        try:
            return list(await _asked(http.get_roles(int(address.guild))))
        except discord.HTTPException:
            raise NotAcceptedError(_LATER) from None


def _needed(kind: int, layout: Layout) -> list[str]:
    """The permissions that a digest of this layout takes in a channel of this kind."""
    needed = ["view_channel", "send_messages_in_threads" if kind in _THREADS else "send_messages"]
    if layout is Layout.THREAD and kind in _BEGIN_THREADS:
        needed.append("create_public_threads")
    if kind == _FORUM or "create_public_threads" in needed:
        needed.append("send_messages_in_threads")
    if layout is Layout.EMBEDS:
        needed.append("embed_links")
    return needed


async def _asked(answer: Awaitable[_T]) -> _T:
    """What Discord answers. Raises `NotAcceptedError` where it cannot be reached."""
    try:
        return await answer
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise NotAcceptedError(_LATER) from None


__all__ = ["DiscordSurface", "Rest"]
