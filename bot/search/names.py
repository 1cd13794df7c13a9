"""When two ways of writing a person's name may mean one person.

- the family name stands last, or before a comma, or before closing initials ("LeCun Y."), and must agree
  whole; a name of several words (van der Maaten, García Márquez) may be asked for by its end ("Maaten")
- given names must agree one by one from the first on, as far as both sides have them, and an initial
  agrees with every name that begins with it: "Y. LeCun" and "Yann A. LeCun" agree, "Wei Yang" and
  "Y. Wang" do not
- case, accents, hyphens and spaces inside a name do not count ("Le Cun", "Xiao-Ming" and "Xiaoming"); ä, ö,
  ø, ü and å may also be written ae, oe, oe, ue and aa: "Müller" agrees with "Muller" and with "Mueller"
- two or three capital consonants before a family name are initials: "JB Alayrac" is "J. B. Alayrac"
- a family name alone agrees with everyone who bears it; a given name alone with nobody, for half the
  world's family names are given names of the other half
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from bot.search.tokens import fold

Given = tuple[str, ...]
NameIndex = Mapping[str, Sequence[Given]]
"""Every reading of some people's family names, each with the given names before it."""

_SUFFIXES: Final = frozenset({"jr", "sr", "ii", "iii", "iv"})
_INITIALS: Final = re.compile(r"[^\W\d_](?:[.-]+[^\W\d_])*\.*")  # "Y.", "Y.A.", "J.-P."
_RUN_OF_INITIALS: Final = re.compile(
    r"(?<!\S)[B-DF-HJ-NP-TV-XZ]{2,3}(?=\s+\w)|(?<=,)\s*[B-DF-HJ-NP-TV-XZ]{2,3}\s*$"
)
# What people write who lack the letters, beside leaving the dots out. Of æ and ß that is all they can.
_SPELT_OUT: Final = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ø": "oe",
        "ü": "ue",
        "å": "aa",
        "Ä": "Ae",
        "Ö": "Oe",
        "Ø": "Oe",
        "Ü": "Ue",
        "Å": "Aa",
    }
)
_NO_LETTER: Final = re.compile(r"[\W_]+")


def name_words(name: str) -> tuple[str, ...]:
    """A name as folded words, the given names first; initials are words of one letter."""
    if _RUN_OF_INITIALS.search(name):
        name = _RUN_OF_INITIALS.sub(lambda run: f" {'.'.join(run[0].strip())}. ", name)
    if name.isascii() and name.replace(" ", "").isalpha():  # most names: nothing has to be cut from them
        words = _without_suffix(name.lower().split())
    else:
        family, comma, given = fold(name).casefold().partition(",")
        if comma and not _SUFFIXES.issuperset(_words(given)):
            return (*_words(given), *_words(family))
        words = _words(family)
    if len(words) > 1 and len(words[-1]) > 1:
        return words
    last = max((at for at, word in enumerate(words) if len(word) > 1), default=len(words) - 1)
    return (*words[last + 1 :], *words[: last + 1])  # "LeCun Y. A."


def all_name_words(name: str) -> tuple[tuple[str, ...], ...]:
    """What `name_words` gives, and again of the name with ü written as ue, if it has such letters."""
    words = name_words(name)
    if name.isascii():
        return (words,)
    composed = unicodedata.normalize("NFC", name)
    spelt_out = composed.translate(_SPELT_OUT)
    return (words,) if spelt_out == composed else (words, name_words(spelt_out))


def _words(text: str) -> tuple[str, ...]:
    words: list[str] = []
    for part in text.split():
        if part.isalpha():
            words.append(part)
        elif _INITIALS.fullmatch(part):
            words += _NO_LETTER.sub("", part)
        else:  # "Y.LeCun" has no space to divide it
            words += filter(None, (_NO_LETTER.sub("", piece) for piece in part.split(".")))
    return _without_suffix(words)


def _without_suffix(words: list[str]) -> tuple[str, ...]:
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return tuple(words)


def index_names(names: Iterable[str]) -> NameIndex:
    """The names of some people, ready to be asked by `agrees`."""
    index: defaultdict[str, list[Given]] = defaultdict(list)
    for name in names:
        for words in all_name_words(name):
            for start in range(len(words)):
                index["".join(words[start:])].append(words[:start])
    return dict(index)


@lru_cache(maxsize=1 << 8)  # asked for by whoever proposes papers, then by the judge
def readings(name: str) -> tuple[tuple[str, Given], ...]:
    """A name that is looked for, as the pairs of family name and given names that it may be.

    All of it may be a family name ("van der Maaten"), but never if it has initials.
    """
    found: list[tuple[str, Given]] = []
    for words in all_name_words(name):
        first = 1 if len(words) > 1 and any(len(word) == 1 for word in words) else 0
        found += (("".join(words[start:]), words[:start]) for start in range(first, len(words)))
    return tuple(found)


def agrees(wanted: Iterable[tuple[str, Given]], people: NameIndex) -> bool:
    """Whether one of the people may be the one whose readings are `wanted`."""
    return any(_given_agree(given, theirs) for family, given in wanted for theirs in people.get(family, ()))


def _given_agree(wanted: Given, theirs: Given) -> bool:
    if not wanted:
        return True
    if not theirs:
        return False
    if "".join(wanted) == "".join(theirs):
        return True
    return all(
        a == b or (a[0] == b[0] and min(len(a), len(b)) == 1) for a, b in zip(wanted, theirs, strict=False)
    )
