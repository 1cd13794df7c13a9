"""Mailboxes of people, and the codes on their way to them."""

from datetime import datetime
from typing import Final

from sqlite_utils import Database

from bot.errors import ConflictError, NotFoundError
from bot.model import DestinationState, from_utc_ms, utc_ms
from bot.people.mailboxes import MAIL, AskedCode, Limits, Mailbox
from storage.sqlite import subscribing
from storage.sqlite.engine import Engine
from storage.sqlite.graves import bury, graves_of
from storage.sqlite.rows import instant, named
from storage.sqlite.standing import set_state

__all__ = ["SqliteMailboxes", "forget_address"]

_MAILBOX: Final = f"""
    SELECT m.*, i.recipient_id FROM mailboxes AS m
    JOIN identities AS i ON i.surface = '{MAIL}' AND i.tenant = '' AND i.user = m.address
"""  # noqa: S608 - a name of ours
# Of both, `email` is `MAIL`. What is over does not move along to a new address.
_MOVE: Final = (
    """
    UPDATE destinations SET address = :new
    WHERE surface = 'email' AND address = :old AND recipient_id = :owner AND state <> 'removed'
    """,
    """
    UPDATE deliveries SET address = :new
    WHERE surface = 'email' AND address = :old AND recipient_id = :owner AND state <> 'sent'
    """,
)
# Messages stay, so that nothing is told twice. They come first: whose the address is leads to them.
_FORGET: Final = (
    """
    UPDATE deliveries SET address = '' WHERE surface = 'email' AND address = :address AND recipient_id IN (
        SELECT recipient_id FROM identities WHERE surface = 'email' AND tenant = '' AND user = :address
        UNION SELECT recipient_id FROM destinations WHERE surface = 'email' AND address = :address
    )
    """,
    "UPDATE destinations SET address = '' WHERE surface = 'email' AND address = :address",
    "DELETE FROM mail_codes WHERE address = :address",
    "DELETE FROM mailboxes WHERE address = :address",
    "DELETE FROM identities WHERE surface = 'email' AND tenant = '' AND user = :address",
)
_SURFACE: Final = MAIL.capitalize()  # how a pause says who paused: see `Destination.state_why`
_PLACES: Final = (
    f"SELECT id FROM destinations WHERE surface = '{MAIL}' AND address = ? AND state <> 'removed'"  # noqa: S608 - as above
)


class SqliteMailboxes:
    """`bot.people.mailboxes.MailboxStore` on SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._graves = graves_of(engine.path)

    async def ask(self, code: AskedCode, limits: Limits) -> bool:
        """Notes the code, in place of the one before; `False` if that were too many."""
        return await self._engine.write(lambda db: _ask(db, code, limits))

    async def confirm(
        self, recipient_id: str, digest: str, at: datetime, asked_since: datetime, most_wrong: int
    ) -> Mailbox | None:
        """Makes the address of the newest code theirs, if the digest is that code's."""
        return await self._engine.write(
            lambda db: _confirm(db, recipient_id, digest, utc_ms(at), utc_ms(asked_since), most_wrong)
        )

    async def forget_codes(self, asked_before: datetime) -> None:
        """Deletes the codes asked for before that instant."""
        await self._engine.write(lambda db: _forget_codes(db, asked_before))

    async def of(self, recipient_id: str) -> Mailbox | None:
        """The mailbox of a person; of several the one confirmed last."""
        sql = f"{_MAILBOX} WHERE i.recipient_id = ? ORDER BY m.confirmed_at DESC, m.address LIMIT 1"
        return await self._engine.read(lambda db: _one(db, sql, recipient_id))

    async def at(self, address: str) -> Mailbox | None:
        """The mailbox of that address."""
        return await self._engine.read(lambda db: _one(db, f"{_MAILBOX} WHERE m.address = ?", address))

    async def pause(self, address: str, why: str, at: datetime) -> bool:
        """Pauses every destination of the address. Whether that is news."""
        return await self._engine.write(lambda db: _pause(db, address, why, utc_ms(at)))

    async def stop(self, address: str, by: str, at: datetime, tombstone: str) -> bool:
        """Takes the address away, with all that speaks there alone, and leaves the tombstone: first beside
        the database, so that whatever happens in between is made good when it is opened next.
        """
        marks = {tombstone: utc_ms(at)}

        def work(db: Database) -> bool:
            if not db.execute("SELECT 1 FROM mailboxes WHERE address = ?", (address,)).fetchone():
                return False
            self._graves.add(marks)
            bury(db, marks)
            _stop(db, address, by, utc_ms(at))
            return True

        return await self._engine.write(work)


# --- codes ---------------------------------------------------------------------------------------


def _ask(db: Database, code: AskedCode, limits: Limits) -> bool:
    _forget_codes(db, limits.since)
    (of_person, of_address) = db.execute(
        "SELECT (SELECT count(*) FROM mail_codes WHERE recipient_id = ?),"
        " (SELECT count(*) FROM mail_codes WHERE address = ?)",
        (code.recipient_id, code.address),
    ).fetchone()
    if of_person >= limits.of_person or of_address >= limits.of_address:
        return False
    if not db.execute("SELECT 1 FROM recipients WHERE id = ?", (code.recipient_id,)).fetchone():
        raise NotFoundError("person", code.recipient_id)
    db.execute(
        "INSERT INTO mail_codes (recipient_id, address, digest, asked_at) VALUES (?, ?, ?, ?)",
        (code.recipient_id, code.address, code.digest, utc_ms(code.asked_at)),
    )
    return True


def _forget_codes(db: Database, asked_before: datetime) -> None:
    db.execute("DELETE FROM mail_codes WHERE asked_at < ?", (utc_ms(asked_before),))


def _confirm(
    db: Database, recipient_id: str, digest: str, at: int, asked_since: int, most_wrong: int
) -> Mailbox | None:
    rows = named(
        db,
        "SELECT rowid, * FROM mail_codes WHERE recipient_id = ? ORDER BY asked_at DESC, rowid DESC LIMIT 1",
        (recipient_id,),
    )
    if not rows or rows[0]["asked_at"] < asked_since or rows[0]["wrong"] >= most_wrong:
        return None
    code = rows[0]
    if code["digest"] != digest:
        db.execute("UPDATE mail_codes SET wrong = wrong + 1 WHERE rowid = ?", (code["rowid"],))
        return None
    address = code["address"]
    _own(db, recipient_id, address, at)
    # A code serves once; that it was asked for still counts.
    db.execute("UPDATE mail_codes SET wrong = ? WHERE rowid = ?", (most_wrong, code["rowid"]))
    return _one(db, f"{_MAILBOX} WHERE m.address = ?", address)


def _own(db: Database, recipient_id: str, address: str, at: int) -> None:
    """Makes the address theirs in place of any other of theirs."""
    owner = db.execute(
        "SELECT recipient_id FROM identities WHERE surface = ? AND tenant = '' AND user = ?", (MAIL, address)
    ).fetchone()
    if owner is not None and owner[0] != recipient_id:
        raise ConflictError(
            "That mailbox is confirmed for somebody else here already. Stop mail there first: every mail "
            "says how."
        )
    db.execute(
        "INSERT INTO identities (surface, tenant, user, recipient_id, met_at) VALUES (?, '', ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (MAIL, address, recipient_id, at),
    )
    db.execute(
        "INSERT INTO mailboxes (address, confirmed_at) VALUES (?, ?) ON CONFLICT (address) DO UPDATE"
        " SET confirmed_at = excluded.confirmed_at, paused_at = NULL, paused_why = ''",
        (address, at),
    )
    others = db.execute(
        "SELECT user FROM identities WHERE recipient_id = ? AND surface = ? AND user <> ?",
        (recipient_id, MAIL, address),
    ).fetchall()
    for (other,) in others:
        for statement in _MOVE:
            db.execute(statement, {"new": address, "old": other, "owner": recipient_id})
        forget_address(db, other)
    paused = db.execute(f"{_PLACES} AND state = 'paused' AND state_by LIKE ?", (address, f"{_SURFACE}: %"))
    for (place,) in paused.fetchall():
        set_state(db, place, DestinationState.ACTIVE, "a new confirmation", at)


# --- ending --------------------------------------------------------------------------------------


def _pause(db: Database, address: str, why: str, at: int) -> bool:
    news = db.execute(
        "UPDATE mailboxes SET paused_at = ?, paused_why = ? WHERE address = ? AND paused_at IS NULL",
        (at, why, address),
    ).rowcount
    for (place,) in db.execute(f"{_PLACES} AND state = 'active'", (address,)).fetchall():
        set_state(db, place, DestinationState.PAUSED, f"{_SURFACE}: {why}", at)
    return bool(news)


def _stop(db: Database, address: str, by: str, at: int) -> None:
    places = [place for (place,) in db.execute(_PLACES, (address,)).fetchall()]
    for place in places:
        spoke = db.execute(
            "SELECT subscription_id FROM subscription_destinations WHERE destination_id = ?", (place,)
        )
        for (subscription,) in spoke.fetchall():
            subscribing.silence_on(db, subscription, place, by, at)
    for (place,) in db.execute(_PLACES, (address,)).fetchall():  # that nothing spoke on any more
        set_state(db, place, DestinationState.REMOVED, by, at)
    forget_address(db, address)


def forget_address(db: Database, address: str) -> None:
    """Leaves the address nowhere. Its codes go too: only its owner can have it forgotten, so that nobody else
    is let ask for more.
    """
    for statement in _FORGET:
        db.execute(statement, {"address": address})


def _one(db: Database, sql: str, value: str) -> Mailbox | None:
    rows = named(db, sql, (value,))
    if not rows:
        return None
    row = rows[0]
    return Mailbox(
        address=row["address"],
        recipient_id=row["recipient_id"],
        confirmed_at=from_utc_ms(row["confirmed_at"]),
        paused_at=instant(row["paused_at"]),
        paused_why=row["paused_why"],
    )
