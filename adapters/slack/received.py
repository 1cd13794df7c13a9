"""What of Slack has reached the running bot, and when last: what the doctor cannot ask Slack itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import structlog

from bot.errors import PaperboyError
from bot.ports import Clock

_log = structlog.get_logger(__name__)

COMMANDS: Final = "commands"
INTERACTIONS: Final = "interactions"
KINDS: Final = (COMMANDS, INTERACTIONS, "app_home_opened", "app_uninstalled", "link_shared")

_EVERY: Final = timedelta(hours=1)


def kind_of(body: Mapping[str, Any]) -> str:
    """The kind of a payload: events by their own name, and everything that is pressed or filled in as one."""
    if "command" in body:
        return COMMANDS
    return str(body["event"].get("type")) if "event" in body else INTERACTIONS


class Notes(Protocol):
    """Small texts that are kept; `bot.ports.SourceStore` has them."""

    async def note(self, key: str) -> str | None: ...

    async def set_note(self, key: str, value: str) -> None: ...


class Received:
    """Remembers when each kind last came, to the hour: never who did it, or what."""

    def __init__(self, notes: Notes, clock: Clock) -> None:
        self._notes = notes
        self._clock = clock
        self._noted: dict[str, datetime] = {}

    def is_news(self, kind: str) -> bool:
        """Whether this kind has not been noted for a while."""
        last = self._noted.get(kind)
        return kind in KINDS and (last is None or self._clock.now() - last >= _EVERY)

    async def note(self, kind: str) -> None:
        """Remembers that this kind came now. Never raises `PaperboyError`: an answer matters more."""
        now = self._clock.now()
        self._noted[kind] = now
        try:
            await self._notes.set_note(_key(kind), now.isoformat())
        except PaperboyError as error:
            _log.warning("When Slack was last heard could not be written down.", error=str(error))


async def last_received(notes: Notes, kind: str) -> datetime | None:
    """When this kind last came, to the hour; `None` if it never did."""
    text = await notes.note(_key(kind))
    return None if text is None else datetime.fromisoformat(text)


def _key(kind: str) -> str:
    return f"slack received {kind}"
