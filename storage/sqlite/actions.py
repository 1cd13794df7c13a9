"""What buttons do that their surface has no room to carry."""

from collections.abc import Mapping
from datetime import datetime

from sqlite_utils import Database

from bot.model import utc_ms
from storage.sqlite.engine import Engine

__all__ = ["SqliteActions"]

_KEEP = """
    INSERT INTO actions (name, text, kept_at) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET kept_at = excluded.kept_at
"""


class SqliteActions:
    """`bot.ports.ActionStore` on SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def keep(self, texts: Mapping[str, str], at: datetime) -> None:
        """Keeps texts by their names; of a name that is there already only the instant changes."""

        def work(db: Database) -> None:
            for name, text in texts.items():
                db.execute(_KEEP, (name, text, utc_ms(at)))

        await self._engine.write(work)

    async def kept(self, name: str) -> str | None:
        sql = "SELECT text FROM actions WHERE name = ?"
        row = await self._engine.read(lambda db: db.execute(sql, (name,)).fetchone())
        return None if row is None else str(row[0])

    async def drop(self, before: datetime) -> None:
        """Deletes what was last kept before that instant."""
        sql = "DELETE FROM actions WHERE kept_at < ?"
        await self._engine.write(lambda db: db.execute(sql, (utc_ms(before),)))
