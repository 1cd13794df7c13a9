"""Slack's Web API, through slack_sdk's client, in one session: for all that no delivery is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack.answers import failure_of
from bot.errors import DeliveryError, NotAcceptedError

TIMEOUT: Final = timedelta(seconds=20)


@contextmanager
def failures_told() -> Iterator[None]:
    """Turns what a call fails with into the errors of `bot.errors`, without the answer's own words."""
    failure: DeliveryError | None = None
    try:
        yield
    except SlackApiError as error:
        failure = failure_told(error)
    except (aiohttp.ClientError, TimeoutError, OSError):
        failure = NotAcceptedError("Slack cannot be reached just now. Try again in a minute.")
    if failure is not None:
        raise failure


def failure_told(error: SlackApiError) -> DeliveryError:
    """The failure that an answer of Slack's stands for."""
    response = error.response
    return failure_of(response.get("error"), response.status_code, response.headers.get("Retry-After"))


def code_of(error: SlackApiError) -> str:
    """Slack's own word for what went wrong."""
    return str(error.response.get("error") or "")


class Api:
    """Makes clients that share one session. Belongs to one event loop.

    A cut connection is never tried again by itself, which could post twice: slack_sdk's own default is left
    out. An answer that a person waits for may be asked for once more where Slack says that it is busy.
    """

    def __init__(self, base_url: str, *, timeout: timedelta = TIMEOUT) -> None:
        self._base_url = base_url.rstrip("/") + "/"
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    def client(self, token: str | None, *, patient: bool = True) -> AsyncWebClient:
        """A client that speaks with this token; without `patient` a 429 is told at once."""
        handlers: list[AsyncRetryHandler] = (
            [AsyncRateLimitErrorRetryHandler(max_retry_count=1)] if patient else []
        )
        return AsyncWebClient(
            token=None if token is None else str(token),
            base_url=self._base_url,
            timeout=int(self._timeout.total_seconds()),
            session=self._connected(),
            retry_handlers=handlers,
        )

    def webhook(self, url: str) -> AsyncWebhookClient:
        """Answers by a `response_url`."""
        return AsyncWebhookClient(
            url, timeout=int(self._timeout.total_seconds()), session=self._connected(), retry_handlers=[]
        )

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def aclose(self) -> None:
        """Closes the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None
