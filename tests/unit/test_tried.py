"""What a new digest is said to bring: how many of the last days would have been empty, and what to widen."""

from dataclasses import replace
from datetime import date, timedelta
from typing import cast

import pytest

from bot.commands.channels import DayPreview, widen
from bot.commands.handlers.tried import tried
from bot.commands.ports import Surface
from bot.editions.share import Tally
from bot.model import Destination, Pool, Window
from bot.view.doc import Doc
from bot.view.plain import to_plain
from tests.unit.test_sharing import ALL, VISION


class Typed:
    """A surface as far as it is asked here."""

    def typed(self, text: str) -> str:
        return f"/papers {text}"


def days(*tallies: Tally) -> list[DayPreview]:
    """Days of which each brought all that is left of its tally."""
    found = []
    for ago, one in enumerate(tallies):
        matches = one.above_floor - one.told - one.elsewhere
        titles = ("On Rain",) if matches else ()
        found.append(DayPreview(date(2025, 11, 20) - timedelta(ago), matches, titles, one))
    return found


GOOD = Tally(candidates=9, matched=2, above_floor=2)
NOTHING = Tally(candidates=9)
BELOW = Tally(candidates=9, matched=2)
AWAY = Tally(candidates=9, matched=2, above_floor=2, elsewhere=2)


def said(*tallies: Tally) -> str:
    return to_plain(Doc(tuple(tried(VISION, days(*tallies), cast(Surface, Typed()))), ""))


def test_it_is_counted_how_many_days_would_have_been_empty() -> None:
    text = said(GOOD, NOTHING, AWAY, GOOD, GOOD)
    assert text.startswith("2 of the last 5 days would have been empty.")
    assert "Thu 20 Nov: 2 papers, such as “On Rain”" in text
    assert "Tue 18 Nov: no paper (2 went to another channel)" in text
    assert "/papers" not in text
    assert said(GOOD, GOOD).startswith("None of the last 2 days would have been empty.")


def test_days_of_which_nothing_is_stored_do_not_count() -> None:
    assert said(GOOD, Tally(), Tally()).startswith("The one day that is known would not have been empty.")
    assert said(Tally(), Tally()).startswith("Nothing is stored of the last days yet")


def test_nor_do_days_whose_papers_wait_for_their_categories() -> None:
    """They may yet match: it would be wrong to call them empty, and to say what to change."""
    waiting = Tally(candidates=9, undecided=7)
    text = said(waiting, waiting, GOOD)
    assert text.startswith("The one day that is known would not have been empty.")
    assert "Thu 20 Nov: 7 wait until arXiv says what they are about" in text
    none = said(waiting, replace(waiting, undecided=1))
    assert none.startswith("Whether the last days would have been empty cannot be told yet.")
    assert "Wed 19 Nov: 1 waits until arXiv says what it is about" in none
    assert "/papers" not in none


def test_where_all_would_have_been_empty_it_says_all() -> None:
    assert said(NOTHING, NOTHING, BELOW).startswith("All of the last 3 days would have been empty.")


def test_where_most_would_have_been_empty_it_is_said_what_to_change() -> None:
    assert "`/papers channel edit window=week` looks back over a week." in said(NOTHING, NOTHING, GOOD)


@pytest.mark.parametrize(
    ("destination", "tallies", "change"),
    [
        (VISION, [GOOD, GOOD, NOTHING], None),
        (VISION, [GOOD, NOTHING], None),
        (VISION, [AWAY, AWAY, BELOW], "repeats=yes"),
        (VISION, [AWAY, BELOW, BELOW], "floor=0"),
        (VISION, [NOTHING, NOTHING], "window=week"),
        (replace(VISION, window=Window.WEEK), [NOTHING, NOTHING], "pool=both"),
        (replace(VISION, pool=Pool.ANNOUNCED), [NOTHING, NOTHING], "topic=everything"),
        (replace(ALL, pool=Pool.ANNOUNCED), [NOTHING, NOTHING], None),
    ],
)
def test_what_held_most_papers_back_is_undone(
    destination: Destination, tallies: list[Tally], change: str | None
) -> None:
    assert widen(destination, days(*tallies)) == change
