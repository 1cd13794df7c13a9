"""Until when something is to rest, as people write it."""

from datetime import UTC, datetime

import pytest

from bot.errors import InputError
from bot.schedule.until import parse_until

NOW = datetime(2025, 11, 20, 23, 30, tzinfo=UTC)  # a Thursday; in Berlin it is Friday already
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("monday", 24),
        ("until Monday", 24),
        ("next mon", 24),
        ("next week", 24),
        ("friday", 28),  # it is Friday now
        ("tomorrow", 22),
        ("for a week", 28),
        ("3 days", 24),
        ("2w", 5),
        ("1 day", 22),
        ("2025-11-30", 30),
    ],
)
def test_a_day_or_a_while_ends_where_a_day_begins(text: str, day: int) -> None:
    until = parse_until(text, NOW, BERLIN)
    assert (until.day, until.hour) == (day - 1, 23)


def test_a_day_begins_where_the_zone_lets_it() -> None:
    """In Santiago the clocks leap at midnight."""
    until = parse_until("2025-09-07", datetime(2025, 9, 1, tzinfo=UTC), "America/Santiago")
    assert until == datetime(2025, 9, 7, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("soon", "'soon' is no day."),
        ("weekdays", "is no day"),
        ("", "is no day"),
        ("2025-11-21", "is no day to come"),
        ("0d", "is no day to come"),
        ("2020-01-01", "is no day to come"),
        ("2026-01-01", "further away than 30 days. Pause it instead"),
        ("5w", "further away than 30 days"),
    ],
)
def test_what_is_no_day_to_come_is_told(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_until(text, NOW, BERLIN)
