"""Why papers rise and fall between two instants, in words."""

from collections.abc import Sequence
from datetime import date

import pytest

from bot.editions.changes import Change, Move, changes
from bot.model import Batch, PaperSeries, Window
from bot.trending.rank import rank
from tests.series import at, batch, paper

TWO_LISTS = (batch(0), batch(-24))
THREE_LISTS = (batch(24), batch(0))


def observed(paper: PaperSeries, as_of: float) -> PaperSeries | None:
    """What was known of a paper whose series is whole, by that hour."""
    hour = round(as_of * 3_600_000) + round(at(0).timestamp() * 1000)
    signals = {}
    for signal, series in paper.signals.items():
        points = [point for point in series.points() if point[0] <= hour]
        if points:
            signals[signal] = type(series).of(points)
    if paper.first_seen_at > hour:
        return None
    return PaperSeries(
        paper.paper_id, paper.key, paper.first_seen_at, paper.seen_after, paper.list_day, hour, signals
    )


def between(
    papers: Sequence[PaperSeries],
    earlier: float,
    later: float,
    *,
    limit: int = 10,
    size: int = 50,
    lists: tuple[Sequence[Batch], Sequence[Batch]] = (TWO_LISTS, TWO_LISTS),
    window: Window = Window.DAY,
) -> list[Change]:
    seen = [[one for p in papers if (one := observed(p, hour)) is not None] for hour in (earlier, later)]
    before, after = (
        rank(one, (), batches, window, at(hour), size)
        for one, batches, hour in zip(seen, lists, (earlier, later), strict=True)
    )
    return list(changes(before, after, {one.paper_id: one for one in seen[1]}, limit))


def told(found: Sequence[Change]) -> list[tuple[int, Move, str]]:
    return [(change.entry.paper_id, change.move, change.why) for change in found]


def test_gains_say_why_a_paper_rose_and_who_passed_another() -> None:
    riser, leader = paper(1, [(1, 3), (8, 75)]), paper(2, [(1, 40), (7, 43)])
    assert told(between([riser, leader], 4, 9)) == [
        (1, Move.ROSE, "+72 upvotes in 5 h: from 2nd to 1st"),
        (2, Move.FELL, "+3 upvotes in 5 h: from 1st to 2nd, passed by 1"),
    ]


def test_a_paper_that_moved_nowhere_is_told_so() -> None:
    assert told(between([paper(1, [(1, 3), (8, 4)])], 4, 9)) == [
        (1, Move.STAYED, "+1 upvote in 5 h: still 1st")
    ]
    assert told(between([paper(1, [(1, 3)])], 4, 5)) == [
        (1, Move.STAYED, "no new upvote in 60 min: still 1st")
    ]
    assert told(between([paper(1, [(1, 3), (8, 1)])], 4, 9)) == [
        (1, Move.STAYED, "-2 upvotes in 5 h: still 1st")
    ]


def test_a_paper_that_was_not_there_says_when_it_was_first_seen() -> None:
    fresh = paper(2, [(8 + 20 / 60, 4), (8.5, 9)])
    assert told(between([paper(1, [(1, 30)]), fresh], 4, 9))[1] == (
        2,
        Move.JOINED,
        "joined: first seen 08:20, 9 upvotes by 09:00",
    )
    assert told(between([fresh], 4, 30))[0][2] == ("joined: first seen Thu 20 Nov 08:20, 9 upvotes by 06:00")


def test_an_older_paper_joins_by_what_it_gained() -> None:
    old = paper(1, [(-70, 10), (6, 22)], listed=date(2025, 11, 17))
    assert told(between([old], 4, 9)) == [(1, Move.JOINED, "joined: +12 upvotes in 5 h")]


def test_a_known_paper_joins_with_the_list_it_comes_on() -> None:
    """It was known from elsewhere, without a number, before it came on a list."""
    known = paper(1, [(6, 5)], first_seen=-20)
    assert told(between([known], 4, 9)) == [(1, Move.JOINED, "joined: came on the list of Thu 20 Nov")]


def test_a_paper_from_beyond_the_last_place_joins_by_its_reasons() -> None:
    first, second = paper(1, [(1, 9), (6, 9)]), paper(2, [(1, 8)])
    falling = paper(3, [(1, 20), (6, 2)])
    joined, left = between([first, second, falling], 4, 9, size=2)[1:]
    assert (joined.move, joined.why) == (Move.JOINED, "joined: 8 upvotes when first seen")
    assert (left.move, left.why) == (Move.LEFT, "left: 2 others gained more")


def test_a_paper_leaves_when_its_window_is_over() -> None:
    yesterdays = paper(1, [(-20, 60)], listed=date(2025, 11, 19))
    fresh = paper(2, [(1, 5)])
    assert told(between([yesterdays, fresh], 4, 30, lists=(TWO_LISTS, THREE_LISTS))) == [
        (2, Move.ROSE, "no new upvote in 26 h: from 2nd to 1st, since 1 fell or left"),
        (1, Move.LEFT, "left: its day is over"),
    ]
    weeks = between([yesterdays], 4, 8 * 24, window=Window.WEEK)
    assert told(weeks) == [(1, Move.LEFT, "left: its week is over")]


def test_a_riser_leaves_when_it_rises_no_more() -> None:
    old = paper(1, [(-70, 10), (-3, 22)], listed=date(2025, 11, 17))
    assert told(between([old], 4, 30, lists=(TWO_LISTS, THREE_LISTS))) == [
        (1, Move.LEFT, "left: nothing rose since Thu 20 Nov 00:00")
    ]


def test_upvotes_that_the_window_left_behind_are_counted() -> None:
    """New in the first window, it counts whole; in the second only what it gained since."""
    yesterdays = paper(1, [(-20, 60), (-1, 70), (26, 90)], listed=date(2025, 11, 19))
    assert told(between([yesterdays], 4, 30, lists=(TWO_LISTS, THREE_LISTS))) == [
        (
            1,
            Move.STAYED,
            "+20 upvotes in 26 h, 70 upvotes from before Thu 20 Nov 00:00 no longer counting: still 1st",
        )
    ]


@pytest.mark.parametrize(
    ("place", "word"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (22, "22nd")],
)
def test_places_are_told_as_people_say_them(place: int, word: str) -> None:
    papers = [paper(n, [(1, 100 - n)]) for n in range(1, place + 1)]
    assert between(papers, 4, 9, limit=30)[-1].why == f"no new upvote in 5 h: still {word}"


def test_only_papers_among_the_first_of_either_are_told() -> None:
    papers = [paper(1, [(1, 30)]), paper(2, [(1, 20)]), paper(3, [(1, 10), (6, 50)])]
    found = between(papers, 4, 9, limit=1)
    assert [(change.entry.paper_id, change.move) for change in found] == [(3, Move.ROSE), (1, Move.FELL)]
    assert [change.gained for change in found] == [40, 0]
