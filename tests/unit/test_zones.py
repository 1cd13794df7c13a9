"""What people type about time is read kindly, refused clearly, and written back the same."""

from datetime import time
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InputError
from bot.model import EVERY_DAY, WORKDAYS, Weekday
from bot.schedule.zones import check_zone, format_days, format_time, parse_days, parse_time, zone_info

MON, TUE, WED, THU, FRI, SAT, SUN = Weekday


# --- zones -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("AMERICA/NEW_YORK", "America/New_York"),
        (" america/new york ", "America/New_York"),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("utc", "UTC"),
        ("gmt", "GMT"),
        ("US/Eastern", "US/Eastern"),
        ("japan", "Japan"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("etc/gmt-2", "Etc/GMT-2"),
    ],
)
def test_a_zone_is_known_by_its_name_in_any_case(typed: str, name: str) -> None:
    assert check_zone(typed) == name


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("CET", "Use Europe/Berlin, Europe/Paris or Europe/Madrid."),
        ("EST", "Use America/New_York."),
        ("pst", "Use America/Los_Angeles."),
        ("IST", "Use Asia/Kolkata, Asia/Jerusalem or Europe/Dublin."),
        ("GMT+2", "or Etc/GMT-2 for that fixed offset."),
        ("utc-05:00", "or Etc/GMT+5 for that fixed offset."),
        ("+5:30", "Name a place, such as Europe/Berlin, so that daylight saving is followed."),
        ("UTC+99", "Name a place, such as Europe/Berlin, so that daylight saving is followed."),
        ("Berlin", "Did you mean Europe/Berlin?"),
        ("New York", "Did you mean America/New_York?"),
        ("Tokio", "Did you mean Asia/Tokyo?"),
        ("Europe/Berln", "Did you mean Europe/Berlin,"),
        ("America/Berlin", "Did you mean Europe/Berlin"),
        ("Factory", "There is no time zone 'Factory'."),
        ("localtime", "There is no time zone 'localtime'."),
        ("../../etc/passwd", "There is no time zone '../../etc/passwd'."),
        ("qqqqqq", "Use a name of the form Area/City"),
        ("  ", "The time zone is missing."),
    ],
)
def test_a_wrong_zone_is_refused_with_the_nearest_right_names(typed: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        check_zone(typed)
    assert hint in str(caught.value)


def test_what_was_typed_is_shown_on_one_line_and_not_at_length() -> None:
    with pytest.raises(InputError) as caught:
        check_zone("x\n" * 500)
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


def test_every_zone_of_the_database_is_accepted_or_refused_for_being_an_abbreviation() -> None:
    refused = set()
    for name in available_timezones() - {"Factory", "localtime"}:
        try:
            assert check_zone(name.upper()) == name
        except InputError:
            refused.add(name)
        assert zone_info(name).key == name
    assert refused == {"CET", "EET", "EST", "HST", "MET", "MST", "WET"}


def test_every_zone_that_is_suggested_for_an_abbreviation_exists() -> None:
    for typed in (
        "cet",
        "eet",
        "met",
        "wet",
        "est",
        "mst",
        "hst",
        "bst",
        "ist",
        "jst",
        "aest",
        "nzst",
        "msk",
    ):
        with pytest.raises(InputError) as caught:
            check_zone(typed)
        names = str(caught.value).rpartition("Use ")[2].removesuffix(".").replace(" or ", ", ").split(", ")
        assert [check_zone(name) for name in names] == names


@pytest.mark.parametrize("name", ["Mars/Olympus", "../secret", "", "a\0b"])
def test_a_stored_zone_that_is_gone_is_told_in_a_sentence(name: str) -> None:
    with pytest.raises(InputError, match="not in this machine's time zone database"):
        zone_info(name)


# --- times -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("9", time(9)),
        ("9:00", time(9)),
        ("09:30", time(9, 30)),
        ("21.30", time(21, 30)),
        ("9h", time(9)),
        ("9h05", time(9, 5)),
        ("0930", time(9, 30)),
        ("9am", time(9)),
        ("9 AM", time(9)),
        ("9:30 p.m.", time(21, 30)),
        ("12am", time(0)),
        ("12:15am", time(0, 15)),
        ("12pm", time(12)),
        ("noon", time(12)),
        ("Midnight", time(0)),
        (" 0:00 ", time(0)),
        ("23:59", time(23, 59)),
    ],
)
def test_a_time_of_day_is_read_as_people_write_it(typed: str, expected: time) -> None:
    assert parse_time(typed) == expected


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("", "Write hours and minutes, such as 09:30 or 9:30 am."),
        ("nine", "Write hours and minutes"),
        ("9:5", "Write hours and minutes"),
        ("930", "Write hours and minutes"),
        ("9:30:00", "Write hours and minutes"),
        ("-9", "Write hours and minutes"),
        ("٩", "Write hours and minutes"),
        ("25", "it goes from 00:00 to 23:59"),
        ("9:60", "it goes from 00:00 to 23:59"),
        ("24:00", "Write 00:00 for the start of a day."),
        ("13pm", "the hour goes from 1 to 12"),
        ("0am", "the hour goes from 1 to 12"),
    ],
)
def test_a_wrong_time_is_refused_with_what_would_work(typed: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_time(typed)
    assert hint in str(caught.value)


@given(st.builds(time, st.integers(0, 23), st.integers(0, 59)))
def test_a_formatted_time_reads_back(at: time) -> None:
    assert parse_time(format_time(at)) == at


@given(st.text(max_size=12))
def test_reading_a_time_gives_whole_minutes_or_an_input_error(text: str) -> None:
    try:
        at = parse_time(text)
    except InputError:
        return
    assert (at.second, at.microsecond, at.tzinfo) == (0, 0, None)


# --- days --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("daily", EVERY_DAY),
        ("every day", EVERY_DAY),
        ("Weekdays", WORKDAYS),
        ("weekends", {SAT, SUN}),
        ("mon,wed", {MON, WED}),
        ("mon, wed and fri", {MON, WED, FRI}),
        ("mon-fri", WORKDAYS),
        ("Monday \N{EN DASH} Wednesday", {MON, TUE, WED}),
        ("tues;thurs", {TUE, THU}),
        ("Fridays", {FRI}),
        ("sat-mon", {SAT, SUN, MON}),
        ("mon-mon", {MON}),
        ("weekdays,sat", EVERY_DAY - {SUN}),
        ("su & mo", {SUN, MON}),
    ],
)
def test_days_are_read_as_people_write_them(typed: str, expected: set[Weekday]) -> None:
    assert parse_days(typed) == expected


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("", "The days are missing."),
        (" , ", "The days are missing."),
        ("mnday", "'mnday' is not a day of the week. Did you mean monday?"),
        ("weekdys", "Did you mean weekdays?"),
        ("xyz", "Write weekdays, daily, or days such as mon,wed,fri."),
        ("t", "'t' is not a day of the week."),
        ("mon-", "is not a day of the week"),
        ("mon-wed-fri", "a range with more than two ends"),
    ],
)
def test_wrong_days_are_refused_with_what_would_work(typed: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_days(typed)
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (EVERY_DAY, "daily"),
        (WORKDAYS, "weekdays"),
        ({SUN, SAT}, "weekends"),
        ({WED, MON}, "mon,wed"),
        ({MON, TUE}, "mon,tue"),
        ({MON, TUE, WED, SAT}, "mon-wed,sat"),
    ],
)
def test_days_are_written_shortly(days: set[Weekday], expected: str) -> None:
    assert format_days(days) == expected


@given(st.frozensets(st.sampled_from(list(Weekday)), min_size=1))
def test_formatted_days_read_back(days: frozenset[Weekday]) -> None:
    assert parse_days(format_days(days)) == days
