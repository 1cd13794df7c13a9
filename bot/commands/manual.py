"""The manual of commands (`docs/commands.md`), made from their declarations alone. Pure.

`python -m bot.commands.manual` prints it.
"""

import sys
from collections.abc import Iterator
from typing import Final

from bot.commands.model import Command, Permission
from bot.commands.registry import COMMANDS
from bot.commands.topics import TOPICS
from bot.commands.usage import described, option_name, usage

_PREFIX: Final = "/papers"
_HEAD: Final = f"""\
# Commands

<!-- Made from `bot/commands/declared/` by `make docs`; change it there. -->

Every chat offers the same commands. In Slack they stand behind `{_PREFIX}` (a setting, `slack_command`);
at the prompt of `paperboy chat` they are typed as they are. Answers are private unless you share them.

Plain words win: what is no command, or does not fit one, is a search, and says so; but an address or a code
behind `mail` or `account` never becomes one. `{_PREFIX}` alone shows the day's papers. Where a
surface has forms, a command marked with ☐ opens one when it is typed alone.

Options with names are typed as `name=value`, anywhere; a value with spaces stands in quotes, straight or
curly.

Some options are there on one surface alone, which stands beside them; a layout of embeds is Discord's too.
"""
_TOPICS: Final = """\
## Topics

What `topic=` brings as the filter of a channel's digest. `channel edit filter=` changes it from there.

| topic | filter |
|---|---|"""
_WHO: Final = {
    Permission.ANYONE: "everybody, guests too",
    Permission.MEMBER: "members of the organisation",
    Permission.MANAGER: "who may manage the channel",
}


def manual() -> str:
    """All of it, in Markdown."""
    sections = (line for one in COMMANDS for line in _section(one))
    topics = (f"| `{name}` | {f'`{query}`' if query else 'none'} |" for name, query in TOPICS.items())
    return "\n".join([_HEAD, *_overview(), "", *sections, _TOPICS, *topics, ""])


def _overview() -> Iterator[str]:
    yield "| command | what it does | for |"
    yield "|---|---|---|"
    for one in COMMANDS:
        form = " ☐" if one.form else ""
        link = one.name.replace(" ", "-")
        yield f"| [`{one.name}`](#{link}){form} | {one.summary} | {_WHO[one.permission]} |"


def _section(one: Command) -> Iterator[str]:
    yield f"## {one.name}"
    yield ""
    yield f"`{_PREFIX} {usage(one)}`"
    yield ""
    yield one.help
    yield ""
    if one.options:
        yield "| option | meaning |"
        yield "|---|---|"
        for option in one.options:
            alone = f"; {option.surface.capitalize()} only" if option.surface else ""
            yield f"| `{option_name(option)}` | {_cell(described(option))}{alone} |"
        yield ""
    yield "```text"
    yield from (f"{_PREFIX} {example}" for example in one.examples)
    yield "```"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(manual())
