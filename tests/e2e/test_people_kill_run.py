"""The kill run with people on several ways: direct messages in Slack, which loses replies, and private feeds.

Nobody is told of a paper twice, whatever the way; and nobody misses one that their searches match, but by a
direct message that is listed as doubtful.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

import pytest

from bot.model import WORKDAYS, Destination, Pool, Route, Schedule, Weekday
from bot.people.model import Cadence, Identity, Subscription, SubscriptionState
from bot.search.match import matches
from bot.search.query import parse
from storage.sqlite.store import SqliteStore, open_sqlite
from tests.e2e.killing import (
    SECRET,
    Appointment,
    Place,
    World,
    at_rest,
    check_store,
    live_until,
    run_through,
    slots_of,
)
from tests.e2e.test_slack_kill_run import FAULTS, SlackWorld, slack_world
from tests.servers.slack.state import User

EVERYTHING = "-zzzz"  # what no recorded paper has
MOST = 50  # papers a message: more than any recorded list has


@dataclass(frozen=True)
class Way:
    """One way to somebody, served at a place's time, or as papers appear."""

    place: Place
    surface: str
    days: frozenset[Weekday] = WORKDAYS


@dataclass(frozen=True)
class Wanted:
    """A search of somebody's with its ways, in their order."""

    query: str
    ways: tuple[Way, ...]

    @property
    def cadence(self) -> Cadence:
        return Cadence.DAILY if self.ways[0].days else Cadence.INSTANT


CHAT = Way(Place("maya-chat", time(8), "Europe/Berlin"), "slack")
BESIDE = Way(Place("maya-feed", time(8), "Europe/Berlin"), "feed")
EVENING = Way(Place("maya-evening", time(20)), "feed")
EARLY = Way(Place("ben-feed", time(7, 30)), "feed")
NOON = Way(Place("ben-chat", time(12)), "slack")
AT_ONCE = Way(Place("ben-at-once", time(0)), "slack", frozenset())
FEW: dict[str, tuple[Wanted, ...]] = {
    "maya": (Wanted(EVERYTHING, (CHAT, BESIDE)), Wanted("model OR models", (EVENING,))),
    "ben": (Wanted("learning OR language", (AT_ONCE,)), Wanted(EVERYTHING, (EARLY, NOON))),
}


def _reader(number: int, zone: str) -> tuple[Wanted, ...]:
    """Somebody with two ways, whose first is direct messages for one and a feed for the next."""
    ways = [Way(Place(f"r{number}-{way}", time(9), zone), way) for way in ("slack", "feed")]
    return (Wanted(EVERYTHING, tuple(ways if number % 2 else ways[::-1])),)


ZONES = ("UTC", "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata", "America/New_York", "America/Los_Angeles")
MANY = FEW | {f"r{number}": _reader(number, zone) for number, zone in enumerate(ZONES)}
Lives = Mapping[str, tuple[Wanted, ...]]
"""What people want, by their names."""


def places_of(lives: Lives) -> list[Place]:
    """All that have appointments, each once."""
    ways = [way for wanted in lives.values() for one in wanted for way in one.ways if way.days]
    return list(dict.fromkeys(way.place for way in ways))


def user_of(run: SlackWorld, name: str) -> User:
    """Maya, or somebody who comes into the workspace when first asked for."""
    if name == "maya":
        return run.scene.maya
    number = f"U0{name.upper()}"
    return run.slack.world.users.get(number) or run.slack.world.add_user(run.scene.team, number, name)


async def subscribe(run: SlackWorld, lives: Lives) -> None:
    """Lets all of them subscribe before the first list."""
    now = run.world.clock.now()
    async with open_sqlite(run.world.database, secret_key=SECRET.encode) as store:
        for name, wanted in lives.items():
            identity = Identity("slack", run.scene.team.id, user_of(run, name).id)
            person = await store.people.meet(identity, name, f"r-{name}", now)
            for number, one in enumerate(wanted):
                made = Subscription(
                    id=f"{name}-{number}",
                    recipient_id=person.recipient_id,
                    query=one.query,
                    cadence=one.cadence,
                    maximum=MOST,
                    days=one.ways[0].days,
                    destination_ids=(),
                    state=SubscriptionState.ACTIVE,
                    created_at=now,
                )
                first, *others = [_destination(run, name, way, now) for way in one.ways]
                await store.people.subscribe(made, first)
                for other in others:
                    await store.people.speak_on(made.id, other)


def _destination(run: SlackWorld, name: str, way: Way, now: datetime) -> Destination:
    direct = run.slack.world.direct(user_of(run, name), run.scene.token.bot_user)
    address = f"{run.scene.team.id}/{direct.id}" if way.surface == "slack" else f"feed0of0{name:0<16}"
    return Destination(
        id=f"id-of-{way.place.name}",
        recipient_id=f"r-{name}",
        name=way.place.name,
        route=Route(surface=way.surface, address=address),
        schedule=Schedule(way.place.at, way.days, way.place.zone),
        pool=Pool.SUBSCRIPTIONS,
        maximum=MOST,
        owner_id=f"r-{name}",
        active_from=now,
        created_at=now,
    )


def kill_run(run: SlackWorld, lives: Lives, kills: int, seed: int) -> list[Appointment]:
    """Lives through ten days, and gives the slots that had to be served."""
    chance = random.Random(seed)
    asyncio.run(subscribe(run, lives))

    def spoil(_: Appointment) -> None:
        if run.slack.script.pending < 2 and chance.random() < 0.7:
            run.slack.script.add("chat.postMessage", chance.choice(FAULTS))

    slots = slots_of(places_of(lives))
    halts = (*run.halts, "announce:before", "announce:after")
    run_through(run.world, slots, kills, chance, halts=halts, spoil=spoil, heal=run.slack.script.clear)
    live_until(run.world, lambda: at_rest(run.world), "rest")
    print(f"{run.world.kills} kills in {run.world.lives} lives: {dict(run.world.halts)}")
    return slots


async def check_people(run: SlackWorld, lives: Lives, slots: list[Appointment]) -> int:
    """Gives how many direct messages are in doubt."""
    doubts = 0
    async with open_sqlite(run.world.database, secret_key=SECRET.encode) as store:
        for name, wanted in lives.items():
            direct = run.slack.world.direct(user_of(run, name), run.scene.token.bot_user)
            there = Counter(_key(message.metadata) for message in direct.messages)
            seen: Counter[int] = Counter()
            doubtful: set[int] = set()
            for key, surface, state, papers in _digests(run.world, name):
                if surface == "slack":
                    assert there[key] <= 1, f"{key} came twice"
                    assert there[key] == 1 or state == "in_doubt", f"{key} is missing, and nobody knows"
                else:
                    assert state == "sent", "nothing is ever in doubt about a feed"
                if surface == "feed" or there[key]:
                    seen.update(papers)
                if state == "in_doubt":
                    doubts += 1
                    doubtful.update(papers)
            assert set(seen.values()) <= {1}, f"{name} was told twice"
            assert await _feed(store, name) <= set(seen)
            for one in wanted:
                due = await _due(store, run.world, one, slots)
                assert due <= seen.keys() | doubtful, f"{name} missed {due - seen.keys()} of {one.query}"
    return doubts


def _digests(world: World, name: str) -> list[tuple[str, str, str, list[int]]]:
    """The key, the way, the fate and the papers of each message to somebody, those called off left out."""
    rows = world.rows(
        "SELECT key, surface, state, papers FROM deliveries"
        f" WHERE recipient_id = 'r-{name}' AND kind = 'digest' AND state <> 'rejected'"
    )
    return [(key, surface, state, json.loads(papers)) for key, surface, state, papers in rows]


async def _feed(store: SqliteStore, name: str) -> set[int]:
    """The papers in somebody's feed, each there once."""
    places = [one for one in await store.destinations.list() if one.recipient_id == f"r-{name}"]
    posted = [
        number
        for place in places
        if place.route.surface == "feed"
        for message in await store.outbox.posted(place.id, 1_000)
        for number in message.papers
    ]
    assert len(posted) == len(set(posted))
    return set(posted)


async def _due(store: SqliteStore, world: World, wanted: Wanted, slots: list[Appointment]) -> set[int]:
    """The papers that match a search and came before its last slot, or before the last of all."""
    names = {way.place.name for way in wanted.ways}
    until = max([slot.at for slot in slots if slot.destination in names] or [slots[-1].at])
    query = parse(wanted.query)
    numbers = [number for (number,) in world.rows("SELECT id FROM papers")]
    papers = (await store.papers.get(numbers)).values()
    due = {one.id for one in papers if one.first_seen_at < until and matches(query, one, now=until)}
    assert due, "nothing ever matched: this proves nothing"
    return due


def _key(metadata: dict[str, object] | None) -> str:
    payload = (metadata or {}).get("event_payload")
    return str(payload["key"]) if isinstance(payload, dict) else ""


def test_nobody_is_told_twice_or_left_out_by_any_way(tmp_path: Path) -> None:
    with slack_world(tmp_path, recheck=False) as run:
        slots = kill_run(run, FEW, 10, seed=11)
        assert asyncio.run(check_people(run, FEW, slots)), "nothing was ever in doubt: this proves nothing"
        check_store(run.world)
        assert run.world.rows("SELECT 1 FROM deliveries WHERE surface = 'feed'"), "no feed was ever used"
        assert run.world.kills >= 8


@pytest.mark.soak
@pytest.mark.parametrize("recheck", [True, False])
def test_a_hundred_kills_and_more_tell_nobody_twice_and_leave_nobody_out(
    tmp_path: Path, recheck: bool
) -> None:
    with slack_world(tmp_path, recheck=recheck) as run:
        slots = kill_run(run, MANY, 500, seed=12)
        assert bool(asyncio.run(check_people(run, MANY, slots))) is not recheck
        check_store(run.world)
        assert run.world.kills >= 100
