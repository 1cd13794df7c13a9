"""A backup that is restored brings back nobody who asked to be forgotten meanwhile."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from bot.config import Settings
from bot.errors import StorageError
from bot.model import Route
from bot.people.mailboxes import AskedCode, Limits
from bot.people.model import Identity, Person
from bot.people.tombstone import stopped, tombstone, tombstones
from bot.ports import Store
from bot.secret import secret_key
from bot.wiring import open_store
from storage.sqlite.graves import Graves
from tests.contract.people import BEN, MAYA, a_subscription, direct, meet
from tests.contract.rows import DAY, NOW, add_papers, queue

HERS = "maya@lab.example"
AT_HOME = Identity("discord", "", "4711")


def settings_of(home: Path) -> Settings:
    return Settings.load({"PAPERBOY_HOME": str(home), "PAPERBOY_CONFIG": ""}, home)


def key_of(home: Path) -> bytes:
    return secret_key(settings_of(home), home).value


async def fill(store: Store, *identities: Identity) -> list[Person]:
    """People, each with a subscription and a digest on its way."""
    people = [await meet(store, identity, f"{identity.user} by name") for identity in identities]
    papers = await add_papers(store, 2)
    for person in people:
        place = direct(person)
        await store.people.subscribe(a_subscription(person, place), place)
        await queue(store, place, papers)
    return people


async def forget(store: Store, home: Path, person: Person, at: datetime = NOW + DAY) -> None:
    await store.people.forget(person.recipient_id, tombstones(key_of(home), person.identities), at)


async def backed_up(home: Path, *identities: Identity) -> Mapping[str, bytes]:
    """A store with these people; its backup, as the file is to be called."""
    async with open_store(settings_of(home)) as store:
        await fill(store, *identities)
        await store.admin.backup(home / "copy")
    return {"paperboy.db": (home / "copy").read_bytes()}


def restore(home: Path, backup: Mapping[str, bytes]) -> None:
    """As the manual says: the log's files go, and the copy takes the database's place."""
    for ending in ("-wal", "-shm"):
        (home / f"paperboy.db{ending}").unlink(missing_ok=True)
    for name, content in backup.items():
        (home / name).write_bytes(content)


async def test_the_first_start_on_a_restored_file_forgets_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup = await backed_up(tmp_path, MAYA, BEN)
    async with open_store(settings_of(tmp_path)) as store:
        maya = await store.people.find(MAYA)
        assert maya is not None
        await forget(store, tmp_path, maya)
        ben = await store.people.held("r-UBEN0001")
    restore(tmp_path, backup)
    assert b"UMAYA001 by name" in (tmp_path / "paperboy.db").read_bytes()

    async with open_store(settings_of(tmp_path)) as store:
        assert [one.identity for one in await store.people.accounts()] == [BEN]
        assert await store.people.held("r-UMAYA001") == {}
        assert await store.people.held("r-UBEN0001") == ben, "others are as they were"
        assert [one.recipient_id for one in await store.outbox.claim("w", ["slack"], NOW, DAY, 9)] == [
            "r-UBEN0001"
        ]
        assert await store.people.lost_tombstones() == {}
        assert (await store.admin.check()).problems == ()
    told = capsys.readouterr().out
    assert "A restored backup brought people back" in told
    assert "UMAYA001" not in told


async def test_a_backup_of_a_later_time_needs_nothing(tmp_path: Path) -> None:
    async with open_store(settings_of(tmp_path)) as store:
        (maya,) = await fill(store, MAYA)
        await forget(store, tmp_path, maya)
        await store.admin.backup(tmp_path / "copy")
    restore(tmp_path, {"paperboy.db": (tmp_path / "copy").read_bytes()})
    (tmp_path / "secret.key").unlink()

    async with open_store(settings_of(tmp_path)) as store:
        assert len(await store.people.tombstones()) == 1
    assert not (tmp_path / "secret.key").exists(), "no key is made where there is nothing to compare"


async def test_whoever_came_back_by_themselves_stays(tmp_path: Path) -> None:
    async with open_store(settings_of(tmp_path)) as store:
        (maya,) = await fill(store, MAYA)
        await forget(store, tmp_path, maya)
        await store.people.meet(MAYA, "Maya", "r-new", NOW + 2 * DAY)
        await store.admin.backup(tmp_path / "copy")
        ben = await meet(store, BEN)
        await forget(store, tmp_path, ben, NOW + 3 * DAY)
    restore(tmp_path, {"paperboy.db": (tmp_path / "copy").read_bytes()})

    async with open_store(settings_of(tmp_path)) as store:
        assert [one.recipient_id for one in await store.people.accounts()] == ["r-new"]


async def test_an_account_that_came_back_and_was_linked_to_an_older_one_stays(tmp_path: Path) -> None:
    async with open_store(settings_of(tmp_path)) as store:
        await meet(store, MAYA)
        home = await meet(store, AT_HOME, at=NOW)
        await forget(store, tmp_path, home)
        again = await store.people.meet(AT_HOME, "maya#1", "r-new", NOW + 2 * DAY)
        await store.people.offer_link("r-UMAYA001", "digest", NOW + 3 * DAY, NOW + 2 * DAY)
        await store.people.link("digest", again.recipient_id, "Maya", NOW + 2 * DAY)
    with closing(sqlite3.connect(tmp_path / "paperboy.db")) as conn:
        conn.execute("DELETE FROM tombstones")  # as in a database that never heard of it
        conn.commit()

    async with open_store(settings_of(tmp_path)) as store:
        assert [one.identity for one in await store.people.accounts()] == [AT_HOME, MAYA]
        assert set(await store.people.tombstones()) == {tombstone(key_of(tmp_path), AT_HOME)}


async def test_all_accounts_of_a_person_are_forgotten_again(tmp_path: Path) -> None:
    async with open_store(settings_of(tmp_path)) as store:
        await fill(store, MAYA)
        home = await meet(store, AT_HOME, at=NOW)
        await store.people.offer_link("r-UMAYA001", "digest", NOW + DAY, NOW)
        both = await store.people.link("digest", home.recipient_id, "Maya", NOW)
        await store.admin.backup(tmp_path / "copy")
        await forget(store, tmp_path, both)
    restore(tmp_path, {"paperboy.db": (tmp_path / "copy").read_bytes()})

    async with open_store(settings_of(tmp_path)) as store:
        assert await store.people.accounts() == []
        assert set(await store.people.tombstones()) == set(tombstones(key_of(tmp_path), (MAYA, AT_HOME)))


async def confirm(store: Store, recipient_id: str, address: str, at: datetime = NOW) -> None:
    asked = AskedCode(recipient_id=recipient_id, address=address, digest="d", asked_at=at)
    await store.mailboxes.ask(asked, Limits(since=at, of_person=9, of_address=9))
    assert await store.mailboxes.confirm(recipient_id, "d", at, at, most_wrong=1) is not None


async def test_mail_that_was_stopped_does_not_start_again_with_a_restored_backup(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_store(settings_of(tmp_path)) as store:
        papers = await add_papers(store, 1)
        for identity, address in ((MAYA, HERS), (BEN, "ben@lab.example")):
            person = await meet(store, identity)
            await confirm(store, person.recipient_id, address)
            place = direct(person, route=Route(surface="email", address=address))
            await store.people.subscribe(a_subscription(person, place), place)
            await queue(store, place, papers)
        await store.admin.backup(tmp_path / "copy")
        mark = stopped(key_of(tmp_path), HERS)
        assert await store.mailboxes.stop(HERS, "a test", NOW + DAY, mark)
        assert not await store.mailboxes.stop(HERS, "a test", NOW + DAY, mark), "twice is once"
    restore(tmp_path, {"paperboy.db": (tmp_path / "copy").read_bytes()})

    async with open_store(settings_of(tmp_path)) as store:
        assert await store.mailboxes.at(HERS) is None
        assert await store.mailboxes.at("ben@lab.example") is not None
        assert await store.people.find(MAYA) is not None, "nothing else of hers goes"
        assert [one.recipient_id for one in await store.outbox.claim("w", ["email"], NOW, DAY, 9)] == [
            "r-UBEN0001"
        ]
        assert await store.people.lost_tombstones() == {}
        await confirm(store, "r-UMAYA001", HERS, NOW + 2 * DAY)
    with closing(sqlite3.connect(tmp_path / "paperboy.db")) as conn:
        conn.execute("DELETE FROM tombstones")  # as in a database that never heard of it
        conn.commit()

    async with open_store(settings_of(tmp_path)) as store:
        assert await store.mailboxes.at(HERS) is not None, "it was confirmed again since"
    told = capsys.readouterr().out
    assert told.count("A restored backup set mail going that its readers had stopped") == 1
    assert "maya" not in told


async def test_a_crash_between_the_file_and_the_database_is_made_good(tmp_path: Path) -> None:
    await backed_up(tmp_path, MAYA)
    mark = tombstone(key_of(tmp_path), MAYA)
    Graves(tmp_path / "paperboy.db.forgotten").add({mark: int((NOW + DAY).timestamp() * 1000)})

    async with open_store(settings_of(tmp_path)) as store:
        assert await store.people.accounts() == []


# --- the file ------------------------------------------------------------------------------------


def test_of_one_tombstone_the_latest_counts_and_none_is_written_twice(tmp_path: Path) -> None:
    graves = Graves(tmp_path / "graves")
    assert graves.read() == {}

    graves.add({"aa": 5, "bb": 6})
    graves.add({"aa": 5})
    graves.add({"aa": 7, "bb": 1})

    assert graves.read() == {"aa": 7, "bb": 6}
    assert (tmp_path / "graves").read_text().split() == ["5", "aa", "6", "bb", "7", "aa"]
    assert (tmp_path / "graves").stat().st_mode & 0o077 == 0


def test_a_line_that_was_cut_off_takes_no_other_along(tmp_path: Path) -> None:
    file = tmp_path / "graves"
    Graves(file).add({"aa": 5})
    file.write_bytes(file.read_bytes() + b"17\xff3 b")

    Graves(file).add({"cc": 6})

    assert Graves(file).read() == {"aa": 5, "cc": 6}


async def test_nothing_is_deleted_where_the_wish_cannot_be_kept(tmp_path: Path) -> None:
    async with open_store(settings_of(tmp_path)) as store:
        (maya,) = await fill(store, MAYA)
        (tmp_path / "paperboy.db.forgotten").mkdir()
        with pytest.raises(StorageError, match="who asked to be "):
            await forget(store, tmp_path, maya)
        assert await store.people.find(MAYA) == maya
