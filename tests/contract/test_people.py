"""What every store promises of people and their marks on papers."""

import asyncio

import pytest

from bot.errors import NotFoundError
from bot.people.model import Account, Identity, Mark, MarkedPaper
from bot.ports import OpenStore, Store
from tests.contract.people import BEN, MAYA, meet
from tests.contract.rows import DAY, HOUR, NOW, add_destination, add_papers


async def test_somebody_is_met_once_and_keeps_the_name_that_was_told_last(store: Store) -> None:
    assert await store.people.find(MAYA) is None

    first = await store.people.meet(MAYA, "Maya", "r-1", NOW)
    again = await store.people.meet(MAYA, "Maya L.", "r-2", NOW + DAY)

    assert (first.name, first.identities, first.zone, first.created_at) == ("Maya", (MAYA,), None, NOW)
    assert (again.recipient_id, again.name, again.created_at) == ("r-1", "Maya L.", NOW)
    assert await store.people.find(MAYA) == again == await store.people.of_recipient("r-1")
    assert await store.people.find(BEN) is None


async def test_two_processes_that_meet_somebody_at_once_make_one_person(open_store: OpenStore) -> None:
    async with open_store() as one, open_store() as other:
        met = await asyncio.gather(
            *(each.people.meet(MAYA, "Maya", f"r-{n}", NOW) for n, each in enumerate([one, other] * 3))
        )
    assert len({person.recipient_id for person in met}) == 1


async def test_the_same_user_of_two_organisations_is_two_people(store: Store) -> None:
    elsewhere = MAYA._replace(tenant="T2")
    await meet(store)
    await store.people.meet(elsewhere, "Maya", "r-2", NOW)

    assert await store.people.accounts() == [
        Account(MAYA, "r-UMAYA001", NOW),
        Account(elsewhere, "r-2", NOW),
    ]


async def test_a_recipient_may_be_known_to_several_surfaces(store: Store) -> None:
    terminal = Identity("terminal", "", "maya")
    await meet(store)
    person = await store.people.meet(terminal, "Maya", "r-UMAYA001", NOW)

    assert person.identities == (MAYA, terminal)


async def test_a_channel_is_no_person(store: Store) -> None:
    channel = await add_destination(store.destinations)

    assert await store.people.of_recipient(channel.recipient_id) is None
    assert await store.people.of_recipient("r-nobody") is None
    asked = [channel.recipient_id, "r-nobody", (await meet(store)).recipient_id]
    assert await store.people.names(asked) == {"r-UMAYA001": "Maya"}
    with pytest.raises(NotFoundError):
        await store.people.set_zone(channel.recipient_id, "UTC")


async def test_a_time_zone_is_remembered(store: Store) -> None:
    person = await meet(store)

    await store.people.set_zone(person.recipient_id, "Asia/Kathmandu")

    found = await store.people.find(MAYA)
    assert found is not None
    assert found.zone == "Asia/Kathmandu"
    with pytest.raises(NotFoundError, match="r-nobody"):
        await store.people.set_zone("r-nobody", "UTC")


# --- marks ---------------------------------------------------------------------------------------


async def test_a_paper_is_saved_once_and_the_newest_comes_first(store: Store) -> None:
    person = await meet(store)
    first, second, _ = await add_papers(store, 3)

    assert await store.people.mark(person.recipient_id, first, Mark.SAVED, NOW)
    assert await store.people.mark(person.recipient_id, second, Mark.SAVED, NOW + HOUR)
    assert not await store.people.mark(person.recipient_id, first, Mark.SAVED, NOW + DAY)

    newest = [MarkedPaper(second, NOW + HOUR), MarkedPaper(first, NOW)]
    assert await store.people.marked(person.recipient_id, Mark.SAVED) == newest
    assert await store.people.marked(person.recipient_id, Mark.SAVED, limit=1) == newest[:1]
    assert await store.people.marked(person.recipient_id, Mark.HIDDEN) == []


async def test_a_mark_is_taken_back_and_the_other_stays(store: Store) -> None:
    person = await meet(store)
    (paper,) = await add_papers(store, 1)
    for mark in Mark:
        await store.people.mark(person.recipient_id, paper, mark, NOW)

    assert await store.people.unmark(person.recipient_id, paper, Mark.SAVED)
    assert not await store.people.unmark(person.recipient_id, paper, Mark.SAVED)

    assert await store.people.marked(person.recipient_id, Mark.SAVED) == []
    assert await store.people.marked(person.recipient_id, Mark.HIDDEN) == [MarkedPaper(paper, NOW)]


async def test_only_what_there_is_can_be_marked(store: Store) -> None:
    person = await meet(store)
    (paper,) = await add_papers(store, 1)

    with pytest.raises(NotFoundError, match="paper"):
        await store.people.mark(person.recipient_id, 987_654, Mark.SAVED, NOW)
    with pytest.raises(NotFoundError, match="recipient"):
        await store.people.mark("r-nobody", paper, Mark.SAVED, NOW)


async def test_what_is_hidden_is_told_for_everybody_asked_about(store: Store) -> None:
    person = await meet(store)
    channel = await add_destination(store.destinations)
    one, two = await add_papers(store, 2)
    await store.people.mark(person.recipient_id, one, Mark.HIDDEN, NOW)
    await store.people.mark(person.recipient_id, two, Mark.SAVED, NOW)
    await store.people.mark(channel.recipient_id, two, Mark.HIDDEN, NOW)

    assert await store.people.hidden(["r-UMAYA001", "r-team", "r-nobody"]) == {
        "r-UMAYA001": frozenset({one}),
        "r-team": frozenset({two}),
        "r-nobody": frozenset(),
    }
    assert await store.people.hidden([]) == {}
