"""How Slack reaches us: a socket that we open, or HTTP requests that it signs."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog
from aiohttp import ClientError, web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.errors import SlackApiError

from adapters.slack.api import Api, code_of
from adapters.slack.app import SlackApp
from adapters.slack.install import INSTALL_PATH
from adapters.slack.manifest import EVENTS_PATH, REDIRECT_PATH
from bot.ports import Clock

_log = structlog.get_logger(__name__)

_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(minutes=5)


class Socket:
    """Socket Mode: needs no public address. Once open, slack_sdk keeps it open and renews it."""

    def __init__(self, app: SlackApp, api: Api, clock: Clock, app_token: str) -> None:
        self._app = app
        self._api = api
        self._clock = clock
        self._app_token = app_token

    async def run(self, stopped: asyncio.Event) -> None:
        """Listens until `stopped`; where Slack cannot be reached at first, asks again and again."""
        # The client's own log would repeat what people typed.
        quiet = logging.getLogger("paperboy.slack.socket")
        quiet.setLevel(logging.ERROR)
        handler = AsyncSocketModeHandler(
            self._app.bolt, self._app_token, logger=quiet, web_client=self._api.client(None)
        )
        try:
            if await self._connected(handler, stopped):
                _log.info("Listening to Slack by Socket Mode.")
                await stopped.wait()
        finally:
            await handler.client.close()  # type: ignore[no-untyped-call]  # slack_sdk leaves its types out

    async def _connected(self, handler: AsyncSocketModeHandler, stopped: asyncio.Event) -> bool:
        pause = _FIRST_PAUSE
        while not stopped.is_set():
            try:
                await handler.client.connect()  # type: ignore[no-untyped-call]  # as below
            except SlackApiError as error:
                _log.error(
                    "Slack refused the app-level token. Make one with connections:write at "
                    "api.slack.com/apps, and set PAPERBOY_SLACK_APP_TOKEN.",
                    error=code_of(error),
                )
            except (ClientError, OSError, TimeoutError) as error:
                _log.warning("Slack cannot be reached; trying again.", error=type(error).__name__)
            else:
                return True
            await _either(self._clock.sleep(pause), stopped)
            pause = min(pause * 2, _LONGEST_PAUSE)
        return False


def routes(app: SlackApp) -> Sequence[web.RouteDef]:
    """What the web server answers for Slack: signed requests and, with OAuth, an installation's pages."""

    async def events(request: web.Request) -> web.StreamResponse:
        return await to_aiohttp_response(await app.bolt.async_dispatch(await to_bolt_request(request)))

    found = [web.post(EVENTS_PATH, events)]
    flow = app.oauth
    if flow is not None:

        async def install(request: web.Request) -> web.StreamResponse:
            return await to_aiohttp_response(await flow.handle_installation(await to_bolt_request(request)))

        async def redirect(request: web.Request) -> web.StreamResponse:
            return await to_aiohttp_response(await flow.handle_callback(await to_bolt_request(request)))

        found += [web.get(INSTALL_PATH, install), web.get(REDIRECT_PATH, redirect)]
    return found


async def _either(work: Coroutine[Any, Any, None], stopped: asyncio.Event) -> None:
    """Ends with the work or with the stop, whichever comes first."""
    tasks = {asyncio.ensure_future(work), asyncio.ensure_future(stopped.wait())}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
