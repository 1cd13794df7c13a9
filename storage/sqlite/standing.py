"""Whether a destination is active, paused or removed, and what follows for what was written for it.

Every function runs inside the caller's transaction; instants are in ms.
"""

from sqlite_utils import Database

from bot.errors import NotFoundError
from bot.model import DestinationState, QuietReason
from storage.sqlite.planning import call_off

__all__ = ["no_destination", "revive", "set_state"]


def set_state(db: Database, destination_id: str, state: DestinationState, by: str, at: int) -> None:
    """Pauses, resumes or removes; one that is in that state already is left as it is.

    Raises `NotFoundError` (unknown, or removed).
    """
    row = db.execute(
        "SELECT state FROM destinations WHERE id = ? AND state <> 'removed'", (destination_id,)
    ).fetchone()
    if row is None:
        raise no_destination(destination_id)
    if row[0] == state:
        return
    db.execute(
        "UPDATE destinations SET state = :state, state_by = :by, state_at = :at, next_at = NULL,"
        " active_from = iif(:state = 'active', :at, active_from) WHERE id = :id",
        {"state": state, "by": by, "at": at, "id": destination_id},
    )
    if state is not DestinationState.ACTIVE:
        _call_off(db, destination_id, f"{state} by {by}", at)


def revive(db: Database, destination_id: str, by: str, at: int) -> None:
    """Makes a destination active again, also one that was removed; an active one is left as it is."""
    db.execute(
        "UPDATE destinations SET state = 'active', state_by = ?, state_at = ?, active_from = ?,"
        " next_at = NULL WHERE id = ? AND state <> 'active'",
        (by, at, at, destination_id),
    )


def no_destination(name: str) -> NotFoundError:
    """The error that says so."""
    return NotFoundError("destination", name, "`paperboy destination list` shows those there are.")


def _call_off(db: Database, destination_id: str, error: str, at: int) -> None:
    """Rejects the digests that have not gone out, and makes what may have gone out too late to go again."""
    sql = "SELECT id FROM deliveries WHERE destination_id = ? AND state IN ('pending', 'leased')"
    waiting = db.execute(sql, (destination_id,)).fetchall()
    call_off(db, (one for (one,) in waiting), QuietReason.PAUSED, error, at)
    db.execute(
        "UPDATE deliveries SET deliver_by = min(deliver_by, ? - 1)"
        " WHERE destination_id = ? AND kind = 'digest' AND state IN ('pending', 'leased', 'sending')",
        (at, destination_id),
    )
