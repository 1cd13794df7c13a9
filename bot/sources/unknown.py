"""Ids that arXiv does not know, or not yet: asked for again, but not over and over.

A paper can be on a daily list hours before arXiv's query interface knows it, or have an id that is none.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from bot.model import PaperId
from bot.ports import SourceStore

_FIRST_AGAIN: Final = timedelta(hours=1)
_LAST_AGAIN: Final = timedelta(days=7)


class UnknownIds:
    """Remembers in the store which ids arXiv did not know, and since when.

    One is asked for again after as long as it has been unknown: after an hour, then after twice as long each
    time, at least once a week.
    """

    def __init__(self, notes: SourceStore) -> None:
        self._notes = notes

    async def note(self, ids: Iterable[PaperId], at: datetime) -> None:
        """Notes that arXiv did not know these at `at`."""
        for paper_id in ids:
            known = await self._asked(paper_id)
            first = at if known is None else min(known[0], at)
            await self._notes.set_note(_key(paper_id), f"{first.isoformat()} {at.isoformat()}")

    async def may_be_asked(self, ids: Iterable[PaperId], now: datetime) -> list[PaperId]:
        """Those of `ids` that arXiv was not asked for too short a time ago."""
        return [one for one in ids if await self._again_at(one, now) <= now]

    async def _again_at(self, paper_id: PaperId, now: datetime) -> datetime:
        asked = await self._asked(paper_id)
        if asked is None or asked[1] > now:  # never, or before the clock was set back
            return now
        first, last = asked
        return last + min(max(last - first, _FIRST_AGAIN), _LAST_AGAIN)

    async def _asked(self, paper_id: PaperId) -> tuple[datetime, datetime] | None:
        """When arXiv was first and last asked for the id in vain."""
        note = await self._notes.note(_key(paper_id))
        if note is None:
            return None
        first, last = note.split()
        return datetime.fromisoformat(first), datetime.fromisoformat(last)


def _key(paper_id: PaperId) -> str:
    return f"arxiv:unknown:{paper_id.value}"
