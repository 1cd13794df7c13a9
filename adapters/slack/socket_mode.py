"""Socket Mode: a socket to Slack that we open, which needs no public address."""

import asyncio
import logging
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import structlog
from aiohttp import ClientConnectionError, ClientError, ClientWebSocketResponse
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack.api import FAILURES, Api, code_of
from bot.ports import Clock
from bot.waiting import either

_log = structlog.get_logger(__name__)

_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(minutes=5)
_REFUSED: Final = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_allowed_token_type",
        "missing_scope",
        "no_permission",
    }
)


class SocketMode:
    """Hears Slack over a socket, and keeps it open for as long as it is asked to."""

    def __init__(
        self, app: AsyncApp, api: Api, clock: Clock, app_token: str, *, ping: timedelta = timedelta(seconds=5)
    ) -> None:
        """A connection that answers no ping for four times `ping` is made anew."""
        self._app = app
        self._api = api
        self._clock = clock
        self._app_token = app_token
        self._ping = ping

    async def run(self, stopped: asyncio.Event) -> None:
        """Listens until `stopped`; where Slack cannot be reached, asks again and again."""
        client = _Client(self._app, self._api, self._clock, self._app_token, self._ping)
        try:
            await either(client.connect(), stopped.wait())
            await stopped.wait()
        finally:
            await client.close()  # type: ignore[no-untyped-call]  # slack_sdk leaves its types out


class _Client(SocketModeClient):
    """slack_sdk's client, but it tells once what is wrong, asks Slack less and less often while it is, uses
    an address for the one connection that it is good for, and opens the next before it closes the last.
    """

    def __init__(self, app: AsyncApp, api: Api, clock: Clock, app_token: str, ping: timedelta) -> None:
        silent = logging.getLogger("paperboy.slack.socket")  # the client's own words repeat what people typed
        silent.setLevel(logging.CRITICAL + 1)
        super().__init__(
            app_token, logger=silent, web_client=api.client(None), ping_interval=ping.total_seconds()
        )
        self._app = app
        self._clock = clock
        self._told: str | None = None
        self._retiring: set[asyncio.Future[None]] = set()
        self.socket_mode_request_listeners.append(self._hear)

    async def connect(self) -> None:
        """Opens a connection in place of the one that there may be, however long that takes."""
        self.auto_reconnect_enabled = False
        old = self.current_session
        pause = _FIRST_PAUSE
        while not self.closed:
            try:
                await self._open()
            except SlackApiError as error:
                self._tell_refusal(code_of(error))
            except FAILURES:
                self._tell("Slack cannot be reached; trying again until it can.")
            else:
                self._told = None
                _log.info("Listening to Slack by Socket Mode.")
                self._retire(old)
                return
            self.wss_uri = None
            await self._clock.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def connect_to_new_endpoint(self, force: bool = False) -> None:
        """As the library's; `connect` asks for the address, again and again where that is needed."""
        async with self.connect_operation_lock:
            if force or not await self.is_connected():
                self.wss_uri = None
                await self.connect()

    async def run_message_listeners(self, message: dict[str, Any], raw_message: str) -> None:
        """As the library's, but slowly where Slack says that there are too many of us."""
        if message.get("type") == "disconnect":
            match message.get("reason"):
                case "too_many_websockets":
                    self._tell(
                        "Slack has as many connections of this app as it takes. Is another Paperboy running?"
                    )
                    self._retire(self.current_session)
                    await self._clock.sleep(_FIRST_PAUSE)
                case "link_disabled":
                    self._tell("Socket Mode was switched off in the app's settings at api.slack.com/apps.")
        await super().run_message_listeners(message, raw_message)

    async def _open(self) -> None:
        if self.wss_uri is None:
            answer = await self.web_client.apps_connections_open(app_token=self.app_token)
            self.wss_uri = str(answer["url"])
        self.current_session = await self.aiohttp_client_session.ws_connect(
            self.wss_uri, autoping=False, heartbeat=self.ping_interval, proxy=self.proxy
        )
        self.auto_reconnect_enabled = self.default_auto_reconnect_enabled
        self.stale = False
        self.last_ping_pong_time = None
        await self.current_session.ping(f"sdk-ping-pong:{time.time()}".encode())
        for old in (self.current_session_monitor, self.message_receiver):
            if old is not None:
                old.cancel()
        self.current_session_monitor = asyncio.ensure_future(self.monitor_current_session())
        self.message_receiver = asyncio.ensure_future(self.receive_messages())

    def _retire(self, session: ClientWebSocketResponse | None) -> None:
        """Closes a connection beside all else: one that is dead already takes seconds to say so."""

        async def closed() -> None:
            if session is not None:
                with suppress(ClientError, OSError):
                    await session.close()

        task = asyncio.ensure_future(closed())
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _hear(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        began = time.time()
        answer = await run_async_bolt_app(self._app, request)
        try:
            await send_async_response(client, request, answer, began)
        except ClientConnectionError:
            _log.warning("An acknowledgement did not reach Slack, which will ask once more.")

    def _tell_refusal(self, code: str) -> None:
        if code in _REFUSED:
            self._tell(
                "Slack refused the app-level token. Make one with connections:write at api.slack.com/apps, "
                f"and set PAPERBOY_SLACK_APP_TOKEN (Slack: {code})."
            )
        else:
            self._tell(f"Slack gave no connection ({code}); trying again until it does.")

    def _tell(self, sentence: str) -> None:
        """Once, and not for every try."""
        if sentence != self._told:
            self._told = sentence
            _log.error(sentence)


__all__ = ["SocketMode"]
