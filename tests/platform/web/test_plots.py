"""Plots on the page: pictures that need nothing of the reader's browser, and say what they show."""

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
    dark = document.one("source", media="(prefers-color-scheme: dark)").attributes["srcset"]
    for path, theme in ((picture.attributes["src"], "light"), (dark, "dark")):
        async with reader.get(page.url + path) as got:
            assert got.content_type == "image/svg+xml"
            assert await got.text() == f"<svg>{theme}</svg>"


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
