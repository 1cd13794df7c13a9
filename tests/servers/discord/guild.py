"""A server, and how a test furnishes it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.servers.discord import permissions
from tests.servers.discord.permissions import NONE, Permission
from tests.servers.discord.state import Body, Channel, ChannelType, Member, Message, Role, Tag, User, stamp

if TYPE_CHECKING:
    from tests.servers.discord.world import World

_THREAD_TYPES: Final = {ChannelType.ANNOUNCEMENT: ChannelType.ANNOUNCEMENT_THREAD}


@dataclass(slots=True, kw_only=True, eq=False)
class Guild:
    """A server. What is added to it or changed by its methods is told to all who listen to the world."""

    id: str
    name: str
    world: "World" = field(repr=False)
    owner: User
    roles: dict[str, Role] = field(default_factory=dict, repr=False)
    members: dict[str, Member] = field(
        default_factory=dict, repr=False
    )  # by user's id; only those whom a test names
    channels: dict[str, Channel] = field(default_factory=dict, repr=False)
    threads: dict[str, Channel] = field(default_factory=dict, repr=False)
    unavailable: bool = False  # an outage
    crowd: int = 0  # members whom no test names
    locale: str = "en-US"

    @property
    def everyone(self) -> Role:
        return self.roles[self.id]

    @property
    def has_bot(self) -> bool:
        return self.world.bot.id in self.members

    @property
    def me(self) -> Member:
        """The bot as a member."""
        return self.members[self.world.bot.id]

    @property
    def member_count(self) -> int:
        return len(self.members) + self.crowd

    def may(self, member: Member, channel: Channel | None = None) -> Permission:
        """What a member may in the server, or in a channel of it."""
        now = self.world.now()
        if channel is None:
            return permissions.in_guild(self, member, now)
        return permissions.in_channel(channel, member, now)

    # --- people and roles ------------------------------------------------------------------------

    def member(
        self, name: str | User = "maya", *, roles: Iterable[Role] = (), nick: str | None = None, **traits: Any
    ) -> Member:
        """A person who is in it, made new unless given; `traits` are the fields of a new `User`."""
        user = name if isinstance(name, User) else self.world.user(name, **traits)
        member = Member(
            user=user,
            guild=self,
            joined_at=self.world.now(),
            roles=[one.id for one in roles],
            nick=nick,
        )
        self.members[user.id] = member
        self.world.tell("GUILD_MEMBER_ADD", guild=self, member=member)
        return member

    def leave(self, member: Member) -> None:
        del self.members[member.user.id]
        self.world.tell("GUILD_MEMBER_REMOVE", guild=self, member=member)

    def role(
        self,
        name: str = "readers",
        allowed: Permission = NONE,
        *,
        mentionable: bool = False,
        managed: bool = False,
    ) -> Role:
        role = Role(
            id=self.world.new_id(),
            guild=self,
            name=name,
            permissions=allowed,
            position=len(self.roles),
            mentionable=mentionable,
            managed=managed,
        )
        self.roles[role.id] = role
        self.world.tell("GUILD_ROLE_CREATE", guild=self, role=role)
        return role

    def allow(self, role: Role, allowed: Permission) -> None:
        """From now on the role has these permissions, and no others."""
        role.permissions = allowed
        self.world.tell("GUILD_ROLE_UPDATE", guild=self, role=role)

    def delete_role(self, role: Role) -> None:
        del self.roles[role.id]
        for member in self.members.values():
            if role.id in member.roles:
                member.roles.remove(role.id)
        for channel in self.channels.values():
            channel.overwrites.pop(role.id, None)
        self.world.tell("GUILD_ROLE_DELETE", guild=self, role=role)

    def give(self, member: Member, *roles: Role) -> None:
        """The member has these roles, and no others."""
        member.roles[:] = [one.id for one in roles]
        self.world.tell("GUILD_MEMBER_UPDATE", guild=self, member=member)

    # --- channels --------------------------------------------------------------------------------

    def text_channel(self, name: str = "papers", **traits: Any) -> Channel:
        """`traits` are the fields of `Channel`, here and below."""
        return self._add(ChannelType.TEXT, name, traits)

    def announcement_channel(self, name: str = "news", **traits: Any) -> Channel:
        return self._add(ChannelType.ANNOUNCEMENT, name, traits)

    def voice_channel(self, name: str = "lounge", **traits: Any) -> Channel:
        return self._add(ChannelType.VOICE, name, traits)

    def category(self, name: str = "research", **traits: Any) -> Channel:
        return self._add(ChannelType.CATEGORY, name, traits)

    def forum(
        self,
        name: str = "papers-forum",
        tags: Sequence[str] = (),
        *,
        moderated: Sequence[str] = (),
        require_tag: bool = False,
        **traits: Any,
    ) -> Channel:
        """`moderated` are the tags that only moderators may use."""
        made = [
            Tag(id=self.world.new_id(), name=one, moderated=one in moderated) for one in [*tags, *moderated]
        ]
        return self._add(ChannelType.FORUM, name, {"tags": made, "require_tag": require_tag, **traits})

    def thread(
        self,
        parent: Channel,
        name: str = "a thread",
        *,
        owner: User | None = None,
        private: bool = False,
        message: Message | None = None,
        **traits: Any,
    ) -> Channel:
        """A thread, of `message` if it is given, whose id it then has. `owner` is the bot unless given."""
        starter = owner or self.world.bot
        kind = (
            ChannelType.PRIVATE_THREAD
            if private
            else _THREAD_TYPES.get(parent.type, ChannelType.PUBLIC_THREAD)
        )
        thread = Channel(
            id=message.id if message is not None else self.world.new_id(),
            type=kind,
            name=name,
            guild=self,
            parent=parent,
            owner_id=starter.id,
            archive_changed=self.world.now(),
            thread_members={starter.id},
            **traits,
        )
        self.threads[thread.id] = thread
        self.world.channels[thread.id] = thread
        if message is not None:
            message.thread = thread
        self.world.tell("THREAD_CREATE", guild=self, channel=thread)
        return thread

    def archive(self, thread: Channel, *, archived: bool = True, locked: bool = False) -> None:
        thread.archived, thread.locked = archived, locked
        thread.archive_changed = self.world.now()
        self.world.tell("THREAD_UPDATE", guild=self, channel=thread)

    def delete_channel(self, channel: Channel) -> None:
        """A channel with its threads, or one thread."""
        for thread in channel.threads:
            self.delete_channel(thread)
        del (self.threads if channel.is_thread else self.channels)[channel.id]
        del self.world.channels[channel.id]
        self.world.tell(
            "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE", guild=self, channel=channel
        )

    def _add(self, kind: ChannelType, name: str, traits: Body) -> Channel:
        channel = Channel(
            id=self.world.new_id(), type=kind, name=name, guild=self, position=len(self.channels), **traits
        )
        self.channels[channel.id] = channel
        self.world.channels[channel.id] = channel
        self.world.tell("CHANNEL_CREATE", guild=self, channel=channel)
        return channel

    # --- as the REST API shows it ----------------------------------------------------------------

    def shown(self) -> Body:
        """The gateway adds channels, threads, members and what else GUILD_CREATE has."""
        absent = (
            "icon", "description", "home_header", "splash", "discovery_splash", "banner", "application_id",
            "afk_channel_id", "system_channel_id", "widget_channel_id", "max_presences", "vanity_url_code",
            "rules_channel_id", "safety_alerts_channel_id", "public_updates_channel_id", "incidents_data",
        )  # fmt: skip
        return dict.fromkeys(absent) | {
            "id": self.id,
            "name": self.name,
            "owner_id": self.owner.id,
            "features": ["COMMUNITY", "NEWS"],
            "region": "deprecated",
            "afk_timeout": 300,
            "system_channel_flags": 0,
            "widget_enabled": False,
            "verification_level": 0,
            "roles": [one.shown() for one in self.roles.values()],
            "default_message_notifications": 1,
            "mfa_level": 0,
            "explicit_content_filter": 0,
            "max_members": 500_000,
            "max_stage_video_channel_users": 50,
            "max_video_channel_users": 25,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "preferred_locale": self.locale,
            "premium_progress_bar_enabled": False,
            "nsfw": False,
            "nsfw_level": 0,
            "emojis": [],
            "stickers": [],
        }

    def joined(self) -> str | None:
        """When the bot came, as Discord writes it."""
        return stamp(self.me.joined_at)
