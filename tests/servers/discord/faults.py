"""What can go wrong with a request, by script."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from tests.servers.platform import Garble, Hang, Held, LoseReply, LoseRequest

VIA = {"Via": "1.1 google"}  # without it a client takes a 429 for a ban


@dataclass(frozen=True, slots=True)
class RateLimited:
    """A 429 that nothing announced."""

    seconds: float = 7
    everywhere: bool = False  # the global one
    banned: bool = False  # by the proxy in front: no JSON, and no `Via`
    accepts = False


@dataclass(frozen=True, slots=True)
class Status:
    """A whole answer that is no JSON, such as a 502 of a proxy."""

    status: int = 502
    accepts: bool = False


@dataclass(frozen=True, slots=True)
class Fails:
    """An error as Discord answers it."""

    status: int
    code: int
    message: str = "Something is not right"
    accepts = False


__all__ = [
    "VIA",
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
    "answer",
    "spoil",
]

Fault = Held | RateLimited | Status | Fails | LoseRequest | LoseReply | Garble | Hang


class Script:
    """Each fault spoils one request of a route, in order; `None` lets one pass."""

    def __init__(self, routes: frozenset[tuple[str, str]]) -> None:
        self._routes = routes
        self._queues: dict[tuple[str, str], deque[tuple[dict[str, str], Fault | None]]] = defaultdict(deque)

    def add(self, method: str, route: str, *faults: Fault | None, **params: str) -> None:
        """Only requests with these parameters in their path, if any are given."""
        if (method, route) not in self._routes:
            raise ValueError(f"There is no route {method} {route}.")
        self._queues[method, route].extend((params, fault) for fault in faults)

    @property
    def pending(self) -> int:
        """How many faults nobody has met yet."""
        return sum(len(queue) for queue in self._queues.values())

    def clear(self) -> None:
        """Takes back what nobody has met yet."""
        self._queues.clear()

    def next(self, method: str, route: str, params: Mapping[str, str]) -> Fault | None:
        queue = self._queues.get((method, route), deque())
        for position, (wanted, fault) in enumerate(queue):
            if wanted.items() <= params.items():
                del queue[position]
                return fault
        return None


async def spoil(request: web.Request, fault: Fault, stopping: asyncio.Event) -> web.StreamResponse:
    """The answer that the fault makes of any."""
    match fault:
        case RateLimited(banned=True):
            return web.Response(status=429, text="error code: 1015", content_type="text/plain")
        case RateLimited():
            body = {"message": "You are being rate limited.", "code": 0, "retry_after": fault.seconds}
            headers = {"X-RateLimit-Global": "true"} if fault.everywhere else {"X-RateLimit-Scope": "shared"}
            headers |= {"Retry-After": str(int(fault.seconds) + 1), **VIA}
            return answer(429, body | {"global": fault.everywhere}, headers)
        case Status():
            return web.Response(status=fault.status, text="upstream connect error", content_type="text/plain")
        case Fails():
            return answer(fault.status, {"message": fault.message, "code": fault.code}, VIA)
        case Garble():
            return web.Response(body=b'{"id": tru', content_type="application/json")
        case Hang():
            await stopping.wait()
        case LoseRequest() | LoseReply() | Held():
            pass
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def answer(status: int, body: object, headers: Mapping[str, str]) -> web.Response:
    """JSON with exactly the content type that discord.py looks for."""
    if body is None:
        return web.Response(status=204, headers=headers)
    content = json.dumps(body, separators=(",", ":")).encode()
    return web.Response(status=status, body=content, headers=headers, content_type="application/json")
