"""The kill run against Slack, which takes no idempotency key and loses replies.

With the pack `recheck` every slot's digest stands in its channel exactly once. Without it none stands there
twice; whatever may be missing is listed as doubtful, and whoever set the digest up was asked once, by a
direct message whose buttons settle it.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time
from pathlib import Path

import pytest

from bot.model import WORKDAYS, Destination, Layout, Route, Schedule
from bot.people.model import Identity
from storage.sqlite.store import open_sqlite
from tests.e2e.killing import (
    HALTS,
    SECRET,
    Appointment,
    Place,
    World,
    at_rest,
    check_store,
    live_until,
    run_through,
    slots_of,
    world_around,
)
from tests.servers.slack import BASE, RECHECK, Scene, SlackServer, workspace
from tests.servers.slack.controls import controls
from tests.servers.slack.exchange import Exchange
from tests.servers.slack.faults import (
    Fails,
    Fault,
    Garble,
    LoseReply,
    LoseRequest,
    RateLimited,
    Status,
)
from tests.servers.slack.state import Channel, Message

# Half of what goes wrong with a post is the worst that can: it is accepted, and nobody hears of it.
FAULTS: tuple[Fault, ...] = (
    LoseReply(),
    LoseReply(),
    Garble(),
    Status(500, accepts=True),
    LoseRequest(),
    Status(),
    RateLimited(),
    Fails("fatal_error"),
)
FEW = (Place("ml-papers", time(8), "Europe/Berlin"),)
MANY = (
    *FEW,
    Place("threads", time(8), "America/New_York"),
    Place("tokyo", time(9), "Asia/Tokyo"),
    Place("kolkata", time(8, 45), "Asia/Kolkata"),
    Place("azores", time(10, 15), "Atlantic/Azores"),
    Place("los-angeles", time(9), "America/Los_Angeles"),
    Place("noon", time(12)),
    Place("late", time(20)),
)
IN_THREADS = "threads"  # the place whose digests are a thread each


@dataclass
class SlackWorld:
    """The world with a Slack in it, which lives on while the program dies."""

    world: World
    slack: SlackServer
    scene: Scene
    recheck: bool

    @property
    def halts(self) -> tuple[str, ...]:
        """Between which states the program can be killed."""
        asked = ("in_doubt:before", "in_doubt:after", "post:before", "post:after")
        return (*HALTS, "retry:before", "retry:after", *(() if self.recheck else asked))

    def channel(self, place: str) -> Channel:
        return next(one for one in self.slack.world.channels.values() if one.name == place)

    def posted(self, place: str, key: str) -> list[Message]:
        """The messages of a delivery in a channel, and what stands in their threads."""
        return [one for one in self.channel(place).messages if _payload(one).get("key") == key]

    def notices(self) -> list[Message]:
        """What whoever set the digests up was told, and has not answered yet."""
        direct = self.slack.world.direct(self.scene.maya, self.scene.token.bot_user)
        return [one for one in direct.messages if _payload(one)]

    def set_up(self, places: tuple[Place, ...]) -> None:
        """Gives each place a channel, and a digest that maya set up."""
        for number, place in enumerate(places, 2):
            self.slack.world.add_channel(self.scene.team, f"C{number}", place.name, members=[self.scene.maya])
        asyncio.run(self._store(places))

    async def _store(self, places: tuple[Place, ...]) -> None:
        now = self.world.clock.now()
        maya = Identity("slack", self.scene.team.id, self.scene.maya.id)
        async with open_sqlite(self.world.database, secret_key=SECRET.encode) as store:
            owner = await store.people.meet(maya, "maya", "maya-of-acme", now)
            for place in places:
                address = f"{self.scene.team.id}/{self.channel(place.name).id}"
                made = Destination(
                    id=f"id-of-{place.name}",
                    recipient_id=f"readers-of-{place.name}",
                    name=place.name,
                    route=Route(surface="slack", address=address),
                    schedule=Schedule(place.at, WORKDAYS, place.zone),
                    layout=Layout.THREAD if place.name == IN_THREADS else Layout.COMPACT,
                    label=f"#{place.name}",
                    owner_id=owner.recipient_id,
                    active_from=now,
                    created_at=now,
                )
                await store.destinations.add(made, place.name)


@contextmanager
def slack_world(folder: Path, *, recheck: bool) -> Iterator[SlackWorld]:
    with world_around(folder) as world, SlackServer(world.clock.now).in_thread() as slack:
        scene = workspace(slack, BASE + RECHECK if recheck else BASE)
        world.settings |= {
            "PAPERBOY_SLACK_API_URL": slack.api_url,
            "PAPERBOY_SLACK_BOT_TOKEN": scene.token.value,
            "PAPERBOY_SLACK_PACKS": "recheck" if recheck else "",
            "PAPERBOY_SLACK_GUESTS": "none",
        }
        yield SlackWorld(world, slack, scene, recheck)


def kill_run(run: SlackWorld, places: tuple[Place, ...], kills: int, seed: int) -> list[Appointment]:
    """Lives through ten days, and gives the slots that had to be served."""
    chance = random.Random(seed)
    run.set_up(places)

    def spoil(_: Appointment) -> None:
        if run.slack.script.pending < 2 and chance.random() < 0.7:
            run.slack.script.add("chat.postMessage", chance.choice(FAULTS))
            if run.recheck and chance.random() < 0.3:
                run.slack.script.add("conversations.history", chance.choice((LoseReply(), RateLimited(5))))

    slots = slots_of(places)
    run_through(run.world, slots, kills, chance, halts=run.halts, spoil=spoil, heal=run.slack.script.clear)
    print(f"{run.world.kills} kills in {run.world.lives} lives: {dict(run.world.halts)}")
    return slots


def check_never_twice(run: SlackWorld, slots: list[Appointment]) -> dict[str, int]:
    """How often each digest is there: at most once, each part of its thread too."""
    found: dict[str, int] = {}
    for slot in slots:
        key = _key(slot)
        parts = Counter(_payload(one).get("part") for one in run.posted(slot.destination, key))
        assert set(parts.values()) <= {1}, f"{key} came twice: {parts}"
        found[key] = parts[None]
        papers = _papers(run, key)
        assert set(parts) <= {None, *(range(1, papers + 1) if slot.destination == IN_THREADS else ())}
        if run.recheck and slot.destination == IN_THREADS:
            assert len(parts) == papers + 1, f"The thread of {key} lacks something: {parts}"
    keys = [_payload(one)["key"] for one in run.notices()]
    assert len(keys) == len(set(keys)), f"maya was told twice: {keys}"
    return found


def check_asked(run: SlackWorld, found: dict[str, int]) -> dict[str, Message]:
    """Whoever set the digest up was asked once about each that is in doubt, and about no other. Gives the
    questions by the digest's key.
    """
    rows = run.world.rows("SELECT id, key, state FROM deliveries")
    states = {key: state for _, key, state in rows}
    questions = {_payload(one)["key"]: one for one in run.notices()}
    asked: dict[str, Message] = {}
    assert found.keys() <= states.keys()
    for delivery, key, state in rows:
        notice = f"notice-doubt-{delivery}"
        if key not in found:
            continue
        assert found[key] == 1 or state == "in_doubt", f"{key} is missing, and nobody knows"
        assert (notice in states) == (state == "in_doubt"), f"{key} is {state}"
        # A question may itself be lost on its way; it is listed too then.
        assert notice in questions or states.get(notice) in (None, "in_doubt")
        if notice in questions:
            assert [one.label for one in controls(questions[notice].blocks)] == [
                "It arrived",
                "Send it again",
            ]
            asked[key] = questions[notice]
    assert len(asked) == len(questions), "maya was asked about something that is not in doubt"
    return asked


def settle(run: SlackWorld, found: dict[str, int], asked: dict[str, Message]) -> None:
    """Maya looks, and answers every question truly."""
    run.world.settings["PAPERBOY_SLACK_APP_TOKEN"] = run.scene.app_token.value
    answers: list[Exchange] = []

    def settled() -> bool:
        if not answers and run.slack.socket.connections:
            for key, question in asked.items():
                label = "It arrived" if found[key] else "Send it again"
                answers.append(run.slack.run(run.slack.press(question, label, user=run.scene.maya)))
        states = dict(run.world.rows("SELECT key, state FROM deliveries"))
        return all(states[key] == "sent" for key in asked) and at_rest(run.world)

    live_until(run.world, settled, "answers to what is in doubt")
    assert all(one.acknowledged for one in answers)


def check_without_recheck(run: SlackWorld, slots: list[Appointment]) -> None:
    found = check_never_twice(run, slots)
    check_store(run.world)
    asked = check_asked(run, found)
    assert asked, "nothing was ever in doubt: this proves nothing"
    settle(run, found, asked)
    settled = check_never_twice(run, slots)
    assert {key for key in asked if settled[key] == 1} == asked.keys()


def check_with_recheck(run: SlackWorld, slots: list[Appointment]) -> None:
    found = check_never_twice(run, slots)
    assert set(found.values()) == {1}, f"missing: {[key for key, times in found.items() if not times]}"
    assert run.world.rows("SELECT key, state FROM deliveries WHERE state <> 'sent'") == []
    assert run.notices() == []
    check_store(run.world)


def test_with_recheck_every_digest_arrives_exactly_once(tmp_path: Path) -> None:
    with slack_world(tmp_path, recheck=True) as run:
        check_with_recheck(run, kill_run(run, FEW, 10, seed=3))
        assert run.world.kills >= 8


def test_without_recheck_no_digest_arrives_twice_and_doubts_are_asked_about(tmp_path: Path) -> None:
    with slack_world(tmp_path, recheck=False) as run:
        check_without_recheck(run, kill_run(run, FEW, 10, seed=4))
        assert run.world.kills >= 8


@pytest.mark.soak
def test_with_recheck_a_hundred_kills_and_more_leave_each_digest_exactly_once(tmp_path: Path) -> None:
    with slack_world(tmp_path, recheck=True) as run:
        check_with_recheck(run, kill_run(run, MANY, 300, seed=5))
        assert run.world.kills >= 100


@pytest.mark.soak
def test_without_recheck_a_hundred_kills_and_more_leave_none_twice(tmp_path: Path) -> None:
    with slack_world(tmp_path, recheck=False) as run:
        check_without_recheck(run, kill_run(run, MANY, 300, seed=6))
        assert run.world.kills >= 100


def _key(slot: Appointment) -> str:
    return f"digest-id-of-{slot.destination}-{slot.day}"


def _payload(message: Message) -> dict[str, str | int]:
    """What a delivery wrote beside its message."""
    return dict((message.metadata or {}).get("event_payload") or {})


def _papers(run: SlackWorld, key: str) -> int:
    ((papers,),) = run.world.rows(f"SELECT papers FROM deliveries WHERE key = '{key}'")
    return len(json.loads(papers))
