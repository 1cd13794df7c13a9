"""Paperboy's one web server: whoever has pages or receives calls hands over routes."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.errors import ConfigError

_log = structlog.get_logger(__name__)

_BODY_CAP: Final = 1 << 20  # bytes of a request; the largest that a chat platform sends has some 100 kB


class WebServer:
    """Serves the routes at an address, `HOST:PORT`; port 0 lets the system choose."""

    def __init__(
        self,
        address: str,
        routes: Sequence[web.AbstractRouteDef],
        middlewares: Sequence[Middleware] = (),
        *,
        optional: bool = False,
    ) -> None:
        """Where it is `optional`, a place at which nobody can listen is only logged."""
        host, _, port = address.rpartition(":")
        self._address = address
        self._host = host.strip("[]")
        self._port = int(port)
        self._routes = routes
        self._middlewares = middlewares
        self._optional = optional
        self.port = self._port  # the real one once it listens
        self.listening = asyncio.Event()

    async def run(self, stopped: asyncio.Event) -> None:
        """Serves until `stopped`. Raises `ConfigError` if nobody can listen there."""
        app = web.Application(client_max_size=_BODY_CAP, middlewares=self._middlewares)
        app.add_routes(self._routes)
        runner = web.AppRunner(app, access_log=None)  # which would hold what people look for
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._host, self._port)
            try:
                await site.start()
            except OSError as error:
                sentence = (
                    f"Paperboy cannot listen at {self._address} ({error.strerror or error}). Set "
                    "PAPERBOY_WEB_ADDRESS to an address and port that are free."
                )
                if not self._optional:
                    raise ConfigError(sentence) from error
                _log.warning(f"There is no web page: {sentence}")
                return
            self.port = runner.addresses[0][1]
            self.listening.set()
            host = f"[{self._host}]" if ":" in self._host else self._host
            _log.info("The web server listens.", address=f"http://{host}:{self.port}/")
            await stopped.wait()
        finally:
            await runner.cleanup()
