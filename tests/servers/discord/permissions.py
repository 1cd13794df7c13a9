"""Who may do what where, computed as Discord documents it."""

from datetime import datetime
from enum import IntFlag
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.servers.discord.guild import Guild
    from tests.servers.discord.state import Channel, Member


class Permission(IntFlag):
    """The permissions that matter here, by Discord's bits."""

    KICK_MEMBERS = 1 << 1
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CHANGE_NICKNAME = 1 << 26
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40
    USE_EXTERNAL_APPS = 1 << 50
    PIN_MESSAGES = 1 << 51


NONE: Final = Permission(0)
ALL: Final = Permission((1 << 53) - 1)
PEOPLE: Final = (  # what everybody may in a new server
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.USE_EXTERNAL_APPS
    | Permission.CHANGE_NICKNAME
)
DIRECT: Final = (  # what both may in direct messages
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
    | Permission.USE_APPLICATION_COMMANDS
)
_SILENCED: Final = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY
_NEED_SENDING: Final = (
    Permission.MENTION_EVERYONE
    | Permission.SEND_TTS_MESSAGES
    | Permission.ATTACH_FILES
    | Permission.EMBED_LINKS
)


def in_guild(guild: "Guild", member: "Member", now: datetime) -> Permission:
    """What a member may in the whole server."""
    if guild.owner.id == member.user.id:
        return ALL
    allowed = guild.everyone.permissions
    for role_id in member.roles:
        allowed |= guild.roles[role_id].permissions
    if Permission.ADMINISTRATOR in allowed:
        return ALL
    return _if_heard(member, allowed, now)


def in_channel(channel: "Channel", member: "Member", now: datetime) -> Permission:
    """What a member may in a channel of the server; in a thread by its parent, private ones its members'."""
    guild = channel.guild
    assert guild is not None, "Direct messages have no roles."
    allowed = in_guild(guild, member, now)
    if allowed == ALL:
        return ALL
    ruling = channel.parent if channel.is_thread else channel
    assert ruling is not None, "A thread stands in a channel."
    everyone = ruling.overwrites.get(guild.everyone.id)
    if everyone is not None:
        allowed = allowed & ~everyone.deny | everyone.allow
    of_roles = [ruling.overwrites[one] for one in member.roles if one in ruling.overwrites]
    for one in of_roles:
        allowed &= ~one.deny
    for one in of_roles:
        allowed |= one.allow
    own = ruling.overwrites.get(member.user.id)
    if own is not None:
        allowed = allowed & ~own.deny | own.allow
    allowed = _if_heard(member, allowed, now)
    sending = Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
    if sending not in allowed:
        allowed &= ~_NEED_SENDING
    if Permission.VIEW_CHANNEL not in allowed or not _is_let_in(channel, member, allowed):
        return NONE
    return allowed


def _if_heard(member: "Member", allowed: Permission, now: datetime) -> Permission:
    silenced = member.silenced_until is not None and member.silenced_until > now
    return allowed & _SILENCED if silenced else allowed


def _is_let_in(channel: "Channel", member: "Member", allowed: Permission) -> bool:
    return (
        not channel.is_private_thread
        or member.user.id in channel.thread_members
        or Permission.MANAGE_THREADS in allowed
    )
