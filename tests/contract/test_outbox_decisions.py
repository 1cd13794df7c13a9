"""What every store promises of a person's decisions about deliveries."""

from dataclasses import replace

import pytest

from bot.errors import ConflictError, NotFoundError
from bot.model import Delivery, DeliveryState, Destination, QuietReason, SlotOutcome
from bot.ports import Store
from tests.contract.rows import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SURFACES,
    add_destination,
    add_papers,
    claim_one,
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


async def end(store: Store, state: DeliveryState) -> Delivery:
    claimed = await claim_one(store)
    await store.outbox.sending(claimed.id, claimed.fence, NOW, MINUTE)
    match state:
        case DeliveryState.SENT:
            await store.outbox.sent(claimed.id, claimed.fence, NOW, "receipt")
        case DeliveryState.REJECTED:
            await store.outbox.rejected(claimed.id, claimed.fence, NOW, "no")
        case DeliveryState.IN_DOUBT:
            await store.outbox.in_doubt(claimed.id, claimed.fence, NOW, "cut")
    return await stored(store, claimed)


@pytest.mark.parametrize("state", [DeliveryState.REJECTED, DeliveryState.IN_DOUBT])
async def test_a_resend_makes_it_pending_under_the_same_key_and_told_again(
    store: Store, pending: Delivery, papers: list[int], state: DeliveryState
) -> None:
    ended = await end(store, state)

    again = await store.outbox.resend(ended.id, NOW + DAY, NOW + 2 * DAY)

    assert again == replace(
        ended,
        state=DeliveryState.PENDING,
        doubtful=False,
        doubtful_since=None,
        not_before=NOW + DAY,
        deliver_by=NOW + 2 * DAY,
        finished_at=None,
        resends=1,
    )
    assert (again.key, again.doc, again.attempts, again.fence) == (pending.key, pending.doc, 1, 1)
    assert await stored(store, pending) == again
    assert await told(store, pending, papers) == set(papers)
    (slot,) = await store.destinations.slots(pending.destination_id, 5)
    assert (slot.outcome, slot.reason, slot.detail) == (SlotOutcome.QUEUED, None, "")
    assert (await claim_one(store, NOW + DAY)).fence == 2


async def test_a_resend_leaves_to_others_what_they_told_meanwhile(
    store: Store, destination: Destination, pending: Delivery, papers: list[int]
) -> None:
    await end(store, DeliveryState.REJECTED)
    later = await queue(store, destination, papers[:1], NOW + DAY)
    await store.outbox.resend(pending.id, NOW + DAY, NOW + 2 * DAY)

    # The two now share the papers: when the later one fails, only its own is withdrawn.
    claimed = {each.id: each for each in await store.outbox.claim("w", SURFACES, NOW + DAY, MINUTE, 2)}
    await store.outbox.rejected(later.id, claimed[later.id].fence, NOW + DAY, "no")

    assert await told(store, pending, papers) == set(papers[1:])


@pytest.mark.parametrize("state", ["pending", "leased", "sending", "sent"])
async def test_what_is_under_way_or_was_sent_is_not_resent(
    store: Store, pending: Delivery, state: str
) -> None:
    if state == "sent":
        await end(store, DeliveryState.SENT)
    elif state != "pending":
        claimed = await claim_one(store)
        if state == "sending":
            await store.outbox.sending(claimed.id, claimed.fence, NOW, MINUTE)
    before = await stored(store, pending)

    with pytest.raises(ConflictError, match=f"'{pending.id}' .*only one that was rejected or is in doubt"):
        await store.outbox.resend(pending.id, NOW, NOW + DAY)
    with pytest.raises(ConflictError, match=f"'{pending.id}' .*only one in doubt"):
        await store.outbox.resolve(pending.id, NOW, arrived=False, by="ann")

    assert await stored(store, pending) == before


async def test_an_answer_that_it_arrived_makes_it_sent(
    store: Store, pending: Delivery, papers: list[int]
) -> None:
    await end(store, DeliveryState.IN_DOUBT)

    resolved = await store.outbox.resolve(pending.id, NOW + HOUR, arrived=True, by="ann")

    assert (resolved.state, resolved.finished_at) == (DeliveryState.SENT, NOW + HOUR)
    assert resolved.last_error == "cut ann says that it arrived."
    assert await stored(store, pending) == resolved
    assert await told(store, pending, papers) == set(papers)


async def test_an_answer_that_it_did_not_arrive_rejects_it(
    store: Store, pending: Delivery, papers: list[int]
) -> None:
    await end(store, DeliveryState.IN_DOUBT)

    resolved = await store.outbox.resolve(pending.id, NOW + HOUR, arrived=False, by="ann")

    assert (resolved.state, resolved.finished_at) == (DeliveryState.REJECTED, NOW + HOUR)
    assert await told(store, pending, papers) == set()
    (slot,) = await store.destinations.slots(pending.destination_id, 5)
    assert (slot.outcome, slot.reason, slot.detail) == (
        SlotOutcome.MISSED,
        QuietReason.NOT_DELIVERED,
        "ann says that it did not arrive.",
    )


async def test_a_rejected_delivery_cannot_be_resolved(store: Store, pending: Delivery) -> None:
    await end(store, DeliveryState.REJECTED)

    with pytest.raises(ConflictError, match="was rejected"):
        await store.outbox.resolve(pending.id, NOW, arrived=True, by="ann")


async def test_an_unknown_delivery_is_not_found(store: Store) -> None:
    with pytest.raises(NotFoundError, match=r"'ghost'.*outbox list"):
        await store.outbox.resend("ghost", NOW, NOW)
    with pytest.raises(NotFoundError, match=r"'ghost'.*outbox list"):
        await store.outbox.resolve("ghost", NOW, arrived=True, by="ann")
    assert await store.outbox.get("ghost") is None
