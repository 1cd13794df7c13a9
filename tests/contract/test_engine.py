"""The SQLite engine: one file, one writer, whole transactions, and one clear sentence for each failure."""

import asyncio
import os
import sqlite3
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from bot.errors import (
    BusyError,
    DamagedDatabaseError,
    DiskFullError,
    NewerDatabaseError,
    NotADatabaseError,
    ReadOnlyError,
    StorageError,
)
from storage.sqlite.engine import Engine
from storage.sqlite.migrations import APPLICATION_ID
from tests.contract.stores import names


def note(key: str, value: str = "x") -> Callable[[Database], None]:
    """Work for `write`: one row of the smallest table."""

    def work(db: Database) -> None:
        db.execute("INSERT INTO notes(key, value) VALUES (?, ?)", [key, value])

    return work


def keys(db: Database) -> list[str]:
    return [key for (key,) in db.execute("SELECT key FROM notes ORDER BY key")]


def pragma(setting: str) -> Callable[[Database], Any]:
    """Work that reads or changes one setting of its connection."""
    return lambda db: db.execute(f"PRAGMA {setting}").fetchone()[0]


async def refused(path: Path, error: type[StorageError]) -> str:
    """Opening `path` fails with this error; its sentence."""
    engine = Engine(path, busy_timeout=timedelta(milliseconds=100))
    with pytest.raises(error) as caught:
        await engine.open()
    return str(caught.value)


# --- opening -------------------------------------------------------------------------------------


async def test_a_new_file_is_ours_and_logs_ahead(engine: Engine) -> None:
    assert await engine.read(pragma("application_id")) == APPLICATION_ID
    assert await engine.read(pragma("journal_mode")) == "wal"


async def test_each_connection_is_strict_and_durable(engine: Engine) -> None:
    for ask in (engine.read, engine.write):
        assert await ask(pragma("foreign_keys")) == 1
        assert await ask(pragma("synchronous")) == 2  # FULL
        assert await ask(pragma("busy_timeout")) == 10_000


async def test_missing_folders_are_made(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "a" / "b" / "paperboy.db")
    await engine.open()
    await engine.close()
    assert [entry.name for entry in (tmp_path / "a" / "b").iterdir()] == ["paperboy.db"]


async def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    for key in ("a", "b"):
        engine = Engine(tmp_path / "paperboy.db")
        await engine.open()
        await engine.write(note(key))
        await engine.close()
    engine = Engine(tmp_path / "paperboy.db")
    await engine.open()
    assert await engine.read(keys) == ["a", "b"]
    await engine.close()


async def test_several_processes_may_open_one_new_file_at_once(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys, pathlib\n"
        "from storage.sqlite.engine import Engine\n"
        "async def main():\n"
        "    engine = Engine(pathlib.Path(sys.argv[1]))\n"
        "    sys.stdin.readline()\n"
        "    await engine.open()\n"
        "    await engine.write(lambda db: db.execute('INSERT INTO notes VALUES (?, 1)', sys.argv[2:]))\n"
        "    await engine.close()\n"
        "asyncio.run(main())\n"
    )
    path = tmp_path / "paperboy.db"
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, path, str(n),
            stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )
        for n in range(3)
    ]  # fmt: skip
    answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [error.decode() for _, error in answers] == [""] * 3
    engine = Engine(path)
    await engine.open()
    assert await engine.read(keys) == ["0", "1", "2"]
    await engine.close()


async def test_several_engines_may_open_one_new_file_at_once(tmp_path: Path) -> None:
    engines = [Engine(tmp_path / "paperboy.db") for _ in range(5)]
    await asyncio.gather(*(engine.open() for engine in engines))
    assert await engines[4].read(keys) == []
    for engine in engines:
        await engine.close()


# --- what cannot be opened -----------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"hello", b"hello\n" * 5000])
async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    sentence = await refused(path, NotADatabaseError)
    assert sentence.startswith(f"{path} is not a Paperboy database.")
    assert path.read_bytes() == content
    assert names(tmp_path) == [path.name]  # no log beside it either


async def test_somebody_elses_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with Database(path) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
    before = path.read_bytes()
    await refused(path, NotADatabaseError)
    assert path.read_bytes() == before


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    await refused(tmp_path, NotADatabaseError)


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "paperboy.db"
    path.touch()
    engine = Engine(path)
    await engine.open()
    assert await engine.read(keys) == []
    await engine.close()


async def test_a_newer_database_is_refused_by_name(engine: Engine) -> None:
    def upgrade(db: Database) -> None:
        db.execute(
            "INSERT INTO _sqlite_migrations(migration_set, name, applied_at) "
            "VALUES ('paperboy', '0999_later', '2030-01-01')"
        )

    await engine.write(upgrade)
    await engine.close()
    assert "'0999_later'" in await refused(engine.path, NewerDatabaseError)


async def test_a_damaged_file_is_told_apart(engine: Engine) -> None:
    await engine.close()
    content = bytearray(engine.path.read_bytes())
    content[100:4096] = b"\xff" * 3996  # the first page, but for the header
    engine.path.write_bytes(content)
    assert "is damaged" in await refused(engine.path, DamagedDatabaseError)


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder in which this process may not write; root becomes an ordinary user meanwhile."""
    folder = Path(tempfile.mkdtemp())
    user = os.geteuid()
    path = folder / "paperboy.db"
    engine = Engine(path)

    async def make() -> None:
        await engine.open()
        await engine.close()

    asyncio.run(make())
    path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    folder.chmod(0o555)
    if user == 0:
        os.seteuid(65534)
    try:
        yield folder
    finally:
        os.seteuid(user)
        folder.chmod(0o755)
        for entry in folder.iterdir():
            entry.unlink()
        folder.rmdir()


def test_a_read_only_folder_is_said_to_be_one(locked_folder: Path) -> None:
    for name in ("paperboy.db", "new.db", "folder/new.db"):
        sentence = asyncio.run(refused(locked_folder / name, ReadOnlyError))
        assert sentence.startswith(f"{locked_folder / name} cannot be written.")


async def test_a_path_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    await refused(tmp_path / "file" / "paperboy.db", ReadOnlyError)


async def test_a_lock_held_too_long_is_said_to_be_one(engine: Engine) -> None:
    await engine.close()
    with Database(engine.path) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked by another program" in await refused(engine.path, BusyError)


# --- transactions --------------------------------------------------------------------------------


async def test_an_exception_rolls_everything_back(engine: Engine) -> None:
    def work(db: Database) -> None:
        note("a")(db)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await engine.write(work)
    await engine.write(note("b"))
    assert await engine.read(keys) == ["b"]


async def test_mistakes_crash_as_they_are(engine: Engine) -> None:
    await engine.write(note("a"))
    with pytest.raises(sqlite3.IntegrityError):
        await engine.write(note("a"))
    with pytest.raises(sqlite3.OperationalError, match="syntax"):
        await engine.read(lambda db: db.execute("SELEKT"))
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await engine.read(note("b"))
    assert await engine.read(keys) == ["a"]


async def test_a_long_read_sees_one_snapshot_and_delays_no_write(engine: Engine) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def long_read(db: Database) -> tuple[list[str], list[str]]:
        before = keys(db)
        begun.set()
        assert go_on.wait(30)
        return before, keys(db)

    reading = asyncio.create_task(engine.read(long_read))
    await asyncio.to_thread(begun.wait, 30)
    await engine.write(note("a"))
    assert await engine.read(keys) == ["a"]  # another reader sees it at once
    go_on.set()
    assert await reading == ([], [])


async def test_whoever_stops_waiting_leaves_a_whole_write_or_none(engine: Engine) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(db: Database) -> None:
        note("a")(db)
        begun.set()
        assert go_on.wait(30)
        note("b")(db)

    running, queued = asyncio.create_task(engine.write(slow)), asyncio.create_task(engine.write(note("c")))
    await asyncio.to_thread(begun.wait, 30)
    for task in (running, queued):
        task.cancel()
    await asyncio.wait([running, queued])
    go_on.set()
    await engine.write(note("d"))
    assert await engine.read(keys) == ["a", "b", "d"]


async def test_closing_finishes_what_was_begun(engine: Engine) -> None:
    await asyncio.gather(*(engine.write(note(f"{n:02}")) for n in range(20)), engine.close())
    again = Engine(engine.path)
    await again.open()
    assert len(await again.read(keys)) == 20
    await again.close()


async def test_commits_are_counted_once_they_are_done(tmp_path: Path) -> None:
    path, seen = tmp_path / "paperboy.db", []

    def after(number: int) -> None:
        with Database(path) as other:
            seen.append((number, keys(other)))

    engine = Engine(path, after_commit=after)
    await engine.open()
    await engine.write(note("a"))
    with pytest.raises(sqlite3.IntegrityError):
        await engine.write(note("a"))
    await engine.write(note("b"))
    await engine.close()
    assert seen == [(1, ["a"]), (2, ["a", "b"])]


async def test_a_full_disk_loses_nothing_and_work_goes_on_when_there_is_room(engine: Engine) -> None:
    await engine.write(note("before"))
    pages = await engine.write(pragma("page_count"))
    await engine.write(pragma(f"max_page_count = {pages + 2}"))

    for _ in range(2):
        with pytest.raises(DiskFullError, match=r"is full\. Free some space"):
            await engine.write(note("much", "x" * 100_000))
        assert await engine.read(keys) == ["before"]

    await engine.write(pragma(f"max_page_count = {pages + 1000}"))
    await engine.write(note("much", "x" * 100_000))
    assert await engine.read(keys) == ["before", "much"]


async def test_a_lock_of_another_program_delays_a_write_no_longer_than_agreed(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "paperboy.db", busy_timeout=timedelta(milliseconds=50))
    await engine.open()
    with Database(engine.path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError):
            await engine.write(note("a"))
        assert await engine.read(keys) == []
    await engine.write(note("a"))
    assert await engine.read(keys) == ["a"]
    await engine.close()
