"""What a person's subscriptions bring: which papers, in what order, each once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.editions.share import Tally
from bot.model import Paper
from bot.people.model import Cadence, Subscription, SubscriptionState
from bot.search import match
from bot.subscriptions.matching import Arrivals
from tests.unit.test_share import a_paper, ranked

NOW = datetime(2025, 11, 20, 9, tzinfo=UTC)
DAY = timedelta(days=1)
NOBODY: frozenset[int] = frozenset()


def subscription(query: str, **changes: Any) -> Subscription:
    made = Subscription(
        id=f"s-{query}",
        recipient_id="r",
        query=query,
        cadence=Cadence.DAILY,
        maximum=5,
        destination_ids=("d",),
        state=SubscriptionState.ACTIVE,
        created_at=NOW - 30 * DAY,
    )
    return replace(made, **changes)


def titled(titles: Mapping[int, str], **changes: Any) -> dict[int, Paper]:
    """Papers of these titles; the higher the number, the longer ago it came."""
    return {
        number: a_paper(number, title=title, first_seen_at=NOW - number * timedelta(hours=1), **changes)
        for number, title in titles.items()
    }


def arrivals(papers: Mapping[int, Paper], scores: Mapping[int, float] | None = None, **more: Any) -> Arrivals:
    entries = {number: ranked(1, number, score) for number, score in (scores or {}).items()}
    return Arrivals(papers, NOW, entries, **more)


def test_the_best_come_first_then_the_newest() -> None:
    papers = titled({1: "Towels", 2: "Towels", 3: "Towels", 4: "Towels", 5: "Robots"})
    chosen = arrivals(papers, {4: 7, 3: 50}).choose([subscription("towels")], NOBODY)

    assert chosen.papers == (3, 4, 1, 2)
    assert chosen.tally == Tally(candidates=5, matched=4, above_floor=4, told=0)


def test_each_paper_is_named_once_under_the_first_subscription_that_has_it() -> None:
    papers = titled({1: "Robots fold towels", 2: "Robots", 3: "Towels"})
    subscriptions = [subscription("towels"), subscription("robots"), subscription("sleep")]

    chosen = arrivals(papers).choose(subscriptions, NOBODY)

    assert [(part.subscription.query, part.papers, part.available) for part in chosen.parts] == [
        ("towels", (1, 3), 2),
        ("robots", (2,), 1),
    ]


def test_each_section_has_its_maximum_and_the_rest_are_others() -> None:
    papers = titled({1: "Robots fold towels", 2: "Towels", 3: "Towels", 4: "Robots"})
    subscriptions = [subscription("towels", maximum=1), subscription("robots OR towels", maximum=2)]

    chosen = arrivals(papers).choose(subscriptions, NOBODY)

    assert [(part.papers, part.available) for part in chosen.parts] == [((1,), 3), ((2, 3), 3)]
    assert chosen.others == (4,), "what another section shows is no other"


def test_told_and_hidden_papers_do_not_come_and_hidden_ones_are_no_candidates() -> None:
    papers = titled({1: "Towels", 2: "Towels", 3: "Towels"})

    chosen = arrivals(papers).choose([subscription("towels")], frozenset({1}), frozenset({2}))

    assert chosen.papers == (3,)
    assert chosen.tally == Tally(candidates=2, matched=2, above_floor=2, told=1)


def test_a_subscription_looks_back_a_day_before_it_was_made_and_never_beyond_a_week() -> None:
    papers = {n: a_paper(n, title="Towels", first_seen_at=NOW - n * DAY) for n in (1, 2, 3, 6, 7, 8)}
    made = arrivals(papers)

    assert made.choose([subscription("towels", created_at=NOW - 1.5 * DAY)], NOBODY).papers == (1, 2)
    assert made.choose([subscription("towels")], NOBODY).papers == (1, 2, 3, 6)
    assert made.choose([subscription("towels", created_at=NOW)], NOBODY).tally.candidates == 0


def test_a_paper_of_unknown_category_is_undecided_unless_another_subscription_has_it() -> None:
    papers = titled({1: "Towels", 2: "Robots"}, categories=None)
    subscriptions = [subscription("cat:cs.RO"), subscription("towels")]

    tally = arrivals(papers).choose(subscriptions, NOBODY).tally

    assert (tally.candidates, tally.matched, tally.undecided) == (2, 1, 1)


def test_upvotes_and_dates_are_judged_as_of_now() -> None:
    papers = titled({1: "Towels", 2: "Towels"}, published_at=NOW - 3 * DAY)
    made = arrivals(papers, upvotes={1: 19, 2: 20})

    assert made.choose([subscription("upvotes:>=20")], NOBODY).papers == (2,)
    assert made.choose([subscription("after:2d")], NOBODY).papers == ()


def test_a_query_that_cannot_be_read_any_more_keeps_no_other_away() -> None:
    chosen = arrivals(titled({1: "Towels"})).choose(
        [subscription("cat:xyzzy"), subscription("towels")], NOBODY
    )

    assert chosen.papers == (1,)
    assert len(chosen.unreadable) == 1


def test_a_query_is_tested_once_however_many_people_have_it() -> None:
    """Counted by the papers made ready: none is, once everybody's queries were tested."""
    papers = titled({1: "Towels", 2: "Robots"})
    prepared: dict[Paper, match.PreparedPaper] = {}
    made = arrivals(papers, prepared=prepared)
    made.choose([subscription("towels")], NOBODY)
    assert set(prepared) == set(papers.values())

    prepared.clear()
    assert made.choose([subscription("towels", id="another")], NOBODY).papers == (1,)
    assert prepared == {}


def test_what_arrived_since_is_counted() -> None:
    assert arrivals(titled({1: "One", 2: "Two", 5: "Five"})).arrived(NOW - timedelta(hours=3)) == 2
