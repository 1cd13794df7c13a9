"""The calendar against arXiv's published holidays and against recorded lists."""

import gzip
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.model import QuietReason, Upstream, Waiting
from bot.sources.calendar import (
    OVERDUE_AFTER,
    current_list_day,
    is_holiday,
    list_expected,
    opens_at,
    why_empty,
)
from tests.shared import shared_file

DAY = timedelta(days=1)
HF, ARXIV = Upstream.HUGGING_FACE, Upstream.ARXIV


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


# arXiv's own lists of evenings and submission days that it skips, by year.
PUBLISHED = {
    2023: "01-16 06-14 06-19 07-04 08-17 09-04 11-23 12-25 12-27",
    2024: "01-15 05-22 06-19 07-04 09-02 10-08 11-28 12-25 12-26 12-31",
    2025: "01-01 01-20 06-19 07-04 07-06 09-01 11-27 12-25 12-30",
    2026: "01-01 01-19 06-19 07-03 09-07 11-26 12-25 12-29 12-31",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_rules_give_arxivs_published_holidays(year: int) -> None:
    every = (date(year, 1, 1) + number * DAY for number in range(366))
    named = {found for found in every if found.year == year and is_holiday(found) is not None}
    published = {date.fromisoformat(f"{year}-{text}") for text in PUBLISHED[year].split()}
    # The Sunday after a Friday holiday follows from it; arXiv's list names it only sometimes. New Year's
    # Day 2024 is missing from arXiv's list, and kept by the rule.
    sundays = {friday + 2 * DAY for friday in published if friday.weekday() == 4}
    assert named - sundays - {date(2024, 1, 1)} == published - sundays


@pytest.mark.parametrize(
    ("holiday", "name"),
    [
        ("2025-01-20", "Martin Luther King Jr. Day"),
        ("2025-07-04", "Independence Day"),
        ("2025-07-05", None),
        ("2025-07-06", "Independence Day"),  # Sunday announces what was submitted by Friday
        ("2027-06-18", "Juneteenth"),  # the 19th is a Saturday
        ("2027-07-05", "Independence Day"),  # the 4th is a Sunday
        ("2027-12-24", "Christmas"),
        ("2025-05-26", None),  # Memorial Day
        ("2025-11-28", None),  # the day after Thanksgiving
        ("2024-10-08", "arXiv's retreat"),
        ("2025-11-18", None),
    ],
)
def test_a_holiday_has_its_name(holiday: str, name: str | None) -> None:
    assert is_holiday(day(holiday)) == name


def test_the_list_after_a_holiday_evening_is_the_one_not_expected() -> None:
    assert list_expected(ARXIV, day("2025-11-27"))  # Thanksgiving itself: announced on Wednesday evening
    assert not list_expected(ARXIV, day("2025-11-28"))
    assert list_expected(ARXIV, day("2025-07-04"))
    assert not list_expected(ARXIV, day("2025-07-07"))  # Monday, after the Friday holiday
    assert list_expected(HF, day("2025-12-25"))
    assert list_expected(HF, day("2025-11-28"))


@pytest.mark.parametrize("upstream", [HF, ARXIV])
def test_no_list_is_expected_at_a_weekend(upstream: Upstream) -> None:
    week = [day("2025-11-17") + number * DAY for number in range(7)]
    assert [list_expected(upstream, each) for each in week] == [True] * 5 + [False] * 2


def test_an_upstream_without_lists_is_a_bug() -> None:
    with pytest.raises(ValueError, match="GitHub has no daily lists"):
        list_expected(Upstream.GITHUB, day("2025-11-18"))


def test_the_current_list_is_of_the_utc_date_or_new_yorks() -> None:
    assert current_list_day(utc("2025-11-18 00:00")) == day("2025-11-18")
    assert current_list_day(utc("2025-11-18 04:59"), ARXIV) == day("2025-11-17")
    assert current_list_day(utc("2025-11-18 05:00"), ARXIV) == day("2025-11-18")
    assert opens_at(HF, day("2025-11-18")) == utc("2025-11-18 00:00")
    assert opens_at(ARXIV, day("2025-11-18")) == utc("2025-11-18 05:00")
    assert opens_at(ARXIV, day("2025-07-18")) == utc("2025-07-18 04:00")


# --- why a list is empty -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("upstream", "list_day", "now", "waiting", "overdue", "detail"),
    [
        (
            HF,
            "2025-11-22",
            "2025-11-22 12:00",
            Waiting.WEEKEND,
            False,
            "Hugging Face lists no new papers on a Saturday.",
        ),
        (
            ARXIV,
            "2025-11-23",
            "2025-11-23 12:00",
            Waiting.WEEKEND,
            False,
            "arXiv lists no new papers on a Sunday.",
        ),
        (
            HF,
            "2025-11-18",
            "2025-11-18 05:59",
            Waiting.LIST_NOT_UP,
            False,
            "Hugging Face's list of Tue 18 Nov is not up yet.",
        ),
        (
            HF,
            "2025-11-18",
            "2025-11-18 09:30",
            Waiting.LIST_NOT_UP,
            True,
            "Hugging Face's list of Tue 18 Nov is still empty, 9 hours after it opened.",
        ),
        (
            ARXIV,
            "2025-11-28",
            "2025-11-28 05:00",
            Waiting.HOLIDAY,
            False,
            "arXiv had no announcement planned for the evening before (Thanksgiving).",
        ),
        (HF, "2025-11-28", "2025-11-28 05:59", Waiting.LIST_NOT_UP, False, "is not up yet."),
        (HF, "2025-11-28", "2025-11-28 06:00", Waiting.HOLIDAY, False, "(Thanksgiving)"),
        (
            HF,
            "2025-12-25",
            "2025-12-25 12:00",
            Waiting.HOLIDAY,
            False,
            "The day is a holiday at arXiv (Christmas).",
        ),
        (ARXIV, "2027-12-30", "2027-12-30 06:00", Waiting.LIST_NOT_UP, False, "is not up yet."),
        (ARXIV, "2027-12-30", "2027-12-30 12:00", Waiting.HOLIDAY, False, "between Christmas and New Year"),
    ],
)
def test_an_empty_list_is_explained(
    upstream: Upstream, list_day: str, now: str, waiting: Waiting, overdue: bool, detail: str
) -> None:
    emptiness = why_empty(upstream, day(list_day), utc(now))
    assert (emptiness.waiting, emptiness.overdue) == (waiting, overdue)
    assert detail in emptiness.detail
    assert (
        emptiness.reason
        is {
            Waiting.WEEKEND: QuietReason.WEEKEND,
            Waiting.HOLIDAY: QuietReason.HOLIDAY,
            Waiting.LIST_NOT_UP: QuietReason.NOT_UP_YET,
        }[waiting]
    )


# --- against what was recorded -----------------------------------------------------------------


def test_arxivs_recorded_days_are_empty_where_the_calendar_says_so() -> None:
    with gzip.open(shared_file("data/arxiv-abstracts/papers.jsonl.gz"), "rt") as lines:
        counts = Counter(json.loads(line)["listed"][:10] for line in lines)
    each, last = day("2025-05-05"), day("2025-11-28")
    empty = set()
    while each <= last:
        papers = counts[each.isoformat()]
        if each.weekday() < 5:
            assert (papers > 90) is list_expected(ARXIV, each), each  # the median is 315
            empty |= set() if list_expected(ARXIV, each) else {each.isoformat()}
        each += DAY
    assert empty == {"2025-06-20", "2025-07-07", "2025-09-02", "2025-11-28"}


def test_hugging_faces_recorded_lists_were_expected_and_open_in_time() -> None:
    lists, timed = 0, 0
    with gzip.open(shared_file("data/hf-daily-papers/responses.jsonl.gz"), "rt") as lines:
        for line in lines:
            body = json.loads(line)
            list_day = day(body["list_date"])
            lists += 1
            assert list_expected(HF, list_day)
            instants = [
                datetime.fromisoformat(row["paper"]["submittedOnDailyAt"])
                for row in body["response"]
                if row["paper"].get("submittedOnDailyAt")
            ]
            if instants:
                timed += 1
                assert timedelta(0) <= min(instants) - opens_at(HF, list_day) < OVERDUE_AFTER
                assert {current_list_day(instant) for instant in instants} == {list_day}
    assert (lists, timed) == (417, 207)
