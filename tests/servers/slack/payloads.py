"""What Slack sends to an app, in the shape of the recorded samples."""

from typing import Any, Final

from tests.servers.slack.state import APP_ID, Body, Channel, Message, Team, User, View
from tests.servers.slack.world import World

VERIFICATION: Final = "verification-token"
COMMANDS: Final = "slash_commands"
EVENTS: Final = "events_api"
INTERACTIVE: Final = "interactive"


def envelope_type(payload: Body) -> str:
    """Which of the three ways a payload takes."""
    if "command" in payload:
        return COMMANDS
    return EVENTS if payload["type"] == "event_callback" else INTERACTIVE


def wants_answer(payload: Body) -> bool:
    """Whether the acknowledgement may say something."""
    return "command" in payload or payload["type"] in ("view_submission", "block_suggestion")


def command(
    world: World, name: str, text: str, *, user: User, channel: Channel, trigger: str, response_url: str
) -> Body:
    team = user.team
    shown = "directmessage" if channel.user else "privategroup" if channel.private else channel.name
    enterprise = team.enterprise
    return {
        "token": VERIFICATION,
        "team_id": team.id,
        "team_domain": team.domain,
        **({"enterprise_id": enterprise.id, "enterprise_name": enterprise.name} if enterprise else {}),
        "channel_id": channel.id,
        "channel_name": shown,
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "true" if world.org_wide(team) else "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }


def event(world: World, team: Team, content: Body, *, channel: Channel | None = None) -> Body:
    authorization = {
        "enterprise_id": team.enterprise.id if team.enterprise else None,
        "team_id": team.id,
        "user_id": team.bot_user,
        "is_bot": True,
        "is_enterprise_install": world.org_wide(team),
    }
    return {
        "token": VERIFICATION,
        "team_id": team.id,
        **({"enterprise_id": team.enterprise.id} if team.enterprise else {}),
        "api_app_id": APP_ID,
        "event": content,
        "type": "event_callback",
        "event_id": world.new_id("Ev"),
        "event_time": int(world.now().timestamp()),
        "authorizations": [authorization],
        "is_ext_shared_channel": bool(channel and channel.shared_with),
        "event_context": world.new_id("4-"),
    }


def in_message(world: World, message: Message, *, user: User, response_url: str, trigger: str) -> Body:
    """What pressing something in a message begins with."""
    channel = message.channel
    container: Body = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.only_for is not None,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    return {
        **_interaction(world, "block_actions", user, channel.team),
        "container": container,
        "trigger_id": trigger,
        "channel": {"id": channel.id, "name": channel.name},
        # Of what one person alone sees Slack tells the app no more than where it was.
        **({} if message.only_for is not None else {"message": message.shown()}),
        "response_url": response_url,
    }


def in_view(world: World, kind: str, view: View, values: Body, *, user: User, **beside: Any) -> Body:
    """What happened in a view: `block_actions`, `view_submission`, `view_closed`, `block_suggestion`."""
    payload = {**_interaction(world, kind, user, view.team), "view": view.shown(values), **beside}
    if kind in ("block_actions", "block_suggestion"):
        payload["container"] = {"type": "view", "view_id": view.id}
    return payload


def shortcut(world: World, callback_id: str, *, user: User, trigger: str) -> Body:
    return {
        **_interaction(world, "shortcut", user, user.team),
        "action_ts": world.new_ts(),
        "callback_id": callback_id,
        "trigger_id": trigger,
    }


def message_action(
    world: World, callback_id: str, message: Message, *, user: User, trigger: str, response_url: str
) -> Body:
    return {
        **_interaction(world, "message_action", user, message.channel.team),
        "action_ts": world.new_ts(),
        "callback_id": callback_id,
        "trigger_id": trigger,
        "message_ts": message.ts,
        "channel": {"id": message.channel.id, "name": message.channel.name},
        "message": message.shown(),
        "response_url": response_url,
    }


def _interaction(world: World, kind: str, user: User, team: Team) -> Body:
    enterprise = team.enterprise
    org = {"enterprise_id": enterprise.id, "enterprise_name": enterprise.name} if enterprise else {}
    return {
        "type": kind,
        "token": VERIFICATION,
        "api_app_id": APP_ID,
        "team": {"id": team.id, "domain": team.domain, **org},
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team.id},
        "enterprise": {"id": enterprise.id, "name": enterprise.name} if enterprise else None,
        "is_enterprise_install": world.org_wide(team),
    }
