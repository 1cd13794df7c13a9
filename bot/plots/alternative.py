"""Plots in words, for whoever does not see them: the shape in a sentence or two. Pure."""

from datetime import date
from statistics import median
from typing import Final, assert_never

from bot.model import Signal
from bot.plots.model import Curve, DayField, PaperTrend, Plot, Runner, TopicMonth
from bot.view.text import one_line, shorten

_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR
_LONGEST_TITLE: Final = 100
_NAMES: Final = {
    Signal.UPVOTES: ("upvote", "upvotes"),
    Signal.STARS: ("GitHub star", "GitHub stars"),
    Signal.HN_POINTS: ("point on Hacker News", "points on Hacker News"),
}
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


def alternative(plot: Plot) -> str:
    """What a plot shows, on one line."""
    match plot:
        case PaperTrend():
            return _paper(plot)
        case TopicMonth():
            return _topic(plot)
        case DayField():
            return _field(plot)
        case _:
            assert_never(plot)


def duration(span: int) -> str:
    """`40 min`, `9 h`, `12 days`: a span of milliseconds as a person says it."""
    if span < 2 * _HOUR:
        return f"{max(round(span / 60_000), 1)} min"
    if span < 2 * _DAY:
        return f"{span // _HOUR} h"
    return f"{span // _DAY} days"


def counted(number: int, signal: Signal) -> str:
    """`1 upvote`, `1,204 GitHub stars`."""
    return f"{number:,} {_NAMES[signal][number != 1]}"


def long_day(day: date) -> str:
    """`Thu 20 November 2025`, in English whatever the machine's locale."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """`20 Nov`."""
    return f"{day.day} {_MONTHS[day.month - 1][:3]}"


# --- one paper -----------------------------------------------------------------------------------


def _paper(trend: PaperTrend) -> str:
    sentences = [_rose(one, trend.reach) for one in trend.curves]
    if trend.usual:
        usual = f"{trend.usual[-1][1]:g}"
        sentences[0] += f"; {trend.compared:,} comparable papers usually had {usual} by then"
    return f"{_quoted(trend.title)}. {'. '.join(sentences)}."


def _rose(curve: Curve, reach: int) -> str:
    (begin, first), last = curve.corners[0], curve.last
    name = _NAMES[curve.signal][1]
    subject = name[:1].upper() + name[1:]
    if len(curve.corners) == 1:
        held = f"for {duration(reach - begin)}" if reach > begin else "when last read"
        return f"{subject} stood at {last:,} {held}"
    verb = "rose" if last > first else "fell" if last < first else "went up and down, and came back"
    return f"{subject} {verb} from {first:,} to {last:,} in {duration(reach - begin)}"


# --- a topic -------------------------------------------------------------------------------------


def _topic(month: TopicMonth) -> str:
    first, last = month.days[0], month.days[-1]
    span = f"from {short_day(first.day)} to {short_day(last.day)} {last.day.year}"
    about = f"“{one_line(month.query)}”"
    if not month.papers:
        return f"No paper about {about} came {span}."
    papers = f"{month.papers:,} {'paper' if month.papers == 1 else 'papers'} about {about} came {span}"
    best = max(month.days, key=lambda one: one.papers)
    most = f", most of them on {short_day(best.day)} ({best.papers:,})" if month.papers > best.papers else ""
    return f"{papers}{most}. Their upvotes {_summed(first.upvotes, last.upvotes)}."


def _summed(first: int, last: int) -> str:
    return f"rose from {first:,} to {last:,}" if last > first else f"stand at {last:,}"


# --- a day ---------------------------------------------------------------------------------------


def _field(field: DayField) -> str:
    best = field.runners[0]
    count = len(field.runners)
    begin = f"{count:,} {'paper' if count == 1 else 'papers'} of {long_day(field.day)}"
    middle = f"{median(one.last for one in field.runners):g}"
    half = f" Half of them had {middle} upvotes or fewer." if count > 2 else ""
    named = sorted((one for one in field.runners if one.place is not None), key=lambda one: one.place or 0)
    listed = f" In the edition: {'; '.join(map(_entry, named))}." if named else ""
    return (
        f"{begin}, by upvotes as of {field.read_at:%H:%M} UTC. First: {_entry(best)}, "
        f"in {duration(best.reach)}.{half}{listed}"
    )


def _entry(runner: Runner) -> str:
    return f"{_quoted(runner.title)} with {runner.last:,}"


def _quoted(title: str) -> str:
    return f"“{shorten(one_line(title).strip(), _LONGEST_TITLE)}”"
