"""Scores with their parts, and the total order they give.

The score of a paper is the number of upvotes it gained in the window. GitHub stars and Hacker News points
that rose are told with it and give no points: nothing recorded orders a day better than upvotes alone do, and
a bonus for stars orders it worse (`docs/ranking.md` has the figures).
"""

from collections.abc import Iterable
from heapq import nsmallest
from typing import Final, NamedTuple

from bot.model import Component, PaperSeries, Series, Signal
from bot.trending.merge import merged
from bot.trending.windows import appeared_at

_TOLD_SIGNALS: Final = (Signal.STARS, Signal.HN_POINTS)


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


def score(paper: PaperSeries, since: int) -> Scored | None:
    """The paper's score in the window that began at `since` (ms), `None` if it neither came nor rose in it.

    One that came on a list in it counts from its first reading on, without an upvote too: one in a hundred of
    a day's final best ten has none in the morning. Stars count only as far as they were seen to rise: a
    repository may be years older than its paper.
    """
    new = paper.list_day is not None and appeared_at(paper) >= since
    points = 0.0
    components: list[Component] = []
    upvotes = merged(paper, Signal.UPVOTES)
    if upvotes is not None and ((amount := gain(upvotes, since, new=new)) or new):
        points = float(amount)
        components.append(Component(Signal.UPVOTES, amount, points))
    for signal in _TOLD_SIGNALS:
        series = merged(paper, signal)
        if series is not None and (amount := gain(series, since, new=new and signal is not Signal.STARS)):
            components.append(Component(signal, amount, 0.0))
    if not components:
        return None
    return Scored(paper, new, points, tuple(components), upvotes.last if upvotes is not None else 0)


def best(papers: Iterable[PaperSeries], since: int, size: int) -> list[Scored]:
    """The `size` papers with the highest scores, best first. The order is total: ties go to more upvotes,
    then to the paper seen earlier, then by key.
    """
    return nsmallest(size, filter(None, (score(paper, since) for paper in papers)), key=_order)


def _order(entry: Scored) -> tuple[float, int, int, str]:
    return (-entry.score, -entry.upvotes, entry.paper.first_seen_at, entry.paper.key)
