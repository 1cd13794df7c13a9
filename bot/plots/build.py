"""From what was observed to what is drawn. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot.model import Paper, PaperSeries, Ranking, Series, Signal, from_utc_ms, utc_ms
from bot.plots.model import Corners, Curve, DayField, PaperTrend, Runner, TopicDay, TopicMonth
from bot.trending.explain import Comparison, age_known, last_age
from bot.trending.merge import merged

NAMED: Final = 5  # papers of an edition that a day's field names
MONTH: Final = 30  # days

_DRAWN: Final = (Signal.UPVOTES, Signal.STARS, Signal.HN_POINTS)
_MOST_CORNERS: Final = 240  # more cannot be told apart on a picture
_AGES: Final = 60  # at which it is looked up what is usual, at most
_MINUTE: Final = 60_000  # ms
_STEPS: Final = tuple(_MINUTE * step for step in (5, 15, 30, 60, 120, 180, 360, 720, 1440))
_LEAST_SPAN: Final = timedelta(hours=1) // timedelta(milliseconds=1)
_DAY: Final = timedelta(days=1)


def paper_trend(paper: Paper, series: PaperSeries, group: Comparison, as_of: datetime) -> PaperTrend | None:
    """How the paper's numbers rose until it was last read; `None` if none of them was ever read.

    What is usual is shown only beside upvotes, and of a paper that was seen to appear.
    """
    reach = last_age(series, utc_ms(as_of))
    curves = []
    for signal in _DRAWN:
        told = merged(series, signal)
        corners = _corners(told, series.first_seen_at, reach) if told is not None else ()
        if corners and (signal is Signal.UPVOTES or len(corners) > 1):
            curves.append(Curve(signal, corners))
    if not curves:
        return None
    compares = curves[0].signal is Signal.UPVOTES and age_known(series) and reach >= _LEAST_SPAN
    usual = group.usual(reach, series.paper_id) if compares else None
    return PaperTrend(
        title=paper.title,
        key=paper.key,
        first_seen_at=from_utc_ms(series.first_seen_at),
        reach=reach,
        curves=tuple(curves),
        usual=() if usual is None else _course(group, series.paper_id, reach),
        compared=0 if usual is None else usual.papers,
    )


def topic_month(
    query: str, shown: Mapping[int, date], series: Iterable[PaperSeries], now: datetime
) -> TopicMonth:
    """The month that ends with `now`: `shown` has every paper that matches, and the day it came."""
    first = now.date() - (MONTH - 1) * _DAY
    days = [first + number * _DAY for number in range(MONTH)]
    numbers = [one for one in (merged(one, Signal.UPVOTES) for one in series) if one is not None]
    made = []
    for day in days:
        end = min(datetime.combine(day + _DAY, time(), UTC), now)
        read = [one.at(utc_ms(end)) for one in numbers]
        upvotes = sum(reading[1] for reading in read if reading is not None)
        made.append(TopicDay(day, sum(came == day for came in shown.values()), upvotes))
    return TopicMonth(query=query, days=tuple(made))


def day_came(paper: Paper, series: PaperSeries | None) -> date:
    """The day (UTC) on which a paper came before readers: of a list that was read only later, the list's."""
    seen = paper.first_seen_at.date()
    if series is None or series.list_day is None:
        return seen
    return min(seen, date.fromordinal(series.list_day))


def day_field(
    day: date,
    series: Iterable[PaperSeries],
    titles: Mapping[int, str],
    edition: Ranking | None,
    as_of: datetime,
) -> DayField | None:
    """All papers of the day's list as they were read by `as_of`; `None` if there is none.

    The first few of the `edition` that are on the list are named.
    """
    here = [one for one in series if one.list_day == day.toordinal() and one.paper_id in titles]
    ranked = edition.by_paper if edition is not None else ()
    listed = {one.paper_id for one in here}
    named = {
        number: place for place, number in enumerate([one for one in ranked if one in listed][:NAMED], 1)
    }
    runners = []
    for one in here:
        reach = last_age(one, utc_ms(as_of))
        upvotes = merged(one, Signal.UPVOTES)
        corners = _corners(upvotes, one.first_seen_at, reach) if upvotes is not None else ()
        if corners:
            runners.append(
                Runner(
                    title=titles[one.paper_id],
                    key=one.key,
                    corners=corners,
                    reach=reach,
                    place=named.get(one.paper_id),
                )
            )
    if not runners:
        return None
    runners.sort(key=lambda one: (-one.last, one.key))
    read_at = max(min(one.polled_at, utc_ms(as_of)) for one in here)
    return DayField(day=day, read_at=from_utc_ms(read_at), runners=tuple(runners))


def _corners(series: Series, zero: int, reach: int) -> Corners:
    """The readings until `reach`, counted from `zero`; of very many an even choice with both ends."""
    points = [(max(at - zero, 0), value) for at, value in series.points() if at - zero <= reach]
    return tuple(_thinned(points))


def _thinned(points: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    if len(points) <= _MOST_CORNERS:
        return points
    step = (len(points) - 1) / (_MOST_CORNERS - 1)
    return [points[round(number * step)] for number in range(_MOST_CORNERS)]


def _course(group: Comparison, without: int, reach: int) -> tuple[tuple[int, float], ...]:
    """What is usual at even steps of age up to `reach`, as far as enough papers were watched then.

    The steps are round, so that plots of other papers, and of this one later, ask for the same ages: what was
    found is kept, and to find it takes a look at all papers of a month.
    """
    step = next(
        (one for one in _STEPS if reach <= one * _AGES), -(-reach // (_AGES * _STEPS[-1])) * _STEPS[-1]
    )
    ages = [*range(step, reach, step), reach]
    group.look_up(ages)  # all in one pass
    found = ((age, group.usual(age, without)) for age in ages)
    return tuple((age, usual.upvotes) for age, usual in found if usual is not None)
