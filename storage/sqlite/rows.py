"""Small helpers between rows and values."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlite_utils import Database

from bot.model import from_utc_ms

__all__ = ["instant", "named"]


def named(
    db: Database, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
) -> list[sqlite3.Row]:
    """All rows of a statement, their columns found by name."""
    cursor = db.conn.cursor()
    cursor.row_factory = sqlite3.Row
    rows: list[sqlite3.Row] = cursor.execute(sql, parameters).fetchall()
    return rows


def instant(ms: int | None) -> datetime | None:
    """The instant of a column that may be null."""
    return None if ms is None else from_utc_ms(ms)
