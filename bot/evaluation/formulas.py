"""The formulas that are compared: ours as the bot runs it, and others on the very same series. Pure."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from bot.model import Batch, PaperSeries, Signal, Window, utc_ms
from bot.trending.merge import merged
from bot.trending.rank import rank
from bot.trending.score import gain
from bot.trending.windows import window_start

Order = Mapping[str, float]
"""Papers by key, best first, each with its value; those that a formula cannot rank are not in it."""

_HOUR: Final = 3_600_000
_GRAVITY: Final = 1.8  # Hacker News'
_HEAD_START: Final = 2  # hours, Hacker News'
_TENFOLD: Final = 45_000  # seconds that weigh like ten times the votes, Reddit's


class Observed(Protocol):
    """A day as it stood when the early reading was made."""

    @property
    def as_of(self) -> datetime: ...

    @property
    def batches(self) -> Sequence[Batch]: ...

    @property
    def papers(self) -> Sequence[PaperSeries]: ...


class Formula(NamedTuple):
    """A way to order a day."""

    order: Callable[[Observed], Order]
    needs: Signal = Signal.UPVOTES  # without which it says nothing of its own


_Value = Callable[[PaperSeries, int, int], float | None]
"""The value of a paper in the window that began at the second argument (ms), at the third (ms); `None`: it
cannot be told.
"""


def chosen(day: Observed) -> Order:
    """The trending set as the bot makes it."""
    ranking = rank(day.papers, (), day.batches, Window.DAY, day.as_of, size=len(day.papers))
    return {entry.key: entry.score for entry in ranking.entries}


def _by(value: _Value) -> Callable[[Observed], Order]:
    """The order by a value; ties are broken as the bot breaks them."""

    def order(day: Observed) -> Order:
        since, at = utc_ms(window_start(Window.DAY, day.as_of, day.batches)), utc_ms(day.as_of)
        valued = [(paper, value(paper, since, at)) for paper in day.papers]
        found = [(paper, points) for paper, points in valued if points is not None]
        found.sort(
            key=lambda one: (-one[1], -_last(one[0], Signal.UPVOTES), one[0].first_seen_at, one[0].key)
        )
        return {paper.key: points for paper, points in found}

    return order


def _upvotes(paper: PaperSeries, since: int, at: int) -> float | None:
    del since, at
    return float(_last(paper, Signal.UPVOTES))


def _hacker_news(paper: PaperSeries, since: int, at: int) -> float | None:
    """(points - 1) / (hours + 2)^1.8, as Hacker News publishes it."""
    del since
    hours = max(at - paper.first_seen_at, 0) / _HOUR
    return float((_last(paper, Signal.UPVOTES) - 1) / (hours + _HEAD_START) ** _GRAVITY)


def _reddit_hot(paper: PaperSeries, since: int, at: int) -> float | None:
    """log10(score) + seconds / 45,000, from the source that Reddit once published."""
    del since, at
    return math.log10(max(_last(paper, Signal.UPVOTES), 1)) + paper.first_seen_at / 1000 / _TENFOLD


def _stars_per_hour(paper: PaperSeries, since: int, at: int) -> float | None:
    stars = merged(paper, Signal.STARS)
    return None if stars is None else gain(stars, since, new=False) / ((at - since) / _HOUR)


def _with_stars(paper: PaperSeries, since: int, at: int) -> float | None:
    """Upvotes, and a bonus for stars: 10 weigh like 5 upvotes, 150 like 20, 10,000 like 50."""
    del at
    stars = merged(paper, Signal.STARS)
    if stars is None:
        return float(_last(paper, Signal.UPVOTES))
    return _last(paper, Signal.UPVOTES) + 5 * math.log2(1 + gain(stars, since, new=False) / 10)


def _with_comments(paper: PaperSeries, since: int, at: int) -> float | None:
    del since, at
    return float(_last(paper, Signal.UPVOTES) + _last(paper, Signal.COMMENTS))


def _last(paper: PaperSeries, signal: Signal) -> int:
    series = merged(paper, signal)
    return 0 if series is None else series.last


CHOSEN: Final = "paperboy"
BASELINE: Final = "upvotes"
FORMULAS: Final[Mapping[str, Formula]] = MappingProxyType(
    {
        CHOSEN: Formula(chosen),
        BASELINE: Formula(_by(_upvotes)),
        "upvotes-and-stars": Formula(_by(_with_stars), Signal.STARS),
        "upvotes-and-comments": Formula(_by(_with_comments), Signal.COMMENTS),
        "hacker-news": Formula(_by(_hacker_news)),
        "reddit-hot": Formula(_by(_reddit_hot)),
        "stars-per-hour": Formula(_by(_stars_per_hour), Signal.STARS),
    }
)

__all__ = ["BASELINE", "CHOSEN", "FORMULAS", "Formula", "Observed", "Order", "chosen"]
