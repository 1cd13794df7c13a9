"""Between a file's lines and the store: lines, what stood in them, and why some were of no use. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any, Final, NamedTuple

from bot.model import PaperReading


class Reason(StrEnum):
    """Why a line was skipped; the value is stable, `words` are for people."""

    TOO_LONG = "too-long"
    NOT_UTF8 = "not-utf8"
    NOT_JSON = "not-json"
    NO_ID = "no-id"
    NO_TITLE = "no-title"
    NO_ABSTRACT = "no-abstract"

    @property
    def words(self) -> str:
        """What completes "3 lines: …"."""
        return _WORDS[self]


_WORDS: Final = {
    Reason.TOO_LONG: "too long to be one paper",
    Reason.NOT_UTF8: "not UTF-8",
    Reason.NOT_JSON: "no JSON object",
    Reason.NO_ID: "no arXiv id",
    Reason.NO_TITLE: "no title",
    Reason.NO_ABSTRACT: "no abstract below the title",
}


class Line(NamedTuple):
    """One line of a file, without its line break; with a `fault`, its text could not be had."""

    number: int  # from 1
    text: str
    fault: Reason | None = None


class Found(NamedTuple):
    """A paper, and the names of the fields whose values were of no use."""

    reading: PaperReading
    left_out: tuple[str, ...] = ()


class Entry(NamedTuple):
    """What one line, or some that belong together, came to."""

    line: int  # the number of the first of them
    upto: int  # whoever goes on after this entry begins behind this line
    what: Found | Reason


def json_entries(
    lines: Iterable[Line], paper_of: Callable[[dict[str, Any]], Found | Reason]
) -> Iterator[Entry]:
    """What each line of JSON came to; blank lines come to nothing."""
    for number, text, fault in lines:
        if fault is not None:
            yield Entry(number, number, fault)
        elif text and not text.isspace():
            row = json_object(text)
            yield Entry(number, number, Reason.NOT_JSON if row is None else paper_of(row))


def json_object(text: str) -> dict[str, Any] | None:
    """The JSON object that the text is, or `None` if it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # also a number of more digits than Python reads
        return None
    return value if isinstance(value, dict) else None
