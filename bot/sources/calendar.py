"""When the upstreams' daily lists are expected, and why one is empty.

**A calendar only explains; it never decides.** A list that is there counts, whatever day it is, and what
is said here is asked for only about a list that was read and found empty, or that is not due yet.

- **arXiv** announces at 20:00 New York time from Sunday to Thursday (info.arxiv.org/help/availability);
  the new-listings feed of the following date is rebuilt at about 00:00 New York time. A holiday from Monday
  to Thursday has no announcement on its own evening, one on Friday none on the Sunday after it, since Sunday
  announces what was submitted by Friday. So the *list* that stays empty is the next weekday's. arXiv
  publishes its holidays a year ahead, and they follow the rules below since 2023; Memorial Day and the day
  after Thanksgiving are not among them. Further single days (retreats, the days between Christmas and New
  Year) follow no rule: those published up to 2026 are listed, and arXiv may add others at any time.
- **Hugging Face** files a paper under the UTC date on which it was submitted there. Of 207 recorded lists
  whose rows tell that time, half had their first paper by 00:22 UTC, 95 % by 01:51 and the last by 05:17; the
  front page turns over at 21:30 New York time. Saturdays and Sundays get no papers. It knows no holidays
  (13 papers on 2025-12-25), but lists after an evening without an arXiv announcement are thin (1 to 5
  papers), so that such a day is the likely reason should one stay empty.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from bot.model import QuietReason, Upstream, Waiting

NEW_YORK: Final = ZoneInfo("America/New_York")
OVERDUE_AFTER: Final = timedelta(hours=6)  # past all first papers recorded; arXiv too is hours late at times

_DAY: Final = timedelta(days=1)
_MON, _THU, _SAT, _SUN = 0, 3, 5, 6


class Emptiness(NamedTuple):
    """Why a list has no papers."""

    waiting: Waiting  # what its source is waiting for
    reason: QuietReason  # what a destination records if nothing else came
    overdue: bool  # nothing in the calendar explains it any more
    detail: str  # one sentence for people


# --- holidays ----------------------------------------------------------------------------------


def _nth(weekday: int, nth: int, month: int) -> Callable[[int], date]:
    """The n-th Monday (0), Thursday (3) … of a month, by year."""

    def in_year(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))

    return in_year


def _fixed(month: int, day: int, *, saturday: int, sunday: int) -> Callable[[int], date]:
    """A date of the year, moved by so many days where it falls on a Saturday or Sunday."""

    def in_year(year: int) -> date:
        plain = date(year, month, day)
        return plain + timedelta(days={_SAT: saturday, _SUN: sunday}.get(plain.weekday(), 0))

    return in_year


# How a holiday on a weekend moves is read from arXiv's own lists of 2021 to 2026: New Year's Day stays where
# it is, Christmas moves from Saturday to Friday alone.
_RULES: Final[dict[str, Callable[[int], date]]] = {
    "New Year's Day": _fixed(1, 1, saturday=0, sunday=0),
    "Martin Luther King Jr. Day": _nth(_MON, 3, 1),
    "Juneteenth": _fixed(6, 19, saturday=-1, sunday=1),
    "Independence Day": _fixed(7, 4, saturday=-1, sunday=1),
    "Labor Day": _nth(_MON, 1, 9),
    "Thanksgiving": _nth(_THU, 4, 11),
    "Christmas": _fixed(12, 25, saturday=-1, sunday=0),
}
_PUBLISHED: Final = {
    date(2023, 6, 14): "arXiv's retreat",
    date(2023, 8, 17): "an arXiv meeting",
    date(2023, 12, 27): "arXiv's winter break",
    date(2024, 5, 22): "arXiv's retreat",
    date(2024, 10, 8): "arXiv's retreat",
    date(2024, 12, 26): "arXiv's winter break",
    date(2024, 12, 31): "arXiv's winter break",
    date(2025, 12, 30): "arXiv's winter break",
    date(2026, 12, 29): "arXiv's winter break",
    date(2026, 12, 31): "arXiv's winter break",
}


def is_holiday(day: date) -> str | None:
    """The name of the arXiv holiday on a New York date, or `None`.

    The Sunday after a holiday on a Friday bears its name too: that evening has no announcement.
    """
    weekday = day.weekday()
    if weekday == _SAT:
        return None
    if weekday == _SUN:
        return is_holiday(day - 2 * _DAY)
    if day in _PUBLISHED:
        return _PUBLISHED[day]
    return next((name for name, in_year in _RULES.items() if in_year(day.year) == day), None)


# --- lists -------------------------------------------------------------------------------------


def list_expected(upstream: Upstream, day: date) -> bool:
    """Whether the calendar gives that upstream a list of papers on that list day.

    A hint for how eagerly to ask, no reason not to ask. Raises `ValueError` for an upstream without lists.
    """
    _check(upstream)
    if day.weekday() >= _SAT:
        return False
    return upstream is Upstream.HUGGING_FACE or is_holiday(day - _DAY) is None


def current_list_day(now: datetime, upstream: Upstream = Upstream.HUGGING_FACE) -> date:
    """The list day that is current at `now` (aware), on weekends and holidays too.

    Hugging Face's is the UTC date, arXiv's the date in New York.
    """
    _check(upstream)
    return now.astimezone(UTC if upstream is Upstream.HUGGING_FACE else NEW_YORK).date()


def opens_at(upstream: Upstream, list_day: date) -> datetime:
    """When (UTC) the list of that day can have its first papers."""
    _check(upstream)
    zone = UTC if upstream is Upstream.HUGGING_FACE else NEW_YORK
    return datetime.combine(list_day, time(0), zone).astimezone(UTC)


def why_empty(upstream: Upstream, list_day: date, now: datetime) -> Emptiness:
    """Why the list of that day has no papers at `now` (aware), given that it has none.

    Raises `ValueError` for an upstream that has no lists.
    """
    opened = opens_at(upstream, list_day)
    if list_day.weekday() >= _SAT:
        detail = f"{upstream.label} lists no new papers on a {list_day:%A}."
        return Emptiness(Waiting.WEEKEND, QuietReason.WEEKEND, overdue=False, detail=detail)
    overdue = now >= opened + OVERDUE_AFTER
    holiday = _holiday_behind(upstream, list_day, overdue=overdue)
    if holiday is not None:
        return Emptiness(Waiting.HOLIDAY, QuietReason.HOLIDAY, overdue=False, detail=holiday)
    subject = f"{upstream.label}'s list of {list_day:%a} {list_day.day} {list_day:%b}"
    detail = f"{subject} is not up yet."
    if overdue:
        hours = (now - opened) // timedelta(hours=1)
        detail = f"{subject} is still empty, {hours} hours after it opened."
    return Emptiness(Waiting.LIST_NOT_UP, QuietReason.NOT_UP_YET, overdue=overdue, detail=detail)


def _holiday_behind(upstream: Upstream, list_day: date, *, overdue: bool) -> str | None:
    """A sentence naming the holiday that explains an empty weekday list, if one does.

    arXiv's own calendar explains its list at once. What is merely likely — a holiday behind an empty list
    of Hugging Face, a day of arXiv's winter break that was not published — is said only once it is overdue.
    """
    evening = list_day - _DAY
    name = is_holiday(evening)
    if name is not None and (upstream is Upstream.ARXIV or overdue):
        return f"arXiv had no announcement planned for the evening before ({name})."
    if not overdue:
        return None
    if upstream is Upstream.HUGGING_FACE and (name := is_holiday(list_day)) is not None:
        return f"The day is a holiday at arXiv ({name})."
    if evening.month == 12 and evening.day >= 24:
        return "arXiv skips some evenings between Christmas and New Year."
    return None


def _check(upstream: Upstream) -> None:
    if upstream not in {Upstream.HUGGING_FACE, Upstream.ARXIV}:
        raise ValueError(f"{upstream.label} has no daily lists")
