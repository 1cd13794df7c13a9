"""Whether a paper belongs to a query: the only judge of it, for filters, searches and subscriptions.

Words and phrases are looked for in the title, the abstract and the keywords; never in the names of
authors, many of which are English words ("Long", "Song", "Young") that would put strangers into a digest:
people are asked for with `author:`, organisations with `org:`. A phrase may stand in any one of the
three places, not across two. What else a word may be written as is told in `bot.search.ways`.

An answer is true, false, or `None`: it depends on categories that nobody has told us yet. Kleene's logic
carries that: what is false whatever the categories may be is false. Whatever else is not known of a paper
(its date, its upvotes, its code) it does not have.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Final, TypeAlias

from bot.ids import paper_id_of
from bot.model import Paper
from bot.search.categories import codes
from bot.search.dates import since, until
from bot.search.fields import FieldName, upvotes_between
from bot.search.names import NameIndex, agrees, index_names, readings
from bot.search.parts import with_neighbours
from bot.search.query import And, Field, Not, Or, Phrase, Query, Word
from bot.search.text import Text, holds
from bot.search.ways import wanted_of

Verdict: TypeAlias = bool | None
Matcher: TypeAlias = Callable[["PreparedPaper", int | None], Verdict]
"""Says whether a paper, with its newest upvotes as far as they are known, belongs to a query."""

_Read: TypeAlias = Callable[["PreparedPaper"], Text]


class PreparedPaper:
    """A paper ready to be tested against many queries: its text is divided into terms once."""

    def __init__(self, paper: Paper, text: Text | None = None) -> None:
        """`text` is the paper's, if that was made before."""
        self.paper: Final = paper
        self.text: Final = text or Text((paper.title, paper.abstract, *paper.keywords))

    @cached_property
    def organization(self) -> Text:
        return Text((self.paper.organization or "",))

    @cached_property
    def authors(self) -> NameIndex:
        return index_names(self.paper.authors)

    @cached_property
    def categories(self) -> frozenset[str] | None:
        """The paper's categories, cross-lists included, and their archives, in lower case."""
        if self.paper.categories is None:
            return None
        lower = [category.lower() for category in self.paper.categories]
        return frozenset(lower).union(category.partition(".")[0] for category in lower)

    def of_primary(self) -> "PreparedPaper":
        """The paper as if it stood in its primary category alone."""
        categories = self.paper.categories
        if not categories or len(categories) == 1:
            return self
        return PreparedPaper(replace(self.paper, categories=categories[:1]), self.text)


def prepare(paper: Paper) -> PreparedPaper:
    """Makes a paper ready to be tested against many queries."""
    return PreparedPaper(paper)


def compile_query(query: Query, now: datetime) -> Matcher:
    """Makes a query ready to be put to many papers at the instant `now`, from which its spans count."""
    match query:
        case Word(text) | Phrase(text):
            return _text_matcher(text)
        case Field(name, value):
            return _FIELDS[name](value, now)
        case Not(part):
            return _not(compile_query(part, now))
        case And(parts):
            joined = iter(with_neighbours(parts))
            return _all(
                [
                    _text_matcher(part.text, joined=next(joined))
                    if isinstance(part, Word)
                    else compile_query(part, now)
                    for part in parts
                ]
            )
        case Or(parts):
            return _any([compile_query(part, now) for part in parts])


def verdict(query: Query, paper: Paper, *, now: datetime, upvotes: int | None = None) -> Verdict:
    """Whether the paper belongs to the query; `None` if that hangs on its categories, not known yet."""
    return compile_query(query, now)(prepare(paper), upvotes)


def matches(query: Query, paper: Paper, *, now: datetime, upvotes: int | None = None) -> bool:
    """Whether the paper is known to belong to the query."""
    return verdict(query, paper, now=now, upvotes=upvotes) is True


# --- logic ---------------------------------------------------------------------------------------


def _not(part: Matcher) -> Matcher:
    def test(paper: PreparedPaper, upvotes: int | None) -> Verdict:
        answer = part(paper, upvotes)
        return None if answer is None else not answer

    return test


def _all(parts: Sequence[Matcher]) -> Matcher:
    def test(paper: PreparedPaper, upvotes: int | None) -> Verdict:
        result: Verdict = True
        for part in parts:
            answer = part(paper, upvotes)
            if answer is False:
                return False
            if answer is None:
                result = None
        return result

    return test


def _any(parts: Sequence[Matcher]) -> Matcher:
    def test(paper: PreparedPaper, upvotes: int | None) -> Verdict:
        result: Verdict = False
        for part in parts:
            answer = part(paper, upvotes)
            if answer is True:
                return True
            if answer is None:
                result = None
        return result

    return test


# --- fields --------------------------------------------------------------------------------------


def _author_matcher(value: str, _: datetime) -> Matcher:
    wanted = readings(value)
    return lambda paper, _: agrees(wanted, paper.authors)


def _id_matcher(value: str, _: datetime) -> Matcher:
    wanted = paper_id_of(value)
    return lambda paper, _: wanted in paper.paper.ids


def _category_matcher(value: str, _: datetime) -> Matcher:
    wanted = frozenset(code.lower() for code in codes(value))

    def test(paper: PreparedPaper, _: int | None) -> Verdict:
        return None if paper.categories is None else not wanted.isdisjoint(paper.categories)

    return test


def _year_matcher(value: str, now: datetime) -> Matcher:
    return _published(since(value, now), until(str(int(value) + 1), now))


def _published(earliest: datetime, end: datetime) -> Matcher:
    def test(paper: PreparedPaper, _: int | None) -> Verdict:
        published_at = paper.paper.published_at
        return published_at is not None and earliest <= published_at < end

    return test


def _has_matcher(value: str, _: datetime) -> Matcher:
    if value == "code":
        return lambda paper, _: paper.paper.code_url is not None
    return lambda paper, _: paper.paper.project_url is not None


def _upvotes_matcher(value: str, _: datetime) -> Matcher:
    least, most = upvotes_between(value)

    def test(_: PreparedPaper, upvotes: int | None) -> Verdict:
        return upvotes is not None and least <= upvotes and (most is None or upvotes <= most)

    return test


# --- words ---------------------------------------------------------------------------------------

_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
_END: Final = datetime.max.replace(tzinfo=UTC)
_TITLE, _ABSTRACT = 0, 1  # the numbers of these texts in a prepared paper


def _text_matcher(
    value: str,
    read: _Read = lambda paper: paper.text,
    number: int | None = None,
    joined: frozenset[str] = frozenset(),
) -> Matcher:
    """Tests for words that stand side by side, in one of the texts or in any, or for a term of `joined`."""
    wanted = wanted_of(value)

    def test(paper: PreparedPaper, _: int | None) -> Verdict:
        text = read(paper)
        return holds(wanted, text, number) or not joined.isdisjoint(text.terms)

    return test


def _organization_matcher(value: str, _: datetime) -> Matcher:
    return _text_matcher(value, lambda paper: paper.organization)


_FIELDS: Final[Mapping[FieldName, Callable[[str, datetime], Matcher]]] = MappingProxyType(
    {
        FieldName.TITLE: lambda value, _: _text_matcher(value, number=_TITLE),
        FieldName.ABSTRACT: lambda value, _: _text_matcher(value, number=_ABSTRACT),
        FieldName.ORGANIZATION: _organization_matcher,
        FieldName.AUTHOR: _author_matcher,
        FieldName.CATEGORY: _category_matcher,
        FieldName.ID: _id_matcher,
        FieldName.YEAR: _year_matcher,
        FieldName.AFTER: lambda value, now: _published(since(value, now), _END),
        FieldName.BEFORE: lambda value, now: _published(_BEGINNING, until(value, now)),
        FieldName.HAS: _has_matcher,
        FieldName.UPVOTES: _upvotes_matcher,
        FieldName.SORT: lambda _, __: lambda _, __: True,  # orders papers, and takes them all
    }
)
