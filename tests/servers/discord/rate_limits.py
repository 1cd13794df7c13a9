"""Discord's rate limits, with the headers that tell of them."""

import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tests.servers.discord.state import Body

_MAJOR: Final = (  # parameters that divide buckets
    "channel_id", "guild_id", "webhook_id", "webhook_token", "interaction_id", "interaction_token",
)  # fmt: skip
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in any window of that length, which begins with the first of them."""

    most: int
    per: timedelta


GENEROUS: Final = Limit(10_000, _SECOND)
USUAL: Final = Limit(10, timedelta(seconds=10))
# As others measured them; Discord tells of them in its headers alone.
MEASURED: Final[Mapping[tuple[str, str], Limit]] = {
    ("POST", "/channels/{channel_id}/messages"): Limit(5, timedelta(seconds=5)),
    ("GET", "/channels/{channel_id}/messages"): Limit(5, timedelta(seconds=1)),
    ("GET", "/channels/{channel_id}/messages/{message_id}"): Limit(5, timedelta(seconds=1)),
    ("PATCH", "/channels/{channel_id}/messages/{message_id}"): Limit(5, timedelta(seconds=5)),
    ("DELETE", "/channels/{channel_id}/messages/{message_id}"): Limit(5, timedelta(seconds=1)),
    ("POST", "/webhooks/{webhook_id}/{webhook_token}"): Limit(5, timedelta(seconds=2)),
    ("PUT", "/applications/{application_id}/commands"): Limit(2, timedelta(seconds=60)),
    ("PUT", "/applications/{application_id}/guilds/{guild_id}/commands"): Limit(2, timedelta(seconds=60)),
}
GLOBAL: Final = 50  # requests in any second


@dataclass(slots=True)
class _Window:
    began: datetime
    used: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The headers of an answer, and the body of a refusal if there is one."""

    headers: dict[str, str]
    refusal: Body | None = None


class RateLimits:
    """All limits, by the injected clock. Nearly none unless `measure` is called: a clock that stands still
    would let a client wait for ever.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._limits: dict[tuple[str, str], Limit] = {}
        self._usual = GENEROUS
        self._global: int | None = None
        self._windows: dict[tuple[str, str, str], _Window] = {}
        self._recent: deque[datetime] = deque()  # of the requests that count globally

    def measure(self) -> None:
        """From now on the limits are Discord's own, 50 requests a second in all among them."""
        self._limits |= MEASURED
        self._usual = USUAL
        self._global = GLOBAL

    def set(self, method: str, route: str, limit: Limit) -> None:
        """The limit of one route."""
        self._limits[method, route] = limit

    def set_global(self, most: int | None) -> None:
        """The requests that may come in any second, in all."""
        self._global = most

    def ask(self, method: str, route: str, params: Mapping[str, str]) -> Verdict:
        """Whether a request may pass; one that is refused counts for nothing."""
        if _counts_globally(route):
            wait = self._global_wait()
            if wait is not None:
                return Verdict({"X-RateLimit-Global": "true", **_refused(wait, "global")}, _body(wait, True))
        limit = self._limits.get((method, route), self._usual)
        major = "/".join(value for name, value in params.items() if name in _MAJOR)
        key = (method, route, major)
        window = self._windows.get(key)
        now = self._now()
        if window is None or now >= window.began + limit.per:
            window = self._windows[key] = _Window(now)
        ends = window.began + limit.per
        left = ends - now
        passes = window.used < limit.most
        if passes:
            window.used += 1
            if _counts_globally(route):
                self._recent.append(now)
        headers = {
            "X-RateLimit-Limit": str(limit.most),
            "X-RateLimit-Remaining": str(limit.most - window.used),
            "X-RateLimit-Reset": f"{ends.timestamp():.3f}",
            "X-RateLimit-Reset-After": f"{left.total_seconds():.3f}",
            "X-RateLimit-Bucket": hashlib.md5(
                f"{method} {route}".encode(), usedforsecurity=False
            ).hexdigest(),
        }
        if passes:
            return Verdict(headers)
        return Verdict(headers | _refused(left, "user"), _body(left, False))

    def _global_wait(self) -> timedelta | None:
        if self._global is None:
            self._recent.clear()
            return None
        now = self._now()
        while self._recent and self._recent[0] <= now - _SECOND:
            self._recent.popleft()
        if len(self._recent) < self._global:
            return None
        return self._recent[0] + _SECOND - now


class LimitedError(Exception):
    """A 429 that no header announces, such as for what may be published from a channel in an hour."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.verdict = Verdict(_refused(wait, "shared"), _body(wait, False))


def _counts_globally(route: str) -> bool:
    """Answers to interactions do not."""
    return not route.startswith(("/interactions/", "/webhooks/"))


def _refused(wait: timedelta, scope: str) -> dict[str, str]:
    return {"Retry-After": str(int(wait.total_seconds()) + 1), "X-RateLimit-Scope": scope}


def _body(wait: timedelta, everywhere: bool) -> Body:
    retry_after = round(wait.total_seconds(), 3)
    return {
        "message": "You are being rate limited.",
        "code": 0,
        "retry_after": retry_after,
        "global": everywhere,
    }
