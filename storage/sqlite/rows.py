"""Small helpers between rows and values."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Final

from sqlite_utils import Database

from bot.model import Posting, from_utc_ms

__all__ = ["instant", "named", "posting_of", "posting_text"]

_POSTINGS_KEPT: Final = 1000  # of which ten thousand deliveries at once have mostly the same


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


@lru_cache(_POSTINGS_KEPT)
def posting_text(posting: Posting) -> str:
    """A posting as JSON, with what is set alone."""
    return json.dumps({name: value for name, value in asdict(posting).items() if value})


@lru_cache(_POSTINGS_KEPT)
def posting_of(text: str) -> Posting:
    """The posting that `posting_text` wrote."""
    return Posting(**json.loads(text))
