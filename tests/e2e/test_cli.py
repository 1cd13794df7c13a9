"""The command line as people and cron run it: the real program as a process, from its first start on."""

import asyncio
import gzip
import json
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.webhook.signing import webhook_secret
from bot.sources.calendar import current_list_day
from bot.view.doc import Doc, to_json
from storage.sqlite.store import open_sqlite
from tests.contract.rows import DAY, NOW, add_destination, queue
from tests.e2e.command import PATIENCE, SECRET, Command, read_until
from tests.servers.faults import Drip
from tests.servers.huggingface import HuggingFaceServer, daily_row
from tests.servers.webhook import WebhookServer
from tests.shared import shared_file


@pytest.fixture
def paperboy(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.fixture
def upstream(paperboy: Command) -> Iterator[HuggingFaceServer]:
    """Hugging Face, with today's list and the one before it."""
    today = current_list_day(datetime.now(UTC))
    rows = [daily_row(f"2511.0000{n}", f"Paper number {n}", upvotes=50 - n) for n in range(1, 8)]
    with HuggingFaceServer({today: rows[:4], today - DAY: rows[4:]}).in_thread() as server:
        paperboy.settings["HF_ENDPOINT"] = server.url
        yield server


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where every connection is refused, for as long as the test lasts."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def recorded_list(day: str) -> dict[str, Any]:
    with gzip.open(shared_file("data/hf-daily-papers/responses.jsonl.gz"), "rt", encoding="utf-8") as lines:
        return next(row for row in map(json.loads, lines) if row["list_date"] == day)


# --- flows ---------------------------------------------------------------------------------------


def test_settings_are_written_then_changed_then_shown(paperboy: Command) -> None:
    paperboy.ok("config", "init")
    file = paperboy.folder / "paperboy.toml"
    file.write_text(file.read_text().replace('#timezone = "UTC"', 'timezone = "Asia/Tokyo"'))
    shown = {one["name"]: one for one in paperboy.json("config", "show")}
    assert (shown["timezone"]["value"], shown["timezone"]["origin"]) == ("Asia/Tokyo", str(file))
    assert "(Asia/Tokyo)" in paperboy.ok("destination", "add", "team", "console")


def test_a_destination_from_its_first_day_to_its_last(paperboy: Command) -> None:
    name = "our team"
    paperboy.ok("destination", "add", name, "console", "--zone", "Europe/Berlin")
    paperboy.ok("destination", "edit", name, "--at", "17:30", "--filter", '"world model" -survey')
    paperboy.ok("destination", "pause", name)
    card = paperboy.ok("destination", "show", name)
    assert card.startswith("our team · paused by the command line since ")
    assert "weekdays at 17:30 (Europe/Berlin)" in card
    assert "Next digest: " in paperboy.ok("destination", "resume", name)
    paperboy.ok("destination", "remove", name)
    assert paperboy.ok("destination", "list").startswith("No destinations yet.")


def test_a_delivery_in_doubt_is_looked_at_and_settled(paperboy: Command) -> None:
    asyncio.run(doubt(paperboy.home / "paperboy.db"))
    listed = paperboy.ok("outbox", "list").splitlines()
    assert sorted(line.split()[:3] for line in listed[2:4]) == [["d1", "in", "doubt"], ["d2", "in", "doubt"]]
    assert listed[-1].startswith("In doubt: look whether it arrived, then say")
    assert "The line was cut." in paperboy.ok("outbox", "show", "d1")
    paperboy.ok("outbox", "resolve", "d1", "--arrived")
    paperboy.ok("outbox", "retry", "d2")
    states = {one["id"]: one["state"] for one in paperboy.json("outbox", "list", "--all")}
    assert states == {"d1": "sent", "d2": "pending"}


async def doubt(database: Path) -> None:
    """Two deliveries of which nobody can tell whether they arrived."""
    async with open_sqlite(database) as store:
        team = await add_destination(store.destinations, "team")
        lease = timedelta(minutes=5)
        for number in (1, 2):
            at = NOW + number * DAY
            await queue(store, team, (), at, id=f"d{number}", doc=to_json(Doc((), "x")))
        for one in await store.outbox.claim("w", ["webhook"], NOW + 9 * DAY, lease, 2):
            await store.outbox.sending(one.id, one.fence, NOW, lease)
            await store.outbox.in_doubt(one.id, one.fence, NOW, "The line was cut.")


def test_a_recorded_list_is_ranked_as_of_any_instant(paperboy: Command) -> None:
    recorded = recorded_list("2025-11-20")
    file = paperboy.folder / "list.json"
    file.write_text(json.dumps(recorded["response"]))
    line = ("ingest", str(file), "--date", "2025-11-20", "--observed-at", recorded["captured_at"])
    taken_in = paperboy.json(*line)
    assert taken_in["new"] == len(recorded["response"])
    captured_at = datetime.fromisoformat(recorded["captured_at"])
    after = (captured_at + timedelta(hours=1)).isoformat()
    printed = paperboy.ok("trending", "--as-of", after, "-n", "3")
    shown = paperboy.json("trending", "--as-of", after, "-n", "3")
    assert [f"{paper['position']:>3}. {paper['title']}" for paper in shown["papers"]] == [
        line for line in printed.splitlines() if line[:5].strip().rstrip(".").isdigit()
    ]
    best = max(row["paper"]["upvotes"] for row in recorded["response"])
    assert shown["papers"][0]["reasons"] == [f"{best} upvotes when first seen"]
    before = (captured_at - timedelta(minutes=1)).isoformat()
    assert paperboy.json("trending", "--as-of", before)["papers"] == []


def test_once_sends_what_is_due_and_the_second_time_nothing(
    paperboy: Command, upstream: HuggingFaceServer
) -> None:
    with WebhookServer(lambda address: webhook_secret(SECRET.encode(), address)) as receiver:
        now = datetime.now(UTC)
        paperboy.ok(
            "destination", "add", "team", receiver.address(), "--days", "daily", "--at", f"{now:%H:%M}"
        )
        with sqlite3.connect(paperboy.home / "paperboy.db") as database:
            since = int((now - timedelta(minutes=2)).timestamp() * 1000)
            database.execute("UPDATE destinations SET active_from = ?, next_at = NULL", (since,))
        database.close()
        assert paperboy.json("once") == {"digests": 1, "deliveries": 1}
        assert paperboy.ok("once") == "0 digests written, 0 deliveries handled.\n"
        (arrival,) = receiver.arrivals
        assert len(arrival.body["papers"]) == 5
        assert "digest of 5 papers sent " in paperboy.ok("destination", "show", "team")
    assert upstream.asked


def test_a_backup_taken_while_the_bot_runs_restores_whole(
    paperboy: Command, upstream: HuggingFaceServer
) -> None:
    copy = paperboy.folder / "copy.db"
    with paperboy.running("run") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        shown = read_until(process.stdout, "Paper number 4")
        assert shown.startswith("Trending papers of the day · as of ")
        read_until(process.stderr, "Running; Ctrl-C stops.")
        paperboy.ok("destination", "add", "team", "console")
        paperboy.ok("db", "backup", str(copy))
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        assert "Traceback" not in process.stderr.read()
    restored = Command(paperboy.folder / "elsewhere", paperboy.settings)
    restored.home.mkdir(parents=True)
    shutil.copy(copy, restored.home / "paperboy.db")
    checked = restored.json("db", "check")
    assert checked["problems"] == []
    assert (checked["rows"]["papers"], checked["rows"]["destinations"]) == (7, 1)
    assert upstream.asked


def test_without_a_network_samples_are_shown_and_nothing_is_stored_or_sent(
    paperboy: Command, nobody: str
) -> None:
    with paperboy.running("run", HF_ENDPOINT=nobody) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        why = read_until(process.stderr, "invented samples").splitlines()[-1]
        assert why.startswith("Hugging Face cannot be reached")
        shown = read_until(process.stdout, "One Graph to Plot Them All")
        titles = [line for line in shown.splitlines() if line[:5].strip().rstrip(".").isdigit()]
        assert shown.startswith("Sample papers · as of ")
        assert len(titles) == 5
        assert all(" Sample: " in title for title in titles)
        read_until(process.stderr, "asking again until there are real papers")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert set(paperboy.json("db", "check")["rows"].items()) >= {("papers", 0), ("deliveries", 0)}


# --- being stopped -------------------------------------------------------------------------------


def test_ctrl_c_ends_even_a_first_start_that_waits_for_its_upstream(
    paperboy: Command, upstream: HuggingFaceServer
) -> None:
    upstream.faults.add(*[Drip()] * 20)
    with paperboy.running("run") as process:
        assert process.stderr is not None
        read_until(process.stderr, "Fetching the day's papers")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == "Stopping: what is under way is finished first.\n"


def test_ctrl_c_ends_a_command_without_a_word(paperboy: Command, upstream: HuggingFaceServer) -> None:
    upstream.faults.add(*[Drip()] * 20)
    with paperboy.running("ingest") as process:
        while not upstream.asked:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert process.stderr is not None
        assert process.stderr.read() == ""


# --- reading upstream ----------------------------------------------------------------------------


def test_the_sources_are_read_by_hand(paperboy: Command, upstream: HuggingFaceServer) -> None:
    read = paperboy.json("ingest")
    assert set(read) == {"new", "changed", "merged", "observations"}
    assert read["new"] == 7
    assert upstream.asked
    current = paperboy.json("sources")["sources"][0]
    assert current["last_success_at"] is not None


def test_reading_nothing_at_all_is_status_1_with_the_reason(paperboy: Command, nobody: str) -> None:
    done = paperboy.run("ingest", HF_ENDPOINT=nobody)
    assert done.returncode == 1
    assert done.stdout == "0 new papers, 0 changed, 0 new readings.\n"
    assert done.stderr.startswith("Hugging Face cannot be reached")
    assert done.stderr.count("\n") == 1
