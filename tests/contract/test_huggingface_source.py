"""The source of Hugging Face's lists against its stand-in: paging, growth, absence and every fault."""

import gzip
import json
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import aiohttp
import pytest
import structlog

from bot.model import Outcome, Poll, Signal
from bot.ports import Source, Store
from bot.sources.http import Retries
from bot.sources.huggingface import HuggingFaceSource, poll_from_body
from tests.clocks import FakeClock
from tests.contract.test_http import ONE_TRY, polite
from tests.servers.faults import Answer, Cut, Drip, Fault, Oversized, Refuse, Truncated, garbled, rate_limited
from tests.servers.huggingface import HuggingFaceServer, Row, Seen, daily_row
from tests.shared import shared_file

NOW = datetime(2025, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def rows(count: int, first: int = 1) -> list[Row]:
    """Invented rows by falling upvotes, as a dated list has them."""
    return [daily_row(f"2511.{n:05}", upvotes=10_000 - n) for n in range(first, first + count)]


@asynccontextmanager
async def source_of(
    store: Store,
    server: HuggingFaceServer,
    clock: FakeClock,
    token: str | None = None,
    retries: Retries = ONE_TRY,
) -> AsyncIterator[Source]:
    async with polite(store, clock, retries=retries) as client:
        yield HuggingFaceSource(client, server.url, token)


async def one(source: Source, subject: str = f"daily:{TODAY}") -> Poll:
    """The poll that one question gives."""
    (poll,) = [poll async for poll in source.poll(subject)]
    return poll


def ids(poll: Poll) -> list[str]:
    return [reading.ids[0].value for reading in poll.readings]


def numbers(shown: Sequence[Row]) -> list[str]:
    return [row["paper"]["id"] for row in shown]


# --- reading a list ------------------------------------------------------------------------------


async def test_a_daily_list_is_one_request_and_one_poll(store: Store) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(12)}) as server,
        source_of(store, server, FakeClock(NOW)) as source,
    ):
        poll = await one(source)
    assert (poll.outcome, poll.observed_at, poll.detail) == (Outcome.OK, NOW, "")
    assert ids(poll) == numbers(rows(12))
    assert [asked.query for asked in server.asked] == [{"date": "2025-11-20", "limit": "100", "p": "0"}]


async def test_recorded_lists_come_through_the_wire_unchanged(store: Store) -> None:
    with gzip.open(shared_file("data/hf-daily-papers/responses.jsonl.gz"), "rt", encoding="utf-8") as lines:
        recorded = {
            date.fromisoformat(record["list_date"]): record["response"]
            for record in map(json.loads, islice(lines, 0, None, 40))
        }
    async with HuggingFaceServer(recorded) as server, source_of(store, server, FakeClock(NOW)) as source:
        for day, body in recorded.items():
            poll = await one(source, f"daily:{day}")
            assert poll == poll_from_body(body, f"daily:{day}", poll.observed_at)
    assert len(recorded) >= 10


@pytest.mark.parametrize("count", [1, 49, 50, 51, 99, 100, 101, 250, 300])
async def test_every_page_of_a_list_is_read(store: Store, count: int) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(count)}) as server,
        source_of(store, server, FakeClock(NOW)) as source,
    ):
        poll = await one(source)
    assert (poll.outcome, ids(poll)) == (Outcome.OK, numbers(rows(count)))


async def test_week_month_and_trending_are_asked_for_by_name(store: Store) -> None:
    lists = {TODAY - timedelta(days=n): rows(5, first=10 * n + 1) for n in range(20)}
    async with HuggingFaceServer(lists) as server, source_of(store, server, FakeClock(NOW)) as source:
        polls = [await one(source, subject) for subject in ("week:2025-W47", "month:2025-11", "trending")]
    assert [len(poll.readings) for poll in polls] == [20, 100, 100]
    assert all(poll.outcome is Outcome.OK for poll in polls)
    asked = [
        {key: value for key, value in one.query.items() if key not in {"p", "limit"}} for one in server.asked
    ]
    assert asked[0] == {"week": "2025-W47"}
    assert {"month": "2025-11"} in asked
    assert asked[-1] == {"sort": "trending"}


async def test_trending_is_the_top_of_an_endless_list_read_once(store: Store) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(900)}) as server,
        source_of(store, server, FakeClock(NOW)) as source,
    ):
        poll = await one(source, "trending")
    assert (poll.outcome, len(poll.readings), len(server.asked)) == (Outcome.OK, 300, 3)


async def test_a_list_without_an_end_is_read_in_part(store: Store) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(1100)}) as server,
        source_of(store, server, FakeClock(NOW)) as source,
    ):
        poll = await one(source)
    assert (poll.outcome, len(poll.readings)) == (Outcome.PARTIAL, 1000)
    assert "longer than 10 pages" in poll.detail


async def test_a_server_that_ignores_the_page_is_not_asked_for_ever(store: Store) -> None:
    page = Answer(200, json.dumps(rows(50)).encode())
    async with HuggingFaceServer({}) as server, source_of(store, server, FakeClock(NOW)) as source:
        server.faults.add(*[page] * 20)
        poll = await one(source)
    assert (poll.outcome, len(poll.readings), len(server.asked)) == (Outcome.OK, 50, 4)


# --- lists that change ---------------------------------------------------------------------------


async def test_a_list_grows_between_polls(store: Store) -> None:
    clock = FakeClock(NOW)
    script = [Seen(NOW - HOUR, rows(3)), Seen(NOW + HOUR, rows(5)), Seen(NOW + 2 * HOUR, rows(9))]
    async with (
        HuggingFaceServer({TODAY: script}, now=clock.now) as server,
        source_of(store, server, clock) as source,
    ):
        seen = []
        for _ in range(3):
            seen.append(await one(source))
            clock.advance(HOUR)
    assert [len(poll.readings) for poll in seen] == [3, 5, 9]
    assert [poll.observed_at for poll in seen] == sorted({poll.observed_at for poll in seen})


async def test_a_list_that_has_not_begun_and_a_holiday_are_empty(store: Store) -> None:
    clock = FakeClock(NOW)
    lists: dict[date, Sequence[Row] | Sequence[Seen]] = {
        TODAY: [Seen(NOW + HOUR, rows(3))],
        date(2025, 11, 27): [],
    }
    async with HuggingFaceServer(lists, now=clock.now) as server, source_of(store, server, clock) as source:
        early, holiday = await one(source), await one(source, "daily:2025-11-27")
        clock.advance(2 * HOUR)
        later = await one(source)
    assert [early.outcome, holiday.outcome, later.outcome] == [Outcome.EMPTY, Outcome.EMPTY, Outcome.OK]
    assert early.detail == holiday.detail == ""


async def test_a_weekend_that_repeats_friday_is_told_as_it_is(store: Store) -> None:
    lists = {date(2025, 11, day): rows(4) for day in (21, 22, 23)}
    async with HuggingFaceServer(lists) as server, source_of(store, server, FakeClock(NOW)) as source:
        polls = [await one(source, f"daily:{day}") for day in lists]
    assert polls[0].readings == polls[1].readings == polls[2].readings
    assert [poll.list_date for poll in polls] == list(lists)


async def test_a_row_that_moves_up_between_two_pages_is_not_lost(store: Store) -> None:
    before = rows(150)
    risen = [before[120], *before[:120], *before[121:]]  # from the second page to the top
    async with (
        HuggingFaceServer({TODAY: before}) as server,
        source_of(store, server, FakeClock(NOW)) as source,
    ):
        server.move_under_paging(TODAY, risen)
        poll = await one(source)
    assert (poll.outcome, sorted(ids(poll))) == (Outcome.OK, sorted(numbers(before)))


async def test_a_row_removed_from_the_first_page_loses_no_other(store: Store) -> None:
    before = rows(150)
    async with (
        HuggingFaceServer({TODAY: before}) as server,
        source_of(store, server, FakeClock(NOW)) as source,
    ):
        server.move_under_paging(TODAY, before[1:])
        poll = await one(source)
    assert (poll.outcome, sorted(ids(poll))) == (Outcome.OK, sorted(numbers(before)))


async def test_a_row_seen_twice_is_one_reading_the_later_one(store: Store) -> None:
    before = rows(150)
    risen = [daily_row("2511.00121", upvotes=20_000), *before[:120], *before[121:]]
    async with (
        HuggingFaceServer({TODAY: before}) as server,
        source_of(store, server, FakeClock(NOW)) as source,
    ):
        server.move_under_paging(TODAY, before, risen)
        poll = await one(source)
    upvotes = {reading.ids[0].value: reading.signals[Signal.UPVOTES] for reading in poll.readings}
    assert (len(poll.readings), upvotes["2511.00121"]) == (150, 20_000)


async def test_a_list_that_never_rests_is_read_a_bounded_number_of_times(store: Store) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(150)}) as server,
        source_of(store, server, FakeClock(NOW)) as source,
    ):
        server.move_under_paging(TODAY, *(rows(150 + n) for n in range(1, 30)))
        poll = await one(source)
    assert poll.outcome is Outcome.PARTIAL
    assert "kept changing" in poll.detail
    assert len(server.asked) == 8


async def test_a_list_of_several_pages_is_dated_by_the_last_one_read(store: Store) -> None:
    clock = FakeClock(NOW)
    async with (
        HuggingFaceServer({TODAY: rows(150)}, now=clock.now) as server,
        source_of(store, server, clock) as source,
    ):
        poll = await one(source)
    assert poll.observed_at >= max(asked.at for asked in server.asked) > NOW


# --- what is not there, and what goes wrong ------------------------------------------------------


@pytest.mark.parametrize("status", [400, 404])
async def test_a_day_that_does_not_exist_yet_is_empty_not_broken(store: Store, status: int) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(3)}, unknown_day=status) as server,
        source_of(store, server, FakeClock(NOW)) as source,
    ):
        poll = await one(source, "daily:2025-11-21")
    assert (poll.outcome, poll.readings, poll.observed_at) == (Outcome.EMPTY, (), NOW)
    assert poll.detail.startswith("Hugging Face has no such list, or not yet")


@pytest.mark.parametrize(("subject", "status"), [("trending", 404), (f"daily:{TODAY}", 401)])
async def test_any_other_refusal_is_a_failure(store: Store, subject: str, status: int) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(3)}) as server,
        source_of(store, server, FakeClock(NOW)) as source,
    ):
        server.faults.add(Answer(status))
        poll = await one(source, subject)
    assert poll.outcome is Outcome.FAILED
    assert f"({status})" in poll.detail


FAULTS = [
    Refuse(),
    Cut(),
    Drip(),
    Answer(500),
    garbled(),
    Truncated(),
    Oversized(17 * 2**20, packed=True),
    rate_limited(),
    Answer(200, b'{"error":"Internal"}'),
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_failure_is_a_poll_that_says_why_and_the_next_one_succeeds(
    store: Store, fault: Fault
) -> None:
    clock = FakeClock(NOW)
    async with HuggingFaceServer({TODAY: rows(3)}) as server, source_of(store, server, clock) as source:
        server.faults.add(fault)
        failed = await one(source)
        again = await one(source)
    assert (failed.outcome, failed.readings, failed.observed_at) == (Outcome.FAILED, (), NOW)
    assert failed.detail.startswith("Hugging Face ")
    assert again.outcome is Outcome.OK
    assert len(again.readings) == 3


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_was_read_before_a_failure_is_kept(store: Store, fault: Fault) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(150)}) as server,
        source_of(store, server, FakeClock(NOW)) as source,
    ):
        server.faults.add(None, fault)
        poll = await one(source)
    assert (poll.outcome, ids(poll)) == (Outcome.PARTIAL, numbers(rows(100)))
    assert poll.detail.startswith("Only a part could be read: Hugging Face ")


async def test_a_failure_that_passes_is_not_noticed(store: Store) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(3)}) as server,
        source_of(store, server, FakeClock(NOW), retries=Retries()) as source,
    ):
        server.faults.add(Answer(502), Refuse())
        assert (await one(source)).outcome is Outcome.OK


async def test_an_outage_of_three_days_fails_until_it_is_over(store: Store) -> None:
    clock = FakeClock(NOW)
    async with (
        HuggingFaceServer({TODAY: rows(3)}, now=clock.now) as server,
        source_of(store, server, clock) as source,
    ):
        server.faults.outage(NOW + timedelta(days=3))
        outcomes = []
        for _ in range(5):
            outcomes.append((await one(source)).outcome)
            clock.advance(timedelta(days=1))
    assert outcomes == [Outcome.FAILED] * 3 + [Outcome.OK] * 2


async def test_a_429_is_obeyed_by_the_next_poll(store: Store) -> None:
    clock = FakeClock(NOW)
    async with (
        HuggingFaceServer({TODAY: rows(3)}, now=clock.now) as server,
        source_of(store, server, clock) as source,
    ):
        server.faults.add(rate_limited(55))
        assert "wait until 2025-11-20 12:00:55 UTC" in (await one(source)).detail
        assert (await one(source)).observed_at >= NOW + 55 * SECOND
    assert server.asked[1].at >= NOW + 55 * SECOND


async def test_the_limit_of_the_real_service_is_never_met(store: Store) -> None:
    clock = FakeClock(NOW)
    async with (
        HuggingFaceServer({TODAY: rows(1)}, now=clock.now, request_limit=500) as server,
        source_of(store, server, clock) as source,
    ):
        outcomes = {(await one(source)).outcome for _ in range(600)}
    assert outcomes == {Outcome.OK}
    assert clock.now() - NOW > timedelta(minutes=5)


async def test_bad_rows_are_logged_and_counted_and_the_rest_is_kept(store: Store) -> None:
    shown = [*rows(3), {"paper": {"title": "No id"}}, "nonsense"]
    async with HuggingFaceServer({}) as server, source_of(store, server, FakeClock(NOW)) as source:
        server.faults.add(Answer(200, json.dumps(shown).encode()))
        with structlog.testing.capture_logs() as logs:
            poll = await one(source)
    assert (poll.outcome, len(poll.readings), poll.skipped) == (Outcome.PARTIAL, 3, 2)
    assert [line["problem"] for line in logs] == [
        "page 0, row 3: its id is missing",
        "page 0, row 4: it is no object",
    ]


async def test_a_token_is_sent_and_told_to_nobody(store: Store) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(3)}) as server,
        source_of(store, server, FakeClock(NOW), token="hf_secret", retries=Retries()) as source,
    ):
        server.faults.add(Answer(500), Answer(500), Answer(500))
        with structlog.testing.capture_logs() as logs:
            polls = [await one(source), await one(source)]
    assert {asked.headers["Authorization"] for asked in server.asked} == {"Bearer hf_secret"}
    assert "hf_secret" not in repr((polls, logs, source))


@pytest.mark.parametrize("subject", ["daily:today", "week:47", "month:2025-13", "new:cs.AI", "daily"])
async def test_an_unknown_subject_is_a_bug(store: Store, subject: str) -> None:
    async with HuggingFaceServer({}) as server, source_of(store, server, FakeClock(NOW)) as source:
        with pytest.raises(ValueError, match=r"."):
            await one(source, subject)
    assert server.asked == []


# --- the stand-in itself -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/api/daily_papers?limit=101",
        "/api/daily_papers?limit=0",
        "/api/daily_papers?p=-1",
        "/api/daily_papers?date=20251120",
        "/api/daily_papers?date=2025-02-30",
        "/api/daily_papers?week=2025-47",
        "/api/daily_papers?month=2025-11-01",
        "/api/daily_papers?date=2025-11-20&month=2025-11",
        "/api/daily_papers?sort=upvotes",
        "/api/daily_papers?page=1",
        "/api/papers/search",
        "/api/papers/search?q=x&limit=121",
        "/api/papers/2511.00001?full=1",
        "/api/models",
    ],
)
async def test_the_stand_in_refuses_what_is_not_described(path: str) -> None:
    server = HuggingFaceServer({TODAY: rows(3)})
    with pytest.raises(AssertionError, match="does not describe"):
        async with server, aiohttp.ClientSession() as session, session.get(server.url + path) as response:
            assert response.status in {400, 404}


async def test_the_stand_in_answers_search_and_papers() -> None:
    async with HuggingFaceServer({TODAY: rows(3)}) as server, aiohttp.ClientSession(server.url) as session:
        async with session.get("/api/papers/search", params={"q": "numbered 2511.00002"}) as response:
            assert numbers(await response.json()) == ["2511.00002"]
        async with session.get("/api/papers/2511.00003") as response:
            paper = await response.json()
            assert (paper["id"], paper["linkedModels"], paper["numTotalSpaces"]) == ("2511.00003", [], 0)
        async with session.get("/api/papers/2511.99999") as response:
            assert response.status == 404


async def test_the_stand_in_counts_requests_as_documented() -> None:
    clock = FakeClock(NOW)
    async with (
        HuggingFaceServer({}, now=clock.now, request_limit=2) as server,
        aiohttp.ClientSession(server.url) as session,
    ):
        answers = []
        for _ in range(3):
            async with session.get("/api/daily_papers") as response:
                answers.append((response.status, response.headers["RateLimit"]))
        clock.advance(timedelta(minutes=5))
        async with session.get("/api/daily_papers") as response:
            answers.append((response.status, response.headers["RateLimit"]))
    assert answers == [
        (200, '"api";r=1;t=300'),
        (200, '"api";r=0;t=300'),
        (429, '"api";r=0;t=300'),
        (200, '"api";r=1;t=300'),
    ]


async def test_the_stand_in_runs_in_a_thread_of_its_own(store: Store) -> None:
    before = threading.active_count()
    with HuggingFaceServer({TODAY: rows(3)}).in_thread() as server:
        async with source_of(store, server, FakeClock(NOW)) as source:
            assert len((await one(source)).readings) == 3
    assert threading.active_count() == before
    with (
        pytest.raises(AssertionError, match="does not describe"),
        HuggingFaceServer({}).in_thread() as server,
    ):
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{server.url}/api/daily_papers") as response,
        ):
            assert response.status == 405
