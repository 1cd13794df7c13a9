"""What the index holds of a paper, as plain data: our own terms, made here and never by the engine.

Every text becomes the terms of `bot.search.tokens`, joined by spaces that the engine divides at again. So a
query can only ever ask for terms, and what an engine thinks of a sign does not matter. `storage.index.schema`
has the table of all fields. Pure; nothing of the engine is needed here, which keeps a process that makes
terms small.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, TypeAlias

from bot.model import IndexRow
from bot.search.names import all_name_words
from bot.search.tokens import divide, without_marks

Fields: TypeAlias = dict[str, str | int]
"""Field → its terms with spaces between, or its number; a field of which nothing is known is not there."""

UNKNOWN: Final = "?"  # a paper's categories, where nobody has told them yet

START: Final = "^"
"""Stands before a title's first part, so that a title can be asked how it begins. No term of ours."""

_GAP: Final = " . "  # no term is a lone dot, so that no phrase reaches over it

_MOST: Final = 1 << 18  # chunks, up to 75 MB, and as many older ones; most that are rarer are met once
_LONGEST: Final = 40  # characters; longer chunks are links and formulas, seldom met twice
_MARK: Final = "\x1f"  # before a solid term; white space to `str.split`, so that it is in no chunk
_SOLID: Final = re.compile(f"{_MARK}([^ {_MARK}]+)")


class Memory(dict[str, str]):
    """Chunk of text → its parts with spaces between, then each of its solid terms behind a mark.

    What was not met for long is forgotten; the rest makes the terms of many papers in half the time. Belongs
    to one writer, and goes with it.
    """

    def __init__(self, most: int = _MOST) -> None:
        super().__init__()
        self._most: Final = most
        self._older: dict[str, str] = {}  # what was remembered before this dictionary was last full

    def __missing__(self, chunk: str) -> str:
        text = self._older.get(chunk)
        if text is None:
            bare = without_marks(chunk)
            text = self[bare] if bare != chunk else _made(chunk)
        if len(chunk) <= _LONGEST:
            if len(self) >= self._most:
                self._older = dict(self)
                self.clear()
            self[text if text == chunk else chunk] = text
        return text

    def forget(self) -> None:
        """Gives the memory back."""
        self.clear()
        self._older.clear()

    def pieces(self, text: str) -> list[str]:
        """What each chunk of the text becomes."""
        return list(map(self.__getitem__, text.split()))

    def terms(self, text: str) -> tuple[str, list[str]]:
        """The text's parts in order of position, as text, and its solid terms; see `tokens.terms_of`."""
        return _joined(self.pieces(text))


def fields_of(row: IndexRow, memory: Memory) -> Fields:
    """A paper as the index holds it."""
    title, title_solids = memory.terms(row.title)
    pieces = memory.pieces(row.abstract)
    abstract, abstract_solids = _joined(pieces)
    keywords = [memory.terms(keyword) for keyword in row.keywords]
    keyword_terms = {term for parts, more in keywords for term in (*parts.split(), *more)}
    solids = {*title_solids, *abstract_solids, *(solid for _, more in keywords for solid in more)}
    # Most terms that stand in the abstract too are a piece of it; the others are looked for in the whole.
    beyond = keyword_terms.union(title.split(), title_solids).difference(pieces, abstract_solids)
    held = f" {abstract} "
    terms = {
        "title": _GAP.join((f"{START} {title}", *title_solids)),
        "text": _GAP.join((title, abstract, *(parts for parts, _ in keywords))),
        "keyword": " ".join(keyword_terms),
        "solid": " ".join(solids),
        "beyond": " ".join([term for term in beyond if f" {term} " not in held]),
        "author": " ".join(author_terms(row.authors)),
        "org": _name(row.organization, memory),
        "category": " ".join(_category_terms(row.categories)),
        "has": " ".join(
            [what for what, there in (("code", row.has_code), ("project", row.has_project)) if there]
        ),
    }
    numbers = {
        "paper": row.paper_id,
        "change": row.change,
        "published": row.published_at,
        "upvotes": row.upvotes,
    }
    fields: Fields = {field: text for field, text in terms.items() if text}
    fields.update((field, number) for field, number in numbers.items() if number is not None)
    return fields


def author_terms(names: Iterable[str]) -> set[str]:
    """Under which terms the bearers of these names are found: for every reading of a name, as
    `bot.search.names` makes them, the family name alone, and with the given names in four ways:

    - `lecun,y` the first one's initial
    - `lecun,yann` the first one
    - `lecun,y.` only an initial is known of the first one
    - `lecun,yannandre` all together, where there are several
    """
    terms: set[str] = set()
    for words in chain.from_iterable(map(all_name_words, names)):
        for start in range(len(words)):
            family = "".join(words[start:])
            terms.add(family)
            if start:
                first = words[0]
                terms.add(f"{family},{first[0]}")
                terms.add(f"{family},{first}." if len(first) == 1 else f"{family},{first}")
            if start > 1:
                terms.add(f"{family},{''.join(words[:start])}")
    return terms


def _made(chunk: str) -> str:
    parts, solids = divide(chunk)
    # One text for all chunks that become the same: what is met often then lies close together.
    return sys.intern(" ".join(parts) + "".join([_MARK + solid.term for solid in solids]))


def _joined(pieces: Iterable[str]) -> tuple[str, list[str]]:
    joined = " ".join(pieces)
    if _MARK not in joined:
        return joined, []
    return _SOLID.sub("", joined), _SOLID.findall(joined)


def _name(organization: str | None, memory: Memory) -> str:
    if not organization:
        return ""
    parts, solids = memory.terms(organization)
    return _GAP.join((parts, *solids))


def _category_terms(categories: tuple[str, ...] | None) -> Iterator[str]:
    if categories is None:
        yield UNKNOWN
        return
    for category in dict.fromkeys(one.lower() for one in categories):
        yield category
        archive, dot, _ = category.partition(".")
        if dot:
            yield archive


__all__ = ["START", "UNKNOWN", "Fields", "Memory", "author_terms", "fields_of"]
