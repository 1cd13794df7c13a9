"""The subscriptions that somebody has, each with where it speaks, and which of them is meant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from bot.commands.model import Actor
from bot.commands.ports import Surface
from bot.commands.services import Services
from bot.commands.values import quoted
from bot.commands.view import typed
from bot.commands.wish import much_words, rest_words, ways_words, when_words
from bot.errors import InputError
from bot.model import Destination, DestinationState, Schedule
from bot.people.model import Subscription, SubscriptionState
from bot.schedule.slots import next_slot
from bot.subscriptions.spans import snoozed


@dataclass(frozen=True, slots=True)
class Kept:
    """One subscription, its number in the list, and its places in their order."""

    subscription: Subscription
    number: int
    places: Sequence[Destination]

    @classmethod
    async def of(cls, services: Services, one: Subscription, number: int = 0) -> Self:
        """With its places fetched."""
        found = [await services.store.destinations.by_name(place) for place in one.destination_ids]
        return cls(one, number, [place for place in found if place is not None])

    @property
    def schedule(self) -> Schedule:
        """When it speaks: on its own days, at the time of its first place."""
        return replace(self.places[0].schedule, days=self.subscription.days)

    def next_at(self, now: datetime) -> datetime | None:
        """When it speaks next; `None` if it or all of its places rest, or if it speaks as papers appear."""
        one = self.subscription
        reached = any(place.state is DestinationState.ACTIVE for place in self.places)
        if one.state is SubscriptionState.PAUSED or not reached or not one.days:
            return None
        after = one.snoozed_until if snoozed(one, now) and one.snoozed_until is not None else now
        return next_slot(self.schedule, after).at

    def words(self, now: datetime) -> str:
        """`weekdays at 09:00 (UTC), at most 5, by direct message.`, and that it rests."""
        one = self.subscription
        if not self.places:
            return "It speaks nowhere any more."
        rests = rest_words(one, self.places[0].schedule.zone, now)
        how = (
            f"{when_words(one.cadence, self.schedule)}, {much_words(one.maximum, one.minimum)}, "
            f"{ways_words(self.places)}."
        )
        return f"{how} {rests}".strip()


async def kept_by(services: Services, actor: Actor) -> list[Kept]:
    """All of somebody's, in the order of their list."""
    person = await services.find(actor)
    if person is None:
        return []
    some = await services.store.people.subscriptions(person.recipient_id)
    return [await Kept.of(services, one, number) for number, one in enumerate(some, 1)]


def meant(kept: Sequence[Kept], text: str, surface: Surface) -> Kept:
    """The one of that number or id; the only one where nothing is said. Raises `InputError`."""
    wanted = text.strip().lower().removeprefix("#").rstrip(".")
    by_id = [one for one in kept if one.subscription.id == text.strip()]
    if by_id:
        return by_id[0]
    if not kept:
        raise InputError("You have no subscriptions.")
    if not wanted and len(kept) == 1:
        return kept[0]
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(kept):
        return kept[int(wanted) - 1]
    which = f"There is no subscription {quoted(text)}." if wanted else "Say which one."
    raise InputError(f"{which} {typed(surface, 'subscriptions').shown} numbers them, 1 to {len(kept)}.")


async def chosen(services: Services, actor: Actor, text: str, surface: Surface) -> Kept:
    """The subscription of theirs that somebody names. Raises `InputError`."""
    return meant(await kept_by(services, actor), text, surface)


__all__ = ["Kept", "chosen", "kept_by", "meant"]
