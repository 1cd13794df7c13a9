"""The kill run against Discord, which drops repeats for a few minutes, and loses replies.

Where the history may be read, every slot's digest stands in its place exactly once, in whatever way it is put
up, and is published once. Where it may not, none stands there twice; whatever may be missing is listed as
doubtful, and whoever set the digest up was asked once, by a direct message whose buttons settle it.

Between two lives pass seconds, or more than the minutes for which Discord remembers a nonce.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Final

import pytest

from adapters.discord import custom_ids
from adapters.discord.deliverer import KEY_WINDOW
from bot.model import PLAIN_POSTING, WORKDAYS, Destination, Layout, Posting, Route, Schedule
from bot.people.model import Identity
from storage.sqlite.store import open_sqlite
from tests.e2e.killing import (
    DAYS,
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
from tests.platform.discord.discord_bot import Scene, actions_of, scene_in
from tests.servers.discord.faults import Fails, Fault, Garble, LoseReply, LoseRequest, RateLimited, Status
from tests.servers.discord.message_rules import every
from tests.servers.discord.permissions import Permission
from tests.servers.discord.rest_messages import MESSAGE, MESSAGES
from tests.servers.discord.rest_threads import THREADS
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Channel, Message
from tests.servers.discord.world import TOKEN

# Half of what goes wrong with a post is the worst that can: it is accepted, and nobody hears of it.
FAULTS: tuple[Fault, ...] = (
    LoseReply(),
    LoseReply(),
    Garble(),
    Status(500, accepts=True),
    LoseRequest(),
    Status(),
    RateLimited(),
    Fails(403, 40062),  # Discord asks for patience
)
UNANSWERED: tuple[Fault, ...] = (LoseReply(), LoseRequest(), Status(500, accepts=True), Garble())
ABSENCES = (timedelta(0), timedelta(seconds=100), KEY_WINDOW + timedelta(minutes=1), timedelta(minutes=15))
# Refused on purpose: a thread or a publication that is there already, a thread that is not there yet, and the
# questions whether a history or a forum's closed posts may be read.
EXPECTED = (160004, 40033, 10003, 10008, 50001, 50013, 40062)
SLOWLY: Final = 0.5  # seconds of the world's clock to a real one, while somebody presses
MOST_PARTS: Final = 12  # messages of one digest
MOST_PAPERS: Final = 3

FEW = (
    Place("text", time(8), "Europe/Berlin"),
    Place("threads", time(8), "Europe/Berlin"),
    Place("news", time(8), "Europe/Berlin"),
    Place("forum", time(8), "Europe/Berlin"),
)
MANY = (
    *FEW,
    Place("embeds", time(8), "America/New_York"),
    Place("direct", time(9), "Asia/Tokyo"),
    Place("embeds-in-forum", time(8, 45), "Asia/Kolkata"),
    Place("threads-in-news", time(10, 15), "Atlantic/Azores"),
    Place("cards", time(9), "America/Los_Angeles"),
    Place("text-too", time(20)),
)
UNREAD = (Place("text", time(8), "Europe/Berlin"),)
MANY_UNREAD = (
    *UNREAD,
    Place("threads", time(8), "America/New_York"),
    Place("embeds", time(9), "Asia/Tokyo"),
    Place("news", time(8, 45), "Asia/Kolkata"),
    Place("text-too", time(9), "America/Los_Angeles"),
    Place("forum", time(20)),
)


@dataclass
class DiscordWorld:
    """The world with a Discord in it, which lives on while the program dies."""

    world: World
    discord: DiscordServer
    scene: Scene
    readable: bool

    @property
    def halts(self) -> tuple[str, ...]:
        """Between which states the program can be killed."""
        asked = ("in_doubt:before", "in_doubt:after", "post:before", "post:after")
        return (*HALTS, "retry:before", "retry:after", *(() if self.readable else asked))

    @property
    def direct(self) -> Channel:
        """Maya's direct messages with the bot."""
        return self.discord.world.direct(self.scene.keeper)

    def channel(self, place: str) -> Channel:
        if place == "direct":
            return self.direct
        return next(one for one in self.scene.guild.channels.values() if one.name == place)

    def posted(self, place: str, key: str) -> list[tuple[int, Message]]:
        """The messages of a delivery in a place and its threads, each with the number of its part."""
        channel = self.channel(place)
        parts = {custom_ids.mark(key, number): number for number in range(MOST_PARTS)}
        messages = [one for where in (channel, *channel.threads) for one in where.written]
        return [(parts[mark], one) for one in messages if (mark := mark_on(one)) in parts]

    def notice(self, key: str) -> list[Message]:
        """What maya was told under this key."""
        return [one for one in self.direct.written if mark_on(one) == custom_ids.mark(key)]

    def set_up(self, places: tuple[Place, ...]) -> None:
        """Gives each place a channel, and a digest that maya set up."""
        guild = self.scene.guild
        for place in places:
            if "news" in place.name:
                guild.announcement_channel(place.name)
            elif "forum" in place.name:
                guild.forum(place.name, ["digests"], require_tag=True)
            elif place.name != "direct":
                guild.text_channel(place.name)
        if not self.readable:
            for role in guild.roles.values():
                guild.allow(role, role.permissions & ~Permission.READ_MESSAGE_HISTORY)
        asyncio.run(self._store(places))

    async def _store(self, places: tuple[Place, ...]) -> None:
        now = self.world.clock.now()
        maya = Identity("discord", "", self.scene.keeper.id)
        async with open_sqlite(self.world.database, secret_key=SECRET.encode) as store:
            owner = await store.people.meet(maya, "maya", "maya-of-acme", now)
            for place in places:
                channel = self.channel(place.name)
                where = "@me" if channel.guild is None else channel.guild.id
                made = Destination(
                    id=f"id-of-{place.name}",
                    recipient_id=f"readers-of-{place.name}",
                    name=place.name,
                    route=Route(surface="discord", address=f"{where}/{channel.id}"),
                    schedule=Schedule(place.at, WORKDAYS, place.zone),
                    layout=_layout(place.name),
                    posting=_posting(channel),
                    maximum=MOST_PAPERS,
                    label=f"#{place.name}",
                    owner_id=owner.recipient_id,
                    active_from=now,
                    created_at=now,
                )
                await store.destinations.add(made, place.name)


@contextmanager
def discord_world(folder: Path, *, readable: bool) -> Iterator[DiscordWorld]:
    with world_around(folder) as world, DiscordServer(world.clock.now).in_thread() as discord:
        discord.expect(*EXPECTED)
        discord.world.nonce_window = KEY_WINDOW  # the least that is counted on
        scene = scene_in(discord)
        world.settings |= {"PAPERBOY_DISCORD_API_URL": discord.api_url, "PAPERBOY_DISCORD_TOKEN": TOKEN}
        yield DiscordWorld(world, discord, scene, readable)


def kill_run(
    run: DiscordWorld, places: tuple[Place, ...], kills: int, seed: int, days: int = len(DAYS)
) -> list[Appointment]:
    """Lives through so many days, and gives the slots that had to be served."""
    chance = random.Random(seed)
    run.set_up(places)
    script = run.discord.script
    absences: set[timedelta] = set()

    def spoil(_: Appointment) -> None:
        absent = chance.choice(ABSENCES)
        absences.add(absent)
        run.world.clock.set(run.world.clock.now() + absent)
        if script.pending or chance.random() < 0.3:
            return
        for route in (MESSAGES, THREADS):
            script.add("POST", route, chance.choice(FAULTS))
        if chance.random() < 0.3:
            script.add("POST", f"{MESSAGE}/crosspost", chance.choice(UNANSWERED))
        if run.readable and chance.random() < 0.3:
            script.add("GET", MESSAGES, chance.choice((LoseReply(), Status(), RateLimited(5))))

    slots = [slot for slot in slots_of(places) if slot.day in DAYS[:days]]
    run_through(run.world, slots, kills, chance, halts=run.halts, spoil=spoil, heal=script.clear)
    assert min(absences) < KEY_WINDOW < max(absences)
    print(f"{run.world.kills} kills in {run.world.lives} lives: {dict(run.world.halts)}")
    return slots


def check_never_twice(run: DiscordWorld, slots: list[Appointment]) -> dict[str, int]:
    """How often each digest is there: at most once, each part of it too, and published once."""
    found: dict[str, int] = {}
    for slot in slots:
        key = _key(slot)
        posted = run.posted(slot.destination, key)
        parts = Counter(number for number, _ in posted)
        assert set(parts.values()) <= {1}, f"{key} came twice: {parts}"
        found[key] = parts[0]
        if run.readable:
            assert set(parts) == set(range(len(parts))), f"{key} lacks something: {parts}"
            assert len(parts) == _messages(run, key) or "threads" not in slot.destination, parts
            unpublished = [one for _, one in posted if _published(one) is False]
            assert not unpublished, f"{key} is not published"
    for channel in run.scene.guild.channels.values():
        times = run.discord.world.crossposts[channel.id]
        assert len(times) == sum(1 for one in channel.written if one.crossposted)
    return found


def check_asked(run: DiscordWorld, found: dict[str, int]) -> dict[str, Message]:
    """Whoever set the digest up was asked once about each that is in doubt, and about no other. Gives the
    questions by the digest's key.
    """
    rows = run.world.rows("SELECT id, key, state FROM deliveries")
    states = {key: state for _, key, state in rows}
    asked: dict[str, Message] = {}
    assert found.keys() <= states.keys()
    for delivery, key, state in rows:
        notice = f"notice-doubt-{delivery}"
        questions = run.notice(notice)
        if key not in found:
            assert not questions
            continue
        assert found[key] == 1 or state == "in_doubt", f"{key} is missing, and nobody knows"
        assert (notice in states) == (state == "in_doubt"), f"{key} is {state}"
        assert len(questions) == (state == "in_doubt"), f"maya was asked {len(questions)} times about {key}"
        if questions:
            assert list(actions_of(questions[0])) == ["It arrived", "Send it again"]
            asked[key] = questions[0]
    assert len(run.direct.written) == len(asked), "maya was told something else"
    return asked


def settle(run: DiscordWorld, found: dict[str, int], asked: dict[str, Message]) -> None:
    """Maya looks, and answers every question truly."""

    async def gone() -> None:
        await run.discord.until(lambda: not run.discord.gateway.live)

    async def answered() -> None:
        await run.discord.connected()
        for key, question in asked.items():
            label = "It arrived" if found[key] else "Send it again"
            pressed = await run.discord.press(question, label, user=run.scene.keeper)
            await pressed.callback()

    run.discord.run(gone())  # the connection of the life before
    run.world.clock.set(run.world.clock.now() + timedelta(minutes=1))  # so that another may be opened
    pressing = iter([answered()])  # once, as soon as the program lives

    def settled() -> bool:
        for one in pressing:
            run.discord.run(one)
        states = dict(run.world.rows("SELECT key, state FROM deliveries"))
        return all(states[key] == "sent" for key in asked) and at_rest(run.world)

    live_until(run.world, settled, "answers to what is in doubt", rate=SLOWLY)


def check_unreadable(run: DiscordWorld, slots: list[Appointment]) -> None:
    found = check_never_twice(run, slots)
    check_store(run.world)
    asked = check_asked(run, found)
    assert asked, "nothing was ever in doubt: this proves nothing"
    settle(run, found, asked)
    settled = check_never_twice(run, slots)
    assert {key for key in asked if settled[key] == 1} == asked.keys()


def check_readable(run: DiscordWorld, slots: list[Appointment]) -> None:
    found = check_never_twice(run, slots)
    assert set(found.values()) == {1}, f"missing: {[key for key, times in found.items() if not times]}"
    assert run.world.rows("SELECT key, state FROM deliveries WHERE state <> 'sent'") == []
    assert run.world.rows("SELECT key FROM deliveries WHERE kind = 'notice'") == []
    check_store(run.world)


def test_where_history_is_read_every_digest_arrives_exactly_once(tmp_path: Path) -> None:
    with discord_world(tmp_path, readable=True) as run:
        check_readable(run, kill_run(run, FEW, 11, seed=3, days=5))
        assert run.world.kills >= 8


def test_where_it_is_not_no_digest_arrives_twice_and_doubts_are_asked_about(tmp_path: Path) -> None:
    with discord_world(tmp_path, readable=False) as run:
        check_unreadable(run, kill_run(run, UNREAD, 12, seed=4, days=6))
        assert run.world.kills >= 8


@pytest.mark.soak
def test_where_history_is_read_a_hundred_kills_and_more_leave_each_exactly_once(tmp_path: Path) -> None:
    with discord_world(tmp_path, readable=True) as run:
        check_readable(run, kill_run(run, MANY, 150, seed=5))
        assert run.world.kills >= 80


@pytest.mark.soak
def test_where_it_is_not_a_hundred_kills_and_more_leave_none_twice(tmp_path: Path) -> None:
    with discord_world(tmp_path, readable=False) as run:
        check_unreadable(run, kill_run(run, MANY_UNREAD, 150, seed=6))
        assert run.world.kills >= 80


def _key(slot: Appointment) -> str:
    return f"digest-id-of-{slot.destination}-{slot.day}"


def _layout(place: str) -> Layout:
    """Places are called by what their digests look like."""
    named = (one for one in (Layout.EMBEDS, Layout.CARDS) if place.startswith(one))
    return Layout.THREAD if place.startswith("threads") else next(named, Layout.COMPACT)


def _posting(channel: Channel) -> Posting:
    if "news" in channel.name:
        return Posting(publish=True)
    return Posting(forum=True, tag=channel.tags[0].id) if channel.tags else PLAIN_POSTING


def _published(message: Message) -> bool | None:
    """Whether it is published; `None` where it cannot be."""
    return message.crossposted if "news" in message.channel.name and not message.channel.is_thread else None


def mark_on(message: Message) -> str | None:
    """The mark of a delivery that a message carries: as its nonce or, in a forum, in a component."""
    if message.nonce is not None:
        return str(message.nonce)
    ids = (one["custom_id"] for _, one in every(message.components) if "custom_id" in one)
    return next((mark for mark in map(custom_ids.mark_of, ids) if mark is not None), None)


def _messages(run: DiscordWorld, key: str) -> int:
    """Of a digest in a thread: the list, and one a paper."""
    ((papers,),) = run.world.rows(f"SELECT papers FROM deliveries WHERE key = '{key}'")
    return len(json.loads(papers)) + 1
