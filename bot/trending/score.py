"""Scores with their parts, and the total order they give.

The score of a paper is the number of upvotes it gained in the window, plus a small, bounded bonus where other
signals rose: `5·log2(1 + gain/10)` for GitHub stars and for Hacker News points, so that 10 more stars weigh
like 5 upvotes, 150 like 20 and 10,000 like 50. Upvotes lead because nothing recorded so far orders a day
better: on 132 recorded days, the order by first upvotes agrees with the later count at Spearman 0.860, and
adding comments at any weight changes that by less than 0.002 for the better and up to 0.04 for the worse.
"""

import math
from collections.abc import Iterable
from heapq import nsmallest
from typing import Final, NamedTuple

from bot.model import Component, PaperSeries, Series, Signal
from bot.trending.merge import merged
from bot.trending.windows import appeared_at

_BONUS_SIGNALS: Final = (Signal.STARS, Signal.HN_POINTS)
_BONUS_WEIGHT: Final = 5.0
_BONUS_SCALE: Final = 10.0


class Scored(NamedTuple):
    """A paper's score in one window."""

    paper: PaperSeries
    new: bool  # first listed within the window
    score: float
    components: tuple[Component, ...]
    upvotes: int  # all it has, whenever they came; 0: nobody told


def gain(series: Series, since: int, *, new: bool) -> int:
    """How much a signal rose in the window that began at `since` (ms); never negative.

    For a paper that is new in it, everything; else what was seen to be added. What an older paper had when
    it was first read was no gain of this window.
    """
    if new:
        return max(series.last, 0)
    if series.single or series.last_at <= since:
        return 0
    before = series.at(since)
    return max(series.last - (series.first if before is None else before[1]), 0)


def bonus(amount: int) -> float:
    """Points for a gain of `amount` in a signal other than upvotes; rounded, so that order is portable."""
    return round(_BONUS_WEIGHT * math.log2(1 + amount / _BONUS_SCALE), 2)


def score(paper: PaperSeries, since: int) -> Scored | None:
    """The paper's score in the window that began at `since` (ms), or `None` if nothing rose in it.

    Stars count only as far as they were seen to rise: a repository may be years older than its paper.
    """
    new = paper.list_day is not None and appeared_at(paper) >= since
    points = 0.0
    components: list[Component] = []
    upvotes = merged(paper, Signal.UPVOTES)
    if upvotes is not None and (amount := gain(upvotes, since, new=new)):
        points = float(amount)
        components.append(Component(Signal.UPVOTES, amount, points))
    for signal in _BONUS_SIGNALS:
        series = merged(paper, signal)
        if series is not None and (amount := gain(series, since, new=new and signal is not Signal.STARS)):
            extra = bonus(amount)
            points += extra
            components.append(Component(signal, amount, extra))
    if not components:
        return None
    if len(components) > 1:  # each is rounded, but floating-point sums of such numbers are not
        points = round(points, 2)
    return Scored(paper, new, points, tuple(components), upvotes.last if upvotes is not None else 0)


def best(papers: Iterable[PaperSeries], since: int, size: int) -> list[Scored]:
    """The `size` papers with the highest scores, best first. The order is total: ties go to more upvotes,
    then to the paper seen earlier, then by key.
    """
    return nsmallest(size, filter(None, (score(paper, since) for paper in papers)), key=_order)


def _order(entry: Scored) -> tuple[float, int, int, str]:
    return (-entry.score, -entry.upvotes, entry.paper.first_seen_at, entry.paper.key)
