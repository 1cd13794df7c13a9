"""Options' values: read from what people type or choose, and written back. Pure.

Text behind a command and a form's fields both pass through `call_from_values`, so that the same words mean
the same in either.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import time
from difflib import get_close_matches
from typing import Final

from bot.commands.model import Command, Kind, Option, Value
from bot.errors import InputError
from bot.ids import paper_id_of
from bot.model import PaperId
from bot.schedule.zones import check_zone, format_days, format_time, parse_days, parse_time
from bot.search.query import parse
from bot.taste.examples import read_examples
from bot.view.text import shorten

LONGEST_QUERY: Final = 1_000  # characters: with what stands around it, it still fits a button
LONGEST_PAPERS: Final = 3_000  # characters: what a field of Slack's forms holds
_LONGEST_TEXT: Final = 200
_LONGEST_TAG: Final = 50
_NONE: Final = "none"  # takes a role or a tag away, where nothing cannot be typed
_TAKEN_AWAY: Final = frozenset({Kind.QUERY, Kind.ROLE, Kind.TAG})  # by an empty value
_ROUTES: Final = {"email": "mail", "e-mail": "mail", "rss": "feed", "dm": "here"}  # as people call them
_FEW: Final = 6  # choices that a sentence can list
_SHOWN: Final = 80  # characters of what was typed that are repeated
_AROUND: Final = "<>[](){}\"'`“”\u2018\u2019.,;:!? "  # what stands around an id that was copied out of a text


class ValuesError(InputError):
    """Some values cannot be used; `by_option` has a sentence for each."""

    def __init__(self, by_option: Mapping[str, str]) -> None:
        self.by_option = dict(by_option)
        super().__init__(" ".join(self.by_option.values()))


def call_from_values(command: Command, values: Mapping[str, str]) -> dict[str, Value]:
    """The arguments of a call from values as people write them, by the options' names.

    What is empty counts as not given, but for a named query, role or tag, which it takes away. Options that
    are not given have their defaults. Raises `ValuesError`.
    """
    arguments: dict[str, Value] = {}
    mistakes: dict[str, str] = {}
    for option in command.options:
        text = values.get(option.name, "").strip()
        if not text and option.named and option.kind in _TAKEN_AWAY and option.name in values:
            arguments[option.name] = ""
            continue
        if not text and option.default is not None:
            text = option.default
        if text:
            try:
                arguments[option.name] = read(option, text)
            except InputError as error:
                mistakes[option.name] = str(error)
        elif option.required:
            mistakes[option.name] = f"`{command.name}` needs {needed(option)}."
    if mistakes:
        raise ValuesError(mistakes)
    return arguments


def read(option: Option, text: str) -> Value:
    """The value that a text, which is not empty, means for this option. Raises `InputError`."""
    return _READERS[option.kind](option, text)


def write(value: Value) -> str:
    """The value as a person would type it: `read` gives it back."""
    match value:
        case PaperId():
            return str(value)
        case frozenset():
            return format_days(value)
        case time():
            return format_time(value)
        case tuple():
            return ",".join(value)
        case _:
            return str(value)


def needed(option: Option) -> str:
    """What the option takes, to stand behind "needs" or "takes": `bibtex, ris, csv or json`."""
    if option.kind is Kind.CHOICE and len(option.choices) <= _FEW:
        return either(option.choices)
    if option.kind is Kind.NUMBER:
        return f"a number from {option.least:,} to {option.most:,}"
    return option.help


def either(names: Iterable[str]) -> str:
    """`A`, `A or B`, `A, B or C`."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def quoted(text: str) -> str:
    """What was typed, or a title, in quotes and no longer than a line."""
    return f"“{shorten(' '.join(text.split()), _SHOWN)}”"


def _text(option: Option, text: str) -> str:
    plain = " ".join(text.split())
    if len(plain) > _LONGEST_TEXT:
        raise InputError(f"That is longer than {_LONGEST_TEXT} characters.")
    if " " in plain and not option.rest:
        raise InputError(f"{quoted(text)} is more than one word: write {option.help}.")
    return plain


def _query(text: str) -> str:
    if len(text) > LONGEST_QUERY:
        raise InputError(f"That is longer than {LONGEST_QUERY:,} characters. Fewer words find more.")
    parse(text)
    return text.strip()


def _paper(text: str) -> PaperId:
    found = paper_id_of(text) or paper_id_of(text.strip(_AROUND))
    if found is None:
        raise InputError(f"{quoted(text)} is no paper's id or link. Write one like 1706.03762.")
    return found


def _papers(text: str) -> str:
    if len(text) > LONGEST_PAPERS:
        raise InputError(f"That is longer than {LONGEST_PAPERS:,} characters. Give the papers in parts.")
    read_examples(text)
    return text.strip()


def _choice(option: Option, text: str) -> str:
    wanted = " ".join(text.lower().split())
    if wanted in option.choices:
        return wanted
    near = get_close_matches(wanted, option.choices, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Choose {needed(option)}."
    raise InputError(f"{quoted(text)} is not among the choices. {hint}")


def _role(text: str) -> str:
    """The id of a role, which is how surfaces hand over a chosen one, bare or as a mention."""
    if text.lower() == _NONE:
        return ""
    found = re.fullmatch(r"<@&([0-9]{1,20})>|([0-9]{1,20})", text)
    if found is None:
        raise InputError(f"{quoted(text)} is no role. Choose one of the server's roles, or write {_NONE}.")
    return found[1] or found[2]


def _tag(text: str) -> str:
    plain = " ".join(text.split())
    if len(plain) > _LONGEST_TAG:
        raise InputError(f"No tag is longer than {_LONGEST_TAG} characters. Write its name, or {_NONE}.")
    return "" if plain.lower() == _NONE else plain


def _number(option: Option, text: str) -> int:
    """A whole number within the option's bounds; of one outside them the nearest bound is named."""
    wanted = text.strip().replace(",", "")
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", wanted):
        raise InputError(f"{quoted(text)} is not a whole number. Write {needed(option)}.")
    number = int(wanted)
    if not option.least <= number <= option.most:
        nearest = max(option.least, min(option.most, number))
        raise InputError(
            f"{number:,} is out of range: it goes from {option.least} to {option.most:,}. Try {nearest:,}."
        )
    return number


def _routes(option: Option, text: str) -> tuple[str, ...]:
    """Several ways, in the order in which they were named."""
    words = [word for word in re.split(r"[,;&+\s]+|\band\b", text.lower()) if word]
    found = tuple(dict.fromkeys(_choice(option, _ROUTES.get(word, word)) for word in words))
    if not found:
        raise InputError(f"Write {option.help}.")
    return found


_READERS: Final[Mapping[Kind, Callable[[Option, str], Value]]] = {
    Kind.TEXT: _text,
    Kind.QUERY: lambda _, text: _query(text),
    Kind.PAPER: lambda _, text: _paper(text),
    Kind.PAPERS: lambda _, text: _papers(text),
    Kind.CHOICE: _choice,
    Kind.NUMBER: _number,
    Kind.TIME: lambda _, text: parse_time(text),
    Kind.ZONE: lambda _, text: check_zone(text),
    Kind.DAYS: lambda _, text: parse_days(text),
    Kind.ROUTES: _routes,
    Kind.ROLE: lambda _, text: _role(text),
    Kind.TAG: lambda _, text: _tag(text),
}
