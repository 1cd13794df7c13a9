"""The polite client against a stand-in: real sockets, a real store, and a clock that tests move."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.errors import (
    GarbledError,
    PaperboyError,
    RateLimitedError,
    UnreachableError,
    UpstreamRefusedError,
)
from bot.model import Upstream
from bot.ports import Store
from bot.sources.http import BudgetRule, HttpClient, Reply, Retries, TimeLimits, told_to_wait
from tests.clocks import FakeClock
from tests.servers.faults import (
    Answer,
    Cut,
    Drip,
    Fault,
    Oversized,
    Packed,
    Refuse,
    StandIn,
    rate_limited,
)

NOW = datetime(2025, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
BUDGET = BudgetRule("test", interval=timedelta(0), window=MINUTE, limit=100)
ONE_TRY = Retries(tries=1)


class Greeter(StandIn):
    """Says hello, and counts how many it serves at once."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = 0
        self.busiest = 0

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/hello", self._hello), web.get("/slow", self._slow)]

    async def _hello(self, request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304, headers={"ETag": '"1"'})
        return web.json_response({"hello": "world"}, headers={"ETag": '"1"'})

    async def _slow(self, _: web.Request) -> web.Response:
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        await asyncio.sleep(0.02)  # time for another request to come in, if one can
        self.busy -= 1
        return web.Response(text="done")


class StandingClock(FakeClock):
    """Its time stands still, so that no lease runs out while real requests take real time."""

    async def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)
        await asyncio.sleep(0.002)


@asynccontextmanager
async def polite(
    store: Store,
    clock: FakeClock,
    *,
    holder: str = "this process",
    retries: Retries = ONE_TRY,
    patience: timedelta = 10 * MINUTE,
) -> AsyncIterator[HttpClient]:
    """A client of its own session, without retries unless told."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield HttpClient(
            session,
            clock,
            store.sources,
            user_agent="Paperboy/test",
            holder=holder,
            random=Random(1),
            retries=retries,
            limits=TimeLimits(total=timedelta(seconds=0.5)),
            patience=patience,
        )


async def ask(client: HttpClient, url: str, budget: BudgetRule = BUDGET, **more: object) -> Reply:
    return await client.get(Upstream.GITHUB, url, budget=budget, **more)  # type: ignore[arg-type]  # as given


async def test_an_answer_comes_with_its_headers_and_the_instant_it_was_read(store: Store) -> None:
    clock = FakeClock(NOW)
    async with Greeter() as server, polite(store, clock) as client:
        reply = await ask(
            client, f"{server.url}/hello", params={"q": "a b&c", "p": 0}, headers={"X-Own": "yes"}
        )
    assert (reply.status, reply.body, reply.etag) == (200, b'{"hello": "world"}', '"1"')
    assert reply.observed_at == NOW
    assert reply.headers["content-type"].startswith("application/json")
    (asked,) = server.asked
    assert asked.query == {"q": "a b&c", "p": "0"}
    assert asked.headers["User-Agent"] == "Paperboy/test"
    assert asked.headers["X-Own"] == "yes"


async def test_an_unchanged_answer_is_a_304_without_a_body(store: Store) -> None:
    async with Greeter() as server, polite(store, FakeClock()) as client:
        reply = await ask(client, f"{server.url}/hello", etag='"1"')
    assert (reply.status, reply.body) == (304, b"")


async def test_a_packed_answer_is_unpacked(store: Store) -> None:
    async with Greeter() as server, polite(store, FakeClock()) as client:
        server.faults.add(Packed())
        assert (await ask(client, f"{server.url}/hello")).body == b'{"hello": "world"}'


# --- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [Oversized(2000), Oversized(200_000, announced=False), Oversized(5_000_000, packed=True)]
)
async def test_an_answer_that_is_too_large_is_not_read(store: Store, fault: Fault) -> None:
    async with Greeter() as server, polite(store, FakeClock()) as client:
        server.faults.add(fault)
        with pytest.raises(GarbledError, match="GitHub sent more than"):
            await ask(client, f"{server.url}/hello", max_bytes=1000)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"not gzip", {"Content-Encoding": "gzip"}),
        Answer(200, b"x", {"Content-Encoding": "br"}),
        Answer(300, b"choose"),
        Answer(302, b"", {"Location": "ftp://x.org/"}),
        Answer(302, b""),
    ],
)
async def test_an_answer_in_no_known_form_is_garbled(store: Store, answer: Answer) -> None:
    async with Greeter() as server, polite(store, FakeClock(), retries=Retries()) as client:
        server.faults.add(answer)
        with pytest.raises(GarbledError, match=r"^GitHub .*\.$"):
            await ask(client, f"{server.url}/hello")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Refuse(), "GitHub cut the connection before its answer was complete."),
        (Cut(), "GitHub cut the connection before its answer was complete."),
        (Packed(0.5), "GitHub cut the connection before its answer was complete."),
        (Drip(), "GitHub did not answer in time."),
        (Answer(500), "GitHub has trouble of its own (it answered 500)."),
        (Answer(503), "GitHub has trouble of its own (it answered 503)."),
    ],
)
async def test_a_failure_that_may_pass_is_retried_and_then_named(
    store: Store, fault: Fault, said: str
) -> None:
    clock = FakeClock(NOW)
    async with Greeter() as server, polite(store, clock, retries=Retries()) as client:
        server.faults.add(fault, fault)
        assert (await ask(client, f"{server.url}/hello")).status == 200
        assert len([wait for wait in clock.slept if wait >= SECOND / 2]) == 2

        server.faults.add(fault, fault, fault)
        with pytest.raises(UnreachableError) as caught:
            await ask(client, f"{server.url}/hello")
    assert str(caught.value) == said
    assert len(server.asked) == 6


async def test_nobody_listening_is_unreachable(store: Store) -> None:
    async with Greeter() as server:
        url = server.url
    async with polite(store, FakeClock()) as client:
        with pytest.raises(UnreachableError, match="GitHub cannot be reached"):
            await ask(client, f"{url}/hello")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
async def test_a_refusal_is_final(store: Store, status: int) -> None:
    async with Greeter() as server, polite(store, FakeClock(), retries=Retries()) as client:
        server.faults.add(Answer(status))
        with pytest.raises(UpstreamRefusedError) as caught:
            await ask(client, f"{server.url}/hello")
    assert caught.value.status == status
    assert str(caught.value).startswith(f"GitHub refused the request ({status})")
    assert len(server.asked) == 1


@given(failures=st.integers(1, 60), seed=st.integers())
def test_pauses_grow_and_stay_bounded(failures: int, seed: int) -> None:
    retries = Retries(first_wait=SECOND, longest_wait=20 * SECOND)
    middle = SECOND * min(2 ** (failures - 1), 20)
    assert middle / 2 <= retries.wait(failures, Random(seed)) <= middle * 1.5


# --- redirects and secrets -----------------------------------------------------------------------


async def test_redirects_are_followed_and_the_last_address_is_told(store: Store) -> None:
    async with Greeter() as server, polite(store, FakeClock()) as client:
        server.faults.add(
            Answer(301, headers={"Location": "/elsewhere"}), Answer(307, headers={"Location": "hello"})
        )
        reply = await ask(client, f"{server.url}/hello")
    assert reply.url == f"{server.url}/hello"
    assert [asked.path for asked in server.asked] == ["/hello", "/elsewhere", "/hello"]


async def test_five_redirects_are_enough(store: Store) -> None:
    async with Greeter() as server, polite(store, FakeClock()) as client:
        server.faults.add(*[Answer(302, headers={"Location": "/hello"})] * 6)
        with pytest.raises(GarbledError, match="more than 5 times"):
            await ask(client, f"{server.url}/hello")
    assert len(server.asked) == 6


async def test_a_token_goes_to_nobody_else(store: Store) -> None:
    async with Greeter() as first, Greeter() as second, polite(store, FakeClock()) as client:
        first.faults.add(Answer(302, headers={"Location": f"{second.url}/hello"}))
        await ask(client, f"{first.url}/hello", headers={"Authorization": "Bearer hf_secret"})
    assert first.asked[0].headers["Authorization"] == "Bearer hf_secret"
    assert "Authorization" not in second.asked[0].headers


@pytest.mark.parametrize(
    "fault", [Refuse(), Cut(), Drip(), Answer(401), Answer(500), Answer(302), rate_limited()]
)
async def test_a_token_is_in_no_error(store: Store, fault: Fault) -> None:
    secret = "s3" * 5  # pieced together: a traceback quotes the lines of this file
    headers = {"Authorization": f"Bearer {secret}"}
    async with Greeter() as server, polite(store, FakeClock()) as client:
        server.faults.add(fault)
        with pytest.raises(PaperboyError) as caught:
            await ask(client, f"{server.url}/hello", headers=headers)
    assert server.asked[0].headers["Authorization"] == headers["Authorization"]
    assert secret not in "".join(traceback.format_exception(caught.value))


# --- waiting -------------------------------------------------------------------------------------


async def test_requests_keep_their_distance(store: Store) -> None:
    clock = FakeClock(NOW)
    rule = BudgetRule("slow", interval=3 * SECOND, window=MINUTE, limit=4)
    async with Greeter() as server, polite(store, clock) as client:
        read = [(await ask(client, f"{server.url}/hello", rule)).observed_at - NOW for _ in range(6)]
    assert read == [0 * SECOND, 3 * SECOND, 6 * SECOND, 9 * SECOND, 60 * SECOND, 63 * SECOND]


async def test_a_429_is_not_retried_and_holds_every_later_request(store: Store) -> None:
    clock = FakeClock(NOW)
    async with Greeter() as server, polite(store, clock, retries=Retries()) as client:
        server.faults.add(rate_limited(55))
        with pytest.raises(RateLimitedError) as caught:
            await ask(client, f"{server.url}/hello")
        assert caught.value.until == NOW + 55 * SECOND
        assert len(server.asked) == 1

        async with polite(store, clock, holder="another process") as other:
            assert (await ask(other, f"{server.url}/hello")).observed_at == NOW + 55 * SECOND


async def test_the_last_request_allowed_is_answered_and_holds_the_next(store: Store) -> None:
    clock = FakeClock(NOW)
    async with Greeter() as server, polite(store, clock) as client:
        server.faults.add(Answer(200, b"[]", {"RateLimit": '"api";r=0;t=55'}))
        assert (await ask(client, f"{server.url}/hello")).body == b"[]"
        assert (await ask(client, f"{server.url}/hello")).observed_at == NOW + 55 * SECOND


async def test_a_wait_beyond_patience_is_told_instead_of_waited_for(store: Store) -> None:
    clock = FakeClock(NOW)
    async with Greeter() as server, polite(store, clock, patience=MINUTE) as client:
        await store.sources.hold("test", NOW + 2 * MINUTE)
        with pytest.raises(RateLimitedError) as caught:
            await ask(client, f"{server.url}/hello")
    assert caught.value.until == NOW + 2 * MINUTE
    assert (clock.slept, server.asked) == ([], [])


async def test_an_exclusive_budget_has_one_connection_over_all_processes(store: Store) -> None:
    clock = StandingClock(NOW)
    rule = BudgetRule("arxiv", interval=timedelta(0), window=MINUTE, limit=100, exclusive=True)
    async with (
        Greeter() as server,
        polite(store, clock, holder="one") as one,
        polite(store, clock, holder="two") as two,
    ):
        await asyncio.gather(*(ask(client, f"{server.url}/slow", rule) for client in [one, two] * 3))
    assert (len(server.asked), server.busiest) == (6, 1)


async def test_a_budget_that_is_not_exclusive_has_several_connections(store: Store) -> None:
    async with Greeter() as server, polite(store, FakeClock()) as client:
        await asyncio.gather(*(ask(client, f"{server.url}/slow") for _ in range(4)))
    assert server.busiest > 1


async def test_the_lease_of_a_process_that_died_is_waited_for(store: Store) -> None:
    clock = FakeClock(NOW)
    rule = BudgetRule("arxiv", interval=timedelta(0), window=MINUTE, limit=100, exclusive=True)
    assert await store.sources.acquire("http:arxiv", "dead", NOW, 90 * SECOND)
    async with Greeter() as server, polite(store, clock) as client:
        assert (await ask(client, f"{server.url}/hello", rule)).observed_at == NOW + 90 * SECOND
        assert await store.sources.acquire("http:arxiv", "next", clock.now(), SECOND)  # it was given back


async def test_a_lease_that_never_ends_is_given_up_on(store: Store) -> None:
    clock = FakeClock(NOW)
    rule = BudgetRule("arxiv", interval=timedelta(0), window=MINUTE, limit=100, exclusive=True)
    assert await store.sources.acquire("http:arxiv", "busy", NOW, timedelta(days=1))
    async with Greeter() as server, polite(store, clock, patience=5 * SECOND) as client:
        with pytest.raises(RateLimitedError):
            await ask(client, f"{server.url}/hello", rule)
    assert server.asked == []
    assert not await store.sources.acquire("http:arxiv", "me", clock.now(), SECOND)  # the other's stays


async def test_a_failed_request_gives_its_lease_back(store: Store) -> None:
    clock = FakeClock(NOW)
    rule = BudgetRule("arxiv", interval=timedelta(0), window=MINUTE, limit=100, exclusive=True)
    async with Greeter() as server, polite(store, clock) as client:
        server.faults.add(Refuse())
        with pytest.raises(UnreachableError):
            await ask(client, f"{server.url}/hello", rule)
    assert await store.sources.acquire("http:arxiv", "another", clock.now(), SECOND)


# --- what headers mean ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (200, {}, None),
        (404, {"Retry-After": "5"}, None),
        (200, {"RateLimit": '"api";r=499;t=300'}, None),
        (200, {"RateLimit": '"api";r=0;t=55'}, 55),
        (429, {"RateLimit": '"api";r=0;t=55'}, 55),
        (429, {"RateLimit": '"pages";r=7;t=10, "api";r=0;t=55'}, 55),
        (429, {"Retry-After": "120"}, 120),
        (429, {"Retry-After": "Thu, 20 Nov 2025 12:02:00 GMT"}, 120),
        (429, {"Retry-After": "Thu, 20 Nov 2025 11:00:00 GMT"}, 1),
        (429, {"Retry-After": "0"}, 1),
        (429, {"Retry-After": "120", "RateLimit": '"api";r=0;t=55'}, 120),
        (503, {"Retry-After": "30"}, 30),
        (503, {}, None),
        (429, {}, 60),
        (429, {"Retry-After": "soon"}, 60),
        (429, {"Retry-After": "999999999"}, 86_400),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1763640300"}, 300),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1763640300"}, 300),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1763630000"}, None),
        (200, {"X-RateLimit-Remaining": "59", "X-RateLimit-Reset": "1763640300"}, None),
        (403, {}, None),
        (403, {"Retry-After": "60"}, 60),
    ],
)
def test_headers_say_how_long_to_wait(status: int, headers: dict[str, str], seconds: int | None) -> None:
    expected = None if seconds is None else NOW + seconds * SECOND
    assert told_to_wait(status, CIMultiDict(headers), NOW) == expected


NAMES = st.sampled_from(["Retry-After", "RateLimit", "X-RateLimit-Remaining", "X-RateLimit-Reset"])
VALUES = st.one_of(
    st.text(max_size=30),
    st.integers(-(10**12), 10**12).map(str),
    st.builds('"api";r={};t={}'.format, st.integers(0, 1), st.integers(0, 10**12)),
    st.sampled_from(["0", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 +2359", "²"]),
)


@given(status=st.sampled_from([200, 304, 403, 429, 503]), headers=st.dictionaries(NAMES, VALUES))
def test_no_header_is_too_strange_and_none_silences_an_upstream_for_long(
    status: int, headers: dict[str, str]
) -> None:
    until = told_to_wait(status, CIMultiDict(headers), NOW)
    assert until is None or NOW < until <= NOW + timedelta(days=1)
    assert status != 429 or until is not None
