"""Discord: one message a delivery, with what it goes on in, below or in a thread.

Discord takes a message with the same nonce once, for the few minutes in which it remembers nonces. Each
message carries its delivery's mark as its nonce, and for later on in a component, where it is found again in
the history. A forum's posts know no nonce: they are looked for only.

Once its first message is there, a delivery counts as delivered: what is missing of the rest is added, and
nothing repeated. Publishing to those who follow an announcement channel is part of the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import discord
import structlog
from discord import AllowedMentions, MessageFlags
from discord.http import handle_message_parameters
from discord.utils import MISSING

from adapters.discord import custom_ids
from adapters.discord.address import Address, read_address
from adapters.discord.answers import PUBLISHED, THREAD_THERE, UNKNOWN_MESSAGE, WRONG_KIND_OF_CHANNEL
from adapters.discord.calls import Calls
from adapters.discord.history import History, Posted, posted
from adapters.discord.pace import PATIENCE, Pace
from adapters.discord.render import Message, messages
from bot.delivery.policy import LANDING
from bot.errors import DeliveryError, DoubtfulError, InputError, NotAcceptedError, RefusedError
from bot.model import Posting
from bot.ports import Abilities, Ability, Clock, Parcel
from bot.view.doc import from_json

SURFACE: Final = "discord"
TIMEOUT: Final = timedelta(seconds=60)
KEY_WINDOW: Final = timedelta(minutes=2)  # of "the past few minutes" for which Discord remembers a nonce

_UNFINISHED: Final = "The message is there; some of what belongs to it may not be."

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Job:
    """A delivery as it is posted."""

    address: Address
    parts: tuple[Message, ...]
    marks: tuple[str, ...]
    posting: Posting
    delivery_id: str

    @property
    def threaded(self) -> bool:
        """Whether papers go to a thread below the first message; direct messages have none."""
        return not self.posting.forum and not self.address.direct and any(part.alone for part in self.parts)


class DiscordDeliverer:
    """Posts to channels, threads, forums and direct messages. Implements `bot.ports.Deliverer`.

    It needs no gateway, and has connections of its own: nothing that people wait for stands behind it.
    """

    surface: Final = SURFACE

    def __init__(
        self,
        token: str,
        clock: Clock,
        *,
        api_url: str,
        timeout: timedelta = TIMEOUT,
        pace: Pace | None = None,
    ) -> None:
        """`timeout` is for a message with its turn and all that belongs to it; one request takes a third.

        A `pace` that is given knows what else the bot asks of Discord.
        """
        self._clock = clock
        self._timeout = timeout
        self._one_request = timeout / 3
        self._patience = min(PATIENCE, self._one_request)
        self._pace = pace or Pace(clock)
        self._calls = Calls(token, self._pace, api_url=api_url, timeout=self._one_request)

    @property
    def request_timeout(self) -> timedelta:
        return self._timeout

    def abilities(self, parcel: Parcel) -> Abilities:
        if parcel.posting.forum:
            return Abilities(Ability.READ_BACK)
        return Abilities(Ability.KEY, key_window=KEY_WINDOW, reads_back=True)

    def check_address(self, address: str) -> str:
        return str(read_address(address))

    async def ready(self, parcel: Parcel) -> None:
        await self._pace.turn(self._patience)

    async def send(self, parcel: Parcel) -> str:
        until = self._clock.now() + self._timeout - self._patience
        job = _read(parcel)
        there: dict[int, Posted] = {}
        if not await self._complete(job, there, until):
            raise DoubtfulError(_UNFINISHED)  # so that the rest is posted, under the same marks
        return _receipt(there)

    async def find(self, parcel: Parcel) -> str | None:
        """Looks the message up, and posts what is missing of what belongs to it."""
        until = self._clock.now() + self._timeout
        job = _read(parcel)
        try:
            there = await self._look(job, parcel.created_at, until - self._one_request)
            if not there:
                return None
            whole = await self._complete(job, there, until)
        except DoubtfulError as error:  # nothing is in doubt about a question: it is asked again
            raise NotAcceptedError(str(error), LANDING) from None
        if not whole:
            raise NotAcceptedError(_UNFINISHED, LANDING)
        return _receipt(there)

    async def aclose(self) -> None:
        await self._calls.aclose()

    # --- posting ---------------------------------------------------------------------------------

    async def _complete(self, job: _Job, there: dict[int, Posted], until: datetime) -> bool:
        """Posts what is not there yet, and notes it there; whether nothing is left that a later try could
        bring. Raises `DeliveryError` where the very first message fails.
        """
        waiting = [number for number in range(len(job.parts)) if number not in there]
        refused = False  # for a moment, and not written down as a failure
        while waiting:
            number, first = waiting[0], not there
            left = until - self._one_request - self._clock.now()
            if not first and left < timedelta(0):
                return False
            try:
                if refused or not first:
                    await self._pace.turn(left)
                there[number] = await self._post(job, number, there)
            except DeliveryError as error:
                wait = error.retry_after if isinstance(error, NotAcceptedError) else None
                if wait is not None and wait <= (min(left, self._patience) if first else left):
                    refused = True
                    await self._clock.sleep(wait)
                    continue
                if first:
                    raise
                if not isinstance(error, RefusedError):
                    return False
                _log.warning("The rest is left out.", delivery=job.delivery_id, error=str(error))
                break
            waiting.pop(0)
        if job.posting.publish and not job.posting.forum:
            await self._publish(job, there)
        return True

    async def _post(self, job: _Job, number: int, there: Mapping[int, Posted]) -> Posted:
        """Posts one part where it belongs."""
        message = job.parts[number]
        if job.posting.forum and (message.alone or not there):
            return await self._open_post(job, number)
        channel = job.address.channel
        if job.posting.forum:
            channel = there[min(there)].channel
        elif job.threaded and message.alone:
            channel = await self._thread(job, there)
        body = _body(message, "" if number else job.posting.mention, job.marks[number])
        answer = await self._calls.call(
            "POST", "/channels/{channel_id}/messages", json=body, needs="Send Messages", channel_id=channel
        )
        return _posted(answer)

    async def _open_post(self, job: _Job, number: int) -> Posted:
        """Opens a forum's post with the message in it."""
        message = job.parts[number]
        tags = {"applied_tags": [job.posting.tag]} if job.posting.tag else {}
        body = _body(message, "" if number else job.posting.mention, None, name=message.name, **tags)
        answer = await self._calls.call(
            "POST",
            "/channels/{channel_id}/threads",
            json=body,
            needs="Create Posts",
            channel_id=job.address.channel,
        )
        return _posted(answer.get("message") if isinstance(answer, dict) else None)

    async def _thread(self, job: _Job, there: Mapping[int, Posted]) -> str:
        """The thread below the first message, which has the message's id; opened if it is not there.

        A place that has no threads, such as a thread, takes its papers itself.
        """
        papers = [one.channel for number, one in there.items() if job.parts[number].alone]
        if papers:
            return papers[0]
        head = there[min(there)]
        answer = await self._calls.call(
            "POST",
            "/channels/{channel_id}/messages/{message_id}/threads",
            json={"name": job.parts[0].name},
            needs="Create Public Threads",
            known=(THREAD_THERE, WRONG_KIND_OF_CHANNEL),
            channel_id=head.channel,
            message_id=head.message,
        )
        return head.channel if answer == WRONG_KIND_OF_CHANNEL else head.message

    async def _publish(self, job: _Job, there: dict[int, Posted]) -> None:
        """Publishes what stands in an announcement channel, each message once; tried twice, and given up:
        nobody wants the message again for that.
        """
        for number, one in there.items():
            if one.published or one.channel != job.address.channel:
                continue
            try:
                try:
                    await self._crosspost(one)
                except DoubtfulError:
                    await self._crosspost(one)  # what was published already is no failure
            except DeliveryError as error:
                _log.warning("A message is not published.", delivery=job.delivery_id, error=str(error))
            else:
                there[number] = one._replace(published=True)

    async def _crosspost(self, one: Posted) -> None:
        await self._calls.call(
            "POST",
            "/channels/{channel_id}/messages/{message_id}/crosspost",
            needs="Send Messages",
            known=(PUBLISHED, UNKNOWN_MESSAGE),
            channel_id=one.channel,
            message_id=one.message,
        )

    # --- reading back ----------------------------------------------------------------------------

    async def _look(self, job: _Job, since: datetime, until: datetime) -> dict[int, Posted]:
        """Which parts are there."""
        history = History(self._calls, self._clock, until, job.marks)
        try:
            if job.posting.forum:
                return await history.in_forum(job.address, since)
            there = await history.in_channel(job.address, since)
            if job.threaded and 0 in there:
                there |= await history.in_thread(there[0].message)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise DoubtfulError("Discord's answer is none that it describes.") from None
        return there


def _read(parcel: Parcel) -> _Job:
    """Raises `RefusedError`."""
    try:
        address = read_address(parcel.address)
        doc = from_json(parcel.doc)
        parts = messages(
            doc,
            parcel.layout,
            key=parcel.key,
            mention=parcel.posting.mention,
            listed=not parcel.posting.forum,  # which is a list itself
        )
    except InputError as error:
        raise RefusedError(str(error)) from error
    except ValueError as error:
        raise RefusedError(f"The stored message cannot be read: {error}") from error
    marks = tuple(custom_ids.mark(parcel.key, number) for number in range(len(parts)))
    return _Job(address, parts, marks, parcel.posting, parcel.delivery_id)


def _body(message: Message, mention: str, nonce: str | None, **post: Any) -> dict[str, Any]:
    """The message as Discord takes it; with `post`, within a new post of a forum."""
    mentions = AllowedMentions.none()
    if mention:
        mentions.roles = [discord.Object(int(mention))]
    made = handle_message_parameters(
        nonce=nonce,
        allowed_mentions=mentions,
        flags=MISSING if message.embeds else MessageFlags(suppress_embeds=True),
        channel_payload=post or MISSING,
        **{name: value for name, value in message.arguments().items() if name != "suppress_embeds"},
    )
    assert made.payload is not None  # noqa: S101 - only files come otherwise
    return made.payload


def _posted(answer: Any) -> Posted:
    """The message that an answer names. Raises `DoubtfulError` if it names none."""
    try:
        return posted(answer)
    except (LookupError, TypeError, AttributeError):
        raise DoubtfulError("Discord's answer names no message; it may be there.") from None


def _receipt(there: Mapping[int, Posted]) -> str:
    """`CHANNEL/MESSAGE` of each message that has to be deleted on its own, the first one first, with blanks
    between: what stands in a thread goes with the thread, which has the first message's id.
    """
    head = there[min(there)]
    own = (one for _, one in sorted(there.items()) if one == head or _on_its_own(one, head))
    return " ".join(f"{one.channel}/{one.message}" for one in own)


def _on_its_own(one: Posted, head: Posted) -> bool:
    if one.channel == one.message:  # another post of a forum
        return True
    return one.channel == head.channel and head.channel != head.message
