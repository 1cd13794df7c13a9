"""The kill run with people on all ways: direct messages in Slack and Discord and mails, which lose replies,
and private feeds.

Nobody is told of a paper twice, whatever the way; and nobody misses one that their searches match, but by a
message that is listed as doubtful.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

import pytest

from adapters.discord import custom_ids
from adapters.discord.deliverer import KEY_WINDOW
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
from tests.e2e.test_discord_kill_run import EXPECTED, mark_on
from tests.e2e.test_discord_kill_run import FAULTS as DISCORD_FAULTS
from tests.e2e.test_mail_kill_run import FAULTS as MAIL_FAULTS
from tests.e2e.test_mail_kill_run import arrivals, confirm, mail_settings
from tests.e2e.test_slack_kill_run import FAULTS, SlackWorld, slack_world
from tests.platform.discord.discord_bot import Scene, scene_in
from tests.servers.discord.rest_messages import MESSAGES
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.world import TOKEN
from tests.servers.slack.state import User
from tests.servers.smtp import SmtpStandIn, in_thread

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
LETTER = Way(Place("ada-mail", time(8), "Europe/Berlin"), "email")
MESSAGE = Way(Place("ada-chat", time(12)), "discord")
FEW: dict[str, tuple[Wanted, ...]] = {
    "maya": (Wanted(EVERYTHING, (CHAT, BESIDE)), Wanted("model OR models", (EVENING,))),
    "ben": (Wanted("learning OR language", (AT_ONCE,)), Wanted(EVERYTHING, (EARLY, NOON))),
    "ada": (Wanted("model OR models", (LETTER,)), Wanted(EVERYTHING, (MESSAGE,))),
}


def _reader(number: int, zone: str) -> tuple[Wanted, ...]:
    """Somebody with two ways, whose first is direct messages for one and a feed for the next."""
    ways = [Way(Place(f"r{number}-{way}", time(9), zone), way) for way in ("slack", "feed")]
    return (Wanted(EVERYTHING, tuple(ways if number % 2 else ways[::-1])),)


ZONES = ("UTC", "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata", "America/New_York", "America/Los_Angeles")
MANY = FEW | {f"r{number}": _reader(number, zone) for number, zone in enumerate(ZONES)}
Lives = Mapping[str, tuple[Wanted, ...]]
"""What people want, by their names."""


@dataclass
class PeopleWorld:
    """The world with a Slack, a Discord and a mail server in it, which live on while the program dies."""

    chat: SlackWorld
    discord: DiscordServer
    scene: Scene  # on Discord
    mail: SmtpStandIn

    @property
    def world(self) -> World:
        return self.chat.world

    def user(self, name: str) -> User:
        """Maya, or somebody who comes into the workspace when first asked for."""
        if name == "maya":
            return self.chat.scene.maya
        number = f"U0{name.upper()}"
        users = self.chat.slack.world.users
        return users.get(number) or self.chat.slack.world.add_user(self.chat.scene.team, number, name)

    def address(self, name: str, surface: str) -> str:
        """Where somebody is reached by a way."""
        match surface:
            case "slack":
                direct = self.chat.slack.world.direct(self.user(name), self.chat.scene.token.bot_user)
                return f"{self.chat.scene.team.id}/{direct.id}"
            case "discord":
                return f"@me/{self.discord.world.direct(self.scene.keeper).id}"
            case "email":
                return f"{name}@example.org"
            case _:
                return f"feed0of0{name:0<16}"

    def arrived(self, name: str, surface: str, key: str) -> int:
        """How often the first message of a delivery is there."""
        match surface:
            case "slack":
                direct = self.chat.slack.world.direct(self.user(name), self.chat.scene.token.bot_user)
                return sum(_key(message.metadata) == (key, None) for message in direct.messages)
            case "discord":
                written = self.discord.world.direct(self.scene.keeper).written
                return sum(mark_on(message) == custom_ids.mark(key) for message in written)
            case _:
                return arrivals(self.mail)[key]

    def spoil(self, chance: random.Random) -> None:
        """Lets something go wrong with what is sent next."""
        if self.chat.slack.script.pending < 2 and chance.random() < 0.7:
            self.chat.slack.script.add("chat.postMessage", chance.choice(FAULTS))
        if not self.discord.script.pending and chance.random() < 0.7:
            self.discord.script.add("POST", MESSAGES, chance.choice(DISCORD_FAULTS))
        if not self.mail.faults and chance.random() < 0.5:
            self.mail.faults.append(chance.choice(MAIL_FAULTS))

    def heal(self) -> None:
        """Takes back what did not go wrong."""
        self.chat.slack.script.clear()
        self.discord.script.clear()
        self.mail.faults.clear()


@contextmanager
def people_world(folder: Path, *, recheck: bool) -> Iterator[PeopleWorld]:
    with (
        slack_world(folder, recheck=recheck) as chat,
        in_thread() as mail,
        DiscordServer(chat.world.clock.now).in_thread() as discord,
    ):
        discord.expect(*EXPECTED)
        discord.world.nonce_window = KEY_WINDOW
        scene = scene_in(discord)
        chat.world.settings |= mail_settings(mail)
        chat.world.settings |= {
            "PAPERBOY_DISCORD_API_URL": discord.api_url,
            "PAPERBOY_DISCORD_TOKEN": TOKEN,
        }
        yield PeopleWorld(chat, discord, scene, mail)


def places_of(lives: Lives) -> list[Place]:
    """All that have appointments, each once."""
    ways = [way for wanted in lives.values() for one in wanted for way in one.ways if way.days]
    return list(dict.fromkeys(way.place for way in ways))


async def subscribe(run: PeopleWorld, lives: Lives) -> None:
    """Lets all of them subscribe before the first list."""
    now = run.world.clock.now()
    async with open_sqlite(run.world.database, secret_key=SECRET.encode) as store:
        for name, wanted in lives.items():
            surfaces = {way.surface for one in wanted for way in one.ways}
            person = await store.people.meet(_identity(run, name, surfaces), name, f"r-{name}", now)
            if "email" in surfaces:
                await confirm(store, person.recipient_id, run.address(name, "email"))
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


def _identity(run: PeopleWorld, name: str, surfaces: set[str]) -> Identity:
    if "discord" in surfaces:
        return Identity("discord", "", run.scene.keeper.id)
    return Identity("slack", run.chat.scene.team.id, run.user(name).id)


def _destination(run: PeopleWorld, name: str, way: Way, now: datetime) -> Destination:
    return Destination(
        id=f"id-of-{way.place.name}",
        recipient_id=f"r-{name}",
        name=way.place.name,
        route=Route(surface=way.surface, address=run.address(name, way.surface)),
        schedule=Schedule(way.place.at, way.days, way.place.zone),
        pool=Pool.SUBSCRIPTIONS,
        maximum=MOST,
        owner_id=f"r-{name}",
        active_from=now,
        created_at=now,
    )


def kill_run(run: PeopleWorld, lives: Lives, kills: int, seed: int) -> list[Appointment]:
    """Lives through ten days, and gives the slots that had to be served."""
    chance = random.Random(seed)
    asyncio.run(subscribe(run, lives))
    slots = slots_of(places_of(lives))
    halts = (*run.chat.halts, "announce:before", "announce:after")
    run_through(
        run.world, slots, kills, chance, halts=halts, spoil=lambda _: run.spoil(chance), heal=run.heal
    )
    live_until(run.world, lambda: at_rest(run.world), "rest")
    print(f"{run.world.kills} kills in {run.world.lives} lives: {dict(run.world.halts)}")
    return slots


async def check_people(run: PeopleWorld, lives: Lives, slots: list[Appointment]) -> int:
    """Gives how many messages are in doubt."""
    doubts = 0
    async with open_sqlite(run.world.database, secret_key=SECRET.encode) as store:
        for name, wanted in lives.items():
            seen: Counter[int] = Counter()
            doubtful: set[int] = set()
            for key, surface, state, papers in _digests(run.world, name):
                if surface == "feed":
                    assert state == "sent", "nothing is ever in doubt about a feed"
                    seen.update(papers)
                    continue
                there = run.arrived(name, surface, key)
                assert there <= 1, f"{key} came twice"
                assert there or state == "in_doubt", f"{key} is missing, and nobody knows"
                if there:
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


def _key(metadata: dict[str, object] | None) -> tuple[str, object]:
    """The key of a message's delivery, and the number of its part: none for the first."""
    payload = (metadata or {}).get("event_payload")
    return (str(payload["key"]), payload.get("part")) if isinstance(payload, dict) else ("", None)


def test_nobody_is_told_twice_or_left_out_by_any_way(tmp_path: Path) -> None:
    with people_world(tmp_path, recheck=False) as run:
        slots = kill_run(run, FEW, 10, seed=11)
        assert asyncio.run(check_people(run, FEW, slots)), "nothing was ever in doubt: this proves nothing"
        check_store(run.world)
        used = {surface for (surface,) in run.world.rows("SELECT DISTINCT surface FROM deliveries")}
        assert used >= {"slack", "discord", "email", "feed"}
        assert run.world.kills >= 8


@pytest.mark.soak
@pytest.mark.parametrize("recheck", [True, False])
def test_a_hundred_kills_and_more_tell_nobody_twice_and_leave_nobody_out(
    tmp_path: Path, recheck: bool
) -> None:
    with people_world(tmp_path, recheck=recheck) as run:
        slots = kill_run(run, MANY, 500, seed=12)
        assert asyncio.run(check_people(run, MANY, slots)), "nothing was ever in doubt: this proves nothing"
        check_store(run.world)
        assert run.world.kills >= 100
