"""What all stand-ins on loopback share: how one starts, refuses, keeps count, and goes wrong on demand."""

import asyncio
import gzip
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def utc_now() -> datetime:
    """The real clock, for stand-ins that are given no other."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """Instead of the true answer: this one. Covers a 429, a 500, garbled JSON, a redirect."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def rate_limited(seconds: int = 55) -> Answer:
    """A 429 with the headers that Hugging Face documents."""
    return Answer(
        429,
        b'{"error":"We had to rate limit you"}',
        {
            "RateLimit": f'"api";r=0;t={seconds}',
            "RateLimit-Policy": '"fixed window";"api";q=500;w=300',
            "Content-Type": "application/json",
        },
    )


def garbled() -> Answer:
    """A 200 whose body is a page for people."""
    return Answer(200, b"<!doctype html><title>Down for maintenance</title>", {"Content-Type": "text/html"})


@dataclass(frozen=True, slots=True)
class Refuse:
    """Closes the connection without a word."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Announces the whole body, sends this share of it, and cuts the connection."""

    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Truncated:
    """Sends this share of the body as if it were all there is."""

    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Drip:
    """Sends a byte now and then, for ever."""

    pause: float = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class Oversized:
    """Sends this many spaces before the body; packed, they weigh next to nothing."""

    size: int
    packed: bool = False
    announced: bool = True  # with a Content-Length


@dataclass(frozen=True, slots=True)
class Packed:
    """Sends the true body, gzipped; `share` below 1 leaves the end away."""

    share: float = 1.0


Fault = Answer | Refuse | Cut | Truncated | Drip | Oversized | Packed


class Faults:
    """The script of what goes wrong: each fault spoils one request, in order; `None` lets one pass."""

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._queue: deque[Fault | None] = deque()
        self._outage: tuple[datetime, Fault] | None = None

    def add(self, *faults: Fault | None) -> None:
        self._queue.extend(faults)

    def outage(self, until: datetime, fault: Fault = Refuse()) -> None:
        """Spoils every request before that instant of the injected clock."""
        self._outage = (until, fault)

    @property
    def pending(self) -> int:
        """How many scripted faults nobody has met yet."""
        return len(self._queue)

    def next(self) -> Fault | None:
        if self._outage is not None and self._now() < self._outage[0]:
            return self._outage[1]
        return self._queue.popleft() if self._queue else None


async def spoil(request: web.Request, fault: Fault, answer: Handler) -> web.StreamResponse:
    """Answers the request, wrongly."""
    if isinstance(fault, Answer):
        return web.Response(status=fault.status, body=fault.body, headers=fault.headers)
    if isinstance(fault, Refuse):
        _hang_up(request)
        return web.Response()
    response = await answer(request)
    body = response.body if isinstance(response, web.Response) else None
    if not isinstance(body, bytes):
        raise TypeError(f"only a plain body can be spoilt, not {body!r}")
    headers = {key: value for key, value in response.headers.items() if key != "Content-Length"}
    return _spoilt(fault, body, headers) or await _streamed(request, fault, body, headers)


def _spoilt(fault: Fault, body: bytes, headers: dict[str, str]) -> web.Response | None:
    """The wrong body of a fault that is no worse than that."""
    packing = headers | {"Content-Encoding": "gzip"}
    match fault:
        case Truncated():
            return web.Response(body=body[: int(len(body) * fault.share)], headers=headers)
        case Oversized(packed=True):
            return web.Response(body=gzip.compress(b" " * fault.size + body), headers=packing)
        case Oversized(announced=True):
            return web.Response(body=b" " * fault.size + body, headers=headers)
        case Packed():
            whole = gzip.compress(body)
            return web.Response(body=whole[: int(len(whole) * fault.share)], headers=packing)
    return None


async def _streamed(
    request: web.Request, fault: Fault, body: bytes, headers: dict[str, str]
) -> web.StreamResponse:
    """Sends a body piece by piece, as the fault has it."""
    stream = web.StreamResponse(headers=headers)
    if isinstance(fault, Cut):
        stream.content_length = len(body)
    await stream.prepare(request)
    with suppress(ConnectionError):  # the client has had enough
        match fault:
            case Cut():
                await stream.write(body[: int(len(body) * fault.share)])
                _hang_up(request)
            case Drip():
                while True:
                    await stream.write(b" ")
                    await asyncio.sleep(fault.pause)
            case Oversized():
                for _ in range(0, fault.size, 65536):
                    await stream.write(b" " * 65536)
    return stream


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it came."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: datetime


class StandIn:
    """An upstream on loopback, port 0: an async context manager, or a thread of its own.

    What the specification does not describe is refused with a 400, kept in `violations`, and raised
    when the stand-in is closed, so that no test passes by asking for something that does not exist.
    """

    def __init__(self, now: Callable[[], datetime] = utc_now) -> None:
        self.now = now
        self.faults = Faults(now)
        self.asked: list[Asked] = []
        self.violations: list[str] = []
        self.url = ""
        self._runner: web.AppRunner | None = None

    def routes(self) -> list[web.RouteDef]:
        """The routes that exist; every other one is a violation."""
        raise NotImplementedError

    def refuse(self, why: str) -> web.HTTPBadRequest:
        """To be raised by a handler for a request that the specification does not describe."""
        self.violations.append(why)
        return web.HTTPBadRequest(text=why)

    async def start(self) -> None:
        app = web.Application(middlewares=[self._serve])
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, shutdown_timeout=0.2, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def close_door(self) -> None:
        """From now on connections are refused."""
        assert self._runner is not None, "The server was not started."
        for site in self._runner.sites:
            assert isinstance(site, web.TCPSite)
            if site._server is not None:
                site._server.close()

    def check(self) -> None:
        """Raises for every request that was refused as undescribed."""
        if self.violations:
            raise AssertionError(
                f"{type(self).__name__} was asked for what it does not describe: {self.violations}"
            )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, failure: type[BaseException] | None, *_: object) -> None:
        await self.stop()
        if failure is None:
            self.check()

    @contextmanager
    def in_thread(self) -> Iterator[Self]:
        """Runs it on an event loop of its own, for tests of a real process."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name=type(self).__name__, daemon=True)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self.start(), loop).result(10)
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self.stop(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()
        self.check()

    @web.middleware
    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.asked.append(Asked(request.path, dict(request.query), dict(request.headers), self.now()))
        fault = self.faults.next()
        try:
            return await (handler(request) if fault is None else spoil(request, fault, handler))
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
            if (
                request.match_info.http_exception is not None
            ):  # no such route; a handler's own 404 is an answer
                self.violations.append(f"{request.method} {request.path}")
            raise
