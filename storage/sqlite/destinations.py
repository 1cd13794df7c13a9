"""Recipients, destinations and what became of their slots."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Final

from sqlite_utils import Database

from bot.errors import ConflictError
from bot.model import (
    Destination,
    DestinationState,
    Layout,
    Planned,
    PlannedSlot,
    Pool,
    QuietDay,
    QuietReason,
    Route,
    Schedule,
    Slot,
    SlotOutcome,
    SlotRecord,
    Summaries,
    Weekday,
    Window,
    from_utc_ms,
    utc_ms,
)
from storage.sqlite.engine import Engine
from storage.sqlite.planning import plan
from storage.sqlite.rows import instant, named, posting_of, posting_text
from storage.sqlite.standing import no_destination, set_state

__all__ = ["SqliteDestinations", "by_ids", "insert", "same_appointment"]


class SqliteDestinations:
    """`bot.ports.DestinationStore` on SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- destinations ----------------------------------------------------------------------------

    async def add(self, destination: Destination, recipient_name: str) -> None:
        """Stores a new destination, and its recipient if that is new (a known one keeps its name).

        Raises `ConflictError` if the name is taken by a destination that is not removed.
        """

        def work(db: Database) -> None:
            db.execute(
                "INSERT INTO recipients (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (destination.recipient_id, recipient_name, utc_ms(destination.created_at)),
            )
            insert(db, destination)

        await self._engine.write(work)

    async def list(self, *, removed: bool = False) -> Sequence[Destination]:
        """All destinations by name; with `removed`, those that were removed too."""
        rows = await self._engine.read(
            lambda db: named(
                db,
                "SELECT * FROM destinations WHERE state <> 'removed' OR ? ORDER BY name, created_at, id",
                (removed,),
            )
        )
        return [_destination(row) for row in rows]

    async def at(self, route: Route) -> Destination | None:
        """The destination of that route that is not removed; of several the one made first."""
        rows = await self._engine.read(
            lambda db: named(
                db,
                "SELECT * FROM destinations WHERE surface = ? AND address = ? AND state <> 'removed'"
                " ORDER BY created_at, id LIMIT 1",
                (route.surface, route.address),
            )
        )
        return _destination(rows[0]) if rows else None

    async def owned(self, owner_id: str) -> Sequence[Destination]:
        """Those not removed that this recipient set up, in order of their making."""
        rows = await self._engine.read(
            lambda db: named(
                db,
                "SELECT * FROM destinations WHERE owner_id = ? AND state <> 'removed'"
                " ORDER BY created_at, id",
                (owner_id,),
            )
        )
        return [_destination(row) for row in rows]

    async def grouped(self, groups: Iterable[str]) -> Mapping[str, Sequence[Destination]]:
        """The active destinations of each of these groups, by name; every one asked about has an entry."""
        found: dict[str, list[Destination]] = {group: [] for group in groups}
        rows = await self._engine.read(
            lambda db: named(
                db,
                'SELECT * FROM destinations WHERE "group" IN (SELECT value FROM json_each(?))'
                " AND \"group\" <> '' AND state = 'active' ORDER BY name",
                (json.dumps(list(found)),),
            )
        )
        for row in rows:
            found[row["group"]].append(_destination(row))
        return found

    async def by_name(self, name: str) -> Destination | None:
        """The destination of that name or id that is not removed; a name goes before an id."""
        rows = await self._engine.read(
            lambda db: named(
                db,
                "SELECT * FROM destinations WHERE (name = :name OR id = :name) AND state <> 'removed'"
                " ORDER BY name <> :name LIMIT 1",
                {"name": name},
            )
        )
        return _destination(rows[0]) if rows else None

    async def update(self, destination: Destination) -> None:
        """Replaces the settings of a destination: all but its recipient, its state and its age.

        An owner who was forgotten meanwhile does not come back; `active_from` moves forward only; and
        whoever pauses it meanwhile has paused it. Raises `NotFoundError` (unknown, or removed), or
        `ConflictError` if the new name is taken.
        """

        def work(db: Database) -> None:
            try:
                changed = db.execute(_UPDATE, _values(destination)).rowcount
            except sqlite3.IntegrityError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE:  # names alone are unique
                    raise _name_taken(destination.name) from error
                raise
            if not changed:
                raise no_destination(destination.name)

        await self._engine.write(work)

    async def set_state(self, destination_id: str, state: DestinationState, by: str, at: datetime) -> None:
        """Pauses, resumes or removes; a destination that is in that state already is left as it is.

        Pausing and removing reject the digests that were not sent yet; notices still go out. A digest of
        which a request may already have arrived cannot be taken back: it is only made too late to be sent
        once more. Raises `NotFoundError` (unknown, or removed).
        """
        await self._engine.write(lambda db: set_state(db, destination_id, state, by, utc_ms(at)))

    # --- appointments ----------------------------------------------------------------------------

    async def due_before(
        self, instant: datetime, limit: int
    ) -> Sequence[tuple[Destination, SlotRecord | None]]:
        """Active destinations to be looked at by `instant`, those never computed first; see the port."""
        rows = await self._engine.read(lambda db: named(db, _DUE, (utc_ms(instant), limit)))
        return [(_destination(row), None if row["local_date"] is None else _slot(row)) for row in rows]

    async def schedule_next(self, looks: Sequence[tuple[Destination, datetime]]) -> None:
        """Notes when each destination must be looked at next; one that was changed since is passed over."""
        rows = [{**_values(destination), "next_at": utc_ms(at)} for destination, at in looks]

        def work(db: Database) -> None:
            db.conn.executemany(
                "UPDATE destinations SET next_at = :next_at WHERE id = :id AND at = :at AND days = :days"
                " AND zone = :zone AND active_from = :active_from AND recipient_id = :recipient_id",
                rows,
            )

        await self._engine.write(work)

    async def forget_appointments(self) -> None:
        """Drops all hints, so that every destination is looked at again."""

        def work(db: Database) -> None:
            db.execute("UPDATE destinations SET next_at = NULL WHERE next_at IS NOT NULL")

        await self._engine.write(work)

    async def next_appointment(self) -> datetime | None:
        """The earliest hint of an active destination; those without one do not count."""
        sql = "SELECT min(next_at) FROM destinations WHERE state = 'active' AND days <> '[]'"
        (at,) = await self._engine.read(lambda db: db.execute(sql).fetchone())
        return instant(at)

    # --- slots and ledgers -----------------------------------------------------------------------

    async def plan(self, slots: Sequence[PlannedSlot]) -> Sequence[Planned]:
        """Writes slot records with their deliveries and ledger rows: each whole or not at all.

        `TAKEN` also answers for a destination that was paused or removed meanwhile, and `STALE` for a
        paper that was merged into another. A delivery is due at once, but never before its slot.
        """
        return await self._engine.write(lambda db: plan(db, slots))

    async def told(
        self, recipient_ids: Iterable[str], paper_ids: Iterable[int]
    ) -> Mapping[str, frozenset[int]]:
        """Of these papers, those that each recipient was told of (or is about to be).

        Every recipient asked about has an entry.
        """
        recipients = list(dict.fromkeys(recipient_ids))
        wanted = sorted(set(paper_ids))
        sql = _TOLD_BY_RECIPIENT if len(recipients) < len(wanted) else _TOLD_BY_PAPER
        parameters = (json.dumps(recipients), json.dumps(wanted))
        rows = await self._engine.read(lambda db: db.execute(sql, parameters).fetchall())
        papers: dict[str, set[int]] = {recipient: set() for recipient in recipients}
        for recipient, paper in rows:
            papers[recipient].add(paper)
        return {recipient: frozenset(told) for recipient, told in papers.items()}

    async def slots(self, destination_id: str, limit: int) -> Sequence[SlotRecord]:
        """The newest slot records first."""
        rows = await self._engine.read(
            lambda db: named(
                db,
                "SELECT * FROM slots WHERE destination_id = ? ORDER BY local_date DESC LIMIT ?",
                (destination_id, limit),
            )
        )
        return [_slot(row) for row in rows]


# --- SQL -----------------------------------------------------------------------------------------

_INSERT: Final = """
    INSERT INTO destinations (
        id, recipient_id, name, surface, address, at, days, zone, query, "window", pool, maximum, floor,
        layout, summaries, quiet_day, posting, "group", feed, label, owner_id, state, state_by, state_at,
        active_from, created_at
    ) VALUES (
        :id, :recipient_id, :name, :surface, :address, :at, :days, :zone, :query, :window, :pool, :maximum,
        :floor, :layout, :summaries, :quiet_day, :posting, :group, :feed, :label, :owner_id, :state,
        :state_by, :state_at, :active_from, :created_at
    )
    ON CONFLICT (name) WHERE state <> 'removed' DO NOTHING
"""

_UPDATE: Final = """
    UPDATE destinations SET
        name = :name, surface = :surface, address = :address, at = :at, days = :days, zone = :zone,
        query = :query, "window" = :window, pool = :pool, maximum = :maximum, floor = :floor,
        layout = :layout, summaries = :summaries, quiet_day = :quiet_day, posting = :posting,
        "group" = :group, feed = :feed, label = :label,
        owner_id = (SELECT id FROM recipients WHERE id = :owner_id),
        active_from = max(active_from, :active_from), next_at = NULL
    WHERE id = :id AND state <> 'removed'
"""

_SAME_APPOINTMENT: Final = """
    SELECT id FROM destinations
    WHERE recipient_id = :recipient_id AND surface = :surface AND address = :address AND pool = :pool
        AND (days = '[]') = (:days = '[]') AND (days = '[]' OR at = :at AND zone = :zone)
        AND (state <> 'removed' OR name NOT IN (SELECT name FROM destinations WHERE state <> 'removed'))
    ORDER BY state = 'removed', created_at, id LIMIT 1
"""

# Nulls sort first: a destination whose appointment was never computed has waited longest.
_DUE: Final = """
    SELECT destinations.*, local_date, slot_at, outcome, late, reason, detail, delivery_id, recorded_at,
        id AS destination_id
    FROM destinations LEFT JOIN slots
        ON slots.destination_id = destinations.id
        AND local_date = (SELECT max(local_date) FROM slots WHERE destination_id = destinations.id)
    WHERE state = 'active' AND days <> '[]' AND (next_at IS NULL OR next_at <= ?)
    ORDER BY next_at, recipient_id, id
    LIMIT ?
"""

# The shorter list leads through the ledger and the other one filters: seeking every pair of the two would
# take minutes for thousands of each. A `+` keeps a column from leading.
_TOLD_BY_RECIPIENT: Final = """
    SELECT recipient_id, paper_id FROM ledger
    WHERE recipient_id IN (SELECT value FROM json_each(?)) AND +paper_id IN (SELECT value FROM json_each(?))
"""
_TOLD_BY_PAPER: Final = """
    SELECT recipient_id, paper_id FROM ledger
    WHERE +recipient_id IN (SELECT value FROM json_each(?)) AND paper_id IN (SELECT value FROM json_each(?))
"""


# --- rows and values -----------------------------------------------------------------------------


def insert(db: Database, destination: Destination) -> None:
    """Stores a new destination of a known recipient. Raises `ConflictError` if its name is taken."""
    if not db.execute(_INSERT, _values(destination)).rowcount:
        raise _name_taken(destination.name)


def by_ids(db: Database, ids: Iterable[str]) -> dict[str, Destination]:
    """Those of these ids that there are, removed ones too."""
    sql = "SELECT * FROM destinations WHERE id IN (SELECT value FROM json_each(?))"
    return {row["id"]: _destination(row) for row in named(db, sql, (json.dumps(sorted(set(ids))),))}


def same_appointment(db: Database, destination: Destination) -> str | None:
    """A destination of that recipient, pool, route, time and zone, whatever its days, if it has any as this
    one has; one that is not removed if there is any.
    """
    row = db.execute(_SAME_APPOINTMENT, _values(destination)).fetchone()
    return None if row is None else str(row[0])


def _name_taken(name: str) -> ConflictError:
    return ConflictError(
        f"There already is a destination named {name!r}. "
        "Choose another name, or change that one with `paperboy destination edit`."
    )


def _values(destination: Destination) -> dict[str, object]:
    state_at = destination.state_at
    return {
        "id": destination.id,
        "recipient_id": destination.recipient_id,
        "name": destination.name,
        "surface": destination.route.surface,
        "address": destination.route.address,
        "at": destination.schedule.at.isoformat("minutes"),
        "days": json.dumps([day for day in Weekday if day in destination.schedule.days]),
        "zone": destination.schedule.zone,
        "query": destination.query,
        "window": destination.window,
        "pool": destination.pool,
        "maximum": destination.maximum,
        "floor": destination.floor,
        "layout": destination.layout,
        "summaries": destination.summaries,
        "quiet_day": destination.quiet_day,
        "posting": posting_text(destination.posting),
        "group": destination.group,
        "feed": destination.feed,
        "label": destination.label,
        "owner_id": destination.owner_id,
        "state": destination.state,
        "state_by": destination.state_by,
        "state_at": None if state_at is None else utc_ms(state_at),
        "active_from": utc_ms(destination.active_from),
        "created_at": utc_ms(destination.created_at),
    }


def _destination(row: sqlite3.Row) -> Destination:
    return Destination(
        id=row["id"],
        recipient_id=row["recipient_id"],
        name=row["name"],
        route=Route(surface=row["surface"], address=row["address"]),
        schedule=Schedule(
            at=time.fromisoformat(row["at"]),
            days=frozenset(map(Weekday, json.loads(row["days"]))),
            zone=row["zone"],
        ),
        query=row["query"],
        window=Window(row["window"]),
        pool=Pool(row["pool"]),
        maximum=row["maximum"],
        floor=row["floor"],
        layout=Layout(row["layout"]),
        summaries=Summaries(row["summaries"]),
        quiet_day=QuietDay(row["quiet_day"]),
        posting=posting_of(row["posting"]),
        group=row["group"],
        feed=bool(row["feed"]),
        label=row["label"],
        owner_id=row["owner_id"],
        state=DestinationState(row["state"]),
        state_by=row["state_by"],
        state_at=instant(row["state_at"]),
        active_from=from_utc_ms(row["active_from"]),
        created_at=from_utc_ms(row["created_at"]),
    )


def _slot(row: sqlite3.Row) -> SlotRecord:
    return SlotRecord(
        destination_id=row["destination_id"],
        slot=Slot(date.fromisoformat(row["local_date"]), from_utc_ms(row["slot_at"])),
        outcome=SlotOutcome(row["outcome"]),
        late=bool(row["late"]),
        reason=None if row["reason"] is None else QuietReason(row["reason"]),
        detail=row["detail"],
        delivery_id=row["delivery_id"],
        recorded_at=from_utc_ms(row["recorded_at"]),
    )
