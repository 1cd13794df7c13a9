"""What every store promises to show of somebody, and to delete when they ask for it."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import StaleLeaseError
from bot.model import DeliveryKind, DeliveryState, DestinationState, Route
from bot.people.mailboxes import AskedCode, Limits
from bot.people.model import Change, Mark, Person, set_up_by
from bot.ports import OpenStore, Store
from storage.sqlite.engine import Engine
from storage.sqlite.holding import HELD
from tests.contract.people import BEN, MAYA, a_subscription, an_installation, direct, meet
from tests.contract.rows import (
    MINUTE,
    NOW,
    SURFACES,
    add_destination,
    add_papers,
    digest,
    queue,
)

_CHANNEL = "slack:T1/C1"


async def somebody_busy(store: Store, name: str = "Maya Lindqvist") -> Person:
    """Somebody with something of theirs in every table that can refer to a person."""
    person = await meet(store, name=name)
    await store.people.set_zone(person.recipient_id, "Asia/Kathmandu")
    await store.installations.put(an_installation())
    place = direct(person)
    await store.people.subscribe(a_subscription(person, place, "lindqvist"), place)
    saved, told, other = await add_papers(store, 3)
    await store.taste.reset(person.recipient_id, NOW)
    await store.people.mark(person.recipient_id, saved, Mark.SAVED, NOW)
    await queue(store, place, [told])
    await store.people.offer_link(person.recipient_id, "a digest of a code", NOW + MINUTE, NOW)
    await store.history.note(Change(place.id, NOW, str(MAYA), "Changed the time."))
    channel = await add_destination(
        store.destinations,
        _CHANNEL,
        recipient_id="r-channel",
        route=Route(surface="slack", address="T1/C1"),
        owner_id=person.recipient_id,
    )
    await store.taste.set_team(channel.id, NOW, counted=True)
    await store.taste.saved_at(channel.route, saved, person.recipient_id, NOW)
    message = json.dumps({"text": f"8 papers. {set_up_by(name)} Next: Fri."})
    await queue(store, channel, [told, other], doc=message)
    await store.history.note(Change(channel.id, NOW, str(MAYA), "Set it up."))
    for state in (DestinationState.PAUSED, DestinationState.ACTIVE):
        await store.destinations.set_state(channel.id, state, name, NOW)
    notice = digest(channel, [], kind=DeliveryKind.NOTICE, recipient_id=person.recipient_id).delivery
    assert notice is not None
    await store.outbox.post(replace(notice, id="m-notice", key="notice", route=place.route), NOW)
    asked = AskedCode(
        recipient_id=person.recipient_id, address="lindqvist@example.org", digest="d1", asked_at=NOW
    )
    await store.mailboxes.ask(asked, Limits(since=NOW, of_person=1, of_address=1))
    await store.mailboxes.confirm(person.recipient_id, "d1", NOW + MINUTE, NOW, most_wrong=1)
    return person


async def rows_that_refer(engine: Engine, recipient_id: str) -> dict[tuple[str, str], int]:
    """How many rows refer to that recipient, by every (table, column) that refers to recipients."""

    def work(db: Database) -> dict[tuple[str, str], int]:
        return {
            (table, str(key.column)): db.table(table).count_where(f'"{key.column}" = ?', [recipient_id])
            for table in db.table_names()
            for key in db.table(table).foreign_keys
            if key.other_table == "recipients"
        }

    return await engine.read(work)


async def rows_with(engine: Engine, *words: str) -> dict[str, int]:
    """How many rows of each table have one of these words anywhere in them."""

    def work(db: Database) -> dict[str, int]:
        found = {}
        for table in db.table_names():
            rows = db.execute(f'SELECT * FROM "{table}"').fetchall()
            if count := sum(any(word in str(value) for word in words for value in row) for row in rows):
                found[table] = count
        return found

    return await engine.read(work)


async def test_everything_that_refers_to_somebody_is_shown(store: Store, engine: Engine) -> None:
    person = await somebody_busy(store)

    held = await store.people.held(person.recipient_id)

    for (table, column), rows in (await rows_that_refer(engine, person.recipient_id)).items():
        assert rows, f"somebody_busy has nothing in {table}.{column}: add it"
        assert len(held.get(table, [])) >= rows, f"what is held leaves out {table}.{column}"
    by_name = await rows_with(engine, "Maya Lindqvist", "UMAYA001")
    named = Counter({one["id"]: one["table"] for one in held["named"]}.values())
    unseen = {table: rows - len(held.get(table, [])) - named[table] for table, rows in by_name.items()}
    assert {table for table, rows in unseen.items() if rows > 0} == set(), "these tables name the person"


# What `my-data` leaves out: whose rows they are, which showing them says, and what only serves the program.
_LEFT_OUT = {
    "destinations": {"recipient_id", "owner_id", "next_at"},
    "deliveries": {
        *("recipient_id", "papers", "doubtful", "doubtful_since", "not_before"),
        *("leased_by", "lease_until", "fence", "resends"),
    },
    "identities": {"recipient_id"},
    "installations": {"secret"},
    "history": {"id"},
    "ledger": {"recipient_id", "paper_id"},  # the paper's key and title stand for it
    "link_codes": {"recipient_id", "digest"},
    "mail_codes": {"recipient_id", "digest"},
    "tastes": {"recipient_id"},
    "team_saves": {"recipient_id", "paper_id"},
    "marks": {"recipient_id", "paper_id"},
    "subscriptions": {"recipient_id"},
}


async def test_no_column_is_left_out_without_a_reason(store: Store, engine: Engine) -> None:
    person = await somebody_busy(store)
    held = await store.people.held(person.recipient_id)

    columns = await engine.read(lambda db: {table: set(db.table(table).columns_dict) for table in HELD})
    left_out = {table: every - set(held[table][0]) for table, every in columns.items()}
    assert {table: some for table, some in left_out.items() if some} == _LEFT_OUT


async def test_what_is_shown_can_be_read_by_a_person(store: Store) -> None:
    person = await somebody_busy(store)

    held = await store.people.held(person.recipient_id)

    assert held["recipients"] == [
        {
            "id": "r-UMAYA001",
            "name": "Maya Lindqvist",
            "zone": "Asia/Kathmandu",
            "created_at": NOW.isoformat(),
        }
    ]
    assert held["identities"] == [
        {
            "surface": "slack",
            "tenant": "T1",
            "user": "UMAYA001",
            "name": "Maya Lindqvist",
            "former": "[]",
            "met_at": NOW.isoformat(),
        },
        {
            "surface": "email",
            "tenant": "",
            "user": "lindqvist@example.org",
            "name": "",
            "former": "[]",
            "met_at": (NOW + MINUTE).isoformat(),
        },
    ]
    (mark,) = held["marks"]
    assert (mark["paper"], mark["marked_at"]) == ("arxiv:2511.00001", NOW.isoformat())
    assert {one["name"]: one["set_up_by_you"] for one in held["destinations"]} == {
        "dm-UMAYA001": 0,
        _CHANNEL: 1,
    }
    assert {one["kind"] for one in held["deliveries"]} == {"digest", "notice"}
    assert "xoxb" not in json.dumps(held)
    columns = {column for rows in held.values() for row in rows for column in row}
    assert not {"leased_by", "fence", "next_at"} & columns


async def test_nothing_is_held_of_a_stranger(store: Store) -> None:
    await somebody_busy(store)

    assert await store.people.held("r-nobody") == {}


async def test_forgetting_leaves_nothing_but_the_tombstone(store: Store, engine: Engine) -> None:
    person = await somebody_busy(store)
    before = await rows_with(engine, "r-UMAYA001", "dm-UMAYA001", "Lindqvist", str(MAYA))
    assert {"deliveries", "history", "slots", "destinations", "ledger"} <= set(before)

    await store.people.forget(person.recipient_id, ["keyed digest"], NOW)
    await store.people.forget(person.recipient_id, ["keyed digest"], NOW + MINUTE)

    assert await rows_with(engine, "r-UMAYA001", "UMAYA001", "Lindqvist", "lindqvist", "Asia/Kathmandu") == {}
    assert await store.people.tombstones() == {"keyed digest": NOW + MINUTE}
    assert await store.people.held(person.recipient_id) == {}
    assert await store.people.find(MAYA) is None
    assert await store.people.accounts() == []
    assert (await store.admin.check()).problems == ()


async def test_nothing_is_left_in_the_file_either(open_store: OpenStore, tmp_path: Path) -> None:
    async with open_store() as store:
        person = await somebody_busy(store)
    assert _files_with(tmp_path, b"indqvist") != []

    async with open_store() as store:
        await store.people.forget(person.recipient_id, ["keyed digest"], NOW)

    assert _files_with(tmp_path, b"indqvist") == [], "in free pages, or in the log"


def _files_with(folder: Path, words: bytes) -> list[str]:
    return [file.name for file in folder.iterdir() if words in file.read_bytes()]


async def test_what_somebody_set_up_for_others_stays_without_their_name(store: Store) -> None:
    person = await somebody_busy(store, name='Maya "Q" Lindqvist é')

    await store.people.forget(person.recipient_id, ["keyed digest"], NOW)

    (channel,) = await store.destinations.list()
    assert (channel.name, channel.owner_id, channel.state) == (_CHANNEL, None, DestinationState.ACTIVE)
    assert channel.state_by == "somebody who was forgotten"
    (change,) = await store.history.changes(channel.id, 9)
    assert (change.by, change.what) == ("somebody who was forgotten", "Set it up.")
    (slot,) = await store.destinations.slots(channel.id, 9)
    assert slot.detail == "paused by somebody who was forgotten"
    (delivery,) = await store.outbox.list(list(DeliveryState), 9)
    assert json.loads(delivery.doc)["text"] == "8 papers.  Next: Fri."
    assert delivery.last_error == "paused by somebody who was forgotten"
    installation = await store.installations.get("slack", "T1")
    assert installation is not None
    assert (installation.name, installation.installed_by) == ("Initech", "")
    assert len(await store.destinations.told(["r-channel"], range(9))) == 1


async def test_what_others_have_of_somebody_is_shown_where_it_names_them(store: Store) -> None:
    person = await somebody_busy(store)

    held = await store.people.held(person.recipient_id)

    assert sorted((one["table"], one["words"]) for one in held["named"]) == [
        ("deliveries", "Set up by Maya Lindqvist."),
        ("deliveries", "paused by Maya Lindqvist"),
        ("slots", "paused by Maya Lindqvist"),
    ]
    assert {one["named_at"] for one in held["named"]} == {NOW.isoformat()}


async def test_somebody_is_forgotten_by_all_names_that_they_ever_had(store: Store, engine: Engine) -> None:
    person = await somebody_busy(store)
    for name in ("Maya Hill", "Maya Lindqvist", "Maya Hill", "Maya Sand"):
        await store.people.meet(MAYA, name, "r-unused", NOW)

    held = await store.people.held(person.recipient_id)
    assert held["identities"][0]["former"] == '["Maya Lindqvist","Maya Hill"]'
    assert {one["words"] for one in held["named"]} == {
        "Set up by Maya Lindqvist.",
        "paused by Maya Lindqvist",
    }
    await store.people.forget(person.recipient_id, ["keyed digest"], NOW)

    assert await rows_with(engine, "Maya") == {}


async def test_others_are_untouched(store: Store) -> None:
    person = await somebody_busy(store, name="Maya")
    ben = await meet(store, BEN, "Ben")
    place = direct(ben)
    await store.people.subscribe(a_subscription(ben, place), place)
    (paper,) = await add_papers(store, 1, first=7)
    await store.people.mark(ben.recipient_id, paper, Mark.SAVED, NOW)
    delivery = await queue(store, place, [paper])
    await store.history.note(Change(place.id, NOW, "Mayan", "Set it up."))
    held = await store.people.held(ben.recipient_id)

    await store.people.forget(person.recipient_id, ["keyed digest"], NOW)

    assert await store.people.held(ben.recipient_id) == held
    assert await store.outbox.get(delivery.id) == delivery


@pytest.mark.parametrize("sending", [False, True])
async def test_what_a_worker_holds_can_no_longer_be_sent(store: Store, sending: bool) -> None:
    person = await meet(store)
    place = direct(person, route=Route(surface="webhook", address="T1/D1"))
    await store.people.subscribe(a_subscription(person, place), place)
    await queue(store, place, await add_papers(store, 1))
    (held,) = await store.outbox.claim("w", SURFACES, NOW, MINUTE, 9)
    if sending:
        await store.outbox.sending(held.id, held.fence, NOW, MINUTE)

    await store.people.forget(person.recipient_id, ["keyed digest"], NOW)

    with pytest.raises(StaleLeaseError):
        await store.outbox.sending(held.id, held.fence, NOW, MINUTE)
    with pytest.raises(StaleLeaseError):
        await store.outbox.retry(held.id, held.fence, NOW, "cut", doubtful=True)
    assert await store.outbox.claim("w", SURFACES, NOW + MINUTE, MINUTE, 9) == []


async def test_somebody_who_comes_back_is_somebody_new(store: Store) -> None:
    person = await somebody_busy(store)
    await store.people.forget(person.recipient_id, ["keyed digest"], NOW)

    again = await store.people.meet(MAYA, "Maya", "r-new", NOW + MINUTE)

    assert (again.recipient_id, again.zone) == ("r-new", None)
    assert await store.people.held("r-new") == {
        "recipients": [
            {"id": "r-new", "name": "Maya", "zone": None, "created_at": (NOW + MINUTE).isoformat()}
        ],
        "identities": [
            {
                "surface": "slack",
                "tenant": "T1",
                "user": "UMAYA001",
                "name": "Maya",
                "former": "[]",
                "met_at": (NOW + MINUTE).isoformat(),
            }
        ],
    }
