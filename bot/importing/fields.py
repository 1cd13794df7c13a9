"""Values of a JSON object as the model has them. Pure; what is of another type counts as not said."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from bot.ids import paper_id_of
from bot.model import IdScheme, PaperId
from bot.sources.arxiv_feed import CATEGORY
from bot.sources.text import clean_name, clean_title

_YEAR_OR_MONTH: Final = re.compile(r"(\d{4})(?:-(\d{2}))?", re.ASCII)
_SUFFIX: Final = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV", re.IGNORECASE)
_AND: Final = re.compile(r",?\s+(?:and|&)\s+")
_OLDEST, _NEWEST = 1600, 2200  # years in which a paper can have been published
_MONTHS: Final = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
    "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip


def text_of(value: object) -> str:
    """The value if it is text, else ""."""
    return value if isinstance(value, str) else ""


def line_of(value: object) -> str | None:
    """One clean line, or `None` if there is none."""
    return (clean_title(value) or None) if isinstance(value, str) else None


def ids_of(value: object) -> tuple[PaperId, ...]:
    """The arXiv ids and DOIs in a field, apart by blanks, as an article's and its erratum's are."""
    found = map(paper_id_of, text_of(value).split())
    return tuple(dict.fromkeys(one for one in found if one is not None and one.scheme is not IdScheme.LOCAL))


def instant_of(value: object) -> datetime | None:
    """The instant (UTC) that an ISO 8601 date or instant, a month, a year or a mail's date says, else `None`.

    What names no time is the beginning of it, what names no time zone is UTC.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        if (match := _YEAR_OR_MONTH.fullmatch(text)) is not None:
            instant = datetime(int(match[1]), int(match[2] or 1), 1, tzinfo=UTC)
        else:
            instant = mail_instant(text) or _utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):  # the second: an offset that leads out of the years 1 to 9999
        return None
    return instant if _OLDEST <= instant.year <= _NEWEST else None


def mail_instant(text: str) -> datetime | None:
    """The instant (UTC) of a date as mail writes it, `Mon, 11 Jan 2021 20:31:27 GMT`, or `None`."""
    parts = text.split()
    if len(parts) < 5 or parts[2] not in _MONTHS:
        return None
    try:
        if len(parts) == 6 and parts[5] == "GMT":  # a tenth of the time that the library takes
            hour, minute, second = parts[4].split(":")
            day, month, year = int(parts[1]), _MONTHS[parts[2]], int(parts[3])
            return datetime(year, month, day, int(hour), int(minute), int(second), tzinfo=UTC)
        return _utc(parsedate_to_datetime(text))
    except (ValueError, OverflowError):
        return None


def _utc(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def names_of(value: object) -> tuple[str, ...]:
    """People's names: a list of names, or of objects with a `name`, or one text that holds them all."""
    if isinstance(value, str):
        return clean_names(split_names(value))
    if not isinstance(value, list):
        return ()
    return clean_names(text_of(one.get("name") if isinstance(one, dict) else one) for one in value)


def clean_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(filter(None, map(clean_name, names)))


def split_names(joined: str) -> list[str]:
    """Names from "A. Alpha (Paris, France), B. Beta, Jr. and C. Gamma", "Alpha, A.; Beta, B." or BibTeX's
    "Alpha, A. and Beta, B."; what stands in parentheses, as affiliations do, is dropped.
    """
    text = _outside_parentheses(joined)
    if ";" in text:
        return text.split(";")
    groups = _AND.split(text)
    if len(groups) > 1 and all(group.count(",") == 1 for group in groups):
        return groups
    names: list[str] = []
    for part in (part.strip() for group in groups for part in group.split(",")):
        if names and _SUFFIX.fullmatch(part):
            names[-1] += f", {part}"
        else:
            names.append(part)
    return names


def _outside_parentheses(text: str) -> str:
    if "(" not in text:
        return text
    kept: list[str] = []
    depth = 0
    for piece in re.split(r"([()])", text):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(depth - 1, 0)
        elif not depth:
            kept.append(piece)
    return " ".join(kept)


def words_of(value: object, between: str) -> tuple[str, ...]:
    """Clean words or phrases, each once: a list of them, or one text with the pattern `between` between."""
    if isinstance(value, str):
        value = re.split(between, value)
    if not isinstance(value, list):
        return ()
    return tuple(dict.fromkeys(filter(None, (clean_title(text_of(one)) for one in value))))


def categories_of(value: object) -> tuple[str, ...]:
    """Categories of arXiv in the order given; a text has them apart by blanks, commas or semicolons."""
    if isinstance(value, str):
        value = value.replace(",", " ").replace(";", " ").split()
    if not isinstance(value, list):
        return ()
    return tuple(dict.fromkeys(one for one in map(text_of, value) if CATEGORY.fullmatch(one)))


def count_of(value: object) -> int | None:
    """A count, or `None` if the value is none."""
    sound = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**12
    return value if sound and isinstance(value, int) else None
