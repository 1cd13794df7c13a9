"""The one polite HTTP client: every question to an upstream goes through it.

It books each request on a budget kept in the store, obeys what an upstream says about waiting, bounds
time, size, redirects and retries, and turns every operational failure into an `UpstreamError`.
"""

import asyncio
import re
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random
from typing import Final

import aiohttp
import structlog
from multidict import CIMultiDictProxy
from yarl import URL

from bot.errors import GarbledError, RateLimitedError, UnreachableError, UpstreamRefusedError
from bot.model import Upstream
from bot.ports import Clock, SourceStore

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_MIB: Final = 2**20
_CHUNK: Final = 64 * 1024  # bytes
_MOST_REDIRECTS: Final = 5
_LEASE_MARGIN: Final = timedelta(seconds=30)  # a lease outlasts its request by this much
_LEASE_PAUSE: Final = timedelta(seconds=1)  # between two tries to get another process's lease
_UNSAID_WAIT: Final = timedelta(minutes=1)  # after a 429 that does not say how long
_LONGEST_WAIT: Final = timedelta(
    days=1
)  # what an upstream may ask for: a garbled header silences it no longer


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """How often an upstream may be asked; all that share `name` share the budget, in every process.

    `exclusive` allows one request at a time, which is what arXiv asks for.
    """

    name: str
    interval: timedelta  # between the starts of two requests
    window: timedelta
    limit: int  # requests within any `window`
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """How long one request may take; `total` includes the reading of the body."""

    total: timedelta = timedelta(seconds=60)
    connect: timedelta = timedelta(seconds=10)
    read: timedelta = timedelta(seconds=20)  # between two pieces of the answer


@dataclass(frozen=True, slots=True)
class Retries:
    """How a failure that may pass is retried: after `first_wait`, twice that, … each ± 50 % by chance."""

    tries: int = 3
    first_wait: timedelta = timedelta(seconds=1)
    longest_wait: timedelta = timedelta(seconds=20)

    def wait(self, failures: int, random: Random) -> timedelta:
        """The pause after so many failures in a row."""
        wait = min(self.first_wait * 2.0 ** min(failures - 1, 16), self.longest_wait)
        return wait * random.uniform(0.5, 1.5)


@dataclass(frozen=True, slots=True)
class Reply:
    """A usable answer: a 2xx with its body, or a 304 without one."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes  # unpacked
    url: str  # where it came from, after redirects
    observed_at: datetime  # when the last byte was read: never before what it says was so

    @property
    def etag(self) -> str | None:
        """To be given back as `etag` in the next question of the same kind."""
        return self.headers.get("ETag")


class HttpClient:
    """Asks upstreams, politely. Safe to share between tasks of one event loop.

    The session belongs to the caller, who closes it. `holder` names this process among all that share
    the store. `patience` is the longest that a request waits for its turn on its budget; one that would
    have to wait longer gives up at once with `RateLimitedError`, and takes no turn from others.
    """

    # The retry loop is written by hand: stamina waits and draws its jitter by the real clock and the global
    # random generator, which cannot be injected.

    def __init__(
        self,
        session: aiohttp.ClientSession,
        clock: Clock,
        budgets: SourceStore,
        *,
        user_agent: str,
        holder: str,
        random: Random,
        retries: Retries = Retries(),
        limits: TimeLimits = TimeLimits(),
        patience: timedelta = timedelta(minutes=10),
    ) -> None:
        self._session = session
        self._clock = clock
        self._budgets = budgets
        self._user_agent = user_agent
        self._holder = holder
        self._random = random
        self._retries = retries
        self._limits = limits
        self._patience = patience
        self._turns: dict[str, asyncio.Lock] = {}  # by budget: a lease alone does not part our own tasks

    def now(self) -> datetime:
        """The client's clock, for those who must date an answer that never came."""
        return self._clock.now()

    async def get(
        self,
        upstream: Upstream,
        url: str,
        *,
        budget: BudgetRule,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        etag: str | None = None,
        max_bytes: int = 16 * _MIB,
    ) -> Reply:
        """Asks once, and again after a failure that may pass; follows redirects.

        With `etag`, an answer that has not changed comes as a `Reply` of status 304. A header
        `Authorization` goes to the origin of `url` alone, never to where a redirect leads.

        Raises:
            RateLimitedError: the upstream asked us to wait (a 429, a 503 with `Retry-After`, a spent
                GitHub limit), or the budget has no room within `patience`.
            UnreachableError: no answer, a cut or too slow one, a 5xx; after all tries.
            UpstreamRefusedError: any other 4xx.
            GarbledError: an answer too large, packed in an unknown way, or a senseless redirect.
        """
        sent = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip, deflate", **(headers or {})}
        if etag is not None:
            sent["If-None-Match"] = etag
        start = URL(url).update_query({key: str(value) for key, value in (params or {}).items()})
        failures = 0
        while True:
            try:
                return await self._follow(upstream.label, start, budget, sent, max_bytes)
            except UnreachableError as error:
                failures += 1
                if failures >= self._retries.tries:
                    raise
                wait = self._retries.wait(failures, self._random)
                _LOG.debug(  # should it give up, whoever asked says so
                    "An upstream could not be read; trying again.",
                    upstream=upstream.value,
                    failures=failures,
                    wait_seconds=round(wait.total_seconds(), 1),
                    error=str(error),
                )
                await self._clock.sleep(wait)

    async def _follow(
        self, label: str, url: URL, budget: BudgetRule, headers: dict[str, str], max_bytes: int
    ) -> Reply:
        origin = url.origin()
        for _ in range(_MOST_REDIRECTS + 1):
            if url.origin() != origin:
                headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
            async with self._turn(label, budget):
                answer = await self._request(label, url, budget, headers, max_bytes)
            if isinstance(answer, Reply):
                return answer
            url = answer
        raise GarbledError(label, f"sent us from one address to the next more than {_MOST_REDIRECTS} times.")

    @asynccontextmanager
    async def _turn(self, label: str, budget: BudgetRule) -> AsyncIterator[None]:
        """Waits until one request may start on this budget; an exclusive one is held until it is over."""
        if not budget.exclusive:
            await self._clock.sleep(await self._book(label, budget))
            yield
            return
        lease_name = f"http:{budget.name}"
        lease = self._limits.total + _LEASE_MARGIN
        async with self._turns.setdefault(budget.name, asyncio.Lock()):
            try:
                # The lease comes before the booking: booked starts would bunch up while one waits for it.
                await self._lease(label, lease_name, lease)
                wait = await self._book(label, budget)
                await self._lease(label, lease_name, wait + lease)
                await self._clock.sleep(wait)
                try:
                    yield
                finally:
                    # From its end: a request that left late, or took long to get there, must not have the
                    # next one arrive too soon after it.
                    await self._budgets.hold(budget.name, self._clock.now() + budget.interval)
            finally:
                await self._budgets.give_back(lease_name, self._holder)

    async def _lease(self, label: str, name: str, lease: timedelta) -> None:
        give_up_at = self._clock.now() + self._patience
        while not await self._budgets.acquire(name, self._holder, self._clock.now(), lease):
            left = give_up_at - self._clock.now()
            if left <= timedelta():
                raise RateLimitedError(label, self._clock.now() + lease)
            await self._clock.sleep(min(left, _LEASE_PAUSE))

    async def _book(self, label: str, budget: BudgetRule) -> timedelta:
        """How long from now the next request on the budget has to wait."""
        now = self._clock.now()
        latest = now + self._patience
        start = await self._budgets.reserve(
            budget.name, now, budget.interval, budget.window, budget.limit, latest
        )
        if start > latest:
            raise RateLimitedError(label, start)
        return max(start - now, timedelta())

    async def _request(
        self, label: str, url: URL, budget: BudgetRule, headers: dict[str, str], max_bytes: int
    ) -> Reply | URL:
        """One request: its reply, or where the upstream sends us instead."""
        try:
            async with self._session.get(
                url,
                headers=headers,
                allow_redirects=False,
                auto_decompress=False,  # unpacked below, where the size is bounded
                middlewares=(_once,),
                timeout=aiohttp.ClientTimeout(
                    total=self._limits.total.total_seconds(),
                    connect=self._limits.connect.total_seconds(),
                    sock_read=self._limits.read.total_seconds(),
                ),
            ) as response:
                await self._obey(label, budget, response)
                if response.status in {301, 302, 303, 307, 308}:
                    return _redirect(label, response)
                _check_status(label, response)
                body = b"" if response.status == 304 else await _read(label, response, max_bytes)
                return Reply(response.status, response.headers, body, str(response.url), self._clock.now())
        except TimeoutError as error:
            raise UnreachableError(label, "did not answer in time.") from error
        except aiohttp.InvalidURL:
            raise  # our own address is wrong: no fault of the upstream
        except aiohttp.ClientConnectorError as error:
            raise UnreachableError(label, "cannot be reached: no connection could be made.") from error
        except aiohttp.ClientError as error:
            raise UnreachableError(label, "cut the connection before its answer was complete.") from error

    async def _obey(self, label: str, budget: BudgetRule, response: aiohttp.ClientResponse) -> None:
        """Holds the budget as long as the upstream says, and gives up if it did not answer the question."""
        now = self._clock.now()
        until = told_to_wait(response.status, response.headers, now)
        if until is None:
            return
        await self._budgets.hold(budget.name, until)
        if response.status in {403, 429, 503}:
            raise RateLimitedError(label, until)


# --- reading an answer: pure, or nearly so ---------------------------------------------------------


def told_to_wait(status: int, headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Until when (UTC) an answer asks us to send nothing; `None` if it does not.

    Read are `Retry-After` with a 403, 429 or 503 (RFC 9110, section 10.2.3: seconds or a date),
    Hugging Face's `RateLimit: "api";r=0;t=55`, and GitHub's `X-RateLimit-Remaining` with
    `X-RateLimit-Reset` (Unix seconds). A 429 that says nothing asks for a minute; nothing is believed
    beyond a day.
    """
    waits: list[timedelta] = []
    if status in {403, 429, 503}:
        waits += _retry_after(headers.get("Retry-After", ""), now)
    for policy in headers.get("RateLimit", "").split(","):
        remaining, seconds = (re.search(rf";\s*{key}=(\d{{1,9}})\b", policy, re.ASCII) for key in "rt")
        if remaining and seconds and int(remaining[1]) == 0:
            waits.append(timedelta(seconds=int(seconds[1])))
    reset = headers.get("X-RateLimit-Reset", "")
    if headers.get("X-RateLimit-Remaining", "").strip() == "0" and re.fullmatch(r"[0-9]{1,11}", reset):
        waits.append(datetime.fromtimestamp(int(reset), UTC) - now)
    if not waits and status == 429:
        waits.append(_UNSAID_WAIT)
    longest = min(max(waits, default=timedelta()), _LONGEST_WAIT)
    if status in {403, 429, 503} and waits:
        longest = max(longest, timedelta(seconds=1))  # "0" and a date in the past still mean: not now
    return now + longest if longest > timedelta() else None


def _retry_after(value: str, now: datetime) -> list[timedelta]:
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        return [timedelta(seconds=int(value))]
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return []
    return [(date if date.tzinfo else date.replace(tzinfo=UTC)) - now]


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Hides a lost connection from aiohttp, which would send the request again at once, unbooked."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientPayloadError(str(error)) from error


def _redirect(label: str, response: aiohttp.ClientResponse) -> URL:
    try:
        target = response.url.join(URL(response.headers.get("Location", "")))
    except ValueError as error:
        raise GarbledError(label, "sent us to an address that is none.") from error
    if not response.headers.get("Location") or target.scheme not in {"http", "https"} or not target.host:
        raise GarbledError(label, "sent us to an address that is none.")
    return target


def _check_status(label: str, response: aiohttp.ClientResponse) -> None:
    status = response.status
    if status >= 500:
        raise UnreachableError(label, f"has trouble of its own (it answered {status}).")
    if status in {401, 403}:
        sent_token = "Authorization" in response.request_info.headers
        hint = "check the token in the settings" if sent_token else "it may want a token"
        raise UpstreamRefusedError(label, f"refused the request ({status}): {hint}.", status)
    if status >= 400:
        raise UpstreamRefusedError(label, f"refused the request ({status}).", status)
    if status >= 300 and status != 304:
        raise GarbledError(label, f"gave an answer that nobody asked for ({status}).")


async def _read(label: str, response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """The body, unpacked; neither its packed nor its unpacked form may be larger than `max_bytes`."""
    too_large = GarbledError(label, f"sent more than {max_bytes / _MIB:g} MiB for one answer.")
    if (response.content_length or 0) > max_bytes:
        raise too_large
    packed = 0
    body = bytearray()
    unpacker = _unpacker(label, response.headers.get("Content-Encoding", ""))
    async for chunk in response.content.iter_chunked(_CHUNK):
        packed += len(chunk)
        try:
            body += unpacker.decompress(chunk, max_bytes - len(body) + 1) if unpacker else chunk
        except zlib.error as error:
            raise GarbledError(label, "sent an answer that cannot be unpacked.") from error
        if max(packed, len(body)) > max_bytes:
            raise too_large
    if unpacker and packed and not unpacker.eof:
        raise UnreachableError(label, "cut the connection before its answer was complete.")
    return bytes(body)


def _unpacker(label: str, coding: str) -> "zlib._Decompress | None":
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        return None
    if coding not in {"gzip", "x-gzip", "deflate"}:
        raise GarbledError(label, f"packed its answer in a way nobody asked for ({coding[:20]!r}).")
    return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # tells gzip and zlib apart by itself
