"""The kill run: the real bot through ten recorded days, killed between every two states of a delivery.

A webhook's receiver must find exactly one digest for every slot; the console none twice, and whatever it may
have missed listed as doubtful. `make test` kills it 20 times, `make soak` 300 times and more.
"""

import random
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import time
from pathlib import Path

import pytest

from adapters.webhook.signing import webhook_secret
from tests.e2e.killing import (
    DAYS,
    SECRET,
    Appointment,
    Place,
    World,
    check_store,
    run_through,
    slots_of,
    world_around,
)
from tests.servers.webhook import (
    FAIL_AFTER,
    FAIL_BEFORE,
    RATE_LIMITED,
    Fault,
    LoseReply,
    LoseRequest,
    WebhookServer,
)

FAULTS: tuple[Fault, ...] = (LoseRequest(), LoseReply(), FAIL_BEFORE, FAIL_AFTER, RATE_LIMITED)
PRINTED = re.compile(r"^===== (\S+) =====$", re.MULTILINE)
CONSOLE = "console"  # the destination that goes there; every other one goes to the webhook

FEW = (
    Place("berlin", time(8), "Europe/Berlin"),
    Place(CONSOLE, time(9, 30)),
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


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with world_around(tmp_path) as world:
        yield world


@pytest.fixture
def receiver(world: World) -> Iterator[WebhookServer]:
    with WebhookServer(
        lambda address: webhook_secret(SECRET.encode(), address), now=world.clock.now
    ) as receiver:
        yield receiver


def kill_run(world: World, receiver: WebhookServer, places: tuple[Place, ...], kills: int, seed: int) -> None:
    chance = random.Random(seed)
    for place in places:
        route = CONSOLE if place.name == CONSOLE else receiver.address()
        when = ("--at", f"{place.at:%H:%M}", "--zone", place.zone, "--days", "weekdays")
        world.command("destination", "add", place.name, route, *when)
    # The command line's clock is the real one: what it made is moved into the recorded past.
    with sqlite3.connect(world.database) as database:
        active_from = int(world.clock.now().timestamp() * 1000)
        database.execute("UPDATE destinations SET active_from = ?, next_at = NULL", (active_from,))

    def spoil(slot: Appointment) -> None:
        if slot.destination != CONSOLE and len(receiver.faults) < 2 and chance.random() < 0.6:
            receiver.faults.append(chance.choice(FAULTS))

    slots = slots_of(places)
    run_through(world, slots, kills, chance, spoil=spoil, heal=receiver.faults.clear)
    check(world, receiver, slots)


def check(world: World, receiver: WebhookServer, slots: list[Appointment]) -> None:
    receiver.check()
    ids = dict(world.rows("SELECT name, id FROM destinations"))
    printed = Counter(key for text in world.output for key in PRINTED.findall(text))
    doubtful = {key for (key,) in world.rows("SELECT key FROM deliveries WHERE state = 'in_doubt'")}
    for slot in slots:
        key = f"digest-{ids[slot.destination]}-{slot.day}"
        if slot.destination == CONSOLE:
            assert printed[key] <= 1, f"{key} was printed {printed[key]} times"
            assert printed[key] == 1 or key in doubtful, f"{key} is neither printed nor listed as doubtful"
        else:
            assert len(receiver.arrived(key)) == 1, f"{key}: {receiver.arrived(key)}"
            assert key not in doubtful
    for name in ids.keys() - {CONSOLE}:
        papers = [
            paper["key"]
            for slot in slots
            if slot.destination == name
            for paper in receiver.arrived(f"digest-{ids[name]}-{slot.day}")[0].body["papers"]
        ]
        assert papers
        assert len(papers) == len(set(papers)), "a paper was told twice"
    check_store(world)


def test_twenty_kills_leave_one_digest_for_every_slot(world: World, receiver: WebhookServer) -> None:
    kill_run(world, receiver, FEW, 24, seed=1)
    assert world.kills >= 20


@pytest.mark.soak
def test_three_hundred_kills_leave_one_digest_for_every_slot(world: World, receiver: WebhookServer) -> None:
    kill_run(world, receiver, MANY, 400, seed=2)
    print(f"{world.kills} kills over {len(DAYS)} recorded days in {world.lives} lives")
    assert world.kills >= 300
