"""When two ways of writing a person's name may mean one person.

- the family name stands last, or before a comma, or before closing initials ("LeCun Y."), and must agree
  whole; a name of several words (van der Maaten, García Márquez) may be asked for by its end ("Maaten")
- given names must agree one by one from the first on, as far as both sides have them, and an initial
  agrees with every name that begins with it: "Y. LeCun" and "Yann A. LeCun" agree, "Wei Yang" and
  "Y. Wang" do not
- case, accents, hyphens and spaces inside a name do not count ("Le Cun", "Xiao-Ming" and "Xiaoming")
- a family name alone agrees with everyone who bears it; a given name alone with nobody, for half the
  world's family names are given names of the other half
"""

import re
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
_NO_LETTER: Final = re.compile(r"[\W_]+")


def name_words(name: str) -> tuple[str, ...]:
    """A name as folded words, the given names first; initials are words of one letter."""
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
        words = name_words(name)
        for start in range(len(words)):
            index["".join(words[start:])].append(words[:start])
    return dict(index)


@lru_cache(maxsize=1 << 8)  # asked for by whoever proposes papers, then by the judge
def readings(name: str) -> tuple[tuple[str, Given], ...]:
    """A name that is looked for, as the pairs of family name and given names that it may be.

    All of it may be a family name ("van der Maaten"), but never if it has initials.
    """
    words = name_words(name)
    first = 1 if len(words) > 1 and any(len(word) == 1 for word in words) else 0
    return tuple(("".join(words[start:]), words[:start]) for start in range(first, len(words)))


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
