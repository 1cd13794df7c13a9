"""How a destination stands: what it is set to, what became of its appointments, and what is next."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.cli.output import facts, paragraph, say
from bot.config import Settings
from bot.model import Destination
from bot.ports import Store
from bot.view.doc import Span

if TYPE_CHECKING:
    from bot.schedule.growth import Share
    from bot.schedule.standing import Appointment

_LAST = 10  # appointments that are shown
_SETTLE = "; settle it with `paperboy outbox resolve {}`"


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything about one destination that people and programs are shown."""

    destination: Destination
    address: str  # as it may be shown
    secret: str | None  # for the receiver of a webhook
    appointments: "tuple[Appointment, ...]"  # the newest first
    next_at: datetime | None  # None: none while it is paused
    others: tuple[str, ...]  # destinations of the same recipient: no paper is told to two of them
    feed: str  # where it can be followed as a feed, as a sentence; empty: it cannot
    at: datetime  # when all this held


async def standing(store: Store, destination: Destination, settings: Settings, now: datetime) -> Standing:
    """Gathers how a destination stands. Raises `ConfigError` if the signing key cannot be had."""
    from bot.commands.channels import feed_words
    from bot.schedule.standing import appointments, next_appointment
    from bot.wiring.commands import page_address
    from bot.wiring.routes import receivers_secret, shown_route

    passed = await appointments(store, destination, _LAST)
    others = [
        one.name
        for one in await store.destinations.list()
        if one.recipient_id == destination.recipient_id and one.id != destination.id
    ]
    return Standing(
        destination,
        shown_route(destination.route),
        receivers_secret(settings, destination.route),
        passed,
        next_appointment(destination, passed[0].record if passed else None, now),
        tuple(sorted(others)),
        feed_words(destination, page_address(settings)),
        now,
    )


# --- for people --------------------------------------------------------------------------------


def show_card(shown: Standing) -> None:
    """Prints the whole of it."""
    from bot.schedule.standing import (
        happened,
        local,
        local_words,
        looks_words,
        papers_words,
        posted_words,
        state_words,
        when_words,
    )

    one = shown.destination
    paragraph(Span(one.name, strong=True), Span(f" · {state_words(one, shown.at)}"))
    facts(
        [
            ("goes to", f"{one.route.surface}: {shown.address}" if shown.secret else shown.address),
            ("when", when_words(one)),
            ("papers", papers_words(one)),
            ("filter", one.query or "everything"),
            ("looks", looks_words(one)),
            ("posted", posted_words(one)),
            ("feed", shown.feed),
            ("same as", ", ".join(shown.others)),
            ("secret", shown.secret or ""),
            ("id", one.id),
            ("added", local_words(one, one.created_at, shown.at)),
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
        paragraph(Span(happened(appointment, one, shown.at, _SETTLE)), first=f"  {day}  ")


def confirm(shown: Standing, verb: str, share: "Share | None", shares: "Sequence[Share]") -> None:
    """Prints what was made or changed, when it is served next, and how much is usually up by then."""
    from bot.schedule.standing import when_words

    one = shown.destination
    paragraph(Span(f"{verb} {one.name}: {shown.address}, {when_words(one)}."))
    paragraph(Span(f"Next digest: {next_words(shown)}."))
    if share is not None:
        paragraph(Span(share.sentence))
        through = " · ".join(f"{other.at:%H:%M} {other.percent} %" for other in shares)
        paragraph(Span(f"Through the day: {through}"))
    if shown.feed:
        paragraph(Span(shown.feed))
    if shown.secret is not None:
        paragraph(Span(f"Messages are signed with {shown.secret} (docs/webhook.md)."))


def next_words(shown: Standing) -> str:
    """When it is served next, in its own time zone, or what to do to have it served again."""
    from bot.schedule.standing import local_words

    one = shown.destination
    if shown.next_at is not None:
        return local_words(one, shown.next_at, shown.at)
    return f"none while paused; `paperboy destination resume {shlex.quote(one.name)}` goes on"


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
        "posting": asdict(one.posting),
        "group": one.group,
        "feed": one.feed,
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
