"""Laws of commands as text: anything gives a call, and a call's text gives the call back."""

from datetime import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.commands.model import Command, Kind, Option, Value
from bot.commands.registry import BY_NAME, COMMANDS
from bot.commands.text import format_call, read_text
from bot.commands.values import LONGEST_QUERY, call_from_values, write
from bot.errors import QueryError
from bot.model import IdScheme, PaperId, Weekday
from bot.search.query import parse

ZONES = st.sampled_from(["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires", "Asia/Kolkata"])
PIECES = st.one_of(
    st.sampled_from(
        [*BY_NAME, "channel", "week", "all", "bibtex", "1706.03762", "author:", 'author:"Y. LeCun"']
    ),
    st.sampled_from(
        ["at=9:00", "max=", "filter='", "query=", "zone=“", "”", '"', "\\", "'", "=", "OR", "-", "("]
    ),
)
TYPED = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=8).map(" ".join))


ROLES = st.from_regex(r"[1-9][0-9]{16,19}", fullmatch=True)
TAGS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20).filter(
    lambda tag: tag.lower() != "none"
)


def readable(text: str) -> bool:
    if len(text) > LONGEST_QUERY or not text:
        return False
    try:
        parse(text)
    except QueryError:
        return False
    return True


QUERIES = TYPED.map(str.strip).filter(readable)


def values_of(option: Option) -> st.SearchStrategy[Value]:  # noqa: C901 - one case a kind
    match option.kind:
        case Kind.QUERY:
            return st.one_of(st.just(""), QUERIES) if option.named else QUERIES
        case Kind.PAPER:
            return st.builds(
                PaperId,
                st.sampled_from([IdScheme.ARXIV]),
                st.from_regex(r"2[0-9](0[1-9]|1[0-2])\.[0-9]{5}", fullmatch=True),
            ) | st.sampled_from(
                [PaperId(IdScheme.DOI, "10.1145/3292500"), PaperId(IdScheme.LOCAL, "0123456789abcdef")]
            )
        case Kind.PAPERS:
            return st.lists(st.from_regex(r"2[0-9]0[1-9]\.[0-9]{5}", fullmatch=True), min_size=1).map(
                "\n".join
            )
        case Kind.CHOICE:
            return st.sampled_from(option.choices)
        case Kind.NUMBER:
            return st.integers(option.least, option.most)
        case Kind.TIME:
            return st.builds(time, st.integers(0, 23), st.integers(0, 59))
        case Kind.ZONE:
            return ZONES
        case Kind.DAYS:
            return st.frozensets(st.sampled_from(list(Weekday)), min_size=1)
        case Kind.ROUTES:
            return st.lists(st.sampled_from(option.choices), min_size=1, unique=True).map(tuple)
        case Kind.ROLE | Kind.TAG:
            return st.one_of(st.just(""), ROLES if option.kind is Kind.ROLE else TAGS)
        case Kind.TEXT:
            return st.from_regex(r"[^\s\x00-\x1f]{1,20}", fullmatch=True).filter(
                lambda text: not text.isspace()
            )


@st.composite
def calls(draw: Any) -> tuple[Command, dict[str, Value]]:
    command = draw(st.sampled_from(COMMANDS))
    arguments: dict[str, Value] = {}
    for option in command.options:
        if option.required or option.default is not None or draw(st.booleans()):
            arguments[option.name] = draw(values_of(option))
    return command, arguments


@given(TYPED)
def test_any_text_gives_a_call_or_a_sentence(text: str) -> None:
    reading = read_text(text)
    assert reading.command.name in BY_NAME
    if reading.mistake is None:
        assert {one.name for one in reading.command.options if one.required} <= set(reading.arguments)
    else:
        assert reading.mistake.strip()


@given(calls())
def test_the_text_of_a_call_gives_the_call_back(call: tuple[Command, dict[str, Value]]) -> None:
    command, arguments = call
    reading = read_text(format_call(command, arguments))
    assert reading.mistake is None
    assert (reading.command, dict(reading.arguments)) == (command, arguments)


@given(calls())
def test_text_and_form_reach_the_command_with_equal_arguments(call: tuple[Command, dict[str, Value]]) -> None:
    command, arguments = call
    form = {name: write(value) for name, value in arguments.items()}
    assert call_from_values(command, form) == arguments
    assert dict(read_text(format_call(command, arguments)).arguments) == call_from_values(command, form)


@given(TYPED)
def test_plain_words_behind_a_command_are_never_lost(text: str) -> None:
    reading = read_text(f"export {text}")
    if reading.command.name == "search" and reading.mistake is None:
        assert reading.arguments["query"] == f"export {text}".strip()
