"""A channel's digest as commands see it: found, described, changed, and tried on the last days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from bot.commands.model import Place, Value
from bot.commands.ports import Surface
from bot.commands.rankings import Rankings
from bot.commands.topics import TOPICS
from bot.commands.values import write
from bot.editions.make import laid_out
from bot.editions.preview import members_of, windows_of
from bot.editions.share import Tally
from bot.editions.sharing import Sharing
from bot.errors import InputError
from bot.model import (
    Destination,
    Edition,
    Layout,
    Pool,
    Posting,
    QuietDay,
    Route,
    Schedule,
    Summaries,
    Weekday,
    Window,
)
from bot.ports import Store
from bot.schedule.slots import instant_of
from bot.schedule.zones import format_days, format_time, parse_days, parse_time, zone_info
from bot.search.query import format_query, parse
from bot.taste.tasting import Tasting

DAYS: Final = 5  # that a filter is tried on
_TITLES: Final = 3  # of each of them
_DAY: Final = timedelta(days=1)


async def destination_at(store: Store, surface: str, address: str) -> Destination | None:
    """The digest of a place: what is posted there for all, and not what subscribers get there."""
    route = Route(surface=surface, address=address)
    found = await store.destinations.at(route)
    if found is None or found.pool is not Pool.SUBSCRIPTIONS:
        return found
    # Only a terminal has one address for both.
    others = [one for one in await store.destinations.list() if one.route == route]
    return next((one for one in others if one.pool is not Pool.SUBSCRIPTIONS), None)


def group_of(surface: Surface, place: Place) -> str:
    """The group of the channels that share papers out with this one; empty if none do. Pure."""
    return f"{surface.name}:{place.tenant}" if surface.shares_out and place.tenant else ""


def applied(base: Destination, arguments: Mapping[str, Value], group: str = "") -> Destination:
    """The destination with what a call names changed. Pure.

    A topic brings its filter, unless another one than is set already is named beside it. `group` is the one
    to belong to where papers are not to repeat.
    """
    named = values_of(base) | {name: write(value) for name, value in arguments.items()}
    query = format_query(parse(named["filter"]))
    if "topic" in arguments and query == base.query:
        query = format_query(parse(TOPICS[named["topic"]]))
    if "repeats" in arguments:
        group = "" if named["repeats"] == "yes" else group or base.group
    else:
        group = base.group
    return replace(
        base,
        schedule=Schedule(parse_time(named["at"]), parse_days(named["days"]), named["zone"]),
        query=query,
        maximum=int(named["max"]),
        floor=int(named["floor"]),
        window=Window(named["window"]),
        pool=Pool(named["pool"]),
        layout=Layout(named["layout"]),
        summaries=Summaries(named["summaries"]),
        quiet_day=QuietDay(named["quiet"]),
        posting=replace(
            base.posting, mention=named["mention"], publish=named["publish"] == "yes", tag=named["tag"]
        ),
        group=group,
        feed=named["feed"] == "yes",
    )


def values_of(one: Destination) -> dict[str, str]:
    """Its settings as they would be typed: what a form shows, and what two states are compared by. Pure."""
    return {
        "at": format_time(one.schedule.at),
        "zone": one.schedule.zone,
        "days": format_days(one.schedule.days),
        "filter": one.query,
        "max": str(one.maximum),
        "floor": str(one.floor),
        "window": one.window.value,
        "pool": one.pool.value,
        "layout": one.layout.value,
        "summaries": one.summaries.value,
        "quiet": one.quiet_day.value,
        "mention": one.posting.mention,
        "publish": "yes" if one.posting.publish else "no",
        "tag": one.posting.tag,
        "repeats": "no" if one.group else "yes",
        "feed": "yes" if one.feed else "no",
    }


def check_posting(posting: Posting, place: Place) -> None:
    """Raises `InputError` if messages cannot be put up in this way at such a place. Pure."""
    if posting.publish and not place.announcements:
        raise InputError(f"Only an announcement channel publishes what is posted, and {place.name} is none.")
    if posting.tag and not place.forum:
        raise InputError(f"Only what is posted in a forum has a tag, and {place.name} is none.")


def posting_words(posting: Posting) -> str:
    """How messages are put up, as a clause: `mentions Researchers; published to followers`. Pure.

    The posting is as people read it, see `Surface.named`.
    """
    words = [
        f"mentions {posting.mention}" if posting.mention else "",
        "published to those who follow the channel" if posting.publish else "",
        f"each in a thread of the forum{f' tagged {posting.tag}' if posting.tag else ''}"
        if posting.forum
        else "",
    ]
    return "; ".join(word for word in words if word)


def feed_path(one: Destination) -> str:
    """Where the destination's feed is on the web page, without the ending that names its form. Pure."""
    return f"/channel/{one.id}"


def feed_words(one: Destination, page: str | None) -> str:
    """Where what was posted can be read as a feed, as a sentence; empty if it cannot. Pure.

    `page` is the address of the web page: empty if it is not known, `None` if there is no page.
    """
    if not one.feed:
        return ""
    if page is None:
        return "Its feed cannot be read: whoever runs Paperboy switched the web page off."
    where = "" if page else " on Paperboy's web page"
    return f"Whoever has the address can follow it as a feed{where}: {page}{feed_path(one)}.atom, or .json."


def difference(before: Destination, after: Destination) -> str:
    """What changed, as a clause: `max from 5 to 10, filter from none to cat:cs.CL`; else empty. Pure."""
    old, new = values_of(before), values_of(after)
    return ", ".join(
        f"{name} from {old[name] or 'none'} to {new[name] or 'none'}"
        for name in new
        if old[name] != new[name]
    )


# --- tried on the last days ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DayPreview:
    """What a digest would have found on one local day."""

    day: date
    matches: int  # papers that it would have chosen from, those of earlier days left out
    titles: tuple[str, ...]  # the first of them
    tally: Tally


async def preview_days(
    store: Store,
    rankings: Rankings,
    destination: Destination,
    now: datetime,
    tasting: Tasting | None = None,
    days: int = DAYS,
) -> tuple[DayPreview, ...]:
    """What the destination, as it is set, would have posted at its time of day on each of the last days.

    The newest day first. No day's papers are repeated on the next one, as no digest repeats any, and what
    fits another channel of its group better goes there; with a `tasting` they stand in its own order.
    Rankings of past instants are kept, so that trying another filter is quick. Raises `QueryError`.
    """
    parse(destination.query)
    members = await members_of(store, destination)
    mine = destination.recipient_id
    hidden = await store.people.hidden([mine, *(one.recipient_id for one in members)])
    told = dict.fromkeys(hidden, frozenset[int]())
    found: list[DayPreview] = []
    for day, at in _moments(destination.schedule, now, days):
        shelves = {
            window: await laid_out(store, Edition(0, at, await rankings.at(window, at)), at)
            for window in windows_of(destination, members)
        }
        shelf = shelves[destination.window]
        elsewhere = Sharing(members, shelves, told, hidden, at).elsewhere(destination)
        tastes = {} if tasting is None else await tasting.of_places([destination], shelf.numbers, at)
        taste = tastes.get(destination.id)
        share = shelf.share(destination, told[mine], hidden[mine], elsewhere, taste)
        titles = tuple(shelf.papers[number].title for number in share.papers[:_TITLES])
        found.append(DayPreview(day, share.available, titles, share.tally))
        told[mine] |= frozenset(share.papers)
    return tuple(reversed(found))


def widen(destination: Destination, days: Sequence[DayPreview]) -> str | None:
    """What to change, as it would be typed, where most of these days would have been empty; `None` if they
    would not. Pure.

    It undoes whatever held most papers back; where nothing did, too few came.
    """
    empty = [one.tally for one in days if not one.matches]
    if 2 * len(empty) <= len(days):
        return None
    held_back = {
        "repeats=yes": sum(one.elsewhere for one in empty),
        "floor=0": sum(one.matched - one.above_floor for one in empty),
    }
    change, papers = max(held_back.items(), key=lambda item: item[1])
    if papers:
        return change
    if destination.window is Window.DAY and destination.pool is not Pool.ANNOUNCED:
        return "window=week"
    if destination.pool is Pool.TRENDING:
        return "pool=both"
    return "topic=everything" if destination.query else None


def _moments(schedule: Schedule, now: datetime, days: int) -> list[tuple[date, datetime]]:
    """The last appointments of a schedule, the oldest first."""
    day = now.astimezone(zone_info(schedule.zone)).date()
    found: list[tuple[date, datetime]] = []
    while len(found) < days:
        at = instant_of(schedule, day)
        if at is not None and at <= now and tuple(Weekday)[day.weekday()] in schedule.days:
            found.append((day, at))
        day -= _DAY
    return found[::-1]
