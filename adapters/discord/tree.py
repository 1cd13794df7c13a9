"""The commands as Discord registers them, made from the registry alone; and telling Discord of them.

`/papers` has everything but what manages a channel. That stands under a command of its own, since Discord
knows who may see a command only for whole ones: `/papers-channel`.
"""

import inspect
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, Protocol

import discord
from discord import app_commands
from discord.app_commands import AppCommandContext, AppInstallationType, Choice, Range

from adapters.discord.hearing import Interaction
from adapters.discord.offer import COMMANDS
from adapters.discord.session import asked
from bot.commands.model import Command, Completion, Kind, Option
from bot.commands.values import LONGEST_PAPERS, LONGEST_QUERY
from bot.view.text import shorten

CHANNEL: Final = "channel"  # the group of commands that manage a channel
SIMILAR: Final = "Papers like this"
SAVE: Final = "Save the papers here"

_LONGEST: Final = 100  # characters of a description, of a choice's name and value
_MOST_CHOICES: Final = 25
_COMPLETED: Final = frozenset(Kind) - {
    Kind.CHOICE,
    Kind.NUMBER,
    Kind.ROLE,
    Kind.PAPERS,
}  # while somebody types
_EVERYWHERE: Final = AppCommandContext(guild=True, dm_channel=True, private_channel=True)
_IN_SERVERS: Final = AppCommandContext(guild=True)
_BY_ALL: Final = AppInstallationType(guild=True, user=True)
_BY_SERVERS: Final = AppInstallationType(guild=True)


class Handler(Protocol):
    """What answers: each is called within the three seconds that Discord waits, and never raises."""

    async def command(self, interaction: Interaction, command: Command, values: Mapping[str, str]) -> None:
        """A slash command with the options that were given, as they would be typed."""

    async def message(self, interaction: Interaction, menu: str) -> None:
        """An entry of the menu of a message."""

    async def completions(
        self, interaction: Interaction, command: Command, option: Option, typed: str
    ) -> Sequence[Completion]:
        """How what is typed for an option can go on."""

    async def outdated(self, interaction: Interaction) -> None:
        """A command that is registered, but is none of this version."""


class Tree(app_commands.CommandTree[Any]):
    """All commands. `name` is the slash command's."""

    def __init__(self, client: discord.Client, name: str, handler: Handler) -> None:
        super().__init__(client)
        self._handler = handler
        for one in _slash_commands(name, handler):
            self.add_command(one)
        for menu in (SIMILAR, SAVE):
            self.add_command(_on_message(menu, handler))

    @property
    def payload(self) -> list[dict[str, Any]]:
        """As Discord takes them."""
        return [one.to_dict(self) for one in self.get_commands()]

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        """Discord still shows commands of another version; nothing else raises here."""
        del error
        await self._handler.outdated(interaction)


def slash(name: str, command: Command) -> str:
    """How a person begins a command: `/papers search`, `/papers-channel add`."""
    if command.group == CHANNEL:
        return f"/{name}-{CHANNEL} {command.name.removeprefix(CHANNEL).strip()}"
    return f"/{name} {command.name}"


# --- registering -------------------------------------------------------------------------------------------


async def knows_commands(client: discord.Client, name: str) -> bool:
    """Whether Discord knows the commands as they are here. Raises `NotAcceptedError`."""
    return await _knows(client, _payload(name))


async def synchronise_commands(client: discord.Client, name: str) -> bool:
    """Tells Discord of the commands, if it knows others; whether it did not know them.

    `client` is logged in. Raises `NotAcceptedError`.
    """
    return await synchronise(client, _payload(name))


async def synchronise(client: discord.Client, payload: list[dict[str, Any]]) -> bool:
    """The same with commands that are made already."""
    if await _knows(client, payload):
        return False
    await asked(client.http.bulk_upsert_global_commands(_application_id(client), payload))
    return True


async def _knows(client: discord.Client, payload: list[dict[str, Any]]) -> bool:
    known = await asked(client.http.get_global_commands(_application_id(client)))
    return _plain(known) == _plain(payload)


def _application_id(client: discord.Client) -> int:
    application = client.application_id
    assert application is not None  # noqa: S101 - whoever is logged in has one
    return application


def _payload(name: str) -> list[dict[str, Any]]:
    nowhere = discord.Client(intents=discord.Intents(guilds=True))  # never logged in; trees stand on one
    return Tree(nowhere, name, _Nobody()).payload


class _Nobody:
    """Whoever only writes the commands down is asked nothing."""

    async def command(self, interaction: Interaction, command: Command, values: Mapping[str, str]) -> None:
        """Nobody calls one."""

    async def message(self, interaction: Interaction, menu: str) -> None:
        """Nobody opens one."""

    async def completions(
        self, interaction: Interaction, command: Command, option: Option, typed: str
    ) -> Sequence[Completion]:
        """Nobody types."""
        del interaction, command, option, typed
        return ()

    async def outdated(self, interaction: Interaction) -> None:
        """Nobody is there to be told."""


# What Discord takes for a field that is left out, or tells in its place.
_USUAL: Final[Mapping[str, Any]] = {
    "type": 1,
    "description": "",
    "options": [],
    "required": False,
    "choices": [],
    "autocomplete": False,
    "min_value": None,
    "max_value": None,
    "min_length": None,
    "max_length": None,
    "default_member_permissions": None,
    "nsfw": False,
    "integration_types": [0],
    "contexts": None,
}


def _plain(commands: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Commands or options in one form, whoever wrote them, so that equal ones are equal."""

    def plain(one: Mapping[str, Any]) -> dict[str, Any]:
        made = {name: usual if one.get(name) is None else one[name] for name, usual in _USUAL.items()}
        made["options"] = [plain(option) for option in made["options"]]
        made["choices"] = [(choice["name"], choice["value"]) for choice in made["choices"]]
        permissions = made["default_member_permissions"]
        made["default_member_permissions"] = None if permissions is None else str(permissions)
        made["integration_types"] = sorted(made["integration_types"])
        made["contexts"] = None if made["contexts"] is None else sorted(made["contexts"])
        return {"name": one["name"], **made}

    return sorted(map(plain, commands), key=lambda one: (one["type"], one["name"]))


# --- slash commands ----------------------------------------------------------------------------------------


def _slash_commands(name: str, handler: Handler) -> list[app_commands.Group]:
    everything = app_commands.Group(
        name=name,
        description="Trending research papers: read, search, save and subscribe",
        allowed_contexts=_EVERYWHERE,
        allowed_installs=_BY_ALL,
    )
    managing = app_commands.Group(
        name=f"{name}-{CHANNEL}",
        description="The digest of this channel",
        allowed_contexts=_IN_SERVERS,
        allowed_installs=_BY_SERVERS,
        default_permissions=discord.Permissions(manage_channels=True),
    )
    groups = {CHANNEL: managing}
    for command in COMMANDS:
        parent = everything
        if command.group is not None:
            if command.group not in groups:
                groups[command.group] = app_commands.Group(
                    name=command.group, description=f"Commands of {command.group}", parent=everything
                )
            parent = groups[command.group]
        parent.add_command(_slash_command(command, handler))
    return [everything, managing]


def _slash_command(command: Command, handler: Handler) -> "app_commands.Command[Any, ..., None]":
    async def callback(interaction: Interaction, **given: Any) -> None:
        await handler.command(interaction, command, _as_typed(given))

    # discord.py reads a command's options off its callback's signature.
    described = app_commands.describe(**{one.name: _phrase(one.help) for one in command.options})(callback)
    completed = app_commands.autocomplete(
        **{one.name: _completing(command, one, handler) for one in command.options if _is_completed(one)}
    )(described)
    chosen = app_commands.choices(
        **{
            one.name: [Choice(name=value, value=value) for value in one.choices]
            for one in command.options
            if one.kind is Kind.CHOICE and not _is_completed(one)
        }
    )(completed)
    first = inspect.Parameter(
        "interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction
    )
    chosen.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect looks for
        [first, *(_parameter(one, command) for one in command.options)]
    )
    name = command.name.removeprefix(command.group or "").strip()
    return app_commands.Command(name=name, description=_phrase(command.summary), callback=chosen)


def _is_completed(option: Option) -> bool:
    """Whether ways to go on are asked for; of a choice only where Discord cannot list all."""
    if option.kind is Kind.CHOICE:
        return len(option.choices) > _MOST_CHOICES
    return option.kind in _COMPLETED


def _parameter(option: Option, command: Command) -> inspect.Parameter:
    """A command that has a form requires nothing: called alone, it opens the form."""
    required = option.required and not command.form
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if required else None,
        annotation=_type(option),
    )


def _type(option: Option) -> Any:
    match option.kind:
        case Kind.NUMBER:
            return Range[int, option.least, option.most]
        case Kind.ROLE:
            return discord.Role
        case Kind.QUERY:
            return Range[str, 1, LONGEST_QUERY]
        case Kind.PAPERS:
            return Range[str, 1, LONGEST_PAPERS]
        case _:
            return str


def _completing(
    command: Command, option: Option, handler: Handler
) -> Callable[[Interaction, str], Coroutine[Any, Any, list[Choice[str]]]]:
    async def complete(interaction: Interaction, current: str) -> list[Choice[str]]:
        found = await handler.completions(interaction, command, option, current)
        return [
            Choice(name=shorten(one.label, _LONGEST), value=one.value)
            for one in found
            if one.label and 0 < len(one.value) <= _LONGEST
        ][:_MOST_CHOICES]

    return complete


def _as_typed(given: Mapping[str, Any]) -> dict[str, str]:
    """What was given, as it would be typed; roles by their ids."""
    return {
        name: str(value.id) if isinstance(value, discord.Role) else str(value)
        for name, value in given.items()
        if value is not None
    }


def _phrase(text: str) -> str:
    return shorten(text[:1].upper() + text[1:], _LONGEST)


# --- menus of messages -------------------------------------------------------------------------------------


def _on_message(menu: str, handler: Handler) -> app_commands.ContextMenu:
    async def callback(interaction: Interaction, message: discord.Message) -> None:
        del message  # what it says is read as Discord sent it
        await handler.message(interaction, menu)

    return app_commands.ContextMenu(
        name=menu, callback=callback, allowed_contexts=_EVERYWHERE, allowed_installs=_BY_ALL
    )
