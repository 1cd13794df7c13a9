"""The application's commands: for all, or for one server."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from tests.servers.discord.api import Call, DiscordError, insist, no_access, route
from tests.servers.discord.command_rules import CHAT_INPUT, commands_problems, kind_of
from tests.servers.discord.state import Body

COMMANDS: Final = "/applications/{application_id}/commands"
GUILD_COMMANDS: Final = "/applications/{application_id}/guilds/{guild_id}/commands"
MOST_CREATIONS: Final = 200  # in a day, for all or in one server
_DAY: Final = timedelta(days=1)
_TEXTS: Final = ("name_localizations", "description_localizations")


@route("GET", COMMANDS)
@route("GET", GUILD_COMMANDS)
def get_commands(call: Call) -> list[Body]:
    hidden = set() if call.query.get("with_localizations") else set(_TEXTS)
    return [
        {key: value for key, value in one.items() if key not in hidden} for one in _registered(call).values()
    ]


@route("PUT", COMMANDS)
@route("PUT", GUILD_COMMANDS)
def set_commands(call: Call) -> list[Body]:
    """Those that are not named are gone; those that stay keep their ids."""
    commands: list[Body] = call.body or []
    registered = _registered(call)
    insist(commands_problems(commands))
    _count_creations(call, [one for one in commands if _same(registered, one) is None])
    made = [_made(call, one, _same(registered, one)) for one in commands]
    registered.clear()
    registered |= {one["id"]: one for one in made}
    return made


@route("POST", COMMANDS, status=201)
@route("POST", GUILD_COMMANDS, status=201)
def create_command(call: Call) -> Body:
    """One of the same name and type is replaced."""
    registered = _registered(call)
    before = _same(registered, call.body)
    others = [one for one in registered.values() if one is not before]
    insist(commands_problems([*others, call.body]))
    if before is None:
        _count_creations(call, [call.body])
    made = _made(call, call.body, before)
    registered[made["id"]] = made
    return made


@route("DELETE", COMMANDS + "/{command_id}")
@route("DELETE", GUILD_COMMANDS + "/{command_id}")
def delete_command(call: Call) -> None:
    if _registered(call).pop(call.params["command_id"], None) is None:
        raise DiscordError(404, 10063, "Unknown application command")


def _registered(call: Call) -> dict[str, Body]:
    """The commands there, by id; for the application's own token alone."""
    if call.params["application_id"] != call.world.application.id:
        raise DiscordError(403, 20012, "You are not authorized to perform this action on this application")
    guild_id = call.params.get("guild_id")
    guild = call.world.guilds.get(guild_id) if guild_id is not None else None
    if guild_id is not None and (guild is None or not guild.has_bot):
        raise no_access()
    return call.world.commands.setdefault(guild_id, {})


def _same(registered: dict[str, Body], command: Body) -> Body | None:
    wanted = (kind_of(command), command["name"])
    return next((one for one in registered.values() if (one["type"], one["name"]) == wanted), None)


def _count_creations(call: Call, created: Sequence[Body]) -> None:
    times = call.world.command_creations[call.params.get("guild_id")]
    times[:] = [one for one in times if one > call.now - _DAY]
    if len(times) + len(created) > MOST_CREATIONS:
        text = f"Max number of daily application command creates has been reached ({MOST_CREATIONS})"
        raise DiscordError(400, 30034, text)
    times.extend(call.now for _ in created)


def _made(call: Call, command: Body, before: Body | None) -> Body:
    """As Discord gives it back: a new version, nulls gone but where they say something."""
    guild_id = call.params.get("guild_id")
    permissions = command.get("default_member_permissions")
    made: Body = {
        "id": before["id"] if before is not None else call.world.new_id(),
        "application_id": call.world.application.id,
        "version": call.world.new_id(),
        "type": kind_of(command),
        "name": command["name"],
        "description": command.get("description") or "",
        "default_member_permissions": None if permissions is None else str(permissions),
        "nsfw": bool(command.get("nsfw")),
        **{name: command.get(name) for name in _TEXTS},
    }
    if made["type"] == CHAT_INPUT and command.get("options"):
        made["options"] = [_plain(one) for one in command["options"]]
    if guild_id is not None:
        return made | {"guild_id": guild_id}
    in_direct = command.get("dm_permission")
    return made | {
        "dm_permission": True if in_direct is None else in_direct,
        "contexts": command.get("contexts"),
        "integration_types": command.get("integration_types") or [0],
    }


def _plain(value: Any) -> Any:
    """Without nulls and empty lists, as options come back."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if one or (one == 0 and one is not False)}
    return [_plain(one) for one in value] if isinstance(value, list) else value
