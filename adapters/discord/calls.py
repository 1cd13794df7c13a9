"""Requests to Discord's API through discord.py, each of which goes out once.

discord.py sends a request again by itself after some failures, and waits where Discord asks for patience.
What the outbox sends must not be repeated unasked, and has a better place to wait. So whatever fails goes
back at once as what it is; the pace of each channel, as Discord tells it, stays the library's.
"""

import asyncio
import os
from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

import aiohttp
import discord
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from discord.http import HTTPClient, Route

from adapters.discord.answers import UNKNOWN_BOT, UNKNOWN_BOT_WAIT, failure_of
from adapters.discord.endpoints import open_http
from adapters.discord.pace import Pace
from bot.errors import DeliveryError, DoubtfulError, NotAcceptedError

_LONGEST_CONNECT: Final = timedelta(seconds=10)
_REFUSALS: Final = frozenset({401, 403, 429})


class Calls:
    """One bot's requests."""

    def __init__(self, token: str, pace: Pace, *, api_url: str, timeout: timedelta) -> None:
        """`timeout` is for one request."""
        self._token = token
        self._pace = pace
        self._api_url = api_url
        self._timeout = timeout
        self._login = asyncio.Lock()
        self._http: HTTPClient | None = None
        self._me = ""

    async def me(self) -> str:
        """The bot's own id as a user. Raises `DeliveryError`, never a doubtful one."""
        await self._connected()
        return self._me

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: dict[str, str] | None = None,
        needs: str = "",
        known: Collection[int] = (),
        **ids: str,
    ) -> Any:
        """What Discord answers, as JSON; or its error, if it is one of the `known` codes.

        `path` has the names of `ids` in braces; `needs` names the permissions that the request asks for.
        Raises `DeliveryError`.
        """
        http = await self._connected()
        attempt = _Attempt(self._pace)
        given: dict[str, Any] = {} if json is None else {"json": json}
        if params:
            given["params"] = params
        outcome = await self._ask(http, Route(method, path, **ids), attempt, needs, known, given)
        if isinstance(outcome, DeliveryError):
            raise outcome
        return outcome

    async def aclose(self) -> None:
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    async def _ask(
        self,
        http: HTTPClient,
        route: Route,
        attempt: "_Attempt",
        needs: str,
        known: Collection[int],
        given: dict[str, Any],
    ) -> Any:
        """The answer, or how it failed: returned, to be raised outside of the `except` clause, since the
        library's own errors show more of a request than a log should have.
        """
        seconds = self._timeout.total_seconds()
        connect = min(_LONGEST_CONNECT, self._timeout / 2).total_seconds()
        limits = aiohttp.ClientTimeout(total=seconds, connect=connect)
        try:
            async with asyncio.timeout(seconds):
                answer = await http.request(route, middlewares=(attempt,), timeout=limits, **given)
        except DeliveryError as error:  # the attempt's own
            return error
        except discord.HTTPException as error:
            known_code = error.code in known
            return error.code if known_code else failure_of(error.status, error.code, None, needs)
        except (discord.RateLimited, aiohttp.ClientError, OSError, ValueError) as error:
            if not isinstance(error, TimeoutError) or isinstance(error, aiohttp.ConnectionTimeoutError):
                return _failure(error)
            if attempt.answer is None:
                return attempt.given_up(seconds)
            answer = await attempt.answer.json()  # the library was waiting for the channel's next turn
        return answer if isinstance(answer, dict | list) else failure_of(200, 0, None)

    async def _connected(self) -> HTTPClient:
        async with self._login:
            if self._http is None:
                outcome = await self._logged_in()
                if isinstance(outcome, DeliveryError):
                    raise outcome
                self._http = outcome
            return self._http

    async def _logged_in(self) -> HTTPClient | DeliveryError:
        http = open_http(self._api_url)
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                self._me = str((await http.static_login(self._token))["id"])
        except discord.LoginFailure:
            self._pace.hold(UNKNOWN_BOT_WAIT)
            failure = NotAcceptedError(UNKNOWN_BOT, UNKNOWN_BOT_WAIT)
        except discord.HTTPException as error:
            failure = NotAcceptedError(f"Discord lets nobody in now (status {error.status}).")
        except (aiohttp.ClientError, OSError):
            failure = NotAcceptedError("Discord cannot be reached. Check the network.")
        except (ValueError, TypeError, KeyError):
            failure = NotAcceptedError("Something other than Discord answered. Is a proxy between?")
        else:
            return http
        await http.close()
        return failure


def _failure(error: Exception) -> DeliveryError:
    """What it means that a request found no answer."""
    match error:
        case discord.RateLimited():  # the library would wait; nothing went out
            return NotAcceptedError("Discord asks for patience.", timedelta(seconds=error.retry_after))
        case aiohttp.ClientConnectorDNSError():
            return NotAcceptedError("The host of Discord's API is not known. Check the network.")
        case aiohttp.ClientConnectorError():
            reason = os.strerror(error.errno) if error.errno else "the connection failed"
            return NotAcceptedError(f"Discord cannot be reached ({reason}). Check the network.")
        case aiohttp.ConnectionTimeoutError():
            return NotAcceptedError("Discord took no connection in time. Check the network.")
        case aiohttp.ClientError() | OSError():
            return DoubtfulError("The connection to Discord broke off; it may have the message.")
        case _:
            return failure_of(200, 0, None)


class _Attempt:
    """Watches one request of discord.py's: where it would be sent again, it ends instead."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._gone = False  # whether it may have left
        self.answer: ClientResponse | None = None  # a good one, read

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        await self._pace.leave()
        self._gone = True
        response = await handler(request)
        if response.status in _REFUSALS:
            self._pace.refused()
        if response.status == 429 or response.status >= 500:
            failure = failure_of(response.status, 0, await _retry_after(response))
            response.close()
            if response.status == 429 and isinstance(failure, NotAcceptedError) and _everywhere(response):
                self._pace.hold(failure.retry_after or timedelta(0))
            raise failure
        if response.status == 401:
            self._pace.hold(UNKNOWN_BOT_WAIT)
        await response.read()
        if response.status < 300:
            self.answer = response
        return response

    def given_up(self, seconds: float) -> DeliveryError:
        """What it means that there was no answer in time."""
        if self._gone:
            return DoubtfulError(f"Discord gave no answer within {seconds:g} s; it may have the message.")
        return NotAcceptedError("The channel takes no more messages just now.", timedelta(seconds=seconds))


async def _retry_after(response: ClientResponse) -> str | None:
    """How many seconds Discord asks us to wait: exactly in its JSON, whole ones in its header."""
    try:
        return str((await response.json())["retry_after"])
    except (aiohttp.ClientError, ValueError, TypeError, KeyError):
        return response.headers.get("Retry-After")


def _everywhere(response: ClientResponse) -> bool:
    """Whether a 429 is about all requests: the bot's, or, without the mark of Discord's own servers, this
    address's, which was shut out at their door.
    """
    return "X-RateLimit-Global" in response.headers or "Via" not in response.headers
