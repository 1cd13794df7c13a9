"""Until when something is to rest, as people write it. Pure."""

import re
from datetime import date, datetime, time, timedelta
from typing import Final

from bot.errors import InputError
from bot.model import EVERY_DAY, Schedule
from bot.schedule.slots import instant_of
from bot.schedule.zones import parse_days, zone_info

LONGEST: Final = timedelta(days=30)  # what came in a longer while is no news

_SPAN: Final = re.compile(r"([0-9]{1,3})\s*(d|days?|w|weeks?)")
_NEAR: Final = {"tomorrow": 1, "a day": 1, "one day": 1, "a week": 7, "one week": 7, "two weeks": 14}
_EXAMPLES: Final = "Write a day or a while, such as monday, tomorrow, 2w or 2025-12-24"


def parse_until(text: str, now: datetime, zone: str) -> datetime:
    """The instant (UTC) at which a day begins in that zone, from `monday`, `until Monday`, `tomorrow`,
    `3 days`, `2w`, `next week` or `2025-12-24`. Raises `InputError`, also for what has passed or is further
    away than `LONGEST`.
    """
    wanted = " ".join(text.lower().split()).removeprefix("until ").removeprefix("for ")
    today = now.astimezone(zone_info(zone)).date()
    day = _day(wanted, today)
    if day is None:
        raise InputError(f"{text.strip()[:40]!r} is no day. {_EXAMPLES}.")
    begins = instant_of(Schedule(time(0), EVERY_DAY, zone), day)
    if day <= today or begins is None:
        raise InputError(f"{day} is no day to come. {_EXAMPLES}.")
    if day - today > LONGEST:
        raise InputError(
            f"That is further away than {LONGEST.days} days. Pause it instead, and resume it then."
        )
    return begins


def _day(wanted: str, today: date) -> date | None:
    if wanted in _NEAR:
        return today + timedelta(days=_NEAR[wanted])
    if wanted == "next week":
        wanted = "monday"
    span = _SPAN.fullmatch(wanted)
    if span is not None:
        return today + timedelta(days=int(span[1]) * (7 if span[2].startswith("w") else 1))
    try:
        return date.fromisoformat(wanted)
    except ValueError:
        pass
    try:
        days = parse_days(wanted.removeprefix("next "))
    except InputError:
        return None
    if len(days) != 1:
        return None
    (weekday,) = days
    return today + timedelta(days=(weekday.number - today.weekday() - 1) % 7 + 1)


__all__ = ["LONGEST", "parse_until"]
