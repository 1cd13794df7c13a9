"""Deliveries as a state machine: the real outbox and the real policy, with everything that can go wrong.

Workers crash between any two steps, requests and replies are lost, a zombie goes on after its lease has
passed to another. Whatever happens, a receiver has every message at most once, whether it drops repeats
(for long, or for a short time after which it may be asked or not), can be asked, or neither; and when all
calms down each delivery has ended truthfully.
"""

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.delivery.policy import (
    LANDING,
    Ask,
    Doubt,
    Reject,
    Send,
    Wait,
    after_failure,
    before_try,
    lease_for,
)
from bot.errors import DeliveryError, DoubtfulError, NotAcceptedError, RefusedError, StaleLeaseError
from bot.model import Delivery, DeliveryState, Route
from bot.ports import Abilities, Ability, Store
from storage.sqlite.store import open_sqlite
from tests.contract.rows import DAY, NOW, SECOND, add_destination, add_papers, queue

TIMEOUT = timedelta(seconds=20)
ENDINGS = ("arrives", "lost reply", "lost request", "not accepted", "refused")
ABILITIES = (
    Abilities(Ability.KEY, timedelta(hours=24)),
    Abilities(Ability.KEY, timedelta(minutes=2)),
    Abilities(Ability.KEY, timedelta(minutes=2), reads_back=True),
    Abilities(Ability.READ_BACK),
    Abilities(Ability.NONE),
)


@dataclass
class Holding:
    """A delivery in a worker's hands, and what the worker is about to do with it."""

    delivery: Delivery
    sending: bool = False  # the request is about to go out
    over: datetime | None = None  # when it has landed, if it ever does
    landing: bool = False  # its time is over, and its worker does not know yet
    landed: bool = False


class Deliveries(RuleBasedStateMachine):
    """One outbox, any number of workers, one receiver."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.now = NOW
        self.chance = random.Random(0)
        self.arrived: Counter[str] = Counter()
        self.known: dict[str, datetime] = {}  # to a receiver of keys, since when
        self.held: list[Holding] = []
        self.keys: list[str] = []

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    @initialize(can=st.sampled_from(ABILITIES))
    def open(self, can: Abilities) -> None:
        self.can = can
        self.opened: AbstractAsyncContextManager[Store] = open_sqlite(Path(self.folder.name) / "p.db")
        self.store: Store = self.run(self.opened.__aenter__())
        self.papers: list[int] = self.run(add_papers(self.store, 4))
        for _ in range(2):
            self.plan()

    def plan(self) -> None:
        name = f"team {len(self.keys)}"

        async def work() -> Delivery:
            place = await add_destination(
                self.store.destinations, name, route=Route(surface="webhook", address="x")
            )
            late = self.now + timedelta(hours=6)
            return await queue(self.store, place, self.papers[:2], deliver_by=late)

        self.keys.append(self.run(work()).key)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.calm_down()
            self.run(self.opened.__aexit__(None, None, None))
        self.runner.close()
        self.folder.cleanup()

    # --- what happens ------------------------------------------------------------------------------

    @precondition(lambda self: len(self.held) < 3)
    @rule(limit=st.integers(1, 3), later=st.sampled_from([0, 11, 60, 300]))
    def time_passes_and_a_worker_claims(self, limit: int, later: int) -> None:
        self.time_passes(later)
        self.claim(limit)

    def claim(self, limit: int) -> None:
        claimed = self.run(self.store.outbox.claim("w", ["webhook"], self.now, lease_for(TIMEOUT), limit))
        for delivery in claimed:
            self.handle(Holding(delivery), before_try(delivery, self.can, TIMEOUT, self.now))

    @precondition(lambda self: any(one.sending for one in self.held))
    @rule(data=st.data(), ending=st.sampled_from(ENDINGS))
    def send(self, data: st.DataObject, ending: str) -> None:
        held = data.draw(st.sampled_from([one for one in self.held if one.sending]))
        key = held.delivery.key
        self.held.remove(held)
        if ending in {"arrives", "lost reply"}:
            self.arrive(key)
        errors: dict[str, Callable[[], DeliveryError]] = {
            "lost reply": lambda: DoubtfulError("Cut."),
            "lost request": lambda: DoubtfulError("Cut."),
            "not accepted": lambda: NotAcceptedError("No route."),
            "refused": lambda: RefusedError("Gone."),
        }
        if ending == "arrives":
            self.write(self.store.outbox.sent(held.delivery.id, held.delivery.fence, self.now, "r"))
        else:
            self.fail(held, errors[ending]())

    @precondition(lambda self: bool(self.held))
    @rule(data=st.data(), lands=st.booleans())
    def crash(self, data: st.DataObject, lands: bool) -> None:
        """The worker dies; a request that was out may land all the same."""
        held = data.draw(st.sampled_from(self.held))
        self.held.remove(held)
        if held.sending and lands:
            self.arrive(held.delivery.key)

    def time_passes(self, seconds: int) -> None:
        """Nobody sends for longer than a request lasts and lands: a zombie's request is over by then."""
        self.now += seconds * SECOND
        for held in self.held:
            if held.sending and held.over is not None and held.over <= self.now:
                held.sending = False
                held.landed = self.chance.random() < 0.5
                held.landing = True
                if held.landed:
                    self.arrive(held.delivery.key, held.over)

    @precondition(lambda self: any(one.landing for one in self.held))
    @rule(data=st.data())
    def zombie(self, data: st.DataObject) -> None:
        """A worker that was held up finds out, and tries to write what it believes."""
        held = data.draw(st.sampled_from([one for one in self.held if one.landing]))
        self.held.remove(held)
        if held.landed:
            self.write(self.store.outbox.sent(held.delivery.id, held.delivery.fence, self.now, "r"))
            return
        self.fail(held, DoubtfulError("Slow."))

    # --- what workers do ---------------------------------------------------------------------------

    def handle(self, held: Holding, intent: object) -> None:
        outbox, delivery = self.store.outbox, held.delivery
        match intent:
            case Send():
                if self.write(outbox.sending(delivery.id, delivery.fence, self.now, lease_for(TIMEOUT))):
                    held.sending, held.over = True, self.now + TIMEOUT + LANDING
                    self.held.append(held)
            case Ask(then_send):
                if self.arrived[delivery.key]:
                    self.write(outbox.sent(delivery.id, delivery.fence, self.now, "found"))
                else:
                    self.handle(held, Send() if then_send else Reject("Too late."))
            case Wait(until, error, doubtful):
                self.write(outbox.retry(delivery.id, delivery.fence, until, error, doubtful=doubtful))
            case Reject(error):
                self.write(outbox.rejected(delivery.id, delivery.fence, self.now, error))
            case Doubt(error):
                self.write(outbox.in_doubt(delivery.id, delivery.fence, self.now, error))

    def fail(self, held: Holding, error: DeliveryError) -> None:
        self.handle(held, after_failure(held.delivery, self.can, error, TIMEOUT, self.now, self.chance))

    def write(self, work: Any) -> bool:
        try:
            self.run(work)
        except StaleLeaseError:
            return False
        return True

    def arrive(self, key: str, at: datetime | None = None) -> None:
        at = at or self.now
        if key in self.known and at < self.known[key] + self.can.key_window:
            return
        self.known[key] = at
        self.arrived[key] += 1

    def calm_down(self) -> None:
        """From now on everything works: every delivery must come to its end."""
        self.held.clear()
        for _ in range(40):
            self.now += timedelta(minutes=11)
            self.claim(limit=3)
            while any(one.sending for one in self.held):
                held = next(one for one in self.held if one.sending)
                self.held.remove(held)
                self.arrive(held.delivery.key)
                self.write(self.store.outbox.sent(held.delivery.id, held.delivery.fence, self.now, "r"))
        self.now += DAY
        self.claim(limit=3)
        self.each_message_is_there_at_most_once()
        for delivery in self.run(self.store.outbox.list(list(DeliveryState), 100)):
            assert delivery.state.final, delivery
            if delivery.state is DeliveryState.SENT:
                assert self.arrived[delivery.key] == 1, delivery
            if delivery.state is DeliveryState.REJECTED:
                assert self.arrived[delivery.key] == 0, delivery

    @invariant()
    def each_message_is_there_at_most_once(self) -> None:
        assert all(count <= 1 for count in self.arrived.values()), self.arrived


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=settings().max_examples * 6 // 10, stateful_step_count=20)
