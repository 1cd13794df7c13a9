"""Queries made from papers: a title or a passage, and what else the paper says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.bags import Floats
from training.vocabulary import Tokens

TITLE_WEIGHT: Final = 2
"""How many times a document's title counts, beside its abstract once: here and when papers are encoded."""


@dataclass(frozen=True, slots=True)
class PairSettings:
    """`titles`: how often the query is the title, and `beginnings`, of those, only its first tokens.
    Otherwise it is a passage of the abstract of `passage` tokens, first and last number included.
    """

    titles: float = 0.4
    beginnings: float = 0.3
    beginning: tuple[int, int] = (2, 8)
    passage: tuple[int, int] = (5, 24)


@dataclass(frozen=True, slots=True)
class Papers:
    """The tokens of some papers, in one order."""

    titles: Sequence[Tokens]
    abstracts: Sequence[Tokens]

    def __len__(self) -> int:
        return len(self.titles)


def draw_pair(
    title: Tokens, abstract: Tokens, settings: PairSettings, rng: np.random.Generator
) -> tuple[Tokens, Tokens]:
    """A query and the document that it must find, which lacks the passage that the query was taken from."""
    shortest, longest = settings.passage
    if rng.random() < settings.titles or len(abstract) < 2 * longest:
        fewest, most = settings.beginning
        if len(title) > most // 2 and rng.random() < settings.beginnings:
            return title[: rng.integers(fewest, most + 1)], abstract
        return title, abstract
    length = rng.integers(shortest, longest + 1)
    begin = rng.integers(0, len(abstract) - length + 1)
    rest = [abstract[:begin], abstract[begin + length :], *[title] * TITLE_WEIGHT]
    return abstract[begin : begin + length], np.concatenate(rest)


def batches(
    documents: Floats | None, count: int, size: int, group: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """One round over papers 0 … `count` - 1 in batches of `size`; what is left over waits for another round.

    With `documents`, the papers' vectors, each batch is made of groups of about `group` papers near to each
    other, which are harder to tell apart: all are halved again and again, across the line between two of them
    (random projection trees, Dasgupta and Freund 2008).
    """
    groups = [rng.permutation(count)]
    while documents is not None and len(groups[0]) > group:
        halves = [_halve(documents, members, rng) for members in groups]
        groups = [half for pair in halves for half in pair]
    order = np.concatenate([groups[place] for place in rng.permutation(len(groups))])
    for begin in range(0, count - size + 1, size):
        yield order[begin : begin + size]


def _halve(
    documents: Floats, members: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    one, other = documents[rng.choice(members, 2, replace=False)]
    ordered = members[np.argsort(documents[members] @ (one - other))]
    middle = len(members) // 2
    return ordered[:middle], ordered[middle:]
