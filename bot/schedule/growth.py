"""How much of a day's list is usually up at a time of day: what someone choosing a time wants to know.

It is told from our own observations alone, and only from enough of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Final

from bot.model import EVERY_DAY, Schedule
from bot.ports import ListGrowth
from bot.schedule.slots import instant_of
from bot.schedule.zones import format_time

LISTS_NEEDED: Final = 5  # fewer say nothing about what is usual
LISTS_USED: Final = 30  # the newest six weeks or so: habits upstream change
TABLE_TIMES: Final = tuple(time(hour) for hour in range(0, 24, 2))

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Share:
    """What is usually up at one local time of day."""

    at: time  # local in `zone`
    zone: str
    fraction: float  # of a list's final papers, 0 to 1: the median over `lists`
    started: int  # of those lists, how many had any paper by then
    lists: int

    @property
    def percent(self) -> int:
        """Whole per cent, rounded down: 100 only when all of the list is up."""
        return int(self.fraction * 100 + 1e-9)

    @property
    def sentence(self) -> str:
        return (
            f"At {format_time(self.at)} {self.zone} usually {self.percent} % of the day's list is up "
            f"({self.lists} lists)."
        )


def share_by_hour(growths: Sequence[ListGrowth], zone: str, at: time) -> Share | None:
    """What is usually up when the clocks of `zone` show `at`, or `None` with fewer than five lists.

    `growths` must be of finished lists alone (days before the current one): a list that still grows would
    count as whole. For each list the moment that counts is the one within its UTC day, as that is the day
    over which a list grows: 21:00 in Los Angeles is 05:00 UTC of the *next* day's list. Raises `InputError`
    for an unknown zone.
    """
    newest = sorted((growth for growth in growths if growth.seen_at), key=lambda growth: growth.day)
    parts = []
    for growth in newest[-LISTS_USED:]:
        moment = _moment_within(growth.day, zone, at)
        if moment is not None:
            parts.append(sum(seen <= moment for seen in growth.seen_at) / len(growth.seen_at))
    if len(parts) < LISTS_NEEDED:
        return None
    return Share(at, zone, median(parts), sum(part > 0 for part in parts), len(parts))


def share_table(
    growths: Sequence[ListGrowth], zone: str, times: Iterable[time] = TABLE_TIMES
) -> tuple[Share, ...]:
    """`share_by_hour` for several local times, in their order; empty with fewer than five lists."""
    shares = (share_by_hour(growths, zone, at) for at in times)
    return tuple(share for share in shares if share is not None)


def _moment_within(day: date, zone: str, at: time) -> datetime | None:
    """The instant of a UTC day at which the zone's clock shows `at`; `None` where a clock change left
    that day without one.
    """
    clock = Schedule(at=at, days=EVERY_DAY, zone=zone)
    moments = (instant_of(clock, local) for local in (day - _DAY, day, day + _DAY))
    return next((moment for moment in moments if moment and moment.astimezone(UTC).date() == day), None)
