"""Discord with the program as a user starts it: a process, its token in the environment, a loopback Discord.

`paperboy run` comes up, is talked to, ended in order, and its log read for what must not be in it. Days and
restarts are proved by the same program on a clock of the test's own.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.sources.calendar import current_list_day
from tests.contract.rows import DAY
from tests.e2e.command import PATIENCE, Command, read_until
from tests.e2e.killing import DAYS, RATE, World, world_around
from tests.platform.discord.discord_bot import Scene, scene_in, text_of
from tests.servers.discord.faults import Held
from tests.servers.discord.interactions import Exchange, Modal
from tests.servers.discord.server import DiscordServer
from tests.servers.discord.state import Message
from tests.servers.discord.world import TOKEN
from tests.servers.huggingface import HuggingFaceServer, daily_row

T = TypeVar("T")

SLOWLY = 0.5  # seconds of the world's clock to a real one, while somebody types and presses
TYPED = ("zebrafish stripes", "quokka", "armadillo")  # what must never be logged


@dataclass
class Talk:
    """Maya, who talks to the bot from another thread than Discord's own."""

    discord: DiscordServer
    scene: Scene

    def do(self, act: Coroutine[Any, Any, T]) -> T:
        return self.discord.run(act)

    def until(self, condition: Callable[[], T]) -> T:
        return self.do(self.discord.until(condition))

    def types(self, name: str, **options: Any) -> Exchange:
        user, channel = self.scene.keeper, self.scene.channel
        return self.do(self.discord.command(name, options, user=user, channel=channel))

    def presses(self, where: Message, name: str) -> Exchange:
        return self.do(self.discord.press(where, name, user=self.scene.keeper))

    def submits(self, form: Modal, **values: Any) -> Exchange:
        return self.do(self.discord.submit(form, values))

    def shown(self, exchange: Exchange) -> Message:
        return self.do(exchange.message())

    def answer(self, exchange: Exchange) -> str:
        """The answer's words."""
        return text_of(self.shown(exchange))

    def posted(self) -> list[Message]:
        """What stands in the channel."""
        return self.scene.channel.written

    def direct(self) -> list[Message]:
        """What the bot wrote to her."""
        return self.discord.world.direct(self.scene.keeper).written


@pytest.fixture
def talk() -> Iterator[Talk]:
    with DiscordServer().in_thread() as discord:
        yield Talk(discord, scene_in(discord))


def settings_of(talk: Talk) -> dict[str, str]:
    return {"PAPERBOY_DISCORD_API_URL": talk.discord.api_url, "PAPERBOY_DISCORD_TOKEN": TOKEN}


# --- `paperboy run` ------------------------------------------------------------------------------


@pytest.fixture
def upstream() -> Iterator[HuggingFaceServer]:
    """Hugging Face, with today's list and the one before it."""
    today = current_list_day(datetime.now(UTC))
    rows = [daily_row(f"2511.0000{n}", f"Paper number {n}", upvotes=50 - n) for n in range(1, 8)]
    with HuggingFaceServer({today: rows[:4], today - DAY: rows[4:]}).in_thread() as server:
        yield server


@pytest.fixture
def paperboy(tmp_path: Path, upstream: HuggingFaceServer, talk: Talk) -> Command:
    return Command(
        tmp_path,
        {
            "HF_ENDPOINT": upstream.url,
            "PAPERBOY_LOG_FORMAT": "json",
            "PAPERBOY_LOG_LEVEL": "debug",
            **settings_of(talk),
        },
    )


def test_the_program_serves_a_server_and_ends_in_order(paperboy: Command, talk: Talk) -> None:
    paperboy.settings["PAPERBOY_DISCORD_GATEWAY_URL"] = talk.discord.gateway_url
    with paperboy.running("run") as process:
        assert process.stderr is not None
        log = read_until(process.stderr, "Listening to Discord")
        assert TYPED[0] in talk.answer(talk.types("papers search", query=TYPED[0]))

        form = talk.do(talk.types("papers-channel add").modal())
        made = talk.shown(talk.submits(form, filter=f"paper -{TYPED[1]}"))
        assert "Set up for #papers" in text_of(made)
        talk.presses(made, "Post the first one now")
        (digest,) = talk.until(talk.posted)
        assert "Paper number 1" in text_of(digest)

        burst = talk.do(_burst(talk, 12))
        process.send_signal(signal.SIGTERM)
        printed, rest = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, rest
        assert all(talk.answer(one) for one in burst), "an acknowledged command was never answered"
    log += printed + rest
    assert [one for one in (TOKEN, *TYPED) if one in log] == []
    assert "Traceback" not in log
    assert len(talk.discord.called("PUT", "/applications/{application_id}/commands")) == 1
    told = paperboy.ok("doctor")
    assert "ok  commands are known to Discord, in this version" in told
    assert "??  installation is not offered" in told
    assert "ok  #papers can be posted to" in told


def test_an_answer_under_way_is_given_before_the_end(paperboy: Command, talk: Talk) -> None:
    """Discord is slow to take the answer, and meanwhile the program is to stop."""
    with paperboy.running("run") as process:
        assert process.stderr is not None
        read_until(process.stderr, "Listening to Discord")
        held = Held()
        callback = "/interactions/{interaction_id}/{interaction_token}/callback"
        talk.discord.script.add("POST", callback, held)
        asked = talk.types("papers help")
        talk.until(lambda: not talk.discord.script.pending)
        process.send_signal(signal.SIGTERM)
        read_until(process.stderr, "what is under way is finished first")
        assert asked.interaction.answer is None
        talk.do(_open(held))
        assert talk.answer(asked)
        _, rest = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, rest


def test_a_wrong_token_is_told_in_one_sentence_and_the_rest_goes_on(paperboy: Command, talk: Talk) -> None:
    talk.discord.expect(401)
    with paperboy.running("run", PAPERBOY_DISCORD_TOKEN="hunter2") as process:
        assert process.stderr is not None
        log = read_until(process.stderr, "takes a new one")
        assert "`paperboy setup discord`" in log
        process.send_signal(signal.SIGTERM)
        printed, rest = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, rest
    log += printed + rest
    assert "hunter2" not in log
    assert "Traceback" not in log
    assert log.count("takes a new one") == 1


async def _open(held: Held) -> None:
    held.opened.set()


async def _burst(talk: Talk, times: int) -> list[Exchange]:
    """Many commands at once; gives them as soon as they are acknowledged."""
    asked = [
        await talk.discord.command(
            "papers search",
            {"query": f"paper -{TYPED[2]}{number}"},
            user=talk.scene.keeper,
            channel=talk.scene.channel,
        )
        for number in range(times)
    ]
    await asyncio.gather(*(one.callback() for one in asked))
    return asked


# --- on a clock of the test's own ----------------------------------------------------------------


@dataclass
class Life:
    """The program on the test's clock, which dies and comes back."""

    world: World
    talk: Talk

    @contextmanager
    def lived(self) -> Iterator[None]:
        """One life of the program, from when Discord reaches it; killed at the end."""
        self.talk.until(lambda: not self.talk.discord.gateway.live)
        with self.world.life(rate=SLOWLY):
            self.talk.do(self.talk.discord.connected())
            yield

    def passes(self, to: datetime, until: Callable[[], T]) -> T:
        """Goes to just before an instant, and lets the clock run until something holds."""
        self.world.clock.set(to - timedelta(seconds=20))
        self.world.clock.run(RATE)
        try:
            return self.talk.until(until)
        finally:
            self.world.clock.run(SLOWLY)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with world_around(tmp_path) as world:
        world.clock.set(at(0, 10))
        with DiscordServer(world.clock.now).in_thread() as discord:
            talk = Talk(discord, scene_in(discord))
            world.settings |= settings_of(talk)
            yield Life(world, talk)


def at(day: int, hour: int) -> datetime:
    """An instant of a recorded day."""
    one = DAYS[day]
    return datetime(one.year, one.month, one.day, hour, tzinfo=UTC)


def test_digests_and_subscriptions_come_by_the_clock(life: Life) -> None:
    talk = life.talk
    with life.lived():
        added = talk.types("papers-channel add", at="9:00", zone="UTC")
        assert "Set up for #papers" in talk.answer(added)
        subscribed = talk.types("papers subscribe", query="model", at="9:30", zone="UTC")
        assert "You are subscribed" in talk.answer(subscribed)
        (digest,) = life.passes(at(1, 9), talk.posted)
        assert "Trending papers" in text_of(digest)
        (message,) = life.passes(at(1, 9) + timedelta(minutes=30), talk.direct)
        assert "model" in text_of(message).lower()
        life.passes(at(2, 9), lambda: len(talk.posted()) == 2)


def test_buttons_and_forms_outlive_the_program(life: Life) -> None:
    talk = life.talk
    with life.lived():
        talk.answer(talk.types("papers-channel add", at="9:00", zone="UTC"))
        (digest,) = life.passes(at(1, 9), talk.posted)
        found = talk.shown(talk.types("papers search", query="model"))
        overview = talk.shown(talk.types("papers-channel edit"))
        form = talk.do(talk.presses(overview, "Which papers").modal())
    with life.lived():
        talk.presses(found, "Share with all here")
        assert talk.until(lambda: [one for one in talk.posted() if one is not digest])
        assert "Changed" in talk.answer(talk.submits(form, filter="model"))
        again = talk.do(talk.presses(overview, "How many").modal())
        assert "Changed" in talk.answer(talk.submits(again, max="3"))
        assert "model" in talk.answer(talk.types("papers-channel show"))
