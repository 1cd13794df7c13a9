"""Who the bot is, and where its gateway is."""

from datetime import timedelta
from typing import Any

from tests.servers.discord.api import Call, DiscordError, route
from tests.servers.discord.state import Body

_READS_CONTENT, _READS_CONTENT_LIMITED = 1 << 18, 1 << 19  # an application's flags
_HAS_COMMANDS = 1 << 23


@route("GET", "/users/@me")
def get_me(call: Call) -> Body:
    return call.bot.shown() | {"mfa_enabled": False, "locale": "en-US", "verified": True, "email": None}


@route("GET", "/users/{user_id}")
def get_user(call: Call) -> Body:
    user = call.world.users.get(call.params["user_id"])
    if user is None:
        raise DiscordError(404, 10013, "Unknown User")
    return user.shown()


@route("GET", "/oauth2/applications/@me")
@route("GET", "/applications/@me")
def get_application(call: Call) -> Body:
    world = call.world
    application = world.application
    flags = 0
    if application.reads_content:
        flags |= _READS_CONTENT if application.verified else _READS_CONTENT_LIMITED
    if any(world.commands.values()):
        flags |= _HAS_COMMANDS
    absent = (
        "icon", "type", "team", "interactions_endpoint_url", "event_webhooks_url",
        "role_connections_verification_url",
    )  # fmt: skip
    return dict.fromkeys(absent) | {
        "id": application.id,
        "name": application.name,
        "description": "",
        "bot": world.bot.shown(),
        "bot_public": application.public,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": flags,
        "flags_new": str(flags),
        "redirect_uris": [],
        "owner": application.owner.shown(),
        "approximate_guild_count": sum(1 for one in world.guilds.values() if one.has_bot),
        "approximate_user_install_count": len(world.user_installs),
        "approximate_user_authorization_count": 0,
        "event_webhooks_status": 1,
        "event_webhooks_types": [],
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        **application.settings,
    }


@route("PATCH", "/applications/@me")
def change_application(call: Call) -> Body:
    """What is kept is what the app itself may set."""
    settings = {
        name: value for name, value in call.body.items() if name not in ("flags", "icon", "cover_image")
    }
    for installed in (settings.get("integration_types_config") or {}).values():
        params = (installed or {}).get("oauth2_install_params")
        if params:  # permissions come as a number, and are shown as a text
            params["permissions"] = str(params["permissions"])
    call.world.application.settings |= settings
    body: Body = get_application(call)
    return body


@route("GET", "/gateway", token=False)
def get_gateway(call: Call) -> Body:
    return {"url": call.world.gateway.url}


@route("GET", "/gateway/bot")
def get_gateway_bot(call: Call) -> Body:
    gateway = call.world.gateway
    limit: dict[str, Any] = {
        "total": 1_000,
        "remaining": gateway.starts_left,
        "reset_after": int(gateway.starts_reset_after / timedelta(milliseconds=1)),
        "max_concurrency": gateway.max_concurrency,
    }
    return {"url": gateway.url, "shards": gateway.shards, "session_start_limit": limit}
