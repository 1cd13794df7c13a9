"""When a destination is served: clock changes, absences, clocks set back."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.errors import InputError
from bot.model import EVERY_DAY, WORKDAYS, QuietReason, Schedule, Slot, Weekday
from bot.schedule.slots import LATE_AFTER, MOST_MISSED, Decision, deadline, decide, instant_of, next_slot

LIMIT = timedelta(hours=6)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def daily(at: str, zone: str = "Europe/Berlin", days: frozenset[Weekday] = EVERY_DAY) -> Schedule:
    return Schedule(time.fromisoformat(at), days, zone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def decided(
    schedule: Schedule, now: str, last: str | None, active_from: datetime = LONG_AGO, limit: timedelta = LIMIT
) -> Decision:
    newest = date.fromisoformat(last) if last else None
    return decide(schedule, active_from=active_from, last=newest, now=utc(now), late_limit=limit)


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("UTC", "2024-02-29", "09:00", "2024-02-29 09:00"),
        ("Europe/Berlin", "2025-07-01", "09:00", "2025-07-01 07:00"),
        # skipped: the first valid minute after the gap
        ("Europe/Berlin", "2025-03-30", "02:00", "2025-03-30 01:00"),
        ("Europe/Berlin", "2025-03-30", "02:59", "2025-03-30 01:00"),
        ("Europe/Berlin", "2025-03-30", "03:00", "2025-03-30 01:00"),
        ("Europe/Berlin", "2025-03-30", "01:59", "2025-03-30 00:59"),
        ("America/New_York", "2025-03-09", "02:30", "2025-03-09 07:00"),
        # twice: the first
        ("Europe/Berlin", "2025-10-26", "02:30", "2025-10-26 00:30"),
        ("Europe/Berlin", "2025-10-26", "03:00", "2025-10-26 02:00"),
        ("America/New_York", "2025-11-02", "01:30", "2025-11-02 05:30"),
        # half an hour of daylight saving
        ("Australia/Lord_Howe", "2025-10-05", "02:15", "2025-10-04 15:30"),
        ("Australia/Lord_Howe", "2025-10-05", "02:30", "2025-10-04 15:30"),
        ("Australia/Lord_Howe", "2025-04-06", "01:45", "2025-04-05 14:45"),
        # the clock leaps at midnight: the day has no 00:00
        ("America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04 03:00"),
        ("America/Sao_Paulo", "2018-11-04", "00:59", "2018-11-04 03:00"),
        ("Africa/Cairo", "2025-04-25", "00:30", "2025-04-24 22:00"),
        ("Asia/Beirut", "2025-03-30", "00:00", "2025-03-29 22:00"),
        # it falls back at midnight: 23:30 comes twice
        ("America/Sao_Paulo", "2018-02-17", "23:30", "2018-02-18 01:30"),
        # the clock leaps to midnight: the evening's last hour is missing
        ("America/Scoresbysund", "2025-03-29", "23:30", "2025-03-30 01:00"),
        ("America/Scoresbysund", "2025-03-30", "23:30", "2025-03-31 00:30"),
        # the gap ends at 00:44:30: the first whole minute after it
        ("Africa/Monrovia", "1972-01-07", "00:30", "1972-01-07 00:45"),
    ],
)
def test_a_local_time_comes_at_its_first_valid_minute(zone: str, day: str, at: str, expected: str) -> None:
    instant = instant_of(daily(at, zone), date.fromisoformat(day))
    assert instant is not None
    assert instant == utc(expected)
    assert instant.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "day"), [("Pacific/Apia", "2011-12-30"), ("Pacific/Kwajalein", "1993-08-21")]
)
@pytest.mark.parametrize("at", ["00:00", "09:00", "23:59"])
def test_a_date_that_a_zone_left_out_has_no_slot(zone: str, day: str, at: str) -> None:
    left_out = date.fromisoformat(day)
    assert instant_of(daily(at, zone), left_out) is None
    before = Slot(left_out - timedelta(1), instant_of(daily(at, zone), left_out - timedelta(1)) or LONG_AGO)
    after = next_slot(daily(at, zone), before.at)
    assert after.local_date == left_out + timedelta(1)
    assert after.at - before.at == timedelta(days=1)


def test_the_next_slot_is_strictly_after_and_on_a_chosen_day() -> None:
    schedule = daily("09:00", days=WORKDAYS)
    friday = utc("2025-11-21 08:00")
    assert next_slot(schedule, friday - timedelta(microseconds=1)) == Slot(date(2025, 11, 21), friday)
    assert next_slot(schedule, friday) == Slot(date(2025, 11, 24), utc("2025-11-24 08:00"))


def test_a_weekly_slot_whose_date_was_left_out_comes_a_week_later() -> None:
    schedule = daily("09:00", "Pacific/Apia", frozenset({Weekday.FRI}))
    assert next_slot(schedule, utc("2011-12-25 00:00")).local_date == date(2012, 1, 6)


def test_a_schedule_without_days_is_a_bug() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        next_slot(daily("09:00", days=frozenset()), LONG_AGO)


def test_an_unknown_zone_is_told_in_a_sentence() -> None:
    with pytest.raises(InputError, match="'Mars/Olympus' is not in this machine's time zone database"):
        next_slot(daily("09:00", "Mars/Olympus"), LONG_AGO)


# --- deciding ----------------------------------------------------------------------------------


def test_before_the_time_nothing_is_due_and_the_coming_slot_is_named() -> None:
    decision = decided(daily("09:00"), "2025-11-18 07:59:59", "2025-11-17")
    assert decision == Decision((), None, late=False, next=Slot(date(2025, 11, 18), utc("2025-11-18 08:00")))


def test_on_the_minute_it_is_due_and_the_slot_after_it_is_next() -> None:
    decision = decided(daily("09:00"), "2025-11-18 08:00", "2025-11-17")
    assert decision.due == Slot(date(2025, 11, 18), utc("2025-11-18 08:00"))
    assert not decision.late
    assert decision.missed == ()
    assert decision.next == Slot(date(2025, 11, 19), utc("2025-11-19 08:00"))


@pytest.mark.parametrize(("delay", "late"), [(LATE_AFTER, False), (LATE_AFTER + timedelta(seconds=1), True)])
def test_it_is_called_late_only_after_a_quarter_of_an_hour(delay: timedelta, late: bool) -> None:
    now = utc("2025-11-18 08:00") + delay
    decision = decide(
        daily("09:00"), active_from=LONG_AGO, last=date(2025, 11, 17), now=now, late_limit=LIMIT
    )
    assert decision.due is not None
    assert decision.late is late


def test_after_the_limit_it_is_missed_with_the_reason() -> None:
    assert decided(daily("09:00"), "2025-11-18 13:59:59", "2025-11-17").due is not None
    decision = decided(daily("09:00"), "2025-11-18 14:00", "2025-11-17")
    assert decision.due is None
    assert [(slot.local_date, reason) for slot, reason, _ in decision.missed] == [
        (date(2025, 11, 18), QuietReason.AWAY)
    ]
    assert (
        decision.missed[0].detail == "Paperboy was not running at 09:00 on Tue 18 Nov 2025 (Europe/Berlin)."
    )
    assert decision.next.local_date == date(2025, 11, 19)


def test_a_slot_of_yesterday_is_missed_even_if_it_is_under_the_limit() -> None:
    decision = decided(daily("22:00"), "2025-11-18 23:00", "2025-11-17")  # midnight in Berlin
    assert decision.due is None
    assert [slot.local_date for slot, _, _ in decision.missed] == [date(2025, 11, 18)]


def test_after_an_absence_only_the_latest_is_due_and_the_others_are_missed_in_order() -> None:
    decision = decided(daily("09:00"), "2025-11-21 10:00", "2025-11-17")
    assert decision.due == Slot(date(2025, 11, 21), utc("2025-11-21 08:00"))
    assert decision.late
    assert [slot.local_date.day for slot, _, _ in decision.missed] == [18, 19, 20]


@pytest.mark.parametrize("last", ["2024-11-20", None])
def test_after_a_year_away_only_the_last_missed_slots_are_recorded_and_that_is_said(last: str | None) -> None:
    decision = decided(daily("09:00"), "2025-11-21 07:00", last)
    days = [slot.local_date for slot, _, _ in decision.missed]
    assert days == [date(2025, 11, 20) - timedelta(n) for n in range(MOST_MISSED - 1, -1, -1)]
    assert decision.missed[0].detail.endswith("Slots before it were missed too.")
    assert "too" not in decision.missed[1].detail


def test_exactly_as_many_missed_slots_as_are_recorded_hide_none() -> None:
    decision = decided(daily("09:00"), "2025-11-21 07:00", "2025-10-20")
    assert len(decision.missed) == MOST_MISSED
    assert not any("too" in missed.detail for missed in decision.missed)


def test_a_new_destination_never_gets_a_backlog() -> None:
    decision = decided(daily("09:00"), "2025-11-18 08:05", None, utc("2025-11-18 08:00:01"))
    assert (decision.missed, decision.due) == ((), None)
    assert decision.next.local_date == date(2025, 11, 19)


def test_a_slot_at_the_very_instant_of_activation_counts() -> None:
    decision = decided(daily("09:00"), "2025-11-18 08:05", None, utc("2025-11-18 08:00"))
    assert decision.due == Slot(date(2025, 11, 18), utc("2025-11-18 08:00"))


def test_a_destination_that_starts_later_waits_for_its_first_slot() -> None:
    decision = decided(daily("09:00"), "2025-11-18 08:05", None, utc("2025-12-01 08:00"))
    assert decision.due is None
    assert decision.next == Slot(date(2025, 12, 1), utc("2025-12-01 08:00"))


def test_a_date_that_was_served_is_never_served_again() -> None:
    schedule = daily("09:00")
    assert decided(schedule, "2025-11-18 08:30", "2025-11-18").due is None
    set_back = decided(schedule, "2025-11-18 07:00", "2025-11-18")
    assert set_back.due is None
    assert set_back.next.local_date == date(2025, 11, 19)
    moved_to_evening = decided(daily("18:00"), "2025-11-18 17:00", "2025-11-18")
    assert moved_to_evening.due is None
    assert moved_to_evening.next.local_date == date(2025, 11, 19)
    moved_west = decided(daily("09:00", "America/Los_Angeles"), "2025-11-18 17:00", "2025-11-18")
    assert moved_west.due is None
    assert moved_west.next.local_date == date(2025, 11, 19)


def test_a_clock_set_back_by_days_waits_for_the_first_date_without_a_record() -> None:
    decision = decided(daily("09:00"), "2025-11-10 12:00", "2025-11-18")
    assert (decision.missed, decision.due) == ((), None)
    assert decision.next == Slot(date(2025, 11, 19), utc("2025-11-19 08:00"))


def test_a_skipped_time_is_not_yesterdays_though_it_falls_past_midnight() -> None:
    schedule = daily("23:30", "America/Scoresbysund")
    decision = decided(schedule, "2025-03-30 01:00", "2025-03-28")
    assert decision.due == Slot(date(2025, 3, 29), utc("2025-03-30 01:00"))
    assert decision.next == Slot(date(2025, 3, 30), utc("2025-03-31 00:30"))


# --- deadlines ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "zone", "day", "expected"),
    [
        ("09:00", "Europe/Berlin", "2025-11-18", "2025-11-18 14:00"),  # the limit
        ("20:00", "Europe/Berlin", "2025-11-18", "2025-11-18 23:00"),  # the end of the date
        ("23:59", "Europe/Berlin", "2025-11-18", "2025-11-18 23:14"),  # never less than a quarter of an hour
        ("20:00", "America/Sao_Paulo", "2018-11-03", "2018-11-04 03:00"),  # the next date begins at 01:00
        ("20:00", "America/Sao_Paulo", "2018-02-17", "2018-02-18 03:00"),  # 23:00 comes twice
        ("20:00", "Pacific/Apia", "2011-12-29", "2011-12-30 10:00"),  # the next date does not exist
    ],
)
def test_the_deadline_is_the_limit_or_the_end_of_the_local_date(
    at: str, zone: str, day: str, expected: str
) -> None:
    schedule = daily(at, zone)
    local_date = date.fromisoformat(day)
    instant = instant_of(schedule, local_date)
    assert instant is not None
    assert deadline(Slot(local_date, instant), schedule, LIMIT) == utc(expected)


def test_a_limit_of_nothing_still_leaves_time_to_serve() -> None:
    slot = Slot(date(2025, 11, 18), utc("2025-11-18 08:00"))
    assert deadline(slot, daily("09:00"), timedelta(0)) == slot.at + LATE_AFTER
    decision = decided(daily("09:00"), "2025-11-18 08:10", "2025-11-17", limit=timedelta(0))
    assert decision.due == slot
