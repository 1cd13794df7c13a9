"""Plots as pictures, by matplotlib: loaded in the process that draws, and nowhere else."""

import io
from dataclasses import replace
from typing import Final, assert_never

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from bot.model import Signal
from bot.plots.alternative import alternative, long_day, short_day
from bot.plots.glyphs import readable
from bot.plots.look import (
    DPI,
    HOUR,
    INKS,
    Ink,
    Label,
    figure_for,
    list_below,
    look,
    mondays,
    name_ends,
    panels_of,
    scale,
    spans,
    steps,
    titles,
)
from bot.plots.model import NAME_LINE, Curve, DayField, PaperTrend, Plot, Shape, Theme, TopicMonth
from bot.plots.svg import settled
from bot.trending.explain import GROUP_DAYS

_SHORTEST: Final = HOUR // 4  # that an axis of time spans
_LONGEST: Final = 110  # characters of a title, of which the picture shows what fits
_NAMES: Final = {Shape.WIDE: 141, Shape.NARROW: 122}  # pixels that labels have beside a panel
_TITLES: Final = 269  # the same, where they have titles
_NUMBERS: Final = 48  # and where they have numbers alone
_LABELS: Final = {
    Signal.UPVOTES: ("{:,} upvote", "{:,} upvotes"),
    Signal.STARS: ("{:,}\nGitHub star", "{:,}\nGitHub stars"),
    Signal.HN_POINTS: ("{:,} point,\nHacker News", "{:,} points,\nHacker News"),
}


def png(plot: Plot) -> bytes:
    """A picture on a card of its own."""
    with look():
        figure = _drawn(plot, INKS[Theme.CARD], Shape.WIDE)
        FigureCanvasAgg(figure)
        made = io.BytesIO()
        figure.savefig(made, format="png", dpi=2 * DPI, metadata={"Software": None})
        return made.getvalue()


def svg(plot: Plot, theme: Theme, shape: Shape = Shape.WIDE) -> bytes:
    """A picture with text as outlines, that needs neither fonts nor inline styles."""
    with look():
        figure = _drawn(plot, INKS[theme], shape)
        FigureCanvasSVG(figure)
        made = io.StringIO()
        nothing = {"Creator": None, "Date": None, "Format": None, "Type": None}
        figure.savefig(made, format="svg", metadata=nothing)
        return settled(made.getvalue(), alternative(plot))


def _drawn(plot: Plot, ink: Ink, shape: Shape) -> Figure:
    match plot:
        case PaperTrend():
            return _paper(plot, ink, shape)
        case TopicMonth():
            return _topic(plot, ink, shape)
        case DayField():
            return _field(plot, ink, shape)
        case _:
            assert_never(plot)


# --- a paper's trend -----------------------------------------------------------------------------


def _paper(trend: PaperTrend, ink: Ink, shape: Shape) -> Figure:
    """A panel a number; upvotes have the most room, and the usual course beside them."""
    figure = figure_for(trend, ink, shape)
    first = trend.first_seen_at
    seen = f"First seen on {long_day(first.date())} at {first:%H:%M} UTC"
    group = f" · usual: the median of {_papers(trend.compared)} of {GROUP_DAYS} days" if trend.usual else ""
    titles(figure, ink, readable(trend.title, trend.key, _LONGEST, strong=True), seen + group)
    shares = [3.0 if one.signal is Signal.UPVOTES else 1.2 for one in trend.curves]
    panels = panels_of(figure, ink, shares, names=_NAMES[shape])
    reach = max(trend.reach, _SHORTEST)
    for panel, curve in zip(panels, trend.curves, strict=True):
        panel.set_xlim(0, reach)
        _curve(panel, ink, trend, curve)
    spans(panels[-1], reach)
    return figure


def _curve(panel: Axes, ink: Ink, trend: PaperTrend, curve: Curve) -> None:
    labels = [
        Label(
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
        labels.append(Label(trend.reach, values[-1], f"usual {values[-1]:g}", ink.dim))
        highest = max(highest, *values)
    if curve.signal is Signal.UPVOTES:
        lowest = 0
    scale(panel, ink, lowest, highest)
    times, numbers = steps(curve.corners, trend.reach)
    panel.plot(times, numbers, color=ink.accent, linewidth=2, solid_joinstyle="round", gid=curve.signal.value)
    panel.plot([trend.reach], [curve.last], "o", color=ink.accent, markersize=4.5, clip_on=False)
    name_ends(panel, ink, labels)


# --- a topic's month -----------------------------------------------------------------------------


def _topic(month: TopicMonth, ink: Ink, shape: Shape) -> Figure:
    """Bars for the papers of each day; below, how all their upvotes rose."""
    figure = figure_for(month, ink, shape)
    first, last = month.days[0].day, month.days[-1].day
    titles(
        figure,
        ink,
        readable(month.query, "A topic", _LONGEST, strong=True),
        f"{_papers(month.papers)} from {short_day(first)} to {short_day(last)} {last.year}, by day (UTC)",
    )
    papers, upvotes = panels_of(figure, ink, [1.6, 1.4], names=_NAMES[shape])
    numbers = range(len(month.days))
    most = max(one.papers for one in month.days)
    papers.bar(numbers, [one.papers for one in month.days], width=0.62, color=ink.accent, gid="papers")
    scale(papers, ink, 0, most)
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
    scale(upvotes, ink, 0, max(totals))
    label = f"{totals[-1]:,}\nupvotes in all"
    name_ends(upvotes, ink, [Label(end, totals[-1], label, ink.accent, strong=True)])
    mondays(upvotes, [one.day for one in month.days])
    return figure


def _papers(count: int) -> str:
    return f"{count:,} paper" if count == 1 else f"{count:,} papers"


# --- a day's field -------------------------------------------------------------------------------


def _field(field: DayField, ink: Ink, shape: Shape) -> Figure:
    """A line a paper; those of the edition stand out, and are named at their ends; where there is no room for
    names, they stand below, and their numbers at the ends.
    """
    figure = figure_for(field, ink, shape)
    titles(
        figure,
        ink,
        f"The {_papers(len(field.runners))} of {long_day(field.day)}",
        f"Upvotes by the time since each was first seen, read by {field.read_at:%H:%M} UTC",
    )
    narrow = shape is Shape.NARROW
    named = sum(one.place is not None for one in field.runners)
    (panel,) = panels_of(
        figure,
        ink,
        [1.0],
        names=_NUMBERS if narrow else _TITLES,
        below=named * NAME_LINE if narrow else 0,
    )
    reach = max(_SHORTEST, *(one.reach for one in field.runners))
    panel.set_xlim(0, reach)
    scale(panel, ink, 0, max(value for one in field.runners for _, value in one.corners))
    labels, names = [], []
    for one in sorted(field.runners, key=lambda one: -(one.place or 1_000)):  # the first lies on top
        times, numbers = steps(one.corners, one.reach)
        stands_out = one.place is not None
        color = ink.accent if one.place == 1 else ink.text if stands_out else ink.faint
        panel.plot(times, numbers, color=color, linewidth=1.5 if stands_out else 0.8, gid=f"paper {one.key}")
        panel.plot(
            [one.reach], [one.last], "o", color=color, markersize=4 if stands_out else 2, clip_on=False
        )
        if stands_out:
            strong = one.place == 1
            name = f"{one.last:,}  {readable(one.title, one.key, _LONGEST, strong=strong)}"
            names.append(Label(one.reach, one.last, name, color, strong))
            labels.append(replace(names[-1], text=f"{one.last:,}") if narrow else names[-1])
    name_ends(panel, ink, labels)
    if narrow:
        list_below(figure, names[::-1])
    spans(panel, reach)
    return figure
