"""Slack: one message a delivery, and a thread below it for what it has no room for.

Slack knows no idempotency key. Each message carries its delivery's key as metadata, by which it can be found
again where the bot may read the channel (the pack `recheck`); without it, a message of unknown fate is never
sent again. The message at the head of a thread is what counts as delivered: whatever befalls its thread, it
is not repeated.
"""

import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.address import Address, read_address
from adapters.slack.answers import failure_of
from adapters.slack.api import failure_told
from adapters.slack.pace import A_MINUTE, PATIENCE, Pace
from adapters.slack.render import Message, messages
from bot.delivery.policy import ASKING_ENDS, LANDING
from bot.errors import DeliveryError, DoubtfulError, InputError, NotAcceptedError, RefusedError
from bot.ports import Abilities, Ability, Clock, Parcel
from bot.view.doc import from_json

SURFACE: Final = "slack"
EVENT_TYPE: Final = "paperboy_delivery"  # of the metadata: {"key": …}, in a thread also {"part": …}
TIMEOUT: Final = timedelta(seconds=60)

_LONGEST_CONNECT: Final = timedelta(seconds=10)
_CLOCKS_APART: Final = timedelta(minutes=5)  # how far Slack's clock and ours may disagree
_PAGE: Final = 200  # messages read at once

# One method of slack_sdk's client.
_Method = Callable[..., Coroutine[Any, Any, AsyncSlackResponse]]

_log = structlog.get_logger(__name__)


class Tokens(Protocol):
    """What speaks for each organisation that installed the bot."""

    async def token(self, tenant: str) -> str:
        """A bot token that is good now.

        Raises `RefusedError` with `pause` if the installation is gone, `NotAcceptedError` if it cannot be
        renewed now.
        """


@dataclass(slots=True)
class _Place:
    """How far a message was looked for. Slack may let us read no more than a page a minute."""

    attempt: int  # the request that is looked for
    asked_at: datetime
    cursor: str = ""  # of the page to be read next, of the channel or, once there is a head, of its thread
    head: str | None = None
    parts: dict[int, str] = field(default_factory=dict)  # timestamps in the thread, as far as it was read


def open_session(timeout: timedelta) -> aiohttp.ClientSession:
    """A session for requests that take at most `timeout`; must be called where an event loop runs.

    Every request has a connection of its own: one kept from an earlier request may be closed by Slack at any
    moment, and what failed on it could not be told from a lost message.
    """
    connect = min(_LONGEST_CONNECT, timeout / 2)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=timeout.total_seconds(), connect=connect.total_seconds()),
    )


class SlackDeliverer:
    """Posts to channels and direct messages. Implements `bot.ports.Deliverer`: with `recheck` it can read
    back, else it has no way to learn what became of a request.
    """

    surface: Final = SURFACE

    def __init__(
        self,
        tokens: Tokens,
        clock: Clock,
        *,
        api_url: str,
        recheck: bool,
        timeout: timedelta = TIMEOUT,
        session_factory: Callable[[timedelta], aiohttp.ClientSession] = open_session,
    ) -> None:
        """`timeout` is for a message with its turn and its thread; one request takes at most a third."""
        self._recheck = recheck
        self._tokens = tokens
        self._clock = clock
        self._api_url = api_url
        self._pace = Pace(clock)
        self._timeout = timeout
        self._one_request = timeout / 3
        self._patience = min(PATIENCE, self._one_request)
        self._turns: dict[str, datetime] = {}  # of messages that are ready, by delivery
        self._places: dict[str, _Place] = {}  # of messages that are looked up, by delivery
        self._session_factory = session_factory
        self._client: AsyncWebClient | None = None

    @property
    def request_timeout(self) -> timedelta:
        return self._timeout

    def abilities(self, parcel: Parcel) -> Abilities:
        return Abilities(Ability.READ_BACK if self._recheck else Ability.NONE)

    def check_address(self, address: str) -> str:
        return str(read_address(address))

    async def ready(self, parcel: Parcel) -> None:
        """A turn that was given before, and never used, is given back."""
        address, over = _address(parcel), self._clock.now() - A_MINUTE
        self._turns = {delivery: turn for delivery, turn in self._turns.items() if turn > over}
        unused = self._turns.pop(parcel.delivery_id, None)
        if unused is not None:
            self._pace.give_back(address, unused)
        self._turns[parcel.delivery_id] = await self._pace.turn(address, self._patience)

    async def send(self, parcel: Parcel) -> str:
        turn = self._turns.pop(parcel.delivery_id, None)
        until = self._clock.now() + self._timeout - self._patience
        address, parts = _address(parcel), _parts(parcel)
        head = await self._post(address, parcel.key, parts[0], self._patience, turn=turn)
        thread: dict[int, str] = {}
        missing = dict(enumerate(parts[1:], 1))
        if not await self._post_thread(address, parcel.key, head, missing, thread, until):
            unfinished = "The message is there; some of its thread may not be."
            if self._recheck:
                raise DoubtfulError(unfinished)  # so that it is looked up, and the rest posted
            _log.warning(unfinished, delivery=parcel.delivery_id)
        return _receipt(address, head, thread)

    async def find(self, parcel: Parcel) -> str | None:
        """Looks the message up, and posts what is missing of its thread. Whoever asks again, because it could
        not be read to an end, goes on where it was left.
        """
        if not self._recheck:
            raise RefusedError("Slack cannot be asked without the pack recheck.")
        place = self._place(parcel)
        try:
            receipt = await self._look_up(parcel, place)
        except DoubtfulError as error:  # nothing is in doubt about a question: it is asked again
            raise NotAcceptedError(str(error), LANDING) from None
        except RefusedError:
            if place.cursor:  # which may be what is refused: it was not meant to be kept for long
                place.cursor = ""
                raise NotAcceptedError("Slack does not go on; the channel is read anew.", LANDING) from None
            del self._places[parcel.delivery_id]
            raise
        del self._places[parcel.delivery_id]
        return receipt

    async def aclose(self) -> None:
        if self._client is not None and self._client.session is not None:
            await self._client.session.close()
        self._client = None

    # --- posting ---------------------------------------------------------------------------------

    async def _post(
        self,
        address: Address,
        key: str,
        message: Message,
        patience: timedelta,
        *,
        turn: datetime | None = None,
        part: int | None = None,
        head: str | None = None,
    ) -> str:
        """Posts one message, in its turn or in the next, and returns its timestamp; with `head`, to a thread.

        Raises `NotAcceptedError` where `patience` is too short.
        """
        payload: dict[str, Any] = {"key": key} if part is None else {"key": key, "part": part}
        turn = turn or await self._pace.turn(address, patience)
        try:
            answer = await self._call(
                AsyncWebClient.chat_postMessage,
                address.tenant,
                channel=address.channel,
                text=message.text,
                mrkdwn=False,
                blocks=list(message.blocks),
                unfurl_links=False,
                unfurl_media=False,
                metadata={"event_type": EVENT_TYPE, "event_payload": payload},
                **({} if head is None else {"thread_ts": head}),
            )
        except NotAcceptedError as error:
            if error.retry_after is not None:
                self._pace.hold(address.tenant, error.retry_after)
            raise
        finally:
            self._pace.ended(address, turn)
        timestamp = answer.get("ts")
        if not isinstance(timestamp, str):
            raise DoubtfulError("Slack's answer names no message; it may be there.")
        return timestamp

    async def _post_thread(
        self,
        address: Address,
        key: str,
        head: str,
        parts: Mapping[int, Message],
        posted: dict[int, str],
        until: datetime,
    ) -> bool:
        """Posts parts of a thread until `until`, and adds their timestamps to `posted`; whether none is left
        that a later try could bring.
        """
        waiting = deque(parts.items())
        while waiting:
            number, message = waiting[0]
            left = until - self._one_request - self._clock.now()
            if left < timedelta(0):
                return False
            try:
                posted[number] = await self._post(address, key, message, left, part=number, head=head)
            except NotAcceptedError as error:
                if error.retry_after is None or error.retry_after > left:
                    return False
                continue
            except DoubtfulError as error:
                if self._recheck:
                    return False
                _log.warning("Part of a thread may be missing.", key=key, part=number, error=str(error))
            except RefusedError as error:
                _log.warning("The rest of a thread is left out.", key=key, part=number, error=str(error))
                return True
            waiting.popleft()
        return True

    # --- reading back ----------------------------------------------------------------------------

    def _place(self, parcel: Parcel) -> _Place:
        """Where reading goes on: from the start once another request went out."""
        now = self._clock.now()
        self._places = {
            one: place for one, place in self._places.items() if place.asked_at > now - ASKING_ENDS
        }
        place = self._places.get(parcel.delivery_id)
        if place is None or place.attempt != parcel.attempt:
            place = self._places[parcel.delivery_id] = _Place(parcel.attempt, now)
        place.asked_at = now
        return place

    async def _look_up(self, parcel: Parcel, place: _Place) -> str | None:
        until = self._clock.now() + self._timeout
        address, parts = _address(parcel), _parts(parcel)
        place.head = place.head or await self._find_head(address, parcel, place, until)
        if place.head is None:
            return None
        thread: dict[int, str] = {}
        if len(parts) > 1:
            await self._read_thread(address, parcel.key, place, until)
            thread, place.parts = place.parts, {}  # whoever comes again reads the thread as it is then
        missing = {number: part for number, part in enumerate(parts[1:], 1) if number not in thread}
        if not await self._post_thread(address, parcel.key, place.head, missing, thread, until):
            raise NotAcceptedError("The message is there; its thread is not complete yet.", LANDING)
        return _receipt(address, place.head, thread)

    async def _find_head(
        self, address: Address, parcel: Parcel, place: _Place, until: datetime
    ) -> str | None:
        since = parcel.created_at - _CLOCKS_APART
        asked = {"oldest": f"{since.timestamp():.6f}"}
        async for message in self._listed(AsyncWebClient.conversations_history, address, place, until, asked):
            payload = _payload(message)
            if payload.get("key") == parcel.key and "part" not in payload:
                place.cursor = ""
                return str(message["ts"])
        return None

    async def _read_thread(self, address: Address, key: str, place: _Place, until: datetime) -> None:
        """Notes the parts that are there."""
        asked = {"ts": place.head}
        async for message in self._listed(AsyncWebClient.conversations_replies, address, place, until, asked):
            payload = _payload(message)
            if payload.get("key") == key and "part" in payload:
                place.parts[payload["part"]] = str(message["ts"])

    async def _listed(
        self, method: _Method, address: Address, place: _Place, until: datetime, asked: dict[str, Any]
    ) -> AsyncIterator[dict[str, Any]]:
        """The messages that a method lists from that place on, page after page, as far as that can be done by
        `until`; the place moves on with every page that was looked at.
        """
        while True:
            if self._clock.now() > until - self._one_request:
                raise NotAcceptedError("The channel has too many messages to be read in time.", LANDING)
            more = {"cursor": place.cursor} if place.cursor else {}
            answer = await self._call(
                method,
                address.tenant,
                channel=address.channel,
                limit=_PAGE,
                include_all_metadata=True,
                **asked,
                **more,
            )
            found = answer.get("messages")
            if not isinstance(found, list):
                raise DoubtfulError("Slack's answer lists no messages.")
            for message in found:
                if isinstance(message, dict):
                    yield message
            place.cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not place.cursor:
                return

    # --- calling ---------------------------------------------------------------------------------

    async def _call(self, method: _Method, tenant: str, **arguments: Any) -> dict[str, Any]:
        """What the method answers. Raises `DeliveryError`."""
        token = await self._tokens.token(tenant)
        outcome = await self._ask(method, token, arguments)
        if isinstance(outcome, DeliveryError):
            raise outcome
        return outcome

    async def _ask(
        self, method: _Method, token: str, arguments: dict[str, Any]
    ) -> dict[str, Any] | DeliveryError:
        """The answer, or how it failed: returned, to be raised outside of the `except` clause, since the
        libraries' own errors show more of a request than a log should have.
        """
        try:
            answer = await method(self._connected(), token=token, **arguments)
        except SlackApiError as error:
            return failure_told(error)
        except aiohttp.ClientConnectorDNSError:
            return NotAcceptedError("The host of Slack's API is not known. Check the network.")
        except aiohttp.ClientConnectorError as error:
            reason = os.strerror(error.errno) if error.errno else "the connection failed"
            return NotAcceptedError(f"Slack cannot be reached ({reason}). Check the network.")
        except aiohttp.ConnectionTimeoutError:
            return NotAcceptedError("Slack took no connection in time. Check the network.")
        except TimeoutError:
            seconds = self._one_request.total_seconds()
            return DoubtfulError(f"Slack gave no answer within {seconds:g} s; it may have the message.")
        except aiohttp.ClientError:
            return DoubtfulError("The connection to Slack broke off; it may have the message.")
        except (ValueError, AttributeError):  # what slack_sdk does not expect: no JSON, or no object
            return DoubtfulError("Slack's answer cannot be read; it may have the message.")
        return dict(answer.data) if isinstance(answer.data, dict) else failure_of(None, 200, None)

    def _connected(self) -> AsyncWebClient:
        if self._client is None:
            self._client = AsyncWebClient(
                base_url=self._api_url,
                session=self._session_factory(self._one_request),
                retry_handlers=[],  # its own would send a cut request again
            )
        return self._client


def _address(parcel: Parcel) -> Address:
    """Where the message goes. Raises `RefusedError`."""
    try:
        return read_address(parcel.address)
    except InputError as error:
        raise RefusedError(str(error)) from error


def _parts(parcel: Parcel) -> tuple[Message, ...]:
    """The message's parts, the head first. Raises `RefusedError`."""
    try:
        return messages(from_json(parcel.doc), parcel.layout)
    except ValueError as error:
        raise RefusedError(f"The stored message cannot be read: {error}") from error


def _receipt(address: Address, head: str, thread: Mapping[int, str]) -> str:
    """The channel and the timestamps of all messages, the head's first."""
    return f"{address.channel}/{' '.join([head, *(thread[number] for number in sorted(thread))])}"


def _payload(message: dict[str, Any]) -> dict[str, Any]:
    """What we wrote beside a message; empty where it is not ours."""
    match message.get("metadata"):
        case {"event_type": str(kind), "event_payload": dict(payload)} if kind == EVENT_TYPE:
            return payload
        case _:
            return {}
