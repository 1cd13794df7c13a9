"""How a destination stands: what it is set to, what became of its appointments, and what is next."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.cli.common import local
from bot.cli.output import counted, facts, paragraph, say
from bot.config import Settings
from bot.model import (
    Delivery,
    DeliveryState,
    Destination,
    DestinationState,
    Layout,
    Pool,
    QuietDay,
    QuietReason,
    SlotOutcome,
    SlotRecord,
)
from bot.ports import Store
from bot.view.doc import Span

if TYPE_CHECKING:
    from bot.schedule.growth import Share

_LAST = 10  # appointments that are shown
_POOLS = {
    Pool.TRENDING: "trending papers of the {}",
    Pool.ANNOUNCED: "papers newly announced on arXiv",
    Pool.BOTH: "trending papers of the {}, and those newly announced on arXiv",
}
_QUIET_DAYS = {
    QuietDay.SILENT: "silent on a day without papers",
    QuietDay.NOTE: "a note on a day without papers",
    QuietDay.RISERS: "the week's risers on a day without papers",
}


@dataclass(frozen=True, slots=True)
class Appointment:
    """One slot that has passed, with the message it led to, if any."""

    record: SlotRecord
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything about one destination that people and programs are shown."""

    destination: Destination
    address: str  # as it may be shown
    secret: str | None  # for the receiver of a webhook
    appointments: tuple[Appointment, ...]  # the newest first
    next_at: datetime | None  # None: none while it is paused
    others: tuple[str, ...]  # destinations of the same recipient: no paper is told to two of them
    at: datetime  # when all this held


async def standing(store: Store, destination: Destination, settings: Settings, now: datetime) -> Standing:
    """Gathers how a destination stands. Raises `ConfigError` if the signing key cannot be had."""
    from bot.wiring import receivers_secret, shown_route

    records = await store.destinations.slots(destination.id, _LAST)
    appointments = [
        Appointment(one, await store.outbox.get(one.delivery_id) if one.delivery_id else None)
        for one in records
    ]
    others = [
        one.name
        for one in await store.destinations.list()
        if one.recipient_id == destination.recipient_id and one.id != destination.id
    ]
    return Standing(
        destination,
        shown_route(destination.route),
        receivers_secret(settings, destination.route),
        tuple(appointments),
        next_appointment(destination, records[0] if records else None, now),
        tuple(sorted(others)),
        now,
    )


def next_appointment(destination: Destination, last: SlotRecord | None, now: datetime) -> datetime | None:
    """When the destination is served next (UTC); `None` unless it is active. `last` is its newest slot."""
    from bot.schedule.slots import decide

    if destination.state is not DestinationState.ACTIVE:
        return None
    return decide(
        destination.schedule,
        active_from=destination.active_from,
        last=last.slot.local_date if last is not None else None,
        now=now,
        late_limit=timedelta(0),
    ).next.at


# --- for people --------------------------------------------------------------------------------


def show_card(shown: Standing) -> None:
    """Prints the whole of it."""
    one = shown.destination
    paragraph(Span(one.name, strong=True), Span(f" · {state_words(one, shown.at)}"))
    facts(
        [
            ("goes to", f"{one.route.surface}: {shown.address}" if shown.secret else shown.address),
            ("when", when_words(one)),
            ("papers", _papers(one)),
            ("filter", one.query or "everything"),
            ("looks", _looks(one)),
            ("same as", ", ".join(shown.others)),
            ("secret", shown.secret or ""),
            ("id", one.id),
            ("added", _local(one, one.created_at, shown.at)),
            ("next", next_words(shown)),
        ]
    )
    say()
    if not shown.appointments:
        say("No appointment has passed yet.")
        return
    say("Last appointments:")
    for appointment in shown.appointments:
        day = local(appointment.record.slot.at, one.schedule.zone, shown.at)
        paragraph(Span(happened(appointment, one, shown.at)), first=f"  {day}  ")


def confirm(shown: Standing, verb: str, share: "Share | None", shares: "Sequence[Share]") -> None:
    """Prints what was made or changed, when it is served next, and how much is usually up by then."""
    one = shown.destination
    paragraph(Span(f"{verb} {one.name}: {shown.address}, {when_words(one)}."))
    paragraph(Span(f"Next digest: {next_words(shown)}."))
    if share is not None:
        paragraph(Span(share.sentence))
        through = " · ".join(f"{other.at:%H:%M} {other.percent} %" for other in shares)
        paragraph(Span(f"Through the day: {through}"))
    if shown.secret is not None:
        paragraph(Span(f"Messages are signed with {shown.secret} (docs/webhook.md)."))


def state_words(one: Destination, now: datetime) -> str:
    """`active`, or `paused by Ada since Tue 24 Nov 09:00 (Europe/Berlin)`."""
    if one.state is DestinationState.ACTIVE:
        return one.state.value
    by = f" by {one.state_by}" if one.state_by else ""
    since = f" since {_local(one, one.state_at, now)}" if one.state_at else ""
    return f"{one.state.value}{by}{since}"


def when_words(one: Destination) -> str:
    """`weekdays at 09:00 (Europe/Berlin)`."""
    from bot.schedule.zones import format_days, format_time

    return f"{format_days(one.schedule.days)} at {format_time(one.schedule.at)} ({one.schedule.zone})"


def next_words(shown: Standing) -> str:
    """When it is served next, in its own time zone, or what to do to have it served again."""
    one = shown.destination
    if shown.next_at is not None:
        return _local(one, shown.next_at, shown.at)
    return f"none while paused; `paperboy destination resume {shlex.quote(one.name)}` goes on"


def happened(appointment: Appointment, one: Destination, now: datetime) -> str:
    """What became of one appointment, with the true reason where nothing came of it."""
    record = appointment.record
    reason = record.detail or (record.reason.value.replace("_", " ") if record.reason else "")
    match record.outcome:
        case SlotOutcome.QUIET:
            return f"no digest: {reason}" if reason else "no digest"
        case SlotOutcome.MISSED:
            lost = "not delivered" if record.reason is QuietReason.NOT_DELIVERED else "missed"
            return f"{lost}: {reason}" if reason else lost
        case SlotOutcome.QUEUED:
            late = ", late" if record.late else ""
            if appointment.delivery is None:
                return f"digest written{late}"
            return _delivered(appointment.delivery, record, one, now) + late


def _delivered(delivery: Delivery, record: SlotRecord, one: Destination, now: datetime) -> str:
    from bot.schedule.zones import format_time, zone_info
    from bot.view.doc import PaperCard, from_json

    papers = sum(isinstance(block, PaperCard) for block in from_json(delivery.doc).blocks)
    what = f"digest of {counted(papers, 'paper')}" if papers else "note"
    error = f" ({delivery.last_error})" if delivery.last_error else ""
    match delivery.state:
        case DeliveryState.SENT:
            at = (delivery.finished_at or delivery.not_before).astimezone(zone_info(one.schedule.zone))
            same_day = at.date() == record.slot.local_date
            return f"{what} sent {format_time(at.time()) if same_day else local(at, one.schedule.zone, now)}"
        case DeliveryState.IN_DOUBT:
            return f"{what} in doubt{error}; settle it with `paperboy outbox resolve {delivery.id}`"
        case DeliveryState.REJECTED:
            return f"{what} not delivered{error}"
        case _ if delivery.doubtful:
            return f"{what} may have arrived{error}; that is being found out"
        case _ if delivery.attempts:
            return f"{what} not sent yet after {counted(delivery.attempts, 'try', 'tries')}{error}"
        case _:
            return f"{what} waiting to be sent"


def _local(one: Destination, at: datetime, now: datetime) -> str:
    return f"{local(at, one.schedule.zone, now)} ({one.schedule.zone})"


def _papers(one: Destination) -> str:
    words = f"{_POOLS[one.pool].format(one.window)}, at most {one.maximum}"
    return f"{words}, none with fewer than {counted(one.floor, 'upvote')}" if one.floor else words


def _looks(one: Destination) -> str:
    layout = {Layout.COMPACT: "compact", Layout.CARDS: "cards", Layout.THREAD: "a thread"}[one.layout]
    return f"{layout}; {_QUIET_DAYS[one.quiet_day]}"


# --- for programs ------------------------------------------------------------------------------


def settings_json(one: Destination, address: str, next_at: datetime | None) -> dict[str, Any]:
    """What `destination list` prints of each; a stable form."""
    return {
        "name": one.name,
        "id": one.id,
        "state": one.state.value,
        "state_by": one.state_by,
        "state_at": one.state_at,
        "surface": one.route.surface,
        "address": address,
        "at": f"{one.schedule.at:%H:%M}",
        "days": [day.value for day in sorted(one.schedule.days, key=lambda day: day.number)],
        "zone": one.schedule.zone,
        "filter": one.query,
        "pool": one.pool.value,
        "window": one.window.value,
        "maximum": one.maximum,
        "floor": one.floor,
        "layout": one.layout.value,
        "quiet_day": one.quiet_day.value,
        "created_at": one.created_at,
        "next_at": next_at,
    }


def standing_json(shown: Standing) -> dict[str, Any]:
    """What `destination show` prints; a stable form."""
    return {
        **settings_json(shown.destination, shown.address, shown.next_at),
        "secret": shown.secret,
        "same_as": list(shown.others),
        "slots": [
            {
                "local_date": one.record.slot.local_date,
                "at": one.record.slot.at,
                "outcome": one.record.outcome.value,
                "late": one.record.late,
                "reason": one.record.reason.value if one.record.reason else None,
                "detail": one.record.detail,
                "delivery": one.record.delivery_id,
                "delivery_state": one.delivery.state.value if one.delivery else None,
            }
            for one in shown.appointments
        ],
    }
