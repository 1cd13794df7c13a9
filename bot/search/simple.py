"""The short way from a simple query to its tree, the same that `bot.search.query`'s rules come to, slowly.

Most saved searches are simple, and a million of them may be read for the papers of one day. What is simple:
words and phrases without odd signs, the fields below with such a value, `-` in front, `OR` between.
"""

import re
from functools import lru_cache
from typing import Final

from bot.search.fields import FIELDS, FieldName
from bot.search.tree import And, Field, Not, Phrase, Query, Word, all_of, any_of

_FIELDS: Final = {one: FieldName(one) for one in ("cat", "author", "org", "title", "abstract")}

# Not with both digits and dots, and without slashes: nothing that may name a paper.
_TEXT: Final = r"(?:[A-Za-z\d][A-Za-z\d-]*+(?!\.)|[A-Za-z][A-Za-z.-]*+(?!\d))"
_WORDS: Final = re.compile(rf"(?!OR\b){_TEXT}(?:\ (?!OR\b){_TEXT})*+")
_TERM: Final = re.compile(
    rf"""
    (-(?=[A-Za-z"]))?+                      # not before a digit: "-7B" is an amount
    (?:({"|".join(_FIELDS)}):)?+
    (?: "({_TEXT}(?:\ {_TEXT})*+)" | (?!OR\b)({_TEXT}) )
    (\ OR(?=\ ))?+
    """,
    re.VERBOSE,
)
_TERMS: Final = re.compile(rf"{_TERM.pattern}(?:\ {_TERM.pattern})*+", re.VERBOSE)


def simple_query(text: str) -> Query | None:
    """The query, if it is a simple one. Raises `QueryError` as `parse` does."""
    if _WORDS.fullmatch(text):
        words = tuple(map(_word, text.split(" ")))
        return words[0] if len(words) == 1 else And(words)
    if not _TERMS.fullmatch(text):
        return None
    either: list[list[Query]] = [[]]
    for without, field, phrase, word, more in _TERM.findall(text):
        term = _term(field, phrase, word)
        either[-1].append(Not(term) if without else term)
        if more:
            either.append([])
    return any_of(map(all_of, either)) if len(either) > 1 else all_of(either[0])


def _term(field: str, phrase: str, word: str) -> Query:
    if field:
        name = _FIELDS[field]
        return Field(name, FIELDS[name].read(phrase or word))
    return Phrase(phrase) if phrase else _word(word)


_word: Final = lru_cache(maxsize=1 << 14)(Word)  # saved searches have the same words again and again
