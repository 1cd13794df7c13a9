"""The order of what a search found: words and meaning fused, titles first, popularity and age last. Pure.

Each leg's scores are scaled to its best, and added by weight. On known items this sum finds more than
reciprocal ranks do, which forget by how much a hit is ahead (`paperboy evaluate search` measures it).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from bot.model import Paper, Signal
from bot.search.ports import Hit
from bot.search.stop import content_words
from bot.search.tokens import terms_of


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of a score may add at most; words and meaning share 1 between them.

    Two or three words say exactly what is meant, while a long description is told by other words than
    the paper's own: with each content word, meaning counts for more.
    """

    least_meaning: float = 0.1  # of two content words and fewer
    most_meaning: float = 0.5
    meaning_a_word: float = 0.075
    examples: int = 3  # papers that a longer text's meaning is also taken from
    example_words: int = 5  # content words that make a text so long
    title_begins: float = 0.4  # the title begins with the very words
    title_holds: float = 0.2  # the title has the words side by side
    popularity: float = 0.06
    recency: float = 0.04

    def meaning(self, text: str) -> float:
        """The share of meaning for a text that is looked for."""
        grown = self.least_meaning + self.meaning_a_word * (content_words(text) - 2)
        return min(max(grown, self.least_meaning), self.most_meaning)

    def exemplified(self, text: str) -> int:
        """How many papers say beside the text what is meant by it: none for a name or a few words."""
        return self.examples if content_words(text) >= self.example_words else 0


WEIGHTS: Final = Weights()

_HALF_POPULAR: Final = 50.0  # upvotes at which popularity is half of what it can be
_UPVOTES_WORTH: Final[Mapping[Signal, float]] = MappingProxyType(
    # A star is given to a repository for years, a citation by another paper: how many upvotes each is worth.
    {Signal.UPVOTES: 1.0, Signal.STARS: 0.02, Signal.CITATIONS: 0.5, Signal.HN_POINTS: 0.5}
)
_HALF_LIFE: Final = timedelta(days=365)


class Fused(NamedTuple):
    """A paper that some leg proposed, and what its score is made of."""

    paper_id: int
    parts: Mapping[str, float]

    @property
    def score(self) -> float:
        return sum(self.parts.values())


def fuse(
    text: str,
    words: Iterable[Hit],
    meaning: Iterable[Hit],
    titles: Mapping[int, str],
    weights: Weights = WEIGHTS,
) -> list[Fused]:
    """Everything that a leg found for the text, the best first; equal scores stand in the papers' order.

    `titles` are of papers whose title has the words side by side, by number.
    """
    in_words, in_meaning = _scaled(words), _scaled(meaning)
    share = weights.meaning(text) if in_words and in_meaning else 1.0  # a leg that stands alone has it all
    parts: dict[int, dict[str, float]] = {}
    for paper_id, score in in_words.items():
        parts[paper_id] = {"words": score * (1 - share if in_meaning else 1.0)}
    for paper_id, score in in_meaning.items():
        parts.setdefault(paper_id, {})["meaning"] = score * share
    for paper_id, title in titles.items():
        if bonus := title_part(text, title, weights):
            parts.setdefault(paper_id, {})["title"] = bonus
    order = sorted((-sum(found.values()), paper_id) for paper_id, found in parts.items())
    return [Fused(paper_id, parts[paper_id]) for _, paper_id in order]


def _scaled(hits: Iterable[Hit]) -> dict[int, float]:
    """Each paper's best score as a share of the leg's best; zero and less is as good as not found."""
    best: dict[int, float] = {}
    for paper_id, score in hits:
        if score > best.get(paper_id, 0.0):
            best[paper_id] = score
    top = max(best.values(), default=0.0)
    return {paper_id: score / top for paper_id, score in best.items()}


@lru_cache(maxsize=1 << 7)  # of what was typed, for each title; of a title, to order and to judge it
def _terms(text: str) -> tuple[str, ...]:
    return tuple(terms_of(text)[0])


def title_part(text: str, title: str, weights: Weights = WEIGHTS) -> float:
    """What a title adds that begins with the words of `text`, or has them side by side."""
    wanted, there = _terms(text), _terms(title)
    width = len(wanted)
    if not wanted or width > len(there):
        return 0.0
    if there[:width] == wanted:
        return weights.title_begins
    found = any(there[at : at + width] == wanted for at in range(1, len(there) - width + 1))
    return weights.title_holds if found else 0.0


def is_title(text: str, title: str) -> bool:
    """Whether the text is the title, whole, however it is capitalised, hyphenated or accented."""
    wanted, there = _terms(text), _terms(title)
    return bool(wanted) and (wanted == there or "".join(wanted) == "".join(there))


def prior(
    paper: Paper, signals: Mapping[Signal, int], now: datetime, weights: Weights = WEIGHTS
) -> Mapping[str, float]:
    """What popularity and age add: little, so that they decide only between papers that fit alike.

    Popularity grows with upvotes, and with stars, citations and points as far as they are worth upvotes, and
    levels off; recency halves every year. A paper without a date has none.
    """
    worth = sum(max(0, signals.get(signal, 0)) * rate for signal, rate in _UPVOTES_WORTH.items())
    found = {"popularity": weights.popularity * worth / (worth + _HALF_POPULAR)} if worth else {}
    if paper.published_at is not None:
        age = max(now - paper.published_at, timedelta())
        found["recency"] = weights.recency * math.exp2(-(age / _HALF_LIFE))
    return found


__all__ = ["WEIGHTS", "Fused", "Weights", "fuse", "is_title", "prior", "title_part"]
