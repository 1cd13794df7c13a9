"""How text becomes terms: the same for a paper and for a query, so that each is found as people type it.

A *written word* ("state-of-the-art", "FlashAttention", "Qwen2.5-VL") has one or more parts. Each part takes
one position, and every run of neighbouring parts of one written word also stands there as one solid term.
So "flash-attention", "FlashAttention", "Flash Attention" and "flashattention" meet. Words that were written
apart are never glued on the side of the text: "a symmetric matrix" must not contain "asymmetric".

- hyphens, dashes, underscores and apostrophes divide: GPT-4o → gpt 4o, L_2 → l 2, don't → don t
- camel case divides where every part has three letters (LoRA and LLMs stay whole)
- a name divides before its version: Qwen2.5 → qwen 2.5, YOLOv8 → yolo v8 (L2 and H100 stay whole)
- C++, C#, A* are terms of their own, other than C and A
- each Chinese, Japanese or Korean character is a part and a word: such text has no reliable spaces
- Greek letters are letters; an emoji is a word; all other signs only divide
- case, accents, and compatibility forms (NFKC) do not count; possessive 's is dropped
- every part is stemmed by the Snowball algorithm for English (https://snowballstem.org)
"""

import re
import threading
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import accumulate, chain
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

from Stemmer import Stemmer


class Token(NamedTuple):
    """One term and the positions it covers: from `start` up to, not including, `end`."""

    term: str
    start: int
    end: int


ChunkTerms: TypeAlias = tuple[tuple[str, ...], tuple[Token, ...]]

_PARTS: Final = itemgetter(0)
_START: Final = itemgetter(1)

_LONGEST_RUN: Final = 6  # parts joined into one solid term; names have fewer
_LONGEST_REMEMBERED: Final = 40  # characters; longer chunks are links and formulas, seldom met twice
_LONGEST_STEMMED: Final = 40  # characters; nothing longer is an English word

_INVISIBLE: Final = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_ACCENTS: Final = re.compile("[\u0300-\u036f\ufe00-\ufe0f]")  # combining, and variation selectors
_CJK: Final = re.compile(
    "[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]"
)
_MARKS: Final = str.maketrans(dict.fromkeys("™℠©®", " "))  # NFKC would make letters of the first two
# Letters that Unicode does not decompose, though people type them otherwise.
_LETTERS: Final = str.maketrans(
    {
        "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "\u0131": "i",
        "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe",
        "\u02bc": "'",  # an apostrophe that Unicode counts among the letters
    }
)  # fmt: skip

_JOINER: Final = "[-_'\u2019\u2010-\u2013\u2212]"
_PIECE: Final = r"[^\W_]+(?:(?<=\d)\.(?=\d)[^\W_]+)*"  # with the dots of numbers: 2.5
_WRITTEN_WORD: Final = re.compile(
    rf"(?<![^\W_])[A-Za-z](?:\+\+|[#*](?!\w))"
    rf"|{_PIECE}(?:{_JOINER}{_PIECE})*"
    "|[\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff]"
)
_CHUNK: Final = re.compile(r"\S+")
_PUNCTUATION: Final = ".,;:!?()[]{}\"'`"
_PLAIN: Final = re.compile("[a-z ]*")
_HYPHENATED: Final = re.compile("[a-z]+(?:-[a-z]+)+")
_DIVIDER: Final = re.compile(_JOINER)
_POSSESSIVES: Final = ("'s", "'S", "\u2019s", "\u2019S")
_VERSIONED: Final = re.compile(r"([^\W\d_]{3,}?)([vV]?\d.*)")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Snowball keeps the s of "llms", "rnns" and "gpus", for want of an earlier vowel.
_ACRONYM_PLURAL: Final = re.compile("[b-df-hj-np-tv-xz]+[b-df-hj-np-rtv-xz]s|[b-df-hj-np-tv-xz]{2,}us")


def typed(text: str) -> str:
    """The text without what nobody types: soft hyphens, joiners, direction marks, trade marks."""
    return text if text.isascii() else _INVISIBLE.sub("", text).translate(_MARKS)


def fold(text: str) -> str:
    """The text without accents and compatibility forms; case stays, since it divides camel-cased names."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", typed(text))
    # Composed again: Korean syllables and voiced kana are characters of their own, not accented ones.
    return unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed)).translate(_LETTERS)


def tokens(text: str) -> list[Token]:
    """Every term of the text in order of position; neighbouring words have neighbouring positions."""
    found: list[Token] = []
    position = 0
    for parts, solids in divided(text):
        terms = [Token(part, at, at + 1) for at, part in enumerate(parts, position)]
        if solids:
            terms += [Token(term, position + start, position + end) for term, start, end in solids]
            terms.sort(key=_START)
        found += terms
        position += len(parts)
    return found


def terms_of(text: str) -> tuple[list[str], list[str]]:
    """The stemmed parts in order of position, one each, and the solid terms of words of several parts.

    What an index needs to know of a text; a solid term that stands twice in it comes twice.
    """
    found = divided(text)
    return (
        list(chain.from_iterable(map(_PARTS, found))),
        [solid.term for _, solids in found if solids for solid in solids],
    )


def positions(text: Sequence[Token]) -> int:
    """How many positions a text takes: its last term is the last part of its last word."""
    return text[-1].end if text else 0


def has_words(text: str) -> bool:
    """Whether there is anything in the text to look for."""
    return _WRITTEN_WORD.search(_spaced(text)) is not None


def written_words(text: str) -> list[tuple[str, ...]]:
    """The written words of the text, each as its parts in lower case, not stemmed."""
    if _PLAIN.fullmatch(text):  # as most: the rules below would say the same, slowly
        return [(word,) for word in text.split()]
    return [
        tuple([part.casefold() for part in _parts(word)]) for word in _WRITTEN_WORD.findall(_spaced(text))
    ]


def places(text: str, positions: Collection[int]) -> dict[int, tuple[int, int]]:
    """Where these positions of the text stand in it: from and up to which character.

    Only the chunks in which they stand are looked at letter by letter.
    """
    begins = list(accumulate(map(len, map(_PARTS, divided(text))), initial=0))
    chunks = list(map(re.Match.span, _CHUNK.finditer(text)))
    found: dict[int, tuple[int, int]] = {}
    for position in positions:
        number = bisect_right(begins, position) - 1  # chunks without a word begin where the next one does
        start, end = chunks[number]
        chunk = text[start:end]
        inside = (_short_places if len(chunk) <= _LONGEST_REMEMBERED else _places)(chunk)
        first, last = inside[position - begins[number]]
        found[position] = start + first, start + last
    return found


def _places(chunk: str) -> Sequence[tuple[int, int]]:
    folded, origins = _traced(chunk)
    found: list[tuple[int, int]] = []
    for word in _WRITTEN_WORD.finditer(folded):
        at = word.start()
        for part in _parts(word[0]):  # parts are pieces of the word, in its order
            start = folded.index(part, at)
            at = start + len(part)
            found.append((origins[start], origins[at - 1] + 1))
    return found


_short_places: Final = lru_cache(maxsize=1 << 14)(_places)


def _traced(chunk: str) -> tuple[str, Sequence[int]]:
    """The chunk as it is divided into words, and from which of its characters each character came."""
    if chunk.isascii():
        return chunk, range(len(chunk))
    pieces = [_spaced(char) for char in chunk]
    whole = _spaced(chunk)
    if "".join(pieces) == whole:
        return whole, [origin for origin, piece in enumerate(pieces) for _ in piece]
    # Some characters became one (Korean letters written apart): the best that can be said is "about here".
    last = max(len(whole) - 1, 1)
    return whole, [origin * (len(chunk) - 1) // last for origin in range(len(whole))]


def _spaced(text: str) -> str:
    return text if text.isascii() else _CJK.sub(r" \g<0> ", fold(text))


def divided(text: str) -> Sequence[ChunkTerms]:
    """Of each chunk between white space: its stemmed parts, and its solid terms with their positions in it.

    No term reaches over white space, so that chunks can be remembered: a few ten thousand make up
    nearly all text there is.
    """
    chunks = text.split()
    if max(map(len, chunks), default=0) <= _LONGEST_REMEMBERED:
        return list(map(_short_chunk, chunks))
    return [(_short_chunk if len(chunk) <= _LONGEST_REMEMBERED else divide)(chunk) for chunk in chunks]


def without_marks(chunk: str) -> str:
    """The chunk without the punctuation around it, which makes no difference to its terms."""
    return chunk.strip(_PUNCTUATION)


def divide(chunk: str) -> ChunkTerms:
    """The terms of one chunk between white space; see `divided`, which remembers them."""
    bare = without_marks(chunk)
    # Nineteen words in twenty are of two simple kinds, of which all the rules would say the same, slowly.
    if bare.isascii() and bare.isalpha() and len(bare) > 1 and (bare[1:].islower() or bare.isupper()):
        return (stem(bare.lower()),), ()
    words = [tuple(bare.split("-"))] if _HYPHENATED.fullmatch(bare) else written_words(bare)
    parts: list[str] = []
    solids: list[Token] = []
    for word in words:
        count, position = len(word), len(parts)
        parts += map(known_stem, word)
        solids += [
            Token(stem("".join(word[start:end])), position + start, position + end)
            for start in range(count - 1)
            for end in range(start + 2, min(count, start + _LONGEST_RUN) + 1)
        ]
    return tuple(parts), tuple(solids)


_short_chunk: Final = lru_cache(maxsize=1 << 14)(divide)  # some 9 MB; four times as many save little time


def _parts(word: str) -> list[str]:
    if word.endswith(_POSSESSIVES):
        word = word[:-2]
    parts: list[str] = []
    for piece in (word,) if word.isalnum() else _DIVIDER.split(word):
        if piece.isdecimal() or (piece.isalpha() and (piece[1:].islower() or piece.isupper())):
            parts.append(piece)  # most pieces: they have neither version nor hump
            continue
        versioned = None if piece.isalpha() else _VERSIONED.fullmatch(piece)
        for part in versioned.groups() if versioned else (piece,):
            parts += _humps(part)
    return parts


def _humps(part: str) -> list[str]:
    """A camel-cased name's words, or the name whole where one would be too short to mean something."""
    humps = _CAMEL.split(part)
    return humps if min(map(len, humps)) >= 3 else [part]


class _Stemmers(threading.local):
    """A stemmer holds the word it works on, so that each thread needs its own."""

    def __init__(self) -> None:
        self.english: Final = Stemmer("english", 0)


_stemmers: Final = _Stemmers()


def stem(term: str) -> str:
    """The term that stands for all endings of a word in lower case."""
    if len(term) > _LONGEST_STEMMED:
        return term
    stemmed: str = _stemmers.english.stemWord(term)
    return stemmed[:-1] if stemmed.endswith("s") and _ACRONYM_PLURAL.fullmatch(stemmed) else stemmed


known_stem: Final = lru_cache(maxsize=1 << 13)(stem)  # parts of long words, and of phrases, are mostly few
