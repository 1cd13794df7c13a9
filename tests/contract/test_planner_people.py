"""The planner for people: subscriptions, hidden papers, owners, and the first digest at once."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from bot.commands.actions import Action, Verb
from bot.editions.preview import preview
from bot.model import (
    EVERY_DAY,
    DeliveryState,
    Destination,
    DestinationState,
    Layout,
    QuietDay,
    QuietReason,
    Schedule,
    Slot,
    SlotOutcome,
)
from bot.people.model import Mark, Person, SubscriptionState
from bot.ports import Store
from bot.view.doc import Actions, Note, PaperCard, Section, from_json
from bot.view.plain import to_plain
from tests.clocks import StillClock
from tests.contract.people import BEN, a_subscription, direct, meet
from tests.contract.test_planner import (
    FRI,
    NINE,
    THU,
    WED,
    add,
    at,
    deliveries,
    keys,
    last_slot,
    numbers,
    planner_for,
    store_lists,
    tick,
)
from tests.polls import daily


async def subscribe(store: Store, *queries: str, person: Person | None = None, **changes: Any) -> Destination:
    """Subscribes Maya, at nine in the morning, a day before the slot."""
    person = person or await meet(store)
    place = direct(person, schedule=NINE, active_from=at(WED, 0), **changes)
    for number, query in enumerate(queries):
        made_at = at(WED, 0) + number * timedelta(seconds=1)
        await store.people.subscribe(a_subscription(person, place, query, created_at=made_at), place)
    return place


async def test_what_is_due_to_one_person_is_one_message_with_a_section_a_subscription(store: Store) -> None:
    await store_lists(store)
    await subscribe(store, "title:5", "title:2 OR title:5", "unheard-of", layout=Layout.CARDS)

    assert await tick(store, at(THU, 9)) == 1

    (delivery,) = await deliveries(store)
    assert delivery.layout is Layout.CARDS
    doc = from_json(delivery.doc)
    shown = [
        block.spans[0].text if isinstance(block, Section) else block.paper_key
        for block in doc.blocks
        if isinstance(block, Section | PaperCard)
    ]
    assert shown == ["title:5", keys(5)[0], "title:2 OR title:5", keys(2)[0]]
    assert doc.fallback == "New papers for you · Thu 20 Nov: Paper 5 on matter; Paper 2 on matter"
    assert await tick(store, at(THU, 9.1)) == 0


async def test_nothing_is_told_twice_and_the_quiet_day_has_its_reason(store: Store) -> None:
    await store_lists(store)
    place = await subscribe(store, "title:5")
    await tick(store, at(THU, 9))
    for poll in (daily(FRI, at(FRI, 0), {}), daily(FRI, at(FRI, 1), {7: 3})):
        await store.papers.ingest(poll, poll.observed_at)

    assert await tick(store, at(FRI, 9)) == 0

    record = await last_slot(store, place)
    assert (record.reason, record.detail) == (
        QuietReason.ALL_TOLD,
        "The one paper that matches your subscriptions was in an earlier digest.",
    )


@pytest.mark.parametrize(
    ("query", "reason", "detail"),
    [
        ("unheard-of", QuietReason.NO_MATCH, "None of the 6 papers matched your subscriptions."),
        (
            "cat:cs.CL",
            QuietReason.CATEGORY_UNKNOWN,
            "6 papers wait until arXiv says what they are about.",
        ),
    ],
)
async def test_a_day_without_a_match_says_why(
    store: Store, query: str, reason: QuietReason, detail: str
) -> None:
    await store_lists(store)
    place = await subscribe(store, query)
    assert await tick(store, at(THU, 9)) == 0
    record = await last_slot(store, place)
    assert (record.outcome, record.reason, record.detail) == (SlotOutcome.QUIET, reason, detail)


async def test_a_person_who_wants_a_note_gets_the_reason_in_it(store: Store) -> None:
    await store_lists(store)
    await subscribe(store, "unheard-of", quiet_day=QuietDay.NOTE)
    assert await tick(store, at(THU, 9)) == 1
    (delivery,) = await deliveries(store)
    assert "None of the 6 papers matched your subscriptions." in to_plain(from_json(delivery.doc))


async def test_paused_subscriptions_and_unreadable_ones_say_so(store: Store) -> None:
    await store_lists(store)
    paused = await subscribe(store, "title:5")
    await store.people.set_subscription_state("s-r-UMAYA001-title:5", SubscriptionState.PAUSED)
    old = await subscribe(store, "cat:xyzzy", person=await meet(store, BEN, "Ben"))
    assert await tick(store, at(THU, 9)) == 0
    record = await last_slot(store, paused)
    assert (record.reason, record.detail) == (QuietReason.PAUSED, "All of its subscriptions are paused.")
    assert (await last_slot(store, old)).detail.startswith("The subscription cannot be read any more: ")


async def test_what_somebody_hid_never_comes_to_them(store: Store) -> None:
    await store_lists(store)
    place = await subscribe(store, "title:5 OR title:2")
    hidden = await store.papers.find(daily(THU, at(THU, 1), {5: 1}).readings[0].ids[0])
    assert hidden is not None
    await store.people.mark(place.recipient_id, hidden.id, Mark.HIDDEN, at(WED, 0))

    await tick(store, at(THU, 9))

    (delivery,) = await deliveries(store)
    assert await numbers(store, delivery) == keys(2)


async def test_what_is_not_for_a_channel_is_left_out_there_alone(store: Store) -> None:
    await store_lists(store)
    channel = await add(store, "channel", maximum=1)
    await add(store, "other", maximum=1)
    hidden = await store.papers.find(daily(THU, at(THU, 1), {5: 1}).readings[0].ids[0])
    assert hidden is not None
    await store.people.mark(channel.recipient_id, hidden.id, Mark.HIDDEN, at(WED, 0))

    await tick(store, at(THU, 9))

    shown = {one.destination_id: await numbers(store, one) for one in await deliveries(store)}
    assert shown == {"d-channel": keys(2), "d-other": keys(5)}
    seen = await preview(store, replace(channel, recipient_id="r-channel"), Slot(THU, at(THU, 9)), at(THU, 9))
    assert hidden.id not in seen.papers


async def test_a_preview_of_subscriptions_is_their_message(store: Store) -> None:
    await store_lists(store)
    place = await subscribe(store, "title:5", "unheard-of")
    slot = Slot(THU, at(THU, 9))

    seen = await preview(store, place, slot, slot.at)
    assert [block.paper_key for block in seen.doc.blocks if isinstance(block, PaperCard)] == keys(5)
    await tick(store, at(THU, 9))
    after = await preview(store, place, slot, slot.at)
    assert (after.papers, after.tally.told) == ((), 1)
    assert "and 1 of these were told before." in to_plain(after.doc)
    again = await preview(store, place, slot, slot.at, ledger=False)
    assert again.papers == seen.papers
    assert len(await deliveries(store)) == 1, "a preview sends nothing"


async def test_a_digest_names_who_set_it_up_and_can_be_changed(store: Store) -> None:
    await store_lists(store)
    person = await meet(store, name="Maya <!channel>")
    await add(store, maximum=2, owner_id=person.recipient_id)
    await add(store, "ownerless")

    await tick(store, at(THU, 9))

    by_destination = {one.destination_id: from_json(one.doc) for one in await deliveries(store)}
    doc = by_destination["d-team"]
    footer = doc.blocks[-1]
    assert isinstance(footer, Note)
    assert to_plain(doc).endswith("Set up by Maya <!channel>. Next: Fri 21 Nov 09:00 (UTC).\n")
    assert [span.instant for span in footer.spans] == [None, int(at(FRI, 9).timestamp()), None]
    (row,) = [block for block in doc.blocks if isinstance(block, Actions)]
    assert [button.label for button in row.buttons] == [
        "Show the other 4", "Search papers", "Change this digest",
    ]  # fmt: skip
    others = Action.read(row.buttons[0].action)
    assert others is not None
    papers = await store.papers.get(map(int, others.argument.split(",")))
    assert others.verb is Verb.OTHERS
    assert sorted(paper.key for paper in papers.values()) == sorted(keys(1, 3, 4, 6))
    assert row.buttons[2].action == "form:channel edit d-team"
    assert "Set up by" not in to_plain(by_destination["d-ownerless"])


async def test_a_digest_of_todays_list_alone_says_how_much_of_it_there_is(store: Store) -> None:
    for poll in (daily(THU, at(THU, 0), {}), daily(THU, at(THU, 1), {4: 5, 5: 40, 6: 15})):
        await store.papers.ingest(poll, poll.observed_at)
    await add(store, maximum=2)
    await tick(store, at(THU, 9))
    (delivery,) = await deliveries(store)
    assert "2 of 3 listed so far today. Late risers come tomorrow." in to_plain(from_json(delivery.doc))


# --- the first one at once -----------------------------------------------------------------------


async def test_the_first_digest_comes_at_once_and_its_slot_is_taken(store: Store) -> None:
    await store_lists(store)
    evening = Schedule(time(18), EVERY_DAY, "UTC")
    team = await add(store, schedule=evening, active_from=at(THU, 9.5), maximum=2)
    planner = planner_for(store, StillClock(at(THU, 10)))

    assert await planner.serve_now(team) is None
    assert await planner.serve_now(team) is None

    (delivery,) = await deliveries(store)
    assert delivery.key == f"digest-{team.id}-2025-11-20"
    assert delivery.not_before == at(THU, 10)
    assert "Next: Fri 21 Nov 18:00" in to_plain(from_json(delivery.doc))
    assert await tick(store, at(THU, 18)) == 0
    assert len(await deliveries(store)) == 1


async def test_the_first_digest_of_somebodys_subscriptions_comes_at_once(store: Store) -> None:
    await store_lists(store)
    place = await subscribe(store, "title:5")
    assert await planner_for(store, StillClock(at(THU, 7))).serve_now(place) is None
    (delivery,) = await deliveries(store)
    assert await numbers(store, delivery) == keys(5)


async def test_where_there_is_nothing_yet_the_slot_may_still_come(store: Store) -> None:
    await store_lists(store)
    team = await add(store, floor=100)
    planner = planner_for(store, StillClock(at(THU, 7)))

    said = await planner.serve_now(team)

    assert said == "No paper passed the floor of 100 upvotes; the best had 40."
    assert await store.destinations.slots(team.id, 5) == []
    await store.papers.ingest(daily(THU, at(THU, 8), {5: 200}), at(THU, 8))
    assert await tick(store, at(THU, 9)) == 1


async def test_a_day_that_was_quiet_stays_quiet_and_a_paused_place_gets_nothing(store: Store) -> None:
    await store_lists(store)
    team = await add(store, floor=100)
    await tick(store, at(THU, 9))
    planner = planner_for(store, StillClock(at(THU, 10)))
    assert await planner.serve_now(team) == "No paper passed the floor of 100 upvotes; the best had 40."

    paused = await add(store, "paused")
    await store.destinations.set_state(paused.id, DestinationState.PAUSED, "Maya", at(THU, 9))
    assert await planner.serve_now(paused) == "It is paused or was removed."
    assert (await store.outbox.counts())[DeliveryState.PENDING] == 0
