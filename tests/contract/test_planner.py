"""From stored state to slot records and deliveries, whatever the clock and the upstreams do."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bot.errors import DiskFullError
from bot.model import (
    EVERY_DAY,
    WORKDAYS,
    AnnounceType,
    Delivery,
    DeliveryState,
    Destination,
    DestinationState,
    Layout,
    Pool,
    Posting,
    QuietDay,
    QuietReason,
    Schedule,
    SlotOutcome,
    SlotRecord,
    Window,
)
from bot.ports import OpenStore, Store
from bot.schedule.pauses import pause, resume
from bot.schedule.planner import Planner
from bot.system import RandomIds
from bot.view.doc import Heading, PaperCard, Section, from_json
from bot.view.plain import to_plain
from tests.clocks import StillClock
from tests.contract.rows import a_destination
from tests.polls import announced, arxiv_id, daily, failed, looked_up

THU = date(2025, 11, 20)
FRI = THU + timedelta(days=1)
WED = THU - timedelta(days=1)
NINE = Schedule(time(9), EVERY_DAY, "UTC")
HOUR = timedelta(hours=1)


def at(day: date, hour: float) -> datetime:
    return datetime.combine(day, time(0), UTC) + timedelta(hours=hour)


async def nothing() -> None:
    """A refresh that brings nothing."""


def planner_for(store: Store, clock: StillClock, refresh: Callable[[], Awaitable[None]] = nothing) -> Planner:
    return Planner(
        store,
        clock,
        RandomIds(),
        late_limit=timedelta(hours=6),
        refresh_limit=timedelta(seconds=120),
        refresh=refresh,
        queued=lambda: None,
    )


async def tick(store: Store, now: datetime) -> int:
    """One look at the clock by a process that has just started."""
    planner = planner_for(store, StillClock(now))
    await planner.start()
    queued = await planner.tick()
    await planner.aclose()
    return queued


async def add(store: Store, name: str = "team", **changes: Any) -> Destination:
    made = a_destination(name, **({"schedule": NINE, "active_from": at(WED, 0)} | changes))
    await store.destinations.add(made, made.recipient_id)
    return made


async def store_lists(store: Store) -> None:
    """Wednesday's and Thursday's lists, watched from before their first papers on."""
    for poll in (
        daily(WED, at(WED, 0), {}),
        daily(WED, at(WED, 1), {1: 10, 2: 30, 3: 20}),
        daily(THU, at(THU, 0), {}),
        daily(THU, at(THU, 1), {4: 5, 5: 40, 6: 15}),
    ):
        await store.papers.ingest(poll, poll.observed_at)


async def deliveries(store: Store) -> Sequence[Delivery]:
    return await store.outbox.list(list(DeliveryState), 100)


async def numbers(store: Store, delivery: Delivery) -> list[str]:
    """The keys of the papers that a message shows, in order."""
    return [block.paper_key for block in from_json(delivery.doc).blocks if isinstance(block, PaperCard)]


async def last_slot(store: Store, destination: Destination) -> SlotRecord:
    return (await store.destinations.slots(destination.id, 1))[0]


def keys(*papers: int) -> list[str]:
    return [str(arxiv_id(number)) for number in papers]


async def test_a_due_slot_makes_one_delivery_of_the_best_papers(store: Store) -> None:
    await store_lists(store)
    team = await add(store, maximum=3)
    assert await tick(store, at(THU, 9)) == 1
    (delivery,) = await deliveries(store)
    assert await numbers(store, delivery) == keys(5, 2, 3)
    assert delivery.key == f"digest-{team.id}-2025-11-20"
    assert delivery.deliver_by == at(THU, 15)
    record = await last_slot(store, team)
    assert (record.outcome, record.late, record.delivery_id) == (SlotOutcome.QUEUED, False, delivery.id)


async def test_a_slot_is_served_once_however_often_it_is_looked_at(store: Store) -> None:
    await store_lists(store)
    await add(store)
    assert [await tick(store, at(THU, 9 + minute / 60)) for minute in range(5)] == [1, 0, 0, 0, 0]


async def test_before_its_slot_nothing_is_sent(store: Store) -> None:
    await store_lists(store)
    await add(store, active_from=at(THU, 8))
    assert await tick(store, at(THU, 9) - timedelta(milliseconds=1)) == 0


async def test_two_processes_at_once_make_one_delivery_a_destination(open_store: OpenStore) -> None:
    async with open_store() as one, open_store() as other:
        await store_lists(one)
        for number in range(20):
            await add(one, f"team {number}")
        queued = await asyncio.gather(*(tick(store, at(THU, 9)) for store in (one, other, one, other)))
        assert sum(queued) == 20
        made = await deliveries(one)
        assert len(made) == len({delivery.destination_id for delivery in made}) == 20


async def test_what_was_told_is_not_told_again_and_what_rose_since_comes_next_time(store: Store) -> None:
    await store_lists(store)
    await add(store, maximum=2)
    await tick(store, at(THU, 9))
    late_riser = daily(THU, at(THU, 20), {4: 90, 5: 41, 6: 15})
    for poll in (late_riser, daily(FRI, at(FRI, 0), {}), daily(FRI, at(FRI, 1), {7: 3})):
        await store.papers.ingest(poll, poll.observed_at)
    await tick(store, at(FRI, 9))
    first, second = sorted(await deliveries(store), key=lambda delivery: delivery.key)
    assert await numbers(store, first) == keys(5, 2)
    assert await numbers(store, second) == keys(4, 6)


async def test_after_an_absence_there_is_one_message_and_the_rest_is_recorded_as_missed(store: Store) -> None:
    await store_lists(store)
    team = await add(store, active_from=at(WED - timedelta(days=3), 0))
    assert await tick(store, at(THU, 11)) == 1
    (delivery,) = await deliveries(store)
    assert "comes late" in to_plain(from_json(delivery.doc))
    records = await store.destinations.slots(team.id, 10)
    assert [(one.slot.local_date, one.outcome, one.late) for one in records] == [
        (THU, SlotOutcome.QUEUED, True),
        *((THU - timedelta(days=back), SlotOutcome.MISSED, False) for back in (1, 2, 3, 4)),
    ]
    assert records[1].reason is QuietReason.AWAY


async def test_a_slot_over_six_hours_old_waits_for_the_next_one(store: Store) -> None:
    await store_lists(store)
    team = await add(store, active_from=at(THU, 0))
    assert await tick(store, at(THU, 15)) == 0
    assert (await last_slot(store, team)).outcome is SlotOutcome.MISSED
    assert await tick(store, at(FRI, 9)) == 1


async def test_a_slot_of_yesterday_is_not_served_today(store: Store) -> None:
    await store_lists(store)
    team = await add(store, schedule=replace(NINE, at=time(22)), active_from=at(WED, 12))
    assert await tick(store, at(THU, 1)) == 0
    assert [one.outcome for one in await store.destinations.slots(team.id, 5)] == [SlotOutcome.MISSED]


async def test_a_new_destination_gets_no_backlog(store: Store) -> None:
    await store_lists(store)
    team = await add(store, active_from=at(THU, 9.5))
    assert await tick(store, at(THU, 9.6)) == 0
    assert await store.destinations.slots(team.id, 5) == []


async def test_a_clock_that_is_set_back_repeats_nothing(store: Store) -> None:
    await store_lists(store)
    await add(store)
    assert await tick(store, at(THU, 9)) == 1
    assert await tick(store, at(WED, 10)) == 0
    assert await tick(store, at(THU, 9.2)) == 0


async def test_the_slot_after_a_long_wait_comes_on_time(store: Store) -> None:
    """The planner looks again when the appointment comes, without anyone telling it."""
    await store_lists(store)
    await add(store, active_from=at(THU, 9.5))
    clock = StillClock(at(THU, 10))
    planner = planner_for(store, clock)
    assert await planner.tick() == 0
    clock.set(at(FRI, 9))
    for poll in (daily(FRI, at(FRI, 0), {}), daily(FRI, at(FRI, 1), {7: 3})):
        await store.papers.ingest(poll, poll.observed_at)
    assert await planner.tick() == 1
    await planner.aclose()


async def test_the_refresh_begins_two_minutes_before_and_a_slow_one_delays_nothing(store: Store) -> None:
    await store_lists(store)
    await add(store)
    begun: list[datetime] = []
    clock = StillClock(at(THU, 8.9))

    async def endless() -> None:
        begun.append(clock.now())
        await asyncio.Event().wait()

    planner = planner_for(store, clock, endless)
    for minute in (-5, -3, -2, -1):
        clock.set(at(THU, 9) + timedelta(minutes=minute))
        assert await planner.tick() == 0
        await asyncio.sleep(0)
    assert begun == [at(THU, 9) - timedelta(minutes=2)]
    clock.set(at(THU, 9))
    assert await planner.tick() == 1
    await planner.aclose()


async def test_what_the_refresh_brings_is_in_the_post(store: Store) -> None:
    await store_lists(store)
    await add(store, maximum=1)
    clock = StillClock(at(THU, 9))

    async def refresh() -> None:
        poll = daily(THU, at(THU, 9), {4: 500, 5: 40, 6: 15})
        await store.papers.ingest(poll, poll.observed_at)

    planner = planner_for(store, clock, refresh)
    await planner.tick()
    await planner.aclose()
    (delivery,) = await deliveries(store)
    assert await numbers(store, delivery) == keys(4)


async def test_an_upstream_that_is_down_is_named_with_since_when_and_the_post_goes_out(store: Store) -> None:
    await store_lists(store)
    await add(store)
    for hour in (2, 5, 8):
        await store.papers.ingest(failed(THU, at(THU, hour)), at(THU, hour))
    assert await tick(store, at(THU, 9)) == 1
    (delivery,) = await deliveries(store)
    text = to_plain(from_json(delivery.doc))
    assert "Hugging Face could not be read since Thu 20 Nov 02:00" in text


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        (
            {"floor": 100},
            QuietReason.BELOW_FLOOR,
            "No paper passed the floor of 100 upvotes; the best had 40.",
        ),
        ({"query": "unheard-of"}, QuietReason.NO_MATCH, "None of the 6 papers matched the filter."),
        (
            {"query": "cat:cs.CL"},
            QuietReason.CATEGORY_UNKNOWN,
            "6 papers wait until arXiv says what they are about.",
        ),
    ],
)
async def test_a_quiet_slot_is_recorded_with_its_true_reason(
    store: Store, changes: dict[str, Any], reason: QuietReason, detail: str
) -> None:
    await store_lists(store)
    team = await add(store, **changes)
    assert await tick(store, at(THU, 9)) == 0
    record = await last_slot(store, team)
    assert (record.outcome, record.reason, record.detail) == (SlotOutcome.QUIET, reason, detail)


async def test_a_list_that_is_not_up_is_the_reason_when_all_older_papers_were_told(store: Store) -> None:
    await store_lists(store)
    team = await add(store, maximum=25)
    await tick(store, at(THU, 9))
    await store.papers.ingest(daily(FRI, at(FRI, 0.2), {}), at(FRI, 0.2))
    assert await tick(store, at(FRI, 9)) == 0
    assert (await last_slot(store, team)).reason is QuietReason.NOT_UP_YET


async def test_a_weekend_is_the_reason_on_a_weekend(store: Store) -> None:
    await store_lists(store)
    team = await add(store, maximum=25)
    saturday = THU + timedelta(days=2)
    await tick(store, at(THU, 9))
    await store.papers.ingest(daily(saturday, at(saturday, 0.2), {}), at(saturday, 0.2))
    await tick(store, at(saturday, 9))
    assert (await last_slot(store, team)).reason is QuietReason.WEEKEND


async def test_an_empty_store_says_that_nothing_was_ever_fetched(store: Store) -> None:
    team = await add(store)
    await tick(store, at(THU, 9))
    assert (await last_slot(store, team)).reason is QuietReason.NO_DATA


async def test_a_destination_that_wants_a_note_gets_the_reason_in_it(store: Store) -> None:
    await store_lists(store)
    await add(store, floor=100, quiet_day=QuietDay.NOTE)
    assert await tick(store, at(THU, 9)) == 1
    (delivery,) = await deliveries(store)
    assert "No paper passed the floor of 100 upvotes; the best had 40." in to_plain(from_json(delivery.doc))
    assert await numbers(store, delivery) == []


async def test_a_message_is_put_up_as_its_destination_wants_it(store: Store) -> None:
    posting = Posting(mention="812", publish=True, forum=True, tag="417")
    await store_lists(store)
    await add(store, posting=posting, layout=Layout.THREAD)
    await tick(store, at(THU, 9))
    (delivery,) = await deliveries(store)
    assert (delivery.posting, delivery.layout) == (posting, Layout.THREAD)


async def test_nobody_is_mentioned_in_a_note_that_there_is_nothing(store: Store) -> None:
    await store_lists(store)
    posting = Posting(mention="812", publish=True)
    await add(store, floor=100, quiet_day=QuietDay.NOTE, posting=posting)
    await tick(store, at(THU, 9))
    (delivery,) = await deliveries(store)
    assert delivery.posting == Posting(publish=True)


async def test_a_destination_that_wants_risers_gets_the_weeks(store: Store) -> None:
    await store_lists(store)
    monday = daily(date(2025, 11, 17), at(date(2025, 11, 17), 5), {9: 77})
    await store.papers.ingest(monday, monday.observed_at)
    await add(store, floor=60, quiet_day=QuietDay.RISERS)
    assert await tick(store, at(THU, 9)) == 1
    (delivery,) = await deliveries(store)
    assert await numbers(store, delivery) == keys(9)
    heading = from_json(delivery.doc).blocks[0]
    assert isinstance(heading, Heading)
    assert heading.spans[0].text == "Trending papers of the week · Thu 20 Nov"


async def test_two_destinations_of_one_recipient_never_tell_a_paper_twice(store: Store) -> None:
    await store_lists(store)
    await add(store, "one", maximum=2, recipient_id="both")
    await add(store, "two", maximum=2, recipient_id="both")
    assert await tick(store, at(THU, 9)) == 2
    told = [key for delivery in await deliveries(store) for key in await numbers(store, delivery)]
    assert sorted(told) == sorted(keys(5, 2, 3, 6))


async def test_a_paper_of_unknown_category_waits_and_comes_when_it_is_known(store: Store) -> None:
    await store_lists(store)
    await store.papers.ingest(looked_up(at(THU, 2), {5: ["cs.CL"], 2: ["cs.CV"]}), at(THU, 2))
    await add(store, query="cat:cs.CL")
    await tick(store, at(THU, 9))
    (delivery,) = await deliveries(store)
    assert await numbers(store, delivery) == keys(5)
    assert "4 more wait until arXiv says what they are about." in to_plain(from_json(delivery.doc))
    await store.papers.ingest(looked_up(at(THU, 10), {6: ["cs.LG", "cs.CL"]}), at(THU, 10))
    await store.papers.ingest(daily(THU, at(THU, 11), {4: 5, 5: 41, 6: 16}), at(THU, 11))
    await tick(store, at(FRI, 9))
    assert await numbers(store, (await deliveries(store))[0]) in (keys(6), keys(5))
    shown = {key for one in await deliveries(store) for key in await numbers(store, one)}
    assert shown == set(keys(5, 6))


async def test_only_new_announcements_make_entries_labelled_apart(store: Store) -> None:
    await store_lists(store)
    listing = announced(
        at(THU, 5),
        {
            21: AnnounceType.NEW,
            22: AnnounceType.CROSS,
            23: AnnounceType.REPLACE,
            24: AnnounceType.REPLACE_CROSS,
            5: AnnounceType.NEW,
        },
    )
    await store.papers.ingest(listing, listing.observed_at)
    await add(store, "news", pool=Pool.ANNOUNCED)
    await add(store, "both", pool=Pool.BOTH, maximum=4)
    await tick(store, at(THU, 9))
    by_destination = {one.destination_id: one for one in await deliveries(store)}
    assert await numbers(store, by_destination["d-news"]) == keys(5, 21)
    both = from_json(by_destination["d-both"].doc)
    assert [b.paper_key for b in both.blocks if isinstance(b, PaperCard)] == keys(5, 2, 3, 21)
    labels = [block.spans[0].text for block in both.blocks if isinstance(block, Section)]
    assert labels[-2:] == ["Trending", "Newly announced on arXiv"]


async def test_a_paused_destination_gets_nothing_and_no_backlog_when_it_goes_on(store: Store) -> None:
    await store_lists(store)
    team = await add(store)
    await store.destinations.set_state(team.id, DestinationState.PAUSED, "Maya", at(THU, 8))
    assert await tick(store, at(THU, 9)) == 0
    await store.destinations.set_state(team.id, DestinationState.ACTIVE, "Maya", at(THU, 10))
    assert await tick(store, at(THU, 10.1)) == 0
    assert await store.destinations.slots(team.id, 5) == []


async def test_one_slot_instant_has_one_frozen_edition_for_all(store: Store) -> None:
    await store_lists(store)
    await add(store, "one")
    await tick(store, at(THU, 9))
    edition = await store.editions.get(Window.DAY, at(THU, 9))
    await store.papers.ingest(daily(THU, at(THU, 9.1), {4: 999, 5: 40, 6: 15}), at(THU, 9.1))
    await add(store, "two")
    await tick(store, at(THU, 9.2))
    assert edition is not None
    assert await store.editions.get(Window.DAY, at(THU, 9)) == edition
    made = {one.destination_id: await numbers(store, one) for one in await deliveries(store)}
    assert made["d-one"] == made["d-two"]


async def test_the_maximum_is_no_target(store: Store) -> None:
    await store_lists(store)
    await add(store, maximum=25, floor=20)
    await tick(store, at(THU, 9))
    (delivery,) = await deliveries(store)
    assert await numbers(store, delivery) == keys(5, 2, 3)


async def test_workdays_know_no_weekend(store: Store) -> None:
    await store_lists(store)
    team = await add(store, schedule=Schedule(time(9), WORKDAYS, "UTC"), active_from=at(FRI, 12))
    assert await tick(store, at(FRI + timedelta(days=2), 20)) == 0
    assert await store.destinations.slots(team.id, 5) == []


async def test_an_edition_made_late_says_when_it_really_was_made(store: Store) -> None:
    await store_lists(store)
    await add(store)
    await tick(store, at(THU, 9) + 2 * HOUR)
    edition = await store.editions.get(Window.DAY, at(THU, 9))
    assert edition is not None
    assert edition.ranking.as_of == at(THU, 11)


async def test_a_pause_is_the_recorded_reason_for_the_slots_that_passed_in_it(store: Store) -> None:
    await store_lists(store)
    team = await add(store, active_from=at(WED, 12))
    await pause(store, team, "Maya", at(THU, 8))
    paused = await store.destinations.by_name("team")
    assert paused is not None
    await resume(store, paused, "Ben", at(FRI, 10))
    records = await store.destinations.slots(team.id, 5)
    assert [(one.slot.local_date, one.reason) for one in records] == [
        (FRI, QuietReason.PAUSED),
        (THU, QuietReason.PAUSED),
    ]
    assert records[0].detail == "Paused by Maya since 2025-11-20 08:00 UTC."
    assert await tick(store, at(FRI, 10.1)) == 0


async def test_a_destination_whose_zone_this_machine_does_not_know_stops_no_other(store: Store) -> None:
    await store_lists(store)
    await add(store, "lost", schedule=replace(NINE, zone="Mars/Olympus"))
    await add(store, "team")
    assert await tick(store, at(THU, 9)) == 1
    (delivery,) = await deliveries(store)
    assert delivery.destination_id == "d-team"


async def test_a_filter_that_cannot_be_read_any_more_is_the_recorded_reason(store: Store) -> None:
    await store_lists(store)
    old = await add(store, "old", query="cat:xyzzy")
    await add(store, "team")
    assert await tick(store, at(THU, 9)) == 1
    assert (await last_slot(store, old)).detail.startswith("The filter cannot be read any more: ")


async def test_a_refresh_that_fails_delays_nothing(store: Store) -> None:
    await store_lists(store)
    await add(store)

    async def failing() -> None:
        raise DiskFullError("the database")

    planner = planner_for(store, StillClock(at(THU, 9)), failing)
    assert await planner.tick() == 1
    await planner.aclose()
