"""Whether a paper belongs to a query: the only judge of it, for filters, searches and subscriptions.

Words and phrases are looked for in the title, the abstract and the keywords; never in the names of
authors, many of which are English words ("Long", "Song", "Young") that would put strangers into a digest:
people are asked for with `author:`. A phrase may stand in any one of the three places, not across two.
A word of several parts is a phrase of them, see `bot.search.tokens`.

An answer is true, false, or `None`: it depends on categories that nobody has told us yet. Kleene's logic
carries that: what is false whatever the categories may be is false.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Final, TypeAlias, assert_never

from bot.model import Paper
from bot.search.categories import codes
from bot.search.names import NameIndex, agrees, index_names, readings
from bot.search.query import And, Field, FieldName, Not, Or, Phrase, Query, Word
from bot.search.tokens import Token, positions, tokens

Verdict: TypeAlias = bool | None
Matcher: TypeAlias = Callable[["PreparedPaper"], Verdict]

_Spans: TypeAlias = Mapping[str, Sequence[tuple[int, int]]]


class PreparedPaper:
    """A paper ready to be tested against many queries: its text is divided into terms once."""

    def __init__(self, paper: Paper) -> None:
        self.paper: Final = paper
        spans: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        ends: list[int] = []
        offset = 0
        for text in (paper.title, paper.abstract, *paper.keywords):
            here = tokens(text)
            for term, start, stop in here:
                spans[term].append((offset + start, offset + stop))
            ends.append(offset + positions(here))
            offset = ends[-1] + 1  # a gap that no phrase crosses
        self.spans: Final[_Spans] = dict(spans)
        """Term → where it stands, as positions from and up to, in the order title, abstract, keywords."""
        self.title: Final = range(ends[0])
        self.abstract: Final = range(ends[0] + 1, ends[1])
        self.everywhere: Final = range(offset)

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


def prepare(paper: Paper) -> PreparedPaper:
    """Makes a paper ready to be tested against many queries."""
    return PreparedPaper(paper)


def compile_query(query: Query) -> Matcher:
    """Makes a query ready to be put to many papers."""
    match query:
        case Word(text) | Phrase(text):
            return _text_matcher(text)
        case Field(name, value):
            return _field_matcher(name, value)
        case Not(part):
            return _not(compile_query(part))
        case And(parts):
            return _all([compile_query(part) for part in parts])
        case Or(parts):
            return _any([compile_query(part) for part in parts])


def verdict(query: Query, paper: Paper) -> Verdict:
    """Whether the paper belongs to the query; `None` if that hangs on its categories, not known yet."""
    return compile_query(query)(prepare(paper))


def matches(query: Query, paper: Paper) -> bool:
    """Whether the paper is known to belong to the query."""
    return verdict(query, paper) is True


# --- logic ---------------------------------------------------------------------------------------


def _not(part: Matcher) -> Matcher:
    def test(paper: PreparedPaper) -> Verdict:
        answer = part(paper)
        return None if answer is None else not answer

    return test


def _all(parts: Sequence[Matcher]) -> Matcher:
    def test(paper: PreparedPaper) -> Verdict:
        result: Verdict = True
        for part in parts:
            answer = part(paper)
            if answer is False:
                return False
            if answer is None:
                result = None
        return result

    return test


def _any(parts: Sequence[Matcher]) -> Matcher:
    def test(paper: PreparedPaper) -> Verdict:
        result: Verdict = False
        for part in parts:
            answer = part(paper)
            if answer is True:
                return True
            if answer is None:
                result = None
        return result

    return test


# --- conditions ----------------------------------------------------------------------------------


def _field_matcher(name: FieldName, value: str) -> Matcher:
    match name:
        case FieldName.CATEGORY:
            return _category_matcher(value)
        case FieldName.AUTHOR:
            wanted = readings(value)
            return lambda paper: agrees(wanted, paper.authors)
        case FieldName.TITLE:
            return _text_matcher(value, lambda paper: paper.title)
        case FieldName.ABSTRACT:
            return _text_matcher(value, lambda paper: paper.abstract)
        case _ as never:
            assert_never(never)


def _category_matcher(value: str) -> Matcher:
    wanted = frozenset(code.lower() for code in codes(value))

    def test(paper: PreparedPaper) -> Verdict:
        return None if paper.categories is None else not wanted.isdisjoint(paper.categories)

    return test


def _text_matcher(text: str, place: Callable[[PreparedPaper], range] | None = None) -> Matcher:
    """Tests for words that stand side by side, in one place or in any."""
    wanted = tokens(text)
    length = positions(wanted)
    if place is None and len(wanted) == 1:
        term = wanted[0].term
        return lambda paper: term in paper.spans
    where = place or (lambda paper: paper.everywhere)
    return lambda paper: _found(wanted, length, paper.spans, where(paper))


def _found(wanted: Sequence[Token], length: int, spans: _Spans, place: range) -> bool:
    """Whether some way through the wanted terms, `length` positions long, is also a way through the text.

    Both are graphs: a term leads from one position to another, a solid term over several at once.
    """
    reached: list[set[int]] = [set() for _ in range(length + 1)]
    for term, start, end in wanted:  # in order of start: whatever leads to `start` came before
        if start == 0:
            reached[end].update(stop for begin, stop in spans.get(term, ()) if begin in place)
        elif reached[start]:
            reached[end].update(stop for begin, stop in spans.get(term, ()) if begin in reached[start])
    return length == 0 or bool(reached[length])
