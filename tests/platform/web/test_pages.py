"""What stands on each page."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.editions.make import edition_for
from bot.model import IdScheme, Outcome, PaperId, Poll, Upstream, Window
from bot.ports import Store
from tests.clocks import StillClock
from tests.contract.commands import NOW, a_paper
from tests.contract.readings import doi, poll, reading
from tests.looking import scenes
from tests.platform.web.reading import Answer
from tests.platform.web.serving import Served, served


async def get(reader: aiohttp.ClientSession, page: Served, path: str, **headers: str) -> Answer:
    async with reader.get(
        page.url + path, headers={key.replace("_", "-"): value for key, value in headers.items()}
    ) as got:
        return Answer(got.status, dict(got.headers), await got.text())


async def test_today_shows_each_paper_with_its_reason_and_how_it_rose(
    page: Served, reader: aiohttp.ClientSession
) -> None:
    document = (await get(reader, page, "/")).document

    titles = [one.text for one in document.all("h2")]
    assert titles[:2] == ["Attention in Small Places", "Low-Rank Adapters for Maps"]
    assert document.one("h1").text == "Today, Thursday 20 November 2025"
    assert "Why: 90 upvotes" in document.text
    assert "(abstract)" in document.text
    assert [one.attributes["href"] for one in document.all("a", rel="noopener nofollow external")][:2] == [
        "https://arxiv.org/abs/2511.00001",
        "https://github.com/example/maps",
    ]
    line = document.all("svg", role="img")[0]
    assert line.attributes["aria-label"].startswith("Upvotes: from 18 to 90 in 4 h, since 20 Nov")
    assert "7 papers are on the day" in document.text


async def test_an_archived_day_is_made_anew_and_says_so(
    page: Served, reader: aiohttp.ClientSession, store: Store
) -> None:
    page.clock.set(NOW + timedelta(days=2))
    made = await get(reader, page, "/day/2025-11-20")
    assert "No edition was frozen on this day" in made.document.text

    await edition_for(store, Window.DAY, NOW, NOW)
    frozen = await get(reader, page, "/day/2025-11-20")
    assert "The edition of 20 Nov 2025, 12:00 UTC, as it was frozen then." in frozen.document.text
    assert len(frozen.document.all("article")) == len(made.document.all("article")) == 7


async def test_one_is_not_told_as_many(store: Store, tmp_path: Path, reader: aiohttp.ClientSession) -> None:
    await store.papers.ingest(scenes.pictured("https://example.org/a.png"), scenes.NOW)
    async with served(store, tmp_path, StillClock(scenes.NOW)) as page:
        archive = (await get(reader, page, "/archive")).document
    assert "1 paper of 1 daily list, since" in archive.text


async def test_weeks_and_months_are_those_of_the_calendar(
    page: Served, reader: aiohttp.ClientSession
) -> None:
    page.clock.set(datetime(2026, 1, 5, tzinfo=UTC))
    week = (await get(reader, page, "/week/2025-W47")).document
    month = (await get(reader, page, "/month/2025-11")).document

    assert week.one("h1").text == "Week 47 of 2025"
    assert "since 17 Nov 2025, 00:00 UTC" in week.text
    assert month.one("h1").text == "November 2025"
    assert "since 1 Nov 2025, 00:00 UTC" in month.text
    assert len(month.all("article")) == 7
    assert [one.text for one in month.all("a", rel="next")] == ["December 2025"]
    assert (await get(reader, page, "/month")).document.one("h1").text == "January 2026"


@pytest.mark.parametrize(
    "path",
    [
        *("/day/2025-11-21", "/day/2025-02-30", "/day/20251120", "/day/0001-01-01", "/day/9999-12-31"),
        *("/week/2025-W60", "/week/2025-47", "/month/2025-13", "/month/0000-01", "/day/2025-11-01"),
        *(
            "/paper/arxiv/1706.03762",
            "/paper/isbn/1",
            "/static/../pages.py",
            "/static/nothing.css",
            "/wp-admin",
        ),
    ],
)
async def test_what_is_not_there_is_said_in_a_sentence(
    page: Served, reader: aiohttp.ClientSession, path: str
) -> None:
    answer = await get(reader, page, path)
    assert answer.status == 404
    assert answer.document.one("h1").text == "There is no such page"
    assert answer.document.text.count(".") >= 2
    assert "Not Found" not in answer.document.text


async def test_where_no_address_leads_it_is_said_once(page: Served, reader: aiohttp.ClientSession) -> None:
    document = (await get(reader, page, "/wp-admin")).document
    assert document.text.startswith("There is no such page Nothing here has this address. Today")


async def test_a_first_start_without_a_network_claims_no_papers(
    store: Store, tmp_path: Path, reader: aiohttp.ClientSession
) -> None:
    failed = Poll(
        upstream=Upstream.HUGGING_FACE,
        subject=f"daily:{scenes.TODAY}",
        observed_at=scenes.NOW - timedelta(hours=3),
        outcome=Outcome.FAILED,
        detail="no network",
    )
    await store.papers.ingest(failed, failed.observed_at)
    async with served(store, tmp_path, StillClock(scenes.NOW)) as page:
        document = (await get(reader, page, "/")).document
    assert (
        "Hugging Face could not be read since 20 Nov 2025, 17:30 UTC. No papers today. Nothing was"
        in document.text
    )
    assert document.one("meta", name_="description").attributes["content"] == (
        "Today, Thursday 20 November 2025: no papers."
    )


async def test_a_paper_has_all_that_is_known_of_it(
    page: Served, reader: aiohttp.ClientSession, store: Store
) -> None:
    await store.papers.ingest(
        poll(
            241,
            reading(PaperId(IdScheme.ARXIV, "2511.00002"), doi(7), title="Low-Rank Adapters for Maps"),
            subject="lookup",
        ),
        NOW,
    )
    await edition_for(store, Window.DAY, NOW, NOW)
    document = (await get(reader, page, "/paper/arxiv/2511.00002")).document

    assert document.one("h1").text == "Low-Rank Adapters for Maps"
    for words in (
        *("Ada Byron, Bo Li", "cs.RO", "Trending of the day: place 2 of 7", "in a frozen edition"),
        *("@misc{byron2025lowrank,", "80 upvotes, told by Hugging Face (2 readings)", str(doi(7))),
    ):
        assert words in document.text, words
    assert "20 Nov 2025, 10:00 UTC80+64" in document.text
    assert "20 Nov 2025, 06:00 UTC16first" in document.text
    assert all(one.text for one in document.all("caption"))
    assert len(document.all("table")) == len(document.all("caption"))


async def test_another_id_of_a_paper_leads_to_its_page(
    page: Served, reader: aiohttp.ClientSession, store: Store
) -> None:
    await store.papers.ingest(
        poll(241, reading(PaperId(IdScheme.ARXIV, "2511.00002"), doi(7)), subject="lookup"), NOW
    )
    for other in (
        f"doi/{doi(7).value}",
        f"doi/{doi(7).value.upper()}",
        "arxiv/2511.00002v2",
        "doi/10.48550/arxiv.2511.00002",
        "doi/10.48550/arXiv.2511.00002v1",
    ):
        async with reader.get(f"{page.url}/paper/{other}", allow_redirects=False) as got:
            assert got.status == 302, other
            assert got.headers["Location"] == "/paper/arxiv/2511.00002"
        async with reader.get(f"{page.url}/plot/paper/{other}.svg") as got:
            assert got.status == 200, other


async def test_a_search_shows_matches_first_and_says_why(page: Served, reader: aiohttp.ClientSession) -> None:
    document = (await get(reader, page, "/search?q=flash+attention")).document

    assert [one.text for one in document.all("h2")] == ["1 paper matches", "Close, but not every word"]
    first = document.all("article")[0]
    assert "Kernels for Flash Attention" in first.text
    assert "Why: In the title: flash, attention" in " ".join(first.text.split())
    assert [one.text for one in document.all("mark")][:2] == ["Flash", "Attention"]
    assert document.one("input", name="q").attributes["value"] == "flash attention"


async def test_a_long_answer_has_pages(page: Served, reader: aiohttp.ClientSession, store: Store) -> None:
    extra = [
        reading(PaperId(IdScheme.ARXIV, f"2510.{number:05}"), title=f"Zebra number {number}")
        for number in range(1, 14)
    ]
    await store.papers.ingest(poll(242, *extra), NOW)
    await page.index.catch_up()
    first = (await get(reader, page, "/search?q=zebra")).document
    more = first.one("a", rel="next").attributes["href"]
    second = (await get(reader, page, more)).document

    titles = [{one.text for one in document.all("h3")} for document in (first, second)]
    assert [sum("Zebra" in title for title in some) for some in titles] == [10, 3]
    assert not titles[0] & titles[1]
    matching, close = second.all("ol", class_="results")
    assert [matching.attributes["start"], close.attributes["start"]] == ["11", "14"]
    assert second.all("h2")[0].text == "13 papers match"
    assert (await get(reader, page, "/search?q=zebra&page=x")).status == 400


async def test_a_mistake_is_said_with_what_would_be_right(
    page: Served, reader: aiohttp.ClientSession
) -> None:
    wrong = (await get(reader, page, "/search?q=cat:visoin")).document
    assert "arXiv has no category" in wrong.text
    assert wrong.all("a", href="/search?q=cat%3Avision")

    mended = (await get(reader, page, "/search?q=atention")).document
    assert "Did you mean attention?" in mended.text

    nothing = (await get(reader, page, "/search?q=cat:math.AG")).document
    assert "Nothing was found among 7 papers" in nothing.text

    endless = await get(reader, page, "/search?q=" + "a" * 501)
    assert endless.status == 400


async def test_a_strangers_search_asks_nobody_and_stores_nothing(
    page: Served, reader: aiohttp.ClientSession, store: Store
) -> None:
    before = await store.papers.newest_change()
    document = (await get(reader, page, "/search?q=1706.03762")).document
    assert "1706.03762 is not stored here" in document.text
    assert await store.papers.newest_change() == before


async def test_the_archive_leads_to_every_day_week_and_month(
    page: Served, reader: aiohttp.ClientSession
) -> None:
    page.clock.set(NOW + timedelta(days=14))
    document = (await get(reader, page, "/archive")).document
    links = {one.attributes["href"] for one in document.all("a")}
    assert {"/day/2025-11-20", "/day/2025-12-04", "/week/2025-W49", "/month/2025-11"} <= links
    assert "/day/2025-11-19" not in links
    assert "/day/2025-12-05" not in links


async def test_a_late_paper_is_on_the_page_at_once(
    page: Served, reader: aiohttp.ClientSession, store: Store
) -> None:
    """The page is kept until the store changed: 15 seconds later, for a ranking may be as old."""
    assert "Robots that Read" in (await get(reader, page, "/")).document.text
    late = poll(
        245,
        *(a_paper(number, 5 * (20 - 2 * number)) for number in range(1, 8)),
        reading(PaperId(IdScheme.ARXIV, "2511.00099"), title="A Late Paper", upvotes=500),
    )
    await store.papers.ingest(late, late.observed_at)
    page.clock.set(NOW + timedelta(seconds=20))
    assert (await get(reader, page, "/")).document.all("h2")[0].text == "A Late Paper"
