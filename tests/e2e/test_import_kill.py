"""Imports that are killed and started again: in the end the store is what one import would have left."""

import gzip
import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.importing.run import LARGE
from tests.e2e.command import PATIENCE, ROOT, Command, read_until

WHEN = {"applied_at", "first_seen_at", "observed_at", "recorded_at", "resolved_at"}  # differ from run to run
INSTANT = re.compile(r"\b1[0-9]{12}\b")  # the same, in milliseconds, inside of JSON


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Papers of every kind: with ids and without, joined by a later line; and lines of no use."""
    for number in range(count):
        names = [f"Author {number % 97}", f"Author {number % 89}", "Ann Alpha"]
        paper = {"title": f"Paper {number}", "abstract": f"About {number}. " * 20, "authors": names}
        match number % 10:
            case 0:
                yield paper
            case 1:
                yield paper | {"doi": f"10.1000/{number}", "citations": number}
            case 2 if number > count // 2:  # says that two papers of the first half are one
                yield paper | {
                    "id": f"2501.{number - count // 2:05d}",
                    "doi": f"10.1000/{number - count // 2 - 1}",
                }
            case 3:
                yield {"abstract": "No title."}
            case _:
                yield paper | {"id": f"2501.{number:05d}", "published": "2025-01-02", "categories": "cs.CL"}


def write(path: Path, count: int) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows(count)))
    return path


def content(command: Command) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, without the instants at which it was written."""
    found: dict[str, list[tuple[object, ...]]] = {}
    db = sqlite3.connect(command.home / "paperboy.db")
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] not in WHEN]
            names = ", ".join(f'"{column}"' for column in columns)
            found[table] = sorted(
                (
                    tuple(INSTANT.sub("T", cell) if isinstance(cell, str) else cell for cell in row)
                    for row in db.execute(f"SELECT {names} FROM {table}")
                ),
                key=repr,
            )
    finally:
        db.close()
    return found


@contextmanager
def importer(command: Command, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A life of `tests.e2e.importer`; what is left of it at the end is killed."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.importer", *map(str, arguments)],
        env=command.environment(),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            process.wait(PATIENCE)


def test_an_import_killed_at_any_moment_is_gone_on_with_to_the_same_store(tmp_path: Path) -> None:
    file = write(tmp_path / "papers.jsonl", 16_000)
    assert file.stat().st_size > LARGE, "no second process reads it"
    killed, whole = Command(tmp_path / "killed"), Command(tmp_path / "whole")
    for command in (killed, whole):
        command.folder.mkdir()
    ends = []
    for _ in range(3):
        with killed.running("import", str(file)) as process:
            assert process.stderr is not None
            read_until(process.stderr, "imported.")  # and by now the next batch is on its way
        ends.append(process.returncode)
    assert -signal.SIGKILL in ends
    killed.ok("import", str(file))
    whole.ok("import", str(file))
    assert content(killed) == content(whole)
    assert "was imported before" in killed.ok("import", str(file))


def test_an_import_killed_between_any_two_batches_is_gone_on_with_to_the_same_store(tmp_path: Path) -> None:
    file = tmp_path / "papers.jsonl.gz"
    file.write_bytes(gzip.compress(write(tmp_path / "plain", 700).read_bytes()))
    killed, whole = Command(tmp_path / "killed"), Command(tmp_path / "whole")
    for commits in (1, 1, 3, 2, 4):
        with importer(killed, file, 50, commits) as process:
            assert process.stdout is not None
            read_until(process.stdout, "halted")
    for command in (killed, whole):
        with importer(command, file, 50, 0) as process:
            said = process.communicate(timeout=PATIENCE)[0]
            assert said.startswith("from line ")
            assert (said == "from line 1\n") == (command is whole)
    found = content(killed)
    assert found == content(whole)
    assert found["gone"], "no two papers were merged: the rows prove less than they should"
