"""The server beside other platforms' routes, where nobody can listen, and what comes to no handler."""

import asyncio
import re
import socket
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from adapters.web.render import Renderer
from adapters.web.server import WebServer
from adapters.web.site import Site
from bot.errors import ConfigError
from tests.clocks import StillClock
from tests.contract.commands import CountedIds
from tests.platform.web.serving import Served


async def test_where_nobody_can_listen_a_server_that_is_needed_stops_the_bot() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(
            ConfigError, match="Set PAPERBOY_WEB_ADDRESS to an address and port that are free"
        ):
            await WebServer(address, []).run(asyncio.Event())


async def test_where_nobody_can_listen_the_page_alone_is_only_missed() -> None:
    with socket.socket() as taken, capture_logs() as logs:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        await WebServer(f"127.0.0.1:{taken.getsockname()[1]}", [], optional=True).run(asyncio.Event())
    assert [one["log_level"] for one in logs] == ["warning"]
    assert logs[0]["event"].startswith("There is no web page: Paperboy cannot listen at 127.0.0.1:")


async def test_routes_of_platforms_pass_untouched(reader: aiohttp.ClientSession) -> None:
    async def called(_: web.Request) -> web.Response:
        return web.Response(text="<script>theirs</script>", content_type="text/html")

    site = Site([], Renderer(thumbnails=False), StillClock(), CountedIds(), lambda *_: None, thumbnails=False)
    server = WebServer("127.0.0.1:0", [web.post("/slack/events", called)], [site.middleware])
    stopped = asyncio.Event()
    running = asyncio.create_task(server.run(stopped))
    await server.listening.wait()
    url = f"http://127.0.0.1:{server.port}"
    async with reader.post(f"{url}/slack/events") as got:
        assert "Content-Security-Policy" not in got.headers
        assert await got.text() == "<script>theirs</script>"
    async with reader.get(f"{url}/slack/nothing") as missing:
        assert missing.status == 404
        assert "Content-Security-Policy" in missing.headers
    stopped.set()
    await running


UNREADABLE = {
    "a method that nobody knows": b"QUOKKA\x00 /search?q=quokka HTTP/1.1\r\nHost: x\r\n\r\n",
    "an endless line": b"GET /search?q=quokka" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a blank": b"GET /search?q=quokka jumps HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes that are no text": b"GET /search?q=quokka\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header without a name": b"GET /search?q=quokka HTTP/1.1\r\n: quokka\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03quokka\r\n\r\n",
    "what nobody can promise": b"GET /search?q=quokka HTTP/1.1\r\nHost: x\r\nExpect: quokka\r\n"
    b"Connection: close\r\n\r\n",
}


@pytest.mark.parametrize("sent", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_comes_to_no_handler_is_answered_as_safely_and_is_in_no_log(
    page: Served, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logs:
        answer = await exchanged(page.url, sent)
    head, _, body = answer.partition("\r\n\r\n")
    assert re.match(r"HTTP/1\.[01] (400|417) ", head)
    assert "Content-Security-Policy: default-src 'none';" in head
    assert "X-Content-Type-Options: nosniff" in head
    assert "Server: Paperboy" in head
    assert "aiohttp" not in answer
    if " 400 " in head:
        assert body == "That is no request that can be read.\n"
    assert (logs, caplog.records) == ([], [])


async def test_a_bug_in_a_route_of_a_platform_is_logged_by_kind_and_place_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def called(_: web.Request) -> web.Response:
        raise RuntimeError("quokka")

    server = WebServer("127.0.0.1:0", [web.get("/slack/install", called)])
    stopped = asyncio.Event()
    running = asyncio.create_task(server.run(stopped))
    await server.listening.wait()
    with capture_logs() as logs:
        answer = await exchanged(
            f"http://127.0.0.1:{server.port}", b"GET /slack/install?code=quokka HTTP/1.1\r\nHost: x\r\n\r\n"
        )
    stopped.set()
    await running
    assert answer.startswith("HTTP/1.1 500 ")
    assert answer.endswith("\r\n\r\nSomething went wrong here.\n")
    [logged] = logs
    assert (logged["log_level"], logged["kind"]) == ("error", "RuntimeError")
    assert logged["where"][-1].startswith("called at ")
    assert "quokka" not in str(logs)
    assert caplog.records == []


async def exchanged(url: str, sent: bytes) -> str:
    """What the server sends back until it closes the connection."""
    address = urlsplit(url)
    reading, writing = await asyncio.open_connection(address.hostname, address.port)
    writing.write(sent)
    answer = await asyncio.wait_for(reading.read(), 10)
    writing.close()
    return answer.decode()
