"""Why a paper is here, in words and numbers that a person can check against the store.

Nothing is claimed that was not observed: a single reading has no pace, a ratio names the group it
compares with and needs at least 30 papers in it, and "since" always names an instant that was really read.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter
from statistics import median
from typing import Final, NamedTuple

from bot.model import PaperSeries, Series, Signal, from_utc_ms, utc_ms
from bot.trending.merge import merged
from bot.trending.score import Scored

GROUP_DAYS: Final = 30
GROUP_LEAST: Final = 30
_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR

# An age is known only if the list was read, without the paper, this shortly before it was first seen.
_AGE_SLACK: Final = 2 * _HOUR
# Earlier than this, a handful of votes makes any ratio; and less than this is not worth a word.
_LEAST_AGE: Final = _HOUR
_LEAST_RATIO: Final = 1.5


class Usual(NamedTuple):
    """What papers have at some age: the median, and of how many papers."""

    upvotes: float
    papers: int


class _Member(NamedTuple):
    """A paper of the comparison group."""

    first_seen_at: int
    reached: int  # the age at which it was last read
    upvotes: Series
    last_age: int  # since when it has `last`
    last: int


class Comparison:
    """The papers that "usual" refers to: those first listed in the 30 days before, at known ages."""

    def __init__(self, papers: Iterable[PaperSeries], as_of: datetime) -> None:
        """Takes the series of the daily lists' papers; those first seen outside the 30 days do not count."""
        newest = utc_ms(as_of)
        oldest = newest - GROUP_DAYS * _DAY
        self._members: dict[int, _Member] = {}
        self._sorted: dict[int, list[int]] = {}  # by age: the upvotes of all who got there, in order
        for paper in papers:
            born = paper.first_seen_at
            if not oldest <= born <= newest or not age_known(paper):
                continue
            upvotes = merged(paper, Signal.UPVOTES)
            if upvotes is not None:
                self._members[paper.paper_id] = _Member(
                    born, min(paper.polled_at, newest) - born, upvotes, upvotes.last_at - born, upvotes.last
                )

    def look_up(self, ages: Iterable[int]) -> None:
        """Prepares `usual` for all these ages (ms) at once, which is faster than one after another."""
        wanted = sorted({*ages} - self._sorted.keys())
        if not wanted:
            return
        columns: list[list[int]] = [[] for _ in wanted]
        # Nearly in order already, so that little is left to sort.
        for member in sorted(self._members.values(), key=attrgetter("last")):
            got_to = bisect_right(wanted, member.reached)
            settled = bisect_left(wanted, member.last_age)
            for column in columns[settled:got_to]:
                column.append(member.last)
            if settled:
                points = member.upvotes.points()
                for age, column in zip(wanted[: min(settled, got_to)], columns, strict=False):
                    before = bisect_right(points, (member.first_seen_at + age, math.inf))
                    if before:
                        column.append(points[before - 1][1])
        for column in columns:
            column.sort()
        self._sorted.update(zip(wanted, columns, strict=True))

    def usual(self, age: int, without: int) -> Usual | None:
        """The median upvotes at `age` (ms) of the group's other papers; `None` if fewer than 30 got there."""
        self.look_up([age])
        values = self._sorted[age]
        member = self._members.get(without)
        if member is not None and age <= member.reached:
            own = member.upvotes.at(member.first_seen_at + age)
            if own is not None:
                place = bisect_left(values, own[1])
                values = values[:place] + values[place + 1 :]
        if len(values) < GROUP_LEAST:
            return None
        return Usual(median(values), len(values))


def age_known(paper: PaperSeries) -> bool:
    """Whether we saw the paper appear, so that its age can be told from when we first saw it.

    Upstreams no longer say it: submission times are cut to midnight.
    """
    return paper.seen_after is not None and paper.first_seen_at - paper.seen_after <= _AGE_SLACK


def explain(entry: Scored, since: int, as_of: datetime, group: Comparison) -> tuple[str, ...]:
    """The reasons for one entry of a window that began at `since` (ms), the strongest first."""
    phrases: list[tuple[float, str]] = []
    for part in entry.components:
        signal = Signal(part.name)
        series = merged(entry.paper, signal)
        if series is None:  # a component comes from a series
            raise AssertionError(part)
        if signal is Signal.UPVOTES:
            text = _upvotes(entry, series, since, as_of, group)
        elif signal is Signal.STARS:
            text = f"+{part.amount:,} GitHub {_noun(part.amount, 'star')} {_since(series, since, as_of)}"
        else:
            text = _hacker_news(entry, series, part.amount, since, as_of)
        phrases.append((-part.points, text))
    return tuple(text for _, text in sorted(phrases))


def _upvotes(entry: Scored, series: Series, since: int, as_of: datetime, group: Comparison) -> str:
    count = f"{series.last:,} {_noun(series.last, 'upvote')}"
    if not entry.new:
        added = entry.components[0].amount
        return f"+{added:,} {_noun(added, 'upvote')} {_since(series, since, as_of)} (now {series.last:,})"
    if series.single:
        return f"{count} when first seen"
    paper = entry.paper
    if not age_known(paper):
        elapsed = _duration(series.last_at - series.first_at)
        return f"{count}, {series.last - series.first:+,} in {elapsed} since first seen"
    age = min(paper.polled_at, utc_ms(as_of)) - paper.first_seen_at
    text = f"{count} in {_duration(age)}"
    usual = group.usual(age, paper.paper_id) if age >= _LEAST_AGE else None
    if usual is not None and usual.upvotes > 0 and series.last >= _LEAST_RATIO * usual.upvotes:
        text += (
            f", {_times(series.last / usual.upvotes)} the usual {usual.upvotes:g} at that age"
            f" ({usual.papers:,} papers of the last {GROUP_DAYS} days)"
        )
    return text


def _hacker_news(entry: Scored, series: Series, amount: int, since: int, as_of: datetime) -> str:
    if entry.new or series.last == amount:
        return f"{series.last:,} {_noun(series.last, 'point')} on Hacker News"
    return f"+{amount:,} {_noun(amount, 'point')} on Hacker News {_since(series, since, as_of)}"


def _since(series: Series, since: int, as_of: datetime) -> str:
    """Since which reading the gain counts, as a person says it; days are UTC's."""
    base = series.at(since)
    read_at = from_utc_ms(base[0] if base is not None else series.first_at)
    days = (as_of.date() - read_at.date()) // timedelta(days=1)
    if days == 0:
        return f"since {read_at:%H:%M} UTC"
    if days == 1:
        return "since yesterday"
    return f"since {read_at.day} {read_at:%b}" + ("" if read_at.year == as_of.year else f" {read_at.year}")


def _duration(ms: int) -> str:
    if ms < 2 * _HOUR:
        return f"{max(round(ms / 60_000), 1)} min"
    if ms < 2 * _DAY:
        return f"{ms // _HOUR} h"
    return f"{ms // _DAY} days"


def _times(ratio: float) -> str:
    words = {2: "twice", 3: "three times", 4: "four times", 5: "five times"}
    nearest = round(ratio)
    if abs(ratio - nearest) < 0.1 and nearest in words:
        return words[nearest]
    return f"{ratio:.1f} times" if ratio < 10 else f"{nearest} times"


def _noun(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
