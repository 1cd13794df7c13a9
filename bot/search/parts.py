"""What a query is made of: its order, its conditions, and the words that it wants. Pure."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from bot.ids import paper_id_of
from bot.model import PaperId
from bot.search.fields import FieldName, Sort
from bot.search.query import EVERYTHING, And, Field, Not, Or, Phrase, Query, Word, all_of, any_of
from bot.search.ways import glued

TEXT_FIELDS = frozenset({FieldName.TITLE, FieldName.ABSTRACT})
"""Fields that want words, as plain words do, in one place only."""


def sort_of(query: Query) -> Sort:
    """The order that the query asks for; by relevance if it says nothing."""
    for part in query.parts if isinstance(query, And) else (query,):
        if isinstance(part, Field) and part.name is FieldName.SORT:
            return Sort(part.value)
    return Sort.RELEVANCE


def conditions(query: Query) -> Query:
    """All that a paper must satisfy even if it lacks some of the words: fields other than `title:` and
    `abstract:`, and whatever must not be. Every paper that matches the query matches its conditions.
    """
    match query:
        case Word() | Phrase():
            return EVERYTHING
        case Field(name):
            return EVERYTHING if name in TEXT_FIELDS or name is FieldName.SORT else query
        case Not():
            return query
        case And(parts):
            return all_of(conditions(part) for part in parts)
        case Or(parts):
            choices = [conditions(part) for part in parts]
            return EVERYTHING if EVERYTHING in choices else any_of(dict.fromkeys(choices))


Wish: TypeAlias = Word | Phrase | Field
"""A word, a phrase, or a field of `TEXT_FIELDS`, that papers should hold."""


@lru_cache(maxsize=1 << 8)  # asked for every result of a search
def wanted(query: Query) -> tuple[Wish, ...]:
    """The words, phrases and text fields that papers should hold, in order, wherever in the tree."""
    return tuple(wish for wish, _ in wishes(query))


def wishes(query: Query) -> Iterator[tuple[Wish, frozenset[str]]]:
    """What `wanted` gives, each with the terms that it may be a part of, see `bot.search.ways.glued`."""
    match query:
        case Word() | Phrase():
            yield query, frozenset()
        case Field(name):
            if name in TEXT_FIELDS:
                yield query, frozenset()
        case Not():
            return
        case And(parts):
            words = iter(with_neighbours(parts))
            for part in parts:
                if isinstance(part, Word):
                    yield part, next(words)
                else:
                    yield from wishes(part)
        case Or(parts):
            for part in parts:
                yield from wishes(part)


@lru_cache(maxsize=1 << 8)  # asked for every leg of a search, and by the judge
def with_neighbours(parts: tuple[Query, ...]) -> tuple[frozenset[str], ...]:
    """For each word among the parts of one `And`, the terms that it and a neighbouring word would be
    if they were written as one.
    """
    words = [part.text for part in parts if isinstance(part, Word)]
    if not words:
        return ()
    joined = (None, *glued(words), None)
    return tuple(frozenset(term for term in pair if term is not None) for pair in pairwise(joined))


def wanted_text(query: Query) -> str:
    """What the query wants, as plain text: what its meaning is taken from."""
    return " ".join(wish.value if isinstance(wish, Field) else wish.text for wish in wanted(query))


def ids_named(query: Query) -> Iterator[str]:
    """The values of all `id:` in the query, wherever in the tree."""
    match query:
        case Field(FieldName.ID, value):
            yield value
        case Not(part):
            yield from ids_named(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from ids_named(part)
        case _:
            return


def named_papers(query: Query) -> list[PaperId]:
    """The papers that the query names by id, at its top."""
    parts = query.parts if isinstance(query, And | Or) else (query,)
    values = [one.value for one in parts if isinstance(one, Field) and one.name is FieldName.ID]
    return [found for found in map(paper_id_of, values) if found is not None]
