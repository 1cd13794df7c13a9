"""Days, weeks and months of the calendar, as the archive has them; all of UTC. Pure.

The archive is the only place where windows are pages of a calendar: everywhere else they roll.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot.errors import NotFoundError
from bot.model import Window

_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_NAMES: Final = {
    Window.DAY: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    Window.WEEK: re.compile(r"([0-9]{4})-W([0-9]{2})"),
    Window.MONTH: re.compile(r"[0-9]{4}-[0-9]{2}"),
}
_SHAPES: Final = {Window.DAY: "2025-11-20", Window.WEEK: "2025-W47", Window.MONTH: "2025-11"}
_MARGIN: Final = timedelta(days=40)  # so that neighbours exist: the calendar of Python ends somewhere


@dataclass(frozen=True, slots=True)
class Period:
    """A day, an ISO week or a month of the calendar."""

    window: Window
    first: date

    @property
    def name(self) -> str:
        """`2025-11-20`, `2025-W47`, `2025-11`: what `read_period` reads back."""
        match self.window:
            case Window.DAY:
                return self.first.isoformat()
            case Window.WEEK:
                year, week, _ = self.first.isocalendar()
                return f"{year}-W{week:02}"
            case Window.MONTH:
                return f"{self.first:%Y-%m}"

    @property
    def last(self) -> date:
        """Its last day."""
        return self.following.first - _DAY

    @property
    def begins(self) -> datetime:
        """The instant at which it begins."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def ends(self) -> datetime:
        """The instant at which the next one begins."""
        return self.following.begins

    @property
    def following(self) -> "Period":
        match self.window:
            case Window.DAY:
                return Period(self.window, self.first + _DAY)
            case Window.WEEK:
                return Period(self.window, self.first + _WEEK)
            case Window.MONTH:
                return period_of(self.window, self.first.replace(day=28) + timedelta(days=4))

    @property
    def preceding(self) -> "Period":
        return period_of(self.window, self.first - _DAY)


def period_of(window: Window, day: date) -> Period:
    """The period of that kind that has this day."""
    match window:
        case Window.DAY:
            return Period(window, day)
        case Window.WEEK:
            return Period(window, day - timedelta(days=day.weekday()))
        case Window.MONTH:
            return Period(window, day.replace(day=1))


def read_period(window: Window, name: str) -> Period:
    """The period of that name. Raises `NotFoundError` if the calendar has none."""
    day = _first_day(window, name)
    if day is None or not date.min + _MARGIN <= day <= date.max - _MARGIN:
        raise NotFoundError(window.value, name, f"Write one like {_SHAPES[window]}.")
    return Period(window, day)


def _first_day(window: Window, name: str) -> date | None:
    found = _NAMES[window].fullmatch(name)
    if found is None:
        return None
    try:
        match window:
            case Window.DAY:
                return date.fromisoformat(name)
            case Window.WEEK:
                return date.fromisocalendar(int(found[1]), int(found[2]), 1)
            case Window.MONTH:
                return date.fromisoformat(f"{name}-01")
    except ValueError:
        return None
