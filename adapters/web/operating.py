"""What programs ask the web server: whether the bot lives, and how much it does."""

import ipaddress
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from aiohttp import web

from bot.vitals import Health

_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Operating:
    """`/healthz` and `/metrics`."""

    def __init__(
        self,
        health: Callable[[], Health],
        exposition: Callable[[], Awaitable[bytes]],
        content_type: str,
        *,
        metrics_for: Literal["local", "all", "off"],
    ) -> None:
        """`local` metrics are for whoever asks from this very machine."""
        self._health = health
        self._exposition = exposition
        self._content_type = content_type
        self._metrics_for = metrics_for

    def routes(self) -> Sequence[web.RouteDef]:
        """Each has a name, by which it is known to be ours."""
        health = web.get("/healthz", self.healthz, name="healthz")
        if self._metrics_for == "off":
            return [health]
        return [health, web.get("/metrics", self.metrics, name="metrics")]

    async def healthz(self, _: web.Request) -> web.Response:
        """200 and the last signs of life, or 503 and what is wrong."""
        health = self._health()
        told: dict[str, Any] = {
            "alive": health.alive,
            "last_tick": _shown(health.last_tick),
            "last_poll": _shown(health.last_poll),
            "problems": list(health.problems),
        }
        headers = {"Cache-Control": "no-store"}
        return web.json_response(told, status=200 if health.alive else 503, headers=headers)

    async def metrics(self, request: web.Request) -> web.Response:
        """The counters, to whom they may be told."""
        if self._metrics_for == "local" and not from_here(request):
            raise web.HTTPNotFound
        headers = {"Content-Type": self._content_type, "Cache-Control": "no-store"}
        return web.Response(body=await self._exposition(), headers=headers)


def from_here(request: web.Request) -> bool:
    """Whether somebody on this machine asks, and not a proxy on this machine for somebody else."""
    try:
        loopback = ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False
    host = request.url.host or ""
    return loopback and host in _LOOPBACK_NAMES and not any(name in request.headers for name in _FORWARDED)


def _shown(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
