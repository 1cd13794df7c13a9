"""What nobody must be able to do to readers, and what is never told of them."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.errors import BusyError
from bot.ports import Store
from storage.sqlite.store import open_sqlite
from tests.clocks import StillClock
from tests.contract.commands import NOW, fill
from tests.looking import scenes
from tests.platform.web.reading import Document
from tests.platform.web.serving import Served, served

EVERY_PAGE: Final = (
    *("/", "/day/2025-11-20", "/week", "/month", "/archive", "/paper/arxiv/2511.00001", "/search"),
    *("/search?q=attention", "/search?q=cat:visoin", "/privacy", "/nothing", "/search?q=a&page=x"),
    *("/topic", "/topic?q=attention", "/topic?q=zebra", "/topic?q=cat:visoin", "/plot/topic.svg?q=attention"),
    *("/healthz", "/metrics", "/robots.txt", "/static/style.css", "/static/icon.svg"),
)
HOSTILE_PAGES: Final = (
    *("/", "/day/2025-11-20", "/week", "/search?q=titles", "/topic?q=%3Cscript%3Ealert(9)%3C/script%3E"),
    *(
        "/topic?q=title:titles+OR+%22%3Cb%3E%22+OR+has:code+OR+upvotes:%3E0",
        "/search?q=%3Cscript%3Ealert(9)%3C/script%3E",
    ),
    *(f"/paper/arxiv/2511.{number:05}" for number in range(1, len(scenes.HOSTILE) + 1)),
)
_LOADS: Final = {"link": "href", "img": "src", "script": "src", "iframe": "src", "form": "action"}


@pytest.fixture
async def hostile(store: Store, tmp_path: Path) -> AsyncIterator[Served]:
    await scenes.hostile_day(store)
    async with served(store, tmp_path, StillClock(scenes.NOW)) as page:
        yield page


@pytest.mark.parametrize("path", EVERY_PAGE)
async def test_every_answer_forbids_what_the_page_does_not_need(
    page: Served, reader: aiohttp.ClientSession, path: str
) -> None:
    async with reader.get(page.url + path) as got:
        headers = got.headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] == "Paperboy"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    "path", [one for one in EVERY_PAGE if "." not in one and one not in {"/healthz", "/metrics"}]
)
async def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(
    page: Served, reader: aiohttp.ClientSession, path: str
) -> None:
    async with reader.get(page.url + path) as got:
        _harmless(Document(await got.text()))


@pytest.mark.parametrize("path", HOSTILE_PAGES)
async def test_what_upstreams_wrote_stays_text(
    hostile: Served, reader: aiohttp.ClientSession, path: str
) -> None:
    async with reader.get(hostile.url + path) as got:
        html = await got.text()
    assert got.status == 200
    assert "\u202e" not in html
    document = Document(html)
    _harmless(document)
    for link in document.all("a"):
        target = urlsplit(link.attributes["href"])
        assert (target.scheme, target.netloc) == ("", "") or (
            target.scheme in {"http", "https"} and link.attributes["rel"] == "noopener nofollow external"
        ), link
        assert not re.search(r'[\s"<>]', link.attributes["href"])


def _harmless(document: Document) -> None:
    assert not document.all("script") + document.all("style") + document.all("iframe")
    assert all(one.attributes["src"].startswith("/plot/") for one in document.all("img"))
    assert not [
        tag for tag in document.tags for name in tag.attributes if name.startswith("on") or name == "style"
    ]
    for name, attribute in _LOADS.items():
        for tag in document.all(name):
            assert tag.attributes.get(attribute, "/").startswith("/"), tag
            assert not tag.attributes.get(attribute, "").startswith("//"), tag


async def test_the_titles_of_a_hostile_day_are_shown_as_they_were_written(
    hostile: Served, reader: aiohttp.ClientSession
) -> None:
    async with reader.get(hostile.url) as got:
        html = await got.text()
    document = Document(html)
    titles = [one.text for one in document.all("h2")]
    assert titles[0] == scenes.HOSTILE[0]
    assert titles[7] == "{{ 7 * 7 }} {% raw %} {{ config }}"
    assert titles[9].endswith("…")
    beside = [
        one.text
        for one in document.all("a", dir="auto")
        if one.attributes["href"] > "/paper/arxiv/2511.00020"
    ]
    assert beside[3].startswith("מודלי שפה")  # a direction of its own, which the reason does not follow
    assert not [one for one in document.all("li", dir="auto") if "upvote" in one.text]
    assert len(html) < 60_000


@pytest.mark.parametrize(
    ("switched_on", "address", "expected"),
    [
        (True, "https://cdn-thumbnails.huggingface.co/a.png", 1),
        (True, "https://cdn-thumbnails.huggingface.co.evil.example/a.png", 0),
        (True, "http://cdn-thumbnails.huggingface.co/a.png", 0),
        (False, "https://cdn-thumbnails.huggingface.co/a.png", 0),
    ],
)
async def test_a_picture_is_shown_only_where_switched_on_and_from_one_host(
    store: Store,
    tmp_path: Path,
    reader: aiohttp.ClientSession,
    switched_on: bool,
    address: str,
    expected: int,
) -> None:
    await store.papers.ingest(scenes.pictured(address), scenes.NOW)
    async with (
        served(store, tmp_path, StillClock(scenes.NOW), thumbnails=switched_on) as page,
        reader.get(page.url) as got,
    ):
        pictures = Document(await got.text()).all("img")
        assert ("cdn-thumbnails" in got.headers["Content-Security-Policy"]) is switched_on
    assert len(pictures) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"X-Forwarded-For": "203.0.113.7"}, 404),
        ({"Forwarded": "for=203.0.113.7"}, 404),
        ({"Host": "papers.example.org"}, 404),
    ],
)
async def test_metrics_are_for_programs_on_this_machine(
    page: Served, reader: aiohttp.ClientSession, headers: dict[str, str], expected: int
) -> None:
    async with reader.get(f"{page.url}/metrics", headers=headers) as got:
        assert got.status == expected


@pytest.mark.parametrize(("metrics_for", "expected"), [("all", 200), ("off", 404)])
async def test_a_setting_says_who_may_read_metrics(
    store: Store, tmp_path: Path, reader: aiohttp.ClientSession, metrics_for: str, expected: int
) -> None:
    async with (
        served(store, tmp_path, StillClock(NOW), metrics_for=metrics_for) as page,
        reader.get(f"{page.url}/metrics", headers={"X-Forwarded-For": "203.0.113.7"}) as got,
    ):
        assert got.status == expected


async def test_what_is_searched_for_is_in_no_log_and_no_metric(
    page: Served, reader: aiohttp.ClientSession
) -> None:
    with capture_logs() as logs:
        for path in (
            "/search?q=quokka",
            "/search?q=cat:quokka",
            "/quokka?q=quokka",
            "/search?q=a&page=quokka",
        ):
            async with reader.get(page.url + path) as got:
                await got.read()
        async with reader.get(f"{page.url}/metrics") as got:
            metrics = await got.text()
    assert "quokka" not in str(logs)
    assert "quokka" not in metrics
    assert "paperboy_search_seconds_count 1.0" in metrics
    assert 'paperboy_page_answers_total{page="search",status="200"} 2.0' in metrics
    assert 'paperboy_page_answers_total{page="elsewhere",status="404"} 1.0' in metrics
    assert "paperboy_papers 7.0" in metrics


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_nothing_can_be_changed(page: Served, reader: aiohttp.ClientSession, method: str) -> None:
    async with reader.request(method, page.url) as got:
        assert got.status == 405
        assert got.headers["Allow"] == "GET,HEAD"
        document = Document(await got.text())
    assert document.one("h1").text == "That cannot be done here"
    assert "This address does not take that kind of request." in document.text


async def test_what_a_reader_has_is_not_sent_again(page: Served, reader: aiohttp.ClientSession) -> None:
    for path in ("/", "/day/2025-11-20", "/archive", "/paper/arxiv/2511.00001", "/static/style.css"):
        async with reader.get(page.url + path) as first:
            tag = first.headers["ETag"]
        for asked in (tag, f'"other", {tag}', "*", tag.removeprefix("W/")):
            async with reader.get(page.url + path, headers={"If-None-Match": asked}) as again:
                assert (again.status, await again.read()) == (304, b"")
                assert again.headers["ETag"] == tag
                assert "Content-Security-Policy" in again.headers
        async with reader.get(page.url + path, headers={"If-None-Match": '"other"'}) as other:
            assert other.status == 200


async def test_a_page_is_packed_for_whom_can_unpack_it(page: Served) -> None:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        sizes = {}
        for coding in ("gzip", "identity"):
            async with session.get(page.url, headers={"Accept-Encoding": coding}) as got:
                sizes[coding] = len(await got.read())
                assert got.headers.get("Content-Encoding", "identity") == coding
                assert got.headers["Vary"] == "Accept-Encoding"
    assert sizes["gzip"] * 2 < sizes["identity"]


# --- signs of life -------------------------------------------------------------------------------


async def test_health_tells_the_last_signs_of_life_and_fails_once_there_are_none(
    page: Served, reader: aiohttp.ClientSession
) -> None:
    async def health() -> tuple[int, Any]:
        async with reader.get(f"{page.url}/healthz") as got:
            return got.status, await got.json()

    assert await health() == (200, {"alive": True, "last_tick": None, "last_poll": None, "problems": []})
    page.vitals.ticked()
    page.vitals.polled(scenes.pictured("https://example.org"))
    page.clock.set(NOW + timedelta(minutes=3))
    status, told = await health()
    assert status == 503
    assert told["last_tick"] == told["last_poll"] == "2025-11-20T12:00:00+00:00"
    assert told["problems"] == ["The schedule was not looked at for too long."]
    page.clock.set(NOW + timedelta(hours=3))
    page.vitals.ticked()
    assert (await health())[1]["problems"] == ["No source was read for too long."]


# --- what goes wrong -----------------------------------------------------------------------------


class Broken:
    """A part of the store that answers nothing."""

    def __init__(self, part: object, error: Exception) -> None:
        self._part = part
        self.error: Exception | None = error

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._part, name)

        async def asked(*arguments: Any, **named: Any) -> Any:
            if self.error is not None and name == "coverage":
                raise self.error
            return await method(*arguments, **named)

        return asked


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (BusyError("/secret/paperboy.db"), 503, "Paperboy cannot reach its store."),
        (
            RuntimeError("quokka in /secret"),
            500,
            "Whoever runs Paperboy finds what went wrong in its log as ",
        ),
    ],
)
async def test_a_failure_is_told_without_its_details(
    tmp_path: Path, reader: aiohttp.ClientSession, error: Exception, status: int, sentence: str
) -> None:
    async with open_sqlite(tmp_path / "paperboy.db") as store:
        await fill(store)
        broken = BrokenStore(store, error)
        with capture_logs() as logs:
            async with (
                served(broken, tmp_path, StillClock(NOW)) as page,
                reader.get(f"{page.url}/archive") as got,
            ):
                html = await got.text()
    assert got.status == status
    assert sentence in Document(html).text
    assert "/secret" not in html
    assert "quokka" not in html
    assert [one["log_level"] for one in logs].count("error") == 1
    assert "quokka" not in str(logs)
    assert got.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in got.headers


class BrokenStore:
    """A store whose papers cannot be counted."""

    def __init__(self, store: Store, error: Exception) -> None:
        self._store = store
        self.papers: Any = Broken(store.papers, error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def test_many_who_come_at_once_get_the_page_that_one_made(
    page: Served, reader: aiohttp.ClientSession
) -> None:
    async def tag() -> str:
        async with reader.get(page.url) as got:
            return got.headers["ETag"]

    assert len(set(await asyncio.gather(*(tag() for _ in range(20))))) == 1
