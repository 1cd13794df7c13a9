"""The poller against all upstreams on loopback, with a real store: what it asks, when, and what comes of it.

Where one upstream is polled the clock jumps from rest to rest; where several are, it runs, but fast.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.errors import DiskFullError
from bot.model import IdScheme, IngestReport, Outcome, PaperId, Poll, Signal, SubjectState, Upstream, Waiting
from bot.ports import Clock, OpenStore, Store
from bot.sources.agenda import Habits, Key, agenda, daily, lists_to_load
from bot.sources.arxiv import ArxivSource
from bot.sources.github import GitHubSource
from bot.sources.hackernews import HackerNewsSource
from bot.sources.huggingface import HuggingFaceSource, poll_from_body
from bot.sources.poller import Poller, Sources
from tests.clocks import FakeClock, FastClock
from tests.contract.clients import polite_client
from tests.servers.arxiv import ArxivPaper, ArxivServer
from tests.servers.faults import Answer, Cut, Drip, Fault, Refuse, StandIn, Truncated, garbled, rate_limited
from tests.servers.github import GitHubServer
from tests.servers.hackernews import HackerNewsServer, story
from tests.servers.huggingface import HuggingFaceServer, Row, Seen, daily_row

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HF, ARXIV = Upstream.HUGGING_FACE, Upstream.ARXIV

MIDNIGHT = datetime(2025, 11, 20, tzinfo=UTC)  # a Thursday
NOON = MIDNIGHT + 12 * HOUR
TODAY = MIDNIGHT.date()
NEW = "new:cs.AI+cs.LG"
OFF = Habits(poll_every=15 * MINUTE, backfill_from=None, stars_every=6 * HOUR, stories_every=3 * HOUR)
EAGER = Habits(poll_every=20 * SECOND, backfill_from=None, stars_every=MINUTE, stories_every=MINUTE)
RATE = 60.0  # seconds of a clock that runs to a real one
SLOWER = 20.0  # where leases must not run out though the machine is busy
PATIENCE = 30.0  # real seconds for anything to happen

Lists = Mapping[date, Sequence[Row] | Sequence[Seen]]


def row(number: int, **inner: Any) -> Row:
    return daily_row(f"2511.{number:05}", **inner)


def rows(count: int, first: int = 1) -> list[Row]:
    """Invented rows by falling upvotes, as a dated list has them."""
    return [row(number, upvotes=10_000 - number) for number in range(first, first + count)]


def a_row_a_day(last: date, days: int) -> dict[date, list[Row]]:
    """One paper on each of the last so many days."""
    return {last - n * DAY: rows(1, first=1 + n) for n in range(days)}


def arxiv(number: int) -> PaperId:
    return PaperId(IdScheme.ARXIV, f"2511.{number:05}")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@dataclass(frozen=True)
class Upstreams:
    """The stand-ins that are switched on."""

    huggingface: HuggingFaceServer
    arxiv: ArxivServer | None = None
    github: GitHubServer | None = None
    hackernews: HackerNewsServer | None = None


@asynccontextmanager
async def a_poller(
    store: Store, clock: Clock, servers: Upstreams, habits: Habits = OFF, holder: str = "one"
) -> AsyncIterator[Poller]:
    """A poller of one process, wired as the program wires it."""
    async with polite_client(store, clock, holder=holder) as client:
        sources = Sources(
            HuggingFaceSource(client, servers.huggingface.url),
            arxiv=ArxivSource(client, servers.arxiv.api_url, servers.arxiv.rss_url, clock)
            if servers.arxiv
            else None,
            github=GitHubSource(client, servers.github.url, None, store.sources) if servers.github else None,
            hackernews=HackerNewsSource(client, servers.hackernews.api_url) if servers.hackernews else None,
        )
        habits = replace(
            habits,
            arxiv_subject=NEW if servers.arxiv else None,
            stars_every=habits.stars_every if servers.github else None,
            stories_every=habits.stories_every if servers.hackernews else None,
        )
        yield Poller(store, sources, clock, habits, holder=holder)


async def live(until: Callable[[], bool], *pollers: Poller) -> None:
    """Runs these side by side until that holds once some poll is stored."""
    done = asyncio.Event()
    for one in pollers:
        one.on_poll(lambda _: done.set() if until() else None)
    running = [asyncio.create_task(one.run()) for one in pollers]
    try:
        await asyncio.wait_for(done.wait(), PATIENCE)
    finally:
        for one in pollers:
            one.stop()
        await asyncio.wait_for(asyncio.gather(*running), PATIENCE)


def past(clock: Clock, end: datetime) -> Callable[[], bool]:
    return lambda: clock.now() >= end


async def states(store: Store) -> dict[Key, SubjectState]:
    return {Key(one.upstream, one.subject): one for one in await store.sources.states()}


async def waiting(store: Store, subject: str, now: datetime, habits: Habits = OFF) -> Waiting:
    """What the overview says that a subject waits for."""
    questions = agenda(await store.sources.states(), habits, now)
    return next(one.waiting for one in questions if one.subject == subject)


def subjects(server: StandIn) -> list[str]:
    """The Hugging Face lists that were asked for, in order; first pages only."""
    names = {"date": "daily:", "week": "week:", "month": "month:"}
    found = []
    for asked in server.asked:
        if asked.query["p"] == "0":
            name = next((name for name in names if name in asked.query), None)
            found.append("trending" if name is None else names[name] + asked.query[name])
    return found


def looked_up(server: ArxivServer) -> list[str]:
    """The ids that arXiv was asked about, in order."""
    return [
        one for asked in server.asked if "id_list" in asked.query for one in asked.query["id_list"].split(",")
    ]


# --- following the batch -------------------------------------------------------------------------


async def test_a_list_is_followed_from_nothing_to_its_end(store: Store) -> None:
    clock = FakeClock(MIDNIGHT + MINUTE)
    grown = {MIDNIGHT + 2 * HOUR: 3, MIDNIGHT + 5 * HOUR: 8, MIDNIGHT + 9 * HOUR: 12}
    script = [Seen(since, rows(count)) for since, count in grown.items()]
    async with HuggingFaceServer({TODAY: script}, now=clock.now) as hf:
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            await live(past(clock, MIDNIGHT + HOUR), poller)
        assert await waiting(store, daily(TODAY), clock.now()) is Waiting.LIST_NOT_UP
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            await live(past(clock, MIDNIGHT + 10 * HOUR), poller)
    assert await waiting(store, daily(TODAY), clock.now()) is Waiting.NEXT_POLL
    (growth,) = await store.papers.growth(TODAY, TODAY)
    assert len(growth.seen_at) == 12
    for number, seen_at in enumerate(growth.seen_at, 1):
        appeared = min(since for since, count in grown.items() if count >= number)
        assert timedelta(0) <= seen_at - appeared <= 16 * MINUTE


async def test_numbers_go_on_being_read_when_a_list_is_complete(store: Store, clock: FakeClock) -> None:
    script = [Seen(NOON + n * HOUR, [row(1, upvotes=10 * (n + 1))]) for n in range(-1, 5)]
    async with (
        HuggingFaceServer({TODAY: script}, now=clock.now) as hf,
        a_poller(store, clock, Upstreams(hf)) as poller,
    ):
        await live(past(clock, NOON + 5 * HOUR), poller)
    paper = await store.papers.find(arxiv(1))
    assert paper is not None
    (series,) = await store.papers.series_of([paper.id], clock.now())
    points = series.signals[Signal.UPVOTES, HF].points()
    assert [value for _, value in points] == [10, 20, 30, 40, 50]


async def test_rows_that_move_between_pages_are_all_taken_in(store: Store, clock: FakeClock) -> None:
    before = rows(250)
    risen = [before[120], *before[:120], *before[121:]]
    async with HuggingFaceServer({TODAY: before}, now=clock.now) as hf:
        hf.move_under_paging(TODAY, risen, before, risen)
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            await poller.catch_up()
    assert (await states(store))[Key(HF, daily(TODAY))].last_outcome is Outcome.OK
    assert (await store.papers.coverage()).papers == 250


async def test_a_weekend_is_told_from_a_list_that_is_late_and_asked_about_less(store: Store) -> None:
    friday = datetime(2025, 11, 21, 23, tzinfo=UTC)
    saturday, monday = friday.date() + DAY, friday.date() + 3 * DAY
    clock = FakeClock(friday)
    lists: Lists = {
        friday.date(): rows(5),
        saturday: rows(5),  # repeats Friday's
        monday: [Seen(friday + 2 * DAY + 3 * HOUR, rows(5, first=6))],
    }
    async with HuggingFaceServer(lists, now=clock.now) as hf:
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            await live(past(clock, friday + 13 * HOUR), poller)
        assert await waiting(store, daily(saturday), clock.now()) is Waiting.WEEKEND
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            await live(past(clock, friday + DAY + 13 * HOUR), poller)
        assert await waiting(store, daily(saturday + DAY), clock.now()) is Waiting.WEEKEND
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            await live(past(clock, friday + 2 * DAY + 2 * HOUR), poller)
        assert await waiting(store, daily(monday), clock.now()) is Waiting.LIST_NOT_UP
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            await live(past(clock, friday + 2 * DAY + 4 * HOUR), poller)
    assert [batch.day for batch in await store.papers.batches(clock.now(), 5)] == [monday, friday.date()]
    asked = Counter(one.query.get("date") for one in hf.asked if one.at.date() == saturday)
    assert 20 <= asked[saturday.isoformat()] <= 30


async def test_a_holiday_is_told_from_an_upstream_that_is_down(store: Store) -> None:
    christmas = datetime(2025, 12, 25, 12, tzinfo=UTC)
    clock = FakeClock(christmas)
    async with HuggingFaceServer({}, now=clock.now) as hf, a_poller(store, clock, Upstreams(hf)) as poller:
        await poller.catch_up()
        assert await waiting(store, daily(christmas.date()), clock.now()) is Waiting.HOLIDAY
        clock.advance(HOUR)
        hf.faults.outage(christmas + 2 * HOUR)
        await poller.catch_up()
        assert await waiting(store, daily(christmas.date()), clock.now()) is Waiting.RETRY
        assert "Hugging Face" in ((await states(store))[Key(HF, daily(christmas.date()))].last_error or "")


# --- outages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("filling", [True, False])
async def test_after_an_outage_of_three_days_every_day_is_caught_up(store: Store, filling: bool) -> None:
    start = datetime(2025, 11, 17, 12, tzinfo=UTC)
    clock = FakeClock(start)
    days = [start.date() + n * DAY for n in range(5)]
    lists = {
        day: [Seen(datetime(day.year, day.month, day.day, 1, tzinfo=UTC), rows(6, first=1 + 10 * n))]
        for n, day in enumerate(days)
    }
    habits = replace(OFF, backfill_from=days[0]) if filling else OFF
    async with HuggingFaceServer(lists, now=clock.now) as hf:
        async with a_poller(store, clock, Upstreams(hf), habits) as poller:
            await live(past(clock, start + HOUR), poller)
        hf.faults.outage(start + 3 * DAY + HOUR)
        down_from = clock.now()
        async with a_poller(store, clock, Upstreams(hf), habits) as poller:
            await live(past(clock, start + 3 * DAY), poller)
        during = [one for one in hf.asked if down_from <= one.at < start + 3 * DAY]
        failing = [one for one in await store.sources.states() if one.failing_since is not None]
        async with a_poller(store, clock, Upstreams(hf), habits) as poller:
            await live(past(clock, start + 3 * DAY + 2 * HOUR), poller)
    assert failing
    assert len(during) <= 3 * (3 * 48 + 10)  # a question every half hour, each tried three times
    found = await states(store)
    for day in days[:4]:
        assert found[Key(HF, daily(day))].papers == 6
        assert found[Key(HF, daily(day))].failing_since is None
    assert (await store.papers.coverage()).papers == 24


async def test_before_a_slot_an_upstream_that_is_down_is_tried_with_one_question(
    store: Store, clock: FakeClock
) -> None:
    async with HuggingFaceServer({}, now=clock.now) as hf, a_poller(store, clock, Upstreams(hf)) as poller:
        hf.faults.outage(NOON + DAY)
        await poller.refresh()
    assert {one.query["date"] for one in hf.asked} == {TODAY.isoformat()}


async def test_a_429_is_obeyed_to_the_second_by_every_question(store: Store, clock: FakeClock) -> None:
    async with HuggingFaceServer(a_row_a_day(TODAY, 6), now=clock.now) as hf:
        hf.faults.add(None, None, rate_limited(240))
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            await live(lambda: len(hf.asked) == 3, poller)
            assert await waiting(store, "trending", clock.now()) is Waiting.RATE_LIMIT
            told_at = hf.asked[2].at
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            await poller.refresh()
            assert len(hf.asked) == 3
            await live(lambda: len(hf.asked) > 12, poller)
    assert hf.asked[3].at >= told_at + 240 * SECOND
    assert (await store.papers.coverage()).papers == 6


@pytest.mark.parametrize(
    "fault", [Refuse(), Cut(), Answer(500), garbled(), Truncated(), Answer(200, b'{"error":"Internal"}')]
)
async def test_a_bad_answer_is_told_and_asked_again_and_nothing_is_lost(
    store: Store, clock: FakeClock, fault: Fault
) -> None:
    async with HuggingFaceServer({TODAY: rows(5)}, now=clock.now) as hf:
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            hf.faults.add(fault, fault, fault)
            await live(lambda: True, poller)
            failed = (await states(store))[Key(HF, daily(TODAY))]
        assert (failed.last_outcome, failed.failing_since) == (Outcome.FAILED, failed.last_poll_at)
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            await live(past(clock, NOON + 20 * MINUTE), poller)
    assert hf.faults.pending == 0
    state = (await states(store))[Key(HF, daily(TODAY))]
    assert (state.papers, state.failing_since, state.last_error) == (5, None, None)


# --- filling the store ---------------------------------------------------------------------------


async def test_the_store_is_filled_newest_first_and_goes_on_where_it_was_stopped(
    store: Store, clock: FakeClock
) -> None:
    habits = replace(OFF, backfill_from=TODAY - 89 * DAY)
    async with HuggingFaceServer(a_row_a_day(TODAY, 90), now=clock.now) as hf:
        async with a_poller(store, clock, Upstreams(hf), habits) as poller:
            await live(lambda: daily(TODAY - 50 * DAY) in subjects(hf), poller)
        coverage = await store.papers.coverage()
        assert coverage.oldest_list is not None
        assert lists_to_load(agenda(await store.sources.states(), habits, clock.now())) in {39, 40}
        async with a_poller(store, clock, Upstreams(hf), habits, holder="two") as poller:
            await live(lambda: daily(TODAY - 89 * DAY) in subjects(hf), poller)
    days = [one for one in subjects(hf) if one.startswith("daily:")]
    # One that was given up half-way is asked for again; no other.
    assert len(days) - len(set(days)) <= 1
    assert days == sorted(days, reverse=True)
    assert (await store.papers.coverage()).lists >= 89
    assert lists_to_load(agenda(await store.sources.states(), habits, clock.now())) == 0


async def test_the_foreground_does_not_wait_for_the_filling(store: Store, clock: FakeClock) -> None:
    habits = Habits(poll_every=2 * SECOND, backfill_from=TODAY - 120 * DAY)
    async with (
        HuggingFaceServer(a_row_a_day(TODAY, 121), now=clock.now) as hf,
        a_poller(store, clock, Upstreams(hf), habits) as poller,
    ):
        await live(lambda: daily(TODAY - 120 * DAY) in subjects(hf), poller)
    asked = [one.at for one in hf.asked if one.query.get("date") == TODAY.isoformat()]
    assert len(asked) > 5
    # The foreground itself begins with a month of lists.
    assert max(after - before for before, after in pairwise(asked[1:])) <= 3 * SECOND


async def test_the_filling_leaves_most_of_the_budget_to_the_foreground(
    store: Store, clock: FakeClock
) -> None:
    habits = replace(OFF, backfill_from=TODAY - 330 * DAY)
    async with (
        HuggingFaceServer({}, now=clock.now) as hf,
        a_poller(store, clock, Upstreams(hf), habits) as poller,
    ):
        await live(past(clock, NOON + 5 * MINUTE), poller)
        within = [one.at for one in hf.asked if one.at < NOON + 5 * MINUTE]
        before = clock.now()
        await poller.refresh()
        assert clock.now() - before < SECOND
    assert 200 <= len(within) <= 300  # of the 400 that we allow ourselves


# --- what is looked up ---------------------------------------------------------------------------


def known_to_arxiv(numbers: Sequence[int]) -> list[ArxivPaper]:
    return [
        ArxivPaper(id=f"2511.{n:05}", title=f"A paper numbered 2511.{n:05}", comment=f"{n} pages")
        for n in numbers
    ]


async def test_every_paper_has_its_categories_before_the_first_digest(store: Store, clock: FakeClock) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(130)}, now=clock.now) as hf,
        ArxivServer(known_to_arxiv(range(1, 131)), now=clock.now) as server,
        a_poller(store, clock, Upstreams(hf, server)) as poller,
    ):
        await poller.refresh()
    found = [await store.papers.find(arxiv(n)) for n in range(1, 131)]
    assert {(one.categories, one.comment is not None, len(one.versions)) for one in found if one} == {
        (("cs.LG",), True, 1)
    }
    # Nothing but what a post needs was asked for.
    assert {one.query.get("date") for one in hf.asked} == {(TODAY - n * DAY).isoformat() for n in range(6)}
    assert sorted(one.path for one in server.asked) == ["/api/query", "/api/query", "/atom/cs.AI+cs.LG"]


async def test_a_second_refresh_asks_for_no_more_than_it_must(store: Store, clock: FakeClock) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(3)}, now=clock.now) as hf,
        ArxivServer(known_to_arxiv([1, 2, 3]), now=clock.now) as server,
        a_poller(store, clock, Upstreams(hf, server)) as poller,
    ):
        await poller.refresh()
        before = len(hf.asked), len(server.asked)
        await poller.refresh()
        assert (len(hf.asked), len(server.asked)) == before
        hf.show(TODAY, rows(4))
        server.papers |= {one.id: one for one in known_to_arxiv([4])}
        clock.advance(5 * MINUTE)
        await poller.refresh()
    assert subjects(hf)[before[0] :] == [daily(TODAY)]
    assert looked_up(server)[-1] == "2511.00004"
    assert len(looked_up(server)) == 4


async def test_an_id_that_arxiv_does_not_know_is_asked_for_less_and_less(
    store: Store, clock: FakeClock
) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(2)}, now=clock.now) as hf,
        ArxivServer(known_to_arxiv([1]), now=clock.now) as server,
        a_poller(store, clock, Upstreams(hf, server)) as poller,
    ):
        for _ in range(24 * 4):
            await poller.refresh()
            clock.advance(15 * MINUTE)
        times = [one.at for one in server.asked if "2511.00002" in one.query.get("id_list", "")]
        assert 4 <= len(times) <= 6
        pauses = [after - before for before, after in pairwise(times)]
        assert pauses == sorted(pauses)
        assert pauses[0] >= HOUR
        server.papers |= {one.id: one for one in known_to_arxiv([2])}
        clock.advance(DAY)
        await poller.refresh()
    paper = await store.papers.find(arxiv(2))
    assert paper is not None
    assert paper.categories == ("cs.LG",)
    assert looked_up(server).count("2511.00001") == 1


async def test_papers_are_looked_up_as_they_come_and_each_once(store: Store) -> None:
    clock = FastClock(NOON, RATE)
    script = [Seen(NOON - HOUR, rows(30)), Seen(NOON + MINUTE, rows(60))]
    async with (
        HuggingFaceServer({TODAY: script}, now=clock.now) as hf,
        ArxivServer(known_to_arxiv(range(1, 61)), now=clock.now) as server,
        a_poller(store, clock, Upstreams(hf, server), EAGER) as poller,
    ):
        told: list[Poll] = []
        poller.on_poll(told.append)
        await live(lambda: sum(len(one.readings) for one in told if one.subject == "lookup") >= 60, poller)
        assert clock.now() < NOON + 5 * MINUTE  # an idle poller would have rested for as long
    assert Counter(looked_up(server)) == Counter(f"2511.{n:05}" for n in range(1, 61))
    assert await store.papers.unresolved(10) == []


async def test_a_batch_of_listings_is_found_when_it_comes_and_then_left_alone(store: Store) -> None:
    rebuilt = datetime(2025, 11, 20, 5, tzinfo=UTC)  # midnight in New York
    clock = FakeClock(rebuilt - HOUR)
    async with (
        HuggingFaceServer({}, now=clock.now) as hf,
        ArxivServer(now=clock.now, etags=True) as server,
        a_poller(store, clock, Upstreams(hf, server)) as poller,
    ):
        while clock.now() < rebuilt + 20 * HOUR:
            if clock.now() > rebuilt + 40 * MINUTE and not server.papers:
                server.announce(known_to_arxiv(range(1, 6)))
            await poller.catch_up()
            clock.advance(5 * MINUTE)
    state = (await states(store))[Key(ARXIV, NEW)]
    assert state.last_change_at is not None
    assert rebuilt + 40 * MINUTE < state.last_change_at < rebuilt + 80 * MINUTE
    assert len([one for one in server.asked if one.at > rebuilt]) <= 12
    assert (await store.papers.coverage()).papers == 5


async def test_a_question_that_reaches_arxiv_late_does_not_bring_the_next_one_too_close(
    store: Store, clock: FakeClock
) -> None:
    delays = iter([2 * SECOND])  # a first connection takes its time

    def now() -> datetime:
        clock.advance(next(delays, timedelta()))
        return clock.now()

    async with (
        HuggingFaceServer({}, now=clock.now) as hf,
        ArxivServer(known_to_arxiv([1, 2]), now=now) as server,  # which insists on three seconds
        a_poller(store, clock, Upstreams(hf, server)) as poller,
    ):
        hf.show(TODAY, rows(2))
        await poller.refresh()
    assert len(server.asked) == 2


# --- optional signals ----------------------------------------------------------------------------


def starred(count: int) -> list[Row]:
    return [
        row(n, upvotes=1000 - n, githubRepo=f"https://github.com/ada/repo{n}") for n in range(1, count + 1)
    ]


async def test_stars_and_stories_are_read_of_the_best_papers_first(store: Store, clock: FakeClock) -> None:
    async with (
        HuggingFaceServer({TODAY: starred(70)}, now=clock.now) as hf,
        GitHubServer({f"ada/repo{n}": n for n in range(1, 71)}, now=clock.now) as github,
        HackerNewsServer([story(1, "https://arxiv.org/abs/2511.00001", 99, 7)], now=clock.now) as hn,
        a_poller(store, clock, Upstreams(hf, None, github, hn)) as poller,
    ):
        await poller.catch_up()
        assert github.asked == hn.asked == []
        await poller.read_signals()
    assert [one.path for one in github.asked] == [f"/repos/ada/repo{n}" for n in range(1, 61)]
    assert [one.query["query"] for one in hn.asked] == [f"2511.{n:05}" for n in range(1, 71)]
    paper = await store.papers.find(arxiv(1))
    assert paper is not None
    (series,) = await store.papers.series_of([paper.id], clock.now())
    last = {signal: one.last for (signal, _), one in series.signals.items()}
    assert (last[Signal.STARS], last[Signal.HN_POINTS], last[Signal.HN_COMMENTS]) == (1, 99, 7)


async def test_old_papers_that_fill_the_store_cost_no_signals(store: Store) -> None:
    clock = FastClock(NOON, RATE)
    old = TODAY - 60 * DAY
    habits = replace(EAGER, backfill_from=old)
    async with (
        HuggingFaceServer({old: starred(20), TODAY: [row(99)]}, now=clock.now) as hf,
        GitHubServer({}, now=clock.now) as github,
        HackerNewsServer(now=clock.now) as hn,
        a_poller(store, clock, Upstreams(hf, None, github, hn), habits) as poller,
    ):
        told: list[str] = []
        poller.on_poll(lambda poll: told.append(poll.subject))

        def signals_read_after() -> bool:
            later = told[told.index(daily(old)) :] if daily(old) in told else []
            return {"stars", "stories"} <= set(later)

        await live(signals_read_after, poller)
    assert github.asked == []
    assert "2511.00099" in {one.query["query"] for one in hn.asked}


@pytest.mark.parametrize("fault", [Refuse(), Answer(500), garbled(), rate_limited(3600), Answer(401)])
async def test_optional_signals_that_fail_hurt_nothing_else(store: Store, fault: Fault) -> None:
    clock = FastClock(NOON, RATE)
    async with (
        HuggingFaceServer({TODAY: starred(8)}, now=clock.now) as hf,
        ArxivServer(known_to_arxiv(range(1, 9)), now=clock.now) as server,
        GitHubServer({f"ada/repo{n}": n for n in range(1, 9)}, now=clock.now) as github,
        HackerNewsServer(now=clock.now) as hn,
        a_poller(store, clock, Upstreams(hf, server, github, hn), EAGER) as poller,
    ):
        await poller.catch_up()
        for one in (github, hn):
            one.faults.outage(NOON + DAY, fault)
        start = clock.now()
        await live(past(clock, start + 80 * SECOND), poller)
    found = await states(store)
    assert found[Key(HF, daily(TODAY))].failing_since is None
    assert len([one for one in hf.asked if one.query.get("date") == TODAY.isoformat()]) >= 3
    assert await store.papers.unresolved(10) == []
    for upstream, subject in ((Upstream.GITHUB, "stars"), (Upstream.HACKER_NEWS, "stories")):
        assert found[Key(upstream, subject)].last_error
    assert 1 <= len(github.asked) <= 12


async def test_arxiv_being_down_does_not_keep_the_lists_away(store: Store) -> None:
    clock = FastClock(NOON, RATE)
    async with (
        HuggingFaceServer({TODAY: rows(5)}, now=clock.now) as hf,
        ArxivServer(known_to_arxiv(range(1, 6)), now=clock.now) as server,
        a_poller(store, clock, Upstreams(hf, server), EAGER) as poller,
    ):
        server.faults.outage(NOON + 75 * SECOND)
        await poller.refresh()
        assert (await store.papers.coverage()).papers == 5
        told: list[Poll] = []
        poller.on_poll(told.append)
        await live(lambda: any(one.subject == "lookup" and one.readings for one in told), poller)
        assert clock.now() > NOON + 75 * SECOND
    assert len([one for one in hf.asked if one.query.get("date") == TODAY.isoformat()]) >= 3
    assert await store.papers.unresolved(10) == []


# --- several processes, and ends -----------------------------------------------------------------


async def test_two_pollers_on_one_store_make_each_request_once(open_store: OpenStore) -> None:
    clock = FastClock(NOON, SLOWER)
    habits = replace(OFF, backfill_from=TODAY - 60 * DAY)
    async with (
        open_store() as first,
        open_store() as second,
        HuggingFaceServer(a_row_a_day(TODAY, 61), now=clock.now) as hf,
        ArxivServer(known_to_arxiv(range(1, 62)), now=clock.now) as server,
        a_poller(first, clock, Upstreams(hf, server), habits, "one") as one,
        a_poller(second, clock, Upstreams(hf, server), habits, "two") as two,
    ):
        told: list[tuple[str, Poll]] = []
        one.on_poll(lambda poll: told.append(("one", poll)))
        two.on_poll(lambda poll: told.append(("two", poll)))

        def all_told() -> bool:
            details = sum(len(poll.readings) for _, poll in told if poll.subject == "lookup")
            return details >= 61 and len({poll.subject for _, poll in told}) == 61 + 3 + 2

        await live(all_told, one, two)
        await asyncio.gather(one.refresh(), two.refresh())
    asked = Counter(subjects(hf))
    assert asked.pop(daily(TODAY)) <= 2  # the second time before the slot
    assert set(asked.values()) == {1}
    assert len(asked) == 60 + 3
    assert Counter(looked_up(server)) == Counter(f"2511.{n:05}" for n in range(1, 62))
    assert {name for name, _ in told} == {"one", "two"}


async def test_a_refresh_waits_for_what_another_process_is_asking(open_store: OpenStore) -> None:
    clock = FastClock(NOON, SLOWER)
    async with (
        open_store() as first,
        open_store() as second,
        HuggingFaceServer({TODAY: rows(5)}, now=clock.now) as hf,
        ArxivServer(known_to_arxiv(range(1, 6)), now=clock.now) as server,
        a_poller(first, clock, Upstreams(hf, server), holder="one") as one,
        a_poller(second, clock, Upstreams(hf, server), holder="two") as two,
    ):
        await asyncio.gather(one.refresh(), two.refresh())
        assert [await second.papers.without_categories(range(100)), await second.papers.unresolved(9)] == [
            [],
            [],
        ]
    assert Counter(subjects(hf)).most_common(1)[0][1] == 1
    assert max(Counter(looked_up(server)).values()) == 1


async def test_a_refresh_that_is_cancelled_gives_its_leases_back(store: Store, clock: FakeClock) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(5)}, now=clock.now) as hf,
        ArxivServer(now=clock.now) as server,
        a_poller(store, clock, Upstreams(hf, server)) as poller,
    ):
        for upstream in (hf, server):
            upstream.faults.outage(NOON + DAY, Drip())
        refreshing = asyncio.create_task(poller.refresh())
        while not (hf.asked and server.asked):  # noqa: ASYNC110 - a stand-in has no event for this
            await asyncio.sleep(0)
        refreshing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await refreshing
        for name in (f"poll:huggingface:{daily(TODAY)}", f"poll:arxiv:{NEW}", "http:arxiv"):
            assert await store.sources.acquire(name, "another", clock.now(), MINUTE), name


async def test_a_stop_does_not_wait_for_a_slow_upstream(store: Store, clock: FakeClock) -> None:
    async with HuggingFaceServer({}, now=clock.now) as hf, a_poller(store, clock, Upstreams(hf)) as poller:
        hf.faults.outage(NOON + DAY, Drip())
        running = asyncio.create_task(poller.run())
        while not hf.asked:  # noqa: ASYNC110 - as above, a stand-in has no event
            await asyncio.sleep(0)
        poller.stop()
        await asyncio.wait_for(running, 5)
        assert await store.sources.acquire(f"poll:huggingface:{daily(TODAY)}", "another", clock.now(), MINUTE)


# --- trouble of our own --------------------------------------------------------------------------


class FullDisk:
    """The papers of a store whose disk is full for so many polls."""

    def __init__(self, inner: Any, polls: int) -> None:
        self._inner = inner
        self.polls = polls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def ingest(self, poll: Poll, recorded_at: datetime) -> IngestReport:
        if self.polls > 0:
            self.polls -= 1
            raise DiskFullError("paperboy.db")
        report: IngestReport = await self._inner.ingest(poll, recorded_at)
        return report


@dataclass(frozen=True)
class FullStore:
    papers: Any
    editions: Any
    destinations: Any
    outbox: Any
    sources: Any
    people: Any
    mailboxes: Any
    taste: Any
    installations: Any
    history: Any
    actions: Any
    admin: Any


def full(store: Store, polls: int) -> Store:
    papers = FullDisk(store.papers, polls)
    return FullStore(
        papers,
        store.editions,
        store.destinations,
        store.outbox,
        store.sources,
        store.people,
        store.mailboxes,
        store.taste,
        store.installations,
        store.history,
        store.actions,
        store.admin,
    )


async def test_a_full_disk_is_waited_out(store: Store, clock: FakeClock) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(5)}, now=clock.now) as hf,
        a_poller(full(store, 6), clock, Upstreams(hf)) as poller,
    ):
        await live(past(clock, NOON + HOUR), poller)
    asked = [one.at for one in hf.asked]
    pauses = [after - before for before, after in pairwise(asked[:7])]
    assert pauses == sorted(pauses)
    assert (20 * SECOND <= pauses[0] < 30 * SECOND, pauses[-1] <= 6 * MINUTE) == (True, True)
    assert (await store.papers.coverage()).papers == 5


async def test_a_full_disk_is_told_to_whoever_asked(store: Store, clock: FakeClock) -> None:
    async with (
        HuggingFaceServer({TODAY: rows(5)}, now=clock.now) as hf,
        a_poller(full(store, 1), clock, Upstreams(hf)) as poller,
    ):
        with pytest.raises(DiskFullError):
            await poller.refresh()
        await poller.refresh()
    assert (await store.papers.coverage()).papers == 5


async def test_a_clock_that_is_set_back_neither_stops_nor_hurries_the_polling(
    store: Store, clock: FakeClock
) -> None:
    async with HuggingFaceServer({TODAY: rows(3)}, now=clock.now) as hf:
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            await live(past(clock, NOON + HOUR), poller)
        clock.advance(-3 * HOUR)
        begun = len(hf.asked)
        async with a_poller(store, clock, Upstreams(hf)) as poller:
            await live(past(clock, NOON - HOUR), poller)
    asked = Counter(one.query.get("date") for one in hf.asked[begun:])
    assert 4 <= asked[TODAY.isoformat()] <= 6


async def test_a_recorded_body_and_a_poll_are_one_kind_of_thing(store: Store, clock: FakeClock) -> None:
    """What was read by hand counts for the agenda too: it is not asked for again."""
    body = json.dumps(rows(3)).encode()
    yesterday = TODAY - DAY
    await store.papers.ingest(poll_from_body(body, daily(yesterday), NOON), NOON)
    async with HuggingFaceServer({}, now=clock.now) as hf, a_poller(store, clock, Upstreams(hf)) as poller:
        await poller.catch_up()
    assert daily(yesterday) not in subjects(hf)
