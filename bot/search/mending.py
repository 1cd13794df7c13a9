"""Did you mean: a query that finds more than the one that was typed, where nothing or nearly nothing matches.

Two mistakes are thought of: typing errors, and a person's name among the words, since words are never looked
for among the authors.
"""

import asyncio
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from bot.search.fields import FieldName
from bot.search.names import agrees, index_names, name_words, readings
from bot.search.parts import TEXT_FIELDS, wanted
from bot.search.ports import Limits, Order, SearchIndex
from bot.search.query import And, Field, Or, Phrase, Query, Word, all_of
from bot.search.stop import content_words
from bot.search.tokens import terms_of

_FEW: Final = 3  # fewer matches than this may be somebody's mistake
_TYPED: Final = 8  # words, and names of authors; more were hardly typed by hand
_LONGEST_WORD: Final = 50  # characters; what is longer is no word
_SPELLINGS: Final = 3  # other spellings of a word that are weighed
_RARE: Final = 20  # a word is taken for an error if another spelling is so many times as frequent
_LONGEST_NAME: Final = 3  # words of a name among the words of a query
_NOT_IN_A_NAME: Final = re.compile(r"[^\w.'\u2019-]|[\d_]")
_PEOPLE: Final = 20  # who may bear a name; more are not told apart


class Mender:
    """Looks for what may have been meant. Asks nothing of the index where enough matches."""

    def __init__(self, index: SearchIndex) -> None:
        self._index: Final = index

    async def mended(self, query: Query, matching: int, limits: Limits) -> Query | None:
        """A query that more papers match than the `matching` ones of this, if those are few."""
        if matching >= _FEW or sum(1 for _ in chain(_words(query), _authors(query))) > _TYPED:
            return None
        limits = replace(limits, limit=1)
        rare = await self._rare(query, limits)
        named = await self._with_names(query, rare, limits)
        if named is not None:
            # Where a word that hardly any paper holds names somebody, that person's papers come close.
            mended = await self._respelt(named, rare, limits)
            left = set(_words(mended))
            surely = not left.issuperset(rare) and all(rare.get(word, 1) for word in left)
            if surely or await self._total(mended, limits) > matching:
                return mended
        mended = await self._respelt(query, rare, limits)
        found_more = mended != query and await self._total(mended, limits) > matching
        return mended if found_more else None

    async def _total(self, query: Query, limits: Limits) -> int:
        return (await self._index.matching(query, limits, Order.NEW)).total  # the order that needs no scores

    async def _rare(self, query: Query, limits: Limits) -> Mapping[str, int]:
        """The words that few papers hold where they are wanted, so that they may be mistakes; how many do."""
        asked = [one for one in dict.fromkeys(_wished(query)) if len(one[0]) <= _LONGEST_WORD]
        totals = await asyncio.gather(*(self._total(alone, limits) for _, alone in asked))
        return {word: total for (word, _), total in zip(asked, totals, strict=True) if total < _FEW}

    # --- typing errors ---------------------------------------------------------------------------

    async def _respelt(self, query: Query, rare: Container[str], limits: Limits) -> Query:
        """The query with its typing errors mended."""
        words = [word for word in dict.fromkeys(_words(query)) if word in rare]
        names = list(dict.fromkeys(_authors(query)))
        spelt = await asyncio.gather(*map(self._spelling, words))
        written = await asyncio.gather(*(self._namesake(name, limits) for name in names))
        return _replaced(query, dict(zip(words, spelt, strict=True)), dict(zip(names, written, strict=True)))

    async def _spelling(self, word: str) -> str:
        """How papers spell the word, if it looks like a typing error; else the word."""
        spellings = await self._index.spellings(word, _SPELLINGS)
        typed = terms_of(word)[0]  # another ending of a word is no typing error
        mine = max((one.papers for one in spellings if terms_of(one.word)[0] == typed), default=0)
        others = [one for one in spellings if terms_of(one.word)[0] != typed and content_words(one.word)]
        # The nearer word may be so rare beside another that it is a misprint too.
        best = max(others, key=lambda one: one.papers / _RARE**one.errors, default=None)
        return best.word if best is not None and best.papers >= max(1, mine * _RARE) else word

    async def _namesake(self, name: str, limits: Limits) -> str:
        """How papers write an author's name that is in none, if that looks like a typing error."""
        if len(name) > _LONGEST_WORD or await self._total(Field(FieldName.AUTHOR, name), limits):
            return name
        return next((one for one in await self._index.namesakes(name, 1) if _can_be_asked(one)), name)

    # --- names among the words -------------------------------------------------------------------

    async def _with_names(self, query: Query, rare: Container[str], limits: Limits) -> Query | None:
        """The query with the authors that its words name asked for as such; `None` if they name none."""
        parts = query.parts if isinstance(query, And) else (query,)
        runs = list(_runs(parts, rare))
        names = await asyncio.gather(*(self._name(parts[start:end], limits) for start, end in runs))
        named: dict[int, Query] = dict(enumerate(parts))
        free = set(named)
        for (start, end), name in zip(runs, names, strict=True):
            run = range(start, end)
            if name is not None and free.issuperset(run):
                free.difference_update(run)
                for at in run:
                    del named[at]
                named[start] = Field(FieldName.AUTHOR, name)
        return all_of(named[at] for at in sorted(named)) if len(free) < len(parts) else None

    async def _name(self, run: Sequence[Query], limits: Limits) -> str | None:
        """How the author is written whom these words name, or as they stand if that may be several."""
        words = " ".join(_texts(run)).replace(".", ". ").split()  # "Y.LeCun"
        turned = " ".join(reversed(words)) if len(words) == 2 else ""  # "LeCun Yann"
        for typed in filter(None, (" ".join(words), turned)):
            if await self._total(Field(FieldName.AUTHOR, typed), limits):
                meant = [one for one in readings(typed) if one[1] or typed != turned]
                people = await self._index.people(typed, _PEOPLE)
                found = [one for one in people if _can_be_asked(one) and agrees(meant, index_names([one]))]
                if found:
                    return found[0] if len(found) == 1 else typed
        return None


def _runs(parts: Sequence[Query], rare: Container[str]) -> Iterator[tuple[int, int]]:
    """From and up to which of the parts somebody's name may stand, the longer ones first; one word alone only
    if papers hold it seldom.
    """
    for length in range(_LONGEST_NAME, 0, -1):
        for start in range(len(parts) - length + 1):
            run = parts[start : start + length]
            texts = _texts(run)
            words = " ".join(texts).split()
            known = (
                len(texts) == length
                and (length == 1 or all(isinstance(part, Word) for part in run))
                and len(words) <= _LONGEST_NAME
                and (len(words) > 1 or words[0] in rare)
            )
            if known and _may_be_name(words):
                yield start, start + length


def _texts(run: Sequence[Query]) -> list[str]:
    return [part.text for part in run if isinstance(part, Word | Phrase)]


def _may_be_name(run: Sequence[str]) -> bool:
    """Whether these are words of letters, not all of them stop words, and their initials capital: "Y. LeCun",
    but not "a song".
    """
    words = [word.strip(".,") for word in run]
    return (
        all(len(word) <= _LONGEST_WORD and _NOT_IN_A_NAME.search(word) is None for word in words)
        and all(len(word) > 1 or word.isupper() for word in words)
        and any(len(word) > 1 for word in words)
        and content_words(" ".join(run)) > 0
        and len(name_words(" ".join(run))) > 0
    )


def _can_be_asked(name: str) -> bool:
    """Whether the language can say the name."""
    return '"' not in name and len(name_words(name)) > 0


# --- the tree ------------------------------------------------------------------------------------


def _words(query: Query) -> Iterator[str]:
    """The words that papers should hold, alone or in phrases, wherever in the tree."""
    return (word for word, _ in _wished(query))


def _wished(query: Query) -> Iterator[tuple[str, Query]]:
    """Each of `_words`, and a query for it alone where it is wanted."""
    for wish in wanted(query):
        if isinstance(wish, Field):
            yield from ((word, Field(wish.name, word)) for word in wish.value.split())
        else:
            yield from ((word, Phrase(word)) for word in wish.text.split())


def _authors(query: Query) -> Iterator[str]:
    """The names that are asked for, wherever in the tree."""
    match query:
        case Field(FieldName.AUTHOR, name):
            yield name
        case And(parts) | Or(parts):
            for part in parts:
                yield from _authors(part)
        case _:
            return


def _replaced(query: Query, words: Mapping[str, str], names: Mapping[str, str]) -> Query:
    """The query with these words and these authors in place of others, except where it is without them."""
    match query:
        case Word(text):
            return Word(words.get(text, text))
        case Phrase(text):
            return Phrase(_spelt(text, words))
        case Field(name, value) if name in TEXT_FIELDS:
            return Field(name, _spelt(value, words))
        case Field(FieldName.AUTHOR, value):
            return Field(FieldName.AUTHOR, names.get(value, value))
        case And(parts):
            return And(tuple(_replaced(part, words, names) for part in parts))
        case Or(parts):
            return Or(tuple(_replaced(part, words, names) for part in parts))
        case _:
            return query


def _spelt(text: str, words: Mapping[str, str]) -> str:
    return " ".join(words.get(word, word) for word in text.split())
