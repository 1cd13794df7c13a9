"""What every store promises of planned slots and of the ledger they write."""

import asyncio
from dataclasses import replace

import pytest

from bot.model import (
    DeliveryState,
    DestinationState,
    Layout,
    Planned,
    SlotOutcome,
)
from bot.ports import OpenStore, Store
from tests.contract.rows import (
    DAY,
    MINUTE,
    NOW,
    add_destination,
    add_papers,
    digest,
    queue,
    quiet,
)

# --- planning ------------------------------------------------------------------------------------


async def test_a_digest_is_planned_with_its_delivery_and_its_ledger(store: Store) -> None:
    destination = await add_destination(store.destinations)
    papers = await add_papers(store, 3)
    planned = digest(destination, papers[:2], layout=Layout.THREAD)
    assert planned.delivery is not None

    assert await store.destinations.plan([planned]) == [Planned.STORED]

    assert await store.destinations.slots(destination.id, 5) == [planned.record]
    delivery = await store.outbox.get(planned.delivery.id)
    assert delivery is not None
    for field in (
        "id",
        "key",
        "destination_id",
        "recipient_id",
        "route",
        "doc",
        "kind",
        "layout",
        "deliver_by",
    ):
        assert getattr(delivery, field) == getattr(planned.delivery, field)
    assert (delivery.state, delivery.attempts, delivery.fence) == (DeliveryState.PENDING, 0, 0)
    assert delivery.not_before == delivery.created_at == NOW
    assert await store.destinations.told([destination.recipient_id], papers) == {
        destination.recipient_id: frozenset(papers[:2])
    }


async def test_a_digest_planned_ahead_waits_for_its_slot(store: Store) -> None:
    destination = await add_destination(store.destinations)
    planned = digest(destination, await add_papers(store, 1))
    ahead = replace(planned, record=replace(planned.record, recorded_at=NOW - MINUTE))

    await store.destinations.plan([ahead])

    assert await store.outbox.claim("w", ["webhook"], NOW - MINUTE, MINUTE, 5) == []
    assert len(await store.outbox.claim("w", ["webhook"], NOW, MINUTE, 5)) == 1


async def test_the_first_to_record_a_slot_wins(store: Store) -> None:
    destination = await add_destination(store.destinations)
    papers = await add_papers(store, 2)
    first = digest(destination, papers[:1])
    rivals = [
        first,
        digest(destination, papers[1:], id="m-2", key="another-key"),
        digest(destination, papers[1:], id="m-3"),
        quiet(destination, NOW.date()),
    ]

    assert await store.destinations.plan([first]) == [Planned.STORED]
    assert await store.destinations.plan(rivals) == [Planned.TAKEN] * 4

    assert await store.destinations.slots(destination.id, 5) == [first.record]
    assert await store.outbox.get("m-2") is None
    assert (await store.outbox.counts())[DeliveryState.PENDING] == 1
    assert await store.destinations.told([destination.recipient_id], papers) == {
        destination.recipient_id: frozenset(papers[:1])
    }


async def test_a_slot_that_fires_in_two_processes_is_stored_once(store: Store, open_store: OpenStore) -> None:
    papers = await add_papers(store, 2)
    homes = [await add_destination(store.destinations, f"team{number}") for number in range(6)]
    async with open_store() as other:
        outcomes = await asyncio.gather(
            *(
                each.destinations.plan([digest(home, papers, id=f"{home.id}-{process}") for home in homes])
                for process, each in enumerate([store, other])
            )
        )

    for pair in zip(*outcomes, strict=True):
        assert sorted(pair) == [Planned.STORED, Planned.TAKEN]
    assert (await store.outbox.counts())[DeliveryState.PENDING] == len(homes)


async def test_a_digest_with_a_paper_told_meanwhile_is_undone_as_a_whole(store: Store) -> None:
    """Two destinations of one recipient: the second must not tell again."""
    first = await add_destination(store.destinations, "first", recipient_id="r")
    second = await add_destination(store.destinations, "second", recipient_id="r")
    papers = await add_papers(store, 4)

    outcome = await store.destinations.plan(
        [digest(first, papers[:2]), digest(second, papers[1:3]), digest(second, papers[2:])]
    )

    assert outcome == [Planned.STORED, Planned.STALE, Planned.STORED]
    assert await store.destinations.told(["r"], papers) == {"r": frozenset(papers)}
    (record,) = await store.destinations.slots(second.id, 5)
    assert record.outcome is SlotOutcome.QUEUED
    assert (await store.outbox.counts())[DeliveryState.PENDING] == 2


async def test_a_digest_with_a_paper_that_is_gone_must_be_decided_again(store: Store) -> None:
    destination = await add_destination(store.destinations)
    papers = await add_papers(store, 1)

    assert await store.destinations.plan([digest(destination, [*papers, 987_654])]) == [Planned.STALE]
    assert await store.destinations.slots(destination.id, 5) == []
    assert await store.destinations.told([destination.recipient_id], papers) == {
        destination.recipient_id: frozenset()
    }


@pytest.mark.parametrize("state", [DestinationState.PAUSED, DestinationState.REMOVED])
async def test_nothing_is_planned_for_a_destination_that_stopped_meanwhile(
    store: Store, state: DestinationState
) -> None:
    destination = await add_destination(store.destinations)
    papers = await add_papers(store, 1)
    await store.destinations.set_state(destination.id, state, "ann", NOW)

    outcome = await store.destinations.plan(
        [digest(destination, papers), quiet(destination, NOW.date() - DAY)]
    )

    assert outcome == [Planned.TAKEN, Planned.TAKEN]
    assert await store.destinations.slots(destination.id, 5) == []
    assert (await store.outbox.counts())[DeliveryState.PENDING] == 0


async def test_a_message_without_papers_is_planned_too(store: Store) -> None:
    destination = await add_destination(store.destinations)

    assert await store.destinations.plan([digest(destination, [])]) == [Planned.STORED]


# --- the ledger ----------------------------------------------------------------------------------


async def test_told_answers_for_every_recipient_asked_about_and_no_other(store: Store) -> None:
    one = await add_destination(store.destinations, "one")
    two = await add_destination(store.destinations, "two")
    papers = await add_papers(store, 3)
    await queue(store, one, papers[:2])
    await queue(store, two, papers)

    assert await store.destinations.told(["r-one", "r-nobody"], papers[1:]) == {
        "r-one": frozenset(papers[1:2]),
        "r-nobody": frozenset(),
    }
    assert await store.destinations.told([], papers) == {}


@pytest.mark.parametrize(("recipients", "numbers"), [(40_000, 100_000), (100_000, 40_000)])
async def test_told_takes_thousands_of_both(store: Store, recipients: int, numbers: int) -> None:
    """More than a statement has parameters, and more pairs than could be looked up one by one."""
    destination = await add_destination(store.destinations)
    papers = await add_papers(store, 2)
    await queue(store, destination, papers)

    told = await store.destinations.told(
        (f"r-{number}" if number else "r-team" for number in range(recipients)), range(numbers)
    )

    assert told["r-team"] == frozenset(papers)
    assert len(told) == recipients
