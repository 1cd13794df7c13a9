"""Reading what people type about time — zones, times of day, days of the week — and writing it back."""

import re
from collections.abc import Iterable
from datetime import time
from difflib import get_close_matches
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.errors import InputError
from bot.model import EVERY_DAY, WORKDAYS, Weekday

_WEEK: Final = tuple(Weekday)
_WEEKENDS: Final = EVERY_DAY - WORKDAYS

# --- time zones --------------------------------------------------------------------------------

_NO_PLACE: Final = frozenset({"Factory", "localtime"})  # in the database, but they name no place

# What people mean by an abbreviation. IANA has some of these as zones, and not the ones people mean:
# its "EST" has no daylight saving, so that a digest would come an hour late all summer.
_ABBREVIATIONS: Final = {
    "aedt": ("Australia/Sydney",),
    "aest": ("Australia/Sydney", "Australia/Brisbane"),
    "akst": ("America/Anchorage",),
    "bst": ("Europe/London",),
    "cdt": ("America/Chicago",),
    "cest": ("Europe/Berlin", "Europe/Paris", "Europe/Madrid"),
    "cet": ("Europe/Berlin", "Europe/Paris", "Europe/Madrid"),
    "cst": ("America/Chicago", "Asia/Shanghai"),
    "ct": ("America/Chicago",),
    "edt": ("America/New_York",),
    "eest": ("Europe/Helsinki", "Europe/Athens"),
    "eet": ("Europe/Helsinki", "Europe/Athens"),
    "est": ("America/New_York",),
    "et": ("America/New_York",),
    "hkt": ("Asia/Hong_Kong",),
    "hst": ("Pacific/Honolulu",),
    "ist": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "jst": ("Asia/Tokyo",),
    "kst": ("Asia/Seoul",),
    "mdt": ("America/Denver",),
    "met": ("Europe/Berlin", "Europe/Paris", "Europe/Madrid"),
    "msk": ("Europe/Moscow",),
    "mst": ("America/Denver", "America/Phoenix"),
    "mt": ("America/Denver",),
    "nzdt": ("Pacific/Auckland",),
    "nzst": ("Pacific/Auckland",),
    "pdt": ("America/Los_Angeles",),
    "pst": ("America/Los_Angeles",),
    "pt": ("America/Los_Angeles",),
    "sgt": ("Asia/Singapore",),
    "west": ("Europe/Lisbon",),
    "wet": ("Europe/Lisbon",),
}
_SHOWN: Final = 100  # zones that a few letters bring up
_OFFSET: Final = re.compile(r"(?:utc|gmt)?([+-])([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE)


@lru_cache(maxsize=1024)  # zoneinfo's own cache keeps only eight zones alive; reading one costs a file
def zone_info(name: str) -> ZoneInfo:
    """The rules of an IANA time zone. Raises `InputError` if this machine's database does not have it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"The time zone {_shown(name)} is not in this machine's time zone database. "
            "Choose another, or update the tzdata package."
        ) from error


def check_zone(name: str) -> str:
    """The IANA name of a time zone in its own spelling; case and blanks in `name` do not matter.

    Deprecated aliases (`US/Eastern`, `Japan`) are taken as they are. Raises `InputError`, naming the
    nearest right names, for abbreviations, bare offsets and anything unknown.
    """
    wanted = "_".join(name.split())
    key = wanted.lower()
    if not key:
        raise InputError("The time zone is missing. Name one, such as Europe/Berlin or UTC.")
    meant = _ABBREVIATIONS.get(key)
    if meant is not None:
        raise InputError(
            f"{wanted} is an abbreviation, not a time zone: it does not say when daylight saving applies. "
            f"Use {_either(meant)}."
        )
    found = _names().get(key)
    if found is not None:
        return found
    offset = _OFFSET.fullmatch(key)
    if offset is not None:
        raise InputError(f"{wanted} is an offset, not a time zone. {_fixed(*offset.groups())}")
    nearest = _nearest(key)
    if not nearest:
        raise InputError(
            f"There is no time zone {_shown(name)}. Use a name of the form Area/City, such as Europe/Berlin."
        )
    raise InputError(f"There is no time zone {_shown(name)}. Did you mean {_either(nearest)}?")


@lru_cache(maxsize=1)  # finding the names walks a directory tree
def _names() -> dict[str, str]:
    return {name.lower(): name for name in sorted(available_timezones() - _NO_PLACE)}


def _nearest(key: str) -> tuple[str, ...]:
    """Up to three zones: those whose city is `key`, then those spelt nearly so, by city or in whole."""
    names = {key: name for key, name in _names().items() if key not in _ABBREVIATIONS}
    by_city: dict[str, list[str]] = {}
    for known, name in names.items():
        by_city.setdefault(known.rpartition("/")[2], []).append(name)
    found = list(by_city.get(key.rpartition("/")[2], ()))
    for city in get_close_matches(key.rpartition("/")[2], by_city, n=3, cutoff=0.7):
        found += by_city[city]
    found += [names[match] for match in get_close_matches(key, names, n=3, cutoff=0.7)]
    return tuple(dict.fromkeys(found))[:3]


def _fixed(sign: str, hours: str, minutes: str | None) -> str:
    advice = "Name a place, such as Europe/Berlin, so that daylight saving is followed"
    etc = f"etc/gmt{'-' if sign == '+' else '+'}{int(hours)}"  # in Etc/GMT-2, two hours are *ahead* of UTC
    name = _names().get(etc) if int(hours) and not int(minutes or 0) else None
    return f"{advice}, or {name} for that fixed offset." if name else f"{advice}."


# --- times of day ------------------------------------------------------------------------------

_TIME: Final = re.compile(
    r"(?P<hour>[0-9]{1,2})(?:[:.h](?P<minute>[0-9]{2})|h)?\s*(?P<half>[ap]\.?m\.?)?", re.IGNORECASE
)
_FOUR_DIGITS: Final = re.compile(r"([0-9]{2})([0-9]{2})")
_NAMED_TIMES: Final = {"noon": time(12), "midday": time(12), "midnight": time(0)}


def parse_time(text: str) -> time:
    """A local time of day in whole minutes from `9`, `9:00`, `09.30`, `0930`, `9am`, `9:30 pm` or `noon`.

    Raises `InputError`.
    """
    stripped = text.strip().lower()
    if stripped in _NAMED_TIMES:
        return _NAMED_TIMES[stripped]
    digits = _FOUR_DIGITS.fullmatch(stripped)
    match = _TIME.fullmatch(f"{digits[1]}:{digits[2]}" if digits else stripped)
    if match is None:
        raise InputError(
            f"{_shown(text)} is not a time of day. Write hours and minutes, such as 09:30 or 9:30 am."
        )
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = match["half"]
    if half and not 1 <= hour <= 12:
        raise InputError(f"{_shown(text)} is not a time of day: with am or pm, the hour goes from 1 to 12.")
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if (hour, minute) == (24, 0):
        raise InputError("24:00 already belongs to the next day. Write 00:00 for the start of a day.")
    if hour > 23 or minute > 59:
        raise InputError(f"{_shown(text)} is not a time of day: it goes from 00:00 to 23:59.")
    return time(hour, minute)


def format_time(at: time) -> str:
    """`09:30`: what `parse_time` reads back."""
    return f"{at.hour:02}:{at.minute:02}"


# --- days of the week --------------------------------------------------------------------------

_FULL_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS: Final = {
    "all": EVERY_DAY,
    "daily": EVERY_DAY,
    "everyday": EVERY_DAY,
    "weekday": WORKDAYS,
    "weekdays": WORKDAYS,
    "workdays": WORKDAYS,
    "weekend": _WEEKENDS,
    "weekends": _WEEKENDS,
}


def parse_days(text: str) -> frozenset[Weekday]:
    """Days from `weekdays`, `weekends`, `daily`, `mon,wed`, `mon-fri`, `Fridays`, or several of those.

    A range may run over the end of the week (`sat-mon`). Never empty. Raises `InputError`.
    """
    plain = re.sub(r"\s*[-\N{EN DASH}]\s*", "-", text.strip().lower()).replace("every day", "daily")
    days: set[Weekday] = set()
    for word in filter(None, re.split(r"[,;&\s]+|\band\b", plain)):
        days |= _GROUPS[word] if word in _GROUPS else _span(word, text)
    if not days:
        raise InputError("The days are missing. Write weekdays, daily, or days such as mon,wed,fri.")
    return frozenset(days)


def _span(word: str, text: str) -> frozenset[Weekday]:
    ends = [_day(end, text) for end in word.split("-")]
    if len(ends) > 2:
        raise InputError(f"{_shown(text)} has a range with more than two ends. Write it as mon-fri.")
    first, last = ends[0], ends[-1]
    return frozenset(_WEEK[(first + step) % 7] for step in range((last - first) % 7 + 1))


def _day(word: str, text: str) -> int:
    """The number of one day's name, in full or shortened to at least two letters."""
    singular = word.removesuffix("s") if word.endswith("days") else word
    for number, name in enumerate(_FULL_NAMES):
        if len(singular) >= 2 and name.startswith(singular):
            return number
    nearest = get_close_matches(word, [*_FULL_NAMES, *_GROUPS], n=1)
    hint = f"Did you mean {nearest[0]}?" if nearest else "Write weekdays, daily, or days such as mon,wed,fri."
    raise InputError(f"{_shown(word or text)} is not a day of the week. {hint}")


def format_days(days: Iterable[Weekday]) -> str:
    """`weekdays`, `weekends`, `daily`, or days with runs of three and more drawn together (`mon-wed,fri`).

    What `parse_days` reads back.
    """
    chosen = frozenset(days)
    for name, group in (("daily", EVERY_DAY), ("weekdays", WORKDAYS), ("weekends", _WEEKENDS)):
        if chosen == group:
            return name
    runs: list[list[Weekday]] = []
    for day in _WEEK:
        if day in chosen:
            if runs and runs[-1][-1].number == day.number - 1:
                runs[-1].append(day)
            else:
                runs.append([day])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(run) for run in runs)


# --- words -------------------------------------------------------------------------------------


def _shown(text: str) -> str:
    """What was typed, quoted and no longer than a line."""
    return repr(text if len(text) <= 40 else f"{text[:39]}…")


def _either(names: Iterable[str]) -> str:
    """`A`, `A or B`, `A, B or C`."""
    *others, final = names
    return f"{', '.join(others)} or {final}" if others else final


def zones_like(letters: str) -> list[str]:
    """The zones that somebody may mean who has typed these letters, the likeliest first."""
    wanted = letters.strip().lower().replace(" ", "_")
    meant = list(_ABBREVIATIONS.get(wanted, ()))
    known = sorted(available_timezones() - _NO_PLACE)
    cities = [zone for zone in known if zone.lower().rpartition("/")[2].startswith(wanted)]
    others = [zone for zone in known if wanted in zone.lower()]
    return list(dict.fromkeys((*meant, *cities, *others)))[:_SHOWN]
