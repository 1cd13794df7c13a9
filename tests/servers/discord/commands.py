"""Which commands somebody sees, and what they can type: what was not registered cannot be typed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.servers.discord.payloads import (
    ELSEWHERE,
    FOR_GUILD,
    FOR_USER,
    IN_GUILD,
    WITH_BOT,
    ImpossibleError,
    Resolved,
    context_of,
    member_of,
    owners,
)
from tests.servers.discord.permissions import ALL, Permission
from tests.servers.discord.state import Body, Channel, Member, Role, User
from tests.servers.discord.world import World

SLASH, ON_MESSAGE = 1, 3  # types of commands
_SUBCOMMAND, _GROUP = 1, 2
_STRING, _INTEGER, _BOOLEAN, _USER, _CHANNEL, _ROLE, _MENTIONABLE, _NUMBER = 3, 4, 5, 6, 7, 8, 9, 10
_KINDS: Final[dict[int, tuple[type, ...]]] = {
    _STRING: (str,),
    _INTEGER: (int,),
    _BOOLEAN: (bool,),
    _USER: (User, Member),
    _CHANNEL: (Channel,),
    _ROLE: (Role,),
    _MENTIONABLE: (User, Member, Role),
    _NUMBER: (int, float),
}
_LONGEST_STRING: Final = 6_000


def visible(world: World, user: User, channel: Channel, kind: int = SLASH) -> list[Body]:
    """The commands of a type that Discord offers this person here."""
    own = world.commands.get(channel.guild.id, {}) if channel.guild is not None else {}
    everywhere = world.commands.get(None, {})
    return [
        one
        for one in [*own.values(), *everywhere.values()]
        if one["type"] == kind and _is_offered(world, one, user, channel)
    ]


def find(world: World, name: str, user: User, channel: Channel, kind: int) -> Body:
    """The command of this name. Raises `ImpossibleError` if it is not offered."""
    found = [one for one in visible(world, user, channel, kind) if one["name"] == name]
    if not found:
        raise ImpossibleError(f"{user.name} is offered no command {name!r} here.")
    return found[0]


def owners_of(world: World, command: Body, user: User, channel: Channel) -> dict[str, str]:
    """For whom the app is installed that makes a command usable here."""
    return owners(world, user, channel, command.get("integration_types") or [FOR_GUILD])


class Line:
    """A slash command as it is being typed: `name` is all of it, as `papers-channel add`."""

    def __init__(self, world: World, name: str, user: User, channel: Channel) -> None:
        """Raises `ImpossibleError` if it is not offered."""
        first, *rest = name.removeprefix("/").split()
        self.name = " ".join([first, *rest])
        self.command = find(world, first, user, channel, SLASH)
        self._path: list[Body] = []
        self._options: list[Body] = self.command.get("options", [])
        for part in rest:
            inner = [
                one for one in self._options if one["name"] == part and one["type"] in (_SUBCOMMAND, _GROUP)
            ]
            if not inner:
                raise ImpossibleError(f"/{self.name} is not registered.")
            self._path.append(inner[0])
            self._options = inner[0].get("options", [])
        if any(one["type"] in (_SUBCOMMAND, _GROUP) for one in self._options):
            raise ImpossibleError(f"/{self.name} goes on: {[one['name'] for one in self._options]}")
        self._resolved = Resolved(user, channel)

    def sent(self, values: Mapping[str, Any]) -> Body:
        """The data of the whole command. Raises `ImpossibleError` for what Discord would not send."""
        missing = {one["name"] for one in self._options if one.get("required")} - set(values)
        if missing:
            raise ImpossibleError(f"/{self.name} needs {sorted(missing)}.")
        return self._data([self._value(name, value) for name, value in values.items()])

    def typed(self, option: str, text: str, values: Mapping[str, Any]) -> Body:
        """The data while `option` is being typed, and others are filled in already."""
        described = self._option(option)
        if not described.get("autocomplete"):
            raise ImpossibleError(f"/{self.name} offers nothing while {option!r} is typed.")
        focused = {"name": option, "type": described["type"], "value": text, "focused": True}
        others = [self._value(name, value) for name, value in values.items()]
        for one in others:
            if one["type"] in (_INTEGER, _NUMBER):  # unfinished, numbers are text
                one["value"] = str(one["value"])
        return self._data([*others, focused])

    def _data(self, filled: list[Body]) -> Body:
        for one in reversed(self._path):
            filled = [{"name": one["name"], "type": one["type"], "options": filled}]
        data: Body = {
            "id": self.command["id"],
            "name": self.command["name"],
            "type": SLASH,
            "options": filled,
        }
        if "guild_id" in self.command:
            data["guild_id"] = self.command["guild_id"]
        return data | ({"resolved": self._resolved.body} if self._resolved.body else {})

    def _option(self, name: str) -> Body:
        for one in self._options:
            if one["name"] == name:
                return one
        raise ImpossibleError(
            f"/{self.name} has no option {name!r}: {[one['name'] for one in self._options]}"
        )

    def _value(self, name: str, value: Any) -> Body:
        described = self._option(name)
        wrong = next(_value_problems(described, value), None)
        if wrong is not None:
            raise ImpossibleError(f"/{self.name} {name}: {value!r} {wrong}")
        plain = value if isinstance(value, str | int | float) else self._resolved.add(value)
        return {"name": name, "type": described["type"], "value": plain}


def _value_problems(option: Body, value: Any) -> Iterator[str]:
    """Why Discord does not take a value."""
    kind = option["type"]
    fits: bool = isinstance(value, _KINDS[kind])
    if not fits or (isinstance(value, bool) and kind != _BOOLEAN):
        yield f"is no value of the type {kind}"
        return
    choices = [one["value"] for one in option.get("choices", [])]
    if choices and value not in choices:
        yield f"is none of {choices}"
    if kind == _STRING:
        least, most = option.get("min_length", 0), option.get("max_length", _LONGEST_STRING)
        if not max(least, 1) <= len(value) <= most:
            yield f"has not {least} to {most} characters"
    elif kind in (_INTEGER, _NUMBER):
        least, most = option.get("min_value", -(2**53)), option.get("max_value", 2**53)
        if not least <= value <= most:
            yield f"is not from {least} to {most}"
    elif kind == _CHANNEL and option.get("channel_types") and value.type not in option["channel_types"]:
        yield f"is no channel of the types {option['channel_types']}"


def _is_offered(world: World, command: Body, user: User, channel: Channel) -> bool:
    context = context_of(world, user, channel)
    installed = owners_of(world, command, user, channel)
    if not installed or context not in _contexts(command):
        return False
    member = member_of(user, channel)
    if member is None:
        return context == WITH_BOT or str(FOR_USER) in installed
    allowed = member.guild.may(member, channel)
    if Permission.USE_APPLICATION_COMMANDS not in allowed:
        return False
    if str(FOR_GUILD) not in installed or allowed == ALL:  # defaults are of servers that have the app
        return True
    needed = command.get("default_member_permissions")
    return needed is None or (needed != "0" and Permission(int(needed)) in allowed)


def _contexts(command: Body) -> list[int]:
    """Where a command may be used; one that does not say so, wherever its installations reach."""
    if "guild_id" in command:
        return [IN_GUILD]
    said: list[int] | None = command.get("contexts")
    if said is not None:
        return said
    return [IN_GUILD, WITH_BOT, ELSEWHERE] if command.get("dm_permission", True) else [IN_GUILD]
