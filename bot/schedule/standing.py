"""How a destination stands, in words: what it is set to, what came of its appointments, what is next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.editions.digest import short_date
from bot.model import (
    Delivery,
    DeliveryState,
    Destination,
    DestinationState,
    Layout,
    Pool,
    QuietDay,
    QuietReason,
    Schedule,
    SlotOutcome,
    SlotRecord,
    Summaries,
)
from bot.ports import Store
from bot.schedule.slots import decide
from bot.schedule.zones import format_days, format_time, zone_info
from bot.view.doc import PaperCard, from_json

_POOLS: Final = {
    Pool.TRENDING: "trending papers of the {}",
    Pool.ANNOUNCED: "papers newly announced on arXiv",
    Pool.BOTH: "trending papers of the {}, and those newly announced on arXiv",
    Pool.SUBSCRIPTIONS: "new papers that its subscriptions match",
}
_LAYOUTS: Final = {
    Layout.COMPACT: "compact",
    Layout.CARDS: "cards",
    Layout.THREAD: "a thread",
    Layout.EMBEDS: "embeds",
}
_QUIET_DAYS: Final = {
    QuietDay.SILENT: "silent on a day without papers",
    QuietDay.NOTE: "a note on a day without papers",
    QuietDay.RISERS: "the week's risers on a day without papers",
}
_NEVER_LATE: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Appointment:
    """One slot that has passed, with the message it led to, if any."""

    record: SlotRecord
    delivery: Delivery | None


async def appointments(store: Store, destination: Destination, limit: int) -> tuple[Appointment, ...]:
    """The last appointments, the newest first."""
    return tuple(
        [
            Appointment(one, await store.outbox.get(one.delivery_id) if one.delivery_id else None)
            for one in await store.destinations.slots(destination.id, limit)
        ]
    )


def next_appointment(destination: Destination, last: SlotRecord | None, now: datetime) -> datetime | None:
    """When the destination is served next (UTC); `None` unless it is active and has days. `last` is its
    newest slot.
    """
    if destination.state is not DestinationState.ACTIVE or not destination.schedule.days:
        return None
    return decide(
        destination.schedule,
        active_from=destination.active_from,
        last=last.slot.local_date if last is not None else None,
        now=now,
        late_limit=_NEVER_LATE,
    ).next.at


def state_words(one: Destination, now: datetime) -> str:
    """`active`, or `paused by Ada since Tue 24 Nov 09:00 (Europe/Berlin)`; not why."""
    if one.state is DestinationState.ACTIVE:
        return one.state.value
    by = f" by {one.state_who}" if one.state_who else ""
    since = f" since {local_words(one, one.state_at, now)}" if one.state_at else ""
    return f"{one.state.value}{by}{since}"


def when_words(one: Destination) -> str:
    """`weekdays at 09:00 (Europe/Berlin)`, or `as papers appear`."""
    return schedule_words(one.schedule)


def schedule_words(schedule: Schedule) -> str:
    """The same of a schedule."""
    if not schedule.days:
        return "as papers appear"
    return f"{format_days(schedule.days)} at {format_time(schedule.at)} ({schedule.zone})"


def papers_words(one: Destination) -> str:
    """`trending papers of the day, at most 5`."""
    words = f"{_POOLS[one.pool].format(one.window)}, at most {one.maximum}"
    return f"{words}, none with fewer than {_counted(one.floor, 'upvote')}" if one.floor else words


def looks_words(one: Destination) -> str:
    """`compact; silent on a day without papers`."""
    abstracts = "; abstracts only" if one.summaries is Summaries.ABSTRACT else ""
    return f"{_LAYOUTS[one.layout]}; {_QUIET_DAYS[one.quiet_day]}{abstracts}"


def posted_words(one: Destination) -> str:
    """`mentions role 812; published to who follows`; nothing where it is posted as usual."""
    posting = one.posting
    words = (
        f"mentions role {posting.mention}" if posting.mention else "",
        "published to who follows" if posting.publish else "",
        "a post in the forum" if posting.forum else "",
        f"tag {posting.tag}" if posting.tag else "",
    )
    return "; ".join(filter(None, words))


def local_words(one: Destination, at: datetime, now: datetime) -> str:
    """An instant as the destination's clocks show it, with its zone."""
    return f"{local(at, one.schedule.zone, now)} ({one.schedule.zone})"


def local(at: datetime, zone: str, today: datetime | None = None) -> str:
    """`Tue 24 Nov 09:00`, as the clocks of `zone` show it; with the year unless it is `today`'s."""
    clock = zone_info(zone)
    shown = at.astimezone(clock)
    year = "" if today is not None and today.astimezone(clock).year == shown.year else f" {shown.year}"
    return f"{short_date(shown.date())}{year} {shown:%H:%M}"


def happened(appointment: Appointment, one: Destination, now: datetime, settle: str = "") -> str:
    """What became of one appointment, with the true reason where nothing came of it.

    `settle` says how a doubtful message is settled; "{}" in it is replaced by its id.
    """
    record = appointment.record
    reason = record.detail or (record.reason.value.replace("_", " ") if record.reason else "")
    match record.outcome:
        case SlotOutcome.QUIET:
            return f"no digest: {reason}" if reason else "no digest"
        case SlotOutcome.MISSED:
            lost = "not delivered" if record.reason is QuietReason.NOT_DELIVERED else "missed"
            return f"{lost}: {reason}" if reason else lost
        case SlotOutcome.QUEUED:
            more = (", late" if record.late else "") + (f"; {record.detail}" if record.detail else "")
            if appointment.delivery is None:
                return f"digest written{more}"
            return _delivered(appointment.delivery, record, one, now, settle) + more


def _delivered(delivery: Delivery, record: SlotRecord, one: Destination, now: datetime, settle: str) -> str:
    papers = sum(isinstance(block, PaperCard) for block in from_json(delivery.doc).blocks)
    what = f"digest of {_counted(papers, 'paper')}" if papers else "note"
    error = f" ({delivery.last_error})" if delivery.last_error else ""
    match delivery.state:
        case DeliveryState.SENT:
            at = (delivery.finished_at or delivery.not_before).astimezone(zone_info(one.schedule.zone))
            same_day = at.date() == record.slot.local_date
            return f"{what} sent {format_time(at.time()) if same_day else local(at, one.schedule.zone, now)}"
        case DeliveryState.IN_DOUBT:
            return f"{what} in doubt{error}{settle.format(delivery.id)}"
        case DeliveryState.REJECTED:
            return f"{what} not delivered{error}"
        case _ if delivery.doubtful:
            return f"{what} may have arrived{error}; that is being found out"
        case _ if delivery.attempts:
            return f"{what} not sent yet after {_counted(delivery.attempts, 'try', 'tries')}{error}"
        case _:
            return f"{what} waiting to be sent"


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
