"""The outgoing webhook: one signed POST a message, by the Standard Webhooks specification.

The receiver drops repeats by `Idempotency-Key` (the same as `webhook-id`), so a message of unknown fate is
sent again under its key. What each answer means is decided in `answers`; here it is only asked for.
"""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import aiohttp
from yarl import URL

from adapters.webhook.address import normal_address, shown
from adapters.webhook.answers import failure_of
from adapters.webhook.body import body_of
from adapters.webhook.signing import signed_headers, webhook_secret
from bot.errors import DeliveryError, DoubtfulError, InputError, NotAcceptedError, RefusedError
from bot.ports import Abilities, Ability, Clock, Parcel

SURFACE: Final = "webhook"
KEY_WINDOW: Final = timedelta(hours=24)  # how long docs/webhook.md asks receivers to remember a key
TIMEOUT: Final = timedelta(seconds=30)

_LONGEST_CONNECT: Final = timedelta(seconds=10)
_ANSWER_CAP: Final = 64 * 1024  # bytes of an answer that are read
_RECEIPT_CAP: Final = 200  # characters of a receipt


def open_session() -> aiohttp.ClientSession:
    """A session fit for webhooks; must be called where an event loop runs.

    Every request has a connection of its own: one kept from an earlier request may be closed by the
    receiver at any moment, and what failed on it could not be told from a lost message. Nothing of one
    receiver reaches another: cookies are not kept. aiohttp retries idempotent methods alone, never a POST.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # an answer's size is capped as it comes over the wire
    )


class WebhookDeliverer:
    """Brings messages to web addresses. Implements `bot.ports.Deliverer` with the ability KEY."""

    surface: Final = SURFACE

    def __init__(
        self,
        session_factory: Callable[[], aiohttp.ClientSession] = open_session,
        *,
        secret_key: bytes,
        clock: Clock,
        version: str,
        timeout: timedelta = TIMEOUT,
    ) -> None:
        """`secret_key` is the key that every receiver's secret is derived from; `version` is Paperboy's."""
        self._session_factory = session_factory
        self._session: aiohttp.ClientSession | None = None
        self._secret_key = secret_key
        self._clock = clock
        self._user_agent = f"Paperboy/{version}"
        self._timeout = timeout
        connect = min(_LONGEST_CONNECT, timeout / 2)
        self._connect = connect
        self._timeouts = aiohttp.ClientTimeout(total=timeout.total_seconds(), connect=connect.total_seconds())

    @property
    def request_timeout(self) -> timedelta:
        return self._timeout

    def abilities(self, parcel: Parcel) -> Abilities:
        return Abilities(Ability.KEY, KEY_WINDOW)

    def check_address(self, address: str) -> str:
        return normal_address(address)

    async def ready(self, parcel: Parcel) -> None:
        """Always: a receiver says by a 429 what is too fast for it."""

    async def send(self, parcel: Parcel) -> str:
        try:
            address = normal_address(parcel.address)
        except InputError as error:
            raise RefusedError(str(error)) from error
        try:
            body = body_of(parcel)
        except ValueError as error:
            raise RefusedError(f"The stored message cannot be read: {error}") from error
        headers = {
            **signed_headers(webhook_secret(self._secret_key, address), parcel.key, self._clock.now(), body),
            "Idempotency-Key": parcel.key,
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": self._user_agent,
        }
        outcome = await self._post(address, headers, body)
        if isinstance(outcome, DeliveryError):
            raise outcome
        return outcome or parcel.key

    async def find(self, parcel: Parcel) -> str | None:
        """Never asked: a receiver is known by its keys, and cannot be read."""
        raise RefusedError("The receiver of a webhook cannot be asked what it has.")

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, address: str, headers: dict[str, str], body: bytes) -> str | DeliveryError | None:
        """The receiver's name for the message (`None`: it gave none), or how it failed.

        The failure is returned to be raised outside of the `except` clause: aiohttp's own errors can hold the
        whole address, and must not follow ours into a log as its context.
        """
        if self._session is None:
            self._session = self._session_factory()
        place = shown(address)
        try:
            async with self._session.post(
                URL(address), data=body, headers=headers, allow_redirects=False, timeout=self._timeouts
            ) as answer:
                failure = failure_of(
                    answer.status, answer.headers.get("Retry-After"), place, self._clock.now()
                )
                return failure or await _receipt(answer)
        except aiohttp.ClientConnectorDNSError:
            return NotAcceptedError(f"The host of {place} is not known. Check the address and the network.")
        except aiohttp.ClientSSLError:
            return NotAcceptedError(
                f"The connection to {place} is not safe: its certificate cannot be trusted, or it does "
                "not speak TLS. Renew the certificate, or correct the address."
            )
        except aiohttp.ClientConnectorError as error:
            # The error's own text would repeat the address in a programmer's words; several addresses tried
            # in vain leave no number.
            reason = os.strerror(error.errno) if error.errno else "the connection failed"
            return NotAcceptedError(f"{place} cannot be reached ({reason}). Is the receiver running?")
        except aiohttp.InvalidURL:
            return RefusedError(f"The address at {place} cannot be used. Give the destination another one.")
        except aiohttp.ConnectionTimeoutError:
            seconds = self._connect.total_seconds()
            return NotAcceptedError(f"{place} took no connection within {seconds:g} s.")
        except TimeoutError:
            seconds = self._timeout.total_seconds()
            return DoubtfulError(f"{place} gave no answer within {seconds:g} s; it may have the message.")
        except aiohttp.ClientResponseError:
            return DoubtfulError(f"The answer of {place} cannot be read; it may have the message.")
        except aiohttp.ClientError:
            return DoubtfulError(f"The connection to {place} broke off; it may have the message.")


async def _receipt(answer: aiohttp.ClientResponse) -> str | None:
    """The `id` in an accepting answer's JSON, if it is a short line of text.

    The status alone has told that the message was accepted: whatever is wrong with the body, even that it
    never ends, takes nothing back.
    """
    try:
        text = bytearray()
        async for chunk in answer.content.iter_chunked(_ANSWER_CAP):
            text += chunk
            if len(text) > _ANSWER_CAP:
                return None
        value = json.loads(text)
    except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError):
        return None
    name = value.get("id") if isinstance(value, dict) else None
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= _RECEIPT_CAP:
        return None
    return name
