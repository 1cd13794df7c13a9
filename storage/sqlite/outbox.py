"""The outbox: deliveries and their leases. Every change of state is one guarded UPDATE."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from sqlite3 import Row
from typing import Final

from sqlite_utils import Database

from bot.errors import ConflictError, NotFoundError, StaleLeaseError
from bot.model import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Layout,
    NewDelivery,
    Planned,
    PostedDigest,
    QuietReason,
    Route,
    SlotOutcome,
    from_utc_ms,
    utc_ms,
)
from bot.people.mailboxes import MAIL
from storage.sqlite.engine import Engine
from storage.sqlite.planning import announce, end_untold, insert_delivery, queue_again, tell
from storage.sqlite.rows import instant, named, posting_of

__all__ = ["SqliteOutbox"]


class SqliteOutbox:
    """`bot.ports.OutboxStore` on SQLite.

    A lease that has run out still counts for its holder until somebody else claims the delivery: the
    fence alone decides who may write.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- the worker's side -----------------------------------------------------------------------

    async def claim(
        self, worker: str, surfaces: Sequence[str], now: datetime, lease: timedelta, limit: int
    ) -> Sequence[Delivery]:
        """Leases up to `limit` due deliveries; see the port."""
        parameters = {
            "worker": worker,
            "surfaces": json.dumps(tuple(surfaces)),
            "now": utc_ms(now),
            "until": utc_ms(now + lease),
            "limit": limit,
        }
        rows = await self._engine.write(lambda db: named(db, _CLAIM, parameters))
        claimed = [_delivery(row) for row in rows]
        # RETURNING promises no order.
        claimed.sort(key=lambda delivery: (delivery.attempts, delivery.not_before, delivery.id))
        return claimed

    async def sending(self, delivery_id: str, fence: int, now: datetime, lease: timedelta) -> None:
        """Commits that the request is about to go out; renews the lease. Once for each lease."""
        await self._fenced(
            "UPDATE deliveries SET state = 'sending', attempts = attempts + 1, sending_at = :now,"
            " lease_until = :until WHERE id = :id AND fence = :fence AND state = 'leased'",
            delivery_id,
            fence,
            {"now": utc_ms(now), "until": utc_ms(now + lease)},
        )

    async def sent(self, delivery_id: str, fence: int, now: datetime, receipt: str) -> None:
        """Ends it as delivered; `receipt` is the receiver's own name for the message."""
        await self._fenced(
            "UPDATE deliveries SET state = 'sent', receipt = :receipt, finished_at = :now,"
            " leased_by = NULL, lease_until = NULL"
            " WHERE id = :id AND fence = :fence AND state IN ('leased', 'sending')",
            delivery_id,
            fence,
            {"receipt": receipt, "now": utc_ms(now)},
        )

    async def retry(
        self, delivery_id: str, fence: int, not_before: datetime, error: str, *, doubtful: bool
    ) -> None:
        """Back to pending, not to be claimed before `not_before`; `doubtful` never falls back to false."""
        await self._fenced(
            "UPDATE deliveries SET state = 'pending', not_before = :not_before, last_error = :error,"
            " doubtful = max(doubtful, :doubtful),"
            " doubtful_since = coalesce(doubtful_since, iif(:doubtful, sending_at, NULL)),"
            " leased_by = NULL, lease_until = NULL"
            " WHERE id = :id AND fence = :fence AND state IN ('leased', 'sending')",
            delivery_id,
            fence,
            {"not_before": utc_ms(not_before), "error": error, "doubtful": doubtful},
        )

    async def rejected(self, delivery_id: str, fence: int, now: datetime, error: str) -> None:
        """Ends it, withdraws its ledger rows, and marks its slot as not delivered."""

        def work(db: Database) -> None:
            _fence(
                db,
                "UPDATE deliveries SET state = 'rejected', last_error = :error, finished_at = :now,"
                " leased_by = NULL, lease_until = NULL"
                " WHERE id = :id AND fence = :fence AND state IN ('leased', 'sending')",
                delivery_id,
                fence,
                {"error": error, "now": utc_ms(now)},
            )
            _not_delivered(db, delivery_id, error)

        await self._engine.write(work)

    async def in_doubt(self, delivery_id: str, fence: int, now: datetime, error: str) -> None:
        """Ends it as in doubt: its papers count as told, and it is never sent again by itself."""
        await self._fenced(
            "UPDATE deliveries SET state = 'in_doubt', last_error = :error, finished_at = :now,"
            " doubtful = 1, doubtful_since = coalesce(doubtful_since, sending_at),"
            " leased_by = NULL, lease_until = NULL"
            " WHERE id = :id AND fence = :fence AND state IN ('leased', 'sending')",
            delivery_id,
            fence,
            {"error": error, "now": utc_ms(now)},
        )

    async def release(self, delivery_id: str, fence: int) -> None:
        """Gives a lease back unused (on stop): pending again, due at once. Not once a request is out."""
        await self._fenced(
            "UPDATE deliveries SET state = 'pending', leased_by = NULL, lease_until = NULL"
            " WHERE id = :id AND fence = :fence AND state = 'leased'",
            delivery_id,
            fence,
            {},
        )

    async def next_due(self, surfaces: Sequence[str]) -> datetime | None:
        """When the next delivery can be claimed; in the past if one can be now."""
        (due,) = await self._engine.read(
            lambda db: db.execute(_NEXT_DUE, {"surfaces": json.dumps(tuple(surfaces))}).fetchone()
        )
        return None if due is None else from_utc_ms(due)

    # --- notices ---------------------------------------------------------------------------------

    async def post(self, delivery: NewDelivery, now: datetime) -> bool:
        """Writes a message that no slot brings, due at once; `False` if its key is there already, or its
        destination or recipient is not there any more.
        """

        def work(db: Database) -> bool:
            (known,) = db.execute(_BOTH_ENDS, (delivery.destination_id, delivery.recipient_id)).fetchone()
            papers, at = json.dumps(sorted(set(delivery.papers))), utc_ms(now)
            if not known or not insert_delivery(db, delivery, papers, at, at):
                return False
            tell(db, delivery, papers, at)
            return True

        return await self._engine.write(work)

    async def announce(self, delivery: NewDelivery, now: datetime) -> Planned:
        """Writes a message of papers that no slot brings whole or not at all; see the port."""
        return await self._engine.write(lambda db: announce(db, delivery, utc_ms(now)))

    # --- a person's side -------------------------------------------------------------------------

    async def list(self, states: Sequence[DeliveryState], limit: int) -> Sequence[Delivery]:
        """Deliveries in these states, the newest first."""
        rows = await self._engine.read(
            lambda db: named(
                db,
                "SELECT * FROM deliveries WHERE state IN (SELECT value FROM json_each(?))"
                " ORDER BY created_at DESC, id DESC LIMIT ?",
                (json.dumps(tuple(states)), limit),
            )
        )
        return [_delivery(row) for row in rows]

    async def get(self, delivery_id: str) -> Delivery | None:
        return await self._engine.read(lambda db: _get(db, delivery_id))

    async def posted(self, destination_id: str, limit: int) -> Sequence[PostedDigest]:
        """The newest digests with papers that arrived at this destination, newest first."""
        rows = await self._engine.read(lambda db: db.execute(_POSTED, (destination_id, limit)).fetchall())
        return [PostedDigest(doc, from_utc_ms(at), frozenset(json.loads(papers))) for doc, at, papers in rows]

    async def resend(self, delivery_id: str, now: datetime, deliver_by: datetime) -> Delivery:
        """A person's decision: makes a rejected or doubtful delivery pending again under the same key.

        Its papers count as told again, those excepted that another message told of meanwhile. Raises
        `NotFoundError`, or `ConflictError` if it is under way or was sent, or its address is forgotten.
        """

        def work(db: Database) -> Delivery:
            changed = db.execute(
                "UPDATE deliveries SET state = 'pending', doubtful = 0, doubtful_since = NULL,"
                " not_before = :now, deliver_by = :deliver_by, finished_at = NULL, resends = resends + 1"
                " WHERE id = :id AND state IN ('rejected', 'in_doubt')"
                " AND NOT (surface = :mail AND address = '')",
                {"id": delivery_id, "mail": MAIL, "now": utc_ms(now), "deliver_by": utc_ms(deliver_by)},
            ).rowcount
            delivery = _existing(db, delivery_id)
            if not changed:
                raise ConflictError(
                    f"Delivery {delivery_id!r} cannot be sent again: mail to its address was stopped."
                    if delivery.route == _FORGOTTEN
                    else f"Delivery {delivery_id!r} {_WORDS[delivery.state]}; "
                    "only one that was rejected or is in doubt can be sent again."
                )
            queue_again(db, delivery_id, utc_ms(now))
            return delivery

        return await self._engine.write(work)

    async def resolve(self, delivery_id: str, now: datetime, *, arrived: bool, by: str) -> Delivery:
        """A person's answer to a doubtful delivery: it did arrive (→ sent) or it did not (→ rejected).

        Raises `NotFoundError`, or `ConflictError` if it is not in doubt.
        """
        word = f"{by} says that it {'arrived' if arrived else 'did not arrive'}."

        def work(db: Database) -> Delivery:
            changed = db.execute(
                "UPDATE deliveries SET state = :state, finished_at = :now,"
                " last_error = ltrim(coalesce(last_error, '') || ' ' || :word)"
                " WHERE id = :id AND state = 'in_doubt'",
                {
                    "state": DeliveryState.SENT if arrived else DeliveryState.REJECTED,
                    "now": utc_ms(now),
                    "word": word,
                    "id": delivery_id,
                },
            ).rowcount
            delivery = _existing(db, delivery_id)
            if not changed:
                raise ConflictError(
                    f"Delivery {delivery_id!r} {_WORDS[delivery.state]}; only one in doubt can be resolved."
                )
            if not arrived:
                _not_delivered(db, delivery_id, word)
            return delivery

        return await self._engine.write(work)

    async def counts(self) -> Mapping[DeliveryState, int]:
        """How many deliveries are in each state; every state is named."""
        rows = await self._engine.read(
            lambda db: db.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall()
        )
        return dict.fromkeys(DeliveryState, 0) | {DeliveryState(state): count for state, count in rows}

    async def counts_by_surface(self) -> Mapping[tuple[str, DeliveryState], int]:
        """How many deliveries of each surface are in each state that it has any in."""
        rows = await self._engine.read(
            lambda db: db.execute(
                "SELECT surface, state, count(*) FROM deliveries GROUP BY surface, state"
            ).fetchall()
        )
        return {(surface, DeliveryState(state)): count for surface, state, count in rows}

    async def _fenced(self, sql: str, delivery_id: str, fence: int, parameters: Mapping[str, object]) -> None:
        await self._engine.write(lambda db: _fence(db, sql, delivery_id, fence, parameters))


# --- SQL -----------------------------------------------------------------------------------------

# A lease that ran out in `sending` leaves a request of unknown fate behind, for ever. The two kinds of
# due deliveries are sought apart, so that each can follow its own index and stop at the limit. The indexes
# are named: SQLite would take that of all states, and sort ten thousand for each that is claimed.
_CLAIM: Final = """
    UPDATE deliveries SET
        state = 'leased', leased_by = :worker, lease_until = :until, fence = fence + 1,
        doubtful = max(doubtful, state = 'sending'),
        doubtful_since = coalesce(doubtful_since, iif(state = 'sending', sending_at, NULL))
    WHERE id IN (
        SELECT id FROM (
            SELECT * FROM (
                SELECT id, attempts, not_before FROM deliveries INDEXED BY deliveries_due
                WHERE state = 'pending' AND not_before <= :now
                    AND surface IN (SELECT value FROM json_each(:surfaces))
                ORDER BY attempts, not_before, id LIMIT :limit
            )
            UNION ALL
            SELECT * FROM (
                SELECT id, attempts, not_before FROM deliveries INDEXED BY deliveries_leased
                WHERE state IN ('leased', 'sending') AND lease_until <= :now
                    AND surface IN (SELECT value FROM json_each(:surfaces))
                ORDER BY attempts, not_before, id LIMIT :limit
            )
        )
        ORDER BY attempts, not_before, id LIMIT :limit
    )
    RETURNING *
"""

_POSTED: Final = """
    SELECT doc, finished_at, (SELECT json_group_array(paper_id) FROM ledger WHERE delivery_id = deliveries.id)
    FROM deliveries
    WHERE destination_id = ? AND state = 'sent' AND kind = 'digest'
        AND EXISTS (SELECT * FROM ledger WHERE delivery_id = deliveries.id)
    ORDER BY finished_at DESC, id DESC
    LIMIT ?
"""

_NEXT_DUE: Final = """
    SELECT min(due) FROM (
        SELECT * FROM (
            SELECT not_before AS due FROM deliveries INDEXED BY deliveries_pending
            WHERE state = 'pending' AND surface IN (SELECT value FROM json_each(:surfaces))
            ORDER BY not_before LIMIT 1
        )
        UNION ALL
        SELECT * FROM (
            SELECT lease_until FROM deliveries INDEXED BY deliveries_leased
            WHERE state IN ('leased', 'sending') AND surface IN (SELECT value FROM json_each(:surfaces))
            ORDER BY lease_until LIMIT 1
        )
    )
"""

_BOTH_ENDS: Final = """
    SELECT EXISTS (SELECT 1 FROM destinations WHERE id = ?)
        AND EXISTS (SELECT 1 FROM recipients WHERE id = ?)
"""

_FORGOTTEN: Final = Route(surface=MAIL, address="")  # what `mailboxes.forget_address` leaves

_WORDS: Final = {
    DeliveryState.PENDING: "is waiting to be sent",
    DeliveryState.LEASED: "is about to be sent",
    DeliveryState.SENDING: "is being sent",
    DeliveryState.SENT: "was sent",
    DeliveryState.REJECTED: "was rejected",
    DeliveryState.IN_DOUBT: "is in doubt",
}


def _fence(db: Database, sql: str, delivery_id: str, fence: int, parameters: Mapping[str, object]) -> None:
    """Runs an UPDATE that counts only under this very lease."""
    if not db.execute(sql, {**parameters, "id": delivery_id, "fence": fence}).rowcount:
        raise StaleLeaseError(f"delivery {delivery_id!r}")


def _not_delivered(db: Database, delivery_id: str, error: str) -> None:
    end_untold(db, [delivery_id], SlotOutcome.MISSED, QuietReason.NOT_DELIVERED, error)


def _get(db: Database, delivery_id: str) -> Delivery | None:
    for row in named(db, "SELECT * FROM deliveries WHERE id = ?", (delivery_id,)):
        return _delivery(row)
    return None


def _existing(db: Database, delivery_id: str) -> Delivery:
    delivery = _get(db, delivery_id)
    if delivery is None:
        raise NotFoundError("delivery", delivery_id, "`paperboy outbox list` shows those there are.")
    return delivery


def _delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        key=row["key"],
        destination_id=row["destination_id"],
        recipient_id=row["recipient_id"],
        route=Route(surface=row["surface"], address=row["address"]),
        doc=row["doc"],
        kind=DeliveryKind(row["kind"]),
        layout=Layout(row["layout"]),
        posting=posting_of(row["posting"]),
        state=DeliveryState(row["state"]),
        doubtful=bool(row["doubtful"]),
        attempts=row["attempts"],
        not_before=from_utc_ms(row["not_before"]),
        deliver_by=from_utc_ms(row["deliver_by"]),
        created_at=from_utc_ms(row["created_at"]),
        sending_at=instant(row["sending_at"]),
        doubtful_since=instant(row["doubtful_since"]),
        leased_by=row["leased_by"],
        lease_until=instant(row["lease_until"]),
        fence=row["fence"],
        last_error=row["last_error"],
        receipt=row["receipt"],
        finished_at=instant(row["finished_at"]),
        resends=row["resends"],
    )
