"""Subscriptions, and the destinations they speak at. Every function runs inside the caller's transaction."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlite_utils import Database

from bot.errors import ConflictError, NotFoundError
from bot.model import Destination, DestinationState, Pool, from_utc_ms, utc_ms
from bot.people.model import Cadence, Subscription, SubscriptionState
from storage.sqlite.destinations import insert, same_appointment
from storage.sqlite.rows import named
from storage.sqlite.standing import revive
from storage.sqlite.standing import set_state as set_destination_state

__all__ = ["get", "of_destinations", "of_recipient", "set_state", "subscribe", "unsubscribe"]

_SELECT: Final = """
    SELECT s.*, (
        SELECT json_group_array(destination_id) FROM (
            SELECT destination_id FROM subscription_destinations WHERE subscription_id = s.id ORDER BY 1
        )
    ) AS destinations
    FROM subscriptions AS s
"""


def subscribe(db: Database, subscription: Subscription, destination: Destination) -> Subscription:
    """Stores a subscription on this destination, or on one of the same recipient, route and schedule."""
    values = {
        "id": subscription.id,
        "recipient": subscription.recipient_id,
        "query": subscription.query,
        "cadence": subscription.cadence,
        "maximum": subscription.maximum,
        "state": subscription.state,
        "created_at": utc_ms(subscription.created_at),
    }
    if not db.execute("SELECT 1 FROM recipients WHERE id = :recipient", values).fetchone():
        raise NotFoundError("recipient", subscription.recipient_id)
    if not db.execute(
        "INSERT INTO subscriptions (id, recipient_id, query, cadence, maximum, state, created_at)"
        " VALUES (:id, :recipient, :query, :cadence, :maximum, :state, :created_at)"
        " ON CONFLICT (recipient_id, query) DO NOTHING",
        values,
    ).rowcount:
        raise ConflictError("There already is a subscription to that search.")
    place = same_appointment(db, destination)
    if place is None:
        insert(db, destination)
        place = destination.id
    else:
        revive(db, place, "a new subscription", utc_ms(subscription.created_at))
    db.execute("INSERT INTO subscription_destinations VALUES (?, ?)", (subscription.id, place))
    return replace(subscription, destination_ids=(place,))


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


def set_state(db: Database, subscription_id: str, state: SubscriptionState) -> None:
    """Pauses or resumes. Raises `NotFoundError`."""
    sql = "UPDATE subscriptions SET state = ? WHERE id = ?"
    if not db.execute(sql, (state, subscription_id)).rowcount:
        raise _no_subscription(subscription_id)


def unsubscribe(db: Database, subscription_id: str, by: str, at: int) -> None:
    """Ends it; a person's destination that has none any more is removed. `at` in ms."""
    places = [
        place
        for (place,) in db.execute(
            "DELETE FROM subscription_destinations WHERE subscription_id = ? RETURNING destination_id",
            (subscription_id,),
        ).fetchall()
    ]
    if not db.execute("DELETE FROM subscriptions WHERE id = ?", (subscription_id,)).rowcount:
        raise _no_subscription(subscription_id)
    without = db.execute(
        "SELECT id FROM destinations WHERE id IN (SELECT value FROM json_each(?)) AND pool = ?"
        " AND state <> 'removed' AND id NOT IN (SELECT destination_id FROM subscription_destinations)",
        (json.dumps(places), Pool.SUBSCRIPTIONS),
    ).fetchall()
    for (destination,) in without:
        set_destination_state(db, destination, DestinationState.REMOVED, by, at)


def _no_subscription(subscription_id: str) -> NotFoundError:
    return NotFoundError("subscription", subscription_id)


def _subscription(row: sqlite3.Row) -> Subscription:
    return Subscription(
        id=row["id"],
        recipient_id=row["recipient_id"],
        query=row["query"],
        cadence=Cadence(row["cadence"]),
        maximum=row["maximum"],
        destination_ids=tuple(json.loads(row["destinations"])),
        state=SubscriptionState(row["state"]),
        created_at=from_utc_ms(row["created_at"]),
    )
