"""The dates and spans of `after:` and `before:`: how they are typed, and which instants they mean.

A date, a month, a year, and a named day, week, month or year all mean the instant at which they begin, in
UTC; a span means so long before now. `after:` takes what was published at that instant or later, `before:`
what was published earlier: `after:2025-03 before:2025-04` is March 2025.
"""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

FORMS: Final = "2025-03-01, 2025-03, 2025, 7d, 2w, 3m, 1y, yesterday, last-month"
"""The forms as an error names them."""


def read_period(text: str) -> str | None:
    """The canonical form of a date or span as people type it, or `None` if it is neither.

    `2025-03-01`, `2025-03`, `2025`; days, weeks, months and years as `7d`, `2w`, `3m`, `1y`; `today`,
    `yesterday`, and `this-` or `last-` with `week`, `month` or `year`.
    """
    text = " ".join(text.lower().replace("_", "-").split())
    named = text.replace(" ", "-")
    if named in _NAMED:
        return named
    if match := _SPAN.fullmatch(text):
        number = int(match["number"]) if match["number"] else _NUMBERS.get(match["word"], 1)
        return f"{number}{match['unit'][0]}"
    if match := _DATE.fullmatch(text):
        return _date(match["year"], match["month"], match["day"])
    for form in _WRITTEN_DATES:
        if match := form.fullmatch(text):
            month = _MONTHS.index(match["month"][:3]) + 1
            return _date(match["year"], str(month), match.groupdict().get("day"))
    return None


def nearest_period(text: str) -> str:
    """The canonical form that a text which is none most probably meant."""
    text = text.lower()
    if match := _DATE.match(text):  # a day or a month that does not exist
        return _date(match["year"], match["month"], None) or match["year"]
    if match := re.search(r"(\d{1,2})[-/.](\d{1,2})[-/.]([12]\d{3})", text, re.ASCII):  # 3/25/2025, 25.3.2025
        one, other, year = match.groups()
        day_first = "." in match[0] or int(one) > 12
        return _date(year, other if day_first else one, one if day_first else other) or year
    if match := re.fullmatch(r"(\d{1,4})\s*h(?:ours?)?", text, re.ASCII):
        return f"{-(-int(match[1]) // 24)}d"
    year = re.search(r"(?<!\d)[12]\d{3}(?!\d)", text, re.ASCII)
    if year:
        return year[0]
    if _WEEKDAY.search(text):
        return "7d"
    close = get_close_matches(text.replace(" ", "-"), _NAMED, n=1, cutoff=0.7)
    return close[0] if close else "7d"


def since(value: str, now: datetime) -> datetime:
    """The instant (UTC) from which on papers satisfy `after:value`; `value` is canonical."""
    return _instant(value, now)


def until(value: str, now: datetime) -> datetime:
    """The instant (UTC) before which papers satisfy `before:value`; `value` is canonical."""
    return _instant(value, now)


_NAMED: Final = (
    "today",
    "yesterday",
    "last-week",
    "last-month",
    "last-year",
    "this-week",
    "this-month",
    "this-year",
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAY: Final = re.compile("(?:mon|tues|wednes|thurs|fri|satur|sun)day")
_NUMBERS: Final = MappingProxyType(
    {
        word: number
        for number, words in enumerate(
            ("a an one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1
        )
        for word in words.split()
    }
)
_DAYS: Final = MappingProxyType({"d": 1, "w": 7})
_MONTHS_OF: Final = MappingProxyType({"m": 1, "y": 12})
_EARLIEST: Final = datetime(1000, 1, 1, tzinfo=UTC)  # no span reaches further back

_DATE: Final = re.compile(
    r"(?P<year>[12]\d{3})(?:[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,2}))?)?", re.ASCII
)
_SPAN: Final = re.compile(
    r"(?:(?:in )?(?:the )?(?:last|past) )?"
    rf"(?:(?P<number>\d{{1,4}})[ -]?|(?P<word>{'|'.join(_NUMBERS)})[ -]|(?<=[lp]ast ))"
    r"(?P<unit>d(?:ays?)?|w(?:eeks?)?|m(?:onths?)?|y(?:ears?)?)(?: ago)?",
    re.ASCII,
)
_MONTH_NAME: Final = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR: Final = r"(?P<year>[12]\d{3})"
_WRITTEN_DATES: Final = tuple(
    re.compile(form, re.ASCII)
    for form in (
        rf"{_MONTH_NAME},? {_YEAR}",
        rf"{_MONTH_NAME} {_DAY},? {_YEAR}",
        rf"{_DAY}\.? {_MONTH_NAME},? {_YEAR}",
    )
)


def _date(year: str, month: str | None, day: str | None) -> str | None:
    """The date in its canonical form, or `None` if the calendar has none such."""
    if month is None:
        return year
    if not 1 <= int(month) <= 12:
        return None
    if day is None:
        return f"{year}-{int(month):02}"
    if not 1 <= int(day) <= monthrange(int(year), int(month))[1]:
        return None
    return f"{year}-{int(month):02}-{int(day):02}"


def _instant(value: str, now: datetime) -> datetime:
    now = now.astimezone(UTC)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    match value:
        case "today":
            return today
        case "yesterday":
            return today - timedelta(days=1)
        case "this-week" | "last-week":
            monday = today - timedelta(days=today.weekday())
            return monday if value == "this-week" else monday - timedelta(weeks=1)
        case "this-month":
            return today.replace(day=1)
        case "last-month":
            return _months_before(today.replace(day=1), 1)
        case "this-year" | "last-year":
            return datetime(now.year - (value == "last-year"), 1, 1, tzinfo=UTC)
    number, unit = value[:-1], value[-1]
    if unit in _DAYS:
        return max(_EARLIEST, now - timedelta(days=int(number) * _DAYS[unit]))
    if unit in _MONTHS_OF:
        return _months_before(now, int(number) * _MONTHS_OF[unit])
    year, month, day = (*map(int, value.split("-")), 1, 1)[:3]
    return datetime(year, month, day, tzinfo=UTC)


def _months_before(instant: datetime, months: int) -> datetime:
    """The same day and time so many months earlier; a month that is shorter gives its last day."""
    year, month = divmod(instant.year * 12 + instant.month - 1 - months, 12)
    if year < _EARLIEST.year:
        return _EARLIEST
    day = min(instant.day, monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)
