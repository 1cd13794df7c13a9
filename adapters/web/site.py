"""All of the page on one server: its routes, what every answer carries, and what is said where one fails."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog
from aiohttp import hdrs, web

from adapters.web.answers import Body, answer
from adapters.web.headers import security_headers
from adapters.web.render import Renderer
from bot.errors import InputError, NotFoundError, PaperboyError, StorageError
from bot.logs import whereabouts
from bot.ports import Clock, Ids

_log = structlog.get_logger(__name__)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Shown = Callable[[str, int, timedelta], object]
"""Told of every answer: the name of its route, its status, and how long it took."""

_ELSEWHERE: Final = "elsewhere"  # the name of where no route leads
_HEADINGS: Final = {
    400: "That cannot be shown",
    404: "There is no such page",
    405: "That cannot be done here",
    503: "Not just now",
}
_SENTENCES: Final = {
    404: "Nothing here has this address.",
    405: "This address does not take that kind of request.",
}


class Site:
    """The routes of the page, and the middleware that stands around them and around where none leads.

    Routes without a name are others', and pass untouched.
    """

    def __init__(
        self,
        routes: Sequence[web.RouteDef],
        renderer: Renderer,
        clock: Clock,
        ids: Ids,
        shown: Shown,
        *,
        thumbnails: bool,
    ) -> None:
        self.routes: Final = routes
        self._renderer = renderer
        self._clock = clock
        self._ids = ids
        self._shown = shown
        self._headers = security_headers(thumbnails=thumbnails)

    @web.middleware
    async def middleware(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Answers, whatever happens, with the headers that keep readers safe."""
        info = request.match_info
        name = _ELSEWHERE if info.http_exception is not None else info.route.name
        if name is None:
            return await handler(request)
        begun = self._clock.now()
        response = await self._answered(request, handler)
        response.headers.update(self._headers)
        self._shown(name, response.status, max(self._clock.now() - begun, timedelta()))
        return response

    async def _answered(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:  # a way on; to return the exception itself is deprecated
                return web.Response(status=error.status, headers=error.headers)
            response = self._error(request, error.status, _SENTENCES.get(error.status, f"{error.reason}."))
            if hdrs.ALLOW in error.headers:
                response.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
            return response
        except NotFoundError as error:
            return self._error(request, 404, str(error))
        except InputError as error:
            return self._error(request, 400, str(error))
        except StorageError as error:  # its sentence is for the operator, and may name paths
            _log.error("The store failed while a page was made.", error=str(error))
            return self._error(
                request, 503, "Paperboy cannot reach its store. Whoever runs it finds why in its log."
            )
        except PaperboyError as error:
            return self._error(request, 503, str(error))
        except Exception as error:  # noqa: BLE001 - a bug is this reader's bad luck, and nobody else's
            number = self._ids.new()
            kind, where = type(error).__name__, whereabouts(error)
            _log.error(
                "A page failed.", id=number, route=request.match_info.route.name, kind=kind, where=where
            )
            return self._error(
                request, 500, f"Whoever runs Paperboy finds what went wrong in its log as {number}."
            )

    def _error(self, request: web.Request, status: int, sentence: str) -> web.Response:
        heading = _HEADINGS.get(status, "Something went wrong here")
        sentence = sentence.replace("`", "")
        page = self._renderer.page("error.html", section="", heading=heading, sentence=sentence)
        return answer(request, Body.of(page), status=status, keep="no-store")
