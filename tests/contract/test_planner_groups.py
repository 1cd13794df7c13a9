"""Channels of one group, planned: a paper comes to one of them, its best match, and it is said where."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from bot.editions.preview import preview
from bot.model import (
    Destination,
    DestinationState,
    QuietDay,
    QuietReason,
    Schedule,
    Slot,
    SlotOutcome,
    Window,
)
from bot.people.model import Mark
from bot.ports import Store
from tests.contract.test_planner import NINE, THU, add, at, deliveries, keys, last_slot, numbers, tick
from tests.polls import arxiv_id, daily, looked_up

ABOUT = {1: ["cs.CV"], 2: ["cs.CV", "cs.CL"], 3: ["cs.CL"], 4: ["cs.RO"], 5: ["cs.LG", "cs.CV", "cs.CL"]}
Server = dict[str, Destination]
TEN = Schedule(time(10), NINE.days, "UTC")


@pytest.fixture
async def server(store: Store) -> Server:
    """Three channels of a server and the day's papers; language is the narrower filter."""
    for poll in (
        daily(THU, at(THU, 0), {}),
        daily(THU, at(THU, 1), {1: 50, 2: 40, 3: 30, 4: 20, 5: 10}),
        looked_up(at(THU, 2), {**ABOUT, 6: ["cs.CV"], 7: ["cs.CV"]}),
    ):
        await store.papers.ingest(poll, poll.observed_at)
    return {
        "vision": await channel(store, "vision", query="cat:vision"),
        "language": await channel(store, "language", query="cat:language"),
        "all": await channel(store, "all"),
    }


async def channel(store: Store, name: str, **changes: Any) -> Destination:
    return await add(store, name, **{"group": "discord:1", "label": f"#{name}", **changes})


async def posted(store: Store) -> dict[str, list[str]]:
    """What each channel was sent, by the id of its destination's recipient."""
    return {one.recipient_id: await numbers(store, one) for one in await deliveries(store)}


def by_recipient(server: Server, **papers: Sequence[int]) -> dict[str, list[str]]:
    return {server[name].recipient_id: keys(*some) for name, some in papers.items()}


async def test_a_paper_comes_to_its_best_match_alone(store: Store, server: Server) -> None:
    assert await tick(store, at(THU, 9)) == 3
    assert await posted(store) == by_recipient(server, vision=[1, 2], language=[3, 5], all=[4])
    record = await last_slot(store, server["all"])
    assert record.outcome is SlotOutcome.QUEUED
    assert record.detail == "2 papers went to #language and 2 to #vision, which they fit better"


async def test_it_matters_to_nobody_who_is_served_first(store: Store, server: Server) -> None:
    for name in ("vision", "language"):
        await store.destinations.update(replace(server[name], schedule=TEN))
    assert await tick(store, at(THU, 9)) == 1
    assert await posted(store) == by_recipient(server, all=[4])
    assert await tick(store, at(THU, 10)) == 2
    assert await posted(store) == by_recipient(server, vision=[1, 2], language=[3, 5], all=[4])


async def test_what_one_was_told_of_does_not_come_to_another_that_changes(
    store: Store, server: Server
) -> None:
    await tick(store, at(THU, 9))
    await store.destinations.update(replace(server["vision"], query="cat:cs.CL"))
    friday = daily(THU + timedelta(days=1), at(THU, 30), {8: 5})
    for poll in (friday, looked_up(at(THU, 31), {8: ["cs.RO"]})):
        await store.papers.ingest(poll, poll.observed_at)
    assert await tick(store, at(THU, 33)) == 1
    assert (await last_slot(store, server["vision"])).detail == (
        "2 papers went to #language, which they fit better; 1 came in earlier digests."
    )


async def test_a_paused_channel_takes_nothing(store: Store, server: Server) -> None:
    await store.destinations.set_state(server["language"].id, DestinationState.PAUSED, "Ada", at(THU, 3))
    await tick(store, at(THU, 9))
    assert await posted(store) == by_recipient(server, vision=[1, 2, 5], all=[3, 4])


async def test_a_paper_that_is_ruled_out_in_one_channel_may_come_to_another(
    store: Store, server: Server
) -> None:
    paper = await store.papers.find(arxiv_id(3))
    assert paper is not None
    await store.people.mark(server["language"].recipient_id, paper.id, Mark.HIDDEN, at(THU, 3))
    await tick(store, at(THU, 9))
    assert await posted(store) == by_recipient(server, vision=[1, 2], language=[5], all=[3, 4])


async def test_channels_that_may_repeat_and_other_groups_share_nothing(store: Store, server: Server) -> None:
    alone = await channel(store, "alone", query="cat:vision", group="")
    other = await channel(store, "other", query="cat:vision", group="discord:2")
    await tick(store, at(THU, 9))
    sent = await posted(store)
    assert sent[alone.recipient_id] == sent[other.recipient_id] == keys(1, 2, 5)
    assert sent[server["vision"].recipient_id] == keys(1, 2)


async def test_a_channel_that_gets_nothing_says_where_it_went(store: Store, server: Server) -> None:
    del server
    everything = await channel(store, "zz", query="cat:cs.CV")
    await tick(store, at(THU, 9))
    record = await last_slot(store, everything)
    assert (record.outcome, record.reason) == (SlotOutcome.QUIET, QuietReason.ELSEWHERE)
    assert record.detail == "2 papers went to #vision and 1 to #language, which they fit better."


async def test_the_weeks_risers_are_shared_out_too(store: Store, server: Server) -> None:
    old = daily(THU - timedelta(days=4), at(THU, -80), {6: 70, 7: 60})
    await store.papers.ingest(old, old.observed_at)
    late = await channel(store, "zz", query="cat:cs.CV", quiet_day=QuietDay.RISERS)
    await tick(store, at(THU, 9))
    assert late.recipient_id not in await posted(store)


async def test_a_preview_leaves_out_what_fits_another_better(store: Store, server: Server) -> None:
    made = await preview(store, server["all"], Slot(THU, at(THU, 9)), at(THU, 9))
    assert made.elsewhere == "2 papers went to #language and 2 to #vision, which they fit better"
    assert len(made.papers) == 1
    weekly = await channel(store, "weekly", query="cat:cs.RO", window=Window.WEEK)
    made = await preview(store, weekly, Slot(THU, at(THU, 9)), at(THU, 9))
    assert (len(made.papers), made.elsewhere) == (1, "")


async def test_the_active_channels_of_groups_are_found_by_name(store: Store, server: Server) -> None:
    await channel(store, "alone", group="")
    await store.destinations.set_state(server["vision"].id, DestinationState.PAUSED, "Ada", at(THU, 3))
    found = await store.destinations.grouped(["discord:1", "discord:9", ""])
    assert {group: [one.name for one in some] for group, some in found.items()} == {
        "discord:1": ["all", "language"],
        "discord:9": [],
        "": [],
    }
