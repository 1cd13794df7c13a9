"""When a subscription speaks, how far back it looks, and at which place of several it has its turn."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.model import EVERY_DAY, Slot, Weekday
from bot.people.model import Cadence, Subscription, SubscriptionState
from bot.schedule.dealing import Due, by_reach, dealt
from bot.schedule.instants import speakers_of
from bot.subscriptions.matching import Part, waits
from bot.subscriptions.message import too_few
from bot.subscriptions.spans import FURTHEST, WEEK, looks_from, speaks, speaks_at
from tests.contract.rows import a_destination
from tests.unit.test_matching import arrivals, subscription, titled

NOW = datetime(2025, 11, 20, 9, tzinfo=UTC)  # a Thursday
DAY = timedelta(days=1)
THURSDAY = Slot(date(2025, 11, 20), NOW)


@pytest.mark.parametrize(
    ("one", "back"),
    [
        (subscription("towels"), 7 * DAY),
        (subscription("towels", cadence=Cadence.WEEKLY), 8 * DAY),
        (subscription("towels", created_at=NOW - DAY), 2 * DAY),
        (subscription("towels", created_at=NOW - DAY, cadence=Cadence.INSTANT), DAY),
        (subscription("towels", waiting_since=NOW - 20 * DAY), 20 * DAY),
        (subscription("towels", waiting_since=NOW - 2 * DAY), 7 * DAY),
        (subscription("towels", waiting_since=NOW - 400 * DAY, created_at=NOW - 900 * DAY), FURTHEST),
        (subscription("towels", waiting_since=NOW - 20 * DAY, created_at=NOW - 3 * DAY), 4 * DAY),
    ],
)
def test_how_far_a_subscription_looks_back(one: Subscription, back: timedelta) -> None:
    assert looks_from(one, NOW) == NOW - back


def test_a_snooze_ends_at_its_instant_and_a_pause_does_not() -> None:
    one = subscription("towels", snoozed_until=NOW)
    assert [speaks(one, NOW - timedelta(milliseconds=1)), speaks(one, NOW)] == [False, True]
    assert not speaks(replace(one, state=SubscriptionState.PAUSED), NOW + 900 * DAY)


def test_a_subscription_speaks_on_its_own_days_alone() -> None:
    mondays = subscription("towels", days=frozenset({Weekday.MON}))
    assert not speaks_at(mondays, THURSDAY, NOW)
    assert speaks_at(replace(mondays, days=EVERY_DAY), THURSDAY, NOW)


def due(name: str, at: datetime = NOW) -> Due:
    destination = replace(a_destination(name), recipient_id="r")
    return Due(destination, None, Slot(at.date(), at), late=False, next_at=at + DAY)


def on(query: str, *names: str) -> Subscription:
    return subscription(query, destination_ids=tuple(f"d-{name}" for name in names))


def by_place(some: Sequence[Due], *subscriptions: Subscription) -> dict[str, list[str]]:
    held = {
        one.destination.id: [each for each in subscriptions if one.destination.id in each.destination_ids]
        for one in some
    }
    return {
        turn.due.destination.name: [one.query for one in turn.subscriptions]
        for turn in dealt(some, held, NOW)
    }


def test_of_places_due_together_the_one_that_was_named_first_has_the_turn() -> None:
    both = (on("towels", "chat", "mail"), on("robots", "mail", "chat"), on("sleep", "mail"))
    assert by_place([due("mail"), due("chat")], *both) == {"mail": ["robots", "sleep"], "chat": ["towels"]}
    assert by_place([due("mail")], *both) == {"mail": ["towels", "robots", "sleep"]}


def test_of_places_that_are_late_the_earlier_has_the_turn_and_is_served_first() -> None:
    some = [due("chat"), due("mail", NOW - timedelta(minutes=5))]
    assert list(by_place(some, on("towels", "chat", "mail")).items()) == [
        ("mail", ["towels"]),
        ("chat", []),
    ]


def test_a_place_without_a_turn_says_why() -> None:
    snoozed = subscription("towels", snoozed_until=NOW + DAY, destination_ids=("d-chat",))
    (turn,) = dealt([due("chat")], {"d-chat": [snoozed]}, NOW)
    assert (turn.subscriptions, turn.elsewhere, turn.snoozed) == ([], False, True)
    some = [on("x", "mail", "chat")]
    turns = dealt([due("chat"), due("mail")], {"d-chat": some, "d-mail": some}, NOW)
    assert {turn.due.destination.name: turn.elsewhere for turn in turns} == {"mail": False, "chat": True}


def test_only_what_waits_needs_more_than_a_week() -> None:
    waiting = replace(on("sleep", "mail"), waiting_since=NOW - 12 * DAY)
    turns = dealt([due("chat"), due("mail")], {"d-chat": [on("towels", "chat")], "d-mail": [waiting]}, NOW)
    assert {
        since: [one.due.destination.name for one in some] for since, some in by_reach(turns, NOW).items()
    } == {
        NOW - WEEK: ["chat"],
        NOW - FURTHEST: ["mail"],
    }


def test_as_papers_appear_each_speaks_at_the_first_of_its_places() -> None:
    chat, mail = due("chat").destination, due("mail").destination
    later = replace(on("robots", "chat"), created_at=NOW - DAY)
    towels, asleep = on("towels", "chat", "mail"), replace(on("x", "mail"), snoozed_until=NOW + DAY)
    speakers = speakers_of([(later, chat), (towels, chat), (asleep, mail), (towels, mail)], NOW)
    assert [(one.destination.name, one.subscriptions) for one in speakers] == [("chat", (towels, later))]


# --- papers that wait ----------------------------------------------------------------------------


def test_fewer_than_the_minimum_wait_and_come_together() -> None:
    one = subscription("towels", minimum=2)

    few = arrivals(titled({1: "Towels"})).choose([one], frozenset())
    assert (few.papers, few.waiting) == ((), (Part(one, (1,), 1),))
    assert waits([one], few, NOW) == {one.id: NOW - 7 * DAY}
    assert too_few(few) == "1 new paper matches, and a message needs 2; it waits for more."

    waited = replace(one, waiting_since=NOW - 7 * DAY)
    assert waits([waited], few, NOW) == {}, "it goes on waiting since then"
    enough = arrivals(titled({1: "Towels", 2: "Towels"})).choose([waited], frozenset())
    assert enough.papers == (1, 2)
    assert waits([waited], enough, NOW) == {one.id: None}
    assert waits([one], enough, NOW) == {}


def test_what_waits_under_one_subscription_may_come_under_another() -> None:
    few, other = subscription("towels", minimum=3), subscription("robots")
    papers = titled({1: "Robots fold towels", 2: "Towels"})

    chosen = arrivals(papers).choose([few, other], frozenset())

    assert [(part.subscription.query, part.papers) for part in chosen.parts] == [("robots", (1,))]
    assert chosen.others == ()
    none = arrivals(papers).choose([few, replace(other, query="sleep", minimum=2)], frozenset())
    assert too_few(none) == "2 new papers match, and a message needs 3; they wait for more."
    two = arrivals(papers).choose([few, replace(other, minimum=2)], frozenset())
    assert too_few(two) == (
        "3 new papers match, too few for what your subscriptions want in a message; they wait for more."
    )
