"""Invented destinations that are all due at one instant, some with filters, some with a long ledger."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.fill import fill
from benchmarks.invented import (
    CATEGORIES,
    FIRST_DAY,
    SEED,
    VOCABULARY,
    announcement,
    papers,
    polls_of_lists,
)
from bot.model import (
    EVERY_DAY,
    Destination,
    NewDelivery,
    PlannedSlot,
    Pool,
    QuietDay,
    Route,
    Schedule,
    Slot,
    SlotOutcome,
    SlotRecord,
    Window,
)
from bot.system import RandomIds
from storage.sqlite.store import SqliteStore, open_sqlite

LISTS: Final = 30
PAPERS_A_LIST: Final = 60
ANNOUNCED: Final = 300  # by arXiv on the last day
TOLD: Final = 500  # papers in the ledger of a recipient that has a history
HISTORIES: Final = 0.3  # of the recipients
FILTERED: Final = 0.5  # of the destinations
FILTERS: Final = 300  # different ones

_DAY: Final = timedelta(days=1)
SLOT: Final = datetime.combine(FIRST_DAY + (LISTS - 1) * _DAY, time(9), UTC)
# The same instant where people live, in November.
_PLACES: Final = (("UTC", 9), ("Europe/Berlin", 10), ("America/New_York", 4), ("Asia/Tokyo", 18))
_BATCH: Final = 250


async def fill_with_destinations(path: Path, count: int) -> None:
    """Makes a store with a month of lists, and `count` destinations of as many recipients due at `SLOT`."""
    random = Random(SEED)
    lists = polls_of_lists(LISTS, PAPERS_A_LIST)
    await fill(path, (poll for poll in lists if poll.observed_at < SLOT))
    filters = list(_filters(random))
    destinations = [_destination(random, number, filters) for number in range(count)]
    async with open_sqlite(path) as store:
        new = papers(random, LISTS * PAPERS_A_LIST, ANNOUNCED)
        await store.papers.ingest(announcement(new, SLOT - timedelta(hours=4)), SLOT)
        known = [one.paper_id for one in await store.papers.series(SLOT - 60 * _DAY, SLOT)]
        for batch in _batches(destinations):
            await asyncio.gather(*(store.destinations.add(one, one.name) for one in batch))
        with_history = [one for one in destinations if random.random() < HISTORIES]
        for batch in _batches(with_history):
            await _tell(store, batch, random, known)


def _filters(random: Random) -> Iterator[str]:
    """Words as frequent as those of the papers, so that some match many and some match none."""
    for number in range(FILTERS):
        one, two, three = random.sample(VOCABULARY[:200], 3)
        yield (
            one,
            f"{one} {two}",
            f"{one} OR {two} -{three}",
            f'"{one} {two}" OR {three}',
            f"cat:{random.choice(CATEGORIES)} {one}",
        )[number % 5]


def _destination(random: Random, number: int, filters: Sequence[str]) -> Destination:
    zone, hour = random.choice(_PLACES)
    return Destination(
        id=f"d{number}",
        recipient_id=f"r{number}",
        name=f"place {number}",
        route=Route(surface="webhook", address=f"https://example.org/{number}"),
        schedule=Schedule(at=time(hour), days=EVERY_DAY, zone=zone),
        query=random.choice(filters) if random.random() < FILTERED else "",
        window=random.choices(list(Window), (80, 15, 5))[0],
        pool=random.choices((Pool.TRENDING, Pool.ANNOUNCED, Pool.BOTH), (70, 10, 20))[0],
        quiet_day=random.choices(list(QuietDay), (80, 10, 10))[0],
        floor=random.choice((0, 0, 0, 20)),
        active_from=SLOT - _DAY + timedelta(hours=1),
        created_at=SLOT - 100 * _DAY,
    )


async def _tell(
    store: SqliteStore, destinations: Sequence[Destination], random: Random, known: Sequence[int]
) -> None:
    """Writes into each recipient's ledger what it was told of, as one digest of the day before."""
    ids = RandomIds()
    at = SLOT - _DAY
    slots = []
    for one in destinations:
        delivery = NewDelivery(
            id=ids.new(),
            key=f"before-{one.id}",
            destination_id=one.id,
            recipient_id=one.recipient_id,
            route=one.route,
            doc="{}",
            papers=tuple(random.sample(known, TOLD)),
            deliver_by=at + timedelta(hours=1),
        )
        record = SlotRecord(
            destination_id=one.id,
            slot=Slot(at.date(), at),
            outcome=SlotOutcome.QUEUED,
            delivery_id=delivery.id,
            recorded_at=at,
        )
        slots.append(PlannedSlot(record, delivery))
    await store.destinations.plan(slots)


def _batches(destinations: Sequence[Destination]) -> Iterator[Sequence[Destination]]:
    for first in range(0, len(destinations), _BATCH):
        yield destinations[first : first + _BATCH]
