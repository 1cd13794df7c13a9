"""Which appointment is due. Pure: schedule, stored state and `now` in, a decision out.

A destination has at most one slot for each local date. A local time that daylight saving skips happens
at the first valid minute after the gap, one that occurs twice at its first occurrence; a local date
that a zone left out altogether (Samoa's 30 December 2011) has no slot.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from bot.model import QuietReason, Schedule, Slot, Weekday
from bot.schedule.zones import format_time, zone_info

LATE_AFTER: Final = timedelta(minutes=15)  # served within this, a slot is not called late, nor given up
MOST_MISSED: Final = 31  # after a long absence, older missed slots are not recorded one by one

_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_WEEK: Final = tuple(Weekday)


class Missed(NamedTuple):
    """A slot that nobody served in time, and why, in words for people."""

    slot: Slot
    reason: QuietReason
    detail: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one destination now."""

    missed: tuple[Missed, ...]  # to be recorded, the oldest first; at most `MOST_MISSED`
    due: Slot | None  # to be served now; later than all that were missed
    late: bool  # whether the message should say that it comes late
    next: Slot  # to be looked at next; always after `now`


def instant_of(schedule: Schedule, day: date) -> datetime | None:
    """When (UTC) the schedule's local time comes on this local date, whatever its weekday.

    `None` if the zone never had that date. Where the clock leaps from before the time of day to midnight
    or later, that first valid minute is the slot, though the next date has just begun.
    """
    zone = zone_info(schedule.zone)
    instant = _first_instant(zone, datetime.combine(day, schedule.at))
    if instant.astimezone(zone).date() == day or _start_of(zone, day).astimezone(zone).date() == day:
        return instant
    return None


def next_slot(schedule: Schedule, after: datetime) -> Slot:
    """The first slot strictly after an instant (aware)."""
    return _coming(schedule, after=after, since=after, first_day=None)


def deadline(slot: Slot, schedule: Schedule, late_limit: timedelta) -> datetime:
    """Until when (UTC, exclusive) serving a slot still makes sense.

    That is `late_limit` after it, or the end of its local date if that comes first, but never less than
    `LATE_AFTER`: a slot at 23:59 may well be served a few minutes after midnight.
    """
    end_of_date = _start_of(zone_info(schedule.zone), slot.local_date + _DAY)
    return max(min(slot.at + late_limit, end_of_date), slot.at + LATE_AFTER)


def decide(
    schedule: Schedule,
    *,
    active_from: datetime,
    last: date | None,
    now: datetime,
    late_limit: timedelta,
) -> Decision:
    """What is due, what was missed, and when to look again. All instants are aware.

    `last` is the newest local date that has a slot record: no slot on or before it ever comes back,
    whether the clock was set back or the schedule's time or zone was changed. Slots before `active_from`
    never count. Of all that passed unserved, the latest is due if its `deadline` has not come; the
    others were missed. Raises `InputError` for a zone that this machine does not know, `ValueError` for
    a schedule without days.
    """
    passed = _passed(schedule, active_from=active_from, last=last, now=now)
    newest = next(passed, None)
    due = newest if newest and now < deadline(newest, schedule, late_limit) else None
    lost = [newest] if newest and not due else []
    lost += islice(passed, MOST_MISSED + 1 - len(lost))
    missed = [Missed(slot, QuietReason.AWAY, _away(slot, schedule)) for slot in lost[:MOST_MISSED]]
    if len(lost) > MOST_MISSED:
        oldest = missed[-1]
        missed[-1] = oldest._replace(detail=f"{oldest.detail} Slots before it were missed too.")
    return Decision(
        missed=tuple(reversed(missed)),
        due=due,
        late=due is not None and now - due.at > LATE_AFTER,
        next=_coming(schedule, after=now, since=active_from, first_day=last + _DAY if last else None),
    )


def _passed(schedule: Schedule, *, active_from: datetime, last: date | None, now: datetime) -> Iterator[Slot]:
    """The unrecorded slots from `active_from` to `now`, newest first: only as far back as one looks."""
    zone = zone_info(schedule.zone)
    # One more day at either end: a slot may stand just past the midnight that ends its local date, and
    # the local date itself may step back at a change shortly after midnight.
    oldest = active_from.astimezone(zone).date() - _DAY
    if last is not None:
        oldest = max(oldest, last + _DAY)
    day = now.astimezone(zone).date() + _DAY
    while day >= oldest:
        if _WEEK[day.weekday()] in schedule.days:
            at = instant_of(schedule, day)
            if at is not None and active_from <= at <= now:
                yield Slot(day, at)
        day -= _DAY


def _coming(schedule: Schedule, *, after: datetime, since: datetime, first_day: date | None) -> Slot:
    """The first slot strictly after `after`, not before `since`, on `first_day` or later."""
    if not schedule.days:
        raise ValueError("a schedule needs at least one day of the week")
    day = max(after, since).astimezone(zone_info(schedule.zone)).date() - _DAY
    if first_day is not None:
        day = max(day, first_day)
    while True:
        if _WEEK[day.weekday()] in schedule.days:
            at = instant_of(schedule, day)
            if at is not None and at > after and at >= since:
                return Slot(day, at)
        day += _DAY


def _start_of(zone: ZoneInfo, day: date) -> datetime:
    """The first instant (UTC) of a local date, or of the next one that the zone has."""
    return _first_instant(zone, datetime.combine(day, time(0)))


def _first_instant(zone: ZoneInfo, local: datetime) -> datetime:
    """The first instant (UTC) at which the zone's clock shows this naive local time, or a whole minute
    later than it.

    A time in a gap has, as PEP 495 defines, the offset from before the gap with fold 0 and the one from
    after it with fold 1; taken so, they fall on either side of the change.
    """
    early, late = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    before, after = _offset(early), _offset(late)
    if before >= after:  # the usual case, and the time that occurs twice: fold 0 is its first occurrence
        return early.astimezone(UTC)
    start = late.astimezone(UTC)
    seconds = range((after - before) // _SECOND + 1)
    change = start + _SECOND * bisect_left(
        seconds, 1, key=lambda second: _offset((start + second * _SECOND).astimezone(zone)) != before
    )
    beyond = change.astimezone(zone).second  # offsets of the 19th century have seconds
    return change + timedelta(seconds=60 - beyond if beyond else 0)


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()  # never None in a zone of zoneinfo


def _away(slot: Slot, schedule: Schedule) -> str:
    day = slot.local_date
    when = f"{format_time(schedule.at)} on {day:%a} {day.day} {day:%b %Y}"
    return f"Paperboy was not running at {when} ({schedule.zone})."
