"""One person with accounts on several surfaces: codes that link them, and two recipients that become one.

Every function runs inside the caller's transaction; instants are in ms.
"""

from typing import Final

from sqlite_utils import Database

from bot.errors import ConflictError, InputError, NotFoundError
from bot.model import QuietReason
from bot.people.mailboxes import MAIL
from storage.sqlite import subscribing
from storage.sqlite.holding import identities_of
from storage.sqlite.mailboxes import forget_address
from storage.sqlite.planning import call_off

__all__ = ["link", "offer", "offered", "unlink"]

CALLED_OFF: Final = "called off: accounts were linked, and another message has a paper of it"

# With `:gone` and `:stays`. Each paper that both were told of, with the delivery that counts less: what is
# out counts more than what may be, that more than what is not, and else the earlier.
_TOLD_TWICE: Final = """
    SELECT recipient_id, paper_id, delivery_id FROM (
        SELECT l.recipient_id, l.paper_id, l.delivery_id, row_number() OVER (
            PARTITION BY l.paper_id
            ORDER BY d.state NOT IN ('sent', 'in_doubt'), d.state <> 'sending' AND NOT d.doubtful,
                l.told_at, l.recipient_id
        ) AS place
        FROM ledger AS l JOIN deliveries AS d ON d.id = l.delivery_id
        WHERE l.recipient_id IN (:gone, :stays)
    ) WHERE place > 1
"""
# Pairs of subscriptions to one search: the one that stays, and the one that goes.
_WANTED_TWICE: Final = """
    SELECT first_value(s.id) OVER pair, last_value(s.id) OVER pair
    FROM subscriptions AS s WHERE s.recipient_id IN (:gone, :stays)
    WINDOW pair AS (
        PARTITION BY s.query ORDER BY s.state <> 'active', s.created_at, s.id
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
"""
# A table that comes to refer to recipients belongs here; a test walks the schema for it.
_MOVES: Final = (
    f"""
    DELETE FROM ledger WHERE (recipient_id, paper_id) IN (SELECT recipient_id, paper_id FROM ({_TOLD_TWICE}))
    """,  # noqa: S608 - a text of ours
    "UPDATE ledger SET recipient_id = :stays WHERE recipient_id = :gone",
    "UPDATE deliveries SET recipient_id = :stays WHERE recipient_id = :gone",
    # What either saved or hid stays so, since the earlier instant.
    """
    INSERT INTO marks (recipient_id, mark, paper_id, marked_at)
    SELECT :stays, mark, paper_id, marked_at FROM marks WHERE recipient_id = :gone
    ON CONFLICT (recipient_id, mark, paper_id) DO UPDATE SET marked_at = min(marked_at, excluded.marked_at)
    """,
    "DELETE FROM marks WHERE recipient_id = :gone",
    # What either forgot teaches nothing, and who keeps one account's saves out of a channel's keeps out all.
    """
    INSERT INTO tastes (recipient_id, reset_at, for_you, counted)
    SELECT :stays, reset_at, for_you, counted FROM tastes WHERE recipient_id = :gone
    ON CONFLICT (recipient_id) DO UPDATE SET
        reset_at = nullif(max(coalesce(reset_at, -1), coalesce(excluded.reset_at, -1)), -1),
        for_you = max(for_you, excluded.for_you), counted = min(counted, excluded.counted)
    """,
    "DELETE FROM tastes WHERE recipient_id = :gone",
    """
    INSERT INTO team_saves (destination_id, paper_id, recipient_id, saved_at)
    SELECT destination_id, paper_id, :stays, saved_at FROM team_saves WHERE recipient_id = :gone
    ON CONFLICT (destination_id, paper_id, recipient_id)
        DO UPDATE SET saved_at = min(saved_at, excluded.saved_at)
    """,
    """
    DELETE FROM team_saves WHERE recipient_id = :gone
        OR (recipient_id = :stays AND EXISTS (
            SELECT 1 FROM tastes WHERE recipient_id = :stays AND NOT counted
        ))
    """,
    "UPDATE mail_codes SET recipient_id = :stays WHERE recipient_id = :gone",
    "UPDATE subscriptions SET recipient_id = :stays WHERE recipient_id = :gone",
    "UPDATE destinations SET recipient_id = :stays, next_at = NULL WHERE recipient_id = :gone",
    "UPDATE destinations SET owner_id = :stays WHERE owner_id = :gone",
    "UPDATE identities SET recipient_id = :stays WHERE recipient_id = :gone",
    "DELETE FROM link_codes WHERE recipient_id IN (:gone, :stays)",
    """
    UPDATE recipients SET zone = coalesce(zone, (SELECT zone FROM recipients WHERE id = :gone))
    WHERE id = :stays
    """,
    "DELETE FROM recipients WHERE id = :gone",
)


# --- codes ---------------------------------------------------------------------------------------


def offer(db: Database, recipient_id: str, code: str, until: int, at: int) -> None:
    """Keeps a code, in place of the one that this recipient had. Raises `NotFoundError`."""
    if not identities_of(db, recipient_id):
        raise NotFoundError("person", recipient_id)
    db.execute("DELETE FROM link_codes WHERE until <= ? OR recipient_id = ?", (at, recipient_id))
    db.execute(
        "INSERT INTO link_codes (recipient_id, digest, until) VALUES (?, ?, ?)", (recipient_id, code, until)
    )


def offered(db: Database, code: str, at: int) -> str | None:
    """The recipient whose code it is; `None` if it is not good (any more)."""
    row = db.execute(
        "SELECT recipient_id FROM link_codes WHERE digest = ? AND until > ?", (code, at)
    ).fetchone()
    return str(row[0]) if row else None


# --- accounts ------------------------------------------------------------------------------------


def link(db: Database, code: str, recipient_id: str, by: str, at: int) -> str:
    """Makes one of two recipients; the id of the one that stays. Raises `InputError`."""
    other = offered(db, code, at)
    if other is None:
        raise InputError("That code is not good, or not any more: it serves once, and not for long.")
    if other == recipient_id:
        raise ConflictError("These accounts are linked already.")
    theirs = {identity.surface for identity in identities_of(db, other)}
    ours = {identity.surface for identity in identities_of(db, recipient_id)}
    if not ours:
        raise NotFoundError("person", recipient_id)
    if both := theirs & ours:
        raise ConflictError(
            f"Both have an account on {min(both).capitalize()}, and only one of a surface can be linked."
        )
    (stays,), (gone,) = db.execute(
        "SELECT id FROM recipients WHERE id IN (?, ?) ORDER BY created_at, id", (other, recipient_id)
    ).fetchall()
    _merge(db, stays=stays, gone=gone, by=by, at=at)
    return str(stays)


def unlink(db: Database, recipient_id: str, surface: str, by: str, at: int) -> None:
    """Takes a person's account on one surface away. Raises `NotFoundError` or `ConflictError`."""
    identities = identities_of(db, recipient_id)
    if surface not in {identity.surface for identity in identities}:
        raise NotFoundError("account", surface)
    if {identity.surface for identity in identities} == {surface}:
        raise ConflictError("It is the only account that is known.")
    subscribing.leave(db, recipient_id, surface, by, at)
    for identity in identities:
        if identity.surface == surface == MAIL:
            forget_address(db, identity.user)
    db.execute("DELETE FROM identities WHERE recipient_id = ? AND surface = ?", (recipient_id, surface))


def _merge(db: Database, *, stays: str, gone: str, by: str, at: int) -> None:
    both = {"stays": stays, "gone": gone}
    twice = db.execute(_TOLD_TWICE, both).fetchall()
    call_off(db, {delivery for _, _, delivery in twice}, QuietReason.ALL_TOLD, CALLED_OFF, at)
    wanted = db.execute(f"SELECT DISTINCT * FROM ({_WANTED_TWICE})", both).fetchall()  # noqa: S608 - a text of ours
    for kept, ended in wanted:
        if kept != ended:
            subscribing.absorb(db, kept, ended, by, at)
    for statement in _MOVES:
        db.execute(statement, both)
