"""Numbers as they changed: a row where a value differs from the one before it."""

import sqlite3
from collections.abc import Mapping
from typing import Final, NamedTuple

from sqlite_utils import Database

_BEFORE: Final = """
    SELECT observed_at, value FROM observations
    WHERE paper_id = ? AND signal_id = ? AND upstream_id = ? AND observed_at <= ?
    ORDER BY observed_at DESC LIMIT 1
"""
_AFTER: Final = """
    SELECT observed_at, value FROM observations
    WHERE paper_id = ? AND signal_id = ? AND upstream_id = ? AND observed_at > ?
    ORDER BY observed_at LIMIT 1
"""
_WRITE: Final = """
    INSERT INTO observations(paper_id, signal_id, upstream_id, observed_at, recorded_at, value)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT(paper_id, signal_id, upstream_id, observed_at) DO UPDATE SET value = excluded.value
"""
_DELETE: Final = """
    DELETE FROM observations
    WHERE paper_id = ? AND signal_id = ? AND upstream_id = ? AND observed_at = ?
"""

# A daily list only grows, so each whole reading of it after the paper's first one had the paper again.
# Of other lists that is not known: a paper drops out of them.
_READ_AGAIN: Final = """
    SELECT poll.observed_at, poll.recorded_at
    FROM listings AS l
    JOIN subjects AS s ON s.id = l.subject_id
    JOIN polls AS poll ON poll.subject_id = s.id
    WHERE l.paper_id = ? AND s.upstream_id = ? AND s.subject GLOB 'daily:*'
        AND poll.observed_at > ? AND poll.observed_at >= l.first_seen_at
        AND poll.outcome IN ('ok', 'unchanged')
    ORDER BY poll.observed_at LIMIT 1
"""


class Numbers(NamedTuple):
    """What one poll says: values by (paper, signal), and instants in ms."""

    upstream_id: int
    observed_at: int
    recorded_at: int
    values: Mapping[tuple[int, int], int]


def observe(db: Database, told: Numbers) -> set[tuple[int, int]]:
    """Stores the values that differ from those in force at `observed_at`; returns whose did, as
    (paper, signal).

    To be called before the poll changes listings and subjects. What is stored is the same in whatever
    order the polls of a daily list arrive.
    """
    late = _is_late(db, told)
    return {
        (paper_id, signal_id)
        for (paper_id, signal_id), value in told.values.items()
        if _observe(db.conn, (paper_id, signal_id, told.upstream_id), value, told, late=late)
    }


def _observe(
    conn: sqlite3.Connection, series: tuple[int, int, int], value: int, told: Numbers, *, late: bool
) -> bool:
    at = told.observed_at
    before = conn.execute(_BEFORE, (*series, at)).fetchone()
    if before is not None and (value == before[1] or (at == before[0] and value < before[1])):
        return False  # nothing new; and of two values at one instant the greater stays
    conn.execute(_WRITE, (*series, at, told.recorded_at, value))
    if late:
        _mend(conn, series, (at, value), None if before is None else before[1])
    return True


def _mend(
    conn: sqlite3.Connection, series: tuple[int, int, int], written: tuple[int, int], old: int | None
) -> None:
    """Makes right what follows a value that was read before others but arrived after them.

    A poll in between had found the old value unchanged, and left no row: now it needs one. And a row
    after it may tell nothing new any more.
    """
    at, value = written
    following = conn.execute(_AFTER, (*series, at)).fetchone()
    if old is not None:
        paper_id, _, upstream_id = series
        again = conn.execute(_READ_AGAIN, (paper_id, upstream_id, at)).fetchone()
        if again is not None and (following is None or again[0] < following[0]):
            conn.execute(_WRITE, (*series, *again, old))
            return
    if following is not None and following[1] == value:
        conn.execute(_DELETE, (*series, following[0]))


def _is_late(db: Database, told: Numbers) -> bool:
    """Whether this upstream was already read at a later instant."""
    sql = "SELECT 1 FROM subjects WHERE upstream_id = ? AND last_success_at > ? LIMIT 1"
    return db.execute(sql, [told.upstream_id, told.observed_at]).fetchone() is not None
