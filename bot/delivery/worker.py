"""The worker: takes deliveries from the outbox, one lease each, until it is told to stop."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar, assert_never

import structlog

from bot.delivery.notices import Notifier
from bot.delivery.policy import (
    LONGEST_DELAY,
    Ask,
    Doubt,
    Intent,
    Reject,
    Send,
    Wait,
    after_failure,
    before_try,
    lease_for,
)
from bot.errors import DeliveryError, DoubtfulError, NotAcceptedError, StaleLeaseError, StorageError
from bot.model import Delivery
from bot.ports import Clock, Deliverer, OutboxStore, Parcel

T = TypeVar("T")

_log = structlog.get_logger(__name__)

# How long an idle worker waits before it looks again: another process may have written a delivery.
POLL: Final = timedelta(seconds=5)
# Messages of one surface that are on their way at once: 50 a second that take 600 ms each.
PARALLEL: Final = 32


class Worker:
    """Delivers what the outbox holds for the surfaces it has deliverers for.

    Any number of workers, in any number of processes, may share one outbox. `wake()` makes an idle one look
    at once; `stop()` lets what is being sent end, gives back what is not, and then `run()` returns.
    """

    def __init__(
        self,
        outbox: OutboxStore,
        deliverers: Mapping[str, Deliverer],
        clock: Clock,
        *,
        name: str,
        random_: random.Random,
        parallel: int = PARALLEL,
        poll: timedelta = POLL,
        notifier: Notifier | None = None,
    ) -> None:
        """`name` must differ from every other worker's. `parallel` messages of each surface are on their way
        at once: a surface that is slow, or has a crowd to serve, keeps no other waiting.

        `notifier` tells the owners of destinations what they should know.
        """
        self._outbox = outbox
        self._deliverers = deliverers
        self._surfaces = tuple(deliverers)
        self._clock = clock
        self._name = name
        self._random = random_
        self._parallel = parallel
        self._poll = poll
        self._notifier = notifier
        self._wake = asyncio.Event()
        self._stopping = False
        self._soon: datetime | None = None  # the first of those that are to be tried again, as far as known
        self._active: Counter[str] = Counter()  # messages under way, by surface
        leases = [lease_for(deliverer.request_timeout) for deliverer in deliverers.values()]
        self._lease = max(leases, default=timedelta(minutes=2))

    def wake(self) -> None:
        """Something may have become due."""
        self._wake.set()

    def stop(self) -> None:
        """Takes nothing new; `run()` returns once what is under way has ended."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Works until `stop()`. A full disk or a locked store is waited out."""
        async with asyncio.TaskGroup() as tasks:
            while not self._stopping:
                self._wake.clear()
                try:
                    taken = await self._take(tasks)
                except StorageError as error:
                    _log.error("The outbox cannot be read or written; trying again.", error=str(error))
                    taken = 0
                if not taken and not self._stopping:
                    await self._idle()

    async def drain(self) -> int:
        """Works until nothing is due any more; returns how many deliveries were taken up."""
        total = 0
        async with asyncio.TaskGroup() as tasks:
            while not self._stopping:
                self._wake.clear()
                taken = await self._take(tasks)
                total += taken
                if not taken:
                    if not self._active.total():
                        break
                    await self._wake.wait()
        return total

    async def _take(self, tasks: asyncio.TaskGroup) -> int:
        """Leases as many due deliveries as any surface that has free hands can take, and starts on each."""
        hands = {surface: self._parallel - self._active[surface] for surface in self._surfaces}
        free = {surface: count for surface, count in hands.items() if count}
        if not free:
            return 0
        now, limit = self._clock.now(), min(free.values())
        claimed = await self._outbox.claim(self._name, tuple(free), now, self._lease, limit)
        for delivery in claimed:
            surface = delivery.route.surface
            self._active[surface] += 1
            tasks.create_task(self._handle(delivery)).add_done_callback(partial(self._done, surface))
        return len(claimed)

    def _done(self, surface: str, _: asyncio.Task[None]) -> None:
        self._active[surface] -= 1
        self._wake.set()

    async def _idle(self) -> None:
        """Waits for `wake()`, for what is to be tried again, or for `poll` of the clock."""
        poll = self._poll
        if self._soon is not None:
            left = max(self._soon - self._clock.now(), timedelta())
            poll = min(poll, left)
            if not left:
                self._soon = None
        waits = {
            asyncio.ensure_future(self._wake.wait()),
            asyncio.ensure_future(self._clock.sleep(poll)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _handle(self, delivery: Delivery) -> None:
        """One delivery, whatever happens to it: nothing that befalls it may touch the others."""
        log = _log.bind(delivery=delivery.id, surface=delivery.route.surface)
        try:
            if self._stopping:
                await self._outbox.release(delivery.id, delivery.fence)
                return
            deliverer = self._deliverers[delivery.route.surface]
            can = deliverer.abilities(_parcel(delivery))
            intent = before_try(delivery, can, deliverer.request_timeout, self._clock.now())
            await self._settle(delivery, deliverer, intent)
        except StaleLeaseError:
            log.warning("Another worker has taken this delivery over; leaving it alone.")
        except StorageError as error:
            # The lease runs out by itself, and then the delivery is taken up as the store knows it.
            log.error("How this delivery went could not be written down.", error=str(error))  # noqa: TRY400 - as above

    async def _settle(self, delivery: Delivery, deliverer: Deliverer, intent: Intent) -> None:
        log = _log.bind(delivery=delivery.id, surface=delivery.route.surface)
        now = self._clock.now()
        match intent:
            case Send():
                await self._send(delivery, deliverer)
            case Ask(then_send):
                await self._ask(delivery, deliverer, then_send=then_send)
            case Wait(until, error, doubtful):
                await self._outbox.retry(delivery.id, delivery.fence, until, error, doubtful=doubtful)
                self._soon = until if self._soon is None else min(self._soon, until)
                log.warning("Not delivered yet; trying again.", error=error, next_try=until.isoformat())
            case Reject(error):
                await self._tell_owner(delivery, intent)
                await self._outbox.rejected(delivery.id, delivery.fence, now, error)
                log.error("Not delivered; its papers count as not told.", error=error)
            case Doubt(error):
                await self._tell_owner(delivery, intent)
                await self._outbox.in_doubt(delivery.id, delivery.fence, now, error)
                log.error(
                    "It is not known whether this message arrived, and it is not sent again by itself. "
                    "Please look, then say so.",
                    error=error,
                    say=f"paperboy outbox resolve {delivery.id} --arrived (or --lost)",
                )
            case _:
                assert_never(intent)

    async def _tell_owner(self, delivery: Delivery, end: Reject | Doubt) -> None:
        """Before the end is written down: whoever dies in between comes here again, and a notice is written
        once. The worker finds it itself when it next looks.
        """
        if self._notifier is not None:
            await self._notifier.ending(delivery, end)

    async def _send(self, delivery: Delivery, deliverer: Deliverer) -> None:
        parcel = _parcel(delivery)
        turn = await _outcome(delivery, deliverer.ready(parcel), _later)
        if isinstance(turn, DeliveryError):
            await self._failed(delivery, deliverer, turn)
            return
        if self._stopping:
            await self._outbox.release(delivery.id, delivery.fence)
            return
        await self._outbox.sending(delivery.id, delivery.fence, self._clock.now(), self._lease)
        receipt = await _outcome(delivery, deliverer.send(parcel), DoubtfulError)
        if isinstance(receipt, DeliveryError):
            await self._failed(delivery, deliverer, receipt)
            return
        await self._outbox.sent(delivery.id, delivery.fence, self._clock.now(), receipt)
        _log.info("Delivered.", delivery=delivery.id, surface=delivery.route.surface)

    async def _ask(self, delivery: Delivery, deliverer: Deliverer, *, then_send: bool) -> None:
        receipt = await _outcome(delivery, deliverer.find(_parcel(delivery)), _later)
        if isinstance(receipt, DeliveryError):
            await self._failed(delivery, deliverer, receipt)
        elif receipt is not None:
            await self._outbox.sent(delivery.id, delivery.fence, self._clock.now(), receipt)
        elif then_send:
            await self._send(delivery, deliverer)
        else:
            await self._settle(delivery, deliverer, Reject("It did not arrive, and is out of date now."))

    async def _failed(self, delivery: Delivery, deliverer: Deliverer, error: DeliveryError) -> None:
        can, timeout = deliverer.abilities(_parcel(delivery)), deliverer.request_timeout
        intent = after_failure(delivery, can, error, timeout, self._clock.now(), self._random)
        await self._settle(delivery, deliverer, intent)


# What a bug in anything but sending is taken for: nothing went out.
_later: Final = partial(NotAcceptedError, retry_after=LONGEST_DELAY)


async def _outcome(
    delivery: Delivery, doing: Awaitable[T], bug: Callable[[str], DeliveryError]
) -> T | DeliveryError:
    """What it comes to, or how it failed. A bug met by one message must not stop the others: it is logged,
    and taken for a failure of the kind `bug`.
    """
    try:
        return await doing
    except DeliveryError as error:
        return error
    except Exception as error:  # noqa: BLE001 - as the docstring says
        _log.exception("A message could not be handled; this is a bug.", delivery=delivery.id)
        return bug(f"A bug in Paperboy stopped the message ({type(error).__name__}).")


def _parcel(delivery: Delivery) -> Parcel:
    return Parcel(
        delivery_id=delivery.id,
        key=delivery.key,
        address=delivery.route.address,
        doc=delivery.doc,
        created_at=delivery.created_at,
        attempt=delivery.attempts + 1,
        layout=delivery.layout,
        posting=delivery.posting,
    )
