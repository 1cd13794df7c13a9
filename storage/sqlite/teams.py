"""What people save in channels whose manager wants that to count. Inside the caller's transaction."""

import json
from collections.abc import Iterable, Mapping
from typing import Final

from sqlite_utils import Database

from bot.errors import NotFoundError
from bot.model import Pool, Route

__all__ = ["count", "counts", "forget_person", "is_counted", "set_counted", "unsave"]

_COUNT: Final = """
    INSERT INTO team_saves (destination_id, paper_id, recipient_id, saved_at)
    SELECT d.id, :paper, r.id, :at FROM destinations AS d JOIN teams AS t ON t.destination_id = d.id
    JOIN recipients AS r ON r.id = :recipient
    WHERE d.surface = :surface AND d.address = :address AND d.state <> 'removed' AND d.pool <> :personal
        AND NOT EXISTS (SELECT 1 FROM tastes WHERE recipient_id = r.id AND NOT counted)
    ON CONFLICT (destination_id, paper_id, recipient_id) DO UPDATE SET saved_at = excluded.saved_at
"""
_COUNTS: Final = """
    SELECT destination_id, paper_id, count(*) FROM team_saves
    WHERE destination_id IN (SELECT value FROM json_each(:destinations)) AND saved_at > :since
    GROUP BY destination_id, paper_id HAVING count(*) >= :least
"""


def set_counted(db: Database, destination_id: str, at: int, *, counted: bool) -> None:
    """Whether saves made at a channel's destination count; where they do not, none is kept. `at` in ms."""
    if not counted:
        db.execute("DELETE FROM team_saves WHERE destination_id = ?", (destination_id,))
        db.execute("DELETE FROM teams WHERE destination_id = ?", (destination_id,))
        return
    sql = "INSERT INTO teams (destination_id, since) SELECT id, ? FROM destinations WHERE id = ?"
    if not db.execute(f"{sql} ON CONFLICT DO UPDATE SET since = since", (at, destination_id)).rowcount:
        raise NotFoundError("destination", destination_id)


def is_counted(db: Database, destination_id: str) -> bool:
    """Whether saves made there count."""
    sql = "SELECT 1 FROM teams WHERE destination_id = ?"
    return db.execute(sql, (destination_id,)).fetchone() is not None


def count(db: Database, route: Route, paper_id: int, recipient_id: str, at: int) -> bool:
    """Notes that somebody saved a paper at a channel, if that counts there and they let it. `at` in ms."""
    values = {
        "paper": paper_id,
        "recipient": recipient_id,
        "surface": route.surface,
        "address": route.address,
        "personal": Pool.SUBSCRIPTIONS,
        "at": at,
    }
    return bool(db.execute(_COUNT, values).rowcount)


def unsave(db: Database, recipient_id: str, paper_id: int) -> None:
    """Somebody's saves of a paper count nowhere any more."""
    sql = "DELETE FROM team_saves WHERE recipient_id = ? AND paper_id = ?"
    db.execute(sql, (recipient_id, paper_id))


def forget_person(db: Database, recipient_id: str) -> None:
    """Nothing that somebody saved counts anywhere any more."""
    db.execute("DELETE FROM team_saves WHERE recipient_id = ?", (recipient_id,))


def counts(
    db: Database, destination_ids: Iterable[str], since: int, least: int
) -> Mapping[str, Mapping[int, int]]:
    """By destination, how many people saved each paper there since then (ms): at least `least`."""
    values = {"destinations": json.dumps(list(destination_ids)), "since": since, "least": least}
    found: dict[str, dict[int, int]] = {}
    for destination, paper, people in db.execute(_COUNTS, values):
        found.setdefault(destination, {})[paper] = people
    return found
