"""The rules for commands that Discord enforces and its OpenAPI file leaves out."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from tests.servers.discord.problems import Problem
from tests.servers.discord.state import Body

LONGEST_COMMAND: Final = 8_000  # characters of names, descriptions and choices' values, in all
MOST_COMMANDS: Final = {1: 100, 2: 15, 3: 15}  # by type
CHAT_INPUT: Final = 1
_SUBCOMMAND, _GROUP = 1, 2
_NUMBERS: Final = (4, 10)


def commands_problems(commands: Sequence[Body]) -> list[Problem]:
    """What is wrong with all commands of one place together."""
    wrong = [
        Problem((place, *problem.path), problem.message, problem.code)
        for place, command in enumerate(commands)
        for problem in command_problems(command)
    ]
    names = Counter((kind_of(one), one["name"]) for one in commands)
    wrong += [
        Problem((), f"{name} is there {count} times", "APPLICATION_COMMANDS_DUPLICATE_NAME")
        for (_, name), count in names.items()
        if count > 1
    ]
    for kind, count in Counter(kind_of(one) for one in commands).items():
        if count > MOST_COMMANDS.get(kind, 1):
            wrong.append(Problem((), f"{count} commands of type {kind}", "APPLICATION_COMMANDS_MAX"))
    return wrong


def command_problems(command: Body) -> list[Problem]:
    if kind_of(command) != CHAT_INPUT:
        return [
            Problem((name,), "is for slash commands alone")
            for name in ("description", "options")
            if command.get(name)
        ]
    wrong = [*_name_problems((), command["name"])]
    if not command.get("description"):
        wrong.append(Problem(("description",), "is required", "BASE_TYPE_REQUIRED"))
    wrong += _options_problems(("options",), command.get("options") or [], depth=0)
    length = _length(command)
    if length > LONGEST_COMMAND:
        wrong.append(Problem((), f"{length} characters in all, at most {LONGEST_COMMAND}"))
    return wrong


def kind_of(command: Body) -> int:
    kind: int = command.get("type") or CHAT_INPUT
    return kind


def _options_problems(path: tuple[str | int, ...], options: Sequence[Body], depth: int) -> Iterator[Problem]:
    nested = [one for one in options if one["type"] in (_SUBCOMMAND, _GROUP)]
    if nested and len(nested) < len(options):
        yield Problem(path, "subcommands and other options are mixed")
    for name, count in Counter(one["name"] for one in options).items():
        if count > 1:
            yield Problem(
                path, f"{name} is there {count} times", "APPLICATION_COMMAND_OPTIONS_NAME_DUPLICATE"
            )
    optional = False
    for place, one in enumerate(options):
        here = (*path, place)
        yield from _name_problems(here, one["name"])
        if one["type"] in (_SUBCOMMAND, _GROUP):
            if depth >= (2 if one["type"] == _SUBCOMMAND else 1):
                yield Problem(here, "is nested too deep")
            yield from _options_problems((*here, "options"), one.get("options") or [], depth + 1)
            continue
        if one.get("required") and optional:
            yield Problem(
                here, "is required, behind one that is not", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
            )
        optional = optional or not one.get("required")
        yield from _option_problems(here, one)


def _option_problems(path: tuple[str | int, ...], option: Body) -> Iterator[Problem]:
    choices = option.get("choices") or []
    if choices and option.get("autocomplete"):
        yield Problem(path, "has choices and autocomplete", "APPLICATION_COMMAND_OPTION_CHOICES_AUTOCOMPLETE")
    for part in ("name", "value"):
        for value, count in Counter(one[part] for one in choices).items():
            if count > 1:
                yield Problem((*path, "choices"), f"{value!r} is there {count} times")
    suffix = "value" if option["type"] in _NUMBERS else "length"
    least, most = option.get(f"min_{suffix}"), option.get(f"max_{suffix}")
    if least is not None and most is not None and least > most:
        yield Problem(path, f"min_{suffix} {least} is greater than max_{suffix} {most}")


def _name_problems(path: tuple[str | int, ...], name: str) -> Iterator[Problem]:
    if not 1 <= len(name) <= 32 or not all(_may_name(one) for one in name):
        yield Problem((*path, "name"), f"{name!r} is no name", "APPLICATION_COMMAND_INVALID_NAME")
    elif name != name.lower():
        yield Problem((*path, "name"), f"{name!r} has capital letters", "APPLICATION_COMMAND_INVALID_NAME")


def _may_name(character: str) -> bool:
    r"""As in `^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$`."""
    script = re.match("DEVANAGARI|THAI", unicodedata.name(character, ""))
    return character in "-_'" or unicodedata.category(character)[0] in "LN" or script is not None


def _length(one: Body) -> int:
    """Characters that count, the longest translation of each text."""
    total = 0
    for name in ("name", "description"):
        texts = [one.get(name) or "", *(one.get(f"{name}_localizations") or {}).values()]
        total += max(len(text) for text in texts)
    total += sum(_length(option) for option in one.get("options") or [])
    for choice in one.get("choices") or []:
        total += _length(choice) + (len(choice["value"]) if isinstance(choice["value"], str) else 0)
    return total
