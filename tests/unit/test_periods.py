"""Days, weeks and months of the calendar, as the archive names them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotFoundError
from bot.model import Window
from bot.reading.periods import Period, period_of, read_period

DAYS = st.dates(date(1, 3, 1), date(9999, 10, 1))


@pytest.mark.parametrize(
    ("window", "day", "name", "begins", "ends"),
    [
        (Window.DAY, (2025, 11, 20), "2025-11-20", (2025, 11, 20), (2025, 11, 21)),
        (Window.WEEK, (2025, 11, 20), "2025-W47", (2025, 11, 17), (2025, 11, 24)),
        (Window.WEEK, (2024, 12, 30), "2025-W01", (2024, 12, 30), (2025, 1, 6)),
        (Window.WEEK, (2027, 1, 3), "2026-W53", (2026, 12, 28), (2027, 1, 4)),
        (Window.MONTH, (2025, 11, 20), "2025-11", (2025, 11, 1), (2025, 12, 1)),
        (Window.MONTH, (2024, 2, 29), "2024-02", (2024, 2, 1), (2024, 3, 1)),
        (Window.MONTH, (2025, 12, 31), "2025-12", (2025, 12, 1), (2026, 1, 1)),
    ],
)
def test_a_period_has_a_name_and_ends_where_the_next_begins(
    window: Window,
    day: tuple[int, int, int],
    name: str,
    begins: tuple[int, int, int],
    ends: tuple[int, int, int],
) -> None:
    period = period_of(window, date(*day))
    assert period.name == name
    assert (period.begins, period.ends) == (datetime(*begins, tzinfo=UTC), datetime(*ends, tzinfo=UTC))


@given(st.sampled_from(Window), DAYS)
def test_names_are_read_back_and_neighbours_are_each_others(window: Window, day: date) -> None:
    period = period_of(window, day)
    assert read_period(window, period.name) == period
    assert period.first <= day <= period.last
    assert period.following.preceding == period == period.preceding.following
    assert period.following.begins == period.ends


@given(st.sampled_from(Window), st.text(max_size=12))
def test_whatever_is_typed_is_a_period_or_a_sentence(window: Window, name: str) -> None:
    try:
        assert read_period(window, name).name == name
    except NotFoundError as error:
        assert "Write one like" in str(error)  # noqa: PT017 - either of the two is right


@pytest.mark.parametrize(
    ("window", "name"),
    [
        *((Window.DAY, name) for name in ("2025-02-30", "2025-1-1", "20251120", "\u0662025-11-20", "1-1-1")),
        *((Window.WEEK, name) for name in ("2025-W53", "2025-W00", "2025-47", "0000-W01")),
        *((Window.MONTH, name) for name in ("2025-13", "2025-00", "9999-12")),
    ],
)
def test_what_no_calendar_has_is_not_found(window: Window, name: str) -> None:
    with pytest.raises(NotFoundError, match="Write one like"):
        read_period(window, name)


def test_a_period_is_a_value() -> None:
    assert Period(Window.DAY, date(2025, 11, 20)) == period_of(Window.DAY, date(2025, 11, 20))
