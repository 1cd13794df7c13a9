"""What all plots have in common: colours, panels, ticks, names at the ends of lines.

One look: few ticks, no frame, names where lines end in place of a legend. Lengths are in pixels of the
picture; a PNG has twice as many each way.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from bot.plots.alternative import duration, short_day
from bot.plots.glyphs import FAMILIES
from bot.plots.model import NAME_LINE, WIDTHS, Corners, Plot, Shape, Theme, size
from bot.view.text import shorten

DPI: Final = 100
HOUR: Final = 3_600_000
_DAY: Final = 24 * HOUR
_EDGES: Final = {WIDTHS[Shape.WIDE]: 22, WIDTHS[Shape.NARROW]: 3}  # beside titles, by the picture's width
_TICK_PAD: Final = 5  # points
_LINE: Final = 16  # of what stands below the title
_APART: Final = 6  # words of one line
_MOST_LINES: Final = 2  # of a title


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours of a theme: those of the web page."""

    text: str
    dim: str  # of what is said beside
    rule: str
    faint: str  # of lines that are there to compare with
    accent: str
    ground: str | None  # None: transparent


INKS: Final = {
    Theme.CARD: Ink("#1c1a17", "#5f5a52", "#d9d3c7", "#928b7f", "#8f1d21", "#fdfbf7"),
    Theme.LIGHT: Ink("#1c1a17", "#5f5a52", "#d9d3c7", "#928b7f", "#8f1d21", None),
    Theme.DARK: Ink("#e9e4da", "#a8a196", "#3a3732", "#7d776c", "#f0958c", None),
}


@contextmanager
def look() -> Iterator[None]:
    """The settings of all pictures, whatever a user's own `matplotlibrc` says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "figure.dpi": DPI,
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


def figure_for(plot: Plot, ink: Ink, shape: Shape) -> Figure:
    """An empty picture, with its card if the ink has one."""
    width, height = size(plot, shape)
    figure = Figure(figsize=(width / DPI, height / DPI))
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


def titles(figure: Figure, ink: Ink, title: str, below: str) -> None:
    """Sets the title, and small print below it; the panels of the picture begin where both end."""
    width, height = _pixels(figure)
    left, top = _EDGES[width], height - 20
    shown = figure.text(0, 0, title, size=12, weight="bold", color=ink.text, va="top", gid="title")
    small = figure.text(0, 0, below, size=8.5, color=ink.dim, va="top", gid="subtitle")
    for text, most, line in (
        (shown, 1 if width == WIDTHS[Shape.WIDE] else _MOST_LINES, 24),
        (small, _MOST_LINES, _LINE),
    ):
        text.set_position((left / width, top / height))
        top -= line * _wrap(text, width - left, most)
    figure.subplots_adjust(top=(top - 22) / height)


def _pixels(figure: Figure) -> tuple[int, int]:
    width, height = figure.get_size_inches()
    return round(width * DPI), round(height * DPI)


def _figure(panel: Axes) -> Figure:
    figure = panel.get_figure(root=True)
    assert figure is not None  # noqa: S101 - each panel was made by one
    return figure


def _wrap(text: Text, limit: float, most: int) -> int:
    """Breaks a text between words into lines that end before the limit, the last of `most` shortened. Gives
    how many lines there are.
    """
    words, lines = text.get_text().split(" "), list[str]()

    def too_long(count: int) -> bool:
        text.set_text(" ".join(words[:count]))
        return bool(text.get_window_extent().x1 > limit)

    while len(lines) < most - 1 and too_long(len(words)):
        count = bisect_left(range(1, len(words) + 1), True, key=too_long)
        if not count:  # not even one word
            break
        lines.append(" ".join(words[:count]))
        words = words[count:]
    text.set_text(" ".join(words))
    _fit(text, limit)
    text.set_text("\n".join([*lines, text.get_text()]))
    return len(lines) + 1


def _fit(text: Text, limit: float) -> None:
    """Shortens a text that would end behind the limit."""
    whole = text.get_text()

    def too_long(length: int) -> bool:
        text.set_text(shorten(whole, length))
        return bool(text.get_window_extent().x1 > limit)

    if too_long(len(whole)):
        too_long(bisect_left(range(len(whole)), True, key=too_long) - 1)


def panels_of(figure: Figure, ink: Ink, shares: Sequence[float], *, names: int, below: int = 0) -> list[Axes]:
    """Panels one below the other, each with its share of the height; `names` is what labels have of the
    width beside them, and `below` of the height below.
    """
    width, height = _pixels(figure)
    figure.subplots_adjust(
        left=_EDGES[width] / width,
        right=1 - names / width,
        bottom=(40 + below) / height,
        hspace=0.45 if len(shares) > 1 else 0,
    )
    grid = figure.add_gridspec(len(shares), 1, height_ratios=shares)
    made = []
    for number in range(len(shares)):
        panel = figure.add_subplot(grid[number, 0])
        for spine in panel.spines.values():
            spine.set_visible(False)
        panel.patch.set_visible(False)
        panel.tick_params(length=0, labelsize=8.5, labelcolor=ink.dim, pad=_TICK_PAD)
        panel.set_xticks([])
        panel.grid(visible=False)
        made.append(panel)
    return made


def scale(panel: Axes, ink: Ink, lowest: float, highest: float) -> None:
    """Two rules at round numbers, the lower one the ground; the line never leaves the panel."""
    span = max(highest - lowest, 1)
    low = 0 if lowest <= span / 2 else lowest
    step = _round_down((highest - low) or 1)
    ticks = [low, highest // step * step] if step else [low]
    panel.set_ylim(low, max(highest, low + 1) + span * 0.06)
    panel.set_yticks(ticks, [f"{round(tick):,}" for tick in ticks])
    for tick in ticks:
        panel.axhline(tick, color=ink.rule, linewidth=0.8, zorder=0.5)
    _make_room(panel)


def _make_room(panel: Axes) -> None:
    """Moves all panels to the right, as far as the numbers beside this one want."""
    figure = _figure(panel)
    width, _ = _pixels(figure)
    widest = max(one.get_window_extent().width for one in panel.get_yticklabels())
    wanted = (_EDGES[width] + widest + _TICK_PAD * DPI / 72) / width
    figure.subplots_adjust(left=max(wanted, figure.subplotpars.left))


def _round_down(number: float) -> int:
    """The greatest of 1, 2 or 5 times a power of ten that is not above `number`; 0 below 1."""
    power = 1
    while power * 10 <= number:
        power *= 10
    return max((factor * power for factor in (1, 2, 5) if factor * power <= number), default=0)


def steps(corners: Corners, reach: int) -> tuple[list[int], list[int]]:
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


def spans(panel: Axes, reach: int) -> None:
    """Some three ticks of time since a paper was first seen."""
    steps = [HOUR // 4, HOUR // 2, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR]
    steps += [days * _DAY for days in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)]
    step = next((one for one in steps if reach <= 4.2 * one), reach)
    ticks = [number * step for number in range(int(reach // step) + 1)]
    panel.set_xticks(ticks, ["first seen" if not tick else duration(tick) for tick in ticks])
    panel.get_xticklabels()[0].set_horizontalalignment("left")
    _thin_out(panel)


def mondays(panel: Axes, days: Sequence[date]) -> None:
    """A tick a Monday: a week has five days of papers, and two without."""
    mondays = [number for number, day in enumerate(days) if day.weekday() == 0]
    panel.set_xticks(mondays, [short_day(days[number]) for number in mondays])
    _thin_out(panel)


def _thin_out(panel: Axes) -> None:
    """Takes away the words below a panel that would touch those before them."""
    end = -inf
    for label in panel.get_xticklabels():
        extent = label.get_window_extent()
        if extent.x0 < end + _APART:
            label.set_visible(False)
        else:
            end = extent.x1


@dataclass(frozen=True, slots=True)
class Label:
    """A name for the end of a line."""

    ends: float  # where the line ends, by time
    at: float  # and by its number
    text: str
    color: str
    strong: bool = False


def name_ends(panel: Axes, ink: Ink, labels: Sequence[Label]) -> None:
    """Sets names beside the ends of lines, moved apart where they would touch."""
    height = panel.get_window_extent().height * 72 / DPI  # in points
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
    width, _ = _pixels(_figure(panel))
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
        _fit(text, width - _EDGES[width])


def list_below(figure: Figure, labels: Sequence[Label]) -> None:
    """Sets names one below the other at the foot of the picture, in their order."""
    width, height = _pixels(figure)
    for number, label in enumerate(reversed(labels)):
        text = figure.text(
            _EDGES[width] / width,
            (NAME_LINE * number + 8) / height,
            label.text,
            color=label.color,
            weight="bold" if label.strong else "normal",
            gid="label",
        )
        _fit(text, width - _EDGES[width])
