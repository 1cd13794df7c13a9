"""Where Discord is: its API and its gateway at the addresses of the settings, for one client alone.

discord.py knows Discord's addresses as constants of its modules. Here nothing of the library is changed;
a client gets parts of its own that send the same requests elsewhere.
"""

import asyncio
from collections.abc import Callable
from copy import copy
from typing import Any, Final

import aiohttp
import discord
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route
from discord.webhook.async_ import AsyncWebhookAdapter, async_context
from yarl import URL

_LONGEST_WAIT: Final = 30.0  # seconds that a request waits for its channel: the least that discord.py knows
_FEW_BUCKETS: Final = 256  # channels whose pace is remembered without a look
_NOBODY_WAITS: Final = 10.0  # seconds after a channel may be posted to again
_USUAL_GATEWAY: Final = DiscordWebSocket.DEFAULT_GATEWAY


class SettledClient(discord.AutoShardedClient):
    """discord.py's client at other addresses: as many shards as the gateway recommends.

    `api_url` is the base of the API, with its version (`https://discord.com/api/v10`). `gateway_url` is the
    address of the gateway (`wss://…`); without one the API is asked, as Discord advises. A session is resumed
    where the gateway says, as always. `asking` is called as each request leaves.
    """

    http: HTTPClient

    def __init__(
        self,
        *,
        api_url: str,
        gateway_url: str | None,
        intents: discord.Intents,
        asking: Callable[[], None] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(intents=intents, **options)
        self._api_url = api_url.rstrip("/")
        # The same client of HTTP, with the options that the library read, before anything has used it.
        self.http = self._connection.http = _HTTPClient(self.http, self._api_url, gateway_url, asking)

    async def connect(self, *, reconnect: bool = True) -> None:
        # Answers to interactions go past the client of HTTP. What an event starts inherits this context.
        token = async_context.set(_WebhookAdapter(self._api_url))
        try:
            await super().connect(reconnect=reconnect)
        finally:
            async_context.reset(token)


def open_http(api_url: str) -> HTTPClient:
    """discord.py's client of HTTP on its own, for requests alone; to be called where an event loop runs."""
    plain = HTTPClient(asyncio.get_running_loop(), max_ratelimit_timeout=_LONGEST_WAIT)
    return _HTTPClient(plain, api_url.rstrip("/"), None, None)


class _HTTPClient(HTTPClient):
    """All requests but those that answer interactions, and the WebSockets."""

    def __init__(
        self,
        like: HTTPClient,
        api_url: str,
        gateway_url: str | None,
        asking: Callable[[], None] | None,
    ) -> None:
        super().__init__(
            like.loop,
            like.connector,
            proxy=like.proxy,
            proxy_auth=like.proxy_auth,
            unsync_clock=not like.use_clock,
            http_trace=like.http_trace,
            max_ratelimit_timeout=like.max_ratelimit_timeout,
        )
        self._api_url = api_url
        self._gateway_url = gateway_url
        self._asking = asking
        self._most_buckets = _FEW_BUCKETS

    async def request(self, route: Route, **options: Any) -> Any:
        if self._asking is not None:
            options["middlewares"] = (self._leaving,)
        return await super().request(_moved(route, self._api_url), **options)

    async def _leaving(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """When a request really leaves: before, the library may have waited for its turn."""
        assert self._asking is not None  # noqa: S101 - else nobody comes here
        self._asking()
        return await handler(request)

    def _try_clear_expired_ratelimits(self) -> None:
        """Forgets the pace of channels that may be posted to as if nothing had been.

        The library remembers each for five minutes, and looks through all of them for each new one: with ten
        thousand channels in a row that takes longer than to make the messages.
        """
        if len(self._buckets) < self._most_buckets:
            return
        before = self.loop.time() - _NOBODY_WAITS
        for key, bucket in list(self._buckets.items()):
            over = bucket.expires is not None and bucket.expires < before and bucket.outgoing == 0
            if over or bucket.is_inactive():
                del self._buckets[key]
        self._most_buckets = max(_FEW_BUCKETS, 2 * len(self._buckets))

    async def get_bot_gateway(self) -> tuple[int, str, Any]:
        shards, url, limits = await super().get_bot_gateway()
        return shards, self._gateway_url or url, limits

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        address = URL(url)
        if address.host == _USUAL_GATEWAY.host:  # the constant: after a session that was declared invalid
            _, gateway_url, _ = await self.get_bot_gateway()
            address = URL(gateway_url).with_query(address.query)
        return await super().ws_connect(str(address), compress=compress)


class _WebhookAdapter(AsyncWebhookAdapter):
    """Answers to interactions."""

    def __init__(self, api_url: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library left it without types
        self._api_url = api_url

    async def request(self, route: Route, session: aiohttp.ClientSession, **options: Any) -> Any:
        return await super().request(_moved(route, self._api_url), session, **options)


def _moved(route: Route, api_url: str) -> Route:
    moved = copy(route)
    moved.url = api_url + route.url.removeprefix(Route.BASE)
    return moved
