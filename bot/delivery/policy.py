"""What to do with a delivery: before a try, and after each way in which a try can end. Pure.

The rules, by what the deliverer can do about a request whose fate is unknown:

- key: sent again under the same key, as long as the receiver remembers it; after that, as what follows;
- read-back: the receiver is asked first, no sooner than a cut request could still land;
- none: never sent again by itself.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.errors import DeliveryError, NotAcceptedError, RefusedError
from bot.model import Delivery
from bot.ports import Abilities, Ability

FIRST_DELAY: Final = timedelta(seconds=5)
LONGEST_DELAY: Final = timedelta(minutes=10)
# A receiver that cannot even be asked about a doubtful message is asked this long past its deadline.
ASKING_ENDS: Final = timedelta(days=1)
# A cut request may still land this long after its own time-out.
LANDING: Final = timedelta(seconds=30)
# How much longer than a request its lease lasts: the landing, and time to write down how it ended.
LEASE_MARGIN: Final = LANDING + timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Send:
    """Let the request go out."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the receiver whether it has the message; if not, send it only if `then_send`."""

    then_send: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Back to pending until `until`."""

    until: datetime
    error: str
    doubtful: bool


@dataclass(frozen=True, slots=True)
class Reject:
    """It did not arrive, and will not be tried again."""

    error: str
    pause: bool = False  # nothing else would arrive at that address either


@dataclass(frozen=True, slots=True)
class Doubt:
    """Nobody can say whether it arrived; a person is asked."""

    error: str
    pause: bool = False  # as above


Intent = Send | Ask | Wait | Reject | Doubt


def before_try(delivery: Delivery, can: Abilities, timeout: timedelta, now: datetime) -> Intent:
    """What to do with a delivery that was just leased; `timeout` is the deliverer's for one request."""
    late = now > delivery.deliver_by
    if not delivery.doubtful:
        return Reject(_too_late(delivery)) if late else Send()
    error = delivery.last_error or _UNKNOWN
    unknown_since = delivery.doubtful_since or delivery.created_at
    # The key must be remembered still when the request lands.
    if can.ability is Ability.KEY and not late and _landed(now, timeout) < unknown_since + can.key_window:
        return Send()
    if can.can_ask:
        earliest = _landed(delivery.sending_at or unknown_since, timeout)
        return Wait(earliest, error, doubtful=True) if now < earliest else Ask(then_send=not late)
    return Doubt(error)


def after_failure(
    delivery: Delivery,
    can: Abilities,
    error: DeliveryError,
    timeout: timedelta,
    now: datetime,
    random_: random.Random,
) -> Wait | Reject | Doubt:
    """What to do after a try of a delivery (as it was when leased) ended with `error`: its turn to be sent
    did not come, or sending it failed, or asking about it.
    """
    if isinstance(error, RefusedError):
        # An earlier request of unknown fate may have arrived before the receiver said no to this one.
        end = Doubt if delivery.doubtful else Reject
        return end(str(error), error.pause)
    if isinstance(error, NotAcceptedError):
        if now > delivery.deliver_by + ASKING_ENDS:
            return Doubt(str(error))
        until = now + _patience(error.retry_after, delivery.attempts, random_)
        if until > delivery.deliver_by and not delivery.doubtful:
            return Reject(f"{_too_late(delivery)} The last try: {error}")
        return Wait(until, str(error), doubtful=delivery.doubtful)
    if can.ability is Ability.NONE:
        return Doubt(str(error))
    if can.ability is Ability.READ_BACK:
        return Wait(_landed(now, timeout), str(error), doubtful=True)
    return Wait(now + backoff(delivery.attempts, random_), str(error), doubtful=True)


def _patience(asked: timedelta | None, attempts: int, random_: random.Random) -> timedelta:
    """The first time exactly as the receiver asked, for it knows best; who is sent back again and again waits
    longer each time.
    """
    if asked is None:
        return backoff(attempts, random_)
    return max(asked, backoff(attempts - 1, random_)) if attempts else asked


def backoff(attempts: int, random_: random.Random) -> timedelta:
    """5 s doubled with every try up to 10 min, of which a random half is taken off, so that many do not
    return together ("equal jitter", AWS Architecture Blog, 2015).
    """
    full: timedelta = min(FIRST_DELAY * int(2 ** min(attempts, 16)), LONGEST_DELAY)
    return full / 2 + full / 2 * random_.random()


def lease_for(timeout: timedelta) -> timedelta:
    """How long a delivery is leased: longer than a request can take and a cut one can still land."""
    return timeout + LEASE_MARGIN


_UNKNOWN: Final = "The program ended while the message was being sent."


def _landed(begun: datetime, timeout: timedelta) -> datetime:
    """When a request that was begun then has certainly arrived, if it ever does."""
    return begun + timeout + LANDING


def _too_late(delivery: Delivery) -> str:
    return f"It could not be delivered by {delivery.deliver_by:%Y-%m-%d %H:%M} UTC, and is out of date now."
