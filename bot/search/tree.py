"""The syntax tree of a query. `bot.search.query` reads and writes it; nothing else knows the language."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from bot.search.fields import FieldName


@dataclass(frozen=True, slots=True)
class Word:
    """One written word, as typed: no white space, quotes or parentheses, and no `-` in front."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand side by side in this order; single spaces, no double quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """A condition on one field; the value is in the field's canonical form."""

    name: FieldName
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """Without `part`, which is no `Not` itself."""

    part: "Query"


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts, none an `And` itself; of no parts it is the query that takes everything."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of two or more parts, none an `Or` itself."""

    parts: tuple["Query", ...]


Query: TypeAlias = Word | Phrase | Field | Not | And | Or

EVERYTHING: Final = And(())


def all_of(parts: Iterable[Query]) -> Query:
    """All of the parts, as one query in its plainest form."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(parts: Iterable[Query]) -> Query:
    """At least one of the parts, of which there is one or more, as one query in its plainest form."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def unordered(query: Query) -> Query:
    """The query without any `sort:`."""
    match query:
        case Field(FieldName.SORT):
            return EVERYTHING
        case Not(part):
            rest = unordered(part)
            return EVERYTHING if rest == EVERYTHING else Not(rest)
        case And(parts):
            return all_of(map(unordered, parts))
        case Or(parts):
            left = [rest for rest in map(unordered, parts) if rest != EVERYTHING]
            return any_of(left) if left else EVERYTHING
    return query
