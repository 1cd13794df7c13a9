"""The kill run: the real bot through ten recorded days, killed between every two states of a delivery.

A webhook's receiver must find exactly one digest for every slot; the console none twice, and whatever it may
have missed listed as doubtful. `make test` kills it 20 times, `make soak` 300 times and more.
"""

import gzip
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.webhook.signing import webhook_secret
from tests.e2e.clock import ClockServer, WorldClock
from tests.servers.huggingface import HuggingFaceServer, Seen
from tests.servers.webhook import (
    FAIL_AFTER,
    FAIL_BEFORE,
    RATE_LIMITED,
    Fault,
    LoseReply,
    LoseRequest,
    WebhookServer,
)
from tests.shared import shared_file

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-key-that-only-these-tests-know-0123456789"
DAYS = [date(2025, 11, 17) + timedelta(n) for n in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]
FIRST_INSTANT = datetime(2025, 11, 17, 0, 30, tzinfo=UTC)
RATE = 40.0  # seconds of the world's clock to a real one, while a process lives
PATIENCE = 120.0  # real seconds for anything to happen
HALTS = (
    "plan:before",
    "plan:after",
    "claim:after",
    "sending:before",
    "sending:after",
    "sent:before",
    "sent:after",
)
FAULTS: tuple[Fault, ...] = (LoseRequest(), LoseReply(), FAIL_BEFORE, FAIL_AFTER, RATE_LIMITED)
PRINTED = re.compile(r"^===== (\S+) =====$", re.MULTILINE)


@dataclass(frozen=True)
class Appointment:
    """One slot that must be served."""

    destination: str
    at: datetime
    day: date


@dataclass
class World:
    """Everything around the process under test."""

    folder: Path
    clock: WorldClock
    clock_server: ClockServer
    upstream: HuggingFaceServer
    receiver: WebhookServer
    kills: int = 0
    lives: int = 0
    output: list[str] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        keep = {name: value for name, value in os.environ.items() if not name.startswith("PAPERBOY_")}
        return keep | {
            "PAPERBOY_HOME": str(self.folder),
            "PAPERBOY_SECRET_KEY": SECRET,
            "PAPERBOY_BACKFILL_FROM": "off",
            "PAPERBOY_ARXIV": "off",
            "PAPERBOY_GITHUB": "off",
            "PAPERBOY_HACKERNEWS": "off",
            "PAPERBOY_LOG_LEVEL": "warning",
            "HF_ENDPOINT": self.upstream.url,
            "PYTHONPATH": str(ROOT),
        }

    def command(self, *arguments: str) -> str:
        """Runs the command line to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def life(self, halt: str = "-") -> Iterator[subprocess.Popen[str]]:
        """One life of the process; what is left of it at the end is killed."""
        self.lives += 1
        self.clock_server.halted.clear()
        printed = self.folder / f"stdout-{self.lives}"
        errors = self.folder / f"stderr-{self.lives}"
        with printed.open("w") as out, errors.open("w") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.program", self.clock_server.url, "0.05", halt],
                env=self.environment(),
                cwd=ROOT,
                stdout=out,
                stderr=err,
                text=True,
            )
            self.clock.run(RATE)
            try:
                yield process
            finally:
                self.clock.run(0)
                process.send_signal(signal.SIGKILL)
                process.wait(PATIENCE)
                self.output.append(printed.read_text())

    def kill_when_halted(self, halt: str, slot: Appointment) -> bool:
        """A life that ends where it halts; `False` if the slot was served before it got there."""
        with self.life(halt) as process:
            while not self.clock_server.halted.wait(0.05):
                if process.poll() is not None:
                    log = (self.folder / f"stderr-{self.lives}").read_text()
                    raise AssertionError(f"The program ended by itself at {halt}:\n{log}")
                if served(self, slot):
                    return False
            self.kills += 1
        return True

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.folder / "paperboy.db") as database:
            return database.execute(query).fetchall()


def recorded_lists() -> dict[date, list[Seen]]:
    """Each recorded list as one that grows: a third of it at 00:30 UTC, two thirds at 05:00, all at 08:00."""
    lists: dict[date, list[Seen]] = {}
    with gzip.open(shared_file("data/hf-daily-papers/responses.jsonl.gz"), "rt") as lines:
        for line in lines:
            body = json.loads(line)
            day = date.fromisoformat(body["list_date"])
            if DAYS[0] <= day <= DAYS[-1]:
                rows = body["response"]
                opened = datetime(day.year, day.month, day.day, tzinfo=UTC)
                lists[day] = [
                    Seen(opened + timedelta(hours=hours), rows[: max(len(rows) * share // 3, 1)])
                    for hours, share in ((0.5, 1), (5, 2), (8, 3))
                ]
    return lists


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = WorldClock(FIRST_INSTANT)
    receiver = WebhookServer(lambda address: webhook_secret(SECRET.encode(), address), now=clock.now)
    upstream = HuggingFaceServer(recorded_lists(), now=clock.now)
    with ClockServer(clock) as clock_server, upstream.in_thread(), receiver:
        yield World(tmp_path, clock, clock_server, upstream, receiver)


@dataclass(frozen=True)
class Place:
    """One destination, served every weekday at a local time."""

    name: str
    at: time
    zone: str = "UTC"

    @property
    def hook(self) -> bool:
        return self.name != "console"

    def slot(self, day: date) -> Appointment:
        local = datetime.combine(day, self.at, ZoneInfo(self.zone))
        return Appointment(self.name, local.astimezone(UTC), day)


FEW = (
    Place("berlin", time(8), "Europe/Berlin"),
    Place("console", time(9, 30)),
    Place("new-york", time(8), "America/New_York"),
)
MANY = (
    *FEW,
    Place("tokyo", time(8), "Asia/Tokyo"),
    Place("kolkata", time(8, 45), "Asia/Kolkata"),
    Place("azores", time(10, 15), "Atlantic/Azores"),
    Place("los-angeles", time(9), "America/Los_Angeles"),
    Place("late", time(20)),
)


def planned(world: World, appointment: Appointment) -> bool:
    """Whether the slot has its record, so that nothing of it is left to plan."""
    return bool(
        world.rows(
            "SELECT 1 FROM slots JOIN destinations ON destinations.id = slots.destination_id"
            f" WHERE name = '{appointment.destination}' AND local_date = '{appointment.day}'"
        )
    )


def served(world: World, appointment: Appointment) -> bool:
    """Whether the slot's delivery has come to an end, one way or another."""
    return bool(
        world.rows(
            "SELECT 1 FROM slots JOIN deliveries ON deliveries.id = slots.delivery_id"
            " JOIN destinations ON destinations.id = slots.destination_id"
            f" WHERE name = '{appointment.destination}' AND local_date = '{appointment.day}'"
            " AND deliveries.state IN ('sent', 'in_doubt', 'rejected')"
        )
    )


def live_until_served(world: World, appointment: Appointment) -> None:
    with world.life() as process:
        deadline = PATIENCE
        while not served(world, appointment):
            assert process.poll() is None, (world.folder / f"stderr-{world.lives}").read_text()
            world.clock_server.halted.wait(0.05)
            deadline -= 0.05
            assert deadline > 0, f"{appointment} was never served"


def kill_run(world: World, places: tuple[Place, ...], kills: int, seed: int) -> None:
    chance = random.Random(seed)
    for place in places:
        route = world.receiver.address() if place.hook else "console"
        when = ("--at", f"{place.at:%H:%M}", "--zone", place.zone, "--days", "weekdays")
        world.command("destination", "add", place.name, route, *when)
    # The command line's clock is the real one: what it made is moved into the recorded past.
    with sqlite3.connect(world.folder / "paperboy.db") as database:
        active_from = int(world.clock.now().timestamp() * 1000)
        database.execute("UPDATE destinations SET active_from = ?, next_at = NULL", (active_from,))
    slots = sorted(
        (slot for day in DAYS for place in places if (slot := place.slot(day)).at > FIRST_INSTANT),
        key=lambda slot: slot.at,
    )
    for number, slot in enumerate(slots):
        world.clock.set(slot.at - timedelta(seconds=20))
        while world.kills < kills * (number + 1) // len(slots) and not served(world, slot):
            if slot.destination != "console" and len(world.receiver.faults) < 2 and chance.random() < 0.6:
                world.receiver.faults.append(chance.choice(FAULTS))
            halts = [halt for halt in HALTS if not (halt.startswith("plan") and planned(world, slot))]
            halt = chance.choice(halts) if chance.random() < 0.7 else f"commit:{chance.randrange(3, 30)}"
            if not world.kill_when_halted(halt, slot):
                break
        live_until_served(world, slot)
        world.receiver.faults.clear()
    check(world, slots)


def check(world: World, slots: list[Appointment]) -> None:
    world.receiver.check()
    ids = dict(world.rows("SELECT name, id FROM destinations"))
    printed = Counter(key for text in world.output for key in PRINTED.findall(text))
    doubtful = {key for (key,) in world.rows("SELECT key FROM deliveries WHERE state = 'in_doubt'")}
    for slot in slots:
        key = f"digest-{ids[slot.destination]}-{slot.day}"
        if slot.destination == "console":
            assert printed[key] <= 1, f"{key} was printed {printed[key]} times"
            assert printed[key] == 1 or key in doubtful, f"{key} is neither printed nor listed as doubtful"
        else:
            assert len(world.receiver.arrived(key)) == 1, f"{key}: {world.receiver.arrived(key)}"
            assert key not in doubtful
    told = world.rows("SELECT recipient_id, paper_id, count(*) FROM ledger GROUP BY 1, 2 HAVING count(*) > 1")
    assert not told
    for name in ids.keys() - {"console"}:
        papers = [
            paper["key"]
            for slot in slots
            if slot.destination == name
            for paper in world.receiver.arrived(f"digest-{ids[name]}-{slot.day}")[0].body["papers"]
        ]
        assert papers
        assert len(papers) == len(set(papers)), "a paper was told twice"
    listed = json.loads(world.command("outbox", "list", "--state", "in_doubt", "--json"))
    assert {one["key"] for one in listed} == doubtful
    assert world.rows("PRAGMA integrity_check") == [("ok",)]
    assert world.rows("PRAGMA foreign_key_check") == []


def test_twenty_kills_leave_one_digest_for_every_slot(world: World) -> None:
    kill_run(world, FEW, 24, seed=1)
    assert world.kills >= 20


@pytest.mark.soak
def test_three_hundred_kills_leave_one_digest_for_every_slot(world: World) -> None:
    kill_run(world, MANY, 400, seed=2)
    print(f"{world.kills} kills over {len(DAYS)} recorded days in {world.lives} lives")
    assert world.kills >= 300
