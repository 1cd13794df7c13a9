"""What the stand-in remembers, piece by piece: people, servers with their channels, and messages."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from tests.servers.discord.permissions import NONE, Permission

if TYPE_CHECKING:
    from tests.servers.discord.guild import Guild

Body = dict[str, Any]
"""JSON as Discord has it."""

REQUIRE_TAG: Final = 1 << 4  # a forum's flag
CROSSPOSTED: Final = 1 << 0  # a message's flags
SUPPRESS_EMBEDS: Final = 1 << 2
HAS_THREAD: Final = 1 << 5
EPHEMERAL: Final = 1 << 6
LOADING: Final = 1 << 7
SUPPRESS_NOTIFICATIONS: Final = 1 << 12
COMPONENTS_V2: Final = 1 << 15


class MessageType(IntEnum):
    """Discord's numbers, of messages that somebody wrote and of its own notices."""

    DEFAULT = 0
    THREAD_CREATED = 18  # stands in the channel where somebody began a thread without a message
    REPLY = 19
    COMMAND = 20
    THREAD_STARTER = 21  # stands first in a thread of a message, and points to it


class ChannelType(IntEnum):
    """Discord's numbers."""

    TEXT = 0
    DIRECT = 1
    VOICE = 2
    CATEGORY = 4
    ANNOUNCEMENT = 5
    ANNOUNCEMENT_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13
    FORUM = 15


_THREADS: Final = (ChannelType.ANNOUNCEMENT_THREAD, ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD)


@dataclass(slots=True, kw_only=True, eq=False)
class User:
    """A person, or the bot."""

    id: str
    name: str
    global_name: str | None = None
    bot: bool = False
    closed: bool = False  # takes no direct messages: 50007
    locale: str = "en-US"

    def shown(self) -> Body:
        body: Body = {
            "id": self.id,
            "username": self.name,
            "avatar": None,
            "discriminator": "0000" if self.bot else "0",
            "public_flags": 0,
            "flags": 0,
            "global_name": self.global_name,
            "primary_guild": None,
        }
        return body | ({"bot": True} if self.bot else {})


@dataclass(slots=True, kw_only=True, eq=False)
class Role:
    """A role of a server; `@everyone` has the server's own id."""

    id: str
    guild: "Guild" = field(repr=False)
    name: str
    permissions: Permission = NONE
    position: int = 1
    mentionable: bool = False
    managed: bool = False  # an app's own

    def shown(self) -> Body:
        tags = {"tags": {"bot_id": self.guild.world.bot.id}} if self.managed else {}
        return {
            "id": self.id,
            "name": self.name,
            "permissions": str(int(self.permissions)),
            "position": self.position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": self.managed,
            "mentionable": self.mentionable,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
            **tags,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    """Somebody in a server."""

    user: User
    guild: "Guild" = field(repr=False)
    joined_at: datetime
    roles: list[str] = field(default_factory=list)  # ids, @everyone left out
    nick: str | None = None
    silenced_until: datetime | None = None  # a time-out

    def shown(self) -> Body:
        return {
            "avatar": None,
            "banner": None,
            "communication_disabled_until": stamp(self.silenced_until),
            "flags": 0,
            "joined_at": stamp(self.joined_at),
            "nick": self.nick,
            "pending": False,
            "premium_since": None,
            "roles": list(self.roles),
            "user": self.user.shown(),
            "mute": False,
            "deaf": False,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class Overwrite:
    """What a channel allows and denies a role or a member besides."""

    id: str
    member: bool  # or a role
    allow: Permission = NONE
    deny: Permission = NONE

    def shown(self) -> Body:
        allow, deny = str(int(self.allow)), str(int(self.deny))
        return {"id": self.id, "type": int(self.member), "allow": allow, "deny": deny}


@dataclass(slots=True, kw_only=True, eq=False)
class Tag:
    """A forum's tag; only moderators may use a moderated one."""

    id: str
    name: str
    moderated: bool = False

    def shown(self) -> Body:
        named = {"id": self.id, "name": self.name, "moderated": self.moderated}
        return named | {"emoji_id": None, "emoji_name": None}


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """A channel of a server, a thread, or the bot's direct messages with `recipient`."""

    id: str
    type: ChannelType
    name: str = ""
    guild: "Guild | None" = field(default=None, repr=False)
    parent: "Channel | None" = field(default=None, repr=False)  # a category, or a thread's channel
    position: int = 0
    topic: str | None = None
    overwrites: dict[str, Overwrite] = field(default_factory=dict)  # by role's or member's id
    tags: list[Tag] = field(default_factory=list)  # a forum's
    require_tag: bool = False
    recipient: User | None = None
    messages: dict[str, "Message"] = field(default_factory=dict, repr=False)  # by id, in their order
    ephemeral: list["Message"] = field(default_factory=list, repr=False)  # what one person alone sees
    # of a thread:
    owner_id: str | None = None
    applied_tags: list[str] = field(default_factory=list)
    archived: bool = False
    locked: bool = False
    archive_minutes: int = 4320  # without a message, until it is archived
    archive_changed: datetime | None = None
    thread_members: set[str] = field(default_factory=set)
    sent: int = 0  # messages ever sent in it, the first left out

    @property
    def is_thread(self) -> bool:
        return self.type in _THREADS

    @property
    def is_private_thread(self) -> bool:
        return self.type is ChannelType.PRIVATE_THREAD

    @property
    def threads(self) -> list["Channel"]:
        """Its threads, archived ones too."""
        guild = self.guild
        return [] if guild is None else [one for one in guild.threads.values() if one.parent is self]

    @property
    def last_message_id(self) -> str | None:
        return next(reversed(self.messages), None)

    @property
    def written(self) -> list["Message"]:
        """The messages for all, Discord's own notices left out."""
        notices = (MessageType.THREAD_CREATED, MessageType.THREAD_STARTER)
        return [one for one in self.messages.values() if one.type not in notices]

    def seen_by(self, user: User) -> list["Message"]:
        """What somebody sees there that others do not."""
        return [one for one in self.ephemeral if one.only_for is user]

    def overwrite(
        self, target: "Role | Member", *, allow: Permission = NONE, deny: Permission = NONE
    ) -> "Channel":
        """Allows and denies a role or a member something here, and tells so."""
        assert self.guild is not None, "Direct messages have no overwrites."
        target_id = target.user.id if isinstance(target, Member) else target.id
        self.overwrites[target_id] = Overwrite(
            id=target_id, member=isinstance(target, Member), allow=allow, deny=deny
        )
        self.guild.world.tell("CHANNEL_UPDATE", guild=self.guild, channel=self)
        return self

    def shown(self) -> Body:
        """As the REST API and the gateway show it."""
        body: Body = {"id": self.id, "type": int(self.type), "flags": REQUIRE_TAG if self.require_tag else 0}
        if self.recipient is not None:
            body |= {"last_message_id": self.last_message_id, "recipients": [self.recipient.shown()]}
            return body
        assert self.guild is not None, "A channel without a server has a recipient."
        body |= {"guild_id": self.guild.id, "name": self.name, "rate_limit_per_user": 0}
        body["parent_id"] = self.parent.id if self.parent is not None else None
        if self.type is not ChannelType.CATEGORY:
            body["last_message_id"] = self._last_shown()
        if self.is_thread:
            return body | self._thread_shown()
        body |= {
            "position": self.position,
            "topic": self.topic,
            "nsfw": False,
            "permission_overwrites": [one.shown() for one in self.overwrites.values()],
        }
        if self.type is ChannelType.FORUM:
            body |= {
                "available_tags": [one.shown() for one in self.tags],
                "default_reaction_emoji": None,
                "default_sort_order": None,
                "default_forum_layout": 0,
                "template": "",
            }
        return body

    def _last_shown(self) -> str | None:
        """A forum's last message is its newest thread."""
        if self.type is ChannelType.FORUM:
            return max((one.id for one in self.threads), key=int, default=None)
        return self.last_message_id

    def _thread_shown(self) -> Body:
        return {
            "owner_id": self.owner_id,
            "message_count": min(self.sent, len(self.written)),
            "member_count": min(len(self.thread_members), 50),
            "total_message_sent": self.sent,
            "applied_tags": list(self.applied_tags),
            "thread_metadata": {
                "archived": self.archived,
                "archive_timestamp": stamp(self.archive_changed),
                "auto_archive_duration": self.archive_minutes,
                "locked": self.locked,
                "create_timestamp": stamp(self._made_at()),
            },
        }

    def _made_at(self) -> datetime:
        assert self.guild is not None, "A thread stands in a server."
        return self.guild.world.made_at(self.id)


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A message, or with `only_for` what one person alone sees."""

    id: str
    channel: Channel = field(repr=False)
    author: User
    at: datetime
    content: str = ""
    embeds: list[Body] = field(default_factory=list)
    components: list[Body] = field(default_factory=list)  # as the app sent them, ids added
    attachments: list[Body] = field(default_factory=list)
    flags: int = 0
    type: MessageType = MessageType.DEFAULT
    nonce: str | int | None = None
    edited_at: datetime | None = None
    mentions: list[User] = field(default_factory=list)  # who is told of it
    mention_roles: list[str] = field(default_factory=list)
    mention_everyone: bool = False
    reference: Body | None = None
    pinned: bool = False
    only_for: User | None = None
    by_app: bool = False  # sent with an interaction's token
    metadata: Body | None = None  # of the interaction that it answers
    thread: Channel | None = field(default=None, repr=False)  # that was started from it

    @property
    def crossposted(self) -> bool:
        return bool(self.flags & CROSSPOSTED)

    def shown(self) -> Body:
        """As the REST API shows it; the gateway adds `guild_id` and `member`."""
        body: Body = {
            "id": self.id,
            "channel_id": self.channel.id,
            "type": int(self.type),
            "author": self.author.shown(),
            "content": self.content,
            "embeds": self.embeds,
            "components": self.components,
            "attachments": self.attachments,
            "flags": self.flags,
            "timestamp": stamp(self.at),
            "edited_timestamp": stamp(self.edited_at),
            "mentions": [one.shown() for one in self.mentions],
            "mention_roles": list(self.mention_roles),
            "mention_everyone": self.mention_everyone,
            "pinned": self.pinned,
            "tts": False,
        }
        given = {"nonce": self.nonce, "message_reference": self.reference}
        given["interaction_metadata"] = self.metadata
        body |= {key: value for key, value in given.items() if value is not None}
        if self.by_app:
            body |= {"application_id": self.author.id, "webhook_id": self.author.id}
        if self.thread is not None:
            body["thread"] = self.thread.shown()
        return body


def stamp(at: datetime | None) -> str | None:
    """As Discord writes an instant."""
    return None if at is None else at.isoformat(timespec="microseconds")
