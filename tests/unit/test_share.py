"""A destination's share of an edition: what matches, what passes, what is left over."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from bot.editions.share import Shelf, Tally
from bot.model import (
    EVERY_DAY,
    Component,
    Destination,
    Edition,
    IdScheme,
    Paper,
    PaperId,
    Pool,
    Ranked,
    Ranking,
    Route,
    Schedule,
    Upstream,
    Window,
)

NOW = datetime(2025, 11, 20, 9, tzinfo=UTC)


def a_paper(number: int, **changes: Any) -> Paper:
    return replace(
        Paper(
            id=number,
            ids=(PaperId(IdScheme.ARXIV, f"2511.{number:05}"),),
            title=f"Paper {number} on matter",
            abstract="We study it. It is good.",
            text_from=Upstream.ARXIV,
            authors=("Ada Byron", "Bo Li"),
            published_at=None,
            first_seen_at=NOW,
            categories=("cs.CL",),
        ),
        **changes,
    )


def ranked(position: int, number: int, score: float) -> Ranked:
    part = Component("upvotes", int(score), score)
    return Ranked(
        position, number, f"arxiv:2511.{number:05}", score, (part,), (f"{score:g} upvotes",), new=True
    )


def shelf(scores: Sequence[tuple[int, float]], announced: Sequence[int] = (), **papers: Paper) -> Shelf:
    """Papers of these (number, score), best first; `p7=…` replaces paper 7."""
    entries = tuple(ranked(position, number, score) for position, (number, score) in enumerate(scores, 1))
    known = {number: a_paper(number) for number in {*(number for number, _ in scores), *announced}}
    known |= {int(name[1:]): paper for name, paper in papers.items()}
    return Shelf(Edition(1, NOW, Ranking(Window.DAY, NOW, NOW, entries)), announced, known)


def destination(**changes: Any) -> Destination:
    return replace(
        Destination(
            id="d",
            recipient_id="r",
            name="team",
            route=Route(surface="console", address="stdout"),
            schedule=Schedule(time(9), EVERY_DAY, "UTC"),
            active_from=NOW,
            created_at=NOW,
        ),
        **changes,
    )


def test_the_best_that_were_not_told_come_in_order() -> None:
    share = shelf([(1, 50), (2, 40), (3, 30), (4, 20)]).share(destination(maximum=2), frozenset({1}))
    assert share.papers == (2, 3)
    assert share.available == 3
    assert share.tally == Tally(candidates=4, matched=4, above_floor=4, told=1, best=50)


def test_the_floor_and_the_filter_are_counted_apart() -> None:
    made = shelf([(1, 50), (2, 40), (3, 3)], p2=a_paper(2, categories=("cs.CV",)))
    share = made.share(destination(query="cat:cs.CL", floor=10), frozenset())
    assert share.papers == (1,)
    assert share.tally == Tally(candidates=3, matched=2, above_floor=1, told=0, best=50)


def test_a_paper_of_unknown_category_is_undecided_and_not_lost() -> None:
    made = shelf([(1, 50)], p1=a_paper(1, categories=None))
    share = made.share(destination(query="cat:cs.CL"), frozenset())
    assert (share.papers, share.tally.undecided, share.tally.matched) == ((), 1, 0)


@pytest.mark.parametrize(
    ("maximum", "trending", "announced"),
    [(1, (1,), ()), (2, (1,), (8,)), (4, (1, 2), (8, 9)), (5, (1, 2, 3), (8, 9)), (25, (1, 2, 3), (8, 9))],
)
def test_each_pool_is_sure_of_half_a_digest(
    maximum: int, trending: tuple[int, ...], announced: tuple[int, ...]
) -> None:
    made = shelf([(1, 50), (2, 40), (3, 30)], announced=[9, 8])
    share = made.share(destination(pool=Pool.BOTH, maximum=maximum), frozenset())
    assert tuple(entry.paper_id for entry in share.trending) == trending
    assert share.announced == announced


def test_a_paper_of_both_pools_is_shown_once_with_its_score() -> None:
    share = shelf([(1, 50)], announced=[1, 8]).share(destination(pool=Pool.BOTH), frozenset())
    assert share.papers == (1, 8)


def test_the_announced_pool_needs_no_upvotes() -> None:
    share = shelf([(1, 50)], announced=[1, 8]).share(destination(pool=Pool.ANNOUNCED, floor=99), frozenset())
    assert share.papers == (1, 8)
    assert share.tally.best is None


def test_a_hidden_paper_is_no_candidate_and_what_was_not_shown_is_an_other() -> None:
    made = shelf([(1, 50), (2, 40), (3, 30)], announced=[8, 9], p9=a_paper(9, categories=None))
    place = destination(pool=Pool.BOTH, maximum=2, query="cat:cs.CL")
    share = made.share(place, frozenset(), frozenset({1, 9, 77}))
    assert (share.papers, share.others) == ((2, 8), (3,))
    assert share.tally == Tally(candidates=3, matched=3, above_floor=3, told=0, best=40)
    assert made.share(place, frozenset()).papers == (1, 8), "what one hid, others still get"


def test_a_filter_may_ask_for_upvotes_and_dates_as_of_the_slot() -> None:
    made = shelf([(1, 50), (2, 40)], [3], p3=a_paper(3, published_at=NOW - timedelta(days=6)))
    numbered = Shelf(made.edition, [3], made.papers, upvotes={1: 19, 2: 20})
    assert numbered.share(destination(query="upvotes:>=20"), frozenset()).papers == (2,)
    assert numbered.share(destination(query="after:7d", pool=Pool.BOTH), frozenset()).papers == (3,)
    assert numbered.share(destination(query="after:5d", pool=Pool.BOTH), frozenset()).papers == ()


def test_an_entry_whose_paper_is_gone_is_left_out() -> None:
    made = Shelf(shelf([(1, 50), (2, 40)]).edition, [7], {2: a_paper(2)})
    assert made.share(destination(pool=Pool.BOTH), frozenset()).papers == (2,)
    assert made.numbers == {2}


def test_papers_that_became_one_since_are_shown_once_at_the_better_place() -> None:
    share = shelf([(1, 41), (2, 20), (1, 9)]).share(destination(), frozenset())
    assert [(entry.paper_id, entry.score) for entry in share.trending] == [(1, 41), (2, 20)]
    assert share.available == 2


def test_what_arrived_since_is_counted_by_pool() -> None:
    early = a_paper(2, first_seen_at=datetime(2025, 11, 19, tzinfo=UTC))
    made = shelf([(1, 50), (2, 40)], announced=[8], p2=early)
    since = datetime(2025, 11, 19, 12, tzinfo=UTC)
    assert [made.arrived(pool, since) for pool in (Pool.TRENDING, Pool.ANNOUNCED, Pool.BOTH)] == [1, 1, 2]
