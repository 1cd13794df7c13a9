"""What upstreams are asked while a person waits, against their stand-ins: politely, and in words alone."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.errors import UnreachableError
from bot.model import IdScheme, Outcome, PaperId, Upstream
from bot.ports import Store
from bot.search.ports import SearchedUpstream
from bot.sources.arxiv import ARXIV_BUDGET
from bot.sources.searched import (
    LONGEST_QUESTION,
    Asked,
    arxiv_question,
    hugging_face_question,
    upstreams_to_ask,
)
from tests.clocks import FakeClock
from tests.servers.arxiv import ArxivPaper, ArxivServer
from tests.servers.faults import Answer, Cut, Drip, Fault, Refuse, garbled, rate_limited
from tests.servers.huggingface import HuggingFaceServer, Row, daily_row

# Not at a whole millisecond, as no real instant is: the store's bookings are.
NOW = datetime(2025, 11, 20, 12, 0, 0, 123_457, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SECRET = "wallaby"  # what a person searches for, and nobody else may read
ROWS: list[Row] = [
    daily_row("2511.00001", f"The {SECRET} jumps", upvotes=57),
    daily_row("2511.00002", "A paper on maps", upvotes=41),
    daily_row("quant-ph/0201082", f"An old {SECRET}", upvotes=3),
]
PAPERS = [
    ArxivPaper(id="2511.00001", title=f"The {SECRET} jumps", categories=["cs.RO", "cs.LG"]),
    ArxivPaper(id="2511.00004", title="On maps", abstract=f"No {SECRET} was seen."),
    ArxivPaper(id="2511.00005", title="On stars"),
]


@asynccontextmanager
async def asking(
    store: Store,
    clock: FakeClock,
    huggingface: HuggingFaceServer,
    arxiv: ArxivServer | None = None,
    *,
    holder: str = "test",
    token: str | None = None,
) -> AsyncIterator[Asked]:
    """All that searching asks, over loopback; a process by the name of `holder`."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield upstreams_to_ask(
            session,
            clock,
            store.sources,
            user_agent="Paperboy/0 (tests)",
            holder=holder,
            random=Random(7),
            endpoint=huggingface.url,
            token=token,
            arxiv_urls=None if arxiv is None else (arxiv.api_url, arxiv.rss_url),
        )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
async def huggingface(clock: FakeClock) -> AsyncIterator[HuggingFaceServer]:
    async with HuggingFaceServer({NOW.date(): ROWS}, now=clock.now) as server:
        yield server


@pytest.fixture
async def arxiv(clock: FakeClock) -> AsyncIterator[ArxivServer]:
    async with ArxivServer(PAPERS, now=clock.now, searchable=True) as server:
        yield server


@pytest.fixture
async def asked(
    store: Store, clock: FakeClock, huggingface: HuggingFaceServer, arxiv: ArxivServer
) -> AsyncIterator[Asked]:
    async with asking(store, clock, huggingface, arxiv) as made:
        yield made


def both(asked: Asked) -> tuple[SearchedUpstream, SearchedUpstream]:
    first, second = asked.upstreams
    assert (first.upstream, second.upstream) == (Upstream.HUGGING_FACE, Upstream.ARXIV)
    return first, second


async def ids(answer: Awaitable[object]) -> list[str] | None:
    """The ids that a search brought, best first; `None` if the upstream was not asked."""
    readings = await answer
    if readings is None:
        return None
    assert isinstance(readings, (list, tuple))
    return [reading.ids[0].value for reading in readings]


def of_arxiv(value: str) -> PaperId:
    return PaperId(IdScheme.ARXIV, value)


# --- Hugging Face's search -----------------------------------------------------------------------


async def test_hugging_face_is_searched_with_one_request(
    asked: Asked, huggingface: HuggingFaceServer
) -> None:
    searched, _ = both(asked)
    readings = await searched.search(f"  the\n{SECRET} ", 5)
    assert readings is not None
    assert [(reading.ids, reading.title) for reading in readings] == [
        ((of_arxiv("2511.00001"),), f"The {SECRET} jumps")
    ]
    assert readings[0].announce_type is None  # it stood in no list
    assert [(one.path, one.query) for one in huggingface.asked] == [
        ("/api/papers/search", {"q": f"the {SECRET}", "limit": "5"})
    ]


async def test_flat_rows_are_taken_as_well(asked: Asked, huggingface: HuggingFaceServer) -> None:
    flat = [row["paper"] for row in ROWS]
    huggingface.faults.add(Answer(200, json.dumps(flat).encode()))
    assert await ids(both(asked)[0].search(SECRET, 2)) == ["2511.00001", "2511.00002"]


async def test_hugging_face_is_never_asked_for_more_than_it_gives(
    asked: Asked, huggingface: HuggingFaceServer
) -> None:
    await both(asked)[0].search(SECRET * 40 + " and some more words" * 1_000, 10_000)
    (one,) = huggingface.asked
    assert one.query["limit"] == "120"
    assert len(one.query["q"]) <= LONGEST_QUESTION


async def test_the_token_goes_along(store: Store, clock: FakeClock, huggingface: HuggingFaceServer) -> None:
    async with asking(store, clock, huggingface, token="hf_secret") as made:
        await made.upstreams[0].search(SECRET, 1)
        await made.fetcher.fetch(of_arxiv("2511.00001"))
    assert [one.headers["Authorization"] for one in huggingface.asked] == ["Bearer hf_secret"] * 2


@pytest.mark.parametrize("text", ["", " \n ", "\x1b\u202e"])
async def test_nothing_is_asked_for_nothing(
    asked: Asked, huggingface: HuggingFaceServer, arxiv: ArxivServer, text: str
) -> None:
    assert [await one.search(text, 5) for one in asked.upstreams] == [(), ()]
    assert [await one.search(SECRET, 0) for one in asked.upstreams] == [(), ()]
    assert not huggingface.asked
    assert not arxiv.asked


# --- arXiv's search ------------------------------------------------------------------------------


async def test_arxiv_is_searched_when_its_turn_is_free(asked: Asked, arxiv: ArxivServer) -> None:
    assert await ids(both(asked)[1].search(f"the {SECRET}!", 5)) == ["2511.00001", "2511.00004"]
    (one,) = arxiv.asked
    assert one.query == {
        "search_query": f"all:{SECRET}",
        "start": "0",
        "max_results": "5",
        "sortBy": "relevance",
        "sortOrder": "descending",
    }


async def test_arxiv_is_left_alone_until_its_turn_is_free(
    asked: Asked, arxiv: ArxivServer, clock: FakeClock
) -> None:
    searched = both(asked)[1]
    assert await searched.search(SECRET, 5)
    for _ in range(5):
        assert await searched.search(SECRET, 5) is None
    assert sum(clock.slept, timedelta()) < timedelta(milliseconds=1)  # nobody waited
    clock.advance(3 * SECOND)
    assert await searched.search(SECRET, 5)
    assert len(arxiv.asked) == 2


async def test_a_search_that_arxiv_has_no_turn_for_takes_none(
    asked: Asked, arxiv: ArxivServer, store: Store, clock: FakeClock
) -> None:
    searched = both(asked)[1]
    assert await searched.search(SECRET, 5)
    for _ in range(5):
        assert await searched.search(SECRET, 5) is None
    rule = ARXIV_BUDGET
    start = await store.sources.reserve(rule.name, clock.now(), rule.interval, rule.window, rule.limit)
    assert start - clock.now() <= 3 * SECOND + timedelta(milliseconds=1)  # as if only one had been made


async def test_two_searches_at_once_make_one_request_to_arxiv(asked: Asked, arxiv: ArxivServer) -> None:
    searched = both(asked)[1]
    answers = await asyncio.gather(searched.search(SECRET, 5), searched.search("maps", 5))
    assert answers[0]
    assert answers[1] is None
    assert len(arxiv.asked) == 1


async def test_arxiv_is_not_asked_while_another_process_asks(
    store: Store, clock: FakeClock, huggingface: HuggingFaceServer, arxiv: ArxivServer, asked: Asked
) -> None:
    assert await store.sources.acquire("http:arxiv", "another process", clock.now(), 60 * SECOND)
    assert await both(asked)[1].search(SECRET, 5) is None
    assert clock.now() - NOW < timedelta(milliseconds=50)  # nobody waited
    assert not arxiv.asked
    await store.sources.give_back("http:arxiv", "another process")
    assert await both(asked)[1].search(SECRET, 5)


async def test_a_fetch_waits_for_the_turn_that_a_search_took(
    asked: Asked, arxiv: ArxivServer, clock: FakeClock
) -> None:
    await both(asked)[1].search(SECRET, 5)
    found = await asked.fetcher.fetch(of_arxiv("2511.00004"))
    assert found is not None
    assert clock.now() - NOW >= 3 * SECOND  # the stand-in would have complained of haste
    assert len(arxiv.asked) == 2


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Flash-Attention", "all:flash AND all:attention"),
        ('ti:"evil (OR) * ?" ANDNOT all:x', "all:ti AND all:evil AND all:all AND all:x"),
        ("and OR Not andNOT the", None),
        ("C++ & L_2 100%", "all:c AND all:l AND all:2 AND all:100"),
        ("Müller's naïve Schrödinger", "all:muller AND all:s AND all:naive AND all:schrodinger"),
        ("maps maps MAPS", "all:maps"),
        ("😀 submittedDate:[2020 TO 2021]", "all:submitteddate AND all:2020 AND all:2021"),
        ("x" * 41, None),
    ],
)
def test_only_words_reach_arxivs_language(text: str, question: str | None) -> None:
    assert arxiv_question(text) == question


# --- laws of both questions ----------------------------------------------------------------------

HOSTILE = st.text() | st.text('()":*?[]AND OR NOT andnot -+\\/a1\u202e\ud800😀', max_size=400)


@given(HOSTILE)
def test_whatever_was_typed_arxiv_gets_words_and_no_other_syntax(text: str) -> None:
    question = arxiv_question(text)
    assert question is None or re.fullmatch(r"all:[^\W_]+( AND all:[^\W_]+){0,9}", question)
    words = re.findall(r"all:(\w+)", question or "")
    assert not {"and", "or", "not", "andnot"} & set(words)


@given(HOSTILE | st.text("ab 😀", min_size=300, max_size=700))
def test_whatever_was_typed_hugging_face_has_room_for_the_question(text: str) -> None:
    question = hugging_face_question(text)
    assert len(question.encode("utf-16-le")) <= 2 * LONGEST_QUESTION
    assert question == " ".join(question.split())
    whole = hugging_face_question(text[:50])
    assert question.startswith(whole) or len(question) < len(whole)


def test_a_long_question_is_cut_after_a_word() -> None:
    question = hugging_face_question("attention " * 100)
    assert len(question) > LONGEST_QUESTION - len("attention ")
    assert set(question.split()) == {"attention"}


# --- failures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        Refuse(),
        Cut(),
        garbled(),
        rate_limited(),
        Answer(500),
        Answer(404, b"Nothing"),
        Answer(200, json.dumps({"error": f"What is {SECRET}?"}).encode()),
        Answer(200, b"{" * 5_000),
        Answer(302, b"", {"Location": "http://["}),
        Answer(400, f"<feed>{SECRET}</feed>".encode()),
    ],
    ids=str,
)
@pytest.mark.parametrize("place", [0, 1])
async def test_a_search_that_fails_is_no_answer_and_tells_nobody_what_was_sought(
    asked: Asked, huggingface: HuggingFaceServer, arxiv: ArxivServer, fault: Fault, place: int
) -> None:
    server = (huggingface, arxiv)[place]
    server.faults.add(fault)
    with capture_logs() as logs:
        assert await asked.upstreams[place].search(SECRET, 5) is None
    assert [(one["event"], one["upstream"]) for one in logs] == [
        ("An upstream could not be asked.", ("huggingface", "arxiv")[place])
    ]
    assert SECRET not in str(logs)
    assert len(server.asked) == 1  # nothing is tried twice while a person waits


async def test_arxivs_own_error_is_no_answer_and_is_not_repeated(asked: Asked, arxiv: ArxivServer) -> None:
    feed = f"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/api/errors#x</id>
        <title>Error</title><summary>What is {SECRET}?</summary></entry></feed>"""
    arxiv.faults.add(Answer(200, feed.encode()))
    with capture_logs() as logs:
        assert await both(asked)[1].search(SECRET, 5) is None
    assert SECRET not in str(logs)


async def test_a_search_that_was_given_up_leaves_arxiv_to_others(
    asked: Asked, arxiv: ArxivServer, clock: FakeClock
) -> None:
    arxiv.faults.add(Drip())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await both(asked)[1].search(SECRET, 5)
    assert len(arxiv.asked) == 1
    clock.advance(3 * SECOND)
    assert await both(asked)[1].search(SECRET, 5)


# --- one paper -----------------------------------------------------------------------------------


async def test_a_named_paper_comes_from_hugging_face_and_can_be_stored(
    asked: Asked, store: Store, clock: FakeClock, arxiv: ArxivServer
) -> None:
    for value in ("2511.00001", "quant-ph/0201082"):
        poll = await asked.fetcher.fetch(of_arxiv(value))
        assert poll is not None
        assert (poll.upstream, poll.subject, poll.outcome) == (Upstream.HUGGING_FACE, "lookup", Outcome.OK)
        assert poll.observed_at == clock.now()
        await store.papers.ingest(poll, clock.now())
        paper = await store.papers.find(of_arxiv(value))
        assert paper is not None
        assert SECRET in paper.title
    assert not arxiv.asked


async def test_a_paper_that_hugging_face_lacks_comes_from_arxiv(
    asked: Asked, huggingface: HuggingFaceServer
) -> None:
    poll = await asked.fetcher.fetch(of_arxiv("2511.00004"))
    assert poll is not None
    assert poll.upstream is Upstream.ARXIV
    assert [(reading.title, reading.categories) for reading in poll.readings] == [("On maps", ("cs.LG",))]
    assert [one.path for one in huggingface.asked] == ["/api/papers/2511.00004"]


@pytest.mark.parametrize(
    "fault", [Refuse(), garbled(), rate_limited(), Answer(200, b"{}"), Answer(200, b"7")]
)
async def test_a_paper_comes_from_arxiv_while_hugging_face_has_trouble(
    asked: Asked, huggingface: HuggingFaceServer, fault: Fault
) -> None:
    huggingface.faults.add(fault)
    poll = await asked.fetcher.fetch(of_arxiv("2511.00001"))
    assert poll is not None
    assert poll.upstream is Upstream.ARXIV


async def test_another_papers_record_is_not_taken_for_the_one_asked_for(
    asked: Asked, huggingface: HuggingFaceServer
) -> None:
    huggingface.faults.add(Answer(200, json.dumps(ROWS[0]["paper"]).encode()))
    assert await asked.fetcher.fetch(of_arxiv("2511.00009")) is None


async def test_a_paper_that_nobody_knows_is_none(asked: Asked, arxiv: ArxivServer) -> None:
    arxiv.faults.add(None, Answer(500))
    assert await asked.fetcher.fetch(of_arxiv("2511.00009")) is None  # asked, and unknown
    assert await asked.fetcher.fetch(of_arxiv("2511.00004")) is None  # and arXiv is out of reach
    assert len(arxiv.asked) == 2


async def test_a_paper_that_nobody_could_be_asked_for_is_not_unknown(
    asked: Asked, huggingface: HuggingFaceServer, arxiv: ArxivServer
) -> None:
    huggingface.faults.add(Refuse(), Refuse())
    arxiv.faults.add(None, Answer(500))
    assert await asked.fetcher.fetch(of_arxiv("2511.00009")) is None  # unknown to arXiv, which was asked
    with pytest.raises(UnreachableError):
        await asked.fetcher.fetch(of_arxiv("2511.00009"))


async def test_arxiv_switched_off_is_not_asked(
    store: Store, clock: FakeClock, huggingface: HuggingFaceServer
) -> None:
    async with asking(store, clock, huggingface) as made:
        assert [one.upstream for one in made.upstreams] == [Upstream.HUGGING_FACE]
        assert await made.fetcher.fetch(of_arxiv("2511.00009")) is None


@pytest.mark.parametrize(
    "paper_id",
    [
        PaperId(IdScheme.DOI, "10.1145/3292500.3330701"),
        PaperId(IdScheme.LOCAL, "0123456789abcdef"),
        PaperId(IdScheme.ARXIV, "../../secrets"),
    ],
)
async def test_what_no_upstream_can_be_asked_for_is_not_asked(
    asked: Asked, huggingface: HuggingFaceServer, paper_id: PaperId
) -> None:
    assert await asked.fetcher.fetch(paper_id) is None
    assert not huggingface.asked


# --- the stand-in itself -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        {"search_query": "maps"},
        {"search_query": 'all:"maps"'},
        {"search_query": "all:maps all:stars"},
        {"search_query": "all:maps XOR all:stars"},
        {"search_query": "title:maps"},
        {"search_query": "all:maps", "sortBy": "stars"},
        {"search_query": "all:maps", "max_results": "2001"},
    ],
)
async def test_the_stand_in_refuses_searches_that_arxiv_does_not_describe(query: dict[str, str]) -> None:
    server = ArxivServer(PAPERS, searchable=True)
    await server.start()
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(server.api_url, params=query) as response,
        ):
            assert response.status == 400
    finally:
        await server.stop()
    assert len(server.violations) == 1
