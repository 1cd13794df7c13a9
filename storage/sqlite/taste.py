"""What is learnt of recipients' taste: the papers that teach it."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlite_utils import Database

from bot.errors import NotFoundError
from bot.model import utc_ms
from bot.people.model import Mark
from bot.taste.model import MOST_TAUGHT, TEACHES_AGAINST, TEACHES_FOR, Taught
from storage.sqlite.engine import Engine

__all__ = ["SqliteTaste"]

# The newest of each kind alone. What was marked at the instant of a reset was so before it.
_TAUGHT: Final = """
    SELECT recipient_id, mark, paper_id FROM (
        SELECT m.recipient_id, m.mark, m.paper_id, row_number() OVER (
            PARTITION BY m.recipient_id, m.mark IN (SELECT value FROM json_each(:against))
            ORDER BY m.marked_at DESC, m.paper_id DESC
        ) AS place
        FROM marks AS m LEFT JOIN tastes AS t ON t.recipient_id = m.recipient_id
        WHERE m.recipient_id IN (SELECT value FROM json_each(:recipients))
            AND m.marked_at > coalesce(t.reset_at, -1)
    ) WHERE place <= :most ORDER BY place
"""
_RESET: Final = """
    INSERT INTO tastes (recipient_id, reset_at) SELECT id, :at FROM recipients WHERE id = :recipient
    ON CONFLICT (recipient_id) DO UPDATE SET reset_at = excluded.reset_at
"""
_TAUGHT_ONLY: Final = (Mark.LIKED, Mark.DISLIKED, Mark.EXAMPLE)  # marks that are there for nothing else


class SqliteTaste:
    """`bot.taste.ports.TasteStore` on SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def taught(self, recipient_ids: Iterable[str]) -> Mapping[str, Taught]:
        """The papers that teach each of these recipients' taste; those without any are left out."""
        wanted = list(dict.fromkeys(recipient_ids))
        return await self._engine.read(lambda db: _taught(db, wanted))

    async def reset(self, recipient_id: str, at: datetime) -> int:
        """Forgets what was learnt; returns how many papers taught until now. Raises `NotFoundError`."""

        def work(db: Database) -> int:
            known = _taught(db, [recipient_id]).get(recipient_id, Taught())
            if not db.execute(_RESET, {"recipient": recipient_id, "at": utc_ms(at)}).rowcount:
                raise NotFoundError("recipient", recipient_id)
            db.execute(
                "DELETE FROM marks WHERE recipient_id = ? AND mark IN (SELECT value FROM json_each(?))",
                (recipient_id, json.dumps(_TAUGHT_ONLY)),
            )
            return len({*known.wanted, *known.unwanted})

        return await self._engine.write(work)

    async def titles(self, paper_ids: Iterable[int]) -> Mapping[int, str]:
        """The titles of these papers; unknown ones are left out."""
        wanted = json.dumps(sorted(set(paper_ids)))
        sql = "SELECT id, title FROM papers WHERE id IN (SELECT value FROM json_each(?))"
        return await self._engine.read(lambda db: dict(db.execute(sql, (wanted,)).fetchall()))


def _taught(db: Database, recipients: list[str]) -> dict[str, Taught]:
    values = {
        "recipients": json.dumps(recipients),
        "against": json.dumps(sorted(TEACHES_AGAINST)),
        "most": MOST_TAUGHT,
    }
    found: dict[str, tuple[dict[int, Mark], dict[int, Mark]]] = {}
    for recipient, mark, paper in db.execute(_TAUGHT, values):
        wanted, unwanted = found.setdefault(recipient, ({}, {}))
        (wanted if mark in TEACHES_FOR else unwanted).setdefault(paper, Mark(mark))
    return {recipient: Taught(*kinds) for recipient, kinds in found.items()}
