"""The planner for subscriptions with a cadence, a minimum, a snooze, and several routes."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bot.model import (
    EVERY_DAY,
    Destination,
    DestinationState,
    QuietReason,
    Route,
    Schedule,
    SlotOutcome,
    Weekday,
)
from bot.people.model import Cadence, Person, Subscription
from bot.ports import Store
from bot.view.doc import from_json
from bot.view.plain import to_plain
from tests.contract.people import a_subscription, direct, meet
from tests.contract.test_planner import FRI, NINE, THU, WED, at, deliveries, keys, last_slot, numbers, tick
from tests.polls import daily

THURSDAYS = frozenset({Weekday.THU})
DAY = timedelta(days=1)
BERLIN = "Europe/Berlin"


async def listed(store: Store, day: date, *papers: int) -> None:
    """A day's list, watched from before its first papers on."""
    for poll in (daily(day, at(day, 0), {}), daily(day, at(day, 1), dict.fromkeys(papers, 10))):
        await store.papers.ingest(poll, poll.observed_at)


def place(person: Person, name: str = "chat", schedule: Schedule = NINE) -> Destination:
    """A destination of somebody's on a surface of that name."""
    route = Route(surface=name, address=f"{name}-maya")
    made = direct(person, schedule=schedule, active_from=at(WED, 0), route=route)
    return replace(made, id=f"d-{name}-{schedule.at:%H%M}", name=f"{name} {schedule.at:%H%M}")


async def subscribe(
    store: Store, query: str, *places: Destination, days: frozenset[Weekday] = EVERY_DAY, **changes: Any
) -> Subscription:
    person = await meet(store)
    first, *others = [replace(one, schedule=replace(one.schedule, days=days)) for one in places]
    made_at = {"created_at": at(WED - 30 * DAY, 0)} | changes
    made = await store.people.subscribe(a_subscription(person, first, query, **made_at), first)
    for one in others:
        made = await store.people.speak_on(made.id, one)
    return made


async def sent(store: Store) -> dict[tuple[str, str], list[str]]:
    """The papers of every message, by surface and day of its slot, or of its making."""
    return {
        (one.route.surface, f"{one.created_at:%a}"): sorted(await numbers(store, one))
        for one in await deliveries(store)
    }


# --- cadence -------------------------------------------------------------------------------------


async def test_a_weekly_one_speaks_on_its_day_in_the_message_of_the_daily_ones(store: Store) -> None:
    await listed(store, WED, 1, 2)
    await listed(store, THU, 3, 4)
    here = place(await meet(store))
    await subscribe(store, "title:1 OR title:3", here, days=THURSDAYS, cadence=Cadence.WEEKLY)
    await subscribe(store, "title:2 OR title:4", here)

    await tick(store, at(WED, 9))
    await tick(store, at(THU, 9))

    assert await sent(store) == {("chat", "Wed"): keys(2), ("chat", "Thu"): keys(1, 3, 4)}


async def test_a_weekly_one_loses_nothing_when_the_clocks_change_or_its_slot_is_late(store: Store) -> None:
    """From Thursday the 23rd of October to the 30th there is an hour more in Berlin."""
    week, before = date(2025, 10, 30), date(2025, 10, 23)
    seen = datetime(2025, 10, 23, 7, 30, tzinfo=UTC)  # 9:30 there, half an hour after the slot
    for poll in (daily(before, at(before, 0), {}), daily(before, seen, {1: 10})):
        await store.papers.ingest(poll, poll.observed_at)
    weekly = Schedule(time(9), THURSDAYS, BERLIN)
    here = replace(place(await meet(store), schedule=weekly), active_from=at(before, 0))
    made = {"cadence": Cadence.WEEKLY, "created_at": at(date(2025, 9, 1), 0)}
    await subscribe(store, "title:1", here, days=THURSDAYS, **made)

    assert await tick(store, at(before, 7)) == 0
    assert await tick(store, at(week, 7.9)) == 0, "it is 8:54 there"
    assert await tick(store, at(week, 12)) == 1

    (delivery,) = await deliveries(store)
    assert await numbers(store, delivery) == keys(1)
    assert "comes late: it was due Thu 30 Oct 09:00" in to_plain(from_json(delivery.doc))


# --- what waits ----------------------------------------------------------------------------------


async def test_too_few_papers_wait_and_come_with_the_next_ones(store: Store) -> None:
    await listed(store, WED, 1)
    here = place(await meet(store))
    one = await subscribe(store, "title:1 OR title:3", here, minimum=2)

    assert await tick(store, at(WED, 9)) == 0
    record = await last_slot(store, here)
    assert (record.outcome, record.reason) == (SlotOutcome.QUIET, QuietReason.TOO_FEW)
    assert record.detail == "1 new paper matches, and a message needs 2; it waits for more."
    later = WED + 20 * DAY
    await listed(store, later, 3)
    assert await tick(store, at(later, 9)) == 1

    (delivery,) = await deliveries(store)
    assert sorted(await numbers(store, delivery)) == keys(1, 3)
    kept = await store.people.subscription(one.id)
    assert kept is not None
    assert kept.waiting_since is None


async def test_who_snoozed_hears_nothing_and_then_of_what_came_meanwhile(store: Store) -> None:
    here = place(await meet(store))
    waking = WED + 21 * DAY
    await subscribe(
        store, "title:1 OR title:2", here, snoozed_until=at(waking, 0), waiting_since=at(WED - 7 * DAY, 9)
    )
    await listed(store, WED, 1)
    await listed(store, THU, 2)

    assert await tick(store, at(THU, 9)) == 0
    record = await last_slot(store, here)
    assert (record.reason, record.detail) == (
        QuietReason.PAUSED,
        "All of its subscriptions are snoozed, or paused.",
    )
    assert await tick(store, at(waking, 9)) == 1
    (delivery,) = await deliveries(store)
    assert sorted(await numbers(store, delivery)) == keys(1, 2)
    assert (await store.people.subscriptions(here.recipient_id))[0].waiting_since is None


# --- several routes ------------------------------------------------------------------------------


async def test_a_paper_goes_by_the_route_that_was_named_first(store: Store) -> None:
    await listed(store, THU, 1, 2, 3)
    person = await meet(store)
    chat, mail = place(person), place(person, "email")
    await subscribe(store, "title:1", chat, mail)
    await subscribe(store, "title:2 OR title:1", mail, chat)
    await subscribe(store, "title:3", mail)

    assert await tick(store, at(THU, 9)) == 2
    assert await sent(store) == {("chat", "Thu"): keys(1), ("email", "Thu"): keys(2, 3)}


async def test_a_paper_goes_by_the_route_that_is_due_first_and_by_no_other(store: Store) -> None:
    await listed(store, THU, 1)
    person = await meet(store)
    evening, morning = place(person, "email", replace(NINE, at=time(18))), place(person)
    await subscribe(store, "title:1", evening, morning)

    assert [await tick(store, at(THU, 9)), await tick(store, at(THU, 18))] == [1, 0]
    assert (await last_slot(store, evening)).reason is QuietReason.ALL_TOLD
    await listed(store, FRI, 2)
    assert list(await sent(store)) == [("chat", "Thu")]


async def test_one_instant_by_the_clocks_of_two_zones_is_two_messages_and_no_paper_is_in_both(
    store: Store,
) -> None:
    await listed(store, THU, 1, 2, 3)
    person = await meet(store)
    here, there = place(person), place(person, schedule=Schedule(time(10), EVERY_DAY, BERLIN))
    await subscribe(store, "title:1 OR title:2", here)
    await subscribe(store, "title:2 OR title:3", there)

    assert await tick(store, at(THU, 9)) == 2
    brought = [sorted(await numbers(store, one)) for one in await deliveries(store)]
    assert sorted(brought) == [keys(1, 2), keys(3)]


async def test_a_route_that_has_nothing_to_add_says_so_and_one_that_is_paused_gives_way(store: Store) -> None:
    await listed(store, WED, 1)
    await listed(store, THU, 2)
    person = await meet(store)
    chat, mail = place(person), place(person, "email")
    await subscribe(store, "title:1 OR title:2", chat, mail)

    await tick(store, at(WED, 9))
    record = await last_slot(store, mail)
    assert (record.reason, record.detail) == (
        QuietReason.ELSEWHERE,
        "What its subscriptions bring goes by another way that you named first.",
    )
    await store.destinations.set_state(chat.id, DestinationState.PAUSED, "Maya", at(WED, 10))
    await tick(store, at(THU, 9))
    assert (await sent(store))["email", "Thu"] == keys(1, 2), "the message of Wednesday was called off"


@pytest.mark.parametrize("day", [date(2025, 3, 30), date(2025, 10, 26)])
async def test_routes_in_a_night_without_or_with_two_half_past_twos_have_one_message_each(
    store: Store, day: date
) -> None:
    """The hour from two to three is left out in Berlin on the first of these days, and twice on the other."""
    await listed(store, day - DAY, 1, 2)
    person = await meet(store)
    night = Schedule(time(2, 30), EVERY_DAY, BERLIN)
    here, there = [
        replace(place(person, name, night), active_from=at(day - DAY, 12)) for name in ("chat", "email")
    ]
    await subscribe(store, "title:1", here, there, created_at=at(day - DAY, 0))
    await subscribe(store, "title:2", there, created_at=at(day - DAY, 0))

    for minutes in range(0, 180, 15):
        await tick(store, at(day, minutes / 60))

    assert await sent(store) == {("chat", "Sun"): keys(1), ("email", "Sun"): keys(2)}
    assert len(await deliveries(store)) == 2
