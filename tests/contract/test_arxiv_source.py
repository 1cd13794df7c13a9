"""The arXiv source against arXiv on loopback: its manners, its listings, its lookups."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from bot.model import AnnounceType, IdScheme, Outcome, PaperId, Poll, Upstream
from bot.ports import Store
from bot.sources.arxiv import ArxivSource, unknown_ids
from tests.clocks import FakeClock
from tests.contract.clients import polite_client
from tests.servers.arxiv import ArxivPaper, ArxivServer, recorded_answers, recorded_papers
from tests.servers.faults import Answer, Cut, Fault, Refuse, Truncated, garbled
from tests.shared import shared_file

START = datetime(2025, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
async def server(clock: FakeClock) -> AsyncIterator[ArxivServer]:
    async with ArxivServer(now=clock.now) as running:
        yield running


@pytest.fixture
async def source(server: ArxivServer, store: Store, clock: FakeClock) -> AsyncIterator[ArxivSource]:
    async with polite_client(store, clock) as client:
        yield ArxivSource(client, server.api_url, server.rss_url, clock)


def paper(number: int, *categories: str) -> ArxivPaper:
    return ArxivPaper(
        id=f"2511.{number:05}", title=f"On Matter {number}", categories=categories or ("cs.AI",)
    )


def arxiv(number: int) -> PaperId:
    return PaperId(IdScheme.ARXIV, f"2511.{number:05}")


async def polls(answers: AsyncIterator[Poll]) -> list[Poll]:
    return [poll async for poll in answers]


async def listing(source: ArxivSource, subject: str = "new:cs.AI") -> Poll:
    (poll,) = await polls(source.poll(subject))
    assert (poll.upstream, poll.subject) == (Upstream.ARXIV, subject)
    return poll


def told(poll: Poll) -> dict[str, AnnounceType | None]:
    return {reading.ids[0].value: reading.announce_type for reading in poll.readings}


# --- new listings --------------------------------------------------------------------------------


async def test_categories_are_asked_for_in_one_request(server: ArxivServer, source: ArxivSource) -> None:
    server.announce([paper(1, "cs.AI"), paper(2, "cs.CL"), paper(3, "math.CO")])

    poll = await listing(source, "new:cs.AI+cs.CL")

    assert [asked.path for asked in server.asked] == ["/atom/cs.AI+cs.CL"]
    assert poll.outcome is Outcome.OK
    assert list(told(poll)) == ["2511.00001", "2511.00002"]
    assert poll.observed_at == START


async def test_new_papers_cross_lists_and_replacements_are_told_apart(
    server: ArxivServer, source: ArxivSource
) -> None:
    server.announce([paper(1, "cs.AI"), paper(2, "math.CO", "cs.AI")])
    server.announce([paper(3, "cs.AI"), paper(4, "math.CO", "cs.AI")], replaced=True)

    assert told(await listing(source)) == {
        "2511.00001": AnnounceType.NEW,
        "2511.00002": AnnounceType.CROSS,
        "2511.00003": AnnounceType.REPLACE,
        "2511.00004": AnnounceType.REPLACE_CROSS,
    }


async def test_an_empty_batch_is_an_answer(source: ArxivSource) -> None:
    poll = await listing(source)
    assert (poll.outcome, poll.readings, poll.detail) == (Outcome.EMPTY, (), "")


async def test_a_recorded_listing_is_read(server: ArxivServer, source: ArxivSource) -> None:
    file = shared_file("data/api-fixtures/arxiv-rss/arxiv_cs.AI_2025-08-20.atom.xml")
    server.show_feed("cs.AI", file.read_bytes())

    poll = await listing(source)

    assert (poll.outcome, len(poll.readings), poll.skipped) == (Outcome.OK, 7, 0)


async def test_a_listing_that_has_not_changed_is_said_to_be_unchanged(store: Store, clock: FakeClock) -> None:
    async with ArxivServer(now=clock.now, etags=True) as server, polite_client(store, clock) as client:
        source = ArxivSource(client, server.api_url, server.rss_url, clock)
        server.announce([paper(1)])
        outcomes = [(await listing(source)).outcome for _ in range(2)]
        server.announce([paper(2)])
        outcomes.append((await listing(source)).outcome)
    assert outcomes == [Outcome.OK, Outcome.UNCHANGED, Outcome.OK]


async def test_a_listing_that_was_not_stored_is_read_again(store: Store, clock: FakeClock) -> None:
    async with ArxivServer(now=clock.now, etags=True) as server, polite_client(store, clock) as client:
        source = ArxivSource(client, server.api_url, server.rss_url, clock)
        server.announce([paper(1)])
        async with aclosing(source.poll("new:cs.AI")) as answers:
            assert (await anext(answers)).outcome is Outcome.OK  # and no more: the store failed
        assert (await listing(source)).outcome is Outcome.OK


async def test_a_full_listing_is_asked_for_in_halves_until_it_is_whole(
    server: ArxivServer, source: ArxivSource
) -> None:
    server.announce(paper(number, "cs.AI", "cs.CL") for number in range(1, 1501))
    server.announce(paper(number, "cs.CL") for number in range(1501, 2101))
    server.announce(paper(number, "cs.LG") for number in range(2101, 2201))

    poll = await listing(source, "new:cs.LG+cs.AI")
    assert (poll.outcome, len(poll.readings), len(server.asked)) == (Outcome.OK, 1600, 1)

    server.announce(paper(number, "cs.LG") for number in range(2201, 2701))
    poll = await listing(source, "new:cs.LG+cs.AI")
    assert [asked.path for asked in server.asked[1:]] == ["/atom/cs.LG+cs.AI", "/atom/cs.LG", "/atom/cs.AI"]
    assert (poll.outcome, len(poll.readings), poll.detail) == (Outcome.OK, 2100, "")
    assert set(told(poll).values()) == {AnnounceType.NEW}


async def test_a_category_that_is_full_by_itself_is_said_to_be_partial(
    server: ArxivServer, source: ArxivSource
) -> None:
    server.announce(paper(number) for number in range(1, 2102))

    poll = await listing(source)

    assert (poll.outcome, len(poll.readings)) == (Outcome.PARTIAL, 2000)
    assert poll.detail == "arXiv shows at most 2,000 entries of cs.AI; there may be more."


async def test_a_listing_that_is_not_whole_is_read_again(store: Store, clock: FakeClock) -> None:
    async with ArxivServer(now=clock.now, etags=True) as server, polite_client(store, clock) as client:
        source = ArxivSource(client, server.api_url, server.rss_url, clock)
        server.announce(paper(number) for number in range(1, 2102))
        assert [(await listing(source)).outcome for _ in range(2)] == [Outcome.PARTIAL] * 2


async def test_half_a_listing_that_cannot_be_read_leaves_what_was_seen(
    server: ArxivServer, source: ArxivSource
) -> None:
    server.announce(paper(number, "cs.AI") for number in range(1, 1501))
    server.announce(paper(number, "cs.LG") for number in range(1501, 2501))
    server.faults.add(None, None, garbled())

    poll = await listing(source, "new:cs.AI+cs.LG")

    assert (poll.outcome, len(poll.readings)) == (Outcome.PARTIAL, 2000)
    assert "cs.LG may be incomplete: arXiv answered with a web page" in poll.detail


async def test_entries_that_cannot_be_read_are_counted(server: ArxivServer, source: ArxivSource) -> None:
    kind = "<a:announce_type>new</a:announce_type>"
    good = f"<entry><id>oai:arXiv.org:2511.00001v1</id><title>T</title>{kind}</entry>"
    bad = "<entry><id>oai:arXiv.org:2511.00002v1</id><title>T</title></entry>"
    spaces = 'xmlns="http://www.w3.org/2005/Atom" xmlns:a="http://arxiv.org/schemas/atom"'
    server.show_feed("cs.AI", f"<feed {spaces}>{good}{bad}</feed>".encode())
    server.show_feed("cs.CL", f"<feed {spaces}>{bad}</feed>".encode())

    poll = await listing(source)
    assert (poll.outcome, poll.skipped, list(told(poll))) == (Outcome.PARTIAL, 1, ["2511.00001"])
    poll = await listing(source, "new:cs.CL")
    assert (poll.outcome, poll.skipped, poll.detail) == (Outcome.FAILED, 1, "1 entries could not be read.")


@pytest.mark.parametrize("fault", [Answer(500), Refuse(), Cut(), Truncated(), garbled(), Answer(404)])
async def test_a_failure_is_a_failed_poll(server: ArxivServer, source: ArxivSource, fault: Fault) -> None:
    server.announce([paper(1)])
    server.faults.add(fault, fault, fault)

    poll = await listing(source)

    assert (poll.outcome, poll.readings) == (Outcome.FAILED, ())
    assert poll.detail.startswith("arXiv ")
    while server.faults.pending:
        server.faults.next()
    assert (await listing(source)).outcome is Outcome.OK


async def test_when_arxiv_asks_us_to_wait_the_next_question_waits(
    server: ArxivServer, source: ArxivSource, clock: FakeClock
) -> None:
    server.announce([paper(1)])
    server.faults.add(Answer(429, headers={"Retry-After": "120"}))

    poll = await listing(source)
    assert poll.outcome is Outcome.FAILED
    assert "asked us to wait until 2025-11-20 12:02:00 UTC" in poll.detail
    assert (await listing(source)).outcome is Outcome.OK
    assert clock.now() == START + timedelta(minutes=2)


@pytest.mark.parametrize("subject", ["daily:2025-11-20", "new:", "new:cs.AI/../x", "new:cs.AI?a=b", "lookup"])
async def test_a_subject_that_is_not_arxivs_is_a_bug(source: ArxivSource, subject: str) -> None:
    with pytest.raises(ValueError, match="no subject of arXiv"):
        await polls(source.poll(subject))


# --- lookups -------------------------------------------------------------------------------------


async def test_ids_are_looked_up_by_the_hundred(
    server: ArxivServer, source: ArxivSource, clock: FakeClock
) -> None:
    server.announce(paper(number, "cs.CL", "cs.AI") for number in range(1, 251))

    answers = await polls(source.poll_ids([arxiv(number).value for number in range(1, 251)]))

    assert [(poll.subject, poll.outcome, len(poll.readings)) for poll in answers] == [
        ("lookup", Outcome.OK, 100),
        ("lookup", Outcome.OK, 100),
        ("lookup", Outcome.OK, 50),
    ]
    assert answers[2].readings[49].ids == (arxiv(250),)
    assert answers[2].readings[49].categories == ("cs.CL", "cs.AI")
    assert clock.now() == START + timedelta(seconds=6)


async def test_ids_in_any_form_are_asked_for_once_and_without_their_version(
    server: ArxivServer, source: ArxivSource
) -> None:
    server.announce([paper(1)])
    forms = ["2511.00001", "2511.00001v2", "arXiv:2511.00001", "https://arxiv.org/abs/2511.00001v1"]

    (poll,) = await polls(source.poll_ids(forms))

    assert [reading.ids[0] for reading in poll.readings] == [arxiv(1)]
    assert server.asked[0].query == {"id_list": "2511.00001", "max_results": "1"}


async def test_the_recorded_answers_are_read(store: Store, clock: FakeClock) -> None:
    recorded = recorded_answers(shared_file("data/api-fixtures/arxiv-atom"))
    ids = ["1605.08386", "1707.08567", "astro-ph/0601001"]
    async with (
        ArxivServer(recorded=recorded, now=clock.now) as server,
        polite_client(store, clock) as client,
    ):
        source = ArxivSource(client, server.api_url, server.rss_url, clock)
        primary = {}
        for one in ids:
            (poll,) = await polls(source.poll_ids([one]))
            assert poll.outcome is Outcome.OK
            primary[poll.readings[0].ids[0].value] = poll.readings[0].categories[0]
        (both,) = await polls(source.poll_ids(["0808.05394", "1707.08567"]))
    assert primary == dict(zip(ids, ["math.CO", "cs.IT", "astro-ph"], strict=True))
    assert unknown_ids(both) == (PaperId(IdScheme.ARXIV, "0808.05394"),)


async def test_any_recorded_paper_can_be_looked_up(store: Store, clock: FakeClock) -> None:
    wanted = {"2503.11677", "2503.11685"}
    papers = recorded_papers(shared_file("data/arxiv-abstracts/papers.jsonl.gz"), wanted)
    async with ArxivServer(papers, now=clock.now) as server, polite_client(store, clock) as client:
        source = ArxivSource(client, server.api_url, server.rss_url, clock)
        (poll,) = await polls(source.poll_ids(sorted(wanted)))
    assert {reading.title: reading.categories for reading in poll.readings} == {
        "Simulation of prosthetic vision with PRIMA system and enhancement of face representation": (
            "cs.HC",
            "cs.CV",
        ),
        "CORDIC Is All You Need": ("cs.AR", "cs.CV", "eess.IV"),
    }


async def test_ids_that_arxiv_does_not_know_are_told_and_need_not_be_asked_again(
    server: ArxivServer, source: ArxivSource
) -> None:
    server.announce([paper(1)])

    (poll,) = await polls(source.poll_ids(["2511.00001", "2511.99998", "nonsense"]))

    assert poll.outcome is Outcome.OK
    assert unknown_ids(poll) == (arxiv(99998), PaperId(IdScheme.ARXIV, "nonsense"))
    assert poll.detail == "arXiv does not know 2511.99998, nonsense."
    assert server.asked[0].query["id_list"] == "2511.00001,2511.99998"


async def test_a_lookup_of_unknown_ids_alone_is_empty(source: ArxivSource, server: ArxivServer) -> None:
    ids = [f"2511.9{number:04}" for number in range(7)]
    (poll,) = await polls(source.poll_ids(ids))
    assert (poll.outcome, len(unknown_ids(poll))) == (Outcome.EMPTY, 7)
    assert poll.detail.endswith("2511.90004 and 2 more.")

    (poll,) = await polls(source.poll_ids(["nonsense"]))
    assert (poll.outcome, len(unknown_ids(poll)), len(server.asked)) == (Outcome.EMPTY, 1, 1)
    assert await polls(source.poll_ids([])) == []


async def test_one_id_that_spoils_its_batch_is_found_and_the_others_are_kept(
    server: ArxivServer, source: ArxivSource
) -> None:
    server.announce(paper(number) for number in range(1, 101))
    server.refused_ids = {"2511.00042"}

    (poll,) = await polls(source.poll_ids([arxiv(number).value for number in range(1, 101)]))

    assert unknown_ids(poll) == (arxiv(42),)
    known = [reading.ids[0] for reading in poll.readings if reading.title]
    assert known == [arxiv(number) for number in range(1, 101) if number != 42]
    assert poll.outcome is Outcome.OK
    assert len(server.asked) <= 15  # twice the binary logarithm of a hundred, and the first


async def test_where_every_id_is_refused_it_is_the_question_that_is_wrong(
    server: ArxivServer, source: ArxivSource
) -> None:
    ids = [arxiv(number).value for number in range(1, 101)]
    server.refused_ids = set(ids)

    (poll,) = await polls(source.poll_ids(ids))

    assert (poll.outcome, poll.readings) == (Outcome.FAILED, ())
    assert "refused the request (400)" in poll.detail
    assert len(server.asked) < 20


async def test_a_failure_ends_the_lookup_and_what_was_read_before_stays(
    server: ArxivServer, source: ArxivSource
) -> None:
    server.announce(paper(number) for number in range(1, 301))
    server.faults.add(None, Answer(503), Answer(503), Answer(503))

    answers = await polls(source.poll_ids([arxiv(number).value for number in range(1, 301)]))

    assert [poll.outcome for poll in answers] == [Outcome.OK, Outcome.FAILED]
    assert "503" in answers[1].detail


async def test_a_lookup_that_is_refused_for_another_reason_is_not_halved(
    server: ArxivServer, source: ArxivSource
) -> None:
    server.faults.add(Answer(404))
    (poll,) = await polls(source.poll_ids(["2511.00001", "2511.00002"]))
    assert (poll.outcome, poll.readings, len(server.asked)) == (Outcome.FAILED, (), 1)


async def test_a_garbled_batch_costs_that_batch_alone(server: ArxivServer, source: ArxivSource) -> None:
    server.announce(paper(number) for number in range(1, 301))
    server.faults.add(None, Truncated(), None)

    answers = await polls(source.poll_ids([arxiv(number).value for number in range(1, 301)]))

    assert [poll.outcome for poll in answers] == [Outcome.OK, Outcome.FAILED, Outcome.OK]


async def test_where_an_entry_cannot_be_read_no_id_is_called_unknown(
    server: ArxivServer, source: ArxivSource
) -> None:
    server.faults.add(
        Answer(200, b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:x</id></entry></feed>')
    )
    (poll,) = await polls(source.poll_ids(["2511.00001"]))
    assert (poll.outcome, poll.skipped, unknown_ids(poll)) == (Outcome.FAILED, 1, ())


# --- with the store ------------------------------------------------------------------------------


async def test_a_lookup_settles_every_id_it_was_given(
    server: ArxivServer, source: ArxivSource, store: Store, clock: FakeClock
) -> None:
    server.announce([paper(1, "cs.CL"), paper(2)])
    listed = await listing(source)
    shown = Poll(
        upstream=Upstream.HUGGING_FACE,
        subject="trending",
        observed_at=clock.now(),
        outcome=Outcome.OK,
        readings=tuple(
            type(listed.readings[0])(ids=(arxiv(number),), title=f"On Matter {number}") for number in (1, 3)
        ),
    )
    await store.papers.ingest(shown, clock.now())
    assert set(await store.papers.unresolved(10)) == {arxiv(1), arxiv(3)}

    async for poll in source.poll_ids([one.value for one in await store.papers.unresolved(10)]):
        await store.papers.ingest(poll, clock.now())

    assert await store.papers.unresolved(10) == []
    known, unknown = await store.papers.find(arxiv(1)), await store.papers.find(arxiv(3))
    assert known is not None
    assert known.categories == ("cs.CL",)
    assert unknown is not None
    assert (unknown.title, unknown.categories) == ("On Matter 3", None)


async def test_listings_and_lookups_at_the_same_time_keep_arxivs_limits(
    server: ArxivServer, source: ArxivSource, clock: FakeClock
) -> None:
    server.announce(paper(number) for number in range(1, 301))
    answers = await asyncio.gather(
        polls(source.poll_ids([arxiv(number).value for number in range(1, 301)])),
        polls(source.poll("new:cs.AI")),
        polls(source.poll("new:cs.CL")),
    )
    assert {poll.outcome for polled in answers for poll in polled} == {Outcome.OK, Outcome.EMPTY}
    assert len(server.asked) == 5
    assert clock.now() == START + timedelta(seconds=12)


# --- the stand-in itself -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/query?id_list=abc", 400),
        ("/api/query?ids=2511.00001", 400),
        ("/api/query?search_query=all:electron", 400),
        ("/api/query?id_list=2511.00001&max_results=many", 400),
        ("/api/query?id_list=2511.00001&max_results=2001", 400),
        ("/atom/cs.AI?page=2", 400),
        ("/atom/cs.AI,cs.CL", 400),
        ("/rss/cs.AI", 404),
    ],
)
async def test_the_stand_in_refuses_what_arxiv_does_not_describe(
    clock: FakeClock, path: str, status: int
) -> None:
    async with aiohttp.ClientSession() as session:
        server = ArxivServer(now=clock.now)
        await server.start()
        try:
            async with session.get(server.url + path) as response:
                assert response.status == status
        finally:
            await server.stop()
    # A malformed id is described: it is answered with the recorded Error feed.
    assert bool(server.violations) == ("id_list=abc" not in path)


async def test_the_stand_in_notices_haste(clock: FakeClock) -> None:
    async with aiohttp.ClientSession() as session:
        server = ArxivServer(now=clock.now)
        await server.start()
        try:
            statuses = []
            for pause in (0, 3, 2):
                clock.advance(timedelta(seconds=pause))
                async with session.get(f"{server.rss_url}/cs.AI") as response:
                    statuses.append(response.status)
            clock.advance(timedelta(hours=1))
            server._under_way = 1  # a request that does not end
            async with session.get(f"{server.rss_url}/cs.AI") as response:
                statuses.append(response.status)
        finally:
            await server.stop()
    assert statuses == [200, 200, 429, 429]
    assert [violation.split(" after ")[0] for violation in server.violations] == [
        "/atom/cs.AI only 0:00:02",
        "/atom/cs.AI over a second connection",
    ]
