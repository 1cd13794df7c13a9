"""Feeds over the real server: right, read back, asked for again, and the same paper under the same id."""

import gzip
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import aiohttp
import feedparser
import pytest

from bot.editions.make import edition_for
from bot.model import Destination, DestinationState, Pool, Route, Window
from bot.ports import Store
from bot.trending.replay import trending
from bot.view.doc import Doc, PaperCard, Span, to_json
from tests.clocks import StillClock
from tests.contract.commands import NOW, TITLES
from tests.contract.people import meet
from tests.contract.readings import arxiv, doi, lookup, poll, reading
from tests.contract.rows import HOUR, MINUTE, add_destination, claim_one, queue
from tests.feed_reading import ATOM, Html, read_atom, read_json_feed
from tests.looking import scenes
from tests.platform.web.reading import Document
from tests.platform.web.serving import Served, served

DAY: Final = timedelta(days=1)
PUBLIC: Final = "https://papers.example.org"
TODAY: Final = ("/feed.atom", "/feed.json")


@dataclass(frozen=True)
class Got:
    status: int
    headers: Mapping[str, str]
    body: bytes


async def get(reader: aiohttp.ClientSession, page: Served, path: str, **headers: str) -> Got:
    asked = {name.replace("_", "-"): value for name, value in headers.items()}
    async with reader.get(page.url + path, headers=asked) as got:
        return Got(got.status, got.headers, await got.read())


async def entries(reader: aiohttp.ClientSession, page: Served, path: str) -> list[Any]:
    """The entries of an Atom feed as a feed reader has them."""
    got = await get(reader, page, path)
    assert got.status == 200, got.body
    read_atom(got.body)
    read = feedparser.parse(got.body)
    assert not read.bozo
    return list(read.entries)


@pytest.fixture
async def public(store: Store, tmp_path: Path, page: Served) -> AsyncIterator[Served]:
    """The page of `page` again, at an address for the world."""
    async with served(store, tmp_path / "public", page.clock, public_url=PUBLIC) as running:
        yield running


# --- what is in them -----------------------------------------------------------------------------


async def test_today_is_right_atom_and_a_feed_reader_reads_it(
    public: Served, reader: aiohttp.ClientSession
) -> None:
    got = await get(reader, public, "/feed.atom")
    read_atom(got.body)
    read = feedparser.parse(got.body)

    assert got.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert read.feed.title == "Trending papers"
    assert [(link.rel, link.href) for link in read.feed.links] == [
        ("self", f"{PUBLIC}/feed.atom"),
        ("alternate", f"{PUBLIC}/"),
    ]
    assert {one.title for one in read.entries} == set(TITLES.values())
    first = read.entries[0]
    assert first.title == "Attention in Small Places"
    assert first.link == "https://arxiv.org/abs/2511.00001"
    assert [one.name for one in first.authors] == ["Ada Byron", "Bo Li"]
    assert [one.term for one in first.tags] == ["cs.CL"]
    assert first.summary.startswith("90 upvotes")
    assert first.updated == first.published == "2025-11-20T06:00:00Z"
    reason, abstract = Html(first.content[0].value).paragraphs
    assert (reason, abstract) == (
        first.summary,
        "We study attention in small places. It works well in the morning.",
    )


async def test_json_says_what_atom_says(public: Served, reader: aiohttp.ClientSession) -> None:
    got = await get(reader, public, "/feed.json")
    feed = read_json_feed(got.body)
    same = await entries(reader, public, "/feed.atom")

    assert got.headers["Content-Type"] == "application/feed+json; charset=utf-8"
    assert (feed["home_page_url"], feed["feed_url"]) == (f"{PUBLIC}/", f"{PUBLIC}/feed.json")
    assert [(one["id"], one["title"], one["url"], one["summary"]) for one in feed["items"]] == [
        (one.id, one.title, one.link, one.summary) for one in same
    ]
    code = next(one for one in feed["items"] if one["title"] == "Low-Rank Adapters for Maps")
    assert Html(code["content_html"]).addresses == ["https://github.com/example/maps"]


@pytest.mark.parametrize("path", [*TODAY, "/search.atom?q=maps", "/search.json?q=maps"])
async def test_without_an_address_for_the_world_a_feed_names_none(
    page: Served, reader: aiohttp.ClientSession, path: str
) -> None:
    got = await get(reader, page, path, Host="localhost:8000")

    assert got.status == 200
    assert b"127.0.0.1" not in got.body
    assert b"localhost" not in got.body
    assert b'rel="self"' not in got.body
    assert b"feed_url" not in got.body
    assert b"https://arxiv.org/abs/2511.00002" in got.body


@pytest.mark.parametrize("query", ["", "?q=cat:cs.LG", "?q=shown%20<script>"])
async def test_what_upstreams_and_strangers_wrote_stays_text(
    store: Store, tmp_path: Path, reader: aiohttp.ClientSession, query: str
) -> None:
    await scenes.hostile_day(store)
    kind = "search" if query else "feed"
    async with served(store, tmp_path, StillClock(scenes.NOW), public_url=PUBLIC) as page:
        document = (await get(reader, page, f"/{kind}.atom{query}")).body
        feed = read_json_feed((await get(reader, page, f"/{kind}.json{query}")).body)

    root = read_atom(document)
    titles = [one.findtext(f"{ATOM}title") for one in root.findall(f"{ATOM}entry")]
    assert titles == [item["title"] for item in feed["items"]]
    if not query:
        assert set(scenes.HOSTILE[:3]) <= set(titles)
        assert len(titles) == 20  # as many as a feed has
    for item in feed["items"]:
        assert not [one for one in Html(item["content_html"]).addresses if not one.startswith("https://")]
    assert not feedparser.parse(document).bozo


async def test_a_store_without_papers_has_a_feed_without_entries(
    store: Store, tmp_path: Path, reader: aiohttp.ClientSession
) -> None:
    async with served(store, tmp_path, StillClock(NOW)) as page:
        assert await entries(reader, page, "/feed.atom") == []
        assert await entries(reader, page, "/search.atom?q=maps") == []
        assert read_json_feed((await get(reader, page, "/feed.json")).body)["items"] == []


# --- day after day -------------------------------------------------------------------------------


@pytest.mark.parametrize("frozen", [True, False])
async def test_whoever_asks_once_a_day_misses_no_paper_and_sees_none_twice(
    store: Store, tmp_path: Path, reader: aiohttp.ClientSession, frozen: bool
) -> None:
    """Thirty papers a day, of which a page shows twenty whole. Others lead by midday, when the feed is asked
    for, than in the morning, when an edition is frozen; and others again in the evening.
    """
    clock = StillClock(NOW)
    seen: dict[str, tuple[str, str]] = {}
    midnights = [NOW + day * DAY - DAY / 2 for day in range(9)]
    async with served(store, tmp_path, clock) as page:
        for day, midnight in enumerate(midnights):
            base = 1_000 * 3**day  # so that no paper of another day is among the best
            await _list(store, midnight + 6 * HOUR, day, [base - number for number in range(30)])
            if frozen:
                await edition_for(store, Window.DAY, midnight + 9 * HOUR, midnight + 9 * HOUR)
            await _list(
                store, midnight + 11 * HOUR, day, [base + 100 + 7 * number % 30 for number in range(30)]
            )
            clock.set(midnight + 12 * HOUR)
            found = {one.id: (one.title, one.updated) for one in await entries(reader, page, "/feed.atom")}
            assert {name: seen[name] for name in found if name in seen}.items() <= found.items()
            late = f"On {arxiv(100 * day + 21)}"  # among the leaders since the edition was frozen
            assert late in {title for title, _ in found.values()}
            seen |= found
            await _list(store, midnight + 18 * HOUR, day, [base + 200 + 10 * number for number in range(30)])
        pages = [await get(reader, page, f"/day/{midnight.date()}") for midnight in midnights[:-1]]

    titles = [title for title, _ in seen.values()]
    assert len(set(titles)) == len(titles)
    for got in pages:
        shown = {one.text for one in Document(got.body.decode()).all("h2")} - {
            "Also rising",
            "Its list, by upvotes",
        }
        assert len(shown) == 20
        assert shown <= set(titles)
    for midnight in midnights[:-1]:
        closing = await trending(store.papers, Window.DAY, midnight + DAY - MINUTE, 20)
        papers = await store.papers.get([one.paper_id for one in closing.entries])
        assert {one.title for one in papers.values()} <= set(titles)


async def _list(store: Store, at: datetime, day: int, upvotes: list[int]) -> None:
    papers = [reading(arxiv(100 * day + number), upvotes=one) for number, one in enumerate(upvotes)]
    listed = poll(0, *papers, subject=f"daily:{at.date()}")
    await store.papers.ingest(replace(listed, observed_at=at), at)


async def test_a_paper_keeps_its_id_whatever_is_learnt_of_it(
    page: Served, reader: aiohttp.ClientSession, store: Store
) -> None:
    before = {one.title: one.id for one in await entries(reader, page, "/feed.atom")}
    for learnt in (
        lookup(250, reading(arxiv(1), doi(1), title="Attention in Small Places, Revised")),
        lookup(255, reading(doi(77), title="Another Robot that Reads")),
        lookup(260, reading(arxiv(7), doi(77), title="Robots that Read")),  # which merges the two
    ):
        await store.papers.ingest(learnt, learnt.observed_at)
    page.clock.set(NOW + DAY)
    after = {one.title: one.id for one in await entries(reader, page, "/feed.atom")}
    found = {one.title: one.id for one in await entries(reader, page, "/search.atom?q=cat:cs.CL")}

    assert after["Attention in Small Places, Revised"] == before["Attention in Small Places"]
    assert after["Robots that Read"] == before["Robots that Read"]
    assert found.items() <= after.items()
    assert len(after) == len(before)


# --- searches ------------------------------------------------------------------------------------


async def test_a_search_brings_what_matches_the_newest_first(
    store: Store, tmp_path: Path, reader: aiohttp.ClientSession
) -> None:
    papers = [
        reading(arxiv(number), title=title, published_at=NOW - hours * HOUR, categories=("cs.RO",))
        for number, title, hours in (
            (1, "Maps of Rain", 30),
            (2, "Rain", 1),
            (3, "Maps", 2),
            (4, "Mapping", 50),
        )
    ]
    await store.papers.ingest(poll(0, *papers), NOW - 6 * HOUR)
    async with served(store, tmp_path, StillClock(NOW), public_url=PUBLIC) as page:
        found = await entries(reader, page, "/search.atom?q=maps+sort:top")
        named = await entries(reader, page, "/search.atom?q=2511.00002")
        everything = await entries(reader, page, "/search.atom?q=cat:cs.RO")
        feed = read_json_feed((await get(reader, page, "/search.json?q=maps+%26+more")).body)

    assert [one.title for one in found] == ["Maps", "Maps of Rain", "Mapping"]
    assert found[0].summary == "Its title is what was typed."
    assert [one.title for one in named] == ["Rain"]
    assert [one.title for one in everything] == ["Rain", "Maps", "Maps of Rain", "Mapping"]
    assert (feed["title"], feed["items"]) == ("Papers for maps & more", [])
    assert feed["feed_url"] == f"{PUBLIC}/search.json?q=maps+%26+more"
    assert feed["home_page_url"] == f"{PUBLIC}/search?q=maps+%26+more"


@pytest.mark.parametrize("form", ["atom", "json"])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "A search's feed needs something to look for: put ?q= and a query behind it."),
        ("?q=+", "A search's feed needs something to look for: put ?q= and a query behind it."),
        ("?q=cat:", "cat: needs a category right behind it"),
        ("?q=year:soon", "'soon' is no year. Try year:2025."),
        ("?q=" + "x" * 501, "A query has at most 500 characters here."),
    ],
)
async def test_a_query_that_is_none_is_refused_with_a_sentence(
    page: Served, reader: aiohttp.ClientSession, form: str, query: str, sentence: str
) -> None:
    got = await get(reader, page, f"/search.{form}{query}")
    assert got.status == 400
    assert sentence in Document(got.body.decode()).text


async def test_pages_lead_to_their_feeds(page: Served, reader: aiohttp.ClientSession) -> None:
    today = Document((await get(reader, page, "/")).body.decode())
    search = Document((await get(reader, page, "/search?q=%22maps+%26%22")).body.decode())

    kinds = ("application/atom+xml", "application/feed+json")
    assert [today.one("link", type=kind).attributes["href"] for kind in kinds] == list(TODAY)
    for kind, form in zip(kinds, ("atom", "json"), strict=True):
        linked = search.all("link", rel="alternate", type=kind)[0].attributes["href"]
        assert linked == f"/search.{form}?q=%22maps+%26%22"
        assert (await get(reader, page, linked)).status == 200
    assert search.one("a", href="/search.atom?q=%22maps+%26%22").text == "Feed of this search"


# --- channels ------------------------------------------------------------------------------------


async def _posted(store: Store, channel: Destination, numbers: list[int], at: datetime) -> None:
    """Posts a digest of these papers there, as the worker does."""
    cards = tuple(
        PaperCard(place, f"arxiv:{arxiv(number).value}", Span("as posted"), facts=(Span(f"reason {number}"),))
        for place, number in enumerate(numbers, 1)
    )
    papers = [paper.id for number in numbers if (paper := await store.papers.find(arxiv(number)))]
    await queue(store, channel, papers, at, doc=to_json(Doc(cards, "papers")))
    claimed = await claim_one(store, at)
    await store.outbox.sending(claimed.id, claimed.fence, at, MINUTE)
    await store.outbox.sent(claimed.id, claimed.fence, at, "receipt")


async def test_a_channel_that_allows_it_has_a_feed_of_what_was_posted_there(
    public: Served, reader: aiohttp.ClientSession, store: Store
) -> None:
    channel = await add_destination(store.destinations, label="#ml <papers>", feed=True)
    other = await add_destination(store.destinations, "other")
    await _posted(store, channel, [3, 1], NOW)
    await _posted(store, other, [5], NOW)
    await _posted(store, channel, [2], NOW + DAY)
    sixth = await store.papers.find(arxiv(6))
    assert sixth is not None
    await queue(store, channel, [sixth.id], NOW + 2 * DAY)  # and is not sent yet

    got = await get(reader, public, f"/channel/{channel.id}.json")
    feed = read_json_feed(got.body)

    assert feed["title"] == "Papers posted in #ml <papers>"
    assert feed["feed_url"] == f"{PUBLIC}/channel/{channel.id}.json"
    assert [(one["title"], one["summary"], one["date_published"]) for one in feed["items"]] == [
        (TITLES[2], "reason 2", "2025-11-21T12:00:00Z"),
        (TITLES[3], "reason 3", "2025-11-20T12:00:00Z"),
        (TITLES[1], "reason 1", "2025-11-20T12:00:00Z"),
    ]
    assert [one.id for one in await entries(reader, public, f"/channel/{channel.id}.atom")] == [
        one["id"] for one in feed["items"]
    ]
    assert (got.headers["Cache-Control"], got.headers["X-Robots-Tag"]) == ("private, max-age=300", "noindex")


async def test_what_was_posted_stays_in_the_feed_when_its_paper_merges(
    page: Served, reader: aiohttp.ClientSession, store: Store
) -> None:
    channel = await add_destination(store.destinations, feed=True)
    await store.papers.ingest(lookup(250, reading(arxiv(90), title="First")), NOW)
    await _posted(store, channel, [90], NOW)
    merged = lookup(260, reading(arxiv(1), arxiv(90), title=TITLES[1]))
    await store.papers.ingest(merged, NOW)

    [entry] = await entries(reader, page, f"/channel/{channel.id}.atom")

    assert (entry.title, entry.summary) == (TITLES[1], "reason 90")


async def test_nothing_else_has_a_feed(page: Served, reader: aiohttp.ClientSession, store: Store) -> None:
    silent = await add_destination(store.destinations, "silent")
    theirs = await add_destination(store.destinations, "theirs", feed=True, pool=Pool.SUBSCRIPTIONS)
    ended = await add_destination(store.destinations, "ended", feed=True)
    paused = await add_destination(store.destinations, "paused", feed=True)
    await store.destinations.set_state(ended.id, DestinationState.REMOVED, "ann", NOW)
    await store.destinations.set_state(paused.id, DestinationState.PAUSED, "ann", NOW)

    for name in (silent.id, theirs.id, ended.id, "paused", "d-nobody", "x" * 5_000, "%00"):
        assert (await get(reader, page, f"/channel/{name}.atom")).status == 404, name
    assert (await get(reader, page, f"/channel/{paused.id}.xml")).status == 404
    assert await entries(reader, page, f"/channel/{paused.id}.atom") == []


# --- private feeds -------------------------------------------------------------------------------

SECRET = "3fk29dkqp1z7m4c8x0b5n6v2"


async def _private(store: Store, name: str = "mornings", address: str = SECRET) -> Destination:
    """A destination of maya's in a private feed."""
    maya = await meet(store)
    return await add_destination(
        store.destinations,
        name,
        recipient_id=maya.recipient_id,
        owner_id=maya.recipient_id,
        route=Route(surface="feed", address=address),
        pool=Pool.SUBSCRIPTIONS,
    )


async def test_a_private_feed_has_what_came_by_any_of_its_destinations(
    public: Served, reader: aiohttp.ClientSession, store: Store
) -> None:
    mornings, evenings = await _private(store), await _private(store, "evenings")
    elsewhere = await _private(store, "elsewhere", address="another1another2another3")
    await _posted(store, mornings, [3, 1], NOW)
    await _posted(store, elsewhere, [5], NOW)
    await _posted(store, evenings, [2], NOW + HOUR)

    got = await get(reader, public, f"/private/{SECRET}.json")
    feed = read_json_feed(got.body)

    assert feed["title"] == "New papers for you"
    assert [(one["title"], one["summary"]) for one in feed["items"]] == [
        (TITLES[2], "reason 2"),
        (TITLES[3], "reason 3"),
        (TITLES[1], "reason 1"),
    ]
    assert [one.id for one in await entries(reader, public, f"/private/{SECRET}.atom")] == [
        one["id"] for one in feed["items"]
    ]
    assert (got.headers["Cache-Control"], got.headers["X-Robots-Tag"]) == ("private, max-age=300", "noindex")


async def test_a_private_feed_is_found_by_its_address_alone_and_ends_with_it(
    page: Served, reader: aiohttp.ClientSession, store: Store
) -> None:
    place = await _private(store)
    await _posted(store, place, [1], NOW)
    assert len(await entries(reader, page, f"/private/{SECRET}.atom")) == 1
    for path in (f"/private/{SECRET[:-1]}", f"/private/{place.id}", f"/channel/{place.id}", "/private/%25"):
        got = await get(reader, page, f"{path}.atom")
        assert got.status == 404, path
        assert SECRET[:-1] not in got.body.decode(), "an error repeats no address"

    await store.destinations.update(replace(place, route=Route(surface="feed", address="n" * 24)))
    assert (await get(reader, page, f"/private/{SECRET}.atom")).status == 404
    assert len(await entries(reader, page, f"/private/{'n' * 24}.atom")) == 1

    await store.people.forget(place.recipient_id, "tombstone", NOW)
    assert (await get(reader, page, f"/private/{'n' * 24}.atom")).status == 404


# --- asked for again -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [*TODAY, "/search.atom?q=maps", "/search.json?q=maps", "/channel/d-team.atom"]
)
async def test_whoever_has_a_feed_is_not_sent_it_again(
    page: Served, reader: aiohttp.ClientSession, store: Store, path: str
) -> None:
    await add_destination(store.destinations, feed=True)
    first = await get(reader, page, path)
    tag, date = first.headers["ETag"], first.headers["Last-Modified"]
    assert date == "Thu, 20 Nov 2025 12:00:00 GMT"
    page.clock.set(NOW + timedelta(seconds=90))

    for headers in (
        {"If_None_Match": tag},
        {"If_Modified_Since": date},
        {"If_None_Match": f'"other", {tag}', "If_Modified_Since": "Thu, 20 Nov 2014 12:00:00 GMT"},
    ):
        again = await get(reader, page, path, **headers)
        assert (again.status, again.body) == (304, b"")
        assert (again.headers["ETag"], again.headers["Last-Modified"]) == (tag, date)
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert again.headers["Vary"] == "Accept-Encoding"
    for headers in (
        {"If_None_Match": '"other"', "If_Modified_Since": date},  # the tag counts alone, where there is one
        {"If_Modified_Since": "Thu, 20 Nov 2025 11:59:59 GMT"},
        {"If_Modified_Since": "yesterday"},
    ):
        assert (await get(reader, page, path, **headers)).body == first.body


async def test_a_feed_that_changed_is_sent_with_a_later_date(
    page: Served, reader: aiohttp.ClientSession, store: Store
) -> None:
    first = await get(reader, page, "/feed.atom")
    late = poll(350, reading(arxiv(99), title="A Late Paper", upvotes=500))
    await store.papers.ingest(late, late.observed_at)
    page.clock.set(NOW + timedelta(seconds=20))

    again = await get(
        reader,
        page,
        "/feed.atom",
        If_None_Match=first.headers["ETag"],
        If_Modified_Since=first.headers["Last-Modified"],
    )
    by_date = await get(reader, page, "/feed.atom", If_Modified_Since=first.headers["Last-Modified"])

    assert (again.status, by_date.status) == (200, 200)
    assert again.headers["Last-Modified"] == "Thu, 20 Nov 2025 12:00:20 GMT"
    assert "A Late Paper" in [one.title for one in feedparser.parse(again.body).entries]


@pytest.mark.parametrize("path", [*TODAY, "/search.atom?q=maps"])
async def test_a_feed_is_asked_for_by_head_and_comes_packed(
    page: Served, reader: aiohttp.ClientSession, path: str
) -> None:
    whole = await get(reader, page, path, Accept_Encoding="identity")
    assert "Content-Encoding" not in whole.headers
    async with reader.head(page.url + path, headers={"Accept-Encoding": "identity"}) as got:
        assert got.status == 200
        assert int(got.headers["Content-Length"]) == len(whole.body)
        assert got.headers["ETag"] == whole.headers["ETag"]
        assert await got.read() == b""
    async with aiohttp.ClientSession(auto_decompress=False) as unpacking:
        packed = await get(unpacking, page, path, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == whole.body
    assert whole.headers["Cache-Control"] == "public, max-age=300"
