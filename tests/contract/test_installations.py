"""What every store promises of organisations that installed the bot, and of the history of destinations."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.model import DestinationState, Route
from bot.people.model import Change, Hidden, Installation, InstallationState, Mark
from bot.ports import Store
from storage.sqlite.store import open_sqlite
from tests.contract.people import MAYA, a_subscription, an_installation, direct, meet
from tests.contract.rows import DAY, HOUR, NOW, add_destination, add_papers, queue


async def test_an_installation_is_read_back_and_replaced(store: Store) -> None:
    first = an_installation()
    await store.installations.put(first)
    assert await store.installations.get("slack", "T1") == first
    assert await store.installations.get("slack", "T2") is None
    assert await store.installations.get("discord", "T1") is None

    renewed = replace(first, name="Initrode", secret=Hidden("rotated"), state_at=NOW + DAY)
    await store.installations.put(renewed)
    other = an_installation("E2", installed_at=NOW - DAY)
    await store.installations.put(other)

    assert await store.installations.list("slack") == [other, renewed]
    assert await store.installations.list("discord") == []


async def test_secrets_are_neither_in_the_file_nor_in_what_is_printed(store: Store, tmp_path: Path) -> None:
    await store.installations.put(an_installation())
    kept = await asyncio.to_thread(_whole, tmp_path)

    assert b"Initech" in kept
    assert b"xoxb-invented" not in kept
    assert "xoxb-invented" not in repr(await store.installations.get("slack", "T1"))


def _whole(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_secrets_of_another_key_or_of_none_are_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "keyed.db"
    async with open_sqlite(path, secret_key=lambda: b"the first key") as first:
        await first.installations.put(an_installation())
    async with open_sqlite(path, secret_key=lambda: b"another key") as other:
        for ask in (other.installations.get("slack", "T1"), other.installations.list("slack")):
            with pytest.raises(StorageError, match=r"Initech.*another secret key"):
                await ask
    async with open_sqlite(path) as keyless:
        with pytest.raises(StorageError, match="without the key"):
            await keyless.installations.put(an_installation("T2"))
        assert await keyless.installations.get("slack", "T2") is None, "the key is asked for nothing"


async def test_what_is_gone_pauses_its_destinations_and_a_return_resumes_exactly_those(store: Store) -> None:
    await store.installations.put(an_installation())
    places = {
        name: await add_destination(store.destinations, name, route=Route(surface=surface, address=address))
        for name, surface, address in [
            ("here", "slack", "T1/C1"),
            ("by hand", "slack", "T1/C2"),
            ("alike", "slack", "T10/C1"),
            ("elsewhere", "discord", "T1/C1"),
        ]
    }
    await store.destinations.set_state(places["by hand"].id, DestinationState.PAUSED, "Maya", NOW)

    await store.installations.gone("slack", "T1", NOW + HOUR)
    await store.installations.gone("slack", "T1", NOW + DAY)  # both events come: removed, and revoked

    gone = await store.installations.get("slack", "T1")
    assert gone is not None
    assert (gone.state, gone.state_at) == (InstallationState.GONE, NOW + HOUR)
    states = {one.name: (one.state, one.state_by) for one in await store.destinations.list()}
    assert states == {
        "here": (DestinationState.PAUSED, "Slack: the app was removed"),
        "by hand": (DestinationState.PAUSED, "Maya"),
        "alike": (DestinationState.ACTIVE, None),
        "elsewhere": (DestinationState.ACTIVE, None),
    }

    await store.installations.put(an_installation(state_at=NOW + 2 * DAY))

    found = {one.name: one for one in await store.destinations.list()}
    assert found["here"].state is DestinationState.ACTIVE
    assert found["here"].active_from == NOW + 2 * DAY, "a backlog would come"
    assert found["by hand"].state is DestinationState.PAUSED


async def test_only_what_was_gone_long_enough_is_purged_with_all_that_is_its(store: Store) -> None:
    await _busy_tenant(store, an_installation())
    await store.installations.put(an_installation("T2"))
    other = await add_destination(store.destinations, "other", route=Route(surface="slack", address="T2/C1"))
    (paper,) = await add_papers(store, 1, first=9)
    await store.people.mark(other.recipient_id, paper, Mark.HIDDEN, NOW)
    await queue(store, other, [paper])
    await store.installations.gone("slack", "T1", NOW)

    assert await store.installations.purge("slack", NOW) == []
    assert await store.installations.purge("discord", NOW + DAY) == []
    assert await store.installations.purge("slack", NOW + DAY) == ["T1"]

    assert await store.installations.get("slack", "T1") is None
    assert await store.people.find(MAYA) is None
    assert await store.destinations.list(removed=True) == [other]
    assert (await store.destinations.told([other.recipient_id], [paper]))[other.recipient_id] == {paper}
    report = await store.admin.check()
    assert report.problems == ()
    left = {table: report.counts[table] for table in ("recipients", "deliveries", "slots", "ledger", "marks")}
    assert left == dict.fromkeys(left, 1)
    empty = ("identities", "subscriptions", "subscription_destinations", "history")
    assert [report.counts[table] for table in empty] == [0] * len(empty)


async def test_somebody_who_is_known_elsewhere_too_keeps_what_is_theirs_there(store: Store) -> None:
    await _busy_tenant(store, an_installation())
    elsewhere = MAYA._replace(surface="terminal", tenant="")
    await store.people.meet(elsewhere, "Maya", "r-UMAYA001", NOW)
    await store.installations.gone("slack", "T1", NOW)

    assert await store.installations.purge("slack", NOW + DAY) == ["T1"]

    person = await store.people.find(elsewhere)
    assert person is not None
    assert person.identities == (elsewhere,)
    assert len(await store.people.marked(person.recipient_id, Mark.SAVED)) == 1
    assert await store.people.subscriptions(person.recipient_id) == [], "it could speak nowhere"
    assert (await store.admin.check()).problems == ()


async def _busy_tenant(store: Store, installation: Installation) -> None:
    """A tenant with a channel that was told of a paper, and a person with a subscription and a mark."""
    await store.installations.put(installation)
    one, two = await add_papers(store, 2)
    person = await meet(store)
    place = direct(person)
    await store.people.subscribe(a_subscription(person, place), place)
    await store.people.mark(person.recipient_id, one, Mark.SAVED, NOW)
    channel = await add_destination(
        store.destinations,
        "channel",
        route=Route(surface="slack", address=f"{installation.tenant}/C1"),
        owner_id=person.recipient_id,
    )
    await queue(store, channel, [one, two])
    await queue(store, place, [two])
    await store.history.note(Change(channel.id, NOW, str(MAYA), "Set it up."))


# --- history -------------------------------------------------------------------------------------


async def test_changes_are_told_newest_first(store: Store) -> None:
    channel = await add_destination(store.destinations)
    other = await add_destination(store.destinations, "other")
    made = [Change(channel.id, NOW + n * HOUR, "the command line", f"Change {n}.") for n in (0, 1, 2)]
    for change in (made[1], made[0], made[2], Change(other.id, NOW, "Ben", "Another.")):
        await store.history.note(change)

    assert await store.history.changes(channel.id, 9) == made[::-1]
    assert await store.history.changes(channel.id, 1) == made[2:]


async def test_it_is_known_what_somebody_changed(store: Store) -> None:
    first, second = [await add_destination(store.destinations, name) for name in ("first", "second")]
    for place, by in ((second, "Maya"), (first, "Bo"), (first, "Maya"), (second, "Maya")):
        await store.history.note(Change(place.id, NOW, by, "Changed the time."))
    assert await store.history.changed_by("Maya") == [second.id, first.id]
    assert await store.history.changed_by("Bo") == [first.id]
    assert await store.history.changed_by("nobody") == []


async def test_a_change_of_what_is_not_there_any_more_is_not_kept(store: Store) -> None:
    await store.history.note(Change("d-none", NOW, "Maya", "Set it up."))

    assert await store.history.changes("d-none", 9) == []
