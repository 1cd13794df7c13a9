"""Subscriptions, and the destinations they speak at. Every function runs inside the caller's transaction."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from sqlite_utils import Database

from bot.errors import ConflictError, NotFoundError
from bot.model import Destination, DestinationState, Pool, Weekday, from_utc_ms, utc_ms
from bot.people.mailboxes import MAIL
from bot.people.model import Cadence, Subscription, SubscriptionState
from storage.sqlite.destinations import insert, same_appointment
from storage.sqlite.rows import instant as at_instant
from storage.sqlite.rows import named
from storage.sqlite.standing import revive
from storage.sqlite.standing import set_state as set_destination_state

__all__ = [
    "absorb",
    "change",
    "get",
    "instant",
    "leave",
    "of_destinations",
    "of_recipient",
    "searches",
    "set_state",
    "silence_on",
    "speak",
    "speak_on",
    "subscribe",
    "unsubscribe",
]

_SELECT: Final = """
    SELECT s.*, (
        SELECT json_group_array(destination_id) FROM (
            SELECT destination_id FROM subscription_destinations
            WHERE subscription_id = s.id ORDER BY position, destination_id
        )
    ) AS destinations
    FROM subscriptions AS s
"""
_INSERT: Final = """
    INSERT INTO subscriptions (
        id, recipient_id, query, cadence, maximum, minimum, snoozed_until, waiting_since, days, state,
        created_at
    ) VALUES (
        :id, :recipient, :query, :cadence, :maximum, :minimum, :snoozed_until, :waiting_since, :days, :state,
        :created_at
    ) ON CONFLICT (recipient_id, query) DO NOTHING
"""
_CHANGE: Final = """
    UPDATE OR IGNORE subscriptions SET query = :query, cadence = :cadence, maximum = :maximum,
        minimum = :minimum, snoozed_until = :snoozed_until, waiting_since = :waiting_since
    WHERE id = :id
"""
_SPEAK_ON: Final = """
    INSERT INTO subscription_destinations (subscription_id, destination_id, position)
    SELECT ?, ?, coalesce(max(position), 0) + 1 FROM subscription_destinations WHERE subscription_id = ?
"""
# The days of all its subscriptions together. Slots of days that it gets now count from now on.
_FIT: Final = """
    WITH wanted (days) AS (
        SELECT replace(json_group_array(day), ',', ', ') FROM (     -- as everywhere else: it is compared
            SELECT value AS day FROM json_each(:week) WHERE value IN (
                SELECT value FROM subscription_destinations
                JOIN subscriptions AS s ON s.id = subscription_id, json_each(s.days)
                WHERE destination_id = :id
            ) ORDER BY key
        )
    )
    UPDATE destinations SET days = (SELECT days FROM wanted), next_at = NULL,
        active_from = iif(
            EXISTS (
                SELECT 1 FROM wanted, json_each(wanted.days)
                WHERE value NOT IN (SELECT value FROM json_each(destinations.days))
            ),
            max(active_from, :at), active_from
        )
    WHERE id = :id AND days <> (SELECT days FROM wanted)
"""
# Nothing goes to a mailbox that refused, whoever changes what, until it is confirmed anew.
_PAUSED_MAILBOX: Final = """
    SELECT paused_why FROM destinations JOIN mailboxes USING (address)
    WHERE id = ? AND surface = ? AND paused_at IS NOT NULL
"""
_LEFT_ALONE: Final = """
    SELECT id FROM destinations WHERE id IN (SELECT value FROM json_each(?)) AND pool = ?
        AND state <> 'removed' AND id NOT IN (SELECT destination_id FROM subscription_destinations)
"""


# --- making and changing -------------------------------------------------------------------------


def subscribe(db: Database, subscription: Subscription, destination: Destination) -> Subscription:
    """Stores a subscription on this destination, or on one of the same recipient, route and time."""
    values = _values(subscription) | {"days": _days(subscription.days & destination.schedule.days)}
    if not db.execute("SELECT 1 FROM recipients WHERE id = :recipient", values).fetchone():
        raise NotFoundError("recipient", subscription.recipient_id)
    if not db.execute(_INSERT, values).rowcount:
        raise _taken()
    _speak_on(db, subscription.id, destination, utc_ms(subscription.created_at))
    return _existing(db, subscription.id)


def change(db: Database, subscription: Subscription) -> None:
    """Replaces what it looks for, how often and how much it speaks.

    Raises `NotFoundError` or `ConflictError`.
    """
    if not db.execute(_CHANGE, _values(subscription)).rowcount:
        _existing(db, subscription.id)
        raise _taken()


def speak(
    db: Database, subscription: Subscription, destinations: Sequence[Destination], by: str, at: int
) -> Subscription:
    """Changes it, and lets it speak on these destinations alone, in this order. `at` in ms."""
    if not destinations:
        raise ValueError("a subscription speaks somewhere")
    change(db, subscription)
    days = frozenset[Weekday]().union(*(one.schedule.days for one in destinations)) & subscription.days
    db.execute("UPDATE subscriptions SET days = ? WHERE id = ?", (_days(days), subscription.id))
    before = _silence(db, subscription.id)
    for destination in destinations:
        _speak_on(db, subscription.id, destination, at)
    _tidy(db, before, by, at)
    return _existing(db, subscription.id)


def speak_on(db: Database, subscription_id: str, destination: Destination) -> Subscription:
    """Adds one destination more, or one of the same recipient, route and time. Raises `NotFoundError`."""
    _existing(db, subscription_id)
    _speak_on(db, subscription_id, destination, utc_ms(destination.created_at))
    return _existing(db, subscription_id)


def silence_on(db: Database, subscription_id: str, destination_id: str, by: str, at: int) -> None:
    """Takes one away, and ends what speaks nowhere any more. `at` in ms. Raises `NotFoundError`."""
    known = _existing(db, subscription_id)
    if known.destination_ids == (destination_id,):
        unsubscribe(db, subscription_id, by, at)
        return
    sql = "DELETE FROM subscription_destinations WHERE subscription_id = ? AND destination_id = ?"
    if not db.execute(sql, (subscription_id, destination_id)).rowcount:
        raise NotFoundError("destination", destination_id)
    _tidy(db, [destination_id], by, at)


def set_state(db: Database, subscription_id: str, state: SubscriptionState) -> None:
    """Pauses or resumes. Raises `NotFoundError`."""
    sql = "UPDATE subscriptions SET state = ? WHERE id = ?"
    if not db.execute(sql, (state, subscription_id)).rowcount:
        raise _no_subscription(subscription_id)


def unsubscribe(db: Database, subscription_id: str, by: str, at: int) -> None:
    """Ends it; a person's destination that has none any more is removed. `at` in ms."""
    places = _silence(db, subscription_id)
    if not db.execute("DELETE FROM subscriptions WHERE id = ?", (subscription_id,)).rowcount:
        raise _no_subscription(subscription_id)
    _tidy(db, places, by, at)


def absorb(db: Database, stays: str, goes: str, by: str, at: int) -> None:
    """Lets one of two subscriptions to the same search end; what it spoke at comes last in the order of the
    other, if they speak alike. `at` in ms.
    """
    kept, ended = _existing(db, stays), _existing(db, goes)
    places = _silence(db, goes)
    if kept.cadence is ended.cadence:
        for place in ended.destination_ids:
            db.execute(_SPEAK_ON, (stays, place, stays))
    db.execute("DELETE FROM subscriptions WHERE id = ?", (goes,))
    _tidy(db, places, by, at)


def leave(db: Database, recipient_id: str, surface: str, by: str, at: int) -> None:
    """Removes what a person's subscriptions speak at on one surface, and ends those that speak nowhere else.
    `at` in ms.
    """
    rows = db.execute(
        "SELECT id FROM destinations WHERE recipient_id = ? AND surface = ? AND pool = ?"
        " AND state <> 'removed'",
        (recipient_id, surface, Pool.SUBSCRIPTIONS),
    )
    places = [place for (place,) in rows.fetchall()]
    for one in of_recipient(db, recipient_id):
        for place in set(one.destination_ids).intersection(places):
            silence_on(db, one.id, place, by, at)


def _speak_on(db: Database, subscription_id: str, destination: Destination, at: int) -> None:
    place = same_appointment(db, destination)
    if place is None:
        insert(db, destination)
        place = destination.id
    else:
        revive(db, place, "a new subscription", at)
    for (why,) in db.execute(_PAUSED_MAILBOX, (place, MAIL)).fetchall():
        set_destination_state(db, place, DestinationState.PAUSED, f"{MAIL.capitalize()}: {why}", at)
    if not db.execute(
        "SELECT 1 FROM subscription_destinations WHERE subscription_id = ? AND destination_id = ?",
        (subscription_id, place),
    ).fetchone():
        db.execute(_SPEAK_ON, (subscription_id, place, subscription_id))
    _fit(db, place, at)


def _silence(db: Database, subscription_id: str) -> list[str]:
    """Takes all destinations of a subscription away; which they were."""
    sql = "DELETE FROM subscription_destinations WHERE subscription_id = ? RETURNING destination_id"
    return [place for (place,) in db.execute(sql, (subscription_id,)).fetchall()]


def _tidy(db: Database, places: Sequence[str], by: str, at: int) -> None:
    """Fits these destinations to the subscriptions that are left, and removes those without any."""
    alone = db.execute(_LEFT_ALONE, (json.dumps(places), Pool.SUBSCRIPTIONS)).fetchall()
    for (destination,) in alone:
        set_destination_state(db, destination, DestinationState.REMOVED, by, at)
    for place in set(places).difference(destination for (destination,) in alone):
        _fit(db, place, at)


def _fit(db: Database, destination_id: str, at: int) -> None:
    db.execute(_FIT, {"week": json.dumps(list(Weekday)), "id": destination_id, "at": at})


# --- reading -------------------------------------------------------------------------------------


def get(db: Database, subscription_id: str) -> Subscription | None:
    for row in named(db, f"{_SELECT} WHERE s.id = ?", (subscription_id,)):
        return _subscription(row)
    return None


def of_recipient(db: Database, recipient_id: str) -> list[Subscription]:
    rows = named(db, f"{_SELECT} WHERE s.recipient_id = ? ORDER BY s.created_at, s.id", (recipient_id,))
    return list(map(_subscription, rows))


def of_destinations(db: Database, destination_ids: Sequence[str]) -> dict[str, list[Subscription]]:
    """The active ones of each destination, in order of their making."""
    rows = named(
        db,
        f"{_SELECT} JOIN subscription_destinations AS l ON l.subscription_id = s.id"
        " JOIN json_each(?) AS wanted ON wanted.value = l.destination_id"
        " WHERE s.state = 'active' GROUP BY s.id ORDER BY s.created_at, s.id",
        (json.dumps(destination_ids),),
    )
    found: dict[str, list[Subscription]] = {destination: [] for destination in destination_ids}
    for subscription in map(_subscription, rows):
        for destination in subscription.destination_ids:
            if destination in found:
                found[destination].append(subscription)
    return found


def searches(db: Database, recipient_ids: Sequence[str]) -> dict[str, list[str]]:
    """The queries of all subscriptions of each recipient, whatever their state."""
    rows = db.execute(
        "SELECT recipient_id, query FROM subscriptions"
        " WHERE recipient_id IN (SELECT value FROM json_each(?)) ORDER BY recipient_id, query",
        (json.dumps(recipient_ids),),
    )
    found: dict[str, list[str]] = {recipient: [] for recipient in recipient_ids}
    for recipient, query in rows.fetchall():
        found[recipient].append(query)
    return found


def instant(db: Database) -> list[tuple[Subscription, str]]:
    """The active ones that speak as papers appear, with each active destination's id: recipient by
    recipient, each one's in the order in which they were named.
    """
    rows = db.execute(
        "SELECT s.id, d.id FROM subscriptions AS s"
        " JOIN subscription_destinations AS l ON l.subscription_id = s.id"
        " JOIN destinations AS d ON d.id = l.destination_id"
        " WHERE s.cadence = 'instant' AND s.state = 'active' AND d.state = 'active'"
        " ORDER BY s.recipient_id, l.position, s.created_at, s.id"
    ).fetchall()
    found = named(
        db,
        f"{_SELECT} WHERE s.id IN (SELECT value FROM json_each(?))",  # noqa: S608 - texts of ours
        (json.dumps([subscription for subscription, _ in rows]),),
    )
    subscriptions = {row["id"]: _subscription(row) for row in found}
    return [(subscriptions[subscription], place) for subscription, place in rows]


def _no_subscription(subscription_id: str) -> NotFoundError:
    return NotFoundError("subscription", subscription_id)


def _taken() -> ConflictError:
    return ConflictError("There already is a subscription to that search.")


def _existing(db: Database, subscription_id: str) -> Subscription:
    found = get(db, subscription_id)
    if found is None:
        raise _no_subscription(subscription_id)
    return found


def _days(days: frozenset[Weekday]) -> str:
    return json.dumps([day for day in Weekday if day in days])


def _values(subscription: Subscription) -> dict[str, object]:
    snoozed, waiting = subscription.snoozed_until, subscription.waiting_since
    return {
        "id": subscription.id,
        "recipient": subscription.recipient_id,
        "query": subscription.query,
        "cadence": subscription.cadence,
        "maximum": subscription.maximum,
        "minimum": subscription.minimum,
        "snoozed_until": None if snoozed is None else utc_ms(snoozed),
        "waiting_since": None if waiting is None else utc_ms(waiting),
        "state": subscription.state,
        "created_at": utc_ms(subscription.created_at),
    }


def _subscription(row: sqlite3.Row) -> Subscription:
    return Subscription(
        id=row["id"],
        recipient_id=row["recipient_id"],
        query=row["query"],
        cadence=Cadence(row["cadence"]),
        maximum=row["maximum"],
        minimum=row["minimum"],
        snoozed_until=at_instant(row["snoozed_until"]),
        waiting_since=at_instant(row["waiting_since"]),
        days=frozenset(map(Weekday, json.loads(row["days"]))),
        destination_ids=tuple(json.loads(row["destinations"])),
        state=SubscriptionState(row["state"]),
        created_at=from_utc_ms(row["created_at"]),
    )
