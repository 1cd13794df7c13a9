"""Channels themselves: looked at, a thread changed or deleted, direct messages opened."""

from datetime import timedelta

from tests.servers.discord.api import Call, DiscordError, no_permission, route, wrong_channel_type
from tests.servers.discord.permissions import Permission
from tests.servers.discord.state import Body

_OPENING_WINDOW = timedelta(minutes=10)


@route("GET", "/channels/{channel_id}")
def get_channel(call: Call) -> Body:
    return call.channel().shown()


@route("PATCH", "/channels/{channel_id}")
def change_channel(call: Call) -> Body:
    """A thread; the bot changes no other channels."""
    thread = call.channel()
    if not thread.is_thread or thread.guild is None:
        raise wrong_channel_type()
    body = call.body or {}
    manages = Permission.MANAGE_THREADS in call.allowed(thread)
    reopened = body.get("archived") is False
    if thread.archived and not reopened:
        raise DiscordError(400, 50083, "Thread is archived")
    owns = thread.owner_id == call.bot.id and not thread.locked and "locked" not in body
    if not manages and not owns:
        raise no_permission()
    thread.name = body.get("name") or thread.name
    thread.archive_minutes = body.get("auto_archive_duration") or thread.archive_minutes
    if body.get("applied_tags") is not None:
        thread.applied_tags = [str(one) for one in body["applied_tags"]]
    thread.guild.archive(
        thread,
        archived=body.get("archived", thread.archived),
        locked=body.get("locked", thread.locked),
    )
    return thread.shown()


@route("DELETE", "/channels/{channel_id}")
def delete_channel(call: Call) -> Body:
    """A thread; the bot deletes no other channels."""
    thread = call.channel()
    if not thread.is_thread or thread.guild is None:
        raise wrong_channel_type()
    if Permission.MANAGE_THREADS not in call.allowed(thread):
        raise no_permission()
    thread.guild.delete_channel(thread)
    return thread.shown()


@route("POST", "/users/@me/channels")
def open_direct_messages(call: Call) -> Body:
    world = call.world
    person = world.users.get(str(call.body.get("recipient_id")))
    if person is None:
        raise DiscordError(400, 50033, "Invalid Recipient(s)")
    if person.bot:
        raise DiscordError(403, 50007, "Cannot send messages to this user")
    if person.id not in world.directs:
        world.opened = [one for one in world.opened if one > call.now - _OPENING_WINDOW]
        if len(world.opened) >= world.direct_openings:
            raise DiscordError(403, 40003, "You are opening direct messages too fast.")
        world.opened.append(call.now)
    return world.direct(person).shown()
