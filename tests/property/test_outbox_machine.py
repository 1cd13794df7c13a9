"""The real outbox against a model of it, under crashes, lost leases, zombie workers and people's decisions.

A worker that crashes, or whose request is lost, simply does nothing more: time passes, and its lease runs
out. A zombie is any lease that is used after another worker has claimed the delivery.
"""

import asyncio
import tempfile
from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from bot.errors import ConflictError, StaleLeaseError
from bot.model import Delivery, DeliveryState, Destination, DestinationState, Planned
from storage.sqlite.destinations import SqliteDestinations
from storage.sqlite.engine import Engine
from storage.sqlite.outbox import SqliteOutbox
from tests.contract.rows import HOUR, NOW, add_destination, digest, insert_papers

LEASE: Final = timedelta(seconds=60)
DELIVERIES: Final = 3
UNDER_WAY: Final = frozenset({DeliveryState.LEASED, DeliveryState.SENDING})
MOMENTS: Final = st.integers(0, 90).map(lambda seconds: timedelta(seconds=seconds))


class Lease(NamedTuple):
    """What a worker remembers of its claim."""

    delivery_id: str
    fence: int


class OutboxMachine(RuleBasedStateMachine):
    """Each rule does one thing to the store and says, in the model, what must have come of it."""

    leases: Bundle[Lease] = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.engine = Engine(Path(self.folder.name) / "paperboy.db")
        self.outbox = SqliteOutbox(self.engine)
        self.destinations = SqliteDestinations(self.engine)
        self.now: datetime = NOW
        self.homes: dict[str, Destination] = {}
        self.model: dict[str, Delivery] = {}
        self.seen: dict[str, Delivery] = {}  # the rows as they were after the rule before
        self.ever_lost: set[str] = set()  # left in `sending` by a worker, and not resent since
        self.decided: str | None = None  # the delivery a person decided about in this rule

    def run(self, work: Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await work

        return self.runner.run(awaited())

    def teardown(self) -> None:
        self.run(self.engine.close())
        self.runner.close()
        self.folder.cleanup()

    @initialize()
    def deliveries_are_planned(self) -> None:
        self.run(self.engine.open())
        papers = self.run(insert_papers(self.engine, 2))
        for number in range(DELIVERIES):
            home = self.run(add_destination(self.destinations, f"team{number}"))
            planned = digest(home, papers)
            assert self.run(self.destinations.plan([planned])) == [Planned.STORED]
            assert planned.delivery is not None
            delivery = self.run(self.outbox.get(planned.delivery.id))
            self.homes[delivery.id] = home
            self.model[delivery.id] = self.seen[delivery.id] = delivery

    # --- workers -----------------------------------------------------------------------------------

    @rule(target=leases, worker=st.sampled_from(["one", "two"]), limit=st.integers(1, DELIVERIES))
    def claim(self, worker: str, limit: int) -> Any:
        return multiple(*self.claim_due(worker, limit))

    def claim_due(self, worker: str, limit: int) -> list[Lease]:
        due = sorted(
            (each for each in self.model.values() if self.is_due(each)),
            key=lambda each: (each.attempts, each.not_before, each.id),
        )[:limit]

        claimed = self.run(self.outbox.claim(worker, ["webhook"], self.now, LEASE, limit))

        assert [each.id for each in claimed] == [each.id for each in due]
        for each in due:
            lost = each.state is DeliveryState.SENDING
            if lost:
                self.ever_lost.add(each.id)
            self.model[each.id] = replace(
                each,
                state=DeliveryState.LEASED,
                leased_by=worker,
                lease_until=self.now + LEASE,
                fence=each.fence + 1,
                doubtful=each.doubtful or lost,
                doubtful_since=self.since(each) if lost else each.doubtful_since,
            )
        return [Lease(each.id, each.fence) for each in claimed]

    @rule(target=leases)
    def claim_and_begin_to_send(self) -> Any:
        """What a worker does in most cases."""
        fresh = self.claim_due("three", DELIVERIES)
        for lease in fresh:
            self.sending(lease)
        return multiple(*fresh)

    @rule(lease=leases)
    def sending(self, lease: Lease) -> None:
        held = self.holds(lease, DeliveryState.LEASED)
        self.attempt(self.outbox.sending(*lease, self.now, LEASE), held=held)
        if held:
            was = self.model[lease.delivery_id]
            self.model[was.id] = replace(
                was,
                state=DeliveryState.SENDING,
                attempts=was.attempts + 1,
                sending_at=self.now,
                lease_until=self.now + LEASE,
            )

    @rule(lease=leases, end=st.sampled_from([each for each in DeliveryState if each.final]))
    def ends(self, lease: Lease, end: DeliveryState) -> None:
        held = self.holds(lease, *UNDER_WAY)
        since = self.since(self.model[lease.delivery_id])
        match end:
            case DeliveryState.SENT:
                work = self.outbox.sent(*lease, self.now, "receipt")
                changes: dict[str, Any] = {"receipt": "receipt"}
            case DeliveryState.REJECTED:
                work = self.outbox.rejected(*lease, self.now, "refused")
                changes = {"last_error": "refused"}
            case _:
                work = self.outbox.in_doubt(*lease, self.now, "cut")
                changes = {"last_error": "cut", "doubtful": True, "doubtful_since": since}
        self.attempt(work, held=held)
        if held:
            self.leave(lease, state=end, finished_at=self.now, **changes)

    @rule(lease=leases, wait=MOMENTS, doubtful=st.booleans())
    def retry(self, lease: Lease, wait: timedelta, *, doubtful: bool) -> None:
        held = self.holds(lease, *UNDER_WAY)
        later = self.now + wait
        self.attempt(self.outbox.retry(*lease, later, "no answer", doubtful=doubtful), held=held)
        if held:
            was = self.model[lease.delivery_id]
            self.leave(
                lease,
                state=DeliveryState.PENDING,
                not_before=later,
                last_error="no answer",
                doubtful=was.doubtful or doubtful,
                doubtful_since=self.since(was) if doubtful else was.doubtful_since,
            )

    @rule(lease=leases)
    def release(self, lease: Lease) -> None:
        held = self.holds(lease, DeliveryState.LEASED)
        self.attempt(self.outbox.release(*lease), held=held)
        if held:
            self.leave(lease, state=DeliveryState.PENDING)

    @rule(wait=MOMENTS)
    def time_passes(self, wait: timedelta) -> None:
        self.now += wait

    @rule()
    def every_worker_crashes(self) -> None:
        """Their leases have run out when somebody looks again."""
        self.now += LEASE

    # --- people ------------------------------------------------------------------------------------

    @rule(
        number=st.integers(0, DELIVERIES - 1),
        decision=st.sampled_from(["resend", "arrived", "lost", "pause"]),
    )
    def a_person_decides(self, number: int, decision: str) -> None:
        # Mostly where it makes a difference: `False` sorts first.
        was = sorted(self.model.values(), key=lambda each: (not self.concerns(decision, each), each.id))[
            number
        ]
        match decision:
            case "resend":
                self.resend(was)
            case "pause":
                self.pause_and_resume(was)
            case _:
                self.resolve(was, arrived=decision == "arrived")

    def resend(self, was: Delivery) -> None:
        if was.state not in {DeliveryState.REJECTED, DeliveryState.IN_DOUBT}:
            with pytest.raises(ConflictError):
                self.run(self.outbox.resend(was.id, self.now, self.now + HOUR))
            return
        self.run(self.outbox.resend(was.id, self.now, self.now + HOUR))
        self.decided = was.id
        self.ever_lost.discard(was.id)
        self.model[was.id] = replace(
            was,
            state=DeliveryState.PENDING,
            doubtful=False,
            doubtful_since=None,
            not_before=self.now,
            deliver_by=self.now + HOUR,
            finished_at=None,
            resends=was.resends + 1,
        )

    def resolve(self, was: Delivery, *, arrived: bool) -> None:
        answer = self.outbox.resolve(was.id, self.now, arrived=arrived, by="ann")
        if was.state is not DeliveryState.IN_DOUBT:
            with pytest.raises(ConflictError):
                self.run(answer)
            return
        self.decided = was.id
        self.model[was.id] = replace(
            was,
            state=DeliveryState.SENT if arrived else DeliveryState.REJECTED,
            last_error=f"cut ann says that it {'arrived' if arrived else 'did not arrive'}.",
            finished_at=self.now,
        )
        self.run(answer)

    def pause_and_resume(self, was: Delivery) -> None:
        home = self.homes[was.id]
        for state in (DestinationState.PAUSED, DestinationState.ACTIVE):
            self.run(self.destinations.set_state(home.id, state, "bob", self.now))
        if was.state.final:
            return
        if was.state is DeliveryState.SENDING or was.doubtful:
            too_late = min(was.deliver_by, self.now - timedelta(milliseconds=1))
            self.model[was.id] = replace(was, deliver_by=too_late)
        else:
            self.model[was.id] = replace(
                was,
                state=DeliveryState.REJECTED,
                last_error="paused by bob",
                finished_at=self.now,
                leased_by=None,
                lease_until=None,
            )

    # --- what holds after every rule ---------------------------------------------------------------

    @invariant()
    def the_store_is_as_the_model_says(self) -> None:
        if self.model:
            assert self.rows() == self.model

    @invariant()
    def every_row_went_a_permitted_way(self) -> None:
        """The promises themselves, told from the rows alone."""
        for delivery_id, row in self.rows().items() if self.model else ():
            was = self.seen[delivery_id]
            assert row.key == was.key
            assert row.doc == was.doc
            assert row.fence >= was.fence
            assert row.attempts >= was.attempts
            if row.leased_by not in {None, was.leased_by}:
                assert row.fence > was.fence
            if was.state.final and self.decided != delivery_id:
                assert row == was
            if was.doubtful and self.decided != delivery_id:
                assert row.doubtful
                assert was.doubtful_since in {None, row.doubtful_since}
            if delivery_id in self.ever_lost:
                assert row.doubtful
            assert (row.state in UNDER_WAY) == (row.leased_by is not None) == (row.lease_until is not None)
            assert row.state.final == (row.finished_at is not None)
            self.seen[delivery_id] = row
        self.decided = None

    @invariant()
    def papers_count_as_told_unless_the_delivery_was_rejected(self) -> None:
        if self.model:
            recipients = {home.recipient_id: delivery for delivery, home in self.homes.items()}
            for recipient, told in self.run(self.destinations.told(recipients, [1, 2])).items():
                rejected = self.model[recipients[recipient]].state is DeliveryState.REJECTED
                assert told == (frozenset() if rejected else {1, 2})

    # --- the model ---------------------------------------------------------------------------------

    def rows(self) -> dict[str, Delivery]:
        return {each.id: each for each in self.run(self.outbox.list(list(DeliveryState), 99))}

    def concerns(self, decision: str, delivery: Delivery) -> bool:
        match decision:
            case "resend":
                return delivery.state in {DeliveryState.REJECTED, DeliveryState.IN_DOUBT}
            case "pause":
                return not delivery.state.final
            case _:
                return delivery.state is DeliveryState.IN_DOUBT

    def is_due(self, delivery: Delivery) -> bool:
        if delivery.lease_until is not None:
            return delivery.lease_until <= self.now
        return delivery.state is DeliveryState.PENDING and delivery.not_before <= self.now

    def holds(self, lease: Lease, *states: DeliveryState) -> bool:
        """Whether this lease is the delivery's present one, and the delivery in one of these states."""
        delivery = self.model[lease.delivery_id]
        return delivery.fence == lease.fence and delivery.state in states

    def since(self, delivery: Delivery) -> datetime | None:
        """Since when it is in doubt, if it is from now on."""
        return delivery.doubtful_since or delivery.sending_at

    def attempt(self, work: Awaitable[None], *, held: bool) -> None:
        if held:
            self.run(work)
        else:
            with pytest.raises(StaleLeaseError):
                self.run(work)

    def leave(self, lease: Lease, **changes: Any) -> None:
        """The lease ends, with these changes."""
        was = self.model[lease.delivery_id]
        self.model[was.id] = replace(was, leased_by=None, lease_until=None, **changes)


# Opening a new database for every run takes longer than Hypothesis likes to wait for its data.
TestOutboxMachine = OutboxMachine.TestCase
TestOutboxMachine.settings = settings(
    max_examples=settings().max_examples * 4 // 10,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow],
)
