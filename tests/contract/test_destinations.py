"""What every store promises of recipients, destinations, slots and the ledger."""

from dataclasses import replace
from datetime import time

import pytest

from bot.errors import ConflictError, NotFoundError, StaleLeaseError
from bot.model import (
    DeliveryKind,
    DeliveryState,
    DestinationState,
    Layout,
    Pool,
    Posting,
    QuietDay,
    QuietReason,
    Route,
    Schedule,
    SlotOutcome,
    Summaries,
    Weekday,
    Window,
)
from bot.ports import Store
from tests.contract.rows import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    a_destination,
    add_destination,
    add_papers,
    digest,
    queue,
    quiet,
)

# --- settings ------------------------------------------------------------------------------------


async def test_a_destination_is_read_back_as_it_was_added(store: Store) -> None:
    destination = a_destination(
        "équipe",
        schedule=Schedule(at=time(17, 5), days=frozenset({Weekday.SUN, Weekday.MON}), zone="Asia/Kathmandu"),
        query='cat:cs.CL "; DROP TABLE papers; --',
        window=Window.WEEK,
        pool=Pool.BOTH,
        maximum=12,
        floor=3,
        layout=Layout.THREAD,
        quiet_day=QuietDay.RISERS,
        summaries=Summaries.ABSTRACT,
        posting=Posting(mention="812", publish=True, forum=True, tag="417"),
        group="discord:99",
        feed=True,
        label="#équipe",
        state=DestinationState.PAUSED,
        state_by="ann",
        state_at=NOW,
    )
    await store.destinations.add(destination, "Équipe")

    assert await store.destinations.list() == [destination]
    assert await store.destinations.by_name("équipe") == destination
    assert await store.destinations.by_name(destination.id) == destination
    assert await store.destinations.by_name("other") is None


async def test_one_recipient_may_have_several_destinations(store: Store) -> None:
    await add_destination(store.destinations, "first", recipient_id="r")
    await add_destination(store.destinations, "second", recipient_id="r")

    assert [each.recipient_id for each in await store.destinations.list()] == ["r", "r"]


async def test_a_name_is_taken_until_its_destination_is_removed(store: Store) -> None:
    first = await add_destination(store.destinations)
    again = a_destination(id="d-2", recipient_id="r-2", created_at=NOW)
    with pytest.raises(ConflictError, match=r"'team'.*another name"):
        await store.destinations.add(again, "r-2")

    await store.destinations.set_state(first.id, DestinationState.REMOVED, "ann", NOW)
    await store.destinations.add(again, "r-2")

    assert await store.destinations.by_name("team") == again
    assert await store.destinations.list() == [again]
    assert [each.id for each in await store.destinations.list(removed=True)] == [first.id, "d-2"]
    assert await store.destinations.by_name(first.id) is None


async def test_a_route_leads_to_its_first_destination_that_is_not_removed(store: Store) -> None:
    route = Route(surface="slack", address="T1/C1")
    removed = await add_destination(store.destinations, "removed", route=route, created_at=NOW - 9 * DAY)
    await store.destinations.set_state(removed.id, DestinationState.REMOVED, "ann", NOW)
    assert await store.destinations.at(route) is None

    await add_destination(store.destinations, "a later one", route=route, created_at=NOW)
    first = await add_destination(store.destinations, "paused", route=route)
    await store.destinations.set_state(first.id, DestinationState.PAUSED, "ann", NOW)

    found = await store.destinations.at(route)
    assert found is not None
    assert found.id == first.id
    assert await store.destinations.at(Route(surface="slack", address="T1/C2")) is None
    assert await store.destinations.at(Route(surface="webhook", address="T1/C1")) is None


async def test_an_owner_is_told_what_they_set_up(store: Store) -> None:
    owner = await add_destination(store.destinations, "owner")
    mine = [
        await add_destination(
            store.destinations, name, owner_id=owner.recipient_id, created_at=NOW - days * DAY
        )
        for name, days in (("b", 3), ("a", 2), ("gone", 1))
    ]
    await store.destinations.set_state(mine[2].id, DestinationState.REMOVED, "ann", NOW)

    assert await store.destinations.owned(owner.recipient_id) == mine[:2]
    assert await store.destinations.owned("r-nobody") == []


async def test_an_owner_who_is_not_there_any_more_is_not_set_again(store: Store) -> None:
    old = await add_destination(store.destinations)

    await store.destinations.update(replace(old, owner_id="r-forgotten", maximum=7))

    (stored,) = await store.destinations.list()
    assert (stored.owner_id, stored.maximum) == (None, 7)


async def test_a_name_goes_before_an_id(store: Store) -> None:
    await add_destination(store.destinations, "first")
    second = await add_destination(store.destinations, "d-first")

    assert await store.destinations.by_name("d-first") == second


async def test_an_update_replaces_the_settings_and_asks_to_be_looked_at(store: Store) -> None:
    destination = await add_destination(store.destinations)
    await store.destinations.schedule_next([(destination, NOW + DAY)])
    changed = replace(
        destination,
        name="crew",
        route=Route(surface="console", address="-"),
        schedule=Schedule(at=time(7, 30), days=frozenset({Weekday.FRI}), zone="UTC"),
        query="cat:cs.CL",
        window=Window.MONTH,
        pool=Pool.ANNOUNCED,
        maximum=3,
        floor=9,
        layout=Layout.CARDS,
        quiet_day=QuietDay.NOTE,
        summaries=Summaries.ABSTRACT,
        posting=Posting(publish=True),
        group="discord:99",
        feed=True,
        label="#crew",
        owner_id=destination.recipient_id,
        active_from=NOW,
    )

    await store.destinations.update(changed)

    assert await store.destinations.list() == [changed]
    assert await store.destinations.due_before(NOW, 10) == [(changed, None)]


async def test_an_update_from_an_older_copy_undoes_no_pause_and_brings_no_backlog(store: Store) -> None:
    old = await add_destination(store.destinations)
    await store.destinations.set_state(old.id, DestinationState.PAUSED, "ann", NOW)
    await store.destinations.set_state(old.id, DestinationState.ACTIVE, "ann", NOW + HOUR)
    await store.destinations.set_state(old.id, DestinationState.PAUSED, "bob", NOW + DAY)

    await store.destinations.update(replace(old, maximum=7))

    (stored,) = await store.destinations.list()
    assert (stored.maximum, stored.state, stored.state_by) == (7, DestinationState.PAUSED, "bob")
    assert stored.active_from == NOW + HOUR


async def test_an_update_refuses_a_taken_name_and_an_unknown_destination(store: Store) -> None:
    first = await add_destination(store.destinations, "first")
    second = await add_destination(store.destinations, "second")

    with pytest.raises(ConflictError, match=r"'first'"):
        await store.destinations.update(replace(second, name="first"))
    with pytest.raises(NotFoundError, match=r"'ghost'.*destination list"):
        await store.destinations.update(a_destination("ghost"))
    await store.destinations.set_state(first.id, DestinationState.REMOVED, "ann", NOW)
    with pytest.raises(NotFoundError):
        await store.destinations.update(first)
    await store.destinations.update(replace(second, name="first"))


# --- pausing, resuming, removing -----------------------------------------------------------------


async def test_resuming_begins_a_new_time_without_backlog(store: Store) -> None:
    destination = await add_destination(store.destinations)
    await store.destinations.schedule_next([(destination, NOW + DAY)])
    await store.destinations.set_state(destination.id, DestinationState.PAUSED, "ann", NOW)
    assert await store.destinations.due_before(NOW + 9 * DAY, 10) == []
    (paused,) = await store.destinations.list()
    assert (paused.state, paused.state_by, paused.state_at) == (DestinationState.PAUSED, "ann", NOW)
    assert paused.active_from == destination.active_from

    await store.destinations.set_state(destination.id, DestinationState.ACTIVE, "bob", NOW + HOUR)

    ((resumed, _),) = await store.destinations.due_before(NOW, 10)
    assert (resumed.state, resumed.state_by) == (DestinationState.ACTIVE, "bob")
    assert resumed.active_from == resumed.state_at == NOW + HOUR


async def test_setting_the_state_it_has_changes_nothing(store: Store) -> None:
    destination = await add_destination(store.destinations)

    await store.destinations.set_state(destination.id, DestinationState.ACTIVE, "ann", NOW)

    assert await store.destinations.list() == [destination]


async def test_what_does_not_exist_or_was_removed_has_no_state_to_set(store: Store) -> None:
    destination = await add_destination(store.destinations)
    await store.destinations.set_state(destination.id, DestinationState.REMOVED, "ann", NOW)

    for name in (destination.id, "ghost"):
        with pytest.raises(NotFoundError, match=name):
            await store.destinations.set_state(name, DestinationState.ACTIVE, "ann", NOW)


@pytest.mark.parametrize("state", [DestinationState.PAUSED, DestinationState.REMOVED])
@pytest.mark.parametrize("leased", [False, True])
async def test_pausing_and_removing_reject_what_was_not_sent(
    store: Store, state: DestinationState, leased: bool
) -> None:
    destination = await add_destination(store.destinations)
    other = await add_destination(store.destinations, "other")
    papers = await add_papers(store, 2)
    delivery = await queue(store, destination, papers)
    if leased:
        (delivery,) = await store.outbox.claim("w", ["webhook"], NOW, MINUTE, 5)
    spared = await queue(store, other, papers)

    await store.destinations.set_state(destination.id, state, "ann", NOW + MINUTE)

    rejected = await store.outbox.get(delivery.id)
    assert rejected is not None
    assert rejected.state is DeliveryState.REJECTED
    assert rejected.last_error == f"{state} by ann"
    assert rejected.finished_at == NOW + MINUTE
    told = await store.destinations.told([destination.recipient_id, other.recipient_id], papers)
    assert told == {destination.recipient_id: frozenset(), other.recipient_id: frozenset(papers)}
    (slot,) = await store.destinations.slots(destination.id, 5)
    assert (slot.outcome, slot.reason, slot.detail) == (
        SlotOutcome.QUIET,
        QuietReason.PAUSED,
        f"{state} by ann",
    )
    assert (await store.outbox.get(spared.id)) == spared
    if leased:
        with pytest.raises(StaleLeaseError):
            await store.outbox.sending(delivery.id, delivery.fence, NOW, MINUTE)


async def test_pausing_leaves_a_doubtful_delivery_to_be_asked_about_but_too_late_to_be_sent(
    store: Store,
) -> None:
    destination = await add_destination(store.destinations)
    papers = await add_papers(store, 1)
    await queue(store, destination, papers)
    (delivery,) = await store.outbox.claim("w", ["webhook"], NOW, MINUTE, 5)
    await store.outbox.sending(delivery.id, delivery.fence, NOW, MINUTE)
    await store.outbox.retry(delivery.id, delivery.fence, NOW, "cut", doubtful=True)

    await store.destinations.set_state(destination.id, DestinationState.PAUSED, "ann", NOW + MINUTE)

    doubtful = await store.outbox.get(delivery.id)
    assert doubtful is not None
    assert doubtful.state is DeliveryState.PENDING
    assert doubtful.deliver_by < NOW + MINUTE
    assert await store.destinations.told([destination.recipient_id], papers) == {
        destination.recipient_id: frozenset(papers)
    }


@pytest.mark.parametrize("state", [DestinationState.PAUSED, DestinationState.REMOVED])
async def test_a_notice_goes_out_though_its_destination_stopped(
    store: Store, state: DestinationState
) -> None:
    destination = await add_destination(store.destinations)
    notice = digest(destination, [], kind=DeliveryKind.NOTICE).delivery
    assert notice is not None
    await store.outbox.post(notice, NOW)

    await store.destinations.set_state(destination.id, state, "ann", NOW)

    (claimed,) = await store.outbox.claim("w", ["webhook"], NOW, MINUTE, 5)
    assert (claimed.id, claimed.deliver_by) == (notice.id, notice.deliver_by)


async def test_pausing_leaves_what_was_sent(store: Store) -> None:
    destination = await add_destination(store.destinations)
    await queue(store, destination, await add_papers(store, 1))
    (delivery,) = await store.outbox.claim("w", ["webhook"], NOW, MINUTE, 5)
    await store.outbox.sent(delivery.id, delivery.fence, NOW, "receipt")
    before = await store.outbox.get(delivery.id)

    await store.destinations.set_state(destination.id, DestinationState.PAUSED, "ann", NOW + MINUTE)

    assert await store.outbox.get(delivery.id) == before


# --- appointments --------------------------------------------------------------------------------


async def test_what_is_due_comes_longest_due_first_and_never_computed_before_all(store: Store) -> None:
    destinations = {
        name: await add_destination(store.destinations, name) for name in ("new", "old", "soon", "later")
    }
    nobody = a_destination("nobody")
    looks = {"old": NOW - HOUR, "soon": NOW, "later": NOW + MINUTE}
    await store.destinations.schedule_next(
        [(nobody, NOW), *((destinations[name], at) for name, at in looks.items())]
    )

    due = await store.destinations.due_before(NOW, 10)

    assert due == [(destinations[name], None) for name in ("new", "old", "soon")]
    assert await store.destinations.due_before(NOW, 2) == due[:2]
    assert await store.destinations.next_appointment() == NOW - HOUR


async def test_a_destination_that_was_changed_since_it_was_read_is_looked_at_again(store: Store) -> None:
    destination = await add_destination(store.destinations)
    await store.destinations.schedule_next([(destination, NOW)])
    earlier = replace(destination, schedule=replace(destination.schedule, at=time(7)))
    await store.destinations.update(earlier)

    await store.destinations.schedule_next([(destination, NOW + DAY)])

    assert await store.destinations.due_before(NOW, 10) == [(earlier, None)]


async def test_forgotten_appointments_make_everything_due(store: Store) -> None:
    both = [await add_destination(store.destinations, name) for name in ("one", "two")]
    await store.destinations.schedule_next([(destination, NOW + DAY) for destination in both])
    assert await store.destinations.due_before(NOW, 10) == []

    await store.destinations.forget_appointments()

    assert len(await store.destinations.due_before(NOW, 10)) == 2
    assert await store.destinations.next_appointment() is None


async def test_a_paused_destination_has_no_appointment(store: Store) -> None:
    destination = await add_destination(store.destinations)
    await store.destinations.set_state(destination.id, DestinationState.PAUSED, "ann", NOW)
    await store.destinations.schedule_next([(destination, NOW)])

    assert await store.destinations.next_appointment() is None
    assert await store.destinations.due_before(NOW, 10) == []


async def test_a_due_destination_brings_its_newest_slot_record(store: Store) -> None:
    destination = await add_destination(store.destinations)
    other = await add_destination(store.destinations, "zz")
    days = [NOW.date() - 2 * DAY, NOW.date(), NOW.date() - DAY]
    await store.destinations.plan([quiet(destination, day) for day in days])

    newest = quiet(destination, NOW.date()).record
    assert await store.destinations.due_before(NOW, 10) == [(destination, newest), (other, None)]
    assert [record.slot.local_date for record in await store.destinations.slots(destination.id, 2)] == [
        NOW.date(),
        NOW.date() - DAY,
    ]
