"""What is news on which day, and what a version of a feed is known by."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.web.feeds import Changed
from bot.model import Ranked, Window
from bot.reading.feeds import DAYS, came_up
from bot.reading.periods import Period, period_of
from tests.clocks import StillClock

FIRST: Final = datetime(2025, 11, 10, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)


def day(number: int) -> Period:
    return period_of(Window.DAY, (FIRST + timedelta(days=number)).date())


def ranked(paper_id: int, reason: str) -> Ranked:
    return Ranked(1, paper_id, f"arxiv:{paper_id}", 1.0, (), (reason,), new=False)


def on(today: int, up: Mapping[int, Sequence[int]]) -> dict[int, tuple[Period, str]]:
    """The feed of a day by paper: when it came up and why; `up` says which papers were up on which days."""
    days = [
        (
            day(number),
            [ranked(paper, f"day {number}") for paper, all_days in up.items() if number in all_days],
        )
        for number in range(today, today - DAYS - 2, -1)
    ]
    return {one.paper_id: (when, one.reasons[0]) for when, one in came_up(days)}


def test_a_paper_that_goes_on_for_long_is_news_once_and_keeps_its_date() -> None:
    up = {1: range(2, 30)}
    shown = {today: on(today, up) for today in range(12)}
    assert shown[1] == {}
    assert all(shown[today] == {1: (day(2), "day 2")} for today in range(2, 2 + DAYS + 1))
    assert all(shown[today] == {} for today in range(2 + DAYS + 1, 12))


def test_a_paper_of_one_day_stays_for_three_more() -> None:
    assert [bool(on(today, {1: [5]})) for today in range(4, 10)] == [False, True, True, True, True, False]


def test_a_paper_that_comes_again_much_later_is_news_again() -> None:
    assert on(20, {1: [2, 3, 20]}) == {1: (day(20), "day 20")}


def test_of_a_paper_that_a_day_has_twice_the_first_place_counts() -> None:
    days: list[tuple[Period, list[Ranked]]] = [(day(number), []) for number in range(9, 9 - DAYS - 1, -1)]
    twice = (day(10), [ranked(1, "as it was frozen"), ranked(1, "as it is now")])
    assert [one.reasons for _, one in came_up([twice, *days])] == [("as it was frozen",)]


def test_a_version_is_dated_by_when_it_was_first_seen() -> None:
    clock = StillClock(FIRST + timedelta(milliseconds=900))
    changed = Changed(clock)
    assert changed.since("a", "v1") == FIRST
    clock.set(FIRST + 30 * SECOND)
    assert changed.since("a", "v1") == FIRST
    assert changed.since("a", "v2") == FIRST + 30 * SECOND
    assert changed.since("b", "v2") == FIRST + 30 * SECOND


def test_a_version_that_comes_in_the_same_second_or_again_has_a_later_date_all_the_same() -> None:
    changed = Changed(StillClock(FIRST))
    dates = [changed.since("a", version) for version in ("v1", "v2", "v1")]
    assert dates == [FIRST, FIRST + SECOND, FIRST + 2 * SECOND]


def test_what_nobody_asks_about_any_more_is_forgotten() -> None:
    clock = StillClock(FIRST)
    changed = Changed(clock, remembered=2)
    for name in ("a", "b", "a", "c"):
        changed.since(name, "v1")
    clock.set(FIRST + SECOND)
    assert [changed.since(name, "v1") for name in ("a", "c", "b")] == [FIRST, FIRST, FIRST + SECOND]
