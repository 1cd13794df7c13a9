"""What is drawn, as frozen values: all that a plot shows, and nothing that hangs on how it is drawn.

Equal values give equal pictures, byte for byte. Spans of time are whole milliseconds.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeAlias

from bot.model import Signal

Corners: TypeAlias = tuple[tuple[int, int], ...]
"""A number that holds until it changes: (milliseconds since the plot's zero, value), in order of time."""

_HEIGHT: Final = 350  # pixels
_PANEL: Final = 60  # more, for each further number of a paper
NAME_LINE: Final = 20  # more, for each name that stands below the panel


@dataclass(frozen=True, slots=True)
class Curve:
    """One number of a paper."""

    signal: Signal
    corners: Corners  # never empty

    @property
    def first(self) -> int:
        return self.corners[0][1]

    @property
    def last(self) -> int:
        return self.corners[-1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTrend:
    """How the numbers of one paper rose; time counts from when it was first seen."""

    title: str  # untrusted text
    key: str  # see `bot.model.Paper.key`
    first_seen_at: datetime
    reach: int  # until when it was read
    curves: tuple[Curve, ...]  # never empty; upvotes first, if there are any
    usual: tuple[
        tuple[int, float], ...
    ] = ()  # the median upvotes of comparable papers by age; empty: unknown
    compared: int = 0  # how many papers got to its age; 0: too few to say what is usual


@dataclass(frozen=True, slots=True)
class TopicDay:
    """What one day (UTC) brought."""

    day: date
    papers: int  # that came before readers on that day
    upvotes: int  # that all of the month's papers had by the end of that day


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicMonth:
    """The papers of a month that match a query."""

    query: str  # as typed; untrusted text
    days: tuple[TopicDay, ...]  # without a gap, the oldest first

    @property
    def papers(self) -> int:
        return sum(one.papers for one in self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """One paper of a day's field; time counts from when it was first seen."""

    title: str  # untrusted text
    key: str
    corners: Corners  # of its upvotes; never empty
    reach: int  # until when it was read
    place: int | None  # in the day's edition; None: not among those that are named

    @property
    def last(self) -> int:
        return self.corners[-1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayField:
    """All papers of one daily list, by their upvotes."""

    day: date
    read_at: datetime  # when its papers were last read
    runners: tuple[Runner, ...]  # never empty; most upvotes first


Plot: TypeAlias = PaperTrend | TopicMonth | DayField


class Shape(StrEnum):
    """How wide a picture is; text is of one size in all."""

    WIDE = "wide"
    NARROW = "narrow"  # for phones


WIDTHS: Final = {Shape.WIDE: 640, Shape.NARROW: 350}
"""In pixels."""


def size(plot: Plot, shape: Shape = Shape.WIDE) -> tuple[int, int]:
    """The width and the height of the plot's picture, in pixels of which a PNG has two dots."""
    height = _HEIGHT
    if isinstance(plot, PaperTrend):
        height += (len(plot.curves) - 1) * _PANEL
    if isinstance(plot, DayField) and shape is Shape.NARROW:
        height += sum(one.place is not None for one in plot.runners) * NAME_LINE
    return WIDTHS[shape], height


class Theme(StrEnum):
    """What a plot stands on."""

    CARD = "card"  # brings its own background: readable wherever it is put
    LIGHT = "light"  # transparent, for a light page
    DARK = "dark"  # transparent, for a dark page
