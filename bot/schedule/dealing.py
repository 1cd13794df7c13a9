"""Which subscription speaks at which of a person's destinations that are due together. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model import Destination, Slot, SlotRecord
from bot.people.model import Subscription
from bot.subscriptions.spans import FURTHEST, WEEK, looks_from, snoozed, speaks_at


@dataclass(frozen=True, slots=True)
class Due:
    """One destination with a slot to be served now."""

    destination: Destination
    last: SlotRecord | None  # its newest slot record
    slot: Slot
    late: bool
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """What speaks at one destination now."""

    due: Due
    subscriptions: Sequence[Subscription]  # in order of their making
    elsewhere: bool = False  # whether any would speak here that has its turn at another one
    snoozed: bool = False  # whether any is silent here for a while


def dealt(due: Iterable[Due], subscribed: Mapping[str, Sequence[Subscription]], now: datetime) -> list[Turn]:
    """Each subscription that speaks now has its turn once: at the destination whose slot came first, and of
    those of one instant at the one that was named first. `subscribed` has the active ones by destination.

    Destinations are served in that order, too.
    """
    first: dict[str, tuple[datetime, int]] = {}
    places: list[tuple[Due, list[tuple[Subscription, tuple[datetime, int]]]]] = []
    for one in due:
        speaking = [
            (each, (one.slot.at, each.destination_ids.index(one.destination.id)))
            for each in subscribed[one.destination.id]
            if speaks_at(each, one.slot, now)
        ]
        for each, place in speaking:
            first[each.id] = min(first.get(each.id, place), place)
        places.append((one, speaking))
    places.sort(key=lambda pair: min((place for _, place in pair[1]), default=(pair[0].slot.at, 0)))
    turns: list[Turn] = []
    for one, speaking in places:
        mine = [each for each, place in speaking if first[each.id] == place]
        asleep = any(snoozed(each, now) for each in subscribed[one.destination.id])
        turns.append(Turn(one, mine, elsewhere=len(mine) < len(speaking), snoozed=asleep))
    return turns


def by_reach(turns: Iterable[Turn], now: datetime) -> dict[datetime, list[Turn]]:
    """The turns by how far back papers are needed: mostly a week, further for those of which some wait."""
    usual = now - WEEK
    found: dict[datetime, list[Turn]] = {}
    for turn in turns:
        near = all(looks_from(one, now) >= usual for one in turn.subscriptions)
        found.setdefault(usual if near else now - FURTHEST, []).append(turn)
    return found
