"""How well an order made early agrees with what came later. Pure."""

from collections.abc import Mapping, Sequence

from bot.evaluation.formulas import Order


def spearman(order: Order, later: Mapping[str, float]) -> float:
    """The rank correlation of the papers in both, equal values sharing their mean rank; 0 where one side
    does not tell papers apart.
    """
    import numpy as np  # noqa: PLC0415 - loaded only where figures are made

    both = [key for key in order if key in later]
    if len(both) < 2:
        return 0.0
    early, late = _ranks([order[key] for key in both]), _ranks([later[key] for key in both])
    if len(set(early)) == 1 or len(set(late)) == 1:
        return 0.0
    return float(np.corrcoef(early, late)[0, 1])


def precision(order: Order, later: Mapping[str, float], cut: int) -> float:
    """Which share of the first `cut` papers are among the first `cut` of later."""
    return len(set(list(order)[:cut]) & set(_leading(later, cut))) / cut


def covered(order: Order, later: Mapping[str, float], cut: int) -> float:
    """Which share of the first `cut` papers of later stand in the order at all."""
    leading = _leading(later, cut)
    return sum(key in order for key in leading) / len(leading)


def _leading(later: Mapping[str, float], cut: int) -> list[str]:
    """The first papers of later; of equals those that stood first in its own order."""
    return sorted(later, key=lambda key: -later[key])[:cut]


def _ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value from 1, equal ones sharing the mean of theirs."""
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values), start=1):
        places.setdefault(value, []).append(place)
    return [sum(places[value]) / len(places[value]) for value in values]


__all__ = ["covered", "precision", "spearman"]
