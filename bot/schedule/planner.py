"""The planner: at every tick, turns the slots that are due into slot records and deliveries."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.errors import InputError, PaperboyError
from bot.model import (
    Destination,
    Planned,
    PlannedSlot,
    Slot,
    SlotOutcome,
    SlotRecord,
)
from bot.ports import Clock, Ids, Store
from bot.schedule.composing import Composer
from bot.schedule.dealing import Due
from bot.schedule.desk import Desk
from bot.schedule.slots import Decision, decide
from bot.schedule.zones import zone_info
from bot.taste.tasting import Tasting

_log = structlog.get_logger(__name__)

CHUNK: Final = 100  # destinations planned in one transaction, during which other writers wait
_LOOK_AGAIN: Final = timedelta(hours=1)  # at a destination that cannot be served as it is set
_ROUNDS: Final = 5  # a recipient with so many destinations at one slot gets them all planned at once


_Decided = tuple[Destination, SlotRecord | None, Decision]


class Planner:
    """Plans what is due; knows nothing of alarm clocks and platforms.

    Any number of planners may run in any number of processes: the store lets one win each slot.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        *,
        late_limit: timedelta,
        refresh_limit: timedelta,
        refresh: Callable[[], Awaitable[None]],
        queued: Callable[[], None],
        tasting: Tasting | None = None,
    ) -> None:
        """`refresh` brings the sources up to date and is given `refresh_limit` before a slot; `queued` is
        told whenever deliveries were written. Without a `tasting` everybody has the common order.
        """
        self._store = store
        self._clock = clock
        self._composer = Composer(store, ids, late_limit, tasting)
        self._late_limit = late_limit
        self._refresh_limit = refresh_limit
        self._refresh = refresh
        self._queued = queued
        self._refreshing: asyncio.Task[None] | None = None
        self._refreshed_at: datetime | None = None

    async def start(self) -> None:
        """Looks at every destination anew at the first tick: time zone rules may have moved meanwhile."""
        await self._store.destinations.forget_appointments()

    async def tick(self) -> int:
        """Serves every slot that is due now; returns how many deliveries were queued."""
        now = self._clock.now()
        coming = await self._store.destinations.next_appointment()
        if coming is not None and coming - self._refresh_limit <= now:
            self._begin_refresh(now)
        queued = 0
        desk = Desk(self._store)
        while looked_at := await self._store.destinations.due_before(now, CHUNK):
            decided, unreadable = self._decide(looked_at, now)
            await self._record_missed(decided, now)
            due = [
                Due(one, last, decision.due, decision.late, decision.next.at)
                for one, last, decision in decided
                if decision.due
            ]
            if due:
                self._begin_refresh(now)
                await self._wait_for_refresh()
                queued += await self._serve(due, desk)
            looks = [(destination, decision.next.at) for destination, _, decision in decided]
            looks += [(destination, now + _LOOK_AGAIN) for destination in unreadable]
            await self._store.destinations.schedule_next(looks)
        return queued

    async def serve_now(self, destination: Destination) -> str | None:
        """Serves today's slot of a destination at once, whatever its time of day; `None` if a digest of
        today is queued, by this call or before, else a sentence that says why there is none.

        Where there is nothing to post, nothing is recorded: the slot may still come at its own time.
        """
        if not destination.schedule.days:
            return "It speaks as papers appear."
        now = self._clock.now()
        today = now.astimezone(zone_info(destination.schedule.zone)).date()
        slots = await self._store.destinations.slots(destination.id, 1)
        last = slots[0] if slots else None
        if last is None or last.slot.local_date < today:
            coming = decide(
                destination.schedule,
                active_from=destination.active_from,
                last=today,
                now=now,
                late_limit=self._late_limit,
            ).next
            due = Due(destination, last, Slot(today, now), late=False, next_at=coming.at)
            desk = Desk(self._store)
            (plan,) = await self._composer.compose([due], desk, now)
            if plan.delivery is None:
                return plan.record.detail
            (stored,) = await self._store.destinations.plan([plan])
            if stored is Planned.STORED:
                self._queued()
                return None
            if stored is Planned.STALE:
                await self._serve([due], desk)
            slots = await self._store.destinations.slots(destination.id, 1)
        if not slots or slots[0].slot.local_date < today:
            return "It is paused or was removed."
        return None if slots[0].outcome is SlotOutcome.QUEUED else slots[0].detail

    async def aclose(self) -> None:
        """Ends a refresh that is still going on."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)

    def _decide(
        self, looked_at: Sequence[tuple[Destination, SlotRecord | None]], now: datetime
    ) -> tuple[list[_Decided], list[Destination]]:
        """What is due for each, and those whose schedule cannot be read on this machine."""
        decided: list[_Decided] = []
        unreadable: list[Destination] = []
        for destination, record in looked_at:
            try:
                decision = decide(
                    destination.schedule,
                    active_from=destination.active_from,
                    last=record.slot.local_date if record else None,
                    now=now,
                    late_limit=self._late_limit,
                )
            except InputError as error:
                _log.error("A destination cannot be served.", destination=destination.name, error=str(error))
                unreadable.append(destination)
            else:
                decided.append((destination, record, decision))
        return decided, unreadable

    # --- the refresh before a slot -----------------------------------------------------------------

    def _begin_refresh(self, now: datetime) -> None:
        """Starts one unless one is going on, or has just been made for these slots."""
        fresh = (
            self._refreshed_at is not None
            and timedelta(0) <= now - self._refreshed_at < 2 * self._refresh_limit
        )
        if self._refreshing is None and not fresh:
            self._refreshed_at = now
            self._refreshing = asyncio.create_task(self._bounded_refresh())

    async def _bounded_refresh(self) -> None:
        refresh = asyncio.ensure_future(self._refresh())
        limit = asyncio.ensure_future(self._clock.sleep(self._refresh_limit))
        try:
            await asyncio.wait({refresh, limit}, return_when=asyncio.FIRST_COMPLETED)
            if refresh.done():
                refresh.result()
            else:
                _log.warning("The sources did not answer in time; posting from what is stored.")
        except PaperboyError as error:
            _log.warning("The sources could not be read anew; posting from what is stored.", error=str(error))
        finally:
            refresh.cancel()
            limit.cancel()
            await asyncio.gather(refresh, limit, return_exceptions=True)

    async def _wait_for_refresh(self) -> None:
        """The refresh began `refresh_limit` before the slot, so that there is nothing to wait for on time."""
        if self._refreshing is not None:
            try:
                await self._refreshing
            finally:
                self._refreshing = None

    # --- planning ----------------------------------------------------------------------------------

    async def _record_missed(self, decided: Sequence[_Decided], now: datetime) -> None:
        missed = [
            PlannedSlot(
                SlotRecord(
                    destination_id=destination.id,
                    slot=one.slot,
                    outcome=SlotOutcome.MISSED,
                    reason=one.reason,
                    detail=one.detail,
                    recorded_at=now,
                )
            )
            for destination, _, decision in decided
            for one in decision.missed
        ]
        if missed:
            await self._store.destinations.plan(missed)
            _log.warning("Slots were missed; their best papers come with the next digest.", slots=len(missed))

    async def _serve(self, due: Sequence[Due], desk: Desk) -> int:
        """Plans these slots; those that turn out stale are decided again."""
        queued = 0
        for _ in range(_ROUNDS):
            plans = await self._composer.compose(due, desk, self._clock.now())
            results = await self._store.destinations.plan(plans)
            stored = sum(
                result is Planned.STORED and plan.delivery is not None
                for plan, result in zip(plans, results, strict=True)
            )
            if stored:
                queued += stored
                self._queued()
            due = [one for one, result in zip(due, results, strict=True) if result is Planned.STALE]
            if not due:
                break
        return queued
