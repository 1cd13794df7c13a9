"""What is known of each source, leases by name, request budgets, and small notes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from sqlite3 import Row
from typing import Final

from sqlite_utils import Database

from bot.model import Outcome, SubjectState, Upstream, from_utc_ms, utc_ms
from storage.sqlite.engine import Engine
from storage.sqlite.rows import instant, named

__all__ = ["SqliteSources", "states_as_of"]

_MS: Final = timedelta(milliseconds=1)

# Callers read the clock before they wait their turn to write, so their instants come in slightly out of
# order. Only a clock that is further behind than this was set back.
_DISORDER_MS: Final = 60_000


class SqliteSources:
    """`bot.ports.SourceStore` on SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def states(self) -> Sequence[SubjectState]:
        """Everything that was ever polled, by upstream and subject."""
        return await self._engine.read(lambda db: [_state(row) for row in named(db, _STATES)])

    # --- leases ----------------------------------------------------------------------------------

    async def acquire(self, name: str, holder: str, now: datetime, lease: timedelta) -> bool:
        """Takes or renews the named lease; `False` if another holder has it until later than `now`."""

        def work(db: Database) -> bool:
            return db.execute(_ACQUIRE, (name, holder, utc_ms(now + lease), utc_ms(now))).rowcount == 1

        return await self._engine.write(work)

    async def give_back(self, name: str, holder: str) -> None:
        """Ends the lease if this holder has it."""

        def work(db: Database) -> None:
            db.execute("DELETE FROM leases WHERE name = ? AND holder = ?", (name, holder))

        await self._engine.write(work)

    # --- budgets ---------------------------------------------------------------------------------

    async def reserve(
        self,
        budget: str,
        now: datetime,
        interval: timedelta,
        window: timedelta,
        limit: int,
        latest: datetime | None = None,
    ) -> datetime:
        """Books one request and returns when it may start, in whole milliseconds; see the port.

        Requests start in the order in which they were booked. A window is open at its end: the request
        `limit` places before this one starts at least `window` earlier.

        If the clock has gone back (by more than a minute) since the last booking, all bookings are moved
        back with it, so that what was booked under the old time neither blocks for long nor is forgotten.
        """

        def work(db: Database) -> datetime:
            start = _earliest(db, budget, _up(now), -(-interval // _MS), -(-window // _MS), limit)
            may_start = from_utc_ms(start)
            if latest is None or may_start <= latest:
                db.execute("INSERT INTO bookings (budget, start_at) VALUES (?, ?)", (budget, start))
            return may_start

        return await self._engine.write(work)

    async def hold(self, budget: str, until: datetime) -> None:
        """Nothing booked from now on may start before `until`; an earlier instant shortens no hold."""

        def work(db: Database) -> None:
            db.execute(
                "INSERT INTO budgets (name, held_until) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET held_until = max(held_until, excluded.held_until)",
                (budget, _up(until)),
            )

        await self._engine.write(work)

    # --- notes -----------------------------------------------------------------------------------

    async def note(self, key: str) -> str | None:
        """A small text kept for a source; `None` if there is none."""
        row = await self._engine.read(
            lambda db: db.execute("SELECT value FROM notes WHERE key = ?", (key,)).fetchone()
        )
        return None if row is None else str(row[0])

    async def set_note(self, key: str, value: str) -> None:
        await self._engine.write(lambda db: _set_note(db, key, value))


# --- SQL and its rules ---------------------------------------------------------------------------

_STATES: Final = """
    SELECT subjects.*, upstreams.name AS upstream
    FROM subjects JOIN upstreams ON upstreams.id = upstream_id
    ORDER BY upstream, subject
"""

# The same from the polls alone, of any instant. Which was the last to bring something they do not tell.
_STATES_AS_OF: Final = """
    SELECT u.name AS upstream, s.subject,
        p.observed_at AS last_poll_at, p.outcome AS last_outcome, p.ask_again_at,
        CASE WHEN p.outcome IN ('failed', 'partial') AND p.detail <> '' THEN p.detail END AS last_error,
        NULL AS last_change_at, ok.observed_at AS last_success_at, coalesce((
            SELECT papers FROM polls
            WHERE subject_id = s.id AND observed_at <= :as_of AND outcome NOT IN ('failed', 'unchanged')
            ORDER BY observed_at DESC LIMIT 1
        ), 0) AS papers, (
            SELECT min(observed_at) FROM polls
            WHERE subject_id = s.id AND observed_at > coalesce(ok.observed_at, -1) AND observed_at <= :as_of
        ) AS failing_since
    FROM subjects AS s
    JOIN upstreams AS u ON u.id = s.upstream_id
    JOIN polls AS p ON p.id = (
        SELECT id FROM polls WHERE subject_id = s.id AND observed_at <= :as_of
        ORDER BY observed_at DESC LIMIT 1
    )
    LEFT JOIN polls AS ok ON ok.id = (
        SELECT id FROM polls WHERE subject_id = s.id AND observed_at <= :as_of AND outcome <> 'failed'
        ORDER BY observed_at DESC LIMIT 1
    )
    ORDER BY upstream, subject
"""

_ACQUIRE: Final = """
    INSERT INTO leases (name, holder, until) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
        WHERE leases.holder = excluded.holder OR leases.until <= ?
"""


def states_as_of(db: Database, as_of: int) -> list[SubjectState]:
    """How everything that was polled by `as_of` (ms) stood then, but for `last_change_at`."""
    return [_state(row) for row in named(db, _STATES_AS_OF, {"as_of": as_of})]


def _state(row: Row) -> SubjectState:
    return SubjectState(
        upstream=Upstream(row["upstream"]),
        subject=row["subject"],
        last_poll_at=instant(row["last_poll_at"]),
        last_success_at=instant(row["last_success_at"]),
        last_change_at=instant(row["last_change_at"]),
        last_outcome=None if row["last_outcome"] is None else Outcome(row["last_outcome"]),
        ask_again_at=instant(row["ask_again_at"]),
        last_error=row["last_error"],
        failing_since=instant(row["failing_since"]),
        papers=row["papers"],
    )


def _earliest(db: Database, budget: str, now: int, interval: int, window: int, limit: int) -> int:
    """The earliest start that the bookings leave free. All in milliseconds."""
    _follow_clock(db, budget, now)
    held_until: int
    (held_until,) = db.execute(
        "INSERT INTO budgets (name) VALUES (?)"
        " ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING held_until",
        (budget,),
    ).fetchone()
    # Older bookings bind nobody any more.
    db.execute(
        "DELETE FROM bookings WHERE budget = ? AND start_at <= ?", (budget, now - max(interval, window))
    )
    return max(
        now,
        held_until,
        _nth_last(db, budget, 1, now - interval) + interval,
        _nth_last(db, budget, limit, now - window) + window,
    )


def _nth_last(db: Database, budget: str, place: int, default: int) -> int:
    """The start of the booking in this place from the end, counted from 1."""
    row = db.execute(
        "SELECT start_at FROM bookings WHERE budget = ? ORDER BY start_at DESC LIMIT 1 OFFSET ?",
        (budget, place - 1),
    ).fetchone()
    start: int = row[0] if row else default
    return start


def _follow_clock(db: Database, budget: str, now: int) -> None:
    """Moves the bookings back if the clock was set back since the last one was made."""
    key = f"clock of budget {budget}"
    row = db.execute("SELECT value FROM notes WHERE key = ?", (key,)).fetchone()
    last = int(row[0]) if row else now
    if last - now > _DISORDER_MS:
        db.execute("UPDATE bookings SET start_at = start_at - ? WHERE budget = ?", (last - now, budget))
        last = now
    _set_note(db, key, str(max(last, now)))


def _set_note(db: Database, key: str, value: str) -> None:
    db.execute(
        "INSERT INTO notes (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )


def _up(instant: datetime) -> int:
    """Unix milliseconds, rounded up: what may start then may start no earlier."""
    return utc_ms(instant + timedelta(microseconds=999))
