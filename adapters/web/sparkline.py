"""A series of readings as a line of a few centimetres, and the same in words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.model import Series, from_utc_ms

WIDTH: Final = 120
HEIGHT: Final = 28
_MARGIN: Final = 2  # so that the line's own breadth and the dot at its end are inside
_MOST: Final = 40  # corners of a line: more cannot be told apart
_HOUR_MS: Final = timedelta(hours=1) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A line in a box of `WIDTH` by `HEIGHT`, and its alternative in words."""

    points: str  # as `points` of an SVG polyline
    end: tuple[float, float]
    words: str


def sparkline(series: Series | None, what: str) -> Sparkline | None:
    """The line of what was read, `what` in the plural; `None` where there is no change to be drawn.

    A number holds until it was read to be another one, so the line has steps.
    """
    if series is None or series.single:
        return None
    points = series.points()
    (begin, _), (end, last) = points[0], points[-1]
    low = min(value for _, value in points)
    high = max(value for _, value in points)
    span, height = max(end - begin, 1), max(high - low, 1)

    def place(at: int, value: int) -> tuple[float, float]:
        x = _MARGIN + (at - begin) / span * (WIDTH - 2 * _MARGIN)
        y = HEIGHT - _MARGIN - (value - low) / height * (HEIGHT - 2 * _MARGIN)
        return round(x, 1), round(y, 1)

    corners: list[tuple[float, float]] = []
    for at, value in _thinned(points):
        x, y = place(at, value)
        if corners and corners[-1][1] != y:
            corners.append((x, corners[-1][1]))
        corners.append((x, y))
    drawn = " ".join(f"{x:g},{y:g}" for x, y in corners)
    return Sparkline(drawn, place(end, last), _words(points, what))


def _thinned(points: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """At most `_MOST` of the points, spread evenly, the first and the last among them."""
    if len(points) <= _MOST:
        return list(points)
    step = (len(points) - 1) / (_MOST - 1)
    return [points[round(number * step)] for number in range(_MOST)]


def _words(points: Sequence[tuple[int, int]], what: str) -> str:
    (begin, first), (end, last) = points[0], points[-1]
    hours = (end - begin) // _HOUR_MS
    took = "within the hour" if hours < 1 else f"in {hours} h" if hours < 48 else f"in {hours // 24} days"
    start = from_utc_ms(begin)
    return f"{what.capitalize()}: from {first:,} to {last:,} {took}, since {start.day} {start:%b %H:%M} UTC"
