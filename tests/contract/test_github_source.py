"""The GitHub source against GitHub on loopback: ETags, renames, what is gone, and the budget."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.model import IdScheme, Outcome, PaperId, PaperReading, Poll, Signal, Upstream
from bot.ports import Store
from bot.sources.github import GitHubSource
from tests.clocks import FakeClock
from tests.contract.clients import polite_client
from tests.servers.faults import Answer, garbled
from tests.servers.github import GitHubServer, repository_body, secondary_limit
from tests.shared import shared_file

START = datetime(2025, 11, 20, 12, tzinfo=UTC)
TOKEN = "ghp_invented"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
async def server(clock: FakeClock) -> AsyncIterator[GitHubServer]:
    async with GitHubServer({"ada/engine": 120, "bo/Net": 7}, now=clock.now, token=TOKEN) as running:
        yield running


@pytest.fixture
async def source(server: GitHubServer, store: Store, clock: FakeClock) -> AsyncIterator[GitHubSource]:
    async with polite_client(store, clock, patience=MINUTE) as client:
        yield GitHubSource(client, server.url, None, store.sources)


def arxiv(number: int) -> PaperId:
    return PaperId(IdScheme.ARXIV, f"2511.{number:05}")


ENGINE = (arxiv(1), "ada/engine")
NET = (arxiv(2), "https://github.com/bo/net.git")


async def stars(source: GitHubSource, *repositories: tuple[PaperId, str]) -> Poll:
    (poll,) = [poll async for poll in source.stars(repositories)]
    assert (poll.upstream, poll.subject) == (Upstream.GITHUB, "stars")
    return poll


def told(poll: Poll) -> dict[PaperId, int]:
    return {reading.ids[0]: reading.signals[Signal.STARS] for reading in poll.readings}


async def test_stars_are_read_by_link_and_by_name(source: GitHubSource, server: GitHubServer) -> None:
    poll = await stars(source, ENGINE, NET, (arxiv(3), "https://example.org/not-github"))

    assert poll.outcome is Outcome.OK
    assert told(poll) == {arxiv(1): 120, arxiv(2): 7}
    assert poll.readings[0] == PaperReading(ids=(arxiv(1),), title="", signals={Signal.STARS: 120})
    assert [asked.path for asked in server.asked] == ["/repos/ada/engine", "/repos/bo/net"]


async def test_a_reading_is_never_dated_before_it_was_made(source: GitHubSource, clock: FakeClock) -> None:
    poll = await stars(source, ENGINE, NET)
    assert poll.observed_at == clock.now() == START + timedelta(seconds=1)


async def test_what_has_not_changed_is_not_told_again(source: GitHubSource, server: GitHubServer) -> None:
    await stars(source, ENGINE, NET)

    poll = await stars(source, ENGINE, NET)
    assert (poll.outcome, poll.readings, poll.detail) == (Outcome.UNCHANGED, (), "")

    server.star("ada/engine", 121)
    poll = await stars(source, ENGINE, NET)
    assert (poll.outcome, told(poll)) == (Outcome.OK, {arxiv(1): 121})


async def test_an_answer_that_was_not_stored_is_asked_for_again(source: GitHubSource) -> None:
    async with aclosing(source.stars([ENGINE])) as polls:
        assert (await anext(polls)).outcome is Outcome.OK  # and no more: the store failed
    assert told(await stars(source, ENGINE)) == {arxiv(1): 120}


async def test_a_second_paper_with_the_same_repository_is_told_its_stars(
    source: GitHubSource, server: GitHubServer
) -> None:
    await stars(source, ENGINE)
    both = (ENGINE, (arxiv(9), "https://github.com/Ada/Engine/tree/main"))

    poll = await stars(source, *both)
    assert told(poll) == {arxiv(1): 120, arxiv(9): 120}
    assert (await stars(source, *both)).outcome is Outcome.UNCHANGED
    assert len(server.asked) == 3


async def test_a_renamed_repository_is_followed(source: GitHubSource, server: GitHubServer) -> None:
    server.rename("ada/engine", "ada/difference-engine")

    assert told(await stars(source, ENGINE)) == {arxiv(1): 120}
    assert [asked.path for asked in server.asked] == ["/repos/ada/engine", "/repositories/100000"]
    assert (await stars(source, ENGINE)).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("status", [404, 451])
async def test_a_repository_that_is_gone_is_left_alone_for_a_week(
    source: GitHubSource, server: GitHubServer, clock: FakeClock, status: int
) -> None:
    server.remove("ada/engine", status)
    poll = await stars(source, ENGINE)
    assert (poll.outcome, poll.readings, poll.skipped) == (Outcome.EMPTY, (), 0)

    server.restore("ada/engine")
    clock.advance(timedelta(days=6))
    assert (await stars(source, ENGINE)).outcome is Outcome.EMPTY
    assert len(server.asked) == 1
    clock.advance(timedelta(days=2))
    assert told(await stars(source, ENGINE)) == {arxiv(1): 120}


async def test_nothing_to_ask_is_an_empty_poll(source: GitHubSource, server: GitHubServer) -> None:
    poll = await stars(source)
    assert (poll.outcome, poll.observed_at, server.asked) == (Outcome.EMPTY, START, [])


async def test_many_repositories_come_in_batches(
    server: GitHubServer, store: Store, clock: FakeClock
) -> None:
    for number in range(45):
        server.star(f"lab/net-{number}", number)
    async with polite_client(store, clock) as client:
        source = GitHubSource(client, server.url, TOKEN, store.sources)
        named = [(arxiv(number), f"lab/net-{number}") for number in range(45)]
        polls = [poll async for poll in source.stars(named)]
    assert [(poll.outcome, len(poll.readings)) for poll in polls] == [
        (Outcome.OK, 20),
        (Outcome.OK, 20),
        (Outcome.OK, 5),
    ]
    assert len({poll.observed_at for poll in polls}) == 3


# --- token and budget ----------------------------------------------------------------------------


async def test_the_token_goes_to_github_and_into_no_message(
    server: GitHubServer, store: Store, clock: FakeClock
) -> None:
    async with polite_client(store, clock) as client:
        good = await stars(GitHubSource(client, server.url, TOKEN, store.sources), ENGINE)
        bad = await stars(GitHubSource(client, server.url, "ghp_wrong", store.sources), NET, ENGINE)
    assert good.outcome is Outcome.OK
    assert server.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert (bad.outcome, len(server.asked)) == (Outcome.FAILED, 2)
    assert "check the token" in bad.detail
    assert "ghp_wrong" not in bad.detail


async def test_out_of_budget_it_stops_instead_of_waiting(
    source: GitHubSource, server: GitHubServer, clock: FakeClock
) -> None:
    for number in range(70):
        server.star(f"lab/net-{number}", number)
    named = [(arxiv(number), f"lab/net-{number}") for number in range(70)]

    polls = [poll async for poll in source.stars(named)]

    assert [(poll.outcome, len(poll.readings)) for poll in polls] == [
        (Outcome.OK, 20),
        (Outcome.OK, 20),
        (Outcome.PARTIAL, 20),
    ]
    assert polls[-1].detail == "10 of 70 are left for the next time."
    assert clock.now() - START < 2 * MINUTE
    assert len(server.asked) == 60

    (poll,) = [poll async for poll in source.stars(named[60:])]
    assert (poll.outcome, poll.readings) == (Outcome.PARTIAL, ())
    assert "asked us to wait until" in poll.detail
    assert len(server.asked) == 60

    clock.advance(2 * timedelta(hours=1))
    (poll,) = [poll async for poll in source.stars(named[60:])]
    assert (poll.outcome, len(poll.readings)) == (Outcome.OK, 10)


async def test_a_limit_that_others_used_up_is_obeyed(store: Store, clock: FakeClock) -> None:
    async with (
        GitHubServer({"ada/engine": 120, "bo/net": 7}, now=clock.now, limit=1) as server,
        polite_client(store, clock, patience=MINUTE) as client,
    ):
        async with aiohttp.ClientSession() as session:
            headers = {"Accept": "application/vnd.github+json", "User-Agent": "someone else"}
            async with session.get(f"{server.url}/repos/bo/net", headers=headers) as response:
                assert response.status == 200
        source = GitHubSource(client, server.url, None, store.sources)
        refused = await stars(source, ENGINE)
        asked = len(server.asked)
        waiting = await stars(source, ENGINE)
        assert len(server.asked) == asked
        clock.advance(timedelta(hours=1))
        assert (await stars(source, ENGINE)).outcome is Outcome.OK
    assert (refused.outcome, waiting.outcome) == (Outcome.PARTIAL, Outcome.PARTIAL)
    assert "asked us to wait until 2025-11-20 13:00:00 UTC" in refused.detail


async def test_the_secondary_limit_is_obeyed(
    source: GitHubSource, server: GitHubServer, clock: FakeClock
) -> None:
    status, body, headers = secondary_limit(30)
    server.faults.add(None, Answer(status, body, headers))

    poll = await stars(source, ENGINE, NET)

    assert (poll.outcome, told(poll)) == (Outcome.PARTIAL, {arxiv(1): 120})
    assert poll.detail.endswith("1 of 2 are left for the next time.")
    assert told(await stars(source, NET)) == {arxiv(2): 7}
    assert clock.now() >= START + timedelta(seconds=30)


# --- failures ------------------------------------------------------------------------------------


async def test_one_answer_that_cannot_be_read_costs_that_repository_alone(
    source: GitHubSource, server: GitHubServer
) -> None:
    server.faults.add(garbled())
    poll = await stars(source, ENGINE, NET)
    assert (poll.outcome, poll.skipped, told(poll)) == (Outcome.PARTIAL, 1, {arxiv(2): 7})
    assert poll.detail.startswith("1 could not be read, the last because GitHub answered")

    for nonsense in (b"[]", b"{}", b'{"stargazers_count": "many"}', b'{"stargazers_count": true}'):
        server.faults.add(Answer(200, nonsense))
        poll = await stars(source, ENGINE)
        assert (poll.outcome, poll.skipped, poll.readings) == (Outcome.FAILED, 1, ())


async def test_three_refusals_in_a_row_end_it(source: GitHubSource, server: GitHubServer) -> None:
    server.faults.add(*[Answer(403)] * 3)
    named = [(arxiv(number), f"lab/net-{number}") for number in range(9)]

    poll = await stars(source, *named)

    assert (poll.outcome, poll.skipped, len(server.asked)) == (Outcome.FAILED, 3, 3)
    assert poll.detail.endswith("6 of 9 are left for the next time.")


async def test_an_outage_ends_it_and_what_was_read_before_stays(
    source: GitHubSource, server: GitHubServer, clock: FakeClock
) -> None:
    server.faults.add(None, *[Answer(502)] * 3)
    poll = await stars(source, ENGINE, NET)
    assert (poll.outcome, told(poll)) == (Outcome.PARTIAL, {arxiv(1): 120})

    server.faults.add(*[Answer(502)] * 3)
    poll = await stars(source, NET)
    assert (poll.outcome, poll.observed_at) == (Outcome.FAILED, clock.now())
    assert (await stars(source, NET)).outcome is Outcome.OK


# --- the stand-in itself -------------------------------------------------------------------------


def test_the_stand_in_speaks_as_recorded() -> None:
    (recorded,) = json.loads(shared_file("data/api-fixtures/github/get-repository.raw.json").read_text())
    response = recorded["response"]
    said = repository_body(response["full_name"], response["id"], response["stargazers_count"])
    assert said.keys() <= response.keys()
    assert {key: type(value) for key, value in said.items()} == {key: type(response[key]) for key in said}
    for key in ("id", "name", "full_name", "html_url", "url", "private", "fork"):
        assert said[key] == response[key]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/repos/ada/engine", {"Accept": "text/html"}),
        ("/repos/ada/engine?page=1", {}),
        ("/repos/ada/engine", {"Authorization": "Basic eDp5"}),
        ("/repos/ada/engine", {"User-Agent": ""}),
        ("/repos/ada/engine/stargazers", {}),
    ],
)
async def test_the_stand_in_refuses_what_github_does_not_describe(
    clock: FakeClock, path: str, headers: dict[str, str]
) -> None:
    server = GitHubServer({"ada/engine": 1}, now=clock.now)
    await server.start()
    try:
        async with aiohttp.ClientSession() as session:
            sent = {"Accept": "application/vnd.github+json", **headers}
            async with session.get(server.url + path, headers=sent) as response:
                assert response.status in {400, 404}
    finally:
        await server.stop()
    assert len(server.violations) == 1
