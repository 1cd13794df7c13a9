"""The Hacker News source against its search on loopback."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import IdScheme, Outcome, PaperId, PaperReading, Poll, Signal, Upstream
from bot.ports import Store
from bot.sources.hackernews import HackerNewsSource, best_story
from tests.clocks import FakeClock
from tests.contract.clients import polite_client
from tests.servers.faults import Answer, garbled, rate_limited
from tests.servers.hackernews import HackerNewsServer, story
from tests.shared import shared_file

START = datetime(2025, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
async def server(clock: FakeClock) -> AsyncIterator[HackerNewsServer]:
    async with HackerNewsServer(now=clock.now) as running:
        yield running


@pytest.fixture
async def source(server: HackerNewsServer, store: Store, clock: FakeClock) -> AsyncIterator[HackerNewsSource]:
    async with polite_client(store, clock, patience=timedelta(minutes=1)) as client:
        yield HackerNewsSource(client, server.api_url)


def asked_for(*numbers: int) -> list[tuple[PaperId, str]]:
    ids = [f"2511.{number:05}" for number in numbers]
    return [(PaperId(IdScheme.ARXIV, one), one) for one in ids]


async def stories(source: HackerNewsSource, *numbers: int) -> Poll:
    (poll,) = [poll async for poll in source.stories(asked_for(*numbers))]
    assert (poll.upstream, poll.subject) == (Upstream.HACKER_NEWS, "stories")
    return poll


async def test_points_and_comments_of_a_papers_story_are_read(
    source: HackerNewsSource, server: HackerNewsServer
) -> None:
    server.stories = [story(1, "https://arxiv.org/abs/2511.00001", 61, 15)]

    poll = await stories(source, 1, 2)

    assert poll.outcome is Outcome.OK
    assert poll.readings == (
        PaperReading(
            ids=(PaperId(IdScheme.ARXIV, "2511.00001"),),
            title="",
            signals={Signal.HN_POINTS: 61, Signal.HN_COMMENTS: 15},
        ),
    )
    assert server.asked[0].query == {
        "query": "2511.00001",
        "tags": "story",
        "restrictSearchableAttributes": "url",
    }
    assert poll.observed_at == clock_after(seconds=1)


def clock_after(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


async def test_of_several_stories_the_one_with_most_points_counts(
    source: HackerNewsSource, server: HackerNewsServer
) -> None:
    server.stories = [
        story(1, "https://arxiv.org/pdf/2511.00001v2", 12, 90),
        story(2, "https://huggingface.co/papers/2511.00001", 300, 80),
        story(3, "https://www.alphaxiv.org/abs/2511.00001", 12, 3),
    ]
    poll = await stories(source, 1)
    assert poll.readings[0].signals == {Signal.HN_POINTS: 300, Signal.HN_COMMENTS: 80}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/2511/00001",
        "https://arxiv.org/abs/2511.00002?after=00001",
        "https://arxiv.org.example.org/abs/2511.00001",
        "https://example.org/?paper=https://arxiv.org/abs/2511.00001",
        None,
    ],
)
async def test_a_story_that_does_not_link_to_the_paper_is_not_its_story(
    source: HackerNewsSource, server: HackerNewsServer, url: str | None
) -> None:
    server.stories = [story(1, url, 500, title="About 2511.00001")]
    poll = await stories(source, 1)
    assert (poll.outcome, poll.readings) == (Outcome.EMPTY, ())


async def test_papers_without_an_arxiv_id_are_left_out(
    source: HackerNewsSource, server: HackerNewsServer
) -> None:
    polls = [poll async for poll in source.stories([(PaperId(IdScheme.DOI, "10.1/x"), "10.1/x")])]
    assert [poll.outcome for poll in polls] == [Outcome.EMPTY]
    assert server.asked == []


async def test_it_asks_at_most_once_a_second(source: HackerNewsSource, clock: FakeClock) -> None:
    polls = [poll async for poll in source.stories(asked_for(*range(25)))]
    assert [poll.outcome for poll in polls] == [Outcome.EMPTY] * 2
    assert clock.now() == clock_after(seconds=24)


async def test_what_was_read_before_an_outage_stays(
    source: HackerNewsSource, server: HackerNewsServer
) -> None:
    server.stories = [story(1, "https://arxiv.org/abs/2511.00001", 61, 15)]
    server.faults.add(None, *[Answer(500)] * 3)
    poll = await stories(source, 1, 2, 3)
    assert (poll.outcome, len(poll.readings)) == (Outcome.PARTIAL, 1)
    assert poll.detail.endswith("2 of 3 are left for the next time.")

    server.faults.add(*[Answer(500)] * 3)
    assert (await stories(source, 1)).outcome is Outcome.FAILED


async def test_asked_to_wait_it_stops(source: HackerNewsSource, server: HackerNewsServer) -> None:
    server.faults.add(rate_limited(3600))
    poll = await stories(source, 1, 2)
    assert (poll.outcome, poll.readings, len(server.asked)) == (Outcome.PARTIAL, (), 1)
    assert (await stories(source, 1)).outcome is Outcome.PARTIAL
    assert len(server.asked) == 1


async def test_a_garbled_answer_costs_that_paper_alone(
    source: HackerNewsSource, server: HackerNewsServer
) -> None:
    server.stories = [story(1, "https://arxiv.org/abs/2511.00002", 61, 15)]
    server.faults.add(garbled())
    poll = await stories(source, 1, 2)
    assert (poll.outcome, poll.skipped, len(poll.readings)) == (Outcome.PARTIAL, 1, 1)

    server.faults.add(Answer(200, b'{"message": "no hits"}'))
    assert (await stories(source, 2)).outcome is Outcome.FAILED


def test_the_recorded_answer_is_understood_and_has_the_shape_of_the_stand_ins() -> None:
    answer = json.loads(shared_file("data/api-fixtures/hn-algolia/search_story_1.json").read_text())
    assert best_story(answer, "2511.00001") == {}
    answer["hits"][0]["url"] = "http://arxiv.org/abs/2511.00001"
    assert best_story(answer, "2511.00001") == {Signal.HN_POINTS: 61, Signal.HN_COMMENTS: 15}
    assert story(1, None).keys() == answer["hits"][0].keys() - {"_highlightResult"}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["url", "points", "num_comments"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(_JSON | st.fixed_dictionaries({"url": st.just("arxiv.org/abs/2511.00001"), "points": _JSON})))
def test_hits_of_any_shape_give_counts_or_nothing(hits: list[object]) -> None:
    signals = best_story({"hits": hits}, "2511.00001")
    assert set(signals) in (set(), {Signal.HN_POINTS, Signal.HN_COMMENTS})
    assert all(value >= 0 for value in signals.values())


# --- the stand-in itself -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "described"),
    [
        ("query=x&numericFilters=points%3E10", True),
        ("query=x&numericFilters=created_at_i%3E10", False),
        ("query=x&restrictSearchableAttributes=author", False),
        ("query=x&filters=points", False),
        ("query=x&page=two", False),
    ],
)
async def test_the_stand_in_answers_400_to_a_filter_on_points_and_to_what_is_not_described(
    clock: FakeClock, query: str, described: bool
) -> None:
    server = HackerNewsServer(now=clock.now)
    await server.start()
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{server.api_url}/search?{query}") as response,
        ):
            assert response.status == 400
    finally:
        await server.stop()
    assert bool(server.violations) != described
