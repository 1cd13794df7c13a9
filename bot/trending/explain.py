"""Why a paper is here, in words and numbers that a person can check against the store.

Nothing is claimed that was not observed: a single reading has no pace, a ratio names the group it
compares with and needs at least 30 papers in it, and "since" always names an instant that was really read.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
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


class Comparison:
    """The papers that "usual" refers to: those first listed in the 30 days before, at known ages."""

    def __init__(self, papers: Iterable[PaperSeries], as_of: datetime) -> None:
        """Takes the series of the daily lists' papers; those first seen outside the 30 days do not count."""
        self._newest = utc_ms(as_of)
        oldest = self._newest - GROUP_DAYS * _DAY
        self._papers = {
            paper.paper_id: paper
            for paper in papers
            if oldest <= paper.first_seen_at <= self._newest and age_known(paper)
        }
        self._counts: dict[int, Counter[int]] = {}  # by age: how many papers had so many upvotes then

    def look_up(self, ages: Iterable[int]) -> None:
        """Prepares `usual` for all these ages (ms) in one pass over the group."""
        wanted = sorted({*ages} - self._counts.keys())
        if not wanted:
            return
        # How the counts change from each age to the next: one pass stays short, however many ages there are.
        changes: list[defaultdict[int, int]] = [defaultdict(int) for _ in range(len(wanted) + 1)]
        for paper in self._papers.values():
            upvotes = merged(paper, Signal.UPVOTES)
            if upvotes is None:
                continue
            end = bisect_right(wanted, last_age(paper, self._newest))
            settled = bisect_left(wanted, upvotes.last_at - paper.first_seen_at)
            if settled < end:
                last = upvotes.last
                changes[settled][last] += 1
                changes[end][last] -= 1
            if settled and end:
                begin, value = 0, None
                for at, risen_to in upvotes.points():
                    until = min(bisect_left(wanted, at - paper.first_seen_at), end)
                    if value is not None and begin < until:
                        changes[begin][value] += 1
                        changes[until][value] -= 1
                    begin, value = until, risen_to
        counts: Counter[int] = Counter()
        for age, change in zip(wanted, changes, strict=False):
            counts.update(change)
            self._counts[age] = +counts

    def usual(self, age: int, without: int) -> Usual | None:
        """The median upvotes at `age` (ms) of the group's other papers; `None` if fewer than 30 got there."""
        self.look_up([age])
        counts = self._counts[age]
        paper = self._papers.get(without)
        if paper is not None and age <= last_age(paper, self._newest):
            upvotes = merged(paper, Signal.UPVOTES)
            own = upvotes.at(paper.first_seen_at + age) if upvotes is not None else None
            if own is not None:
                counts = counts - Counter([own[1]])
        papers = counts.total()
        return Usual(_median(counts, papers), papers) if papers >= GROUP_LEAST else None


def _median(counts: Mapping[int, int], total: int) -> float:
    """The median of values that occur so many times each, `total` times in all."""
    upto = 0
    lower: int | None = None
    for value in sorted(counts):
        upto += counts[value]
        if lower is None and 2 * upto >= total:
            lower = value
        if lower is not None and 2 * upto > total:
            return (lower + value) / 2
    raise ValueError("no values")


def age_known(paper: PaperSeries) -> bool:
    """Whether we saw the paper appear, so that its age can be told from when we first saw it.

    Upstreams no longer say it: submission times are cut to midnight.
    """
    return paper.seen_after is not None and paper.first_seen_at - paper.seen_after <= _AGE_SLACK


def last_age(paper: PaperSeries, as_of: int) -> int:
    """The age (ms) at which the paper was last read by `as_of` (ms)."""
    return min(paper.polled_at, as_of) - paper.first_seen_at


def explain(entry: Scored, since: int, as_of: datetime, group: Comparison) -> tuple[str, ...]:
    """The reasons for one entry of a window that began at `since` (ms): what counts first."""
    phrases: list[str] = []
    for part in entry.components:
        signal = Signal(part.name)
        series = merged(entry.paper, signal)
        if series is None:  # a component comes from a series
            raise AssertionError(part)
        if signal is Signal.UPVOTES:
            text = _upvotes(entry, series, since, as_of, group)
        elif signal is Signal.STARS:
            text = f"+{part.amount:,} GitHub {noun(part.amount, 'star')} {_since(series, since, as_of)}"
        else:
            text = _hacker_news(entry, series, part.amount, since, as_of)
        phrases.append(text)
    return tuple(phrases)


def _upvotes(entry: Scored, series: Series, since: int, as_of: datetime, group: Comparison) -> str:
    count = f"{series.last:,} {noun(series.last, 'upvote')}"
    if not entry.new:
        added = entry.components[0].amount
        return f"+{added:,} {noun(added, 'upvote')} {_since(series, since, as_of)} (now {series.last:,})"
    if series.single:
        return f"{count} when first seen"
    paper = entry.paper
    if not age_known(paper):
        elapsed = duration(series.last_at - series.first_at)
        return f"{count}, {series.last - series.first:+,} in {elapsed} since first seen"
    age = last_age(paper, utc_ms(as_of))
    text = f"{count} in {duration(age)}"
    usual = group.usual(age, paper.paper_id) if age >= _LEAST_AGE else None
    if usual is not None and usual.upvotes > 0 and series.last >= _LEAST_RATIO * usual.upvotes:
        text += (
            f", {_times(series.last / usual.upvotes)} the usual {usual.upvotes:g} at that age"
            f" ({usual.papers:,} papers of the last {GROUP_DAYS} days)"
        )
    return text


def _hacker_news(entry: Scored, series: Series, amount: int, since: int, as_of: datetime) -> str:
    if entry.new or series.last == amount:
        return f"{series.last:,} {noun(series.last, 'point')} on Hacker News"
    return f"+{amount:,} {noun(amount, 'point')} on Hacker News {_since(series, since, as_of)}"


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


def duration(ms: int) -> str:
    """A length of time (ms) as a person says it: `15 min`, `5 h`, `3 days`."""
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


def noun(count: int, word: str) -> str:
    """The word for so many."""
    return word if count == 1 else f"{word}s"
