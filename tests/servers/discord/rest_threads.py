"""Threads: of a message, without one, in forums, and those that are there."""

from datetime import datetime
from typing import Final

from tests.servers.discord.api import Call, DiscordError, no_permission, route, wrong_channel_type
from tests.servers.discord.guild import Guild
from tests.servers.discord.permissions import Permission
from tests.servers.discord.rest_messages import MESSAGE, insist_open
from tests.servers.discord.sending import draft, new_message
from tests.servers.discord.state import (
    HAS_THREAD,
    Body,
    Channel,
    ChannelType,
    Message,
    MessageType,
    stamp,
)

THREADS: Final = "/channels/{channel_id}/threads"
MOST_ACTIVE: Final = 1_000  # threads in a server
_LEAST_ARCHIVE: Final = 4320  # minutes without a message, unless the thread says otherwise


@route("POST", MESSAGE + "/threads", status=201)
def start_thread_from_message(call: Call) -> Body:
    channel = call.channel()
    guild = _insist_threads(channel, ChannelType.TEXT, ChannelType.ANNOUNCEMENT)
    _insist_may(call, channel, Permission.CREATE_PUBLIC_THREADS)
    message = call.message(channel)
    if message.thread is not None:
        raise DiscordError(400, 160004, "A thread has already been created for this message")
    _insist_room(guild)
    thread = guild.thread(channel, call.body["name"], message=message, archive_minutes=_archive_minutes(call))
    message.flags |= HAS_THREAD
    call.world.edited(message)
    _notice(call, thread, MessageType.THREAD_STARTER, of=message)
    return thread.shown()


@route("POST", THREADS, status=201)
def start_thread(call: Call) -> Body:
    channel = call.channel()
    if channel.type is ChannelType.FORUM:
        return _start_in_forum(call, channel)
    guild = _insist_threads(channel, ChannelType.TEXT, ChannelType.ANNOUNCEMENT)
    wanted = call.body.get("type") or ChannelType.PRIVATE_THREAD
    private = wanted == ChannelType.PRIVATE_THREAD
    need = Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS
    _insist_may(call, channel, need)
    of_news = channel.type is ChannelType.ANNOUNCEMENT
    if of_news != (wanted == ChannelType.ANNOUNCEMENT_THREAD):
        raise wrong_channel_type()
    _insist_room(guild)
    minutes = _archive_minutes(call)
    thread = guild.thread(channel, call.body["name"], private=private, archive_minutes=minutes)
    if not private:
        _notice(call, channel, MessageType.THREAD_CREATED, of=thread)
    return thread.shown()


def _start_in_forum(call: Call, forum: Channel) -> Body:
    guild = _insist_threads(forum, ChannelType.FORUM)
    body = call.body
    allowed = call.allowed(forum)
    if Permission.SEND_MESSAGES not in allowed:
        raise no_permission()
    if "message" not in body:
        raise DiscordError(400, 50006, "Cannot send an empty message", fault=True)
    tags = {one.id: one for one in forum.tags}
    applied = [str(one) for one in body.get("applied_tags") or []]
    for one in applied:
        if one not in tags:
            raise DiscordError(404, 10087, "Unknown tag")
        if tags[one].moderated and Permission.MANAGE_THREADS not in allowed:
            raise no_permission()
    if forum.require_tag and not applied:
        raise DiscordError(400, 40067, "A tag is required to create a forum post in this channel")
    made = draft(call.world, forum, body["message"], call.files, allowed=allowed)
    _insist_room(guild)
    thread = guild.thread(forum, body["name"], applied_tags=applied, archive_minutes=_archive_minutes(call))
    message = new_message(call, thread, made, id=thread.id)
    call.world.post(message)
    return thread.shown() | {"message": message.shown()}


@route("GET", "/guilds/{guild_id}/threads/active")
def get_active_threads(call: Call) -> Body:
    guild = call.guild()
    found = [one for one in guild.threads.values() if not one.archived and _is_seen(guild, one)]
    return _listed(call, sorted(found, key=lambda one: int(one.id), reverse=True))


@route("GET", THREADS + "/archived/public")
def get_archived_threads(call: Call) -> Body:
    channel = call.channel()
    guild = _insist_threads(channel, ChannelType.TEXT, ChannelType.ANNOUNCEMENT, ChannelType.FORUM)
    _insist_may(call, channel, Permission.READ_MESSAGE_HISTORY)
    found = [one for one in channel.threads if one.archived and not one.is_private_thread]
    found = [one for one in found if _is_seen(guild, one)]
    if "before" in call.query:
        before = datetime.fromisoformat(call.query["before"])
        found = [one for one in found if one.archive_changed is not None and one.archive_changed < before]
    found.sort(key=lambda one: (one.archive_changed or call.now, int(one.id)), reverse=True)
    limit = call.query.get("limit", 50)
    return _listed(call, found[:limit]) | {"has_more": len(found) > limit}


@route("PUT", "/channels/{channel_id}/thread-members/@me")
def join_thread(call: Call) -> None:
    thread = _thread(call)
    thread.thread_members.add(call.bot.id)


@route("DELETE", "/channels/{channel_id}/thread-members/@me")
def leave_thread(call: Call) -> None:
    thread = _thread(call)
    thread.thread_members.discard(call.bot.id)


@route("PUT", "/channels/{channel_id}/thread-members/{user_id}")
def add_thread_member(call: Call) -> None:
    thread = _thread(call)
    assert thread.guild is not None, "A thread stands in a server."
    if call.params["user_id"] not in thread.guild.members:
        raise DiscordError(404, 10007, "Unknown Member")
    if Permission.SEND_MESSAGES_IN_THREADS not in call.allowed(thread):
        raise no_permission()
    thread.thread_members.add(call.params["user_id"])


def _notice(call: Call, channel: Channel, kind: MessageType, *, of: Message | Channel) -> None:
    """What Discord itself writes about a new thread: where it came from, or that it is there."""
    assert channel.guild is not None, "A thread stands in a server."
    if isinstance(of, Message):
        text, where = "", {"channel_id": of.channel.id, "message_id": of.id}
    else:
        text, where = of.name, {"channel_id": of.id}
    reference = {"type": 0, "guild_id": channel.guild.id, **where}
    call.world.say(channel, call.bot, text, type=kind, reference=reference)


def _thread(call: Call) -> Channel:
    """The thread of the path, which must not be archived."""
    thread = call.channel()
    if not thread.is_thread:
        raise wrong_channel_type()
    insist_open(thread)
    return thread


def _insist_threads(channel: Channel, *types: ChannelType) -> Guild:
    if channel.guild is None or channel.type not in types:
        raise wrong_channel_type()
    return channel.guild


def _insist_may(call: Call, channel: Channel, need: Permission) -> None:
    if need not in call.allowed(channel):
        raise no_permission()


def _insist_room(guild: Guild) -> None:
    if sum(1 for one in guild.threads.values() if not one.archived) >= MOST_ACTIVE:
        raise DiscordError(400, 160006, "Maximum number of active threads reached")


def _archive_minutes(call: Call) -> int:
    minutes: int = call.body.get("auto_archive_duration") or _LEAST_ARCHIVE
    return minutes


def _is_seen(guild: Guild, thread: Channel) -> bool:
    return Permission.VIEW_CHANNEL in guild.may(guild.me, thread)


def _listed(call: Call, threads: list[Channel]) -> Body:
    members = [
        {
            "id": one.id,
            "user_id": call.bot.id,
            "join_timestamp": stamp(call.world.made_at(one.id)),
            "flags": 0,
        }
        for one in threads
        if call.bot.id in one.thread_members
    ]
    return {"threads": [one.shown() for one in threads], "members": members, "has_more": False}
