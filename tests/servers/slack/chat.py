"""`chat.*`: writing, changing and taking back messages."""

from tests.servers.slack.api import Call, SlackError, method
from tests.servers.slack.controls import with_ids
from tests.servers.slack.limits import too_long
from tests.servers.slack.paging import page_of
from tests.servers.slack.state import Body, Channel, Message

CONTENT = ("text", "blocks", "attachments", "metadata", "username")
WRITE = "chat:write"
LATEST = 120 * 24 * 3600  # seconds ahead that something can be scheduled


def content_of(arguments: Body) -> Body:
    """What of some arguments makes a message. Raises where its whole is too much."""
    content = {name: arguments[name] for name in CONTENT if arguments.get(name) is not None}
    if len(content.get("text", "")) > 40_000:
        raise SlackError("msg_too_long")
    if too_long(content.get("blocks") or []):
        raise SlackError("msg_blocks_too_long")
    if content.get("blocks"):
        content["blocks"] = with_ids(content["blocks"])
    metadata = content.get("metadata")
    if metadata and not (
        isinstance(metadata, dict)
        and metadata.keys() == {"event_type", "event_payload"}
        and isinstance(metadata["event_type"], str)
        and isinstance(metadata["event_payload"], dict)
    ):
        raise SlackError("invalid_metadata_format")
    return content


@method("chat.postMessage", scope=WRITE)
def post_message(call: Call) -> Body:
    channel = _writable(call)
    message = _write(call, channel, content_of(call.arguments))
    return {"channel": channel.id, "ts": message.ts, "message": message.shown(metadata=True)}


@method("chat.postEphemeral", scope=WRITE)
def post_ephemeral(call: Call) -> Body:
    channel = _writable(call)
    if call.arguments["user"] not in channel.members:
        raise SlackError("user_not_in_channel")
    message = Message(
        ts=call.world.new_ts(),
        channel=channel,
        sender=call.bot.bot_user,
        bot=call.bot.bot_id,
        content=content_of(call.arguments),
        only_for=call.arguments["user"],
        thread_ts=call.arguments.get("thread_ts"),
    )
    channel.ephemeral.append(message)
    call.world.show_message("private", message)
    return {"message_ts": message.ts}


@method("chat.update", scope=WRITE)
def update(call: Call) -> Body:
    channel = call.channel()
    message = _own(call, channel, "cant_update_message")
    content = content_of(call.arguments)
    # What is not named stays as it was; what is empty goes.
    message.content = {**message.content, **content}
    message.edits += 1
    call.world.show_message("replaced", message)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": message.shown(metadata=True),
    }


@method("chat.delete", scope=WRITE)
def delete(call: Call) -> Body:
    channel = call.channel()
    message = _own(call, channel, "cant_delete_message")
    channel.messages.remove(message)
    call.world.show_message("deleted", message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.scheduleMessage", scope=WRITE)
def schedule_message(call: Call) -> Body:
    channel = _writable(call)
    now, at = call.world.now().timestamp(), int(call.arguments["post_at"])
    if at <= now:
        raise SlackError("time_in_past")
    if at > now + LATEST:
        raise SlackError("time_too_far")
    name = call.world.new_id("Q")
    content = content_of(call.arguments)
    call.world.scheduled[name] = (channel, at, content)
    return {"channel": channel.id, "scheduled_message_id": name, "post_at": at, "message": content}


@method("chat.deleteScheduledMessage", scope=WRITE)
def delete_scheduled_message(call: Call) -> Body:
    channel = call.channel()
    scheduled = call.world.scheduled.get(call.arguments["scheduled_message_id"])
    if scheduled is None or scheduled[0] is not channel:
        raise SlackError("invalid_scheduled_message_id")
    del call.world.scheduled[call.arguments["scheduled_message_id"]]
    return {}


@method("chat.scheduledMessages.list")
def scheduled_messages(call: Call) -> Body:
    if call.bot.team is None and "team_id" not in call.arguments:  # a whole organisation's token names one
        raise SlackError("enterprise_is_restricted")
    found = [
        {
            "id": name,
            "channel_id": channel.id,
            "post_at": at,
            "date_created": int(call.world.now().timestamp()),
            "text": content.get("text", ""),
        }
        for name, (channel, at, content) in call.world.scheduled.items()
        if call.bot.reaches(channel.team)
        and call.arguments.get("team_id", channel.team.id) == channel.team.id
        and call.arguments.get("channel", channel.id) == channel.id
    ]
    page, cursor = page_of(call, found)
    return {"scheduled_messages": page, "response_metadata": {"next_cursor": cursor}}


@method("chat.unfurl", scope="links:write")
def unfurl(call: Call) -> Body:
    arguments = call.arguments
    if not isinstance(arguments.get("unfurls"), dict):
        raise SlackError("missing_unfurls")
    if "unfurl_id" in arguments:
        if "source" not in arguments:
            raise SlackError("missing_source")
        message = call.world.unfurls.get(arguments["unfurl_id"])
        if message is None:
            raise SlackError("invalid_unfurl_id")
    else:
        if "ts" not in arguments:
            raise SlackError("missing_ts")
        channel = call.channel(error="cannot_find_channel")
        message = channel.message(arguments["ts"])
        if message is None:
            raise SlackError("cannot_find_message")
    if not all(url in message.text for url in arguments["unfurls"]):
        raise SlackError("cannot_unfurl_url")
    call.world.unfurled.append((message.ts, arguments["unfurls"]))
    return {}


@method("chat.getPermalink")
def get_permalink(call: Call) -> Body:
    channel = call.channel()
    message = channel.message(call.arguments["message_ts"])
    if message is None:
        raise SlackError("message_not_found")
    link = f"https://{channel.team.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts not in (None, message.ts):
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _writable(call: Call) -> Channel:
    """The channel, if the app may write there."""
    channel = call.channel()
    if channel.archived:
        raise SlackError("is_archived")
    member = call.bot.bot_user in channel.members
    if not member and not (channel.kind == "channels" and "chat:write.public" in call.bot.scopes):
        raise SlackError("not_in_channel")
    if channel.read_only:
        raise SlackError("restricted_action")
    if {"username", "icon_url", "icon_emoji"} & call.arguments.keys():
        call.need("chat:write.customize")
    return channel


def _write(call: Call, channel: Channel, content: Body) -> Message:
    thread = call.arguments.get("thread_ts")
    if thread is not None and channel.message(thread) is None:
        raise SlackError("cannot_reply_to_message")
    message = Message(
        ts=call.world.new_ts(),
        channel=channel,
        sender=call.bot.bot_user,
        bot=call.bot.bot_id,
        content=content,
        thread_ts=thread,
    )
    channel.messages.append(message)
    call.world.show_message("public", message)
    return message


def _own(call: Call, channel: Channel, error: str) -> Message:
    """The message that `ts` names, which the app must have written itself."""
    message = channel.message(call.arguments["ts"])
    if message is None:
        raise SlackError("message_not_found")
    if message.sender != call.bot.bot_user:
        raise SlackError(error)
    return message
