"""How dates and spans are typed, and which instants they mean."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.search.dates import nearest_period, read_period, since, until

NOW = datetime(2025, 3, 31, 15, 30, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2025-03-01", "2025-03-01"),
        ("2025/3/1", "2025-03-01"),
        ("2025.03", "2025-03"),
        ("2025", "2025"),
        ("1 March 2025", "2025-03-01"),
        ("March 1st, 2025", "2025-03-01"),
        ("Sept. 2024", "2024-09"),
        ("may 2025", "2025-05"),
        ("2024-02-29", "2024-02-29"),
        ("7d", "7d"),
        ("07 Days", "7d"),
        ("the last 7 days", "7d"),
        ("two weeks ago", "2w"),
        ("a month", "1m"),
        ("past year", "1y"),
        ("in the last month", "1m"),
        ("18 months", "18m"),
        ("Last  Month", "last-month"),
        ("last_week", "last-week"),
        ("this year", "this-year"),
        ("today", "today"),
        ("Yesterday", "yesterday"),
    ],
)
def test_a_date_or_a_span_is_read_however_it_is_typed(text: str, period: str) -> None:
    assert read_period(text) == period
    assert read_period(period) == period


@pytest.mark.parametrize(
    "text",
    [
        "",
        "am",
        "tuesday",
        "2025-02-29",
        "2025-13",
        "13/2025",
        "7",
        "week",
        "25",
        "0999",
        "7 d w",
        "31 June 2025",
    ],
)
def test_anything_else_is_neither(text: str) -> None:
    assert read_period(text) is None
    assert read_period(nearest_period(text)) is not None


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2025-03-01", datetime(2025, 3, 1, tzinfo=UTC)),
        ("2025-03", datetime(2025, 3, 1, tzinfo=UTC)),
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("today", datetime(2025, 3, 31, tzinfo=UTC)),
        ("yesterday", datetime(2025, 3, 30, tzinfo=UTC)),
        ("this-week", datetime(2025, 3, 31, tzinfo=UTC)),
        ("last-week", datetime(2025, 3, 24, tzinfo=UTC)),
        ("this-month", datetime(2025, 3, 1, tzinfo=UTC)),
        ("last-month", datetime(2025, 2, 1, tzinfo=UTC)),
        ("this-year", datetime(2025, 1, 1, tzinfo=UTC)),
        ("last-year", datetime(2024, 1, 1, tzinfo=UTC)),
        ("0d", NOW),
        ("7d", NOW - timedelta(days=7)),
        ("2w", NOW - timedelta(days=14)),
        ("1m", datetime(2025, 2, 28, 15, 30, tzinfo=UTC)),
        ("3m", datetime(2024, 12, 31, 15, 30, tzinfo=UTC)),
        ("13m", datetime(2024, 2, 29, 15, 30, tzinfo=UTC)),
        ("1y", datetime(2024, 3, 31, 15, 30, tzinfo=UTC)),
        ("9999y", datetime(1000, 1, 1, tzinfo=UTC)),
        ("9999w", NOW - timedelta(weeks=9999)),
    ],
)
def test_each_means_one_instant(value: str, instant: datetime) -> None:
    assert since(value, NOW) == until(value, NOW) == instant
    elsewhere = NOW.astimezone(timezone(timedelta(hours=14)))
    assert since(value, elsewhere) == instant
    assert since(value, elsewhere).utcoffset() == timedelta(0)


def test_no_span_reaches_behind_the_calendar() -> None:
    early = datetime(1001, 1, 1, tzinfo=UTC)
    assert {since(value, early) for value in ("9999d", "9999w", "9999m", "9999y")} == {
        datetime(1000, 1, 1, tzinfo=UTC)
    }
