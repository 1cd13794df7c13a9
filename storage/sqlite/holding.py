"""What is stored of one person: shown, and deleted. Every function runs inside the caller's transaction.

A table that comes to refer to recipients belongs into both lists here; a test walks the schema for it.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from sqlite_utils import Database

from bot.model import from_utc_ms
from bot.people.model import Identity, set_up_by
from storage.sqlite.rows import named

__all__ = ["HELD", "delete_destinations", "erase", "held", "identities_of"]

# By table, with `:recipient`, and `:by`: the JSON array of the identities as text. What only serves the
# program (leases, fences, when to look again) says nothing of a person; encrypted tokens are nobody's to see.
HELD: Final = {
    "recipients": "SELECT id, name, zone, created_at FROM recipients WHERE id = :recipient",
    "identities": """
        SELECT surface, tenant, user, name, former, met_at FROM identities
        WHERE recipient_id = :recipient ORDER BY met_at
    """,
    "link_codes": "SELECT until FROM link_codes WHERE recipient_id = :recipient",
    "mailboxes": """
        SELECT address, confirmed_at, paused_at, paused_why FROM mailboxes
        WHERE address IN (SELECT user FROM identities WHERE surface = 'email' AND recipient_id = :recipient)
    """,
    "mail_codes": """
        SELECT address, asked_at, wrong FROM mail_codes WHERE recipient_id = :recipient ORDER BY asked_at
    """,
    "marks": """
        SELECT mark, p.key AS paper, p.title, marked_at FROM marks JOIN papers AS p ON p.id = paper_id
        WHERE recipient_id = :recipient ORDER BY marked_at
    """,
    "tastes": "SELECT reset_at, for_you, counted FROM tastes WHERE recipient_id = :recipient",
    "teams": """
        SELECT destination_id, since FROM teams
        WHERE destination_id IN (
            SELECT id FROM destinations WHERE recipient_id = :recipient OR owner_id = :recipient
        )
    """,
    "team_saves": """
        SELECT destination_id, p.key AS paper, p.title, saved_at
        FROM team_saves JOIN papers AS p ON p.id = paper_id
        WHERE recipient_id = :recipient ORDER BY saved_at
    """,
    "subscriptions": """
        SELECT id, query, cadence, days, maximum, minimum, snoozed_until, waiting_since, state, created_at
        FROM subscriptions
        WHERE recipient_id = :recipient ORDER BY created_at
    """,
    "subscription_destinations": """
        SELECT subscription_id, destination_id, position FROM subscription_destinations
        WHERE subscription_id IN (SELECT id FROM subscriptions WHERE recipient_id = :recipient)
            OR destination_id IN (SELECT id FROM destinations WHERE recipient_id = :recipient)
    """,
    "destinations": """
        SELECT id, name, label, surface, address, at, days, zone, query, "window", pool, maximum, floor,
            layout, summaries, quiet_day, posting, "group", feed, owner_id IS :recipient AS set_up_by_you,
            state, state_by, state_at, active_from, created_at
        FROM destinations WHERE recipient_id = :recipient OR owner_id = :recipient ORDER BY created_at
    """,
    "slots": """
        SELECT destination_id, local_date, slot_at, outcome, late, reason, detail, delivery_id, recorded_at
        FROM slots WHERE destination_id IN (SELECT id FROM destinations WHERE recipient_id = :recipient)
        ORDER BY slot_at
    """,
    "deliveries": """
        SELECT id, key, destination_id, kind, surface, address, doc, layout, posting, state, attempts,
            created_at, deliver_by, sending_at, finished_at, last_error, receipt
        FROM deliveries WHERE recipient_id = :recipient ORDER BY created_at
    """,
    "ledger": """
        SELECT p.key AS paper, p.title, delivery_id, told_at FROM ledger JOIN papers AS p ON p.id = paper_id
        WHERE recipient_id = :recipient ORDER BY told_at
    """,
    "history": """
        SELECT destination_id, changed_at, by, what FROM history
        WHERE destination_id IN (SELECT id FROM destinations WHERE recipient_id = :recipient)
            OR by IN (SELECT value FROM json_each(:by))
        ORDER BY changed_at
    """,
    "installations": """
        SELECT i.surface, i.tenant, i.name, i.installed_by, i.installed_at, i.state, i.state_at
        FROM installations AS i JOIN identities AS p
            ON p.surface = i.surface AND p.tenant = i.tenant AND p.user = i.installed_by
        WHERE p.recipient_id = :recipient
    """,
}
_INSTANTS: Final = frozenset(
    {
        "active_from", "asked_at", "changed_at", "confirmed_at", "created_at", "deliver_by", "finished_at",
        "installed_at", "marked_at", "met_at", "named_at", "paused_at", "recorded_at", "reset_at",
        "saved_at", "sending_at", "since", "slot_at", "snoozed_until", "state_at", "told_at", "until",
        "waiting_since",
    }
)  # fmt: skip

# Where rows that are others' name the person: what `_UNNAME` takes out.
_NAMED: Final = """
    SELECT 'destinations' AS "table", id, 'paused, resumed or removed by ' || state_by AS words,
        state_at AS named_at
    FROM destinations
    WHERE state_by = :who AND recipient_id <> :recipient AND owner_id IS NOT :recipient
    UNION ALL
    SELECT 'slots', destination_id || ' ' || local_date, detail, slot_at FROM slots
    WHERE reason = 'paused' AND instr(detail, ' by ' || :who)
        AND destination_id NOT IN (SELECT id FROM destinations WHERE recipient_id = :recipient)
    UNION ALL
    SELECT 'deliveries', id, last_error, finished_at FROM deliveries
    WHERE recipient_id <> :recipient
        AND (instr(last_error, ' by ' || :who) OR instr(last_error, :who || ' says that it '))
    UNION ALL
    SELECT 'deliveries', id, :set_up, created_at FROM deliveries
    WHERE recipient_id <> :recipient AND instr(doc, :set_up)
        AND destination_id IN (SELECT id FROM destinations WHERE owner_id = :recipient)
    ORDER BY 4, 1, 2
"""

# What is others' stays, without the person. `:who` is their name or an identity of theirs, as text.
_SOMEBODY: Final = "somebody who was forgotten"
_UNNAME: Final = (
    "UPDATE destinations SET state_by = :somebody WHERE state_by = :who",
    "UPDATE history SET by = :somebody WHERE by = :who",
    """
    UPDATE slots SET detail = rtrim(replace(detail || ' ', ' by ' || :who || ' ', ' by ' || :somebody || ' '))
    WHERE reason = 'paused' AND instr(detail, ' by ' || :who)
    """,
    """
    UPDATE deliveries SET last_error = rtrim(replace(
        replace(last_error || ' ', ' by ' || :who || ' ', ' by ' || :somebody || ' '),
        :who || ' says that it ', :somebody || ' says that it '
    ))
    WHERE instr(last_error, ' by ' || :who) OR instr(last_error, :who || ' says that it ')
    """,
    # Messages name whoever set their destination up; those still to be sent must not.
    """
    UPDATE deliveries SET doc = replace(doc, :set_up, '')
    WHERE destination_id IN (SELECT id FROM destinations WHERE owner_id = :recipient)
    """,
)
_DISOWN: Final = "UPDATE destinations SET owner_id = NULL WHERE owner_id = ?"
_UNINSTALL: Final = """
    UPDATE installations SET installed_by = '' WHERE surface = ? AND tenant = ? AND installed_by = ?
"""

# By `:destinations`, a JSON array of ids.
_DELETE_DESTINATIONS: Final = (
    """
    DELETE FROM ledger WHERE delivery_id IN (
        SELECT id FROM deliveries WHERE destination_id IN (SELECT value FROM json_each(:destinations))
    )
    """,
    "DELETE FROM slots WHERE destination_id IN (SELECT value FROM json_each(:destinations))",
    "DELETE FROM deliveries WHERE destination_id IN (SELECT value FROM json_each(:destinations))",
    """
    DELETE FROM subscription_destinations
    WHERE destination_id IN (SELECT value FROM json_each(:destinations))
    """,
    "DELETE FROM team_saves WHERE destination_id IN (SELECT value FROM json_each(:destinations))",
    "DELETE FROM teams WHERE destination_id IN (SELECT value FROM json_each(:destinations))",
    "DELETE FROM history WHERE destination_id IN (SELECT value FROM json_each(:destinations))",
    "DELETE FROM destinations WHERE id IN (SELECT value FROM json_each(:destinations))",
)
_DELETE_RECIPIENT: Final = (
    "DELETE FROM ledger WHERE recipient_id = :recipient",
    "DELETE FROM deliveries WHERE recipient_id = :recipient",
    """
    DELETE FROM subscription_destinations
    WHERE subscription_id IN (SELECT id FROM subscriptions WHERE recipient_id = :recipient)
    """,
    "DELETE FROM subscriptions WHERE recipient_id = :recipient",
    "DELETE FROM marks WHERE recipient_id = :recipient",
    "DELETE FROM link_codes WHERE recipient_id = :recipient",
    """
    DELETE FROM mailboxes
    WHERE address IN (SELECT user FROM identities WHERE surface = 'email' AND recipient_id = :recipient)
    """,
    # Those too that others asked to be mailed there.
    """
    DELETE FROM mail_codes WHERE recipient_id = :recipient OR address IN (
        SELECT user FROM identities WHERE surface = 'email' AND recipient_id = :recipient
    )
    """,
    "DELETE FROM tastes WHERE recipient_id = :recipient",
    "DELETE FROM team_saves WHERE recipient_id = :recipient",
    "DELETE FROM identities WHERE recipient_id = :recipient",
    "DELETE FROM recipients WHERE id = :recipient",
)


def identities_of(db: Database, recipient_id: str) -> tuple[Identity, ...]:
    """How surfaces know a recipient; none if it is no person."""
    sql = "SELECT surface, tenant, user FROM identities WHERE recipient_id = ? ORDER BY 1, 2, 3"
    return tuple(Identity(*row) for row in db.execute(sql, (recipient_id,)))


def held(db: Database, recipient_id: str) -> dict[str, list[dict[str, Any]]]:
    """Everything that is stored of a recipient, by table, instants as ISO 8601; under `named` where what is
    others' has a person's name in it.
    """
    identities = identities_of(db, recipient_id)
    by = json.dumps([str(identity) for identity in identities])
    found = {
        table: [_row(row) for row in named(db, sql, {"recipient": recipient_id, "by": by})]
        for table, sql in HELD.items()
    }
    found["named"] = [
        _row(row) for who in _names(db, recipient_id) for row in named(db, _NAMED, _who(recipient_id, who))
    ]
    return {table: rows for table, rows in found.items() if rows}


def erase(db: Database, recipient_id: str) -> None:
    """Deletes a recipient with all that is theirs; what they set up for others stays, without them.

    Deliveries go whatever their state: a worker that holds a lease on one can no longer commit `sending`.
    """
    for who in _names(db, recipient_id):
        for statement in _UNNAME:
            db.execute(statement, _who(recipient_id, who))
    for identity in identities_of(db, recipient_id):
        db.execute(_UNINSTALL, identity)
    db.execute(_DISOWN, (recipient_id,))
    own = db.execute("SELECT id FROM destinations WHERE recipient_id = ?", (recipient_id,))
    delete_destinations(db, [destination for (destination,) in own.fetchall()])
    for statement in _DELETE_RECIPIENT:
        db.execute(statement, {"recipient": recipient_id})


def _names(db: Database, recipient_id: str) -> list[str]:
    """How others' rows may name a person, now or before; nothing for a channel, whose name is nobody's."""
    rows = db.execute(
        "SELECT r.name, i.name, i.former FROM recipients AS r JOIN identities AS i ON i.recipient_id = r.id"
        " WHERE r.id = ? ORDER BY i.met_at",
        (recipient_id,),
    ).fetchall()
    names = [name for of_all, name, former in rows for name in (of_all, name, *json.loads(former))]
    return [who for who in dict.fromkeys((*names, *map(str, identities_of(db, recipient_id)))) if who]


def _who(recipient_id: str, who: str) -> dict[str, str]:
    set_up = json.dumps(set_up_by(who))[1:-1]  # as it stands in a message's JSON
    return {"recipient": recipient_id, "who": who, "somebody": _SOMEBODY, "set_up": set_up}


def delete_destinations(db: Database, destination_ids: Iterable[str]) -> None:
    """Deletes destinations with their slots, deliveries, history, and what their messages told."""
    going = json.dumps(list(destination_ids))
    for statement in _DELETE_DESTINATIONS:
        db.execute(statement, {"destinations": going})


def _row(row: sqlite3.Row) -> dict[str, Any]:
    return {name: _shown(name, row[name]) for name in row.keys()}  # noqa: SIM118 - a row iterates over values


def _shown(column: str, value: Any) -> Any:
    return from_utc_ms(value).isoformat() if column in _INSTANTS and value is not None else value
