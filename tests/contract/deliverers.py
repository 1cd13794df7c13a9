"""The benches on which deliverers are tested: one for every package in `adapters/` that has a deliverer.

A bench knows how to get its deliverer into trouble, and what came out at the other end. A new deliverer joins
the contract by a bench of its own in `BENCHES`.
"""

import asyncio
import contextlib
import io
import os
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from adapters.console.deliverer import ConsoleDeliverer
from adapters.slack.deliverer import SlackDeliverer
from adapters.webhook.deliverer import WebhookDeliverer
from adapters.webhook.signing import webhook_secret
from bot.model import PLAIN_POSTING
from bot.ports import Deliverer
from bot.view.text import control_free
from tests.clocks import FakeClock
from tests.contract.bench import NOW, Arrived, Bench, Trouble
from tests.contract.discord_bench import discord_bench
from tests.contract.email_bench import email_bench
from tests.contract.feed_bench import feed_bench
from tests.servers.slack import BASE, RECHECK, SlackServer, workspace
from tests.servers.slack import faults as slack_faults
from tests.servers.webhook import (
    FAIL_AFTER,
    RATE_LIMITED,
    Answer,
    Hang,
    LoseReply,
    LoseRequest,
    WebhookServer,
)
from tests.slack_reading import glyphs_of


class FixedClock:
    """A clock that stands still but for `advance`, and whose sleep nobody should need."""

    def __init__(self) -> None:
        self._now = NOW

    def now(self) -> datetime:
        return self._now

    def advance(self, duration: timedelta) -> None:
        self._now += duration

    async def sleep(self, duration: timedelta) -> None:
        raise AssertionError(f"A deliverer never waits by the clock ({duration}).")


# --- webhook -------------------------------------------------------------------------------------


class WebhookBench:
    _SECRET_KEY = b"the key of all secrets"
    _HOOK = "/hooks/s3cr3t-path?token=s3cr3t-token"

    impossible = (
        "", "papers.example/hook", "ftp://example.org/", "https://", "https:///hook", "https://a..b/",
        "https://user:pass@example.org/", "https://user@example.org/", "https://@example.org/",
        "https://example.org/#part", "https://example.org/#", "https://exa mple.org/", "https://[::1/",
        "https://example.org:0/", "https://example.org:70000/", "https://example.org/a\nb",
        "https://example.org/\u202ea", f"https://{'a' * 64}.org/", f"https://example.org/{'a' * 2048}",
        "https://%zz/", "javascript:alert(1)",
    )  # fmt: skip
    normal: Final = {
        "https://example.org/hook": "https://example.org/hook",
        " HTTPS://Example.ORG:443 ": "https://example.org/",
        "http://127.0.0.1:80/a?b=c": "http://127.0.0.1/a?b=c",
        "http://[::1]:8080/a": "http://[::1]:8080/a",
        "https://münchen.example/ä": "https://xn--mnchen-3ya.example/%C3%A4",
    }
    posting = PLAIN_POSTING
    is_terminal = False
    troubles = frozenset(Trouble)

    def __init__(self, patience: timedelta) -> None:
        self._clock = FixedClock()
        self.server = WebhookServer(self.secret_for, hooks=(self._HOOK,), now=self._clock.now)
        self.deliverer: Deliverer = WebhookDeliverer(
            secret_key=self._SECRET_KEY, clock=self._clock, version="1.2.3", timeout=patience
        )

    @property
    def address(self) -> str:
        return self.server.address(self._HOOK)

    @property
    def secrets(self) -> tuple[str, ...]:
        return ("s3cr3t", self._SECRET_KEY.decode(), self.secret_for(self.address))

    def secret_for(self, address: str) -> str:
        return webhook_secret(self._SECRET_KEY, address)

    def cause(self, trouble: Trouble) -> None:
        match trouble:
            case Trouble.UNREACHABLE:
                self.server.refuse()
            case Trouble.BUSY:
                self.server.faults.append(RATE_LIMITED)
            case Trouble.LOST_REQUEST:
                self.server.faults.append(LoseRequest())
            case Trouble.LOST_REPLY:
                self.server.faults.append(LoseReply())
            case Trouble.FAILED_AFTER:
                self.server.faults.append(FAIL_AFTER)
            case Trouble.REFUSED:
                self.server.faults.append(Answer(410))
            case Trouble.STUCK:
                self.server.faults.append(Hang(accepts=False))

    def pass_time(self, duration: timedelta) -> None:
        self._clock.advance(duration)

    def forbid_asking(self) -> None:
        """Always so."""

    def shown(self, text: str) -> str:
        return text

    async def arrived(self) -> list[Arrived]:
        return [
            Arrived(arrival.key, "\n".join(paper["title"] for paper in arrival.body["papers"]))
            for arrival in self.server.arrivals
        ]

    async def under_way(self) -> None:
        await asyncio.to_thread(self.server.wait_until, lambda: self.server.requests > 0)


@contextlib.asynccontextmanager
async def webhook_bench(patience: timedelta) -> AsyncIterator[WebhookBench]:
    bench = WebhookBench(patience)
    async with bench.server:
        yield bench
        await bench.deliverer.aclose()


# --- console -------------------------------------------------------------------------------------


class _WatchedPipe(io.FileIO):
    """The writing end of a pipe that tells when a write has begun, and ended."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w")
        self.begun = threading.Event()
        self.ended = threading.Event()

    def write(self, data: Any, /) -> int:
        self.begun.set()
        written = super().write(data) or 0
        self.ended.set()
        return written


class ConsoleBench:
    """A console whose reader we are: a real pipe."""

    address = "stdout"
    secrets: tuple[str, ...] = ()
    normal: Final = {"": "stdout", "stdout": "stdout", " stdout ": "stdout"}
    impossible = ("stderr", "/dev/pts/1", "https://example.org/")
    posting = PLAIN_POSTING
    is_terminal = True
    # Nobody tells a program to come again, and nothing is answered after writing that could be lost, except
    # that the reader has gone.
    troubles = frozenset({Trouble.UNREACHABLE, Trouble.LOST_REPLY, Trouble.STUCK})

    def __init__(self, patience: timedelta) -> None:
        self._reader, writer = os.pipe()
        os.set_blocking(self._reader, False)
        self.pipe = _WatchedPipe(writer)
        self.stream = io.TextIOWrapper(io.BufferedWriter(self.pipe), encoding="utf-8", newline="\n")
        self.deliverer: Deliverer = ConsoleDeliverer(self.stream, timeout=patience)
        self._seen = b""

    def cause(self, trouble: Trouble) -> None:
        match trouble:
            case Trouble.UNREACHABLE:
                self.stream.close()
            case Trouble.LOST_REPLY:
                self.close_reader()
            case Trouble.STUCK:
                self._fill()
            case _:
                raise AssertionError(f"{trouble} cannot befall a console.")

    def pass_time(self, duration: timedelta) -> None:
        """A console has no clock."""

    def forbid_asking(self) -> None:
        """Always so."""

    def shown(self, text: str) -> str:
        return " ".join(control_free(text).split())

    async def arrived(self) -> list[Arrived]:
        with contextlib.suppress(BlockingIOError):
            while self._reader >= 0 and (read := os.read(self._reader, 65536)):
                self._seen += read
        parts = re.split(r"^===== (\S+) =====\n", self._seen.decode(), flags=re.MULTILINE)[1:]
        return [Arrived(key, text) for key, text in zip(parts[::2], parts[1::2], strict=True)]

    async def under_way(self) -> None:
        assert await asyncio.to_thread(self.pipe.begun.wait, 20)

    def close_reader(self) -> None:
        """Also wakes whoever is stuck in writing: with an error."""
        if self._reader >= 0:
            os.close(self._reader)
            self._reader = -1

    def _fill(self) -> None:
        os.set_blocking(self.pipe.fileno(), False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(self.pipe.fileno(), b"\n" * 4096)
        os.set_blocking(self.pipe.fileno(), True)


@contextlib.asynccontextmanager
async def console_bench(patience: timedelta) -> AsyncIterator[ConsoleBench]:
    bench = ConsoleBench(patience)
    try:
        yield bench
        await bench.deliverer.aclose()
    finally:
        bench.close_reader()
        with contextlib.suppress(OSError):  # what could not be written is still in its buffer
            await asyncio.to_thread(bench.stream.close)


# --- Slack ---------------------------------------------------------------------------------------


class OneToken:
    """`adapters.slack.deliverer.Tokens` of a bot that is installed once."""

    def __init__(self, value: str) -> None:
        self._value = value

    async def token(self, tenant: str) -> str:
        assert tenant == "T1"
        return self._value


class SlackBench:
    """Slack with the pack `recheck` or without; the clock moves on when a message waits for its turn."""

    address = "T1/C1"
    normal: Final = {"T1/C1": "T1/C1", " t1/c1\n": "T1/C1", "E1/D012": "E1/D012", "T1/G1": "T1/G1"}
    impossible = (
        "", "T1", "T1/", "/C1", "C1/T1", "T1/U1", "T1/C1/1", "#general", "T1 / C1", "T1/\u017f1", "T1/C\n1",
        f"T1/C{'1' * 31}", "https://acme.slack.com/archives/C1",
    )  # fmt: skip
    posting = PLAIN_POSTING
    is_terminal = False
    troubles = frozenset(Trouble)

    def __init__(self, patience: timedelta, *, recheck: bool) -> None:
        self.clock = FakeClock(NOW)
        self.server = SlackServer(self.clock.now)
        scene = workspace(self.server, (*BASE, *RECHECK) if recheck else BASE)
        self.secrets = (scene.token.value,)
        self.channel = scene.channel
        self.maya = scene.maya
        self._patience = patience
        self._recheck = recheck

    def open(self) -> None:
        """To be called once the server has an address."""
        self.deliverer: Deliverer = SlackDeliverer(
            OneToken(self.secrets[0]),
            self.clock,
            api_url=self.server.api_url,
            recheck=self._recheck,
            timeout=self._patience,
        )

    def cause(self, trouble: Trouble) -> None:
        post = "chat.postMessage"
        match trouble:
            case Trouble.UNREACHABLE:
                self.server.close_door()
            case Trouble.BUSY:
                self.server.script.add(post, slack_faults.RateLimited(7))
            case Trouble.LOST_REQUEST:
                self.server.script.add(post, slack_faults.LoseRequest())
            case Trouble.LOST_REPLY:
                self.server.script.add(post, slack_faults.LoseReply())
            case Trouble.FAILED_AFTER:
                self.server.script.add(post, slack_faults.Status(500, accepts=True))
            case Trouble.REFUSED:
                self.server.script.add(post, slack_faults.Fails("is_archived"))
            case Trouble.STUCK:
                self.server.script.add(post, slack_faults.Hang(accepts=False))

    def pass_time(self, duration: timedelta) -> None:
        self.clock.advance(duration)

    def forbid_asking(self) -> None:
        if self._recheck:
            self.server.script.add("conversations.history", slack_faults.Fails("missing_scope"))

    def shown(self, text: str) -> str:
        """Without blanks, and only the beginning of what no message has room for."""
        return "".join(control_free(text).split())[:1500]

    async def arrived(self) -> list[Arrived]:
        return [
            Arrived(
                (message.metadata or {})["event_payload"]["key"],
                "".join(glyph.character for glyph in glyphs_of(message.blocks)),
            )
            for message in self.channel.top
        ]

    async def under_way(self) -> None:
        await self.server.until(lambda: self.server.script.pending == 0)


@contextlib.asynccontextmanager
async def slack_bench(patience: timedelta, *, recheck: bool = True) -> AsyncIterator[SlackBench]:
    bench = SlackBench(patience, recheck=recheck)
    async with bench.server:
        bench.open()
        yield bench
        await bench.deliverer.aclose()


MakeBench = Callable[[timedelta], AbstractAsyncContextManager[Bench]]

# By surface; behind a dash, which of its abilities.
BENCHES: dict[str, MakeBench] = {
    "console": console_bench,
    "discord": discord_bench,
    "discord-forum": partial(discord_bench, forum=True),
    "feed": feed_bench,
    "email": email_bench,
    "slack": slack_bench,
    "slack-base": partial(slack_bench, recheck=False),
    "webhook": webhook_bench,
}

__all__ = ["BENCHES", "NOW", "Arrived", "Bench", "OneToken", "SlackBench", "Trouble", "slack_bench"]
