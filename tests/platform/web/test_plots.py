"""Plots on the page: pictures that need nothing of the reader's browser, and say what they show."""

from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import aiohttp
import pytest

from bot.plots.drawing import DrawingProcess
from bot.ports import Store
from tests.clocks import StillClock
from tests.contract.commands import NOW, fill
from tests.platform.web.reading import Document
from tests.platform.web.serving import Served, served
from tests.plots import PICTURE, Painter

PAPER = "/plot/paper/arxiv/2511.00001"
DARK = "(prefers-color-scheme: dark)"
PHONE = "(max-width: 36rem)"
PHONE_DARK = f"{PHONE} and {DARK}"
SHOWS = "“Attention in Small Places”. Upvotes rose from 18 to 90 in 4 h."


async def test_a_papers_page_shows_its_trend_for_either_theme(
    page: Served, reader: aiohttp.ClientSession
) -> None:
    async with reader.get(f"{page.url}/paper/arxiv/2511.00001") as got:
        document = Document(await got.text())
    [picture] = [one for one in document.all("img") if "/plot/" in one.attributes["src"]]
    assert picture.attributes == {
        "src": f"{PAPER}.svg?theme=light",
        "width": "640",
        "height": "350",
        "alt": SHOWS,
    }
    sources = {one.attributes["media"]: one.attributes for one in document.all("source")}
    assert list(sources) == [PHONE_DARK, PHONE, DARK]
    assert (sources[PHONE]["width"], sources[PHONE]["height"]) == ("350", "350")
    for path, drawn in (
        (picture.attributes["src"], "light wide"),
        (sources[DARK]["srcset"], "dark wide"),
        (sources[PHONE]["srcset"], "light narrow"),
        (sources[PHONE_DARK]["srcset"], "dark narrow"),
    ):
        async with reader.get(page.url + path) as got:
            assert got.content_type == "image/svg+xml"
            assert await got.text() == f"<svg>{drawn}</svg>"


async def test_a_topics_month_is_shown_drawn_and_in_numbers(
    page: Served, reader: aiohttp.ClientSession
) -> None:
    async with reader.get(f"{page.url}/topic?q=attention+%26+more+OR+title:attention") as got:
        document = Document(await got.text())
    picture = document.one("img").attributes
    assert picture["src"] == "/plot/topic.svg?q=attention+%26+more+OR+title%3Aattention&theme=light"
    assert picture["alt"] == (
        "2 papers about “attention & more OR title:attention” came from 22 Oct to 20 Nov 2025. "
        "Their upvotes rose from 0 to 150."
    )
    narrow = document.one("source", media=PHONE).attributes["srcset"]
    for path, drawn in ((picture["src"], "light wide"), (narrow, "light narrow")):
        async with reader.get(page.url + path) as got:
            assert got.content_type == "image/svg+xml"
            assert await got.text() == f"<svg>{drawn}</svg>"
    rows = [one.text.split() for one in document.all("tr")]
    assert rows[1][-3:] == ["20", "November", "20252150"]
    assert len(rows) == 31


async def test_searches_lead_to_their_month_and_topics_can_be_chosen(
    page: Served, reader: aiohttp.ClientSession
) -> None:
    async with reader.get(f"{page.url}/search?q=attention") as got:
        assert Document(await got.text()).all("a", href="/topic?q=attention")
    async with reader.get(f"{page.url}/search") as got:
        assert Document(await got.text()).all("a", href="/topic")
    async with reader.get(f"{page.url}/topic") as got:
        chosen = Document(await got.text()).one("a", href="/topic?q=cat%3Alanguage")
    assert chosen.text == "Language"
    async with reader.get(page.url + chosen.attributes["href"]) as got:
        document = Document(await got.text())
    assert document.one("a", href="/topic?q=cat%3Alanguage").attributes["aria-current"] == "page"
    async with reader.get(f"{page.url}/topic?q=zebra") as got:
        nothing = Document(await got.text())
    assert "No paper about “zebra” came from 22 Oct to 20 Nov 2025." in nothing.text
    assert not nothing.all("img")


async def test_a_day_of_the_archive_shows_its_list(page: Served, reader: aiohttp.ClientSession) -> None:
    async with reader.get(f"{page.url}/day/2025-11-20") as got:
        picture = Document(await got.text()).one("img").attributes
    assert picture["alt"].startswith("7 papers of Thu 20 November 2025, by upvotes as of 10:00 UTC.")
    async with reader.get(page.url + picture["src"]) as got:
        assert await got.text() == "<svg>light wide</svg>"
    page.clock.set(NOW + timedelta(days=1))
    async with reader.get(f"{page.url}/day/2025-11-21") as got:
        assert got.status == 200
        assert not Document(await got.text()).all("img")


async def test_what_is_drawn_stands_under_the_strict_policy(store: Store, tmp_path: Path) -> None:
    await fill(store)
    clock = StillClock(NOW)
    process = DrawingProcess(clock, tmp_path / "plots")
    async with served(store, tmp_path, clock, drawer=process) as page, aiohttp.ClientSession() as reader:
        async with reader.get(f"{page.url}{PAPER}.svg") as got:
            assert "style-src 'self'" in got.headers["Content-Security-Policy"]
            drawn = ET.fromstring(await got.read())  # noqa: S314 - we made it
            assert drawn.findtext("{http://www.w3.org/2000/svg}title") == SHOWS
            assert not any("style" in one.attrib or one.tag.endswith("}style") for one in drawn.iter())
        async with reader.get(f"{page.url}/plot/day/2025-11-20.png") as got:
            assert (await got.read()).startswith(b"\x89PNG")
            assert "Content-Encoding" not in got.headers


async def test_a_picture_that_the_reader_has_is_not_sent_again(
    page: Served, reader: aiohttp.ClientSession
) -> None:
    async with reader.get(f"{page.url}{PAPER}.png") as got:
        assert await got.read() == PICTURE
        assert got.headers["Cache-Control"] == "public, max-age=300"
        tag = got.headers["ETag"]
    async with reader.get(f"{page.url}{PAPER}.png", headers={"If-None-Match": tag}) as got:
        assert (got.status, await got.read()) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/plot/paper/arxiv/2511.09999.svg", 404, "It is not stored here."),
        ("/plot/paper/nobody/1.svg", 404, "kind of paper"),
        ("/plot/day/2025-11-03.svg", 404, "No paper of its list was watched on that day."),
        ("/plot/day/yesterday.svg", 404, "Write one like 2025-11-20."),
        (f"{PAPER}.svg?theme=neon", 400, "A plot is drawn as card, light, dark."),
        (f"{PAPER}.svg?shape=round", 400, "A plot is wide or narrow."),
        ("/plot/topic.svg", 400, "Say which topic"),
        ("/plot/topic.svg?q=cat:visoin", 400, "vision"),
        ("/plot/topic.png?q=" + "a" * 501, 400, "at most 500 characters"),
        ("/topic?q=" + "a" * 501, 400, "at most 500 characters"),
        ("/topic?q=cat:visoin", 400, "vision"),
        (f"{PAPER}.gif", 404, "There is no such page"),
    ],
)
async def test_what_cannot_be_drawn_is_said(
    page: Served, reader: aiohttp.ClientSession, path: str, status: int, said: str
) -> None:
    async with reader.get(page.url + path) as got:
        assert got.status == status
        assert said in await got.text()


async def test_a_plot_that_fails_leaves_the_page(store: Store, tmp_path: Path) -> None:
    await fill(store)
    painter = Painter(fails="The plot could not be drawn in time.")
    async with (
        served(store, tmp_path, StillClock(NOW), drawer=painter) as page,
        aiohttp.ClientSession() as reader,
    ):
        async with reader.get(f"{page.url}{PAPER}.svg") as got:
            assert got.status == 503
            assert "The plot could not be drawn in time." in await got.text()
        async with reader.get(f"{page.url}/paper/arxiv/2511.00001") as got:
            assert got.status == 200
