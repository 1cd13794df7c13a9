"""Pausing and going on again, so that whoever asks later still learns why there was no digest."""

from datetime import datetime, timedelta
from typing import Final

from bot.model import (
    Destination,
    DestinationState,
    PlannedSlot,
    QuietReason,
    SlotOutcome,
    SlotRecord,
)
from bot.ports import Store
from bot.schedule.slots import decide

_NEVER_LATE: Final = timedelta(0)  # what passed during a pause is never made up for


async def pause(store: Store, destination: Destination, by: str, now: datetime) -> None:
    """Stops the destination; what was written for it but not sent yet is withdrawn."""
    await store.destinations.set_state(destination.id, DestinationState.PAUSED, by, now)


async def resume(store: Store, destination: Destination, by: str, now: datetime) -> None:
    """Goes on from the next appointment; the slots that passed are recorded as paused, and by whom."""
    if not destination.schedule.days:
        await store.destinations.set_state(destination.id, DestinationState.ACTIVE, by, now)
        return
    slots = await store.destinations.slots(destination.id, 1)
    passed = decide(
        destination.schedule,
        active_from=max(destination.active_from, destination.state_at or now),
        last=slots[0].slot.local_date if slots else None,
        now=now,
        late_limit=_NEVER_LATE,
    )
    await store.destinations.set_state(destination.id, DestinationState.ACTIVE, by, now)
    since = f"{destination.state_at:%Y-%m-%d %H:%M} UTC" if destination.state_at else "a while before"
    records = [
        SlotRecord(
            destination_id=destination.id,
            slot=slot,
            outcome=SlotOutcome.QUIET,
            reason=QuietReason.PAUSED,
            detail=f"Paused by {destination.state_who or 'somebody'} since {since}.",
            recorded_at=now,
        )
        for slot in (*(one.slot for one in passed.missed), *([passed.due] if passed.due else []))
    ]
    await store.destinations.plan([PlannedSlot(record) for record in records])
