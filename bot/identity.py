"""When two descriptions are of one paper: pure rules about ids, titles, abstracts and names."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from bot.model import IdScheme, PaperId

_RANK: Final = {scheme: rank for rank, scheme in enumerate(IdScheme)}  # declared best first

# Letters that Unicode does not decompose, as people type them without the right keyboard.
_PLAIN: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i"})

_SUFFIXES: Final = frozenset({"jr", "sr", "ii", "iii", "iv"})

# Shares of the smaller side that both sides must have in common. Generous, since the titles are equal
# already: abstracts lose their TeX, or are cut; lists of authors are cut, or lack those who joined later.
_WORDS_SHARED: Final = 0.8
_NAMES_SHARED: Final = 0.5

_SIGNS: Final = {code: None for code in range(128) if not chr(code).isalnum()}  # of ASCII

_FEW_WORDS: Final = 10  # with fewer different words than this an abstract must be the same, not only alike


class Described(Protocol):
    """What is compared beyond the title."""

    @property
    def abstract(self) -> str: ...
    @property
    def authors(self) -> Sequence[str]: ...


def best_first(ids: Iterable[PaperId]) -> tuple[PaperId, ...]:
    """Without repeats: arXiv's before a DOI before our own, each in order of its text."""
    return tuple(sorted(set(ids), key=lambda i: (_RANK[i.scheme], i.value)))


def identified(ids: Iterable[PaperId]) -> bool:
    """Whether one of the ids was given by somebody else than us."""
    return any(i.scheme is not IdScheme.LOCAL for i in ids)


def apart(ids: Iterable[PaperId], others: Iterable[PaperId]) -> bool:
    """Whether arXiv itself holds the two for different papers, whatever DOI they share."""
    ours = {i for i in ids if i.scheme is IdScheme.ARXIV}
    theirs = {i for i in others if i.scheme is IdScheme.ARXIV}
    return bool(ours and theirs) and not ours & theirs


def title_key(title: str) -> str:
    """The title's letters and digits without case, accents and width; its text where it has none.

    Applying it to its own result changes nothing.
    """
    folded = _folded(title)
    # The same for both; ASCII is translated many times as fast.
    key = folded.translate(_SIGNS) if folded.isascii() else "".join(c for c in folded if c.isalnum())
    return key or "".join(title.split())


def local_id(title: str) -> PaperId:
    """The id of a paper that nobody gave one: 16 hexadecimal digits of SHA-256 of the normalised title."""
    digest = hashlib.sha256(title_key(title).encode()).hexdigest()
    return PaperId(IdScheme.LOCAL, digest[:16])


def agree(one: Described, other: Described) -> bool:
    """Whether abstracts or authors say that two papers of the same title are the same; symmetric.

    What is missing agrees with nothing: a title alone proves nothing.
    """
    return _abstracts_agree(one.abstract, other.abstract) or _authors_agree(one.authors, other.authors)


def _abstracts_agree(one: str, other: str) -> bool:
    words, others = _words(one), _words(other)
    smaller = min(len(words), len(others))
    if smaller < _FEW_WORDS:
        return bool(words) and words == others
    return len(words & others) >= _WORDS_SHARED * smaller


def _authors_agree(one: Sequence[str], other: Sequence[str]) -> bool:
    names = {_name_key(name) for name in one}
    others = {_name_key(name) for name in other}
    shared = (names & others) - {("", "")}
    return bool(shared) and len(shared) >= _NAMES_SHARED * min(len(names), len(others))


def _name_key(name: str) -> tuple[str, str]:
    """Family name and first initial: `José P. García`, `J. Garcia` and `Garcia, José` are the same."""
    family, comma, given = name.partition(",")
    parts = re.findall(r"\w+", _folded(f"{given} {family}" if comma and given.strip() else name))
    while len(parts) > 1 and parts[-1] in _SUFFIXES:
        parts.pop()
    if not parts:
        return "", ""
    return parts[-1], parts[0][0] if len(parts) > 1 else ""


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", _folded(text)))


def _folded(text: str) -> str:
    """Compatibility-decomposed and case-folded, without combining marks."""
    if text.isascii():  # nearly every title: nothing to decompose
        return text.lower()
    # Case folding can give back what decomposition takes apart, and the reverse: both twice is stable.
    for _ in range(2):
        text = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN)
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
