"""In how many ways a text may hold what is looked for, since names are written together and apart.

A text holds "flash-attention" as two neighbouring terms (flash attention) or as one (flashattention), and
"flashattention" as one, or as any two halves that its author may have written apart. It is always the query
that is divided and joined, never the text: "a symmetric matrix" holds no "asymmetric", for one letter is no
half, and "not able" no "notable", for no compound begins or ends with a function word.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final, NamedTuple

from bot.search.tokens import Token, known_stem, positions, stem, tokens, written_words

Way = tuple[str, ...]
"""Terms that stand side by side in this order."""

MOST_WAYS: Final = 64
"""Paths that are counted up; only a phrase with several words of many parts in it has more."""

_FEW: Final = 8  # paths that are tried one by one
_SHORTEST_HALF: Final = 3  # letters
_LONGEST_COMPOUND: Final = 40  # letters; nothing longer is a name that people write apart
_LONGEST_PHRASE: Final = 8  # parts; who types more has copied the text, with its spelling
_FUNCTION_WORDS: Final = frozenset(
    """
    about all also and any are been being both but can did does each few for from had has have her him his how
    into its may most nor not now off our own per same she should such than that the their them then there
    these they this those too via was were what when where which while who why will with yet you your
    """.split()  # noqa: SIM905 - a list of quoted words would hide what it holds
)


class Wanted(NamedTuple):
    """What a word or a phrase wants: a graph whose edges are terms, from position 0 to `length`, of which
    a text must hold one path; or one of the other `spellings`.
    """

    edges: tuple[Token, ...]  # in order of start
    length: int
    spellings: tuple[Way, ...]
    few: tuple[Way, ...]  # all paths and spellings where those are few, as mostly; else none of them


@lru_cache(maxsize=1 << 12)
def wanted_of(text: str) -> Wanted:
    """What the text of a word, a phrase or a text field wants."""
    return wanted_among(text, halves)


def wanted_among(text: str, apart: Callable[[str], Iterable[Way]]) -> Wanted:
    """What the text wants, where `apart` gives those `halves` of a part that are to be thought of."""
    edges = tokens(text)
    length = positions(edges)
    spellings = dict.fromkeys(_spellings(text, apart)) if length <= _LONGEST_PHRASE else ()
    paths = tuple(islice(_paths(edges, length), _FEW + 1))
    return Wanted(tuple(edges), length, tuple(spellings), (*paths, *spellings) if len(paths) <= _FEW else ())


def ways(text: str) -> tuple[Way, ...]:
    """Every sequence of neighbouring terms by which a text holds this one; none for a text without words.

    `flash-attention` → (flash, attent), (flashattent,); `flashattention` → (flashattent,), (fla, shattent),
    …, (flash, attent), …. The first takes every part by itself. At most `MOST_WAYS` of
    the text's own parts, then those with one of them written apart, or two of its words as one.
    """
    edges, length, spellings, _ = wanted_of(text)
    return tuple(dict.fromkeys((*islice(_paths(edges, length), MOST_WAYS), *spellings)))


def _paths(edges: Sequence[Token], length: int) -> Iterator[Way]:
    """The sequences of terms from 0 to `length`; none for a text without words."""
    if 0 < len(edges) == length:  # no solid terms, mostly
        yield tuple([edge.term for edge in edges])
        return
    leaving: list[list[Token]] = [[] for _ in range(length)]
    for edge in edges:
        leaving[edge.start].append(edge)
    paths: list[tuple[int, Way]] = [(0, ())] if length else []
    while paths:
        at, way = paths.pop()
        if at == length:
            yield way
        else:
            paths += [(edge.end, (*way, edge.term)) for edge in reversed(leaving[at])]


def glued(words: Sequence[str]) -> tuple[str | None, ...]:
    """For each two neighbours among the words what `glue` gives: `flash`, `attention`, `is` → `flashattent`,
    `None`.
    """
    return tuple([glue(one, other) for one, other in pairwise(words)])


def glue(word: str, following: str) -> str | None:
    """The term that the two words would be if they were written as one, or `None`."""
    one, other = _lone_half(word), _lone_half(following)
    return stem(one + other) if one and other and len(one) + len(other) <= _LONGEST_COMPOUND else None


@lru_cache(maxsize=1 << 15)  # saved searches have the same words again and again
def _lone_half(word: str) -> str | None:
    """The word in lower case if it has but one part, and may be half of a name."""
    written = written_words(word)
    if len(written) != 1 or len(written[0]) != 1:
        return None
    (part,) = written[0]
    return part if _is_half(part) else None


def _spellings(text: str, apart: Callable[[str], Iterable[Way]]) -> Iterator[Way]:
    """The text with one part of it written apart, and with two of its words written as one."""
    words = written_words(text)
    parts = [part for word in words for part in word]
    terms = list(map(known_stem, parts))
    for at, part in enumerate(parts):
        for two in apart(part):
            yield (*terms[:at], *two, *terms[at + 1 :])
    at = 0
    for word, following in pairwise(words):
        if len(word) == len(following) == 1 and _halves(*word, *following):
            yield (*terms[:at], stem(word[0] + following[0]), *terms[at + 2 :])
        at += len(word)


@lru_cache(maxsize=1 << 14)  # as above
def halves(part: str) -> tuple[Way, ...]:
    """The terms of every two halves in which the part of a written word may be written apart."""
    cuts = range(_SHORTEST_HALF, len(part) - _SHORTEST_HALF + 1)
    twos = ((part[:cut], part[cut:]) for cut in cuts)
    return tuple((stem(one), stem(other)) for one, other in twos if _halves(one, other))


def _halves(one: str, other: str) -> bool:
    """Whether the two may be one name, written apart."""
    return len(one) + len(other) <= _LONGEST_COMPOUND and _is_half(one) and _is_half(other)


def _is_half(part: str) -> bool:
    return len(part) >= _SHORTEST_HALF and part.isalpha() and part not in _FUNCTION_WORDS
