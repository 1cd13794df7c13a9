"""What every store promises of the outbox."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import StaleLeaseError
from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Destination,
    Layout,
    NewDelivery,
    QuietReason,
    SlotOutcome,
)
from bot.ports import OpenStore, Store
from tests.contract.rows import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    SURFACES,
    add_destination,
    add_papers,
    claim_one,
    digest,
    queue,
    stored,
    told,
)


@pytest.fixture
async def destination(store: Store) -> Destination:
    return await add_destination(store.destinations)


@pytest.fixture
async def papers(store: Store) -> list[int]:
    return await add_papers(store, 2)


@pytest.fixture
async def pending(store: Store, destination: Destination, papers: list[int]) -> Delivery:
    return await queue(store, destination, papers)


# --- notices -------------------------------------------------------------------------------------


def a_notice(destination: Destination, papers: Sequence[int] = (), **changes: Any) -> NewDelivery:
    made = digest(destination, papers, **changes).delivery
    assert made is not None
    return replace(made, kind=DeliveryKind.NOTICE, layout=Layout.CARDS)


async def test_a_notice_is_due_at_once_and_written_once(
    store: Store, destination: Destination, papers: list[int]
) -> None:
    notice = a_notice(destination, papers[:1])

    assert await store.outbox.post(notice, NOW)
    assert not await store.outbox.post(replace(notice, id="m-2"), NOW + MINUTE)

    claimed = await claim_one(store)
    for field in ("id", "key", "destination_id", "recipient_id", "route", "doc", "deliver_by"):
        assert getattr(claimed, field) == getattr(notice, field)
    assert (claimed.kind, claimed.layout) == (DeliveryKind.NOTICE, Layout.CARDS)
    assert claimed.created_at == claimed.not_before == NOW
    assert await told(store, claimed, papers) == {papers[0]}
    assert await store.outbox.get("m-2") is None
    assert await store.destinations.slots(destination.id, 9) == []


async def test_a_notice_to_nobody_is_not_written(store: Store, destination: Destination) -> None:
    assert not await store.outbox.post(a_notice(destination, recipient_id="r-forgotten"), NOW)
    assert not await store.outbox.post(a_notice(destination, destination_id="d-purged"), NOW)
    assert await store.outbox.claim("w", SURFACES, NOW, MINUTE, 9) == []


# --- claiming ------------------------------------------------------------------------------------


async def test_a_claim_leases_a_due_delivery_to_one_worker(store: Store, pending: Delivery) -> None:
    claimed = await claim_one(store)

    assert claimed == replace(
        pending, state=DeliveryState.LEASED, leased_by="w", lease_until=NOW + MINUTE, fence=1
    )
    assert await stored(store, pending) == claimed
    assert await store.outbox.claim("other", SURFACES, NOW, MINUTE, 9) == []


async def test_a_claim_takes_only_its_surfaces(store: Store, pending: Delivery) -> None:
    assert await store.outbox.claim("w", ["console", "we'bhook"], NOW, MINUTE, 9) == []
    assert await store.outbox.claim("w", [], NOW, MINUTE, 9) == []
    assert len(await store.outbox.claim("w", ["console", "webhook"], NOW, MINUTE, 9)) == 1


async def test_a_lease_that_ran_out_before_sending_leaves_no_doubt(store: Store, pending: Delivery) -> None:
    await claim_one(store)
    assert await store.outbox.claim("w2", SURFACES, NOW + MINUTE - SECOND, MINUTE, 9) == []

    again = await claim_one(store, NOW + MINUTE, "w2")

    assert (again.fence, again.leased_by, again.doubtful) == (2, "w2", False)


async def test_a_lease_that_ran_out_in_sending_leaves_doubt_since_the_first_request(
    store: Store, pending: Delivery
) -> None:
    for number in (1, 2):
        at = NOW + number * HOUR
        claimed = await claim_one(store, at)
        await store.outbox.sending(claimed.id, claimed.fence, at, MINUTE)

    again = await claim_one(store, NOW + DAY)

    assert (again.doubtful, again.doubtful_since) == (True, NOW + HOUR)
    assert (again.attempts, again.state) == (2, DeliveryState.LEASED)


async def test_the_oldest_due_comes_first_and_the_often_tried_after_all(store: Store) -> None:
    papers = await add_papers(store, 4)
    destinations = [await add_destination(store.destinations, name) for name in "abcd"]
    ages = [2, 3, 1, 4]
    queued = [
        await queue(store, destination, [paper], NOW - age * HOUR)
        for destination, paper, age in zip(destinations, papers, ages, strict=True)
    ]
    poison = await claim_one(store)
    assert poison.id == queued[3].id
    await store.outbox.sending(poison.id, poison.fence, NOW, MINUTE)
    await store.outbox.retry(poison.id, poison.fence, NOW - DAY, "no", doubtful=False)

    first = await store.outbox.claim("w", SURFACES, NOW, MINUTE, 2)
    rest = await store.outbox.claim("w", SURFACES, NOW, MINUTE, 9)

    assert [each.id for each in first] == [queued[1].id, queued[0].id]
    assert [each.id for each in rest] == [queued[2].id, poison.id]


async def test_a_claim_takes_no_more_than_its_limit_of_fresh_and_lapsed_together(store: Store) -> None:
    papers = await add_papers(store, 4)
    for name, paper in zip("abcd", papers, strict=True):
        await queue(store, await add_destination(store.destinations, name), [paper])
    await store.outbox.claim("w", SURFACES, NOW, MINUTE, 2)

    taken = await store.outbox.claim("w2", SURFACES, NOW + HOUR, MINUTE, 3)

    assert len(taken) == 3
    assert len(await store.outbox.claim("w3", SURFACES, NOW + HOUR, MINUTE, 3)) == 1


async def test_two_processes_never_claim_the_same_delivery(store: Store, open_store: OpenStore) -> None:
    papers = await add_papers(store, 12)
    for number, paper in enumerate(papers):
        await queue(store, await add_destination(store.destinations, f"team{number}"), [paper])
    async with open_store() as other:
        claims = await asyncio.gather(
            *(
                each.outbox.claim(worker, SURFACES, NOW, MINUTE, 2)
                for each, worker in [(store, "one"), (other, "two")] * 4
            )
        )

    claimed = [delivery.id for claim in claims for delivery in claim]
    assert len(claimed) == len(set(claimed)) == len(papers)


# --- the fence -----------------------------------------------------------------------------------


async def test_sending_is_committed_with_a_new_lease_and_counts_the_try(
    store: Store, pending: Delivery
) -> None:
    claimed = await claim_one(store)

    await store.outbox.sending(claimed.id, claimed.fence, NOW + SECOND, HOUR)

    sending = await stored(store, pending)
    assert (sending.state, sending.attempts) == (DeliveryState.SENDING, 1)
    assert sending.lease_until == NOW + SECOND + HOUR
    with pytest.raises(StaleLeaseError):
        await store.outbox.sending(claimed.id, claimed.fence, NOW, MINUTE)
    with pytest.raises(StaleLeaseError):
        await store.outbox.release(claimed.id, claimed.fence)


async def everything_under(store: Store, delivery_id: str, fence: int) -> AsyncIterator[Awaitable[None]]:
    """Every fenced method, one by one."""
    outbox = store.outbox
    yield outbox.sending(delivery_id, fence, NOW, MINUTE)
    yield outbox.sent(delivery_id, fence, NOW, "zombie")
    yield outbox.retry(delivery_id, fence, NOW, "zombie", doubtful=True)
    yield outbox.rejected(delivery_id, fence, NOW, "zombie")
    yield outbox.in_doubt(delivery_id, fence, NOW, "zombie")
    yield outbox.release(delivery_id, fence)


@pytest.mark.parametrize("state", ["pending", "leased", "sending", "sent", "rejected", "in_doubt"])
async def test_a_worker_that_lost_its_lease_changes_nothing(
    store: Store, pending: Delivery, papers: list[int], state: str
) -> None:
    old = await claim_one(store)
    new = await claim_one(store, NOW + HOUR, "w2")
    match state:
        case "pending":
            await store.outbox.release(new.id, new.fence)
        case "sending":
            await store.outbox.sending(new.id, new.fence, NOW, MINUTE)
        case "sent":
            await store.outbox.sent(new.id, new.fence, NOW, "receipt")
        case "rejected":
            await store.outbox.rejected(new.id, new.fence, NOW, "no")
        case "in_doubt":
            await store.outbox.in_doubt(new.id, new.fence, NOW, "who knows")
    before = await stored(store, pending)
    known = await told(store, pending, papers)
    assert before.state == state

    # Where the delivery has left the lease, its own last fence is as stale as an older one.
    stale = [old.fence] if state in {"leased", "sending"} else [old.fence, new.fence]
    for fence in [*stale, new.fence + 1]:
        async for attempt in everything_under(store, pending.id, fence):
            with pytest.raises(StaleLeaseError, match=pending.id):
                await attempt

    assert await stored(store, pending) == before
    assert await told(store, pending, papers) == known


async def test_a_lease_that_ran_out_still_counts_while_nobody_else_has_it(
    store: Store, pending: Delivery
) -> None:
    claimed = await claim_one(store)
    await store.outbox.sending(claimed.id, claimed.fence, NOW, MINUTE)

    await store.outbox.sent(claimed.id, claimed.fence, NOW + DAY, "receipt")

    assert (await stored(store, pending)).state is DeliveryState.SENT


# --- ends ----------------------------------------------------------------------------------------


async def test_a_sent_delivery_keeps_its_receipt_and_what_it_told(
    store: Store, pending: Delivery, papers: list[int]
) -> None:
    claimed = await claim_one(store)
    await store.outbox.sending(claimed.id, claimed.fence, NOW, MINUTE)
    await store.outbox.sent(claimed.id, claimed.fence, NOW + SECOND, "msg-1")

    sent = await stored(store, pending)
    assert (sent.state, sent.receipt, sent.finished_at) == (DeliveryState.SENT, "msg-1", NOW + SECOND)
    assert (sent.leased_by, sent.lease_until) == (None, None)
    assert await told(store, pending, papers) == set(papers)
    assert await store.outbox.claim("w", SURFACES, NOW + DAY, MINUTE, 9) == []


async def test_a_retry_waits_until_its_time(store: Store, pending: Delivery, papers: list[int]) -> None:
    claimed = await claim_one(store)
    await store.outbox.sending(claimed.id, claimed.fence, NOW, MINUTE)
    await store.outbox.retry(claimed.id, claimed.fence, NOW + HOUR, "429", doubtful=False)

    waiting = await stored(store, pending)
    assert (waiting.state, waiting.last_error, waiting.not_before) == (
        DeliveryState.PENDING,
        "429",
        NOW + HOUR,
    )
    assert (waiting.doubtful, waiting.leased_by, waiting.lease_until) == (False, None, None)
    assert await store.outbox.claim("w", SURFACES, NOW + HOUR - SECOND, MINUTE, 9) == []
    assert (await claim_one(store, NOW + HOUR)).attempts == 1
    assert await told(store, pending, papers) == set(papers)


async def test_doubt_never_falls_back(store: Store, pending: Delivery) -> None:
    claimed = await claim_one(store)
    await store.outbox.sending(claimed.id, claimed.fence, NOW, MINUTE)
    await store.outbox.retry(claimed.id, claimed.fence, NOW + HOUR, "cut", doubtful=True)
    claimed = await claim_one(store, NOW + HOUR)
    await store.outbox.sending(claimed.id, claimed.fence, NOW + HOUR, MINUTE)
    await store.outbox.retry(claimed.id, claimed.fence, NOW + 2 * HOUR, "429", doubtful=False)

    waiting = await stored(store, pending)
    assert (waiting.doubtful, waiting.doubtful_since) == (True, NOW)


async def test_a_rejection_withdraws_what_was_told_and_marks_the_slot(
    store: Store, pending: Delivery, papers: list[int]
) -> None:
    claimed = await claim_one(store)
    await store.outbox.rejected(claimed.id, claimed.fence, NOW + SECOND, "The channel is gone.")

    rejected = await stored(store, pending)
    assert (rejected.state, rejected.last_error, rejected.finished_at) == (
        DeliveryState.REJECTED,
        "The channel is gone.",
        NOW + SECOND,
    )
    assert await told(store, pending, papers) == set()
    (slot,) = await store.destinations.slots(pending.destination_id, 5)
    assert (slot.outcome, slot.reason, slot.detail, slot.delivery_id) == (
        SlotOutcome.MISSED,
        QuietReason.NOT_DELIVERED,
        "The channel is gone.",
        pending.id,
    )


async def test_a_doubtful_end_keeps_what_was_told_and_is_never_claimed(
    store: Store, pending: Delivery, papers: list[int]
) -> None:
    claimed = await claim_one(store)
    await store.outbox.sending(claimed.id, claimed.fence, NOW, MINUTE)
    await store.outbox.in_doubt(claimed.id, claimed.fence, NOW + SECOND, "cut")

    doubtful = await stored(store, pending)
    assert (doubtful.state, doubtful.doubtful, doubtful.doubtful_since, doubtful.finished_at) == (
        DeliveryState.IN_DOUBT,
        True,
        NOW,
        NOW + SECOND,
    )
    assert await told(store, pending, papers) == set(papers)
    assert await store.outbox.claim("w", SURFACES, NOW + DAY, MINUTE, 9) == []
    (slot,) = await store.destinations.slots(pending.destination_id, 5)
    assert slot.outcome is SlotOutcome.QUEUED


async def test_a_released_delivery_is_due_at_once(store: Store, pending: Delivery) -> None:
    claimed = await claim_one(store)

    await store.outbox.release(claimed.id, claimed.fence)

    assert await stored(store, pending) == replace(pending, fence=1)
    assert (await claim_one(store)).fence == 2


# --- looking -------------------------------------------------------------------------------------


async def test_the_next_due_is_the_earliest_time_or_lapse_on_these_surfaces(store: Store) -> None:
    papers = await add_papers(store, 3)
    one = await add_destination(store.destinations, "one")
    two = await add_destination(store.destinations, "two")
    assert await store.outbox.next_due(SURFACES) is None
    await queue(store, one, papers[:1], NOW + HOUR)
    await queue(store, two, papers[1:2], NOW + 2 * HOUR)
    await queue(store, two, papers[2:], NOW - DAY, route=replace(two.route, surface="console", address="-"))

    assert await store.outbox.next_due(["webhook"]) == NOW + HOUR
    assert await store.outbox.next_due(SURFACES) == NOW - DAY
    await store.outbox.claim("w", ["console"], NOW, 3 * HOUR, 1)
    assert await store.outbox.next_due(SURFACES) == NOW + HOUR
    await store.outbox.claim("w", ["webhook"], NOW + 2 * HOUR, 2 * HOUR, 2)
    assert await store.outbox.next_due(SURFACES) == NOW + 3 * HOUR
    assert await store.outbox.next_due(["mail"]) is None


async def test_deliveries_are_listed_by_state_the_newest_first_and_counted(store: Store) -> None:
    papers = await add_papers(store, 3)
    destination = await add_destination(store.destinations)
    queued = [await queue(store, destination, [paper], NOW + days * DAY) for days, paper in enumerate(papers)]
    claimed = await claim_one(store)
    await store.outbox.sent(claimed.id, claimed.fence, NOW, "receipt")

    assert await store.outbox.list([DeliveryState.PENDING], 9) == [queued[2], queued[1]]
    assert await store.outbox.list([DeliveryState.PENDING], 1) == [queued[2]]
    assert [each.id for each in await store.outbox.list(list(DeliveryState), 9)] == [
        each.id for each in reversed(queued)
    ]
    assert await store.outbox.list([], 9) == []
    assert await store.outbox.counts() == dict.fromkeys(DeliveryState, 0) | {
        DeliveryState.SENT: 1,
        DeliveryState.PENDING: 2,
    }
    surface = destination.route.surface
    assert await store.outbox.counts_by_surface() == {
        (surface, DeliveryState.SENT): 1,
        (surface, DeliveryState.PENDING): 2,
    }
