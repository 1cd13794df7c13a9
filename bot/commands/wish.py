"""What somebody wants of a subscription: read from options, and written back as they would be typed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from bot.commands.model import Value
from bot.commands.services import DIRECT_MESSAGE, way_name
from bot.commands.subscription_options import HERE
from bot.errors import InputError
from bot.model import Destination, DestinationState, Schedule, Weekday
from bot.people.model import Cadence, Subscription, SubscriptionState
from bot.schedule.standing import local, schedule_words
from bot.schedule.zones import format_days, format_time
from bot.search.query import EVERYTHING, format_query, parse
from bot.subscriptions.spans import snoozed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A subscription before it is made, or after a change."""

    query: str  # in normal form
    cadence: Cadence
    schedule: Schedule  # without days if papers come as they appear, of one day if weekly
    maximum: int
    minimum: int
    routes: tuple[str, ...]  # as they were typed, in their order

    def applied(self, one: Subscription) -> Subscription:
        """The subscription, so changed; where it speaks is not."""
        return replace(
            one,
            query=self.query,
            cadence=self.cadence,
            maximum=self.maximum,
            minimum=self.minimum,
            days=self.schedule.days,
        )


def wish_of(arguments: Mapping[str, Value], zone: str) -> Wish:
    """What the arguments of `subscribe` say; `zone` is whose clocks count unless they name one.

    Raises `InputError`.
    """
    query, at, days = arguments.get("query") or "", arguments["at"], arguments["days"]
    maximum, minimum, routes = arguments["max"], arguments["min"], arguments["route"]
    assert isinstance(query, str)  # noqa: S101 - which kind an option is of is declared beside it
    assert isinstance(at, time)  # noqa: S101 - as above
    assert isinstance(days, frozenset)  # noqa: S101 - as above
    assert isinstance(maximum, int)  # noqa: S101 - as above
    assert isinstance(minimum, int)  # noqa: S101 - as above
    assert isinstance(routes, tuple)  # noqa: S101 - as above
    if parse(query) == EVERYTHING:
        raise InputError("Say what you want to hear of: a subscription to everything would be a flood.")
    if minimum > maximum:
        raise InputError(f"A message of at most {maximum} papers never has {minimum}: make min= smaller.")
    cadence = Cadence(str(arguments["cadence"]))
    return Wish(
        query=format_query(parse(query)),
        cadence=cadence,
        schedule=Schedule(at, _days(cadence, days), str(arguments.get("zone") or zone)),
        maximum=maximum,
        minimum=minimum,
        routes=routes,
    )


def values_of(one: Subscription, places: Sequence[Destination], here: str) -> dict[str, str]:
    """The subscription as it would be typed on the surface `here`; times are those of its first place."""
    routes = [HERE if place.route.surface == here else way_name(place.route.surface) for place in places]
    values = {
        "query": one.query,
        "cadence": str(one.cadence),
        "max": str(one.maximum),
        "min": str(one.minimum),
        "route": ",".join(dict.fromkeys(routes)),
    }
    if places and one.days:
        schedule = places[0].schedule
        values |= {
            "at": format_time(schedule.at),
            "zone": schedule.zone,
            "days": format_days(one.days),
        }
    return values


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """What changed, as a clause: `max from 5 to 10, route from here to mail`; else empty."""
    names = [*before, *(name for name in after if name not in before)]
    changes = [
        f"{name} from {before.get(name, 'none')} to {after.get(name, 'none')}"
        for name in names
        if before.get(name) != after.get(name)
    ]
    return ", ".join(changes)


def when_words(cadence: Cadence, schedule: Schedule) -> str:
    """`weekdays at 09:00 (Europe/Berlin)`, `weekly, fri at 09:00 (UTC)`, or `as papers appear`."""
    weekly = "weekly, " if cadence is Cadence.WEEKLY else ""
    return f"{weekly}{schedule_words(schedule)}"


def much_words(maximum: int, minimum: int) -> str:
    """`at most 5`, or `3 to 5 papers a message`."""
    return f"at most {maximum}" if minimum == 1 else f"{minimum} to {maximum} papers a message"


def ways_words(places: Sequence[Destination]) -> str:
    """`by direct message`, or `by mail (paused: There is no such mailbox), else by direct message`; of direct
    messages on several surfaces each says on which.
    """
    direct = {place.route.surface for place in places if place.label.startswith(DIRECT_MESSAGE)}
    ways: dict[str, None] = {}
    for place in places:
        if place.label == DIRECT_MESSAGE and len(direct) > 1:
            way = f"{DIRECT_MESSAGE} on {place.route.surface.capitalize()}"
        else:
            way = place.label or way_name(place.route.surface)
        if place.state is DestinationState.PAUSED:
            why = place.state_why.strip().rstrip(".")
            way += f" (paused: {why})" if why else " (paused)"
        ways[f"by {way}"] = None
    return ", else ".join(ways)


def rest_words(one: Subscription, zone: str, now: datetime) -> str:
    """That it rests, as a sentence; empty if it does not."""
    if one.state is SubscriptionState.PAUSED:
        return "Paused: nothing comes of it until you resume it."
    if snoozed(one, now) and one.snoozed_until is not None:
        return f"Snoozed until {local(one.snoozed_until, zone, now)}; then comes what came meanwhile."
    return ""


def _days(cadence: Cadence, days: frozenset[Weekday]) -> frozenset[Weekday]:
    match cadence:
        case Cadence.INSTANT:
            return frozenset()
        case Cadence.WEEKLY:
            return frozenset({min(days, key=lambda day: day.number)})
        case Cadence.DAILY:
            return days


__all__ = [
    "Wish",
    "difference",
    "much_words",
    "rest_words",
    "values_of",
    "ways_words",
    "when_words",
    "wish_of",
]
