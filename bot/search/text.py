"""Text that is searched: its terms, where they stand, and whether it holds what a query wants. Pure.

Both a text and what is wanted of it are graphs: a term leads from one position to another, a solid term
over several at once. A text holds what some way through both has in common.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from operator import itemgetter
from typing import Final, NamedTuple

from bot.search.tokens import Token, divided
from bot.search.ways import Wanted, Way

_PARTS: Final = itemgetter(0)
_SOLIDS: Final = itemgetter(1)


class _Passage(NamedTuple):
    """One text, divided."""

    parts: tuple[str, ...]  # the term at each position
    solids: tuple[Token, ...]
    terms: frozenset[str]  # of both
    line: str  # the parts, a space before and behind each


@lru_cache(maxsize=1 << 8)  # the texts of a page's papers: judged, then marked, then explained
def _passage(text: str) -> _Passage:
    found = divided(text)
    solids: list[Token] = []
    if any(map(_SOLIDS, found)):
        at = 0
        for parts, some in found:
            if some:
                solids += [Token(term, at + start, at + end) for term, start, end in some]
            at += len(parts)
    all_parts = tuple(chain.from_iterable(map(_PARTS, found)))
    terms = frozenset(all_parts).union(solid.term for solid in solids)
    return _Passage(all_parts, tuple(solids), terms, f" {' '.join(all_parts)} ")


class Text:
    """Some texts, as a paper's title and abstract, divided into terms once, to be asked many times.

    Between two of them one position is left free, so that no phrase reaches from one into the next.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._passages: Final = [_passage(text) for text in texts]
        self.terms: Final = frozenset().union(*(passage.terms for passage in self._passages))
        self._solids = frozenset(solid.term for passage in self._passages for solid in passage.solids)
        places: list[range] = []
        at = 0
        for passage in self._passages:
            places.append(range(at, at + len(passage.parts)))
            at += len(passage.parts) + 1
        self.places: Final[Sequence[range]] = places
        """The positions of each of the texts."""

    def spans(self, term: str) -> list[tuple[int, int]]:
        """Where a term stands, as positions from and up to, in order. Only what is asked for is looked up."""
        found: list[tuple[int, int]] = []
        if term in self.terms:
            for passage, place in zip(self._passages, self.places, strict=True):
                if term not in passage.terms:
                    continue
                begin = place.start
                found += [(begin + at, begin + at + 1) for at in _where(term, passage.parts)]
                if term in self._solids:  # of which a text of many signs has tens of thousands
                    found += [
                        (begin + start, begin + end) for one, start, end in passage.solids if one == term
                    ]
            found.sort()
        return found

    def side_by_side(self, way: Way, number: int | None = None) -> bool:
        """Whether these terms, all of which it holds, follow each other in one of the texts, or in the one of
        that number.
        """
        if self._solids.isdisjoint(way):  # each of them takes one position
            line = f" {' '.join(way)} "
            passages = self._passages if number is None else self._passages[number : number + 1]
            return any(line in passage.line for passage in passages)
        return _any_in(_spelt([way], self), self, number)

    def neighbours(self) -> set[Way]:
        """Any two terms of which one follows the other in one of the texts."""
        found: set[Way] = set()
        for passage in self._passages:
            found.update(pairwise(passage.parts))
            if passage.solids:
                found.update(_with_solids(passage))
        return found


def _with_solids(passage: _Passage) -> Iterator[Way]:
    """Any two neighbours in the text of which one is a solid term at least."""
    leaving: defaultdict[int, list[str]] = defaultdict(list)
    for solid in passage.solids:
        leaving[solid.start].append(solid.term)
    for at, part in enumerate(passage.parts, 1):
        yield from ((part, term) for term in leaving.get(at, ()))
    for solid in passage.solids:
        following = (*passage.parts[solid.end : solid.end + 1], *leaving.get(solid.end, ()))
        yield from ((solid.term, term) for term in following)


def _where(term: str, parts: tuple[str, ...]) -> Iterator[int]:
    """The positions at which the term stands, few of many: the tuple itself looks for them."""
    at = -1
    for _ in range(parts.count(term)):
        at = parts.index(term, at + 1)
        yield at


def holds(wanted: Wanted, text: Text, number: int | None = None) -> bool:
    """Whether one of the texts, or the one of that number, holds what is wanted."""
    if wanted.length == 0:
        return True  # no words are everywhere
    if number is None and len(wanted.edges) == 1 and wanted.edges[0].term in text.terms:
        return True
    for way in wanted.few:
        if text.terms.issuperset(way) and text.side_by_side(way, number):
            return True
    return not wanted.few and _any_in(spots(wanted, text), text, number)


def _any_in(found: Iterator[tuple[int, int]], text: Text, number: int | None) -> bool:
    return any(number is None or begin in text.places[number] for begin, _ in found)


def spots(wanted: Wanted, text: Text) -> Iterator[tuple[int, int]]:
    """Every stretch of positions that is what is wanted; some may repeat."""
    yield from _paths(wanted, text)
    yield from _spelt(wanted.spellings, text)


def _paths(wanted: Wanted, text: Text) -> Iterator[tuple[int, int]]:
    """The stretches that are a way through the wanted terms."""
    if not _may_lead_through(wanted, text):
        return
    # After each position of what is wanted: where in the text a way has come to, and where it began.
    reached: list[dict[int, set[int]]] = [{} for _ in range(wanted.length + 1)]
    for term, start, end in wanted.edges:  # in order of start: whatever leads to `start` came before
        if start and not reached[start]:
            continue  # nor does a way lead on from here; a word of thousands of signs has tens of thousands
        for begin, stop in text.spans(term):
            origins = {begin} if start == 0 else reached[start].get(begin)
            if origins:
                reached[end].setdefault(stop, set()).update(origins)
    for stop, origins in reached[wanted.length].items():
        yield from ((origin, stop) for origin in origins)


def _may_lead_through(wanted: Wanted, text: Text) -> bool:
    """Whether the text holds terms enough, wherever they stand: mostly not, and quickly seen."""
    reached = 1  # bit n: some terms of the text lead from 0 to n
    for term, start, end in wanted.edges:
        if reached >> start & 1 and term in text.terms:
            reached |= 1 << end
    return wanted.length > 0 and bool(reached >> wanted.length & 1)


def _spelt(spellings: Sequence[Way], text: Text) -> Iterator[tuple[int, int]]:
    """The stretches that are one of the other spellings."""
    for way in spellings:
        if text.terms.issuperset(way):
            came = {stop: begin for begin, stop in text.spans(way[0])}
            for term in way[1:]:
                came = {stop: came[begin] for begin, stop in text.spans(term) if begin in came}
            yield from ((begin, stop) for stop, begin in came.items())
