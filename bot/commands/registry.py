"""Every command, declared once: surfaces register, parse, explain and document from here alone."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from bot.commands.declared.channel import CHANNEL_COMMANDS
from bot.commands.declared.papers import PAPER_COMMANDS
from bot.commands.declared.personal import PERSONAL_COMMANDS
from bot.commands.model import Command, Kind, Option
from bot.model import Layout


def _topics() -> tuple[str, ...]:
    """What can be explained: every command and every group of commands."""
    topics: dict[str, None] = {}
    for command in (*PAPER_COMMANDS, *PERSONAL_COMMANDS, *CHANNEL_COMMANDS):
        if command.group is not None:
            topics[command.group] = None
        topics[command.name] = None
    return (*topics, "help")


_HELP: Final = Command(
    name="help",
    summary="What you can do here",
    help="Lists the commands, or explains one.",
    examples=("help", "help search", "help channel add"),
    options=(Option(name="topic", kind=Kind.CHOICE, choices=_topics(), rest=True, help="a command"),),
)

COMMANDS: Final[tuple[Command, ...]] = (*PAPER_COMMANDS, *PERSONAL_COMMANDS, _HELP, *CHANNEL_COMMANDS)
"""All of them, in the order in which they are listed."""

BY_NAME: Final = {command.name: command for command in COMMANDS}
"""Every command by its name."""

GROUPS: Final = {
    group: tuple(command for command in COMMANDS if command.group == group)
    for group in sorted({command.group for command in COMMANDS if command.group is not None})
}
"""The commands whose names begin with the same word, by that word."""


def offered(command: Command, surface: str, layouts: Collection[Layout]) -> Command:
    """The command as one surface has it: without the options and the layouts that it does not have."""
    options = tuple(
        replace(one, choices=tuple(Layout(name) for name in one.choices if name in layouts))
        if one.name == "layout"
        else one
        for one in command.options
        if one.surface in {"", surface}
    )
    return command if options == command.options else replace(command, options=options)
