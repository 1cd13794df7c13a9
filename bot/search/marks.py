"""Where a paper's text holds what a query wants: to mark it, to choose what to show, to say why. Pure."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final, Literal, NamedTuple, TypeAlias

from bot.model import Paper
from bot.search.answer import Excerpt, Marks
from bot.search.fields import FieldName
from bot.search.parts import Wish, wishes
from bot.search.query import And, Field, Or, Phrase, Query, Word
from bot.search.stop import content_words
from bot.search.text import Text, spots
from bot.search.tokens import places
from bot.search.ways import wanted_of

Place: TypeAlias = Literal["title", "abstract"]

_EXCERPT: Final = 240  # characters: three lines of a chat message
_SENTENCE_ENDS: Final = (". ", "! ", "? ")


def marks(query: Query, text: str, place: Place | None) -> Marks:
    """The ranges of characters in which the text holds a word or a phrase that the query wants.

    A word is marked as the text writes it, whatever its ending; a phrase from its first word to its last.
    `place` says which of a paper's texts this is, `None` another than title and abstract: what is wanted
    of one place only is not marked in others. Function words are marked only if nothing else is wanted.
    """
    return _merged((start, end) for start, end, _ in _hits(query, text, place))


def excerpt(query: Query, abstract: str, length: int = _EXCERPT) -> Excerpt:
    """The stretch of the abstract, on one line of at most `length` characters, that holds most of the
    different words and phrases that the query wants; the beginning where there is none.
    """
    text = " ".join(abstract.split())
    hits = sorted(_hits(query, text, "abstract"))
    start, end = _window(text, hits, length)
    inside = (
        (max(first, start) - start, min(last, end) - start)
        for first, last, _ in hits
        if first < end and last > start
    )
    return Excerpt(text[start:end], _merged(inside), cut_before=start > 0, cut_after=end < len(text))


class Held(NamedTuple):
    """The words and phrases that a query wants, as it writes them, by where a paper holds them."""

    title: tuple[str, ...]
    abstract: tuple[str, ...]
    keywords: tuple[str, ...]  # in neither of them, but there
    missing: tuple[str, ...]  # nowhere, and no alternative to it is there


def held(query: Query, paper: Paper) -> Held:
    """Which of the wanted words and phrases the paper holds, and where; one may be in several places."""
    title, abstract, keywords = Text((paper.title,)), Text((paper.abstract,)), Text(paper.keywords)
    in_title: list[str] = []
    in_abstract: list[str] = []
    in_keywords: list[str] = []
    nowhere: list[Wish] = []
    for wish, joined in _telling(query):
        only = wish.name if isinstance(wish, Field) else None
        text = _text_of(wish)
        titled = only is not FieldName.ABSTRACT and any(_spots(wish, joined, title))
        abstracted = only is not FieldName.TITLE and any(_spots(wish, joined, abstract))
        if titled:
            in_title.append(text)
        if abstracted:
            in_abstract.append(text)
        if not (titled or abstracted):
            if only is None and any(_spots(wish, joined, keywords)):
                in_keywords.append(text)
            else:
                nowhere.append(wish)
    needed = map(_text_of, _needed(query, frozenset(nowhere)))
    return Held(*(tuple(dict.fromkeys(words)) for words in (in_title, in_abstract, in_keywords, needed)))


def _needed(query: Query, missing: frozenset[Wish]) -> Iterator[Wish]:
    """Those of the missing wishes that the query cannot do without: an `OR` needs none if one of its choices
    holds, or may.
    """
    match query:
        case And(parts):
            for part in parts:
                yield from _needed(part, missing)
        case Or(parts):
            choices = [list(_needed(part, missing)) for part in parts]
            if all(choices):
                yield from chain.from_iterable(choices)
        case Word() | Phrase() | Field():
            if query in missing:
                yield query
        case _:
            return


# --- what stands where ---------------------------------------------------------------------------

_Hit: TypeAlias = tuple[int, int, int]
"""From and up to which character, and the number of the wish that stands there."""


def _text_of(wish: Wish) -> str:
    return wish.value if isinstance(wish, Field) else wish.text


@lru_cache(maxsize=1 << 8)  # asked for every result of a search, three times each
def _telling(query: Query) -> Sequence[tuple[Wish, frozenset[str]]]:
    """What the query wants, without the function words among its words unless there is nothing else."""
    every = list(dict.fromkeys(wishes(query)))  # a word typed a thousand times is looked for once
    telling = [one for one in every if not isinstance(one[0], Word) or content_words(one[0].text)]
    return telling or every


def _hits(query: Query, text: str, place: Place | None) -> list[_Hit]:
    divided = Text((text,))
    stretches = [
        (begin, end, number)
        for number, (wish, joined) in enumerate(_telling(query))
        if not isinstance(wish, Field) or wish.name == place
        for begin, end in _spots(wish, joined, divided)
    ]
    if not stretches:
        return []
    edges = {at for begin, end, _ in stretches for at in (begin, end - 1)}
    where = places(text, edges)
    return [(where[begin][0], where[end - 1][1], number) for begin, end, number in stretches]


def _spots(wish: Wish, joined: frozenset[str], text: Text) -> Iterator[tuple[int, int]]:
    """Every stretch of positions that is what is wanted, or one of the terms `joined`; some may repeat."""
    yield from spots(wanted_of(_text_of(wish)), text)
    for term in joined & text.terms:
        yield from text.spans(term)


def _merged(ranges: Iterable[tuple[int, int]]) -> Marks:
    """The ranges in order, those that overlap or touch made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple(merged)


# --- what is shown -------------------------------------------------------------------------------


def _window(text: str, hits: list[_Hit], length: int) -> tuple[int, int]:
    """From and up to which character the text is shown; `hits` are in order."""
    if len(text) <= length:
        return 0, len(text)
    first, last = _richest(hits, length)
    last = min(last, first + length)  # a phrase may be longer than all that is shown
    if last <= length:
        return 0, _end_of_word(text, max(last, 1), length)
    earliest = max(0, last - length)
    start = max(
        (at + len(end) for end in _SENTENCE_ENDS if (at := text.rfind(end, earliest, first)) >= 0),
        default=None,
    )
    if start is None:  # no sentence begins near: show a little of what leads up to the first word
        start = _start_of_word(text, max(earliest, first - length // 4), first)
    return start, _end_of_word(text, last, start + length)


def _richest(hits: list[_Hit], length: int) -> tuple[int, int]:
    """The stretch, from the first to the last hit in it, with the most different wishes; the earliest of
    several. At most `length` characters, unless a single hit is longer.
    """
    best, most = (0, 0), 0
    inside: deque[_Hit] = deque()
    count: Counter[int] = Counter()
    for hit in hits:
        inside.append(hit)
        count[hit[2]] += 1
        while len(inside) > 1 and hit[1] - inside[0][0] > length:
            gone = inside.popleft()[2]
            count[gone] -= 1
            if not count[gone]:
                del count[gone]
        if len(count) > most:
            best, most = (inside[0][0], hit[1]), len(count)
    return best


def _start_of_word(text: str, at: int, latest: int) -> int:
    """The first beginning of a word from `at` to `latest`; `at` itself if there is none (a long word)."""
    if at == 0 or text[at - 1] == " ":
        return at
    space = text.find(" ", at, latest)
    return space + 1 if space >= 0 else at


def _end_of_word(text: str, earliest: int, at: int) -> int:
    """The last end of a word from `earliest` to `at`; `at` itself if there is none (a long word)."""
    if at >= len(text):
        return len(text)
    space = text.rfind(" ", earliest, at + 1)
    return space if space >= 0 else at


__all__ = ["Held", "Place", "excerpt", "held", "marks"]
