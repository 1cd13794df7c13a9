"""How much of a list is usually up, from our own observations alone."""

import csv
import gzip
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InputError
from bot.ports import ListGrowth
from bot.schedule.growth import LISTS_USED, Share, share_by_hour, share_table
from tests.shared import shared_file

MONDAY = date(2025, 11, 17)
DAY = timedelta(days=1)


def grown(day: date, *hours: float) -> ListGrowth:
    """A list whose papers came at these hours of its UTC day."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return ListGrowth(day, tuple(start + timedelta(hours=hour) for hour in hours))


def week(*hours: float) -> list[ListGrowth]:
    return [grown(MONDAY + number * DAY, *hours) for number in range(5)]


def test_the_usual_share_is_the_median_of_the_lists() -> None:
    growths = [
        grown(MONDAY, 1, 2, 3, 4),  # all by 05:00
        grown(MONDAY + 1 * DAY, 1, 2, 6, 7),
        grown(MONDAY + 2 * DAY, 1, 2, 6, 7),
        grown(MONDAY + 3 * DAY, 1, 6, 7, 8),
        grown(MONDAY + 4 * DAY, 6, 7, 8, 9),  # none
    ]
    share = share_by_hour(growths, "UTC", time(5))
    assert share == Share(time(5), "UTC", 0.5, started=4, lists=5)
    assert share.sentence == "At 05:00 UTC usually 50 % of the day's list is up (5 lists)."


def test_a_paper_seen_at_the_very_minute_is_up() -> None:
    share = share_by_hour(week(5, 6), "UTC", time(5))
    assert share is not None
    assert share.fraction == 0.5


def test_with_fewer_than_five_lists_nothing_is_claimed() -> None:
    assert share_by_hour(week(1, 2)[:4], "UTC", time(5)) is None
    assert share_by_hour([*week(1, 2)[:4], ListGrowth(MONDAY + 4 * DAY, ())], "UTC", time(5)) is None
    assert share_table(week(1, 2)[:4], "UTC") == ()


def test_all_is_claimed_only_if_all_is_up() -> None:
    almost = share_by_hour(week(*([1] * 999), 9), "UTC", time(5))
    assert almost is not None
    assert almost.percent == 99
    whole = share_by_hour(week(1, 2, 3), "UTC", time(5))
    assert whole is not None
    assert whole.percent == 100


@pytest.mark.parametrize(
    ("zone", "at", "fraction"),
    [
        ("Europe/Berlin", time(6), 0.5),  # 05:00 UTC
        ("America/Los_Angeles", time(21), 0.5),  # 05:00 UTC of the day after: that day's list
        ("Pacific/Kiritimati", time(19), 0.5),  # 14 hours ahead
        ("Asia/Kolkata", time(5, 30), 0.25),  # 00:00 UTC
        ("Asia/Kolkata", time(5, 29), 1.0),  # 23:59 UTC of the same list's day
    ],
)
def test_a_local_time_falls_within_the_utc_day_of_the_list(zone: str, at: time, fraction: float) -> None:
    share = share_by_hour(week(0, 4, 6, 8), zone, at)
    assert share is not None
    assert share.fraction == fraction


def test_only_the_newest_lists_count() -> None:
    old = [grown(MONDAY - number * DAY, 20) for number in range(1, 100)]
    new = [grown(MONDAY + number * DAY, 1) for number in range(LISTS_USED)]
    share = share_by_hour([*new, *old], "UTC", time(5))
    assert share is not None
    assert (share.fraction, share.lists) == (1.0, LISTS_USED)


def test_a_list_whose_day_lacks_the_local_time_is_left_out() -> None:
    # The UTC day on which Berlin's clock falls back begins at 02:00 there and ends at 01:00.
    growths = [grown(date(2025, 10, 22) + number * DAY, 1) for number in range(7)]
    share = share_by_hour(growths, "Europe/Berlin", time(1, 30))
    assert share is not None
    assert share.lists == 6


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(InputError):
        share_by_hour(week(1), "Mars/Olympus", time(5))


def test_the_table_has_a_row_for_each_time() -> None:
    table = share_table(week(1, 5, 9, 13), "UTC", [time(0), time(5), time(9), time(13)])
    assert [(share.at.hour, share.percent) for share in table] == [(0, 0), (5, 50), (9, 75), (13, 100)]
    assert len(share_table(week(1), "UTC")) == 12


def test_recorded_lists_fill_through_the_day() -> None:
    seen: dict[str, datetime] = {}
    with gzip.open(shared_file("data/hf-rank-snapshots/rank_snapshots.csv.gz"), "rt") as lines:
        for row in csv.DictReader(lines):
            at = datetime.fromisoformat(row["snapshot_at"])
            seen[row["paper_id"]] = min(at, seen.get(row["paper_id"], at))
    lists: defaultdict[date, list[datetime]] = defaultdict(list)
    for instant in seen.values():
        lists[instant.date()].append(instant)
    # Days with a snapshot about 05:20 and one in the evening: weekends repeat Friday.
    watched = [
        ListGrowth(day, tuple(sorted(instants)))
        for day, instants in lists.items()
        if min(instants).hour < 6 and max(instants).hour >= 17
    ]
    early, morning, noon, evening = share_table(
        watched, "UTC", [time(5, 45), time(9, 45), time(13, 45), time(18)]
    )
    assert early.lists == LISTS_USED
    assert 40 <= early.percent <= 60
    assert 65 <= morning.percent <= 85
    assert 80 <= noon.percent <= 95
    assert evening.percent == 100


@given(
    hours=st.lists(st.lists(st.floats(0, 23.9), min_size=1, max_size=9), min_size=5, max_size=9),
    first=st.integers(0, 1439),
    second=st.integers(0, 1439),
)
def test_through_the_utc_day_the_share_never_falls(hours: list[list[float]], first: int, second: int) -> None:
    growths = [grown(MONDAY + number * DAY, *sorted(each)) for number, each in enumerate(hours)]
    early, late = (
        share_by_hour(growths, "UTC", time(*divmod(minute, 60))) for minute in sorted((first, second))
    )
    assert early is not None
    assert late is not None
    assert 0 <= early.fraction <= late.fraction <= 1
    assert early.started <= late.started <= early.lists
