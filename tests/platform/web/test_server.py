"""The server beside other platforms' routes, and where nobody can listen."""

import asyncio
import socket

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
