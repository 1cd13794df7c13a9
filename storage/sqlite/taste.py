"""What is learnt of recipients' taste: the papers that teach it, and what was chosen about it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlite_utils import Database

from bot.errors import NotFoundError
from bot.identity import title_key
from bot.model import Route, utc_ms
from bot.people.model import Mark
from bot.taste.model import (
    LEAST_PEOPLE,
    MOST_EXAMPLES,
    MOST_TAUGHT,
    TEACHES_AGAINST,
    TEACHES_FOR,
    TasteChoices,
    Taught,
)
from storage.sqlite import teams
from storage.sqlite.engine import Engine

__all__ = ["SqliteTaste"]

# The newest of each kind alone. What was marked at the instant of a reset was so before it.
_TAUGHT: Final = """
    SELECT recipient_id, mark, paper_id, for_you, counted FROM (
        SELECT m.recipient_id, m.mark, m.paper_id, coalesce(t.for_you, 0) AS for_you,
            coalesce(t.counted, 1) AS counted, row_number() OVER (
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
_CHOOSE: Final = """
    INSERT INTO tastes (recipient_id, for_you, counted)
    SELECT id, :for_you, :counted FROM recipients WHERE id = :recipient
    ON CONFLICT (recipient_id) DO UPDATE SET for_you = excluded.for_you, counted = excluded.counted
"""
_TEACH: Final = """
    INSERT INTO marks (recipient_id, mark, paper_id, marked_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (recipient_id, mark, paper_id) DO UPDATE SET marked_at = excluded.marked_at
"""
_FEWER: Final = """
    DELETE FROM marks WHERE recipient_id = :recipient AND mark = :mark AND paper_id NOT IN (
        SELECT paper_id FROM marks WHERE recipient_id = :recipient AND mark = :mark
        ORDER BY marked_at DESC, paper_id DESC LIMIT :most
    )
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

    async def choices(self, recipient_id: str) -> TasteChoices:
        """What somebody chose; nobody has chosen anything."""
        sql = "SELECT for_you, counted FROM tastes WHERE recipient_id = ?"
        row = await self._engine.read(lambda db: db.execute(sql, (recipient_id,)).fetchone())
        return TasteChoices() if row is None else _choices(*row)

    async def choose(self, recipient_id: str, choices: TasteChoices) -> None:
        """Remembers it, and deletes saves that may not count any more. Raises `NotFoundError`."""
        values = {"recipient": recipient_id, "for_you": choices.for_you, "counted": choices.counted}

        def work(db: Database) -> None:
            if not db.execute(_CHOOSE, values).rowcount:
                raise NotFoundError("recipient", recipient_id)
            if not choices.counted:
                teams.forget_person(db, recipient_id)

        await self._engine.write(work)

    async def set_team(self, destination_id: str, at: datetime, *, counted: bool) -> None:
        """Whether saves made at that channel count there. Raises `NotFoundError`."""
        await self._engine.write(
            lambda db: teams.set_counted(db, destination_id, utc_ms(at), counted=counted)
        )

    async def has_team(self, destination_id: str) -> bool:
        """Whether saves count there."""
        return await self._engine.read(lambda db: teams.is_counted(db, destination_id))

    async def saved_at(self, route: Route, paper_id: int, recipient_id: str, at: datetime) -> bool:
        """Notes a save made at a channel; `False` where it does not count."""
        return await self._engine.write(lambda db: teams.count(db, route, paper_id, recipient_id, utc_ms(at)))

    async def unsaved(self, recipient_id: str, paper_id: int) -> None:
        """Takes a save back, wherever it counted."""
        await self._engine.write(lambda db: teams.unsave(db, recipient_id, paper_id))

    async def team(self, destination_ids: Iterable[str], since: datetime) -> Mapping[str, Mapping[int, int]]:
        """By destination, how many people saved each paper there: three and more."""
        wanted = list(dict.fromkeys(destination_ids))
        return await self._engine.read(lambda db: teams.counts(db, wanted, utc_ms(since), LEAST_PEOPLE))

    async def teach(self, recipient_id: str, paper_ids: Sequence[int], at: datetime) -> int:
        """Marks papers as examples, of which the newest stay; returns how many there are now."""

        def work(db: Database) -> int:
            if not db.execute("SELECT 1 FROM recipients WHERE id = ?", (recipient_id,)).fetchone():
                raise NotFoundError("recipient", recipient_id)
            for place, paper in enumerate(paper_ids):
                if not db.execute("SELECT 1 FROM papers WHERE id = ?", (paper,)).fetchone():
                    raise NotFoundError("paper", str(paper))
                # Of those that are named together the first counts as the newest, by a millisecond.
                newest = utc_ms(at) + len(paper_ids) - place
                db.execute(_TEACH, (recipient_id, Mark.EXAMPLE, paper, newest))
            db.execute(_FEWER, {"recipient": recipient_id, "mark": Mark.EXAMPLE, "most": MOST_EXAMPLES})
            counted = "SELECT count(*) FROM marks WHERE recipient_id = ? AND mark = ?"
            return int(db.execute(counted, (recipient_id, Mark.EXAMPLE)).fetchone()[0])

        return await self._engine.write(work)

    async def titled(self, titles: Iterable[str]) -> Mapping[str, int]:
        """By title, the one paper that has it; titles of none and of several are left out."""
        keys = {title: title_key(title) for title in titles}
        sql = (
            "SELECT title_key, min(id) FROM papers WHERE title_key IN (SELECT value FROM json_each(?))"
            " GROUP BY title_key HAVING count(*) = 1"
        )
        wanted = json.dumps(sorted(set(keys.values())))
        found = await self._engine.read(lambda db: dict(db.execute(sql, (wanted,)).fetchall()))
        return {title: found[key] for title, key in keys.items() if key in found}

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
    found: dict[str, tuple[dict[int, Mark], dict[int, Mark], TasteChoices]] = {}
    for recipient, mark, paper, *chosen in db.execute(_TAUGHT, values):
        wanted, unwanted, _ = found.setdefault(recipient, ({}, {}, _choices(*chosen)))
        (wanted if mark in TEACHES_FOR else unwanted).setdefault(paper, Mark(mark))
    return {recipient: Taught(*kinds) for recipient, kinds in found.items()}


def _choices(for_you: int, counted: int) -> TasteChoices:
    return TasteChoices(for_you=bool(for_you), counted=bool(counted))
