"""Cards for links to papers that people post."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from bot.commands.service import Commands
from bot.model import PaperId
from bot.ports import Clock
from bot.view.doc import Doc

_UNKNOWN_FOR: Final = timedelta(hours=6)  # a link that nobody could resolve is not asked about again so soon
_MOST_UNKNOWN: Final = 10_000


class LinkCards:
    """Makes a card for a link, and asks nobody again so soon about one that leads nowhere."""

    def __init__(self, commands: Commands, clock: Clock) -> None:
        self._commands = commands
        self._clock = clock
        self._unknown: OrderedDict[PaperId, datetime] = OrderedDict()

    async def card(self, paper_id: PaperId) -> Doc | None:
        """The paper in short; `None` if nobody knows it."""
        now = self._clock.now()
        asked = self._unknown.get(paper_id)
        if asked is not None and now - asked < _UNKNOWN_FOR:
            return None
        doc = await self._commands.card(paper_id)
        if doc is None:
            self._unknown[paper_id] = now
            self._unknown.move_to_end(paper_id)
            while len(self._unknown) > _MOST_UNKNOWN:
                self._unknown.popitem(last=False)
        return doc
