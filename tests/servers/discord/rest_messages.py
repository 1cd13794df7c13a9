"""Messages: sent, changed, deleted, read and published."""

from datetime import timedelta
from typing import Final

from tests.servers.discord.api import (
    Call,
    DiscordError,
    insist,
    no_access,
    no_permission,
    route,
    wrong_channel_type,
)
from tests.servers.discord.permissions import Permission
from tests.servers.discord.problems import Problem
from tests.servers.discord.rate_limits import LimitedError
from tests.servers.discord.sending import change, draft, new_message
from tests.servers.discord.state import CROSSPOSTED, Body, Channel, ChannelType, Message, MessageType, User
from tests.servers.discord.world import World

MESSAGES: Final = "/channels/{channel_id}/messages"
MESSAGE: Final = "/channels/{channel_id}/messages/{message_id}"
MOST_CROSSPOSTS: Final = 10  # in an hour, in one channel
_HOUR: Final = timedelta(hours=1)


@route("POST", MESSAGES)
def create_message(call: Call) -> Body:
    channel = call.channel()
    insist_text(channel)
    body = call.body or {}
    nonce = body.get("nonce")
    if channel.recipient is not None:
        _insist_reachable(call.world, channel.recipient)
    allowed = call.allowed(channel)
    if sending(channel) not in allowed:
        raise no_permission()
    if channel.locked and Permission.MANAGE_THREADS not in allowed:
        raise DiscordError(403, 160005, "Thread is locked")
    made = draft(call.world, channel, body, call.files, allowed=allowed)
    reference = _reference(channel, body, allowed)
    if body.get("enforce_nonce") and nonce is not None:
        known = call.world.by_nonce(nonce)
        if known is not None:
            return known.shown()
    if channel.archived and channel.guild is not None:
        channel.guild.archive(channel, archived=False, locked=channel.locked)
    kind = MessageType.DEFAULT if reference is None else MessageType.REPLY
    message = new_message(call, channel, made, nonce=nonce, reference=reference, type=kind)
    if nonce is not None:
        call.world.remember(nonce, message)
    call.world.post(message)
    return message.shown()


@route("PATCH", MESSAGE)
def edit_message(call: Call) -> Body:
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.bot:
        raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
    insist_open(channel)
    made = draft(
        call.world, channel, call.body or {}, call.files, allowed=call.allowed(channel), before=message
    )
    return change(call, message, made).shown()


@route("DELETE", MESSAGE)
def delete_message(call: Call) -> None:
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.bot and Permission.MANAGE_MESSAGES not in call.allowed(channel):
        raise no_permission()
    insist_open(channel)
    call.world.delete(message)


@route("GET", MESSAGE)
def get_message(call: Call) -> Body:
    channel = call.channel()
    if Permission.READ_MESSAGE_HISTORY not in call.allowed(channel):
        raise no_access()
    return read(call, call.message(channel))


@route("GET", MESSAGES)
def get_messages(call: Call) -> list[Body]:
    channel = call.channel()
    insist_text(channel)
    query = call.query
    given = [name for name in ("around", "before", "after") if name in query]
    if len(given) > 1:
        insist([Problem((name,), "around, before and after are mutually exclusive") for name in given])
    limit = query.get("limit", 50)
    if Permission.READ_MESSAGE_HISTORY not in call.allowed(channel):
        return []  # which is how Discord says it
    newest_first = list(reversed(channel.messages.values()))
    if "before" in query:
        found = [one for one in newest_first if int(one.id) < int(query["before"])][:limit]
    elif "after" in query:
        found = [one for one in newest_first if int(one.id) > int(query["after"])][-limit:]
    elif "around" in query:
        middle = int(query["around"])
        later = [one for one in newest_first if int(one.id) > middle][-(limit // 2) :] if limit > 1 else []
        others = [one for one in newest_first if int(one.id) <= middle]
        found = [*later, *others[: limit - len(later)]]
    else:
        found = newest_first[:limit]
    return [read(call, one) for one in found]


@route("POST", MESSAGE + "/crosspost")
def crosspost_message(call: Call) -> Body:
    channel = call.channel()
    if channel.type is not ChannelType.ANNOUNCEMENT:
        raise wrong_channel_type()
    message = call.message(channel)
    allowed = call.allowed(channel)
    own = message.author is call.bot
    if (Permission.SEND_MESSAGES if own else Permission.MANAGE_MESSAGES) not in allowed:
        raise no_permission()
    if message.crossposted:
        raise DiscordError(400, 40033, "This message has already been crossposted")
    recent = [one for one in call.world.crossposts[channel.id] if one > call.now - _HOUR]
    if len(recent) >= MOST_CROSSPOSTS:
        raise LimitedError(recent[-MOST_CROSSPOSTS] + _HOUR - call.now)
    call.world.crossposts[channel.id].append(call.now)
    message.flags |= CROSSPOSTED
    call.world.edited(message)
    return message.shown()


@route("POST", "/channels/{channel_id}/typing")
def type_in_channel(call: Call) -> None:
    channel = call.channel()
    insist_text(channel)
    if sending(channel) not in call.allowed(channel):
        raise no_permission()


def sending(channel: Channel) -> Permission:
    """What it takes to write there."""
    return Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES


def insist_text(channel: Channel) -> None:
    """Raises for a channel that holds no messages."""
    if channel.type is ChannelType.FORUM:
        raise DiscordError(400, 40058, "Cannot send a message in a forum channel")
    if channel.type is ChannelType.CATEGORY:
        raise DiscordError(400, 50008, "Cannot send messages in a non-text channel")


def insist_open(channel: Channel) -> None:
    """Raises for an archived thread."""
    if channel.archived:
        raise DiscordError(400, 50083, "Thread is archived")


def read(call: Call, message: Message) -> Body:
    """A message as the app reads it back: what others wrote is empty without the intent to read it."""
    body = message.shown()
    seen = (
        message.author is call.bot
        or message.channel.recipient is not None
        or call.bot in message.mentions
        or call.world.application.reads_content
    )
    return body if seen else body | {"content": "", "embeds": [], "components": [], "attachments": []}


def _reference(channel: Channel, body: Body, allowed: Permission) -> Body | None:
    """Of the message that is answered; None if none is."""
    given = body.get("message_reference")
    if not given:
        return None
    if Permission.READ_MESSAGE_HISTORY not in allowed:
        raise DiscordError(403, 160002, "Cannot reply without permission to read message history")
    if str(given["message_id"]) not in channel.messages:
        if given.get("fail_if_not_exists", True):
            insist([Problem(("message_reference",), "Unknown message", "REPLIES_UNKNOWN_MESSAGE")])
        return None
    where = {"guild_id": channel.guild.id} if channel.guild is not None else {}
    return {"type": 0, "channel_id": channel.id, "message_id": str(given["message_id"]), **where}


def _insist_reachable(world: World, person: User) -> None:
    """Raises if somebody gets no direct messages from the bot."""
    mutual = any(guild.has_bot and person.id in guild.members for guild in world.guilds.values())
    if not mutual and person.id not in world.user_installs:
        text = "Cannot send messages to this user due to having no mutual guilds"
        raise DiscordError(403, 50278, text)
    if person.closed:
        raise DiscordError(403, 50007, "Cannot send messages to this user")
