"""A webhook receiver on loopback that takes only what `docs/webhook.md` describes, with scripted faults.

It checks every request by its own reading of the Standard Webhooks specification, drops repeats by key as
receivers are asked to, and collects whatever it must not be sent in `violations`. It runs in a thread of
its own, so that it serves a test's own loop and a process under test alike.
"""

import asyncio
import hashlib
import hmac
import json
import re
import socket
import threading
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

from aiohttp import web

HOST = "127.0.0.1"
KEYS_REMEMBERED = timedelta(hours=24)
TOLERANCE = timedelta(minutes=5)  # between the timestamp signed and the receiver's clock
PATIENCE = 20.0  # seconds that a wait may last before the test fails

# --- faults --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoseRequest:
    """The connection is cut before anything of the message is read."""

    accepts = False


@dataclass(frozen=True)
class LoseReply:
    """The message is accepted, and the connection cut before the answer."""

    accepts = True


@dataclass(frozen=True)
class Hang:
    """No answer ever comes."""

    accepts: bool


@dataclass(frozen=True)
class Drip:
    """The answer's first line comes byte by byte, and never to an end."""

    accepts: bool


@dataclass(frozen=True)
class Garble:
    """What comes back is no HTTP."""

    accepts: bool


@dataclass(frozen=True)
class Answer:
    """A whole answer of another kind than the usual one."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    accepts: bool = False
    cut: bool = False  # the body is announced as longer than it is, and the connection cut


Fault = LoseRequest | LoseReply | Hang | Drip | Garble | Answer

RATE_LIMITED = Answer(429, (("Retry-After", "7"),))
FAIL_BEFORE = Answer(500)
FAIL_AFTER = Answer(500, accepts=True)
REDIRECT = Answer(307, (("Location", "/elsewhere"),))

# --- the receiver --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrival:
    """One digest that was accepted, and not for the second time."""

    key: str
    hook: str  # the path and query that it was sent to
    body: dict[str, Any]
    receipt: str


class WebhookServer:
    """`start()` and `stop()`, or `with`, or `async with`; the `with` forms fail the test on a violation."""

    def __init__(
        self,
        secret_for: Callable[[str], str],
        *,
        hooks: tuple[str, ...] = ("/hook",),
        now: Callable[[], datetime] | None = None,
    ) -> None:
        """`secret_for` gives an address's `whsec_…`; without `now`, timestamps and memory have no limit."""
        self._secret_for = secret_for
        self._hooks = hooks
        self._now = now
        self.faults: deque[Fault] = deque()  # one for each request to come, in order; then all is well
        self.requests = 0  # that came as far as their headers, lost ones included
        self.arrivals: list[Arrival] = []
        self.repeats: list[str] = []  # keys of messages that were had already
        self.violations: list[str] = []
        self.port = 0
        self._known: dict[str, tuple[datetime | None, bytes, str]] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def address(self, hook: str = "/hook") -> str:
        return f"http://{HOST}:{self.port}{hook}"

    def arrived(self, key: str) -> list[Arrival]:
        """How often, and with what, this key was accepted."""
        return [arrival for arrival in self.arrivals if arrival.key == key]

    def wait_until(self, condition: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Blocks until `condition` holds; looked at whenever something changes here."""
        with self._changed:
            assert self._changed.wait_for(condition, patience), "The receiver waited in vain."

    def check(self) -> None:
        assert not self.violations, "\n".join(self.violations)

    # --- running ---------------------------------------------------------------------------------

    def start(self) -> Self:
        started: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        self._thread.start()
        started.result(PATIENCE)
        return self

    def stop(self) -> None:
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(PATIENCE)
            self._thread = None

    def refuse(self) -> None:
        """From now on connections are refused; the port stays ours."""
        self._in_loop(self._close_door())

    def accept(self) -> None:
        """Ends `refuse`."""
        self._in_loop(self._open_door())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None:
            self.check()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)
        if error is None:
            self.check()

    def _in_loop(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _serve(self, started: Future[None]) -> None:
        try:
            self._loop = asyncio.get_running_loop()
            self._stopping = asyncio.Event()
            self._runner = web.ServerRunner(web.Server(self._handle, access_log=None))
            await self._runner.setup()
            self._socket = _bound(0)
            self.port = self._socket.getsockname()[1]
            await self._open_door()
        except BaseException as error:
            started.set_exception(error)
            raise
        started.set_result(None)
        await self._stopping.wait()
        await self._runner.cleanup()
        self._socket.close()

    async def _open_door(self) -> None:
        self._site = web.SockSite(self._runner, self._socket)
        await self._site.start()

    async def _close_door(self) -> None:
        await self._site.stop()
        self._socket.close()
        # Bound without listening: a connection is refused, and no other program is given the port.
        self._socket = _bound(self.port)

    # --- one request -----------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        with self._changed:
            self.requests += 1
            fault = self.faults.popleft() if self.faults else None
            self._changed.notify_all()
        if isinstance(fault, LoseRequest):
            return self._cut(request)
        body = await request.read()
        if problem := self._problem(request, body):
            with self._changed:
                self.violations.append(problem)
                self._changed.notify_all()
            return web.Response(status=400, text=problem)
        receipt = self._accept(request, body) if fault is None or fault.accepts else ""
        return await self._answer(request, fault, receipt)

    async def _answer(
        self, request: web.BaseRequest, fault: Fault | None, receipt: str
    ) -> web.StreamResponse:
        match fault:
            case Hang():
                await self._stopping.wait()
            case Drip():
                for byte in b"HTTP/1.1 200 " + b"O" * 10_000:
                    _raw(request, bytes([byte]))
                    if await self._stopped_within(0.05):
                        break
            case Garble():
                _raw(request, b"\x00\x01 this is not HTTP\r\n\r\n")
            case Answer(cut=True):
                announced = len(fault.body) + 1
                _raw(request, b"HTTP/1.1 %d Cut\r\nContent-Length: %d\r\n\r\n" % (fault.status, announced))
                _raw(request, fault.body)
                assert request.transport is not None
                request.transport.close()
            case Answer():
                return web.Response(status=fault.status, headers=dict(fault.headers), body=fault.body)
            case None:
                return web.json_response({"id": receipt})
        return self._cut(request)

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _cut(self, request: web.BaseRequest) -> web.StreamResponse:
        """Ends the connection; what is returned can reach nobody."""
        if request.transport is not None:
            if request.transport.get_write_buffer_size():
                request.transport.close()
            else:
                request.transport.abort()
        return web.Response()

    def _accept(self, request: web.BaseRequest, body: bytes) -> str:
        """Takes the message, or drops it as a repeat; returns its receipt."""
        key = request.headers["Idempotency-Key"]
        now = self._now() if self._now else None
        with self._changed:
            had = self._known.get(key)
            if had and (now is None or had[0] is None or now - had[0] < KEYS_REMEMBERED):
                self.repeats.append(key)
                receipt = had[2]
                if had[1] != body:
                    self.violations.append(f"{key} came again with another body.")
            else:
                receipt = f"receipt-{len(self.arrivals) + 1}"
                self._known[key] = (now, body, receipt)
                self.arrivals.append(Arrival(key, request.raw_path, json.loads(body), receipt))
            self._changed.notify_all()
        return receipt

    def _problem(self, request: web.BaseRequest, body: bytes) -> str | None:
        """What is wrong with a request, in a sentence."""
        if request.raw_path not in self._hooks:
            return f"{request.raw_path} is an unknown route."
        if request.method != "POST":
            return f"{request.method} is not the method of a webhook."
        headers = request.headers
        if headers.get("Content-Type") != "application/json":
            return f"Content-Type is {headers.get('Content-Type')!r}."
        if "Cookie" in headers or "Authorization" in headers:
            return "A webhook carries no cookies or credentials."
        if not re.fullmatch(r"Paperboy/\S+", headers.get("User-Agent", "")):
            return f"User-Agent is {headers.get('User-Agent')!r}."
        if not headers.get("Idempotency-Key") or headers["Idempotency-Key"] != headers.get("webhook-id"):
            return "Idempotency-Key and webhook-id must be there and equal."
        return self._forged(request, body) or _misshapen(body, headers["Idempotency-Key"])

    def _forged(self, request: web.BaseRequest, body: bytes) -> str | None:
        timestamp = request.headers.get("webhook-timestamp", "")
        if not re.fullmatch(r"[0-9]+", timestamp):
            return "webhook-timestamp must be whole seconds since 1970."
        if self._now and abs(self._now() - datetime.fromtimestamp(int(timestamp), UTC)) > TOLERANCE:
            return "webhook-timestamp is too far from the receiver's clock."
        key = b64decode(self._secret_for(self.address(request.raw_path)).removeprefix("whsec_"))
        signed = f"{request.headers['webhook-id']}.{timestamp}.".encode() + body
        expected = "v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        if request.headers.get("webhook-signature") != expected:
            return "The signature is wrong."
        return None


# --- helpers -------------------------------------------------------------------------------------

_Kind = type | tuple[type, ...]
_NONE = type(None)
_BODY: dict[str, _Kind] = {
    "type": str, "id": str, "created_at": str, "text": str, "papers": list, "doc": dict,
}  # fmt: skip
_PAPER: dict[str, _Kind] = {
    "number": int, "key": str, "title": str, "url": (str, _NONE), "summary": (str, _NONE),
    "summary_from": (str, _NONE), "facts": list,
}  # fmt: skip
_FACT: dict[str, _Kind] = {"text": str, "url": (str, _NONE)}


def _misshapen(body: bytes, key: str) -> str | None:
    """How a body differs from what is documented."""
    try:
        value = json.loads(body)
    except ValueError:
        return "The body is not JSON."
    problem = _differs(value, _BODY, "the body")
    if problem:
        return problem
    if value["type"] != "digest" or value["id"] != key or value["doc"].get("version") != 1:
        return "The body's type, id or doc version is wrong."
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value["created_at"]):
        return "created_at must be an instant in UTC, to the second."
    for paper in value["papers"]:
        problem = _differs(paper, _PAPER, "a paper")
        problem = problem or next(filter(None, (_differs(f, _FACT, "a fact") for f in paper["facts"])), None)
        if problem:
            return problem
    return None


def _differs(value: Any, kinds: dict[str, _Kind], what: str) -> str | None:
    if not isinstance(value, dict) or value.keys() != kinds.keys():
        return f"{what} must have the fields {', '.join(kinds)}."
    wrong = [name for name, kind in kinds.items() if not isinstance(value[name], kind)]
    return f"{what} has fields of the wrong kind: {', '.join(wrong)}." if wrong else None


def _raw(request: web.BaseRequest, data: bytes) -> None:
    """Past all of the server's own manners."""
    if request.transport is not None and not request.transport.is_closing():
        request.transport.write(data)


def _bound(port: int) -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind((HOST, port))
    return door
