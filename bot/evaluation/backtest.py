"""The back-test: days as they stood in the morning, ranked by each formula, and what became of them. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from bot.evaluation.agreement import covered, precision, spearman
from bot.evaluation.formulas import BASELINE, FORMULAS, Order
from bot.evaluation.measures import Interval, bootstrap
from bot.evaluation.split import Split, split_of
from bot.model import Batch, PaperSeries

LEAST_PAPERS: Final = 6  # of a day: of fewer, the first five say nothing


@dataclass(frozen=True, slots=True)
class Day:
    """One list as it was observed by `as_of`, and what its papers came to."""

    day: date
    as_of: datetime
    batches: tuple[Batch, ...]  # the list itself and the one before it, newest first
    papers: tuple[PaperSeries, ...]
    later: Mapping[str, float]  # by key, the greater the better; also of papers that came after `as_of`


@dataclass(frozen=True, slots=True)
class Body:
    """Days of one kind, in order."""

    name: str
    later: str  # what the days are judged by, in words
    days: tuple[Day, ...]
    measures: tuple[str, ...]
    synthetic: str = ""  # which series were not read but made up, and how; empty: none


MEASURES: Final[Mapping[str, Callable[[Order, Mapping[str, float]], float]]] = MappingProxyType(
    {
        "spearman": spearman,
        "p_3": lambda order, later: precision(order, later, 3),
        "p_5": lambda order, later: precision(order, later, 5),
        "p_10": lambda order, later: precision(order, later, 10),
        "coverage_5": lambda order, later: covered(order, later, 5),
        "coverage_10": lambda order, later: covered(order, later, 10),
    }
)
"""What is measured of an order: by name, in the order of the table."""


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one formula on the days of one body and split; `gains` are over upvotes alone."""

    body: Body
    split: Split
    formula: str
    days: int
    papers: int
    figures: Mapping[str, float]
    gains: Mapping[str, Interval]


def rows(body: Body, splits: Sequence[Split], *, resamples: int, seed: int) -> Iterator[Row]:
    """A row for each split that has days, and each formula that can rank them."""
    told = {signal for day in body.days for paper in day.papers for signal, _ in paper.signals}
    orders = {
        name: [formula.order(day) for day in body.days]
        for name, formula in FORMULAS.items()
        if formula.needs in told
    }
    for split in splits:
        places = [
            place
            for place, day in enumerate(body.days)
            if split is Split.ALL or split_of(day.day.isoformat()) is split
        ]
        if not places:
            continue
        papers = sum(len(body.days[place].papers) for place in places)
        values = {
            name: {
                measure: [MEASURES[measure](found[place], body.days[place].later) for place in places]
                for measure in body.measures
            }
            for name, found in orders.items()
        }
        for name, by_measure in values.items():
            gains = {
                measure: bootstrap(
                    [one - other for one, other in zip(mine, values[BASELINE][measure], strict=True)],
                    resamples=resamples,
                    seed=seed,
                )
                for measure, mine in by_measure.items()
                if name != BASELINE
            }
            figures = {measure: sum(mine) / len(mine) for measure, mine in by_measure.items()}
            yield Row(body, split, name, len(places), papers, figures, gains)


def sample(body: Body, days: int) -> Body:
    """The body with at most so many of its days, spread evenly over all of them."""
    every = len(body.days)
    if every <= days:
        return body
    return replace(body, days=tuple(body.days[place * every // days] for place in range(days)))


__all__ = ["LEAST_PAPERS", "MEASURES", "Body", "Day", "Row", "rows", "sample"]
