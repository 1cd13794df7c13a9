"""Slack's Web API, through slack_sdk's client, in one session: for all that no delivery is."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack.answers import failure_of
from bot.errors import DeliveryError, NotAcceptedError

TIMEOUT: Final = timedelta(seconds=20)
FAILURES: Final = (aiohttp.ClientError, TimeoutError, OSError)
"""What a call fails with that got no answer."""


@contextmanager
def failures_told() -> Iterator[None]:
    """Turns what a call fails with into the errors of `bot.errors`, without the answer's own words."""
    failure: DeliveryError | None = None
    try:
        yield
    except SlackApiError as error:
        failure = failure_told(error)
    except FAILURES:
        failure = unreachable()
    if failure is not None:
        raise failure


def unreachable() -> DeliveryError:
    """The failure of a call that Slack did not answer."""
    return NotAcceptedError("Slack cannot be reached just now. Try again in a minute.")


def failure_told(error: SlackApiError) -> DeliveryError:
    """The failure that an answer of Slack's stands for."""
    response: Any = error.response  # aiohttp's where slack_sdk could make nothing of it
    status: int = response.status_code if hasattr(response, "status_code") else response.status
    return failure_of(_said(error), status, response.headers.get("Retry-After"))


def code_of(error: SlackApiError) -> str:
    """Slack's own word for what went wrong; nothing where it said none."""
    return str(_said(error) or "")


def _said(error: SlackApiError) -> object:
    data = getattr(error.response, "data", None)
    return data.get("error") if isinstance(data, Mapping) else None


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
            session=self._opened(),
            retry_handlers=handlers,
        )

    def webhook(self, url: str) -> AsyncWebhookClient:
        """A client of an address that Slack gave along for answers; it repeats nothing."""
        timeout = int(self._timeout.total_seconds())
        return AsyncWebhookClient(url, timeout=timeout, session=self._opened(), retry_handlers=[])

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def aclose(self) -> None:
        """Closes the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None
