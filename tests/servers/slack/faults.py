"""What can go wrong with a call of the Web API, by script."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from tests.servers.platform import Garble, Hang, Held, LoseReply, LoseRequest
from tests.servers.slack.state import Body


@dataclass(frozen=True, slots=True)
class RateLimited:
    """A 429 with `Retry-After`."""

    seconds: int = 7
    accepts = False


@dataclass(frozen=True, slots=True)
class Status:
    """A whole answer that is no JSON, such as a 503 of a proxy."""

    status: int = 503
    accepts: bool = False


@dataclass(frozen=True, slots=True)
class Fails:
    """`ok: false` with an error that Slack's reference lists for the method."""

    error: str
    accepts = False


__all__ = [
    "Fails",
    "Fault",
    "Garble",
    "Hang",
    "Held",
    "LoseReply",
    "LoseRequest",
    "RateLimited",
    "Script",
    "Status",
    "spoil",
]

Fault = Held | RateLimited | Status | Fails | LoseRequest | LoseReply | Garble | Hang


class Script:
    """Each fault spoils one call of a method, in order; `None` lets one pass."""

    def __init__(self, errors: Callable[[str], frozenset[str]]) -> None:
        """`errors` gives what a method may fail with."""
        self._errors = errors
        self._queues: dict[str, deque[tuple[str | None, Fault | None]]] = defaultdict(deque)

    def add(self, method: str, *faults: Fault | None, channel: str | None = None) -> None:
        """Only calls about `channel`, if it is given."""
        for fault in faults:
            if isinstance(fault, Fails) and fault.error not in self._errors(method):
                raise ValueError(f"{method} never fails with {fault.error}.")
        self._queues[method].extend((channel, fault) for fault in faults)

    @property
    def pending(self) -> int:
        """How many faults nobody has met yet."""
        return sum(len(queue) for queue in self._queues.values())

    def clear(self) -> None:
        """Takes back what nobody has met yet."""
        self._queues.clear()

    def next(self, method: str, arguments: Body) -> Fault | None:
        queue = self._queues[method]
        for position, (channel, fault) in enumerate(queue):
            if channel in (None, arguments.get("channel")):
                del queue[position]
                return fault
        return None


async def spoil(request: web.Request, fault: Fault, stopping: asyncio.Event) -> web.StreamResponse:
    """The answer that the fault makes of any."""
    match fault:
        case RateLimited():
            headers = {"Retry-After": str(fault.seconds)}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        case Status():
            return web.Response(status=fault.status, text="upstream connect error", content_type="text/plain")
        case Fails():
            return web.json_response({"ok": False, "error": fault.error})
        case Garble():
            return web.Response(body=b'{"ok": tru', content_type="application/json")
        case Hang():
            await stopping.wait()
        case LoseRequest() | LoseReply() | Held():
            pass
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
