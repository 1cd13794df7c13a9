"""Paperboy's one web server: whoever has pages or receives calls hands over routes."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final, cast

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from adapters.web.headers import security_headers
from bot.errors import ConfigError
from bot.logs import whereabouts

_log = structlog.get_logger(__name__)

_BODY_CAP: Final = 1 << 20  # bytes of a request; the largest that a chat platform sends has some 100 kB
_WAITING: Final = 128  # connections that the system holds until they are taken
_HEADERS: Final = security_headers(thumbnails=False)


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
        runner = web.AppRunner(app)
        await runner.setup()
        loop = asyncio.get_running_loop()
        connected = partial(_Connection, cast("web.Server", runner.server), loop=loop)
        try:
            try:
                listening = await loop.create_server(connected, self._host, self._port, backlog=_WAITING)
            except OSError as error:
                sentence = (
                    f"Paperboy cannot listen at {self._address} ({error.strerror or error}). Set "
                    "PAPERBOY_WEB_ADDRESS to an address and port that are free."
                )
                if not self._optional:
                    raise ConfigError(sentence) from error
                _log.warning(f"There is no web page: {sentence}")
                return
            try:
                self.port = listening.sockets[0].getsockname()[1]
                self.listening.set()
                host = f"[{self._host}]" if ":" in self._host else self._host
                _log.info("The web server listens.", address=f"http://{host}:{self.port}/", port=self.port)
                await stopped.wait()
            finally:
                listening.close()
        finally:
            await runner.cleanup()


class _Connection(web.RequestHandler):
    """One connection. What aiohttp answers by itself, since it comes to no handler, repeats nothing of the
    request, keeps readers as safe as the page does, and is in no log.
    """

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's words, which quote the request
    ) -> web.StreamResponse:
        """The answer to what is no request (400), or where a handler failed (500)."""
        if status >= 500:
            _log_bug(exc)
        if request.writer.output_size > 0:
            raise ConnectionError("A part of the answer was sent already.")
        sentence = "Something went wrong here." if status >= 500 else "That is no request that can be read."
        response = web.Response(status=status, text=f"{sentence}\n", headers=_HEADERS)
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Sends the answer; of aiohttp's own are an expectation that nobody meets (417), and with the page
        switched off that there is nothing (404).
        """
        if isinstance(resp, web.HTTPException):
            resp.headers.update(_HEADERS)
        return await super().finish_response(request, resp, start_time)

    def log_access(self, *_: object, **__: object) -> None:
        """Logs nothing: it would hold who looks for what."""

    def log_exception(self, *_: object, exc_info: BaseException | None = None, **__: object) -> None:
        """Instead of the reader's address and what was asked for: what kind of bug it is, and where."""
        _log_bug(exc_info)


def _log_bug(error: BaseException | None) -> None:
    where = None if error is None else whereabouts(error)
    _log.error("A connection failed.", kind=type(error).__name__, where=where)
