"""From the query's syntax tree to the engine's query objects: never to its query language.

Two kinds of questions are built from the same parts:

- *belonging*: the papers that satisfy the tree, as `bot.search.match` judges it. Where terms alone cannot
  tell, more papers are proposed, and under a `Not` fewer are left out; the judge has the last word.
- *score*: BM25 of every wanted term in every place where it stands, the same for `matching` and `related`,
  so that the scores of both can be compared.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import product
from math import prod
from typing import Final, NamedTuple

import tantivy
from tantivy import FieldType
from tantivy import Query as Engine

from bot.model import utc_ms
from bot.search.categories import codes
from bot.search.dates import since, until
from bot.search.fields import FieldName, upvotes_between
from bot.search.names import readings
from bot.search.parts import conditions, wanted, with_neighbours
from bot.search.query import EVERYTHING, And, Field, Not, Or, Phrase, Query, Word
from bot.search.stop import STOP_TERMS
from bot.search.tokens import terms_of
from bot.search.ways import Way, ways
from storage.index.clauses import all_of, any_of, without_score
from storage.index.lexical import Frequency
from storage.index.schema import HEAD, START, UNKNOWN
from storage.index.weights import Weights

_FAR: Final = 1_000.0  # more than any text's BM25
_FEW: Final = 10_000  # papers: the engine looks at so many in a tenth of a millisecond
_MOST_CHOICES: Final = 16  # ways to write a whole query that are asked one by one


class _Found(NamedTuple):
    """What finds some papers, and how many these are at most."""

    query: Engine
    most: int


class Translator:
    """Builds the engine's queries for one question, against one view of the index."""

    def __init__(
        self,
        schema: tantivy.Schema,
        weights: Weights,
        frequency: Frequency,
        now: datetime,
        named: Mapping[str, int | None],
    ) -> None:
        """`named` gives the paper's number for each id in the query, `None` where the store knows none."""
        self._schema = schema
        self._weights = weights
        self._count = frequency
        self._now = now
        self._named = named
        self._known: dict[tuple[str, str, bool], list[_Found]] = {}  # by what `_held` was asked

    def matching(self, query: Query) -> Engine:
        """The papers that satisfy the query, scored by its words."""
        found = without_score(self._papers(query))
        for score in self._scores(query):
            # One by one, for of clauses side by side the engine scores whatever any of them finds.
            found = all_of([found], optional=[score])
        return found

    def related(self, query: Query) -> Engine:
        """The papers that satisfy the query's conditions and hold any of its words, scored by them."""
        scores = self._scores(query)
        bounds = conditions(query)
        if not scores or bounds == EVERYTHING:
            return any_of(scores)
        return all_of([without_score(self._papers(bounds)), any_of(scores)])

    def titled(self, text: str, bounds: Query) -> Engine:
        """The papers that satisfy the conditions and whose title has the words side by side: those whose
        title begins with them far ahead, and of equals the shorter title first, as BM25 has it.
        """
        alive = self._alive(text, "title")
        begun = [Engine.phrase_query(self._schema, "title", [START, *way]) for way in alive]
        ahead = [Engine.const_score_query(any_of(begun), _FAR)] if begun else []
        ways_held = [one for way in alive for one in self._way(way, "title")]
        held = all_of([_any_found(ways_held)], optional=ahead)
        return held if bounds == EVERYTHING else all_of([held, without_score(self._papers(bounds))])

    def satisfying(self, query: Query) -> Engine:
        """The papers that satisfy the query, in no order."""
        return without_score(self._papers(query))

    def _papers(self, query: Query) -> Engine:
        # The head is no paper, though only queries without a positive term can meet it.
        return all_of([self._true(query, sure=False)], without=[self._number("paper", HEAD, HEAD)])

    # --- belonging -------------------------------------------------------------------------------

    def _true(self, query: Query, *, sure: bool) -> Engine:
        """At least the papers that satisfy the query; with `sure`, only papers that do."""
        match query:
            case Word(text) | Phrase(text):
                return _any_found(self._held(text, "text", sure=sure))
            case Field(name, value):
                return self._field(name, value, sure=sure)
            case Not(part):
                return self._false(part, sure=sure)
            case And(parts):
                return self._and(parts, sure=sure)
            case Or(parts):
                return any_of([self._true(part, sure=sure) for part in dict.fromkeys(parts)])

    def _false(self, query: Query, *, sure: bool) -> Engine:
        """At least the papers that are known not to satisfy the query; with `sure`, only such papers.

        Whoever satisfies neither it nor its opposite has categories that nobody has told yet.
        """
        match query:
            case Field(FieldName.CATEGORY):
                return all_of([], without=[self._term("category", UNKNOWN), self._true(query, sure=not sure)])
            case Not(part) if _asks_category(part):
                return self._true(part, sure=sure)
            case And(parts) if _asks_category(query):
                return any_of([self._false(part, sure=sure) for part in parts])
            case Or(parts) if _asks_category(query):
                return all_of([self._false(part, sure=sure) for part in parts])
            case _:
                return all_of([], without=[self._true(query, sure=not sure)])

    def _and(self, parts: Sequence[Query], *, sure: bool) -> Engine:
        # Each once: a text that is pasted has the same parts again and again.
        asked = [part for part in parts if isinstance(part, Word)]
        words: list[list[_Found]] = []
        for word, neighbours in dict.fromkeys(zip(asked, with_neighbours(tuple(parts)), strict=True)):
            joined = [term for term in sorted(neighbours) if self._stands(term, "text")]
            held = self._held(word.text, "text", sure=sure)
            words.append(held + [one for term in joined for one in self._holding(term)])
        must: list[Engine] = []
        without: list[Engine] = []
        for part in dict.fromkeys(part for part in parts if not isinstance(part, Word)):
            if isinstance(part, Not) and not _asks_category(part):
                without.append(self._true(part.part, sure=not sure))
            else:
                must.append(self._true(part, sure=sure))
        # What stands beside the words is asked for in each choice, and must not have choices itself.
        flat = all(isinstance(part, Word | Field) for part in parts)
        choices = _choices(words) if flat else [[_any_found(found)] for found in words]
        return any_of([all_of([*chosen, *must], without=without) for chosen in product(*choices)])

    # --- words and phrases -----------------------------------------------------------------------

    def _held(self, value: str, field: str, *, sure: bool) -> list[_Found]:
        """What finds, taken together, the papers in which the value stands in one of the ways to write it.

        Where a term is a way by itself, other ways with it find no more papers: "learn ing" beside "learn".
        """
        asked = value, field, sure
        if known := self._known.get(asked):  # who pastes a text has the same words in it again and again
            return known
        alive = self._alive(value, field)
        alone = {term for way in alive if len(way) == 1 for term in way}
        found = [
            one for way in alive if len(way) == 1 or alone.isdisjoint(way) for one in self._way(way, field)
        ]
        if not sure:
            found += [
                one
                for way in ways(value)
                if alone.isdisjoint(way) and self._hidden(way, alive)
                for one in self._scattered(way, field)
            ]
        self._known[asked] = found
        return found

    def _hidden(self, way: Way, alive: Sequence[Way]) -> bool:
        """Whether papers may hold the way where no phrase finds it: a solid term stands at no position, so
        that "re-writing rules" holds "rewriting rules" in no phrase, unless the word can be divided as it is
        written there.
        """
        return len(way) > 1 and any(
            self._count("solid", term)
            and not any(
                len(other) > len(way) and (*other[:at], *other[at + 2 :]) == (*way[:at], *way[at + 1 :])
                for other in alive
            )
            for at, term in enumerate(way)
        )

    def _scattered(self, way: Way, field: str) -> list[_Found]:
        """What finds the papers that hold all terms of the way anywhere, one of them as a solid term."""
        found = []
        for solid in dict.fromkeys(way):
            if most := self._count("solid", solid):
                others = [term for term in dict.fromkeys(way) if term != solid or field != "text"]
                held = [_any_found(self._holding(term, field)) for term in others]
                found.append(_Found(all_of([self._term("solid", solid), *held]), most))
        return found

    def _alive(self, value: str, field: str) -> list[Way]:
        """The ways of which every term stands somewhere."""
        return [
            way
            for way in ways(value)
            if (len(way) == 1 and self._stands(*way, field)) or all(self._count(field, term) for term in way)
        ]

    def _stands(self, term: str, field: str) -> bool:
        """Whether the term stands in any paper's field, perhaps as a solid term."""
        return bool(self._count(field, term) or self._count("solid", term))

    def _way(self, way: Way, field: str) -> list[_Found]:
        if len(way) == 1:
            return self._holding(way[0], field)
        most = min(self._count(field, term) for term in way)
        return [_Found(Engine.phrase_query(self._schema, field, list(way)), most)]

    def _holding(self, term: str, field: str = "text") -> list[_Found]:
        """What finds the papers that hold a term, written as one word or as one of several parts."""
        fields = [field]
        if field == "text" and self._count("solid", term):
            fields.append("solid")  # in the other fields solid terms stand themselves
        return [_Found(self._term(one, term), self._count(one, term)) for one in fields]

    def _in_abstract(self, value: str, *, sure: bool) -> Engine:
        """The papers in whose abstract the value stands: `text` without what only a title or keyword has."""
        found = []
        for way in self._alive(value, "text"):
            without = [self._term("beyond", term) for term in way]
            if sure and len(way) > 1:
                # The terms may all stand in the abstract, and side by side elsewhere.
                without.append(Engine.phrase_query(self._schema, "title", list(way)))
                without.append(all_of([self._term("keyword", term) for term in way]))
            found.append(all_of([_any_found(self._way(way, "text"))], without=without))
        return any_of(found)

    # --- other conditions ------------------------------------------------------------------------

    def _field(self, name: FieldName, value: str, *, sure: bool) -> Engine:
        match name:
            case FieldName.TITLE:
                return _any_found(self._held(value, "title", sure=sure))
            case FieldName.ABSTRACT:
                return self._in_abstract(value, sure=sure)
            case FieldName.ORGANIZATION:
                return _any_found(self._held(value, "org", sure=sure))
            case FieldName.CATEGORY:
                return self._one_of("category", [code.lower() for code in codes(value)])
            case FieldName.AUTHOR:
                return self._one_of(
                    "author", [term for name_ in readings(value) for term in _bearers(*name_, sure=sure)]
                )
            case FieldName.ID:
                number = self._named.get(value)
                return Engine.empty_query() if number is None else self._number("paper", number, number)
            case _:
                return self._fact(name, value)

    def _fact(self, name: FieldName, value: str) -> Engine:
        """Conditions on what is known of a paper beside its words, people and categories."""
        match name:
            case FieldName.YEAR:
                return self._date(since(value, self._now), until(str(int(value) + 1), self._now))
            case FieldName.AFTER:
                return self._date(since(value, self._now), None)
            case FieldName.BEFORE:
                return self._date(None, until(value, self._now))
            case FieldName.HAS:
                return self._term("has", value)
            case FieldName.UPVOTES:
                return self._number("upvotes", *upvotes_between(value))
            case _:  # an order takes every paper
                return Engine.all_query()

    def _date(self, first: datetime | None, end: datetime | None) -> Engine:
        """Published from `first` on, and before `end`; papers without a date never are."""
        lower = None if first is None else utc_ms(first)
        upper = None if end is None else utc_ms(end) - 1
        return self._number("published", lower, upper)

    def _number(self, field: str, lower: int | None, upper: int | None) -> Engine:
        """The papers with a number from `lower` to `upper`, both inclusive."""
        if lower == upper and field == "paper":  # the one that is not only kept for sorting
            return Engine.term_query(self._schema, field, lower)
        return Engine.range_query(self._schema, field, FieldType.Integer, lower, upper)

    def _term(self, field: str, term: str) -> Engine:
        return Engine.term_query(self._schema, field, term)

    def _one_of(self, field: str, terms: Iterable[str]) -> Engine:
        return any_of([self._term(field, term) for term in dict.fromkeys(terms)])

    # --- scores ----------------------------------------------------------------------------------

    def _scores(self, query: Query) -> list[Engine]:
        """One clause for each wanted term that any paper holds: the best of its places, and a little of the
        others (Lucene's disjunction maximum), so that a term in title and text is not counted twice.
        """
        weights = self._weights
        places = (
            ("text", weights.text),
            ("title", weights.title),
            ("keyword", weights.keyword),
            ("solid", weights.solid),
        )
        found = []
        for term in self._telling(dict.fromkeys(term for one in wanted(query) for term in _terms(one))):
            standing = [
                self._boosted(self._term(field, term), weight)
                for field, weight in places
                if weight and self._count(field, term)
            ]
            if standing:
                found.append(Engine.disjunction_max_query(standing, weights.others))
        return found

    def _telling(self, terms: Iterable[str]) -> list[str]:
        """The terms that tell papers apart: no stop words unless there are no others; the rarest of many."""
        known = [term for term in terms if self._stands(term, "text")]
        known = [term for term in known if term not in STOP_TERMS] or known
        if len(known) > self._weights.most_terms:
            known.sort(key=lambda term: self._count("text", term))
        return known[: self._weights.most_terms]

    @staticmethod
    def _boosted(query: Engine, weight: float) -> Engine:
        return query if weight == 1 else Engine.boost_query(query, weight)


def _terms(asked: Word | Phrase | Field) -> list[str]:
    parts, solids = terms_of(asked.value if isinstance(asked, Field) else asked.text)
    return [*parts, *solids]


def _bearers(family: str, given: Sequence[str], *, sure: bool) -> list[str]:
    """The terms of `schema.author_terms` under which those stand whose names agree with this reading.

    Of several given names only the first is compared, `sure` all of them.
    """
    if not given:
        return [family]
    first = given[0]
    if sure and len(given) > 1:
        return [f"{family},{''.join(given)}"]
    if len(first) == 1:
        return [f"{family},{first}"]
    return list(dict.fromkeys((f"{family},{first}", f"{family},{first[0]}.", f"{family},{''.join(given)}")))


def _asks_category(query: Query) -> bool:
    """Whether there are papers for which it depends on categories not known yet whether they satisfy it."""
    match query:
        case Field(name):
            return name is FieldName.CATEGORY
        case Not(part):
            return _asks_category(part)
        case And(parts) | Or(parts):
            return any(_asks_category(part) for part in parts)
        case _:
            return False


def _choices(words: Sequence[Sequence[_Found]]) -> list[list[Engine]]:
    """For each word the queries that find its papers, taken together: one for each way to write it that many
    papers have, and one for all the others.

    What hold all words in one such way each, the engine finds in a fraction of the time, since it can pass
    over most papers of the more frequent ones. Where that makes too many questions, each word is one query.
    """
    if not all(words):
        return [[Engine.empty_query()]]
    divided = []
    for found in words:
        many = [[one] for one in found if one.most > _FEW]
        few = [one for one in found if one.most <= _FEW]
        divided.append([_any_found(group) for group in (*many, few) if group])
    if prod(map(len, divided)) <= _MOST_CHOICES:
        return divided
    return [[_any_found(found)] for found in words]


def _any_found(found: Iterable[_Found]) -> Engine:
    return any_of([one.query for one in found])


__all__ = ["Translator"]
