"""Where a window begins. Windows roll; they are never an upstream's calendar page."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot.model import Batch, PaperSeries, Window

_SPANS: Final = {Window.WEEK: timedelta(days=7), Window.MONTH: timedelta(days=30)}
_FALLBACK: Final = timedelta(days=1)
_DAY_MS: Final = timedelta(days=1) // timedelta(milliseconds=1)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()

BATCHES_NEEDED: Final = 2


def end_of_list(day: date) -> datetime:
    """The instant (UTC) after which nothing can have appeared on that day's list for the first time."""
    return datetime.combine(day + timedelta(days=1), time(0), UTC)


def window_start(window: Window, as_of: datetime, batches: Sequence[Batch]) -> datetime:
    """Since when a paper must have been listed, or have risen, to count.

    A day reaches back to the opening of the last batch but one (`batches`: newest first, as of `as_of`),
    so that what rose after this morning's post still counts tomorrow, and over a weekend or a holiday the
    last non-empty batch is still there. A list that was read only later opened by its day's end at the
    latest. A week is 7 days, a month 30.
    """
    span = _SPANS.get(window)
    if span is not None:
        return as_of - span
    if not batches:
        return as_of - _FALLBACK
    batch = batches[min(1, len(batches) - 1)]
    return min(batch.opened_at, end_of_list(batch.day))


def appeared_at(paper: PaperSeries) -> int:
    """When the paper first came before readers, in ms: when we first saw it, or, if its list was read only
    afterwards, the end of that list's day.
    """
    if paper.list_day is None:
        return paper.first_seen_at
    # `end_of_list` in whole numbers: a ranking asks this of every paper.
    return min(paper.first_seen_at, (paper.list_day + 1 - _EPOCH_DAY) * _DAY_MS)
