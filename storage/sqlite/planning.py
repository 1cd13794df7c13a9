"""Slots, the deliveries they queue and the ledger rows those write: what must change together."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlite_utils import Database

from bot.model import (
    NewDelivery,
    Planned,
    PlannedSlot,
    QuietReason,
    SlotOutcome,
    SlotRecord,
    utc_ms,
)
from storage.sqlite.rows import posting_text

__all__ = [
    "announce",
    "call_off",
    "end_untold",
    "insert_delivery",
    "note_waits",
    "plan",
    "queue_again",
    "tell",
]

_RECIPIENT: Final = "SELECT recipient_id FROM destinations WHERE id = ? AND state = 'active'"


def plan(db: Database, slots: Sequence[PlannedSlot]) -> list[Planned]:
    """Stores each planned slot whole or not at all, in the transaction that is open."""
    results = [_plan_one(db, planned) for planned in slots]
    for planned, result in zip(slots, results, strict=True):
        if result is Planned.STORED and planned.waits:
            note_waits(db, planned.waits)
    return results


def _plan_one(db: Database, planned: PlannedSlot) -> Planned:
    record, delivery = planned.record, planned.delivery
    if delivery is None:
        # One statement is whole or not at all by itself.
        return Planned.STORED if _insert_slot(db, record, None) else Planned.TAKEN
    unsure = _belongs(db, delivery)
    if unsure is not None:
        return unsure
    db.conn.execute("SAVEPOINT planned")
    result = _queue(db, record, delivery)
    if result is not Planned.STORED:
        db.conn.execute("ROLLBACK TO planned")
    db.conn.execute("RELEASE planned")
    return result


def _queue(db: Database, record: SlotRecord, delivery: NewDelivery) -> Planned:
    """Delivery, slot, ledger; the caller undoes what was written unless all of it was.

    The delivery comes first because the slot refers to it.
    """
    papers = json.dumps(sorted(set(delivery.papers)))
    now = utc_ms(record.recorded_at)
    not_before = max(now, utc_ms(record.slot.at))  # no digest goes out before its slot
    inserted = insert_delivery(db, delivery, papers, not_before, now)
    if not inserted or not _insert_slot(db, record, delivery.id):
        return Planned.TAKEN
    # A paper that is gone was merged into another meanwhile: that too asks for a new decision.
    told = tell(db, delivery, papers, now)
    return Planned.STORED if told == len(set(delivery.papers)) else Planned.STALE


def _belongs(db: Database, delivery: NewDelivery) -> Planned | None:
    """Why it cannot be written as it was decided: its destination is not active or not there any more, or
    became somebody else's, whose accounts were linked meanwhile; `None` if it can.
    """
    row = db.execute(_RECIPIENT, (delivery.destination_id,)).fetchone()
    if row is None:
        return Planned.TAKEN
    return None if row[0] == delivery.recipient_id else Planned.STALE


def announce(db: Database, delivery: NewDelivery, now: int) -> Planned:
    """Stores a message of papers that no slot brings whole or not at all. `now` in ms."""
    unsure = _belongs(db, delivery)
    if unsure is not None:
        return unsure
    db.conn.execute("SAVEPOINT announced")
    papers = json.dumps(sorted(set(delivery.papers)))
    result = Planned.TAKEN
    if insert_delivery(db, delivery, papers, now, now):
        told = tell(db, delivery, papers, now)
        result = Planned.STORED if told == len(set(delivery.papers)) else Planned.STALE
    if result is not Planned.STORED:
        db.conn.execute("ROLLBACK TO announced")
    db.conn.execute("RELEASE announced")
    return result


def insert_delivery(db: Database, delivery: NewDelivery, papers: str, not_before: int, now: int) -> bool:
    """Writes a pending delivery, `papers` as JSON; whether its key was new. Instants in ms."""
    return (
        db.conn.execute(
            "INSERT INTO deliveries (id, key, destination_id, recipient_id, surface, address, doc, papers,"
            " kind, layout, posting, state, not_before, deliver_by, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?) ON CONFLICT (key) DO NOTHING",
            (
                delivery.id,
                delivery.key,
                delivery.destination_id,
                delivery.recipient_id,
                delivery.route.surface,
                delivery.route.address,
                delivery.doc,
                papers,
                delivery.kind,
                delivery.layout,
                posting_text(delivery.posting),
                not_before,
                utc_ms(delivery.deliver_by),
                now,
            ),
        ).rowcount
        == 1
    )


def tell(db: Database, delivery: NewDelivery, papers: str, now: int) -> int:
    """Writes the ledger rows of a delivery; how many papers are told by it and were not before."""
    return db.conn.execute(
        "INSERT INTO ledger (recipient_id, paper_id, delivery_id, told_at)"
        " SELECT ?, papers.id, ?, ? FROM json_each(?) JOIN papers ON papers.id = value WHERE true"
        " ON CONFLICT (recipient_id, paper_id) DO NOTHING",
        (delivery.recipient_id, delivery.id, now, papers),
    ).rowcount


def note_waits(db: Database, waits: Mapping[str, datetime | None]) -> None:
    """Notes by subscription since when its papers wait, or that none do."""
    db.conn.executemany(
        "UPDATE subscriptions SET waiting_since = ? WHERE id = ?",
        [(None if since is None else utc_ms(since), subscription) for subscription, since in waits.items()],
    )


def _insert_slot(db: Database, record: SlotRecord, delivery_id: str | None) -> bool:
    """Whether the slot was free, and its destination is still active."""
    return (
        db.conn.execute(
            "INSERT INTO slots (destination_id, local_date, slot_at, outcome, late, reason, detail,"
            " delivery_id, recorded_at) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?"
            " WHERE EXISTS (SELECT 1 FROM destinations WHERE id = ? AND state = 'active')"
            " ON CONFLICT (destination_id, local_date) DO NOTHING",
            (
                record.destination_id,
                record.slot.local_date.isoformat(),
                utc_ms(record.slot.at),
                record.outcome,
                record.late,
                record.reason,
                record.detail,
                delivery_id,
                utc_ms(record.recorded_at),
                record.destination_id,
            ),
        ).rowcount
        == 1
    )


# --- what follows from a delivery's end ----------------------------------------------------------


def end_untold(
    db: Database, delivery_ids: Iterable[str], outcome: SlotOutcome, reason: QuietReason, detail: str
) -> None:
    """Withdraws the ledger rows of rejected deliveries, and says in their slots why nothing came."""
    ids = json.dumps(list(delivery_ids))
    db.execute("DELETE FROM ledger WHERE delivery_id IN (SELECT value FROM json_each(?))", (ids,))
    db.execute(
        "UPDATE slots SET outcome = ?, reason = ?, detail = ?"
        " WHERE delivery_id IN (SELECT value FROM json_each(?))",
        (outcome, reason, detail, ids),
    )


def call_off(db: Database, delivery_ids: Iterable[str], reason: QuietReason, error: str, at: int) -> None:
    """Rejects those of these digests of which no request has gone out. `at` in ms.

    A leased delivery of which no request is out yet can be rejected as well: its worker must commit
    `sending` first, and will find that it no longer may.
    """
    called_off = db.execute(
        "UPDATE deliveries SET state = 'rejected', last_error = ?, finished_at = ?,"
        " leased_by = NULL, lease_until = NULL WHERE id IN (SELECT value FROM json_each(?))"
        " AND kind = 'digest' AND state IN ('pending', 'leased') AND NOT doubtful RETURNING id",
        (error, at, json.dumps(list(delivery_ids))),
    ).fetchall()
    end_untold(db, (one for (one,) in called_off), SlotOutcome.QUIET, reason, error)


def queue_again(db: Database, delivery_id: str, told_at: int) -> None:
    """Undoes `end_untold` for a delivery that is pending again.

    Papers that were merged away or that the recipient was told of meanwhile are passed over.
    """
    db.execute(
        "INSERT INTO ledger (recipient_id, paper_id, delivery_id, told_at)"
        " SELECT recipient_id, papers.id, deliveries.id, ?"
        " FROM deliveries, json_each(deliveries.papers) AS told JOIN papers ON papers.id = told.value"
        " WHERE deliveries.id = ?"
        " ON CONFLICT (recipient_id, paper_id) DO NOTHING",
        (told_at, delivery_id),
    )
    db.execute(
        "UPDATE slots SET outcome = 'queued', reason = NULL, detail = '' WHERE delivery_id = ?",
        (delivery_id,),
    )
