"""Every page in a real browser: on a phone and at a desk, light and dark, with scripts off; for everybody.

Pictures are left in the folder that `$PAPERBOY_PICTURES` names, to be looked at. Accessibility is judged by
axe-core, where `$AXE` is the path of its `axe.min.js` (`npm pack axe-core`).
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.web.headers import THUMBNAILS
from bot.plots.drawing import DrawingProcess
from bot.ports import Store
from storage.sqlite.store import open_sqlite
from tests.clocks import StillClock
from tests.looking import scenes
from tests.looking.browser import Tab, browser, chromium
from tests.platform.web.serving import Served, served

pytestmark = pytest.mark.xdist_group("browser")

Scene = Callable[[Store], Awaitable[None]]

SCENES: Final[Mapping[str, tuple[Scene, Mapping[str, str]]]] = {
    "full": (
        scenes.full_day,
        {
            "today": "/",
            "day": "/day/2025-11-19",
            "week": "/week/2025-W46",
            "month": "/month",
            "archive": "/archive",
            "paper": "/paper/arxiv/2511.15065",
            "search": "/search",
            "results": "/search?q=video+reasoning+benchmark",
            "mended": "/search?q=difusion",
            "mistake": "/search?q=cat:visoin",
            "nothing": "/search?q=qwxzv",
            "topics": "/topic",
            "topic": "/topic?q=video",
            "quiet topic": "/topic?q=cat:language",
            "privacy": "/privacy",
            "missing": "/day/2031-01-01",
        },
    ),
    "empty": (
        scenes.empty_day,
        {
            "today": "/",
            "day": "/day/2025-11-19",
            "week": "/week",
            "month": "/month",
            "archive": "/archive",
            "paper": "/paper/arxiv/2511.15065",
            "results": "/search?q=attention",
            "topic": "/topic?q=attention",
        },
    ),
    "hostile": (
        scenes.hostile_day,
        {
            "today": "/",
            "day": "/day/2025-11-20",
            "week": "/week",
            "topic": "/topic?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E+OR+upvotes:%3E0",
            "markup": "/paper/arxiv/2511.00001",
            "right-to-left": "/paper/arxiv/2511.00004",
            "endless": "/paper/arxiv/2511.00010",
            "results": "/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E+titles",
        },
    ),
}
SMALL, PHONE, DESK = 320, 390, 1280
VIEWS: Final = (
    pytest.param(SMALL, False, id="small-phone"),
    pytest.param(PHONE, False, id="phone-light", marks=pytest.mark.soak),
    pytest.param(PHONE, True, id="phone-dark"),
    pytest.param(DESK, False, id="desk-light"),
    pytest.param(DESK, True, id="desk-dark", marks=pytest.mark.soak),
)


_PLOTS: Final = """
[...document.querySelectorAll(".plot img")].map(
    one => [one.getBoundingClientRect().right, one.clientWidth / one.naturalWidth])
"""


@asynccontextmanager
async def shown(scene: Scene, folder: Path, *, thumbnails: bool = False) -> AsyncIterator[tuple[Served, Tab]]:
    chromium()
    async with open_sqlite(folder / "scene.db") as store:
        await scene(store)
        clock = StillClock(scenes.NOW)
        drawer = DrawingProcess(clock, folder / "plots")
        async with (
            served(store, folder, clock, drawer=drawer, thumbnails=thumbnails) as page,
            browser(folder) as tab,
        ):
            yield page, tab


@pytest.mark.parametrize(("width", "dark"), VIEWS)
@pytest.mark.parametrize("name", SCENES)
async def test_every_page_fits_its_screen_and_asks_nobody_else(
    name: str, width: int, dark: bool, tmp_path: Path
) -> None:
    scene, pages = SCENES[name]
    pictures = Path(os.environ.get("PAPERBOY_PICTURES", tmp_path))
    async with shown(scene, tmp_path) as (page, tab):
        for called, path in pages.items():
            await tab.open(page.url + path, width=width, dark=dark)
            await tab.picture(pictures / f"{name}-{called}-{width}-{'dark' if dark else 'light'}.png")
            assert await tab.evaluate("document.documentElement.scrollWidth") <= width, called
            assert all(one.startswith(page.url) for one in tab.requested), tab.requested
            assert not await tab.evaluate("document.scripts.length"), called
            for right, scale in await tab.evaluate(_PLOTS):  # whole, and not too small to be read
                assert right <= width, called
                assert scale > 0.75, called


@pytest.mark.parametrize(("width", "dark"), VIEWS)
@pytest.mark.parametrize("name", SCENES)
async def test_no_page_has_a_barrier_that_axe_knows(
    name: str, width: int, dark: bool, tmp_path: Path
) -> None:
    if not (axe := os.environ.get("AXE")):
        pytest.skip("needs axe-core: $AXE must be the path of its axe.min.js")
    source = await asyncio.to_thread(Path(axe).read_text, encoding="utf-8")
    scene, pages = SCENES[name]
    async with shown(scene, tmp_path) as (page, tab):
        for called, path in pages.items():
            await tab.open(page.url + path, width=width, dark=dark, scripts=True)
            await tab.evaluate(source + ";0")
            found = await tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
            assert len(found["passes"]) > 10, called  # it did look
            assert [_told(one) for one in found["violations"]] == [], called


def _told(violation: Mapping[str, Any]) -> str:
    return f"{violation['id']}: {[one['html'][:200] for one in violation['nodes']]}"


async def rising_with_a_picture(store: Store) -> None:
    """A paper that has both a line and a picture, which nobody has to fetch for its room to be seen."""
    for hours, upvotes in ((9, 2), (5, 20), (1, 44)):
        at = scenes.NOW - timedelta(hours=hours)
        await store.papers.ingest(scenes.pictured(f"{THUMBNAILS}/nothing.png", at, upvotes), at)


@pytest.mark.parametrize("width", [SMALL, PHONE, DESK])
async def test_a_papers_picture_stands_with_its_numbers(width: int, tmp_path: Path) -> None:
    """At a desk beside the text and below the line; on a phone above the text."""
    pictures = Path(os.environ.get("PAPERBOY_PICTURES", tmp_path))
    async with shown(rising_with_a_picture, tmp_path, thumbnails=True) as (page, tab):
        await tab.call("Network.setBlockedURLs", urls=[f"{THUMBNAILS}/*"])
        await tab.open(page.url, width=width)
        await tab.picture(pictures / f"picture-today-{width}-light.png")
        assert await tab.evaluate("document.documentElement.scrollWidth") <= width
        picture, line, summary = [
            await tab.evaluate(f"document.querySelector('.story {one}').getBoundingClientRect().toJSON()")
            for one in (".thumbnail", ".spark", ".summary")
        ]
    assert picture["width"] > 100
    if width == DESK:
        assert picture["left"] == line["left"] > summary["right"]
        assert line["bottom"] < picture["top"]
    else:
        assert picture["bottom"] < summary["top"]
        assert picture["right"] <= width


async def test_the_page_is_used_by_keyboard_alone(tmp_path: Path) -> None:
    """The skip link comes first and leads to the papers; a search is typed and sent; focus is seen."""
    async with shown(scenes.full_day, tmp_path) as (page, tab):
        await tab.open(page.url)
        await tab.press("Tab")
        assert await tab.evaluate("document.activeElement.textContent") == "Skip to the content"
        assert await tab.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
        await tab.press("Enter")
        await tab.press("Tab")
        assert re.match("/paper/arxiv/", await tab.evaluate("document.activeElement.getAttribute('href')"))
        assert await tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"

        await tab.open(page.url + "/search")
        while await tab.evaluate("document.activeElement.id") != "q":
            await tab.press("Tab")
        await tab.call("Input.insertText", text="video reasoning")
        await tab.press("Enter")
        await tab.loaded()
        assert await tab.evaluate("document.querySelectorAll('.result').length") > 3
