"""When a subscription speaks, and how far back it looks. Pure."""

from datetime import datetime, timedelta
from typing import Final

from bot.model import Slot, Weekday
from bot.people.model import Cadence, Subscription, SubscriptionState

REACH: Final = timedelta(days=7)  # how far back a paper may have come and still be news
WEEK: Final = REACH + timedelta(days=1)  # a week's: a slot that is late, or an hour off, loses nothing
FURTHEST: Final = timedelta(days=38)  # of what waits
_BEFORE: Final = timedelta(days=1)  # whoever subscribes has seen something, and wants what came with it
_WEEK: Final = tuple(Weekday)


def looks_from(one: Subscription, now: datetime) -> datetime:
    """Papers that came at or before this instant are no news to it any more."""
    start = now - (WEEK if one.cadence is Cadence.WEEKLY else REACH)
    if one.waiting_since is not None:
        start = min(start, max(one.waiting_since, now - FURTHEST))
    made = one.created_at if one.cadence is Cadence.INSTANT else one.created_at - _BEFORE
    return max(made, start)


def snoozed(one: Subscription, now: datetime) -> bool:
    """Whether it is silent for a while."""
    return one.snoozed_until is not None and now < one.snoozed_until


def speaks(one: Subscription, now: datetime) -> bool:
    """Whether it is neither paused nor snoozed."""
    return one.state is SubscriptionState.ACTIVE and not snoozed(one, now)


def speaks_at(one: Subscription, slot: Slot, now: datetime) -> bool:
    """Whether it speaks at an appointment of a destination of its own."""
    return speaks(one, now) and _WEEK[slot.local_date.weekday()] in one.days


__all__ = ["FURTHEST", "REACH", "WEEK", "looks_from", "snoozed", "speaks", "speaks_at"]
