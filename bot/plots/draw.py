"""Plots as pictures, by matplotlib: loaded in the process that draws, and nowhere else.

One look for all: few ticks, no frame, names at the ends of lines in place of a legend. Lengths are in pixels
of a picture that is 640 wide; a PNG has twice as many each way.
"""

import io
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Final, assert_never

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from bot.model import Signal
from bot.plots.alternative import alternative, duration, long_day, short_day
from bot.plots.glyphs import FAMILIES, readable
from bot.plots.model import WIDTH, Corners, Curve, DayField, PaperTrend, Plot, Theme, TopicMonth, size
from bot.plots.svg import settled
from bot.trending.explain import GROUP_DAYS
from bot.view.text import shorten

_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR
_SHORTEST: Final = _HOUR // 4  # that an axis of time spans

_DPI: Final = 100
_MARGIN: Final = 22
_LONGEST: Final = 110  # characters of a title, of which the picture shows what fits
_LABELS: Final = {
    Signal.UPVOTES: ("{:,} upvote", "{:,} upvotes"),
    Signal.STARS: ("{:,}\nGitHub star", "{:,}\nGitHub stars"),
    Signal.HN_POINTS: ("{:,} point on\nHacker News", "{:,} points on\nHacker News"),
}


@dataclass(frozen=True, slots=True)
class _Ink:
    """The colours of a theme: those of the web page."""

    text: str
    dim: str  # of what is said beside
    rule: str
    faint: str  # of lines that are there to compare with
    accent: str
    ground: str | None  # None: transparent


_INKS: Final = {
    Theme.CARD: _Ink("#1c1a17", "#5f5a52", "#d9d3c7", "#928b7f", "#8f1d21", "#fdfbf7"),
    Theme.LIGHT: _Ink("#1c1a17", "#5f5a52", "#d9d3c7", "#928b7f", "#8f1d21", None),
    Theme.DARK: _Ink("#e9e4da", "#a8a196", "#3a3732", "#7d776c", "#f0958c", None),
}


def png(plot: Plot) -> bytes:
    """A picture on a card of its own."""
    with _look():
        figure = _drawn(plot, _INKS[Theme.CARD])
        FigureCanvasAgg(figure)
        made = io.BytesIO()
        figure.savefig(made, format="png", dpi=2 * _DPI, metadata={"Software": None})
        return made.getvalue()


def svg(plot: Plot, theme: Theme) -> bytes:
    """A picture with text as outlines, that needs neither fonts nor inline styles."""
    with _look():
        figure = _drawn(plot, _INKS[theme])
        FigureCanvasSVG(figure)
        made = io.StringIO()
        nothing = {"Creator": None, "Date": None, "Format": None, "Type": None}
        figure.savefig(made, format="svg", metadata=nothing)
        return settled(made.getvalue(), alternative(plot))


@contextmanager
def _look() -> Iterator[None]:
    """The settings of all pictures, whatever a user's own `matplotlibrc` says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "figure.dpi": _DPI,
                "font.family": list(FAMILIES),
                "font.size": 9,
                "path.simplify": False,
                "svg.fonttype": "path",
                "svg.hashsalt": "paperboy",
                "text.parse_math": False,  # a title's dollars are dollars
                "text.usetex": False,
            }
        )
        yield


def _drawn(plot: Plot, ink: _Ink) -> Figure:
    match plot:
        case PaperTrend():
            return _paper(plot, ink)
        case TopicMonth():
            return _topic(plot, ink)
        case DayField():
            return _field(plot, ink)
        case _:
            assert_never(plot)


# --- a paper's trend -----------------------------------------------------------------------------


def _paper(trend: PaperTrend, ink: _Ink) -> Figure:
    """A panel a number; upvotes have the most room, and the usual course beside them."""
    figure = _figure(trend, ink)
    first = trend.first_seen_at
    seen = f"First seen on {long_day(first.date())} at {first:%H:%M} UTC"
    group = f" · usual: the median of {_papers(trend.compared)} of {GROUP_DAYS} days" if trend.usual else ""
    _titles(figure, ink, readable(trend.title, trend.key, _LONGEST), seen + group)
    shares = [3.0 if one.signal is Signal.UPVOTES else 1.2 for one in trend.curves]
    panels = _panels(figure, ink, shares)
    reach = max(trend.reach, _SHORTEST)
    for panel, curve in zip(panels, trend.curves, strict=True):
        panel.set_xlim(0, reach)
        _curve(panel, ink, trend, curve)
    _spans(panels[-1], reach)
    return figure


def _curve(panel: Axes, ink: _Ink, trend: PaperTrend, curve: Curve) -> None:
    labels = [
        _Label(
            trend.reach,
            curve.last,
            _LABELS[curve.signal][curve.last != 1].format(curve.last),
            ink.accent,
            strong=True,
        )
    ]
    highest: float = max(value for _, value in curve.corners)
    lowest: float = min(value for _, value in curve.corners)
    if curve.signal is Signal.UPVOTES and trend.usual:
        ages, values = zip(*trend.usual, strict=True)
        panel.plot(ages, values, color=ink.faint, linewidth=1.6, solid_capstyle="round", gid="usual")
        labels.append(_Label(trend.reach, values[-1], f"usual {values[-1]:g}", ink.dim))
        highest = max(highest, *values)
    if curve.signal is Signal.UPVOTES:
        lowest = 0
    _scale(panel, ink, lowest, highest)
    times, numbers = _steps(curve.corners, trend.reach)
    panel.plot(times, numbers, color=ink.accent, linewidth=2, solid_joinstyle="round", gid=curve.signal.value)
    panel.plot([trend.reach], [curve.last], "o", color=ink.accent, markersize=4.5, clip_on=False)
    _at_ends(panel, ink, labels)


# --- a topic's month -----------------------------------------------------------------------------


def _topic(month: TopicMonth, ink: _Ink) -> Figure:
    """Bars for the papers of each day; below, how all their upvotes rose."""
    figure = _figure(month, ink)
    first, last = month.days[0].day, month.days[-1].day
    _titles(
        figure,
        ink,
        readable(month.query, "A topic", _LONGEST),
        f"{_papers(month.papers)} from {short_day(first)} to {short_day(last)} {last.year}, by day (UTC)",
    )
    papers, upvotes = _panels(figure, ink, [1.6, 1.4])
    numbers = range(len(month.days))
    most = max(one.papers for one in month.days)
    papers.bar(numbers, [one.papers for one in month.days], width=0.62, color=ink.accent, gid="papers")
    _scale(papers, ink, 0, most)
    best = max(numbers, key=lambda number: month.days[number].papers)
    if most:
        papers.annotate(
            f"{most:,}",
            (best, most),
            xytext=(0, 2.5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=ink.accent,
            weight="bold",
        )
    papers.annotate(
        "papers\na day",
        (1, 0),
        xycoords="axes fraction",
        xytext=(7, 0),
        textcoords="offset points",
        va="bottom",
        color=ink.dim,
    )
    totals = [one.upvotes for one in month.days]
    end = len(month.days) - 0.5
    for panel in (papers, upvotes):
        panel.set_xlim(-0.5, end)
    upvotes.plot(numbers, totals, color=ink.accent, linewidth=2, solid_joinstyle="round", gid="upvotes")
    upvotes.plot([numbers[-1]], [totals[-1]], "o", color=ink.accent, markersize=4.5, clip_on=False)
    _scale(upvotes, ink, 0, max(totals))
    label = f"{totals[-1]:,} upvotes\nof them all"
    _at_ends(upvotes, ink, [_Label(end, totals[-1], label, ink.accent, strong=True)])
    _days(upvotes, [one.day for one in month.days])
    return figure


def _papers(count: int) -> str:
    return f"{count:,} paper" if count == 1 else f"{count:,} papers"


# --- a day's field -------------------------------------------------------------------------------


def _field(field: DayField, ink: _Ink) -> Figure:
    """A line a paper; those of the edition stand out, and are named at their ends."""
    figure = _figure(field, ink)
    _titles(
        figure,
        ink,
        f"The {_papers(len(field.runners))} of {long_day(field.day)}",
        f"Upvotes by the time since each was first seen, read by {field.read_at:%H:%M} UTC",
    )
    (panel,) = _panels(figure, ink, [1.0], names=0.42)
    reach = max(_SHORTEST, *(one.reach for one in field.runners))
    panel.set_xlim(0, reach)
    _scale(panel, ink, 0, max(value for one in field.runners for _, value in one.corners))
    labels = []
    for one in sorted(field.runners, key=lambda one: -(one.place or 1_000)):  # the first lies on top
        times, numbers = _steps(one.corners, one.reach)
        named = one.place is not None
        color = ink.accent if one.place == 1 else ink.text if named else ink.faint
        panel.plot(times, numbers, color=color, linewidth=1.5 if named else 0.8, gid=f"paper {one.key}")
        panel.plot([one.reach], [one.last], "o", color=color, markersize=4 if named else 2, clip_on=False)
        if named:
            name = f"{one.last:,}  {readable(one.title, one.key, _LONGEST)}"
            labels.append(_Label(one.reach, one.last, name, color, strong=one.place == 1))
    _at_ends(panel, ink, labels)
    _spans(panel, reach)
    return figure


# --- what all have -------------------------------------------------------------------------------


def _figure(plot: Plot, ink: _Ink) -> Figure:
    width, height = size(plot)
    figure = Figure(figsize=(width / _DPI, height / _DPI))
    figure.patch.set_alpha(0)
    if ink.ground is not None:
        edge = 1.5 / width
        figure.add_artist(
            FancyBboxPatch(
                (edge, edge * width / height),
                1 - 2 * edge,
                1 - 2 * edge * width / height,
                boxstyle=f"round,pad=0,rounding_size={12 / width}",
                mutation_aspect=width / height,
                transform=figure.transFigure,
                facecolor=ink.ground,
                edgecolor=ink.rule,
                linewidth=0.75,
                zorder=-1,
                gid="card",
            )
        )
    return figure


def _titles(figure: Figure, ink: _Ink, title: str, below: str) -> None:
    pixel = 1 / (figure.get_figheight() * _DPI)
    left, top = _MARGIN / WIDTH, 1 - 20 * pixel
    _fit(figure.text(left, top, title, size=12, weight="bold", color=ink.text, va="top", gid="title"))
    figure.text(left, top - 24 * pixel, below, size=8.5, color=ink.dim, va="top", gid="subtitle")


def _fit(text: Text) -> None:
    """Shortens a text that would reach into the margin on the right."""
    whole = text.get_text()

    def too_long(limit: int) -> bool:
        text.set_text(shorten(whole, limit))
        return bool(text.get_window_extent().x1 > WIDTH - _MARGIN)

    if too_long(len(whole)):
        too_long(bisect_left(range(len(whole)), True, key=too_long) - 1)


def _panels(figure: Figure, ink: _Ink, shares: Sequence[float], *, names: float = 0.22) -> list[Axes]:
    """Panels one below the other, each with its share of the height; `names` is what labels have of the
    width.
    """
    pixel = 1 / (figure.get_figheight() * _DPI)
    grid = figure.add_gridspec(
        len(shares),
        1,
        height_ratios=shares,
        left=54 / WIDTH,
        right=1 - names,
        top=1 - 82 * pixel,
        bottom=40 * pixel,
        hspace=0.45 if len(shares) > 1 else 0,
    )
    made = []
    for number in range(len(shares)):
        panel = figure.add_subplot(grid[number, 0])
        for spine in panel.spines.values():
            spine.set_visible(False)
        panel.patch.set_visible(False)
        panel.tick_params(length=0, labelsize=8.5, labelcolor=ink.dim, pad=5)
        panel.set_xticks([])
        panel.grid(visible=False)
        made.append(panel)
    return made


def _scale(panel: Axes, ink: _Ink, lowest: float, highest: float) -> None:
    """Two rules at round numbers, the lower one the ground; the line never leaves the panel."""
    span = max(highest - lowest, 1)
    low = 0 if lowest <= span / 2 else lowest
    step = _round_down((highest - low) or 1)
    ticks = [low, highest // step * step] if step else [low]
    panel.set_ylim(low, max(highest, low + 1) + span * 0.06)
    panel.set_yticks(ticks, [f"{round(tick):,}" for tick in ticks])
    for tick in ticks:
        panel.axhline(tick, color=ink.rule, linewidth=0.8, zorder=0.5)


def _round_down(number: float) -> int:
    """The greatest of 1, 2 or 5 times a power of ten that is not above `number`; 0 below 1."""
    power = 1
    while power * 10 <= number:
        power *= 10
    return max((factor * power for factor in (1, 2, 5) if factor * power <= number), default=0)


def _steps(corners: Corners, reach: int) -> tuple[list[int], list[int]]:
    """A number holds until it was read to be another one, and the last one to the end."""
    times: list[int] = []
    numbers: list[int] = []
    for at, value in corners:
        if numbers:
            times.append(at)
            numbers.append(numbers[-1])
        times.append(at)
        numbers.append(value)
    return [*times, max(reach, times[-1])], [*numbers, numbers[-1]]


def _spans(panel: Axes, reach: int) -> None:
    """Some three ticks of time since a paper was first seen."""
    steps = [_HOUR // 4, _HOUR // 2, _HOUR, 2 * _HOUR, 3 * _HOUR, 6 * _HOUR, 12 * _HOUR]
    steps += [days * _DAY for days in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)]
    step = next((one for one in steps if reach <= 4.2 * one), reach)
    ticks = [number * step for number in range(int(reach // step) + 1)]
    panel.set_xticks(ticks, ["first seen" if not tick else duration(tick) for tick in ticks])
    panel.get_xticklabels()[0].set_horizontalalignment("left")


def _days(panel: Axes, days: Sequence[date]) -> None:
    """A tick a Monday: a week has five days of papers, and two without."""
    mondays = [number for number, day in enumerate(days) if day.weekday() == 0]
    panel.set_xticks(mondays, [short_day(days[number]) for number in mondays])


@dataclass(frozen=True, slots=True)
class _Label:
    """A name for the end of a line."""

    ends: float  # where the line ends, by time
    at: float  # and by its number
    text: str
    color: str
    strong: bool = False


def _at_ends(panel: Axes, ink: _Ink, labels: Sequence[_Label]) -> None:
    """Sets names beside the ends of lines, moved apart where they would touch."""
    height = panel.get_window_extent().height * 72 / _DPI  # in points
    low, high = panel.get_ylim()
    room = 12.5
    heights: list[float] = []
    ordered = sorted(labels, key=lambda one: one.at)
    for label in ordered:
        wanted = (label.at - low) / (high - low) * height
        heights.append(max(wanted, heights[-1] + room) if heights else wanted)
    ceiling = height + 4
    for number in reversed(range(len(heights))):
        heights[number] = min(heights[number], ceiling)
        ceiling = heights[number] - room
    right = panel.get_xlim()[1]
    for label, at in zip(ordered, heights, strict=True):
        if label.ends < right:
            leader = [label.at, low + at / height * (high - low)]
            panel.plot([label.ends, right], leader, color=ink.rule, linewidth=0.8, zorder=1, clip_on=False)
        text = panel.annotate(
            label.text,
            (1, 0),
            xycoords="axes fraction",
            xytext=(8, at),
            textcoords="offset points",
            va="center",
            color=label.color,
            weight="bold" if label.strong else "normal",
        )
        text.set_gid("label")
        _fit(text)
