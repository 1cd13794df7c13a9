"""`conversations.*` and `users.info`: where people talk, and who they are."""

from decimal import Decimal, InvalidOperation

from tests.servers.slack.api import Call, SlackError, method
from tests.servers.slack.paging import page_of
from tests.servers.slack.state import Body, Channel, Enterprise, Message, User


@method("conversations.history")
def history(call: Call) -> Body:
    channel = _readable(call)
    if call.bot.bot_user not in channel.members:
        raise SlackError("not_in_channel")
    found = sorted(channel.top, key=lambda one: Decimal(one.ts), reverse=True)  # the newest first
    return _page_of_messages(call, found)


@method("conversations.replies")
def replies(call: Call) -> Body:
    channel = _readable(call)
    parent = channel.message(call.arguments["ts"])
    if parent is None or call.bot.bot_user not in channel.members:
        raise SlackError("thread_not_found")
    return _page_of_messages(call, [parent, *channel.thread(parent.ts)])


@method("conversations.open", scope="im:write")
def open_(call: Call) -> Body:
    if "users" not in call.arguments:
        raise SlackError("users_list_not_supplied")
    user = call.user("users")
    if user.deleted:
        raise SlackError("user_disabled")
    if not call.bot.reaches(user.team):
        raise SlackError("user_not_visible")
    channel = call.world.direct(user, call.bot.bot_user)
    full = {"channel": _shown(call, channel)} if call.arguments.get("return_im") else {}
    return {"channel": {"id": channel.id}} | full


@method("conversations.info")
def info(call: Call) -> Body:
    channel = call.channel()
    call.need(f"{channel.kind}:read")
    counted = {"num_members": len(channel.members)} if call.arguments.get("include_num_members") else {}
    return {"channel": _shown(call, channel) | counted}


@method("conversations.members")
def members(call: Call) -> Body:
    channel = call.channel()
    call.need(f"{channel.kind}:read")
    page, cursor = page_of(call, sorted(channel.members))
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


@method("conversations.join", scope="channels:join")
def join(call: Call) -> Body:
    channel = call.channel()
    if channel.kind != "channels":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    already = call.bot.bot_user in channel.members
    channel.members.add(call.bot.bot_user)
    beside = {"warning": "already_in_channel"} if already else {}
    return {"channel": _shown(call, channel)} | beside


@method("users.info", scope="users:read")
def user_info(call: Call) -> Body:
    user = call.user("user")
    together = any({user.id, call.bot.bot_user} <= one.members for one in call.world.channels.values())
    return {"user": shown_user(user, stranger=not together and not call.bot.reaches(user.team))}


def shown_user(user: User, *, stranger: bool = False) -> Body:
    """A person as the Web API shows them."""
    enterprise = user.team.enterprise
    return {
        "id": user.id,
        "team_id": user.team.id,
        "name": user.name,
        "real_name": user.name.capitalize(),
        "deleted": user.deleted,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": user.tz_offset,
        "is_admin": user.admin or user.owner,
        "is_owner": user.owner,
        "is_primary_owner": False,
        "is_restricted": user.restricted or user.ultra_restricted,
        "is_ultra_restricted": user.ultra_restricted,
        "is_bot": False,
        "is_app_user": False,
        **({"is_stranger": True} if stranger else {}),
        **({"enterprise_user": _enterprise_user(user, enterprise)} if enterprise is not None else {}),
        "profile": {"real_name": user.name.capitalize(), "display_name": user.name, "team": user.team.id},
    }


def _enterprise_user(user: User, enterprise: Enterprise) -> Body:
    return {
        "id": user.id,
        "enterprise_id": enterprise.id,
        "enterprise_name": enterprise.name,
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "teams": [user.team.id],
    }


def _readable(call: Call) -> Channel:
    channel = call.channel()
    call.need(f"{channel.kind}:history")
    return channel


def _shown(call: Call, channel: Channel) -> Body:
    body: Body = {
        "id": channel.id,
        "created": 1_449_252_889,
        "is_archived": channel.archived,
        "is_org_shared": False,
        "context_team_id": channel.team.id,
        "is_channel": channel.kind == "channels",
        "is_group": channel.kind == "groups",
        "is_im": channel.kind == "im",
        "is_mpim": False,
    }
    if channel.user is not None:
        return body | {"user": channel.user, "is_open": True}
    return body | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_private": channel.private,
        "is_general": channel.general,
        "is_shared": bool(channel.shared_with),
        "is_ext_shared": bool(channel.shared_with),
        "shared_team_ids": [channel.team.id, *(team.id for team in channel.shared_with)],
        "is_member": call.bot.bot_user in channel.members,
        "properties": {} if channel.posters is None else {"posting_restricted_to": channel.posters},
    }


def _page_of_messages(call: Call, found: list[Message]) -> Body:
    oldest, latest = _instant(call, "oldest"), _instant(call, "latest")
    closed = bool(call.arguments.get("inclusive"))

    def within(message: Message) -> bool:
        ts = Decimal(message.ts)
        after = oldest is None or ts > oldest or (closed and ts == oldest)
        before = latest is None or ts < latest or (closed and ts == latest)
        return after and before

    page, cursor = page_of(call, list(filter(within, found)))
    metadata = bool(call.arguments.get("include_all_metadata"))
    shown = [_with_thread(one, metadata=metadata) for one in page]
    more = {"response_metadata": {"next_cursor": cursor}} if cursor else {}
    return {"messages": shown, "has_more": bool(cursor), "pin_count": 0} | more


def _with_thread(message: Message, *, metadata: bool) -> Body:
    answers = message.channel.thread(message.ts)
    if not answers:
        return message.shown(metadata=metadata)
    thread = {"thread_ts": message.ts, "reply_count": len(answers), "latest_reply": answers[-1].ts}
    return message.shown(metadata=metadata) | thread


def _instant(call: Call, name: str) -> Decimal | None:
    value = call.arguments.get(name)
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise SlackError(f"invalid_ts_{name}") from None
