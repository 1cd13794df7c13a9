"""How well the right papers were found, and how sure a difference is. Pure: every draw is seeded."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

RESAMPLES: Final = 4_000
SEED: Final = 20_251
_OUTSIDE: Final = (0.025, 0.975)  # what a 95 % interval leaves out on either side


class Found(NamedTuple):
    """What one question came to: the places, from 1, of the right papers, and how many there are."""

    places: tuple[int, ...]
    wanted: int = 1

    def within(self, cut: int) -> int:
        """How many of the right papers stand among the first `cut` results."""
        return sum(place <= cut for place in self.places)

    def recall(self, cut: int) -> float:
        """The share of the right papers among the first `cut` results."""
        return self.within(cut) / self.wanted

    @property
    def reciprocal_rank(self) -> float:
        """1 over the place of the first right paper; 0 if none was found."""
        return 1 / self.places[0] if self.places else 0.0


Measure = Callable[[Found], float]


class Interval(NamedTuple):
    """A mean difference, and the bounds between which it lies with a probability of 95 %."""

    difference: float
    low: float
    high: float


def mean(found: Sequence[Found], measure: Measure) -> float:
    """The mean over some questions; 0 for none."""
    return sum(map(measure, found)) / len(found) if found else 0.0


def compare(
    ours: Sequence[Found], theirs: Sequence[Found], measure: Measure, *, resamples: int = RESAMPLES
) -> Interval:
    """By how much `ours` exceeds `theirs`, which answer the same questions in the same order."""
    pairs = zip(ours, theirs, strict=True)
    return bootstrap([measure(one) - measure(other) for one, other in pairs], resamples=resamples)


def bootstrap(differences: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """The mean of paired differences; all 0 for none.

    The interval is the paired percentile bootstrap's (Efron and Tibshirani, An Introduction to the Bootstrap,
    1993, chapter 13): the pairs are drawn anew with replacement, each as a whole.
    """
    import numpy as np  # noqa: PLC0415 - loaded only where figures are made

    if not differences:
        return Interval(0.0, 0.0, 0.0)
    drawn = np.array(differences)
    draws = np.random.default_rng(seed)
    size = len(drawn)
    means = [drawn[draws.integers(0, size, size)].mean() for _ in range(resamples)]
    low, high = np.quantile(means, _OUTSIDE)
    return Interval(float(drawn.mean()), float(low), float(high))


__all__ = ["RESAMPLES", "SEED", "Found", "Interval", "Measure", "bootstrap", "compare", "mean"]
