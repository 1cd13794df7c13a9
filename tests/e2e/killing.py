"""What kill runs share: a world around the real bot, which lives ten recorded days and is killed at will."""

import gzip
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.e2e.clock import ClockServer, WorldClock
from tests.servers.huggingface import HuggingFaceServer, Seen
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


@dataclass(frozen=True)
class Appointment:
    """One slot that must be served."""

    destination: str
    at: datetime
    day: date


@dataclass(frozen=True)
class Place:
    """One destination, served every weekday at a local time."""

    name: str
    at: time_of_day
    zone: str = "UTC"

    def slot(self, day: date) -> Appointment:
        local = datetime.combine(day, self.at, ZoneInfo(self.zone))
        return Appointment(self.name, local.astimezone(UTC), day)


def slots_of(places: Sequence[Place]) -> list[Appointment]:
    """All that must be served in the ten days, in order."""
    slots = (slot for day in DAYS for place in places if (slot := place.slot(day)).at > FIRST_INSTANT)
    return sorted(slots, key=lambda slot: slot.at)


@dataclass
class World:
    """Everything around the process under test, but for what it sends to."""

    folder: Path
    clock: WorldClock
    clock_server: ClockServer
    upstream: HuggingFaceServer
    settings: dict[str, str] = field(default_factory=dict)  # variables of the environment
    kills: int = 0
    lives: int = 0
    halts: Counter[str] = field(default_factory=Counter)  # where it was killed
    output: list[str] = field(default_factory=list)

    @property
    def database(self) -> Path:
        return self.folder / "paperboy.db"

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
            "PAPERBOY_WEB_ADDRESS": "127.0.0.1:0",
            "HF_ENDPOINT": self.upstream.url,
            "PYTHONPATH": str(ROOT),
            **self.settings,
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
    def life(self, halt: str = "-", rate: float = RATE) -> Iterator[subprocess.Popen[str]]:
        """One life of the process; what is left of it at the end is killed. `rate` is the clock's."""
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
            self.clock.run(rate)
            try:
                yield process
            finally:
                self.clock.run(0)
                process.send_signal(signal.SIGKILL)
                process.wait(PATIENCE)
                self.output.append(printed.read_text())

    def kill_when_halted(self, halt: str, slot: Appointment) -> bool:
        """A life that ends where it halts; `False` if all was settled before it got there."""
        with self.life(halt) as process:
            while not self.clock_server.halted.wait(0.05):
                if process.poll() is not None:
                    log = (self.folder / f"stderr-{self.lives}").read_text()
                    raise AssertionError(f"The program ended by itself at {halt}:\n{log}")
                if settled(self, slot):
                    return False
            self.kills += 1
            self.halts[halt] += 1
        return True

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.database) as database:
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


@contextmanager
def world_around(folder: Path) -> Iterator[World]:
    """The recorded world, in which nothing is set up yet."""
    clock = WorldClock(FIRST_INSTANT)
    upstream = HuggingFaceServer(recorded_lists(), now=clock.now)
    with ClockServer(clock) as clock_server, upstream.in_thread():
        yield World(folder, clock, clock_server, upstream)


def planned(world: World, appointment: Appointment) -> bool:
    """Whether the slot has its record, so that nothing of it is left to plan."""
    return bool(
        world.rows(
            "SELECT 1 FROM slots JOIN destinations ON destinations.id = slots.destination_id"
            f" WHERE name = '{appointment.destination}' AND local_date = '{appointment.day}'"
        )
    )


def at_rest(world: World) -> bool:
    """Whether nothing is on its way."""
    return not world.rows("SELECT 1 FROM deliveries WHERE state NOT IN ('sent', 'in_doubt', 'rejected')")


def settled(world: World, appointment: Appointment) -> bool:
    """Whether the slot was served, one way or another, and nothing else is on its way either."""
    return planned(world, appointment) and at_rest(world)


def live_until(world: World, condition: Callable[[], bool], what: object, *, rate: float = RATE) -> None:
    """A life without a kill, until something holds."""
    with world.life(rate=rate) as process:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert process.poll() is None, (world.folder / f"stderr-{world.lives}").read_text()
            assert time.monotonic() < deadline, f"In vain: {what}"
            world.clock_server.halted.wait(0.05)


def run_through(
    world: World,
    slots: Sequence[Appointment],
    kills: int,
    chance: random.Random,
    *,
    halts: Sequence[str] = HALTS,
    spoil: Callable[[Appointment], None],
    heal: Callable[[], None],
) -> None:
    """Lives through all slots, with so many kills spread over them.

    `spoil` may make something go wrong in the life to come, and `heal` takes back what did not.
    """
    for number, slot in enumerate(slots):
        world.clock.set(max(world.clock.now(), slot.at - timedelta(seconds=20)))
        while world.kills < kills * (number + 1) // len(slots) and not settled(world, slot):
            spoil(slot)
            apt = [halt for halt in halts if not (halt.startswith("plan") and planned(world, slot))]
            halt = chance.choice(apt) if chance.random() < 0.7 else f"commit:{chance.randrange(3, 30)}"
            if not world.kill_when_halted(halt, slot):
                break
        if not settled(world, slot):
            live_until(world, partial(settled, world, slot), slot)
        heal()


def check_store(world: World) -> None:
    """The store is whole, tells no paper twice, and lists what is in doubt."""
    told = world.rows("SELECT recipient_id, paper_id, count(*) FROM ledger GROUP BY 1, 2 HAVING count(*) > 1")
    assert not told
    doubtful = {key for (key,) in world.rows("SELECT key FROM deliveries WHERE state = 'in_doubt'")}
    listed = json.loads(world.command("outbox", "list", "--state", "in_doubt", "-n", "1000", "--json"))
    assert {one["key"] for one in listed} == doubtful
    assert world.rows("PRAGMA integrity_check") == [("ok",)]
    assert world.rows("PRAGMA foreign_key_check") == []
