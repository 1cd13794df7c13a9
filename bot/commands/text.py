"""What people type behind the command's own name, read into one call, and a call written as text. Pure.

Plain words win: where they fit no command, or not what the command takes, they are searched for. A mistake is
told instead in what is clearly meant as a command, since a `name=value` stands in it, and in commands whose
words are private: upstreams may be asked for what is searched for.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, NamedTuple, TypeAlias

from bot.commands.model import Command, Kind, Option, Value
from bot.commands.registry import BY_NAME, GROUPS
from bot.commands.values import ValuesError, call_from_values, either, needed, quoted, read, write

_SEARCH: Final = BY_NAME["search"]
_ADDRESS_OR_CODE: Final = re.compile(r"[@0-9]|\b[A-Z]{4}-[A-Z]{4}\b")  # maya@example.org, 123456, K7QX-2M4P


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text means: a command with its arguments, or with the mistake that keeps it from being run."""

    command: Command
    arguments: Mapping[str, Value] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)  # those typed, as they were: for a form
    note: str | None = None  # what to say first: that the text was taken as a search
    mistake: str | None = None  # what to say in place of running it
    missing: bool = False  # the mistake is only that something required was not typed: a form may ask for it


Offered: TypeAlias = Callable[[Command], Command]
"""A command as it was declared → as the surface has it where the text is typed."""


def read_text(text: str, offered: Offered = lambda command: command) -> Reading:
    """What is meant by the text behind the command's own name. Never raises."""
    text = text.strip()
    if not text:
        return Reading(BY_NAME["today"])
    first, rest = _divided(text)
    first = first.lower()
    if first in BY_NAME:
        return _read(BY_NAME[first], offered, rest, text)
    if first in GROUPS:
        second, behind = _divided(rest)
        name = f"{first} {second.lower()}"
        if name in BY_NAME:
            return _read(BY_NAME[name], offered, behind, text)
        if not rest:
            return Reading(BY_NAME["help"], {"topic": first}, {"topic": first})
        names = either(command.name.removeprefix(f"{first} ") for command in GROUPS[first])
        followed = f"`{first}` is followed by {names}."
        private = next((command for command in GROUPS[first] if command.private), None)
        if private is not None and _ADDRESS_OR_CODE.search(rest):
            return Reading(private, mistake=_not_searched(followed))
        return _search(text, followed)
    near = get_close_matches(first, BY_NAME, n=1, cutoff=0.85) if not rest else []
    return _search(text, f"there is a command `{near[0]}`." if near else None)


def read_values(command: Command, values: Mapping[str, str]) -> Reading:
    """What is meant by a command and its options, where a surface asks for each by its name. Never raises.

    As in text, plain words win: what is no paper's id, say, is searched for.
    """
    given = {name: text.strip() for name, text in values.items()}
    try:
        return Reading(command, call_from_values(command, given), given)
    except ValuesError as error:
        wrong = [command.option(name) for name in error.by_option]
        if not any(one.name in given for one in wrong):
            return Reading(command, values=given, mistake=f"{error} {_example(command)}", missing=True)
        words = " ".join(given[one.name] for one in command.options if not one.named and one.name in given)
        if not words or command.private or any(one.named or one.kind is Kind.QUERY for one in wrong):
            return Reading(command, values=given, mistake=str(error))
    return _search(words, f"`{command.name}` takes {_taken(command)}.")


def format_call(command: Command, arguments: Mapping[str, Value]) -> str:
    """The call as a person would type it: `read_text` gives its command and arguments back."""
    given = {one.name: write(arguments[one.name]) for one in command.options if one.name in arguments}
    named = {one.name for one in command.options if one.named}
    options = [
        f"{one.name}={_quote(given[one.name])}"
        for one in command.options
        if one.name in given and one.named and given[one.name] != _usual(one)
    ]
    positional = [one for one in command.options if not one.named and one.name in given]
    while positional and given[positional[-1].name] == _usual(positional[-1]):
        positional.pop()
    text = " ".join([command.name, *(given[one.name] for one in positional), *options])
    again = read_text(text, lambda _: command)
    if named and dict(again.arguments) != dict(arguments):  # a word in it looks like an option
        by_name = [f"{one.name}={_quote(given[one.name])}" for one in positional]
        text = " ".join([command.name, *by_name, *options])
    return text


def _usual(option: Option) -> str | None:
    """The default as `write` writes it."""
    return None if option.default is None else write(read(option, option.default))


def _divided(text: str) -> tuple[str, str]:
    """The first word, and what stands behind it."""
    word, *rest = text.split(maxsplit=1) or [""]
    return word, rest[0] if rest else ""


# --- a command's own text ------------------------------------------------------------------------


def _read(declared: Command, offered: Offered, rest: str, whole: str) -> Reading:
    """What is meant by `rest`, which stands behind the command; `whole` is what is searched for otherwise."""
    command = offered(declared)
    positional = [one for one in command.options if not one.named]
    names = [one.name for one in declared.options] if len(positional) < len(declared.options) else []
    parts = _taken_apart(rest, names)
    if parts.unclosed is not None:
        name, value = parts.unclosed
        return Reading(
            command, mistake=f"The quote behind {name}= is never closed. Try {name}={_quote(value)}."
        )
    values = dict(parts.named)
    here = {one.name for one in command.options}
    for option in declared.options:
        if option.name in values and option.name not in here:
            mistake = f"`{command.name}` has {option.name}= on {option.surface.capitalize()} alone."
            return Reading(
                command, values={name: values[name] for name in values if name in here}, mistake=mistake
            )
    left = _fill(values, positional, parts.rest)
    if left:
        odd = _ODD_NAME.search(left) if names else None
        if odd is None and not parts.named and command.private:
            return Reading(command, mistake=_not_searched(f"`{command.name}` takes {_taken(command)}."))
        if odd is None and not parts.named:
            return _search(whole, f"`{command.name}` takes {_taken(command)}.")
        return Reading(command, values=values, mistake=_not_taken(command, left, odd[1] if odd else None))
    try:
        return Reading(command, call_from_values(command, values), values)
    except ValuesError as error:
        wrong = [command.option(name) for name in error.by_option]
        if not any(one.name in values for one in wrong):
            return Reading(command, values=values, mistake=f"{error} {_example(command)}", missing=True)
        if parts.named or command.private or any(one.kind is Kind.QUERY for one in wrong):
            return Reading(command, values=values, mistake=str(error))
    return _search(whole, f"`{command.name}` takes {_taken(command)}.")


def _search(text: str, why: str | None) -> Reading:
    """The text as a search; `why` says why it is one, where that may surprise."""
    note = f"Searched for {quoted(text)}; {why}" if why else None
    values = {"query": text}
    try:
        return Reading(_SEARCH, call_from_values(_SEARCH, values), values, note)
    except ValuesError as error:
        return Reading(_SEARCH, values=values, mistake=str(error))


def _not_searched(why: str) -> str:
    """Why private words are no command, and how they would be a search."""
    return f"{why} To search for these words, put `search` in front of them."


def _fill(values: dict[str, str], positional: Sequence[Option], text: str) -> str:
    """Gives the words to the positional options in their order; returns what none of them took."""
    for option in positional:
        last = option is positional[-1]
        if not text or option.name in values:
            continue
        if option.rest or (last and option.kind is Kind.PAPER):  # "arXiv: 1706.03762" is one id
            values[option.name], text = text, ""
            continue
        word, rest = _divided(text)
        if not last and option.kind is Kind.CHOICE and word.lower() not in option.choices:
            continue  # not meant: the next one takes it
        values[option.name], text = word, rest
    return text


def _taken(command: Command) -> str:
    """What the command takes, to stand behind that word."""
    positional = [one for one in command.options if not one.named]
    if positional:
        return needed(positional[0])
    if command.options:
        return f"options with their names, such as {command.options[0].name}=…"
    return "nothing more"


def _not_taken(command: Command, left: str, name: str | None) -> str:
    """What to say of words that stand in a command beside its options."""
    options = [one.name for one in command.options if one.named]
    if name is None:
        return f"{quoted(left)} belongs to no option of `{command.name}`. A value with spaces needs quotes."
    near = get_close_matches(name.lower(), options, n=1)
    hint = f"Did you mean {near[0]}=?" if near else f"It takes {either(f'{one}=' for one in options)}."
    return f"`{command.name}` has no option {quoted(name)}. {hint}"


def _example(command: Command) -> str:
    longest = max(command.examples, key=len)
    return f"For example: `{longest}`."


# --- options by their names ----------------------------------------------------------------------

# What opens a quoted value, and what closes it there: phones type curly ones.
_QUOTES: Final = {
    "'": "'",
    '"': '"',
    "“": "”",
    "”": "”",
    "„": "“”",
    "\u2018": "\u2019",
    "\u2019": "\u2019",
    "\u201a": "\u2018\u2019",
    "«": "»",
}
_WRITTEN: Final = ("'", '"', "“")
_ODD_NAME: Final = re.compile(r"(?<!\S)([^\W\d][\w-]*)=")


class _Parts(NamedTuple):
    rest: str  # what stands beside the options, as it was typed
    named: dict[str, str]
    unclosed: tuple[str, str] | None  # an option whose quote never ends, and what stands behind that


def _taken_apart(text: str, names: Sequence[str]) -> _Parts:
    """Takes `name=value` out of a text, but for what stands in double quotes there: that is a phrase."""
    if not names:
        return _Parts(text, {}, None)
    option = re.compile(rf"({'|'.join(map(re.escape, names))})=", re.IGNORECASE)
    rest: list[str] = []
    named: dict[str, str] = {}
    at = kept = 0
    while at < len(text):
        match = option.match(text, at)
        if match is None:
            at = _next_word(text, at)
            continue
        name, begin = match[1].lower(), match.end()
        rest.append(text[kept:at])
        if text[begin : begin + 1] in _QUOTES and begin < len(text):
            value = _quoted_value(text, begin)
            if value is None:
                return _Parts("", named, (name, text[begin + 1 :].strip()))
            named[name], at = value
        else:
            end = re.compile(r"\S*").match(text, begin)
            assert end is not None  # noqa: S101 - it matches nothing, too
            named[name], at = end[0], end.end()
        at = _past_space(text, at)
        kept = at
    rest.append(text[kept:])
    return _Parts(" ".join(part.strip() for part in rest if part.strip()), named, None)


_WORD: Final = re.compile(r'(?:"[^"]*"|“[^”]*”|\S)*\s*')


def _next_word(text: str, at: int) -> int:
    match = _WORD.match(text, at)
    return match.end() if match is not None and match.end() > at else at + 1


def _past_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _quoted_value(text: str, begin: int) -> tuple[str, int] | None:
    """The value whose quote opens at `begin`, and where it ends; a quote closes only before white space."""
    close = f"[{_QUOTES[text[begin]]}]"
    escape = rf"\\(?:\\|{close})"
    match = re.compile(rf"((?:{escape}|(?!{escape}).)*?){close}(?=\s|$)", re.DOTALL).match(text, begin + 1)
    return None if match is None else (re.sub(rf"\\(\\|{close})", r"\1", match[1]), match.end())


def _quote(value: str) -> str:
    """The value as it can stand behind `name=`."""
    if value and not re.search(r"\s", value) and value[0] not in _QUOTES:
        return value
    opening = next((one for one in _WRITTEN if _QUOTES[one] not in value), _WRITTEN[0])
    close = _QUOTES[opening]
    return opening + value.replace("\\", r"\\").replace(close, rf"\{close}") + close
