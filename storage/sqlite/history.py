"""Who changed what on destinations."""

from collections.abc import Sequence

from sqlite_utils import Database

from bot.model import from_utc_ms, utc_ms
from bot.people.model import Change
from storage.sqlite.engine import Engine

__all__ = ["SqliteHistory"]


class SqliteHistory:
    """`bot.people.ports.HistoryStore` on SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def note(self, change: Change) -> None:
        """Writes it down; nothing, if the destination was deleted meanwhile."""

        def work(db: Database) -> None:
            db.execute(
                "INSERT INTO history (destination_id, changed_at, by, what)"
                " SELECT id, ?, ?, ? FROM destinations WHERE id = ?",
                (utc_ms(change.at), change.by, change.what, change.destination_id),
            )

        await self._engine.write(work)

    async def changes(self, destination_id: str, limit: int) -> Sequence[Change]:
        """The newest first."""
        sql = (
            "SELECT changed_at, by, what FROM history WHERE destination_id = ?"
            " ORDER BY changed_at DESC, id DESC LIMIT ?"
        )
        rows = await self._engine.read(lambda db: db.execute(sql, (destination_id, limit)).fetchall())
        return [Change(destination_id, from_utc_ms(at), by, what) for at, by, what in rows]

    async def changed_by(self, by: str) -> Sequence[str]:
        """The ids of the destinations that somebody ever changed, in the order of the first changes."""
        sql = "SELECT destination_id FROM history WHERE by = ? GROUP BY destination_id ORDER BY min(id)"
        rows = await self._engine.read(lambda db: db.execute(sql, (by,)).fetchall())
        return [destination_id for (destination_id,) in rows]
