"""What every store promises of subscriptions."""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from bot.errors import ConflictError, NotFoundError
from bot.model import DeliveryState, Destination, DestinationState, Route, Weekday
from bot.people.model import Cadence, Person, SubscriptionState
from bot.ports import Store
from tests.contract.people import BEN, a_subscription, direct, meet
from tests.contract.rows import DAY, HOUR, MINUTE, NOW, add_papers, queue


async def test_a_subscription_is_read_back_with_its_destination(store: Store) -> None:
    person = await meet(store)
    destination = direct(person)
    wanted = a_subscription(person, destination, 'author:lecun OR "; DROP TABLE papers; --"')

    assert await store.people.subscribe(wanted, destination) == wanted

    assert await store.people.subscription(wanted.id) == wanted
    assert await store.people.subscriptions(person.recipient_id) == [wanted]
    assert await store.people.subscribed([destination.id, "d-none"]) == {
        destination.id: [wanted],
        "d-none": [],
    }
    assert await store.destinations.list() == [destination]
    assert await store.people.subscription("s-none") is None


async def test_one_appointment_has_one_destination_however_many_subscriptions(store: Store) -> None:
    person = await meet(store)
    first = direct(person)
    alike = replace(first, id="d-2", name="another")
    later = replace(first, id="d-3", name="later", schedule=replace(first.schedule, at=time(18)))
    made = [
        await store.people.subscribe(a_subscription(person, place, query, created_at=NOW + n * MINUTE), place)
        for n, (query, place) in enumerate([("towels", first), ("robots", alike), ("sleep", later)])
    ]

    assert [one.destination_ids for one in made] == [(first.id,), (first.id,), (later.id,)]
    assert await store.people.subscriptions(person.recipient_id) == made
    assert await store.people.subscribed([first.id, later.id]) == {first.id: made[:2], later.id: made[2:]}
    assert {one.id for one in await store.destinations.list()} == {first.id, later.id}


async def test_searches_are_those_of_all_subscriptions_whatever_their_state(store: Store) -> None:
    maya, ben = await meet(store), await meet(store, BEN, "Ben")
    for query in ("towels", "robots"):
        await store.people.subscribe(a_subscription(maya, direct(maya), query), direct(maya))
    paused = a_subscription(maya, direct(maya), "towels")
    await store.people.set_subscription_state(paused.id, SubscriptionState.PAUSED)
    await store.people.subscribe(a_subscription(ben, direct(ben), "sleep"), direct(ben))

    found = await store.people.searches([maya.recipient_id, "r-nobody"])
    assert {who: sorted(queries) for who, queries in found.items()} == {
        maya.recipient_id: ["robots", "towels"],
        "r-nobody": [],
    }


async def test_nobody_subscribes_to_the_same_search_twice_but_two_people_may(store: Store) -> None:
    maya, ben = await meet(store), await meet(store, BEN, "Ben")
    await store.people.subscribe(a_subscription(maya, direct(maya)), direct(maya))

    later = direct(maya, id="d-2", name="later", schedule=replace(direct(maya).schedule, at=time(18)))
    with pytest.raises(ConflictError):
        await store.people.subscribe(a_subscription(maya, later, id="s-2"), later)
    await store.people.subscribe(a_subscription(ben, direct(ben)), direct(ben))

    assert len(await store.people.subscriptions(maya.recipient_id)) == 1
    assert len(await store.destinations.list()) == 2, "the refused one left its destination behind"


async def test_who_is_not_known_any_more_cannot_subscribe(store: Store) -> None:
    maya = await meet(store)
    await store.people.forget(maya.recipient_id, ["digest"], NOW)

    with pytest.raises(NotFoundError):
        await store.people.subscribe(a_subscription(maya, direct(maya)), direct(maya))


@pytest.mark.parametrize("state", [DestinationState.PAUSED, DestinationState.REMOVED])
async def test_a_new_subscription_brings_its_destination_back_without_a_backlog(
    store: Store, state: DestinationState
) -> None:
    person = await meet(store)
    place = direct(person)
    await store.people.subscribe(a_subscription(person, place), place)
    await store.destinations.set_state(place.id, state, "Maya", NOW)

    again = replace(place, id="d-2")
    made = await store.people.subscribe(a_subscription(person, again, "robots", created_at=NOW + DAY), again)

    assert made.destination_ids == (place.id,)
    (found,) = await store.destinations.list(removed=True)
    assert (found.id, found.state, found.active_from) == (place.id, DestinationState.ACTIVE, NOW + DAY)


async def test_a_paused_subscription_does_not_speak_until_it_goes_on(store: Store) -> None:
    person = await meet(store)
    place = direct(person)
    made = await store.people.subscribe(a_subscription(person, place), place)

    await store.people.set_subscription_state(made.id, SubscriptionState.PAUSED)
    assert await store.people.subscribed([place.id]) == {place.id: []}
    assert (await store.people.subscriptions(person.recipient_id))[0].state is SubscriptionState.PAUSED

    await store.people.set_subscription_state(made.id, SubscriptionState.ACTIVE)
    assert await store.people.subscribed([place.id]) == {place.id: [made]}
    with pytest.raises(NotFoundError, match="s-none"):
        await store.people.set_subscription_state("s-none", SubscriptionState.ACTIVE)


async def test_the_last_subscription_takes_its_destination_along(store: Store) -> None:
    person = await meet(store)
    place = direct(person)
    one = await store.people.subscribe(a_subscription(person, place), place)
    two = await store.people.subscribe(a_subscription(person, place, "robots"), place)
    delivery = await queue(store, place, await add_papers(store, 1))

    await store.people.unsubscribe(one.id, "Maya", NOW)
    assert await store.destinations.list() == [place]

    await store.people.unsubscribe(two.id, "Maya", NOW + HOUR)
    assert await store.destinations.list() == []
    ended = await store.outbox.get(delivery.id)
    assert ended is not None
    assert (ended.state, ended.last_error) == (DeliveryState.REJECTED, "removed by Maya")
    assert await store.people.subscriptions(person.recipient_id) == []
    with pytest.raises(NotFoundError):
        await store.people.unsubscribe(one.id, "Maya", NOW)
    assert (await store.admin.check()).problems == ()


# --- days, routes, changes -----------------------------------------------------------------------

MONDAYS = frozenset({Weekday.MON})
SATURDAYS = frozenset({Weekday.SAT})


def on(place: Destination, days: frozenset[Weekday], **changes: Any) -> Destination:
    return replace(place, schedule=replace(place.schedule, days=days), **changes)


def by_mail(person: Person, **changes: Any) -> Destination:
    """Somebody's mailbox as a destination."""
    route = Route(surface="email", address="maya@example.org")
    return replace(direct(person), id="d-mail", name="email d-mail", route=route, label="mail", **changes)


async def days_of(store: Store, destination_id: str) -> frozenset[Weekday]:
    found = await store.destinations.by_name(destination_id)
    assert found is not None
    return found.schedule.days


async def test_a_destination_has_the_days_of_all_its_subscriptions(store: Store) -> None:
    person = await meet(store)
    mondays, saturdays = on(direct(person), MONDAYS), on(direct(person), SATURDAYS, id="d-2", name="2")
    one = await store.people.subscribe(a_subscription(person, mondays), mondays)
    later = NOW + HOUR
    two = await store.people.subscribe(
        a_subscription(person, saturdays, "robots", created_at=later), saturdays
    )

    assert one.destination_ids == two.destination_ids == (mondays.id,)
    assert (one.days, two.days) == (MONDAYS, SATURDAYS)
    assert await days_of(store, mondays.id) == MONDAYS | SATURDAYS
    ((found, _),) = await store.destinations.due_before(NOW + DAY, 5)
    assert found.active_from == later, "a slot of the new day that has passed would count"

    await store.destinations.schedule_next([(found, NOW + 2 * DAY)])
    assert await store.destinations.next_appointment() == NOW + 2 * DAY
    await store.people.unsubscribe(one.id, "Maya", later)
    assert await days_of(store, mondays.id) == SATURDAYS
    assert await store.destinations.next_appointment() is None, "it is looked at anew"


async def test_what_comes_as_it_appears_has_no_appointment(store: Store) -> None:
    person = await meet(store)
    daily, never = direct(person), on(direct(person), frozenset(), id="d-now", name="now")
    await store.people.subscribe(a_subscription(person, daily), daily)
    made = await store.people.subscribe(
        a_subscription(person, never, "robots", cadence=Cadence.INSTANT), never
    )

    assert made.destination_ids == (never.id,)
    assert [one.id for one, _ in await store.destinations.due_before(NOW + 400 * DAY, 5)] == [daily.id]
    assert await store.people.instant() == [(made, never)]
    await store.people.set_subscription_state(made.id, SubscriptionState.PAUSED)
    assert await store.people.instant() == []
    await store.people.set_subscription_state(made.id, SubscriptionState.ACTIVE)
    await store.destinations.set_state(never.id, DestinationState.PAUSED, "Maya", NOW)
    assert await store.people.instant() == []


async def test_instant_subscriptions_come_person_by_person_in_the_order_of_their_routes(
    store: Store,
) -> None:
    ben, maya = await meet(store, BEN, "Ben"), await meet(store)
    never = [on(direct(one), frozenset()) for one in (ben, maya)]
    mail = on(by_mail(maya), frozenset())
    theirs = [
        await store.people.subscribe(
            a_subscription(person, place, query, cadence=Cadence.INSTANT, created_at=NOW + n * MINUTE), place
        )
        for n, (person, place, query) in enumerate(
            [(maya, never[1], "towels"), (ben, never[0], "towels"), (maya, never[1], "robots")]
        )
    ]
    both = await store.people.speak_on(theirs[0].id, mail)

    found = [(one.id, place.id) for one, place in await store.people.instant()]

    assert both.destination_ids == (never[1].id, mail.id)
    assert found == [
        (theirs[1].id, never[0].id),
        (theirs[0].id, never[1].id),
        (theirs[2].id, never[1].id),
        (theirs[0].id, mail.id),
    ]


async def test_a_subscription_is_changed_but_for_where_and_whether_it_speaks(store: Store) -> None:
    person = await meet(store)
    place = direct(person)
    made = await store.people.subscribe(a_subscription(person, place), place)
    other = await store.people.subscribe(a_subscription(person, place, "robots"), place)
    changed = replace(
        made,
        query="folded towels",
        cadence=Cadence.WEEKLY,
        maximum=7,
        minimum=3,
        snoozed_until=NOW + DAY,
        waiting_since=NOW - DAY,
    )

    await store.people.change_subscription(replace(changed, state=SubscriptionState.PAUSED))

    assert await store.people.subscription(made.id) == changed
    with pytest.raises(ConflictError):
        await store.people.change_subscription(replace(other, query="folded towels"))
    with pytest.raises(NotFoundError):
        await store.people.change_subscription(replace(other, id="s-none"))
    assert await store.people.subscription(other.id) == other


async def test_papers_that_wait_are_noted_and_forgotten(store: Store) -> None:
    person = await meet(store)
    place = direct(person)
    made = await store.people.subscribe(a_subscription(person, place), place)

    await store.people.wait({made.id: NOW - DAY, "s-none": NOW})
    assert await store.people.subscription(made.id) == replace(made, waiting_since=NOW - DAY)
    await store.people.wait({made.id: None})
    assert await store.people.subscription(made.id) == made


async def test_a_subscription_moves_to_other_routes_and_times(store: Store) -> None:
    person = await meet(store)
    place, evening = direct(person), by_mail(person)
    made = await store.people.subscribe(a_subscription(person, place), place)
    evening = on(evening, MONDAYS)

    moved = await store.people.speak(
        replace(made, maximum=2, days=MONDAYS), [evening, on(place, MONDAYS)], "Maya", NOW
    )

    assert moved == replace(made, maximum=2, days=MONDAYS, destination_ids=(evening.id, place.id))
    assert await store.people.subscription(made.id) == moved
    assert await days_of(store, place.id) == MONDAYS
    alone = await store.people.speak(replace(moved, days=MONDAYS), [evening], "Maya", NOW)
    assert alone.destination_ids == (evening.id,)
    assert [one.id for one in await store.destinations.list()] == [evening.id]
    with pytest.raises(ValueError, match="somewhere"):
        await store.people.speak(alone, [], "Maya", NOW)


async def test_a_change_that_is_refused_moves_nothing(store: Store) -> None:
    person = await meet(store)
    place = direct(person)
    made = await store.people.subscribe(a_subscription(person, place), place)
    await store.people.subscribe(a_subscription(person, place, "robots"), place)

    with pytest.raises(ConflictError):
        await store.people.speak(replace(made, query="robots"), [by_mail(person)], "Maya", NOW)

    assert await store.people.subscription(made.id) == made
    assert [one.id for one in await store.destinations.list()] == [place.id]


async def test_a_route_is_taken_away_and_with_the_last_one_the_subscription(store: Store) -> None:
    person = await meet(store)
    place, mail = direct(person), by_mail(person)
    made = await store.people.subscribe(a_subscription(person, place), place)
    await store.people.speak_on(made.id, mail)
    await store.people.speak_on(made.id, mail)

    await store.people.silence_on(made.id, mail.id, "Maya", NOW)
    assert await store.people.subscription(made.id) == made
    assert await store.destinations.list() == [place]
    with pytest.raises(NotFoundError):
        await store.people.silence_on(made.id, mail.id, "Maya", NOW)

    await store.people.silence_on(made.id, place.id, "Maya", NOW)
    assert await store.people.subscriptions(person.recipient_id) == []
    assert await store.destinations.list() == []
    with pytest.raises(NotFoundError):
        await store.people.speak_on(made.id, mail)
    assert (await store.admin.check()).problems == ()
