"""What is known of a paper, field by field, with who said it and when. Pure.

Taking up a reading and merging two papers are the same operation: for each field the stronger of two
facts stays. It is associative, commutative and idempotent, so the order in which readings arrive, and in
which papers turn out to be the same, cannot matter.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Final, NamedTuple

from bot.model import PaperReading, Upstream, utc_ms

__all__ = ["FIELDS", "LISTS", "Fact", "Facts", "Value", "combined", "dump", "load", "told_by"]

Value = str | int | tuple[str, ...]


class Fact(NamedTuple):
    """One field's value; facts of one field compare by strength, the fields in this order."""

    rank: int  # see `_RANKS`
    told_at: int  # ms; among equals the newest reading replaces
    upstream: Upstream  # then something must decide, always the same way
    value: Value


Facts = Mapping[str, Fact]

_json: Final = json.JSONEncoder(separators=(",", ":")).encode

# arXiv's own word replaces any other's. What a person brings fills gaps alone, even if it was copied from
# arXiv once: nobody knows how old the file is. An invented sample yields to everything.
_RANKS: Final = {Upstream.SAMPLE: 0, Upstream.IMPORT: 1, Upstream.ARXIV: 3}
_OTHERS: Final = 2

# Every field that a reading can tell, by the name of its column. Authors have a table of their own.
FIELDS: Final = (
    "title",
    "abstract",
    "authors",
    "published_at",
    "categories",
    "comment",
    "journal_ref",
    "ai_summary",
    "ai_summary_model",
    "keywords",
    "organization",
    "code_url",
    "project_url",
    "thumbnail_url",
)
_said: Final = attrgetter(*FIELDS)
LISTS: Final = frozenset({"authors", "categories", "keywords"})


def told_by(reading: PaperReading, upstream: Upstream, observed_at: int) -> Facts:
    """The facts in one reading; what it leaves out or leaves empty is none."""
    rank = _RANKS.get(upstream, _OTHERS)
    return {
        field: Fact(rank, observed_at, upstream, utc_ms(said) if isinstance(said, datetime) else said)
        for field, said in zip(FIELDS, _said(reading), strict=True)
        if said
    }


def combined(one: Facts, other: Facts) -> Facts:
    """Of each field the stronger fact."""
    result = dict(one)
    for field, fact in other.items():
        if field not in result or fact > result[field]:
            result[field] = fact
    return result


def dump(facts: Facts) -> str:
    """Who said each field and when, without the values: those stand in the paper's own row."""
    return _dumped(
        tuple((field, facts[field].upstream, facts[field].told_at) for field in FIELDS if field in facts)
    )


@lru_cache(maxsize=256)  # most papers of a poll were told of by the same upstream, in the same fields
def _dumped(told: tuple[tuple[str, Upstream, int], ...]) -> str:
    return _json({field: (upstream, told_at) for field, upstream, told_at in told})


def load(told: str, values: Mapping[str, Value | None]) -> Facts:
    """The inverse of `dump`, given the values."""
    facts: dict[str, Fact] = {}
    for field, (name, told_at) in json.loads(told).items():
        value = values[field]
        if value is None:
            raise AssertionError(f"{field} has a source and no value")
        upstream = Upstream(name)
        facts[field] = Fact(_RANKS.get(upstream, _OTHERS), told_at, upstream, value)
    return facts
