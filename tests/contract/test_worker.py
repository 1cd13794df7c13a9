"""The worker on every store: each delivery ends as its deliverer's ability allows, and none blocks others."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import pytest

from bot.delivery.policy import LANDING
from bot.delivery.worker import Worker
from bot.errors import DoubtfulError, NotAcceptedError, RefusedError
from bot.model import Delivery, DeliveryState, Destination, Route
from bot.ports import Abilities, Ability, Parcel, Store
from tests.clocks import StillClock
from tests.contract.rows import DAY, MINUTE, NOW, add_destination, add_papers, queue

SURFACE: Final = "webhook"
TIMEOUT: Final = timedelta(seconds=20)


class Receiver:
    """A deliverer whose receiver is a list, and which fails as scripted: hand-written, and no mock.

    A script's entry is an error to raise, with whether the message arrives all the same; `None` is success.
    """

    surface = SURFACE
    request_timeout = TIMEOUT

    def __init__(self, ability: Ability, *, window: timedelta = DAY, reads_back: bool = False) -> None:
        """With ability KEY, a key is remembered for `window`."""
        self._can = Abilities(ability, window, reads_back)
        self.not_ready: list[Exception] = []  # to be raised, one a message
        self.unreadable: RefusedError | None = None
        self.script: list[tuple[Exception, bool] | None] = []
        self.arrived: list[str] = []
        self.tries: list[str] = []
        self.asked: list[str] = []
        self.gate: asyncio.Event | None = None  # while set and not open, every send waits
        self.waiting = asyncio.Event()
        self.entrance: asyncio.Event | None = None  # while set and not open, nothing is ready
        self.queueing = asyncio.Event()
        self._more = asyncio.Event()

    async def until(self, count: int) -> None:
        """Returns when so many messages have arrived."""
        while len(self.arrived) < count:
            self._more.clear()
            await self._more.wait()

    def abilities(self, parcel: Parcel) -> Abilities:
        return self._can

    def check_address(self, address: str) -> str:
        return address

    async def ready(self, parcel: Parcel) -> None:
        if self.entrance is not None:
            self.queueing.set()
            await self.entrance.wait()
        if self.not_ready:
            raise self.not_ready.pop(0)

    async def send(self, parcel: Parcel) -> str:
        self.tries.append(parcel.key)
        if self.gate is not None:
            self.waiting.set()
            await self.gate.wait()
        step = self.script.pop(0) if self.script else None
        if step is None or step[1]:
            self._arrive(parcel.key)
        if step is not None:
            raise step[0]
        return f"receipt of {parcel.key}"

    async def find(self, parcel: Parcel) -> str | None:
        self.asked.append(parcel.key)
        if self.unreadable is not None:
            raise self.unreadable
        return f"found {parcel.key}" if parcel.key in self.arrived else None

    async def aclose(self) -> None:
        """Nothing is open."""

    def _arrive(self, key: str) -> None:
        if self._can.ability is not Ability.KEY or key not in self.arrived:
            self.arrived.append(key)
            self._more.set()


def worker_for(
    store: Store, receiver: Receiver, clock: StillClock, name: str = "one", parallel: int = 8
) -> Worker:
    chance = random.Random(1)
    return Worker(store.outbox, {SURFACE: receiver}, clock, name=name, random_=chance, parallel=parallel)


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        worker.stop()
        await task


async def one_delivery(
    store: Store, name: str = "team", surface: str = SURFACE
) -> tuple[Destination, Delivery]:
    (paper, *_) = await add_papers(store, 1, first=sum(map(ord, name)) * 7 + len(name))
    destination = await add_destination(store.destinations, name, route=Route(surface=surface, address="x"))
    return destination, await queue(store, destination, [paper])


async def get(store: Store, delivery: Delivery) -> Delivery:
    found = await store.outbox.get(delivery.id)
    assert found is not None
    return found


async def told(store: Store, destination: Destination) -> frozenset[int]:
    known = await store.destinations.told([destination.recipient_id], range(1, 10_000))
    return known.get(destination.recipient_id, frozenset())


@pytest.mark.parametrize("ability", Ability)
async def test_a_message_that_arrives_is_sent_with_its_receipt(store: Store, ability: Ability) -> None:
    destination, delivery = await one_delivery(store)
    receiver = Receiver(ability)
    assert await worker_for(store, receiver, StillClock(NOW)).drain() == 1
    ended = await get(store, delivery)
    assert (ended.state, ended.receipt) == (DeliveryState.SENT, f"receipt of {delivery.key}")
    assert await told(store, destination)


@pytest.mark.parametrize("ability", Ability)
async def test_a_failure_before_acceptance_is_tried_until_it_works(store: Store, ability: Ability) -> None:
    _, delivery = await one_delivery(store)
    receiver = Receiver(ability)
    receiver.script = [(NotAcceptedError("No route."), False)] * 3
    clock = StillClock(NOW)
    worker = worker_for(store, receiver, clock)
    for _ in range(4):
        await worker.drain()
        clock.set(clock.now() + 2 * MINUTE)
    assert (await get(store, delivery)).state is DeliveryState.SENT
    assert receiver.arrived == [delivery.key]
    assert len(receiver.tries) == 4


async def test_what_is_to_be_tried_again_is_tried_just_then(store: Store) -> None:
    _, delivery = await one_delivery(store)
    receiver, wait = Receiver(Ability.KEY), timedelta(milliseconds=1_300)
    receiver.script = [(NotAcceptedError("Too many requests.", wait), False)]
    clock = StillClock(NOW)
    async with running(worker_for(store, receiver, clock)):
        while not (await get(store, delivery)).last_error:
            pass
        clock.set(NOW + wait)  # sooner than it looks for what other processes have written
        await receiver.until(1)


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_lost_reply_is_sent_again_under_its_key(store: Store, arrives: bool) -> None:
    _, delivery = await one_delivery(store)
    receiver = Receiver(Ability.KEY)
    receiver.script = [(DoubtfulError("Cut."), arrives)]
    clock = StillClock(NOW)
    worker = worker_for(store, receiver, clock)
    await worker.drain()
    assert (await get(store, delivery)).doubtful
    clock.set(NOW + MINUTE)
    await worker.drain()
    assert (await get(store, delivery)).state is DeliveryState.SENT
    assert receiver.arrived == [delivery.key]
    assert receiver.tries == [delivery.key] * 2


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_lost_reply_is_asked_about_first_and_not_too_soon(store: Store, arrives: bool) -> None:
    _, delivery = await one_delivery(store)
    receiver = Receiver(Ability.READ_BACK)
    receiver.script = [(DoubtfulError("Cut."), arrives)]
    clock = StillClock(NOW)
    worker = worker_for(store, receiver, clock)
    await worker.drain()
    clock.set(NOW + TIMEOUT + LANDING - timedelta(milliseconds=1))
    await worker.drain()
    assert receiver.asked == []
    clock.set(NOW + TIMEOUT + LANDING)
    await worker.drain()
    assert receiver.asked == [delivery.key]
    assert receiver.arrived == [delivery.key]
    assert len(receiver.tries) == (1 if arrives else 2)
    assert (await get(store, delivery)).state is DeliveryState.SENT


@pytest.mark.parametrize("arrives", [True, False])
async def test_once_its_key_is_forgotten_a_lost_reply_is_asked_about(store: Store, arrives: bool) -> None:
    _, delivery = await one_delivery(store)
    receiver = Receiver(Ability.KEY, window=2 * MINUTE, reads_back=True)
    receiver.script = [(DoubtfulError("Cut."), arrives)]
    clock = StillClock(NOW)
    worker = worker_for(store, receiver, clock)
    await worker.drain()
    clock.set(NOW + 2 * MINUTE)
    await worker.drain()
    assert receiver.asked == [delivery.key]
    assert receiver.arrived == [delivery.key]
    assert len(receiver.tries) == (1 if arrives else 2)
    assert (await get(store, delivery)).state is DeliveryState.SENT


async def test_a_receiver_that_never_lets_itself_be_asked_leaves_a_doubt(store: Store) -> None:
    destination, delivery = await one_delivery(store)
    receiver = Receiver(Ability.READ_BACK)
    receiver.script = [(DoubtfulError("Cut."), True)]
    receiver.unreadable = RefusedError("The history may not be read.")
    clock = StillClock(NOW)
    worker = worker_for(store, receiver, clock)
    await worker.drain()
    clock.set(NOW + MINUTE)
    await worker.drain()
    ended = await get(store, delivery)
    assert (ended.state, ended.last_error) == (DeliveryState.IN_DOUBT, "The history may not be read.")
    assert receiver.tries == [delivery.key]
    assert await told(store, destination)


@pytest.mark.parametrize("ability", Ability)
async def test_who_waits_for_a_turn_leaves_no_doubt_and_counts_no_try(store: Store, ability: Ability) -> None:
    _, delivery = await one_delivery(store)
    receiver = Receiver(ability)
    receiver.not_ready = [NotAcceptedError("A crowd.", MINUTE)] * 3
    clock = StillClock(NOW)
    worker = worker_for(store, receiver, clock)
    for _ in range(3):
        await worker.drain()
        waiting = await get(store, delivery)
        assert (waiting.state, waiting.doubtful, waiting.attempts) == (DeliveryState.PENDING, False, 0)
        assert waiting.not_before == clock.now() + MINUTE
        clock.set(waiting.not_before)
    assert receiver.tries == []
    await worker.drain()
    assert (await get(store, delivery)).state is DeliveryState.SENT


async def test_what_is_refused_before_it_is_sent_ends_at_once(store: Store) -> None:
    _, delivery = await one_delivery(store)
    receiver = Receiver(Ability.NONE)
    receiver.not_ready = [RefusedError("This is no address.")]
    await worker_for(store, receiver, StillClock(NOW)).drain()
    assert (await get(store, delivery)).state is DeliveryState.REJECTED
    assert receiver.tries == []


async def test_a_worker_that_dies_while_it_waits_for_a_turn_leaves_no_doubt(store: Store) -> None:
    _, delivery = await one_delivery(store)
    dying = Receiver(Ability.NONE)
    dying.entrance = asyncio.Event()
    clock = StillClock(NOW)
    task = asyncio.create_task(worker_for(store, dying, clock, "one").run())
    await dying.queueing.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    clock.set(NOW + 5 * MINUTE)
    await worker_for(store, Receiver(Ability.NONE), clock, "other").drain()
    ended = await get(store, delivery)
    assert (ended.state, ended.doubtful) == (DeliveryState.SENT, False)


async def test_stopping_gives_back_what_waits_for_a_turn(store: Store) -> None:
    _, delivery = await one_delivery(store)
    receiver = Receiver(Ability.NONE)
    receiver.entrance = asyncio.Event()
    worker = worker_for(store, receiver, StillClock(NOW))
    async with running(worker) as task:
        await receiver.queueing.wait()
        worker.stop()
        receiver.entrance.set()
        await task
    assert (await get(store, delivery)).state is DeliveryState.PENDING
    assert receiver.tries == []


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_lost_reply_without_any_ability_is_left_in_doubt(store: Store, arrives: bool) -> None:
    destination, delivery = await one_delivery(store)
    receiver = Receiver(Ability.NONE)
    receiver.script = [(DoubtfulError("Cut."), arrives)]
    clock = StillClock(NOW)
    worker = worker_for(store, receiver, clock)
    for _ in range(3):
        await worker.drain()
        clock.set(clock.now() + DAY)
    assert (await get(store, delivery)).state is DeliveryState.IN_DOUBT
    assert receiver.tries == [delivery.key]
    assert await told(store, destination)


async def test_a_refusal_ends_it_and_its_papers_count_as_not_told(store: Store) -> None:
    destination, delivery = await one_delivery(store)
    receiver = Receiver(Ability.KEY)
    receiver.script = [(RefusedError("The address is gone."), False)]
    await worker_for(store, receiver, StillClock(NOW)).drain()
    ended = await get(store, delivery)
    assert (ended.state, ended.last_error) == (DeliveryState.REJECTED, "The address is gone.")
    assert not await told(store, destination)
    (slot,) = await store.destinations.slots(destination.id, 1)
    assert slot.detail == "The address is gone."


async def test_what_is_out_of_date_is_not_sent(store: Store) -> None:
    destination, delivery = await one_delivery(store)
    receiver = Receiver(Ability.KEY)
    await worker_for(store, receiver, StillClock(delivery.deliver_by + MINUTE)).drain()
    assert (await get(store, delivery)).state is DeliveryState.REJECTED
    assert receiver.tries == []
    assert not await told(store, destination)


async def test_a_poison_message_blocks_no_other(store: Store) -> None:
    deliveries = [(await one_delivery(store, f"team {n}"))[1] for n in range(6)]
    receiver = Receiver(Ability.KEY)
    receiver.script = [(ZeroDivisionError("a bug"), False)]
    await worker_for(store, receiver, StillClock(NOW), parallel=1).drain()
    states = [(await get(store, one)).state for one in deliveries]
    assert states.count(DeliveryState.SENT) == 5
    assert states.count(DeliveryState.PENDING) == 1


async def test_a_message_that_meets_a_bug_before_it_is_sent_blocks_no_other(store: Store) -> None:
    deliveries = [(await one_delivery(store, f"team {n}"))[1] for n in range(3)]
    receiver = Receiver(Ability.NONE)
    receiver.not_ready = [ZeroDivisionError("a bug")]
    await worker_for(store, receiver, StillClock(NOW), parallel=1).drain()
    states = [(await get(store, one)).state for one in deliveries]
    assert sorted(states) == [DeliveryState.PENDING, DeliveryState.SENT, DeliveryState.SENT]
    assert not any([(await get(store, one)).doubtful for one in deliveries])


async def test_one_slow_receiver_holds_up_nobody_else(store: Store) -> None:
    deliveries = [(await one_delivery(store, f"team {n}"))[1] for n in range(6)]
    receiver = Receiver(Ability.KEY)
    receiver.gate = asyncio.Event()
    worker = worker_for(store, receiver, StillClock(NOW), parallel=2)
    async with running(worker):
        await receiver.waiting.wait()
        gate, receiver.gate = receiver.gate, None  # what waits goes on waiting; the others need not
        await receiver.until(len(deliveries) - 1)
        assert not gate.is_set()
        gate.set()
    assert sorted(receiver.arrived) == sorted(one.key for one in deliveries)


async def test_a_surface_whose_hands_are_all_bound_keeps_no_other_waiting(store: Store) -> None:
    slow, quick = Receiver(Ability.KEY), Receiver(Ability.KEY)
    slow.gate = asyncio.Event()
    for number in range(9):
        await one_delivery(store, f"slow {number}")
        await one_delivery(store, f"quick {number}", surface="console")
    worker = Worker(
        store.outbox,
        {SURFACE: slow, "console": quick},
        StillClock(NOW),
        name="one",
        random_=random.Random(1),
        parallel=2,
    )
    async with running(worker):
        await quick.until(9)
        assert len(slow.tries) == 2
        slow.gate.set()
        await slow.until(9)


async def test_stopping_lets_what_is_being_sent_end_and_begins_nothing(store: Store) -> None:
    deliveries = [(await one_delivery(store, f"team {n}"))[1] for n in range(3)]
    receiver = Receiver(Ability.KEY)
    receiver.gate = asyncio.Event()
    worker = worker_for(store, receiver, StillClock(NOW), parallel=1)
    async with running(worker) as task:
        await receiver.waiting.wait()
        worker.stop()
        await asyncio.sleep(0)
        assert not task.done()
        receiver.gate.set()
        await task
    states = [(await get(store, one)).state for one in deliveries]
    assert sorted(states) == [DeliveryState.PENDING, DeliveryState.PENDING, DeliveryState.SENT]


async def test_a_worker_that_dies_while_sending_leaves_a_doubt_that_another_settles(store: Store) -> None:
    _, delivery = await one_delivery(store)
    dying = Receiver(Ability.KEY)
    dying.gate = asyncio.Event()
    clock = StillClock(NOW)
    task = asyncio.create_task(worker_for(store, dying, clock, "one").run())
    await dying.waiting.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    receiver = Receiver(Ability.KEY)
    other = worker_for(store, receiver, clock, "other")
    assert await other.drain() == 0
    clock.set(NOW + 5 * MINUTE)
    await other.drain()
    ended = await get(store, delivery)
    assert (ended.state, ended.doubtful) == (DeliveryState.SENT, True)
    assert receiver.arrived == [delivery.key]


async def test_a_zombie_cannot_write_what_another_worker_has_taken_over(store: Store) -> None:
    _, delivery = await one_delivery(store)
    zombie = Receiver(Ability.KEY)
    zombie.gate = asyncio.Event()
    zombie.script = [(RefusedError("Gone."), False)]
    clock = StillClock(NOW)
    async with running(worker_for(store, zombie, clock, "zombie")):
        await zombie.waiting.wait()
        clock.set(NOW + 5 * MINUTE)
        receiver = Receiver(Ability.KEY)
        await worker_for(store, receiver, clock, "other").drain()
        zombie.gate.set()
    assert (await get(store, delivery)).state is DeliveryState.SENT


async def test_two_workers_share_the_outbox_without_sending_anything_twice(store: Store) -> None:
    deliveries = [(await one_delivery(store, f"team {n}"))[1] for n in range(30)]
    receivers: Sequence[Receiver] = [Receiver(Ability.NONE), Receiver(Ability.NONE)]
    clock = StillClock(NOW)
    workers = [worker_for(store, one, clock, f"worker {n}") for n, one in enumerate(receivers)]
    await asyncio.gather(*(worker.drain() for worker in workers))
    arrived = [key for one in receivers for key in one.arrived]
    assert sorted(arrived) == sorted(one.key for one in deliveries)
