"""What every store promises of its own health and of copies."""

import asyncio
import resource
import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.errors import ConflictError, StorageError
from bot.ports import Store
from storage.sqlite.admin import SqliteAdmin
from storage.sqlite.engine import Engine
from storage.sqlite.papers import SqlitePapers
from storage.sqlite.store import open_sqlite
from tests.contract.readings import arxiv, at, doi, poll, reading, take
from tests.contract.rows import add_destination, digest
from tests.contract.stores import names


async def test_a_sound_store_has_no_problems_and_counts_its_rows(store: Store) -> None:
    await take(store.papers, poll(0, reading(arxiv(1), doi(1), upvotes=3), reading(arxiv(2))))
    number = (await store.papers.series(at(-1), at(1)))[0].paper_id
    await store.destinations.plan([digest(await add_destination(store.destinations), [number])])

    report = await store.admin.check()

    assert report.problems == ()
    assert report.path.endswith("paperboy.db")
    assert report.schema.startswith("00")
    expected = {"papers": 2, "paper_ids": 3, "polls": 1, "listings": 2, "deliveries": 1, "ledger": 1}
    assert {name: report.counts[name] for name in expected} == expected


BROKEN = {
    "the paper arxiv:2511.00001 should be called arxiv:2511.00000": (
        "INSERT INTO paper_ids SELECT 'arxiv', '2511.00000', id FROM papers"
    ),
    "the paper arxiv:2511.00001 has no identifier": "DELETE FROM paper_ids",
    "the paper arxiv:2511.00001 has no record of who told what of it": "DELETE FROM paper_facts",
    "the paper arxiv:2511.00001 is not on the daily list that is noted as its first": (
        "UPDATE papers SET first_list = '2025-11-19'"
    ),
    "the slot of d-team on 2025-11-20 is queued without a delivery": "UPDATE slots SET delivery_id = NULL",
    "the ledger of r-team still counts what a rejected delivery would have told": (
        "UPDATE deliveries SET state = 'rejected'"
    ),
    "the delivery m-team-1120 is under way without a lease, or leased without being under way": (
        "UPDATE deliveries SET state = 'sending'"
    ),
    "1 rows of ledger refer to rows of deliveries that are not there": (
        "UPDATE ledger SET delivery_id = 'gone'"
    ),
}


@pytest.mark.parametrize("problem", BROKEN)
async def test_each_broken_rule_is_named(store: Store, engine: Engine, problem: str) -> None:
    await take(store.papers, poll(0, reading(arxiv(1))))
    number = (await store.papers.series(at(-1), at(1)))[0].paper_id
    await store.destinations.plan([digest(await add_destination(store.destinations), [number])])
    assert (await store.admin.check()).problems == ()

    with Database(engine.path) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute(BROKEN[problem])

    assert problem in (await store.admin.check()).problems


async def test_a_long_list_of_problems_is_cut(engine: Engine) -> None:
    await take(SqlitePapers(engine), poll(0, *(reading(arxiv(n)) for n in range(50))))
    await engine.write(lambda db: db.execute("DELETE FROM paper_facts").rowcount)
    problems = (await SqliteAdmin(engine).check()).problems
    assert len(problems) == 21
    assert problems[-1].startswith("and 30 more where the paper")


async def test_a_damaged_file_is_reported(engine: Engine) -> None:
    await take(SqlitePapers(engine), poll(0, *(reading(arxiv(n)) for n in range(500))))
    where = "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_master WHERE name = ?"
    page, size = await engine.read(lambda db: db.execute(where, ["papers_title_key"]).fetchone())
    await engine.close()
    with engine.path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    again = Engine(engine.path)
    await again.open()
    problems = (await SqliteAdmin(again).check()).problems
    await again.close()
    assert problems
    assert all(problem.startswith("the file is damaged: ") for problem in problems)


async def test_a_backup_made_while_writes_go_on_restores_whole(store: Store, tmp_path: Path) -> None:
    async def write() -> None:
        for number in range(40):
            rows = (reading(arxiv(100 * number + n), upvotes=n) for n in range(20))
            await take(store.papers, poll(number, *rows))

    writing = asyncio.create_task(write())
    targets = [tmp_path / f"copy-{number}.db" for number in range(4)]
    for target in targets:
        await store.admin.backup(target)
    await writing

    copies = [name for name in names(tmp_path) if "copy" in name]
    assert copies == [target.name for target in targets]
    for target in targets:
        async with open_sqlite(target) as copy:
            report = await copy.admin.check()
            assert report.problems == ()
            assert report.counts["papers"] == 20 * report.counts["polls"]
    assert (await store.admin.check()).counts["papers"] == 800


async def test_a_backup_is_one_plain_file_that_other_tools_read(store: Store, tmp_path: Path) -> None:
    await take(store.papers, poll(0, reading(arxiv(1), title="Letters")))
    target = tmp_path / "copy.db"
    await store.admin.backup(target)
    with Database(target) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert copy.execute("SELECT title FROM papers").fetchall() == [("Letters",)]


async def test_a_backup_never_replaces_a_file(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(ConflictError, match="exists already"):
        await store.admin.backup(target)
    assert target.read_text() == "mine"


async def test_a_backup_under_way_or_cut_off_is_told_apart(store: Store, tmp_path: Path) -> None:
    (tmp_path / ".copy.db.part").write_text("half")
    with pytest.raises(ConflictError, match="another backup is being made, or one was cut off"):
        await store.admin.backup(tmp_path / "copy.db")
    assert (tmp_path / ".copy.db.part").read_text() == "half"


async def test_a_backup_into_no_folder_says_so(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Choose another place for the backup"):
        await store.admin.backup(tmp_path / "nowhere" / "copy.db")


async def test_a_backup_that_fails_half_way_leaves_no_file(store: Store, tmp_path: Path) -> None:
    await take(store.papers, poll(0, *(reading(arxiv(n), abstract="word " * 200) for n in range(500))))
    before = names(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # a file may not grow beyond this
    try:
        with pytest.raises(StorageError) as caught:
            await store.admin.backup(tmp_path / "copy.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    assert names(tmp_path) == before
    await store.admin.backup(tmp_path / "copy.db")
