"""Text that is searched: its terms, where they stand, and whether it holds what a query wants. Pure.

Both a text and what is wanted of it are graphs: a term leads from one position to another, a solid term
over several at once. A text holds what some way through both has in common.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Final, TypeAlias

from bot.search.tokens import divided
from bot.search.ways import Wanted, Way

Spans: TypeAlias = Mapping[str, Sequence[tuple[int, int]]]
"""Term → where it stands, as positions from and up to, in order."""


_PARTS: Final = itemgetter(0)


class Text:
    """Some texts, as a paper's title and abstract, divided into terms once, to be asked many times.

    Between two of them one position is left free, so that no phrase reaches from one into the next.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts: Final = [divided(text) for text in texts]
        terms: set[str] = set()
        for text in self._texts:
            terms.update(chain.from_iterable(map(_PARTS, text)))
            terms.update(solid.term for _, solids in text if solids for solid in solids)
        self.terms: Final = frozenset(terms)

    @cached_property
    def spans(self) -> Spans:
        """Most questions are about single words, and need no positions: these are made when first asked."""
        spans: dict[str, list[tuple[int, int]]] = {}
        for text, place in zip(self._texts, self.places, strict=True):
            at = place.start
            for parts, solids in text:
                for term, start, end in solids:
                    spans.setdefault(term, []).append((at + start, at + end))
                for part in parts:
                    spans.setdefault(part, []).append((at, at + 1))
                    at += 1
        return spans

    @cached_property
    def places(self) -> Sequence[range]:
        """The positions of each of the texts."""
        places: list[range] = []
        at = 0
        for text in self._texts:
            end = at + sum(len(parts) for parts, _ in text)
            places.append(range(at, end))
            at = end + 1
        return places


def holds(wanted: Wanted, text: Text, number: int | None = None) -> bool:
    """Whether one of the texts, or the one of that number, holds what is wanted."""
    if wanted.length == 0:
        return True  # no words are everywhere
    if number is None:
        if len(wanted.edges) == 1 and wanted.edges[0].term in text.terms:
            return True
        return any(True for _ in spots(wanted, text))
    return any(begin in text.places[number] for begin, _ in spots(wanted, text))


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
        for begin, stop in text.spans.get(term, ()):
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
            came = {stop: begin for begin, stop in text.spans[way[0]]}
            for term in way[1:]:
                came = {stop: came[begin] for begin, stop in text.spans[term] if begin in came}
            yield from ((begin, stop) for stop, begin in came.items())
