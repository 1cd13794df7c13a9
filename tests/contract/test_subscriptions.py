"""What every store promises of subscriptions."""

from dataclasses import replace
from datetime import time

import pytest

from bot.errors import ConflictError, NotFoundError
from bot.model import DeliveryState, DestinationState
from bot.people.model import SubscriptionState
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
    await store.people.forget(maya.recipient_id, "digest", NOW)

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
