"""The fields of the query language: how each is called and its value read, and what its mistakes are told."""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple

from bot.errors import QueryError
from bot.ids import paper_id_of
from bot.model import IdScheme, PaperId
from bot.search import categories
from bot.search.dates import FORMS, nearest_period, read_period


class FieldName(StrEnum):
    """What a `field:value` asks about; the value is how it is typed."""

    CATEGORY = "cat"
    AUTHOR = "author"
    TITLE = "title"
    ABSTRACT = "abstract"
    ORGANIZATION = "org"
    ID = "id"
    YEAR = "year"
    AFTER = "after"
    BEFORE = "before"
    HAS = "has"
    UPVOTES = "upvotes"
    SORT = "sort"


class Sort(StrEnum):
    """In which order a search shows what it found; the value is how it is typed behind `sort:`."""

    RELEVANCE = "relevance"
    NEW = "new"
    TOP = "top"
    TRENDING = "trending"


class FieldRule(NamedTuple):
    """How one field is read: `read` gives a value's canonical form or raises `QueryError`.

    A field that is `prose` is also a word that people end with a colon ("Before: …"): without a value
    right behind the colon it is plain text.
    """

    wants: str
    example: str
    read: Callable[[str], str]
    prose: bool = False


def shortened(text: str) -> str:
    """Typed text as far as an error repeats it."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def upvotes_between(value: str) -> tuple[int, int | None]:
    """The least and the greatest number (`None`: no bound) that a canonical `upvotes:` value takes.

    A greatest number below the least is a condition that nothing holds (`<0`).
    """
    match = _UPVOTES.fullmatch(value)
    if match is None:
        raise ValueError(f"{value!r} is no canonical number of upvotes")
    sign, number = match[1], int(match[2])
    if sign in {">", ">="}:
        return number + (sign == ">"), None
    if sign:
        return 0, number - (sign == "<")
    return number, number


def id_value(paper: PaperId) -> str:
    """The canonical value of `id:`; `bot.ids.paper_id_of` gives the id back."""
    return str(paper) if paper.scheme is IdScheme.LOCAL else paper.value


_SHOWN: Final = 60  # characters
_UPVOTES: Final = re.compile(r"(>=?|<=?|)(\d{1,9})", re.ASCII)
_STOPS: Final = ".,;:!?"  # of the sentence that a field stands in


def _read_text(value: str) -> str:
    return value


def _read_category(value: str) -> str:
    known = categories.canonical(value)
    if known is not None:
        return known
    several = [categories.canonical(one) for one in value.split(",") if one]
    if len(several) > 1 and all(several):
        form = " OR ".join(f"{FieldName.CATEGORY}:{one}" for one in several)
        raise QueryError("cat: takes one category.", f"({form})")
    nearest = categories.nearest(value)
    raise QueryError(
        f"arXiv has no category {shortened(value)!r}.", f"{FieldName.CATEGORY}:{nearest or 'cs.LG'}"
    )


def _read_id(value: str) -> str:
    known = paper_id_of(value.rstrip(_STOPS))
    if known is None:
        raise QueryError(f"{shortened(value)!r} is no arXiv id and no DOI.", "id:2508.13426")
    return id_value(known)


def _read_year(value: str) -> str:
    value = value.rstrip(_STOPS)
    if re.fullmatch(r"[12]\d{3}", value, re.ASCII):
        return value
    if match := re.fullmatch(r"([12]\d{3})(?:-|\.\.\.?|\u2013)([12]\d{3})", value, re.ASCII):
        first, last = sorted(map(int, match.groups()))
        raise QueryError("year: takes one year.", f"after:{first} before:{last + 1}")
    if match := re.fullmatch(r"([<>]=?)([12]\d{3})", value, re.ASCII):
        year = int(match[2]) + (match[1] in {">", "<="})
        raise QueryError("year: takes one year.", f"{'after' if '>' in match[1] else 'before'}:{year}")
    raise QueryError(f"{shortened(value)!r} is no year.", f"year:{_digits_of_a_year(value)}")


def _digits_of_a_year(value: str) -> str:
    near = re.search(r"(?<!\d)(?:19|20)\d{2}(?!\d)", value, re.ASCII)
    return near[0] if near else "2025"


def _read_instant(name: FieldName) -> Callable[[str], str]:
    def read(value: str) -> str:
        value = value.rstrip(_STOPS)
        period = read_period(value)
        if period is None:
            form = f"{name}:{nearest_period(value)}"
            raise QueryError(f"{shortened(value)!r} is no date that {name}: knows ({FORMS}).", form)
        return period

    return read


_HAS: Final = MappingProxyType(
    {
        **dict.fromkeys(["code", "repo", "repository", "github", "implementation", "source"], "code"),
        **dict.fromkeys(["project", "page", "website", "site", "demo", "homepage"], "project"),
    }
)
_SORTS: Final = MappingProxyType(
    {
        **{one.value: one for one in Sort},
        **dict.fromkeys(["newest", "latest", "recent", "date", "published"], Sort.NEW),
        **dict.fromkeys(["best", "upvotes", "votes", "popular", "most", "score"], Sort.TOP),
        **dict.fromkeys(["relevant", "match", "default"], Sort.RELEVANCE),
        **dict.fromkeys(["hot", "rising", "trend"], Sort.TRENDING),
    }
)


def _read_choice(name: FieldName, choices: Mapping[str, str], known: tuple[str, ...]) -> Callable[[str], str]:
    """Reads one of the `known` values; `choices` are also the words that people take for them."""

    def read(value: str) -> str:
        value = value.rstrip(_STOPS).lower()
        if value in known:
            return value
        near = get_close_matches(value, choices, n=1, cutoff=0.7)
        takes = f"{', '.join(known[:-1])} or {known[-1]}"
        raise QueryError(
            f"{name}: takes {takes}, not {shortened(value)!r}.",
            f"{name}:{choices[near[0]] if near else known[0]}",
        )

    return read


def _read_upvotes(value: str) -> str:
    text = re.sub(r"\s+", "", value.rstrip(_STOPS)).replace("\u2265", ">=").replace("\u2264", "<=")
    if match := _UPVOTES.fullmatch(text):
        return f"{match[1]}{int(match[2])}"
    if match := re.fullmatch(r"(\d{1,9})(?:-|\.\.\.?|\u2013)(\d{1,9})", text, re.ASCII):
        least, most = sorted(map(int, match.groups()))
        raise QueryError("upvotes: takes one number.", f"upvotes:>={least} upvotes:<={most}")
    if re.fullmatch(r">=?-\d+", text, re.ASCII):
        raise QueryError("No paper has fewer than 0 upvotes.", "upvotes:>=0")
    number = re.search(r"\d{1,9}", text, re.ASCII)
    form = f"upvotes:>{'=' if '=' in text or '+' in text else ''}{int(number[0]) if number else 20}"
    raise QueryError(f"{shortened(value)!r} is no number of upvotes.", form)


FIELDS: Final[Mapping[FieldName, FieldRule]] = MappingProxyType(
    {
        FieldName.CATEGORY: FieldRule("a category", "cat:cs.CL", _read_category),
        FieldName.AUTHOR: FieldRule("a name", 'author:"Yann LeCun"', _read_text),
        FieldName.TITLE: FieldRule("a word or a phrase", "title:attention", _read_text),
        FieldName.ABSTRACT: FieldRule("a word or a phrase", 'abstract:"chain of thought"', _read_text),
        FieldName.ORGANIZATION: FieldRule("a name", "org:DeepMind", _read_text, prose=True),
        FieldName.ID: FieldRule("an arXiv id or a DOI", "id:2508.13426", _read_id, prose=True),
        FieldName.YEAR: FieldRule("a year", "year:2025", _read_year, prose=True),
        FieldName.AFTER: FieldRule(
            "a date or a span", "after:2025-03-01", _read_instant(FieldName.AFTER), prose=True
        ),
        FieldName.BEFORE: FieldRule(
            "a date or a span", "before:2025-03-01", _read_instant(FieldName.BEFORE), prose=True
        ),
        FieldName.HAS: FieldRule(
            "code or project",
            "has:code",
            _read_choice(FieldName.HAS, _HAS, ("code", "project")),
            prose=True,
        ),
        FieldName.UPVOTES: FieldRule("a number", "upvotes:>20", _read_upvotes),
        FieldName.SORT: FieldRule(
            "an order",
            "sort:new",
            _read_choice(FieldName.SORT, _SORTS, (Sort.NEW, Sort.TOP, Sort.RELEVANCE, Sort.TRENDING)),
            prose=True,
        ),
    }
)
