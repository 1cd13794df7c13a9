"""What the store's tests need to stand on: papers, a recipient with a destination, planned slots."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlite_utils import Database

from bot.model import (
    WORKDAYS,
    Delivery,
    Destination,
    IdScheme,
    NewDelivery,
    Outcome,
    PaperId,
    PaperReading,
    Planned,
    PlannedSlot,
    Poll,
    QuietReason,
    Route,
    Schedule,
    Slot,
    SlotOutcome,
    SlotRecord,
    Upstream,
)
from bot.ports import DestinationStore, Store
from storage.sqlite.engine import Engine

NOW: Final = datetime(2025, 11, 20, 9, tzinfo=UTC)
DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
MINUTE: Final = timedelta(minutes=1)
SECOND: Final = timedelta(seconds=1)
SURFACES: Final = ("webhook", "console", "feed")


def arxiv(number: int) -> PaperId:
    """The identifier of the n-th invented paper."""
    return PaperId(IdScheme.ARXIV, f"2511.{number:05}")


async def add_papers(store: Store, count: int, first: int = 1) -> list[int]:
    """Ingests invented papers; their numbers in the store."""
    wanted = [arxiv(number) for number in range(first, first + count)]
    poll = Poll(
        upstream=Upstream.ARXIV,
        subject="lookup",
        observed_at=NOW - DAY + first * SECOND,
        outcome=Outcome.OK,
        readings=tuple(
            PaperReading(ids=(paper_id,), title=f"On Matter {paper_id.value}", authors=("Ada Byron",))
            for paper_id in wanted
        ),
    )
    await store.papers.ingest(poll, NOW - DAY + first * SECOND)
    found = [await store.papers.find(paper_id) for paper_id in wanted]
    return [paper.id for paper in found if paper is not None]


async def insert_papers(engine: Engine, count: int) -> list[int]:
    """Writes invented papers straight into the table, numbered from 1."""
    numbers = list(range(1, count + 1))

    def work(db: Database) -> None:
        db.conn.executemany(
            "INSERT INTO papers (id, key, title, abstract, text_from, title_key, first_seen_at, change)"
            " VALUES (?, ?, 'On Matter', '', 'arxiv', 'on matter', 0, ?)",
            [(number, str(arxiv(number)), number) for number in numbers],
        )

    await engine.write(work)
    return numbers


def a_destination(name: str = "team", **changes: Any) -> Destination:
    """An active destination at a webhook, made a week ago; `id` and `recipient_id` follow its name."""
    return replace(
        Destination(
            id=f"d-{name}",
            recipient_id=f"r-{name}",
            name=name,
            route=Route(surface="webhook", address=f"https://example.org/{name}"),
            schedule=Schedule(at=time(9), days=WORKDAYS, zone="Europe/Berlin"),
            active_from=NOW - 7 * DAY,
            created_at=NOW - 7 * DAY,
        ),
        **changes,
    )


async def add_destination(destinations: DestinationStore, name: str = "team", **changes: Any) -> Destination:
    """Stores `a_destination` with its recipient."""
    destination = a_destination(name, **changes)
    await destinations.add(destination, destination.recipient_id)
    return destination


def digest(
    destination: Destination, papers: Sequence[int], at: datetime = NOW, **changes: Any
) -> PlannedSlot:
    """The decision to send these papers for the slot at `at`, which the local date of UTC names.

    `changes` go to the delivery.
    """
    delivery = NewDelivery(
        id=f"m-{destination.name}-{at:%m%d}",
        key=f"digest-{destination.id}-{at:%Y-%m-%d}",
        destination_id=destination.id,
        recipient_id=destination.recipient_id,
        route=destination.route,
        doc='{"text": "two papers"}',
        papers=tuple(papers),
        deliver_by=at + 6 * HOUR,
    )
    delivery = replace(delivery, **changes)
    return PlannedSlot(
        SlotRecord(
            destination_id=destination.id,
            slot=Slot(at.date(), at),
            outcome=SlotOutcome.QUEUED,
            delivery_id=delivery.id,
            recorded_at=at,
        ),
        delivery,
    )


def quiet(destination: Destination, day: date, reason: QuietReason = QuietReason.NO_MATCH) -> PlannedSlot:
    """The decision to say nothing on that day."""
    at = datetime.combine(day, time(9), UTC)
    return PlannedSlot(
        SlotRecord(
            destination_id=destination.id,
            slot=Slot(day, at),
            outcome=SlotOutcome.QUIET,
            reason=reason,
            detail="nothing fits",
            recorded_at=at,
        )
    )


async def queue(
    store: Store, destination: Destination, papers: Sequence[int], at: datetime = NOW, **changes: Any
) -> Delivery:
    """Plans a digest; its delivery, pending."""
    planned = digest(destination, papers, at, **changes)
    assert await store.destinations.plan([planned]) == [Planned.STORED]
    assert planned.delivery is not None
    delivery = await store.outbox.get(planned.delivery.id)
    assert delivery is not None
    return delivery


async def claim_one(store: Store, at: datetime = NOW, worker: str = "w") -> Delivery:
    """Claims for a minute the one delivery that comes first."""
    (delivery,) = await store.outbox.claim(worker, SURFACES, at, MINUTE, 1)
    return delivery


async def stored(store: Store, delivery: Delivery) -> Delivery:
    """The delivery as the store has it now."""
    found = await store.outbox.get(delivery.id)
    assert found is not None
    return found


async def told(store: Store, delivery: Delivery, papers: Sequence[int]) -> frozenset[int]:
    """Which of these papers its recipient counts as told of."""
    return (await store.destinations.told([delivery.recipient_id], papers))[delivery.recipient_id]
