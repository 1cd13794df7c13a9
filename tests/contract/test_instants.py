"""What comes as it appears: one message a person and look, no paper twice, whatever breaks off."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.errors import DiskFullError
from bot.model import (
    Delivery,
    DeliveryState,
    Destination,
    DestinationState,
    NewDelivery,
    Planned,
    Route,
    Schedule,
)
from bot.people.model import Cadence, Identity, Mark, Person
from bot.ports import OpenStore, OutboxStore, Store
from bot.schedule.instants import SETTLE, Instants
from bot.system import RandomIds
from bot.view.doc import Actions, from_json
from bot.view.plain import to_plain
from tests.clocks import StillClock
from tests.contract.people import BEN, MAYA, a_subscription, direct, meet
from tests.contract.rows import add_papers, digest, told
from tests.contract.test_planner import NINE, THU, WED, at, deliveries, keys, numbers, tick
from tests.polls import arxiv_id, daily

NEVER = Schedule(NINE.at, frozenset(), "UTC")
MINUTE = timedelta(minutes=1)


def place(person: Person, surface: str = "chat", schedule: Schedule = NEVER) -> Destination:
    route = Route(surface=surface, address=f"{surface}-{person.name}")
    made = direct(person, schedule=schedule, route=route, active_from=at(WED, 0))
    return replace(made, id=f"d-{surface}-{person.name}", name=f"{surface} {person.name}")


async def follow(
    store: Store, query: str, identity: Identity = MAYA, surfaces: Sequence[str] = ("chat",), **changes: Any
) -> str:
    """Subscribes somebody to what appears, from Wednesday's midnight on; the subscription's id."""
    person = await meet(store, identity, identity.user)
    first, *others = [place(person, surface) for surface in surfaces]
    made = a_subscription(
        person, first, query, **{"cadence": Cadence.INSTANT, "created_at": at(WED, 0)} | changes
    )
    await store.people.subscribe(made, first)
    for one in others:
        await store.people.speak_on(made.id, one)
    return made.id


async def appear(store: Store, when: datetime, *papers: int) -> None:
    """A poll that brings these papers of the day's list."""
    poll = daily(when.date(), when, dict.fromkeys(papers, 10))
    await store.papers.ingest(poll, when)


def instants(store: Store, now: datetime) -> Instants:
    return Instants(store, StillClock(now), RandomIds(), late_limit=timedelta(hours=6), queued=lambda: None)


async def look(store: Store, now: datetime) -> int:
    """One look by a process that has just started."""
    return await instants(store, now).look()


async def shown(store: Store) -> dict[str, list[str]]:
    """The papers of every message, by address."""
    found: dict[str, list[str]] = {}
    for one in await deliveries(store):
        found.setdefault(one.route.address, []).extend(await numbers(store, one))
    return {address: sorted(papers) for address, papers in found.items()}


@pytest.fixture
async def thursday(store: Store) -> Store:
    """A store whose Thursday has begun."""
    poll = daily(THU, at(THU, 0), {})
    await store.papers.ingest(poll, poll.observed_at)
    return store


async def test_what_appears_is_one_message_to_everybody_whom_it_concerns(thursday: Store) -> None:
    await follow(thursday, "title:1 OR title:2")
    await follow(thursday, "title:2 OR title:3")
    await follow(thursday, "title:3", BEN)
    await follow(thursday, "unheard-of", Identity("slack", "T1", "UKIM"))
    await appear(thursday, at(THU, 1), 1, 2, 3, 4)

    assert await look(thursday, at(THU, 1.1)) == 2

    assert await shown(thursday) == {"chat-UMAYA001": keys(1, 2, 3), "chat-UBEN0001": keys(3)}
    mayas = next(one for one in await deliveries(thursday) if one.recipient_id == "r-UMAYA001")
    assert mayas.not_before == at(THU, 1.1)
    assert mayas.deliver_by == at(THU, 7.1)
    doc = from_json(mayas.doc)
    assert doc.fallback.startswith("New papers for you · Thu 20 Nov: ")
    assert "title:2 OR title:3: 1 new paper" in to_plain(doc)


async def test_looking_again_tells_nothing_again_and_what_appears_later_comes_then(thursday: Store) -> None:
    await follow(thursday, "paper")
    await appear(thursday, at(THU, 1), 1)
    assert [await look(thursday, at(THU, 1.1)), await look(thursday, at(THU, 1.2))] == [1, 0]
    await appear(thursday, at(THU, 2), 1, 2)
    assert await look(thursday, at(THU, 2.1)) == 1
    assert [await numbers(thursday, one) for one in await deliveries(thursday)] == [keys(2), keys(1)]


async def test_a_burst_is_one_message_that_counts_what_it_has_no_room_for(thursday: Store) -> None:
    await follow(thursday, "paper", maximum=5)
    await appear(thursday, at(THU, 1), *range(1, 51))

    assert [await look(thursday, at(THU, hour)) for hour in (1.1, 2, 3)] == [1, 0, 0]

    (delivery,) = await deliveries(thursday)
    doc = from_json(delivery.doc)
    assert "paper: 5 of 50 new papers" in to_plain(doc)
    (row,) = [block for block in doc.blocks if isinstance(block, Actions)]
    assert row.buttons[0].label == "Show 20 others"
    assert len(await numbers(thursday, delivery)) == 5


async def test_nobody_hears_of_what_came_before_they_subscribed_or_was_hidden(thursday: Store) -> None:
    await appear(thursday, at(THU, 1), 1, 2)
    await follow(thursday, "paper", created_at=at(THU, 1.5))
    await appear(thursday, at(THU, 2), 1, 2, 3, 4)
    found = await thursday.papers.find(arxiv_id(4))
    assert found is not None
    await thursday.people.mark("r-UMAYA001", found.id, Mark.HIDDEN, at(THU, 2))
    await look(thursday, at(THU, 2.1))
    assert await shown(thursday) == {"chat-UMAYA001": keys(3)}


async def test_a_minimum_gathers_papers_and_a_snooze_is_silent(thursday: Store) -> None:
    gathered = await follow(thursday, "title:1 OR title:2", minimum=2)
    await follow(thursday, "title:3", BEN, snoozed_until=at(THU, 5), waiting_since=at(THU, 0))
    await appear(thursday, at(THU, 1), 1, 3)
    assert await look(thursday, at(THU, 1.1)) == 0
    kept = await thursday.people.subscription(gathered)
    assert kept is not None
    assert kept.waiting_since == at(WED, 0)

    await appear(thursday, at(THU, 5), 1, 2, 3)
    assert await look(thursday, at(THU, 5.1)) == 2
    assert await shown(thursday) == {"chat-UMAYA001": keys(1, 2), "chat-UBEN0001": keys(3)}


# --- routes, and the ledger ----------------------------------------------------------------------


async def test_of_several_routes_the_first_that_is_active_brings_it(thursday: Store) -> None:
    await follow(thursday, "paper", surfaces=("email", "chat"))
    await appear(thursday, at(THU, 1), 1)
    await look(thursday, at(THU, 1.1))
    await thursday.destinations.set_state("d-email-UMAYA001", DestinationState.PAUSED, "Maya", at(THU, 1.2))
    await appear(thursday, at(THU, 2), 1, 2)
    await look(thursday, at(THU, 2.1))
    assert await shown(thursday) == {
        "email-UMAYA001": keys(1),
        "chat-UMAYA001": keys(1, 2),
    }, "the first message was called off before it was sent"


async def test_what_was_told_at_once_is_not_in_the_daily_message_nor_the_other_way_round(
    thursday: Store,
) -> None:
    person = await meet(thursday, MAYA, MAYA.user)
    daily_place = replace(place(person, schedule=NINE), id="d-daily", name="daily")
    await follow(thursday, "title:1")
    made = a_subscription(person, daily_place, "paper", created_at=at(WED, 0))
    await thursday.people.subscribe(made, daily_place)
    await appear(thursday, at(THU, 1), 1, 2)

    assert await look(thursday, at(THU, 1.1)) == 1
    assert await tick(thursday, at(THU, 9)) == 1
    assert await look(thursday, at(THU, 9.1)) == 0
    assert [await numbers(thursday, one) for one in await deliveries(thursday)] == [keys(2), keys(1)]


async def test_two_processes_at_once_tell_everybody_once(open_store: OpenStore) -> None:
    async with open_store() as one, open_store() as other:
        for number in range(20):
            await follow(one, "paper", Identity("slack", "T1", f"U{number}"))
        for poll in (daily(THU, at(THU, 0), {}), daily(THU, at(THU, 1), {1: 1, 2: 2, 3: 3})):
            await one.papers.ingest(poll, poll.observed_at)

        queued = await asyncio.gather(*(look(store, at(THU, 1.1)) for store in (one, other, one, other)))

        assert sum(queued) == 20
        assert await shown(one) == {f"chat-U{number}": keys(1, 2, 3) for number in range(20)}


class FullAfterOne:
    """An outbox on a disk that has room for one message more."""

    def __init__(self, outbox: OutboxStore) -> None:
        self._outbox = outbox
        self._written = 0

    async def announce(self, delivery: NewDelivery, now: datetime) -> Planned:
        if self._written:
            raise DiskFullError("paperboy.db")
        self._written += 1
        return await self._outbox.announce(delivery, now)


async def test_a_look_that_breaks_off_is_ended_by_the_next(thursday: Store) -> None:
    for identity in (MAYA, BEN):
        await follow(thursday, "paper", identity)
    await appear(thursday, at(THU, 1), 1, 2)
    full: Any = SimpleNamespace(
        papers=thursday.papers,
        people=thursday.people,
        destinations=thursday.destinations,
        sources=thursday.sources,
        outbox=FullAfterOne(thursday.outbox),
    )
    broken = instants(full, at(THU, 1.1))

    with pytest.raises(DiskFullError):
        await broken.look()

    assert len(await deliveries(thursday)) == 1
    assert await look(thursday, at(THU, 1.2)) == 1
    assert await shown(thursday) == {"chat-UMAYA001": keys(1, 2), "chat-UBEN0001": keys(1, 2)}


async def test_what_was_refused_is_tried_again_the_next_day_and_not_at_every_look(thursday: Store) -> None:
    await follow(thursday, "paper")
    await appear(thursday, at(THU, 1), 1)
    await look(thursday, at(THU, 1.1))
    (refused,) = await thursday.outbox.claim("w", ["chat"], at(THU, 1.1), MINUTE, 1)
    await thursday.outbox.rejected(refused.id, refused.fence, at(THU, 1.2), "too long")

    assert await look(thursday, at(THU, 2)) == 0
    assert await look(thursday, at(THU, 25)) == 1


# --- the store's part ----------------------------------------------------------------------------


async def test_a_message_of_papers_is_written_with_all_of_its_ledger_or_not_at_all(store: Store) -> None:
    person = await meet(store)
    one = place(person)
    await store.people.subscribe(a_subscription(person, one, cadence=Cadence.INSTANT), one)
    papers = await add_papers(store, 3)
    delivery = digest(one, papers[:2]).delivery
    assert delivery is not None
    now = at(THU, 9)

    assert await store.outbox.announce(delivery, now) is Planned.STORED
    assert await store.outbox.announce(replace(delivery, id="m-2"), now) is Planned.TAKEN
    overlapping = replace(delivery, id="m-3", key="k-3", papers=tuple(papers[1:]))
    assert await store.outbox.announce(overlapping, now) is Planned.STALE
    gone = replace(delivery, id="m-4", key="k-4", papers=(papers[2], 999))
    assert await store.outbox.announce(gone, now) is Planned.STALE

    assert [one.id for one in await deliveries(store)] == [delivery.id]
    kept: Delivery = (await deliveries(store))[0]
    assert (kept.state, kept.not_before) == (DeliveryState.PENDING, now)
    assert await told(store, kept, papers) == set(papers[:2])
    await store.destinations.set_state(one.id, DestinationState.PAUSED, "Maya", now)
    third = replace(delivery, id="m-5", key="k-5", papers=(papers[2],))
    assert await store.outbox.announce(third, now) is Planned.TAKEN


# --- the role ------------------------------------------------------------------------------------


class WatchedClock(StillClock):
    """Says when somebody sleeps."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.sleeping = asyncio.Event()

    async def sleep(self, duration: timedelta) -> None:
        self.sleeping.set()
        await super().sleep(duration)


async def test_the_role_looks_at_once_and_a_while_after_each_poll(thursday: Store) -> None:
    await follow(thursday, "paper")
    await appear(thursday, at(THU, 1), 1)
    queued = asyncio.Event()
    clock = WatchedClock(at(THU, 1.1))
    role = Instants(thursday, clock, RandomIds(), late_limit=timedelta(hours=6), queued=queued.set)
    stopping = asyncio.Event()
    running = asyncio.create_task(role.run(stopping))
    await asyncio.wait_for(queued.wait(), 5)

    queued.clear()
    await appear(thursday, at(THU, 1.1), 1, 2)
    role.wake()
    await appear(thursday, at(THU, 1.1) + SETTLE / 2, 1, 2, 3)
    role.wake()
    await asyncio.wait_for(clock.sleeping.wait(), 5)
    clock.set(clock.now() + SETTLE)
    await asyncio.wait_for(queued.wait(), 5)
    stopping.set()
    await asyncio.wait_for(running, 5)

    assert [await numbers(thursday, one) for one in await deliveries(thursday)] == [keys(3, 2), keys(1)]
