"""Slack with the program as a user starts it: a process, its tokens in the environment, and a loopback Slack.

`paperboy run` is reached over both transports, ended in order, and its log read for what must not be in it.
Days and restarts are proved by the same program on a clock of the test's own.
"""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from bot.sources.calendar import current_list_day
from tests.contract.rows import DAY
from tests.e2e.command import PATIENCE, Command, read_until
from tests.e2e.killing import DAYS, RATE, World, world_around
from tests.platform.slack_bot import text_of
from tests.servers.huggingface import HuggingFaceServer, daily_row
from tests.servers.slack import BASE, Scene, SlackServer
from tests.servers.slack.exchange import Exchange
from tests.servers.slack.faults import Held
from tests.servers.slack.state import Message, View

T = TypeVar("T")

SIGNING_SECRET = "a-signing-secret-that-only-these-tests-know"
SLOWLY = 0.5  # seconds of the world's clock to a real one, while somebody types and presses
TYPED = ("zebrafish stripes", "quokka", "armadillo")  # what must never be logged


@dataclass
class Talk:
    """Maya, who talks to the bot from another thread than Slack's own."""

    slack: SlackServer
    scene: Scene

    def do(self, act: Awaitable[T]) -> T:
        async def done() -> T:
            return await act

        return self.slack.run(done())

    def until(self, condition: Callable[[], T]) -> T:
        return self.do(self.slack.until(condition))

    def types(self, text: str) -> Exchange:
        return self.do(self.slack.command("/papers", text, user=self.scene.maya, channel=self.scene.channel))

    def presses(self, where: Message | View, name: str) -> Exchange:
        return self.do(self.slack.press(where, name, user=self.scene.maya))

    def submits(self, form: View, **values: object) -> Exchange:
        return self.do(self.slack.submit(form, values, user=self.scene.maya))

    def answer(self, exchange: Exchange) -> str:
        """The private answer's words."""
        return text_of(self.do(exchange.message()))

    def posted(self) -> list[Message]:
        """What stands in the channel."""
        return self.scene.channel.top

    def direct(self) -> list[Message]:
        """What the bot wrote to her."""
        return self.slack.world.direct(self.scene.maya, self.scene.token.bot_user).messages


def settled_in(slack: SlackServer) -> Scene:
    team = slack.world.add_team()
    maya = slack.world.add_user(team, "U012MAYA")
    channel = slack.world.add_channel(team, members=[maya])
    return Scene(team, maya, channel, slack.world.install(team, BASE), slack.world.app_token())


def settings_of(talk: Talk, *, http: bool = False) -> dict[str, str]:
    way = (
        {
            "PAPERBOY_SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "PAPERBOY_PUBLIC_URL": "https://papers.example.org",
            "PAPERBOY_WEB_ADDRESS": "127.0.0.1:0",
        }
        if http
        else {"PAPERBOY_SLACK_APP_TOKEN": talk.scene.app_token.value}
    )
    return way | {
        "PAPERBOY_SLACK_API_URL": talk.slack.api_url,
        "PAPERBOY_SLACK_BOT_TOKEN": talk.scene.token.value,
        "PAPERBOY_SLACK_MANAGERS": talk.scene.maya.id,
    }


# --- `paperboy run` ------------------------------------------------------------------------------


@pytest.fixture
def upstream() -> Iterator[HuggingFaceServer]:
    """Hugging Face, with today's list and the one before it."""
    today = current_list_day(datetime.now(UTC))
    rows = [daily_row(f"2511.0000{n}", f"Paper number {n}", upvotes=50 - n) for n in range(1, 8)]
    with HuggingFaceServer({today: rows[:4], today - DAY: rows[4:]}).in_thread() as server:
        yield server


@pytest.fixture
def talk() -> Iterator[Talk]:
    with SlackServer().in_thread() as slack:
        yield Talk(slack, settled_in(slack))


@pytest.fixture
def paperboy(tmp_path: Path, upstream: HuggingFaceServer) -> Command:
    return Command(
        tmp_path,
        {"HF_ENDPOINT": upstream.url, "PAPERBOY_LOG_FORMAT": "json", "PAPERBOY_LOG_LEVEL": "debug"},
    )


@pytest.mark.parametrize("http", [False, True], ids=["socket", "http"])
def test_the_program_serves_a_workspace_and_ends_in_order(paperboy: Command, talk: Talk, http: bool) -> None:
    paperboy.settings |= settings_of(talk, http=http)
    with paperboy.running("run") as process:
        assert process.stderr is not None
        log = read_until(process.stderr, "The web server listens" if http else "Listening to Slack")
        if http:
            port = json.loads(log.splitlines()[-1])["port"]
            talk.slack.use_http(f"http://127.0.0.1:{port}/slack/events", SIGNING_SECRET)
        assert TYPED[0] in talk.answer(talk.types(TYPED[0]))

        form = talk.do(talk.types("channel add").view())
        made = talk.do(talk.submits(form, filter=f"paper -{TYPED[1]}").view())
        assert "Set up for #ml-papers" in text_of(made)
        talk.presses(made, "Post the first one now")
        (digest,) = talk.until(talk.posted)
        assert "Paper number 1" in text_of(digest)

        burst = talk.slack.run(_burst(talk, 12))
        process.send_signal(signal.SIGTERM)
        printed, rest = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, rest
        assert all(one.acknowledged for one in burst)
        assert all(one.seen("private") for one in burst), "an acknowledged command was never answered"
    log += printed + rest
    secrets = [talk.scene.token.value, talk.scene.app_token.value, SIGNING_SECRET]
    assert [one for one in (*secrets, *TYPED, "xoxb-", "xapp-") if one in log] == []
    assert "Traceback" not in log
    told = paperboy.ok("doctor")
    assert "ok  commands last came" in told
    assert "ok  interactions last came" in told
    assert "ok  #ml-papers can be posted to" in told


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"PAPERBOY_SLACK_BOT_TOKEN": "xoxb-of-nobody"}, "Slack does not take the bot token"),
        ({"PAPERBOY_SLACK_APP_TOKEN": ""}, "Slack cannot reach Paperboy, so that commands stay unanswered"),
    ],
    ids=["bot token", "no way in"],
)
def test_what_keeps_slack_from_working_is_said_at_the_start(
    paperboy: Command, talk: Talk, wrong: dict[str, str], said: str
) -> None:
    paperboy.settings |= settings_of(talk) | wrong
    with paperboy.running("run") as process:
        assert process.stderr is not None
        assert "xoxb" not in read_until(process.stderr, said)


def test_an_answer_under_way_is_given_before_the_end(paperboy: Command, talk: Talk) -> None:
    """Slack is slow to tell who somebody is, and meanwhile the program is to stop."""
    token = talk.slack.world.install(talk.scene.team, (*BASE, "users:read"))
    paperboy.settings |= settings_of(talk)
    paperboy.settings |= {"PAPERBOY_SLACK_BOT_TOKEN": token.value, "PAPERBOY_SLACK_PACKS": "people"}
    bo = replace(
        talk, scene=replace(talk.scene, maya=talk.slack.world.add_user(talk.scene.team, "U012BO", "bo"))
    )
    with paperboy.running("run") as process:
        assert process.stderr is not None
        read_until(process.stderr, "Listening to Slack")
        for _ in range(100):  # questions, while the index is being made
            if "Paper number 1" in talk.answer(talk.types("search number")):
                break
        held = Held()
        talk.slack.script.add("users.info", held)
        asked = bo.types("search number")
        process.send_signal(signal.SIGTERM)
        read_until(process.stderr, "what is under way is finished first")
        talk.until(lambda: not talk.slack.socket.connections)
        assert asked.seen("private") == []
        talk.do(_open(held))
        assert "Paper number 1" in bo.answer(asked)
        _, rest = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, rest


async def _open(held: Held) -> None:
    held.opened.set()


async def _burst(talk: Talk, times: int) -> list[Exchange]:
    """Many commands at once; gives them as soon as they are acknowledged."""
    scene = talk.scene
    typed = (f"search paper -{TYPED[2]}{number}" for number in range(times))
    asked = (talk.slack.command("/papers", text, user=scene.maya, channel=scene.channel) for text in typed)
    return list(await asyncio.gather(*asked))


# --- on a clock of the test's own ----------------------------------------------------------------


@dataclass
class Life:
    """The program on the test's clock, which dies and comes back."""

    world: World
    talk: Talk

    @contextmanager
    def lived(self) -> Iterator[None]:
        """One life of the program, from when Slack reaches it; killed at the end."""
        before = self.talk.slack.socket.opened
        with self.world.life(rate=SLOWLY):
            self.talk.until(lambda: self.talk.slack.socket.opened > before)
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
    with world_around(tmp_path) as world, SlackServer(world.clock.now).in_thread() as slack:
        talk = Talk(slack, settled_in(slack))
        world.settings |= settings_of(talk)
        world.clock.set(at(0, 10))
        yield Life(world, talk)


def at(day: int, hour: int) -> datetime:
    """An instant of a recorded day."""
    one = DAYS[day]
    return datetime(one.year, one.month, one.day, hour, tzinfo=UTC)


def test_digests_and_subscriptions_come_by_the_clock(life: Life) -> None:
    talk = life.talk
    with life.lived():
        assert "Set up for #ml-papers" in talk.answer(talk.types("channel add at=9:00 zone=UTC"))
        assert "You are subscribed" in talk.answer(talk.types("subscribe model at=9:30 zone=UTC"))
        (digest,) = life.passes(at(1, 9), talk.posted)
        assert "Trending papers" in text_of(digest)
        (message,) = life.passes(at(1, 9) + timedelta(minutes=30), talk.direct)
        assert "model" in text_of(message).lower()
        life.passes(at(2, 9), lambda: len(talk.posted()) == 2)


def test_buttons_and_forms_outlive_the_program(life: Life) -> None:
    talk = life.talk
    with life.lived():
        talk.answer(talk.types("channel add at=9:00 zone=UTC"))
        (digest,) = life.passes(at(1, 9), talk.posted)
        found = talk.do(talk.types("search model").message())
        form = talk.do(talk.types("channel edit").view())
    with life.lived():
        saved = talk.answer(talk.presses(digest, "Save paper 1"))
        assert "list" in saved
        shared = talk.do(talk.presses(found, "Share with all here").message("public"))
        assert text_of(shared)
        changed = talk.do(talk.submits(form, filter="model").view())
        assert "Changed" in text_of(changed)
        assert "model" in talk.answer(talk.types("channel show"))
