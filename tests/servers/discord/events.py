"""What the gateway tells the bot, made from the world as it is at that moment."""

from dataclasses import dataclass
from typing import Final

from tests.servers.discord.guild import Guild
from tests.servers.discord.permissions import Permission
from tests.servers.discord.session import Session
from tests.servers.discord.state import Body, Channel, Message
from tests.servers.discord.world import Change, World

CONTENT_LIMITED: Final = 1 << 19  # the application's flag for the privileged intent, below 100 servers
_HIDDEN: Final[Body] = {"content": "", "embeds": [], "attachments": [], "components": []}


@dataclass(frozen=True, slots=True)
class Event:
    """The data of one event; `hidden` replaces parts of it for those who may not read messages.

    `own` is about the bot itself, and told whatever the intents.
    """

    data: Body
    guild_id: str | None
    hidden: Body | None = None
    own: bool = False


def ready(world: World, session: Session, resume_url: str) -> Body:
    """The first event of a session: all its servers are still to come."""
    app = world.application
    flags = CONTENT_LIMITED if app.reads_content else 0
    return {
        "v": 10,
        "user": world.bot.shown() | {"email": None, "mfa_enabled": True, "verified": True},
        "guilds": [{"id": one.id, "unavailable": True} for one in guilds_of(world, session)],
        "session_id": session.id,
        "session_type": "normal",
        "resume_gateway_url": resume_url,
        "shard": [session.shard, session.shards],
        "application": {"id": app.id, "flags": flags, "flags_new": str(flags)},
        "private_channels": [],
        "relationships": [],
        "user_settings": {},
        "guild_join_requests": [],
        "presences": [],
    }


def guilds_of(world: World, session: Session) -> list[Guild]:
    """The servers of a session's shard where the bot is."""
    return [one for one in world.guilds.values() if one.has_bot and session.serves(one.id)]


def guild_create(guild: Guild, *, known: bool) -> Body:
    """A server with all that is in it; `known` is one that READY told of, or that was away for a while."""
    me = guild.me
    threads = [one for one in guild.threads.values() if not one.archived and _sees(guild, one)]
    body = guild.shown() | {
        "joined_at": guild.joined(),
        "large": guild.member_count > 250,
        "member_count": guild.member_count,
        "members": [me.shown()],  # no more of them without the intents for presences and members
        "channels": [one.shown() for one in guild.channels.values()],
        "threads": [one.shown() for one in threads],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
        "hub_type": None,
    }
    return body | {"unavailable": False} if known else body


def of(change: Change, world: World, *, known: bool) -> Event | None:
    """The event of a change; `None` where the bot is not told, as it does not see it.

    `known` says of a server that comes whether it was away for a while only.
    """
    guild = change.guild
    if guild is None:
        return _in_direct(change, world)
    gone = {"id": guild.id}
    if change.event == "GUILD_DELETE":
        outage = guild.has_bot
        return Event(gone | {"unavailable": True} if outage else gone, guild.id)
    if not guild.has_bot or guild.unavailable:
        return None
    if change.message is not None:
        return _of_message(change, change.message, guild, world)
    if change.channel is not None:
        return _of_channel(change, change.channel, guild)
    if change.role is not None:
        deleted = change.event == "GUILD_ROLE_DELETE"
        role: Body = {"role_id": change.role.id} if deleted else {"role": change.role.shown()}
        return Event({"guild_id": guild.id} | role, guild.id)
    if change.member is not None:
        left = change.event == "GUILD_MEMBER_REMOVE"
        user: Body = {"user": change.member.user.shown()}
        shown = {"guild_id": guild.id} | (user if left else change.member.shown())
        return Event(shown, guild.id, own=change.member.user is world.bot)
    return Event(
        guild_create(guild, known=known) if change.event == "GUILD_CREATE" else guild.shown(), guild.id
    )


def _of_channel(change: Change, channel: Channel, guild: Guild) -> Event | None:
    if not channel.is_thread:
        return Event(channel.shown(), guild.id)
    if channel.parent is not None and channel.parent.id in guild.channels and not _sees(guild, channel):
        return None
    shown = channel.shown()
    if change.event == "THREAD_DELETE":
        shown = {key: shown[key] for key in ("id", "guild_id", "parent_id", "type")}
    elif change.event == "THREAD_CREATE":
        shown |= {"newly_created": True}
    return Event(shown, guild.id)


def _of_message(change: Change, message: Message, guild: Guild, world: World) -> Event | None:
    if not _sees(guild, message.channel):
        return None
    if change.event == "MESSAGE_DELETE":
        return Event(_deleted(message) | {"guild_id": guild.id}, guild.id)
    body = message.shown() | {"guild_id": guild.id, "channel_type": int(message.channel.type)}
    author = guild.members.get(message.author.id)
    if author is not None:
        body["member"] = {key: value for key, value in author.shown().items() if key != "user"}
    open_to_all = message.author is world.bot or world.bot in message.mentions
    return Event(body, guild.id, None if open_to_all else _HIDDEN)


def _in_direct(change: Change, world: World) -> Event | None:
    """Of direct messages and private channels, the bot sees its own alone."""
    message = change.message
    assert message is not None, "Outside servers only messages are told of."
    if message.channel not in world.directs.values():
        return None
    if change.event == "MESSAGE_DELETE":
        return Event(_deleted(message), None)
    return Event(message.shown() | {"channel_type": int(message.channel.type)}, None)


def _deleted(message: Message) -> Body:
    return {"id": message.id, "channel_id": message.channel.id}


def _sees(guild: Guild, channel: Channel) -> bool:
    return Permission.VIEW_CHANNEL in guild.may(guild.me, channel)
