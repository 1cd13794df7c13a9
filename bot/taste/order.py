"""The personal order: nearest neighbours among the papers that somebody marked. Pure.

A paper's nearness is the mean cosine with the five nearest of the papers that they want more of, less the
same with those that they want less of. Papers stand by nearness and by their place in the common order
together. Whoever has marked none has no taste, and sees exactly the common order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.people.model import Mark
from bot.taste.model import Taught

Floats = NDArray[np.float32]

_NEIGHBOURS: Final = 5
_WEIGHT: Final = 10.0  # of nearness, where the common order counts 1 for the first paper and 0 for the last
_ALIKE: Final = 99.0  # per cent of the pairs of papers that are less near than two that resemble each other
_SAMPLED: Final = 400  # papers whose pairs say what is near; of more, evenly taken ones


@dataclass(frozen=True, slots=True)
class Likeness:
    """The paper of somebody's own that another one resembles, and how it came to be theirs."""

    paper_id: int
    mark: Mark


class Space:
    """Where papers lie in meaning: those among which an order is wanted, and what counts as near there."""

    def __init__(self, numbers: Sequence[int], vectors: Floats) -> None:
        """`vectors` (n, dimensions) are those of `numbers`, each of length 1, or 0 where there is none."""
        self._rows: Final[Mapping[int, int]] = {number: row for row, number in enumerate(numbers)}
        self._vectors = vectors
        self._alike: float | None = None

    def of(self, numbers: Iterable[int]) -> Floats:
        """The vectors of some of its papers → (n, dimensions)."""
        return self._vectors[[self._rows[number] for number in numbers]]

    @property
    def alike(self) -> float:
        """The least cosine of two papers that resemble each other: one pair of a hundred here is nearer.

        It is measured and not fixed, since encoders differ in what cosines they give to unrelated texts.
        """
        if self._alike is None:
            known = self._vectors[np.any(self._vectors, axis=1)]
            some = known[:: max(1, -(-len(known) // _SAMPLED))]
            pairs = (some @ some.T)[np.triu_indices(len(some), 1)]
            self._alike = float(np.percentile(pairs, _ALIKE)) if len(pairs) else 1.0
        return self._alike


class Taste:
    """What one recipient likes, among the papers of a space."""

    def __init__(self, space: Space, taught: Taught, wanted: Floats, unwanted: Floats) -> None:
        """`wanted` and `unwanted` are the vectors of the papers that taught, in their order."""
        self._space = space
        self.choices: Final = taught.choices
        self.team: Final = taught.team
        self._own = tuple(taught.wanted.items())
        self._wanted = wanted
        self._unwanted = unwanted

    def ordered(self, numbers: Sequence[int]) -> list[int]:
        """Papers of the space that stand in the common order, in the recipient's own: what a team saved comes
        first, by how many did.
        """
        if len(numbers) < 2:
            return list(numbers)
        vectors = self._space.of(numbers)
        nearness = _nearness(vectors, self._wanted) - _nearness(vectors, self._unwanted)
        common = 1 - np.arange(len(numbers)) / (len(numbers) - 1)
        places = np.argsort(-(common + _WEIGHT * nearness), kind="stable")
        near = [numbers[place] for place in places]
        return sorted(near, key=lambda number: -self.team.get(number, 0)) if self.team else near

    def likenesses(self, numbers: Sequence[int]) -> dict[int, Likeness]:
        """Which of the recipient's own papers each of these resembles; those that resemble none, or what
        they want less of as much, are left out.
        """
        if not self._own or not numbers:
            return {}
        vectors = self._space.of(numbers)
        cosines = vectors @ self._wanted.T
        nearest, best = cosines.argmax(axis=1), cosines.max(axis=1)
        against = _nearest(vectors, self._unwanted)
        return {
            number: Likeness(*self._own[place])
            for number, place, near, far in zip(numbers, nearest, best, against, strict=True)
            if near >= self._space.alike and near > far and number != self._own[place][0]
        }

    def best(self, numbers: Sequence[int], limit: int) -> list[int]:
        """Of these papers, in the common order, those that resemble any of the recipient's own: the first
        `limit` of them in their order.
        """
        alike = self.likenesses(numbers)
        return self.ordered([number for number in numbers if number in alike])[:limit]


def _nearness(vectors: Floats, others: Floats) -> Floats:
    """The mean cosine of each vector (n, dimensions) with the nearest of others (m, dimensions) → (n,)."""
    if not len(others):
        return np.zeros(len(vectors), np.float32)
    cosines = vectors @ others.T
    count = min(_NEIGHBOURS, len(others))
    nearest: Floats = np.partition(cosines, -count, axis=1)[:, -count:].mean(axis=1)
    return nearest


def _nearest(vectors: Floats, others: Floats) -> Floats:
    """The greatest cosine of each vector with any of others → (n,)."""
    if not len(others):
        return np.zeros(len(vectors), np.float32)
    greatest: Floats = (vectors @ others.T).max(axis=1)
    return greatest


__all__ = ["Likeness", "Space", "Taste"]
