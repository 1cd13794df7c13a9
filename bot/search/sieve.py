"""Many queries put to the same papers: each leaf is judged once, and only where it can be true. Pure.

`bot.search.match` is the judge here too. What is added is where it need not be asked: a paper without the
terms of a word, without those of a phrase in pairs, or without the family name of an author, is not looked
at. What a leaf says of all papers is remembered as a set of bits, one a paper; Kleene's logic over such
sets takes a step for all of them together.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Final, Generic, NamedTuple, TypeVar

from bot.ids import paper_id_of
from bot.search.fields import FieldName
from bot.search.match import PreparedPaper, compile_query
from bot.search.names import Given, NameIndex, readings
from bot.search.parts import TEXT_FIELDS
from bot.search.query import And, Field, Not, Phrase, Query, Word
from bot.search.ways import Wanted, Way, glue, halves, wanted_among, wanted_of

_TEXTS: Final = (Word, Phrase)
_REMEMBERED: Final = 1 << 16  # leaves, and as many from before: most words, all categories and dates


class Verdicts(NamedTuple):
    """What a query says of the papers, as sets of bits: bit n is the n-th paper's, see `ones`."""

    matching: int
    possible: int  # these, and those that hang on categories which are not known yet

    @property
    def undecided(self) -> int:
        return self.possible & ~self.matching


class Sieve:
    """Some papers, laid out for many queries. Belongs to one thread at a time."""

    def __init__(self, papers: Sequence[PreparedPaper], upvotes: Sequence[int | None], now: datetime) -> None:
        """`upvotes` are the papers' newest, in their order; spans of time count from `now`."""
        self._papers = papers
        self._upvotes = upvotes
        self._now = now
        self._every = (1 << len(papers)) - 1
        self._terms = _Holders(paper.text.terms for paper in papers)
        self._judged: dict[str | Field, Verdicts] = {}
        self._judged_before: dict[str | Field, Verdicts] = {}

    def sift(self, query: Query) -> Verdicts:
        """What `bot.search.match.verdict` says of each paper."""
        if isinstance(query, And):
            return self._all(query.parts)
        if isinstance(query, _TEXTS):
            return self._leaf(query.text)
        if isinstance(query, Field):
            return self._leaf(query)
        if isinstance(query, Not):
            found = self.sift(query.part)
            return Verdicts(self._every & ~found.possible, self._every & ~found.matching)
        some = [self.sift(part) for part in query.parts]
        return Verdicts(_union(one.matching for one in some), _union(one.possible for one in some))

    def _all(self, parts: tuple[Query, ...]) -> Verdicts:
        matching = possible = self._words([part.text for part in parts if isinstance(part, Word)])
        for part in parts:
            if not possible:
                break
            if not isinstance(part, Word):
                found = self.sift(part)
                matching &= found.matching
                possible &= found.possible
        return Verdicts(matching, possible)

    def _words(self, words: Sequence[str]) -> int:
        """The papers with each of these words, by itself or as one with a neighbour: the quickest to see."""
        found, before, last = self._every, 0, len(words) - 1
        for at, word in enumerate(words):
            term = glue(word, words[at + 1]) if at < last else None
            behind = 0 if term is None else self._terms.of(term)
            known = self._judged.get(word)
            found &= (known or self._leaf(word)).matching | before | behind
            if not found:
                break
            before = behind
        return found

    # --- leaves --------------------------------------------------------------------------------------

    def _leaf(self, leaf: str | Field) -> Verdicts:
        """Of a word, of a phrase, which is the same by itself, or of a field."""
        known = self._judged.get(leaf)
        if known is None:
            known = self._judged_before.get(leaf) or self._judge(leaf)
            if len(self._judged) >= _REMEMBERED:  # what was not asked for meanwhile is forgotten
                self._judged_before, self._judged = self._judged, {}
            self._judged[leaf] = known
        return known

    def _judge(self, leaf: str | Field) -> Verdicts:
        """Asks the judge about those papers of which the leaf is not certainly false."""
        if isinstance(leaf, str) and (few := wanted_among(leaf, self._apart).few):
            standing = self._standing(few)
            return Verdicts(standing, standing)
        candidates = self._candidates(leaf)
        matching = possible = 0
        if candidates:
            test = compile_query(Phrase(leaf) if isinstance(leaf, str) else leaf, self._now)
            answers = [(n, test(self._papers[n], self._upvotes[n])) for n in ones(candidates)]
            matching = _bits(n for n, answer in answers if answer)
            possible = _bits(n for n, answer in answers if answer is not False)
        return Verdicts(matching, possible)

    def _standing(self, few: Sequence[Way]) -> int:
        """The papers in which one of these ways stands, which is what the judge asks of each paper's text."""
        found = 0
        for way in few:
            if len(way) == 1:
                found |= self._terms.of(way[0])
                continue
            having = self._neighbours.having(tuple(pairwise(way))) & ~found
            if having and len(way) > 2:
                having = _bits(n for n in ones(having) if self._papers[n].text.side_by_side(way))
            found |= having
        return found

    def _apart(self, part: str) -> Iterator[Way]:
        """The halves of a part that some paper has side by side: mostly none."""
        return filter(self._neighbours.__contains__, halves(part))

    def _candidates(self, leaf: str | Field) -> int:
        match leaf:
            case str(text):
                return self._holding(wanted_of(text), self._terms)
            case Field(name, value) if name in TEXT_FIELDS:
                return self._holding(wanted_of(value), self._terms)
            case Field(FieldName.ORGANIZATION, value):
                return self._holding(wanted_of(value), self._organizations)
            case Field(FieldName.AUTHOR, value):
                keys = (_name_key(family, given) for family, given in readings(value))
                return _union(map(self._names.of, keys))
            case Field(FieldName.ID, value):
                return self._ids.of(str(paper_id_of(value)))
            case Field():
                return self._every

    def _holding(self, wanted: Wanted, terms: "_Holders[str]") -> int:
        """The papers that have terms enough for what is wanted, wherever they stand."""
        if wanted.length == 0:
            return self._every
        if wanted.few:
            return _union(terms.having(way) for way in wanted.few)
        reached = [self._every, *[0] * wanted.length]  # by position: the papers with terms that lead there
        for term, start, end in wanted.edges:
            if reached[start]:
                reached[end] |= reached[start] & terms.of(term)
        return _union((reached[-1], *map(terms.having, wanted.spellings)))

    @cached_property
    def _neighbours(self) -> "_Holders[Way]":
        return _Holders(paper.text.neighbours() for paper in self._papers)

    @cached_property
    def _organizations(self) -> "_Holders[str]":
        return _Holders(paper.organization.terms for paper in self._papers)

    @cached_property
    def _names(self) -> "_Holders[str]":
        return _Holders(_name_keys(paper.authors) for paper in self._papers)

    @cached_property
    def _ids(self) -> "_Holders[str]":
        return _Holders(map(str, paper.paper.ids) for paper in self._papers)


_T = TypeVar("_T", bound=Hashable)


class _Holders(Generic[_T]):
    """Which papers have which terms, or neighbouring terms."""

    def __init__(self, papers: Iterable[Iterable[_T]]) -> None:
        """Takes the terms of each paper in turn, each term once."""
        places: defaultdict[_T, list[int]] = defaultdict(list)
        for place, terms in enumerate(papers):
            for term in terms:
                places[term].append(place)
        # Tuples of numbers, other than lists, are not looked through by the collector of garbage.
        self._places: dict[_T, tuple[int, ...]] = {term: tuple(some) for term, some in places.items()}
        self._known: dict[_T, int] = {}  # of the terms that were asked for

    def __contains__(self, term: _T) -> bool:
        return term in self._places

    def of(self, term: _T) -> int:
        """The papers that have it, as a set of bits."""
        known = self._known.get(term)
        if known is None:
            if term not in self._places:
                return 0
            known = self._known[term] = _bits(self._places[term])
        return known

    def having(self, terms: Sequence[_T]) -> int:
        """The papers that have all of these, of which there is one at least."""
        found = self.of(terms[0])
        for term in terms[1:]:
            if not found:
                break
            found &= self.of(term)
        return found


def _name_keys(people: NameIndex) -> set[str]:
    """Whatever `_name_key` may give of a name that agrees with one of these."""
    named = {_name_key(family, given) for family, some in people.items() for given in some}
    return named.union(people)


def _name_key(family: str, given: Given) -> str:
    """The family name, with the initial of the first given name if there is one: equal where names agree."""
    return f"{family} {given[0][0]}" if given else family


# --- sets of bits --------------------------------------------------------------------------------


def ones(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, the lowest first."""
    text = f"{bits:b}"[::-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


def _bits(places: Iterable[int]) -> int:
    """The set of these numbers, which rise."""
    some = list(places)
    if not some:
        return 0
    made = bytearray(some[-1] // 8 + 1)
    for place in some:
        made[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(made, "little")


def _union(sets: Iterable[int]) -> int:
    found = 0
    for one in sets:
        found |= one
    return found


__all__ = ["Sieve", "Verdicts", "ones"]
