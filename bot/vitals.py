"""Whether the bot lives: when it last looked at its schedule, and when it last read a source."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.model import Poll

_LEAST_TICK: Final = timedelta(minutes=2)
_LEAST_POLL: Final = timedelta(hours=2)  # an upstream may ask to be left alone for a while


@dataclass(frozen=True, slots=True)
class Health:
    """Signs of life. Instants are UTC; `None` where there was none yet."""

    alive: bool
    last_tick: datetime | None
    last_poll: datetime | None  # of any source, a failed one too
    problems: tuple[str, ...]  # a sentence each


class Vitals:
    """Told of every sign of life, in the process that shows them."""

    def __init__(self, now: Callable[[], datetime], *, refresh: timedelta, poll_every: timedelta) -> None:
        """`refresh` is the longest that one look at the schedule waits for the sources."""
        self._now = now
        self._begun = now()
        self._tick_limit = _LEAST_TICK + refresh
        self._poll_limit = max(_LEAST_POLL, 4 * poll_every)
        self._tick: datetime | None = None
        self._poll: datetime | None = None

    def ticked(self) -> None:
        """The schedule was looked at, and all that was due was planned."""
        self._tick = self._now()

    def polled(self, _: Poll) -> None:
        """A source was asked, and what it said is stored."""
        self._poll = self._now()

    def health(self) -> Health:
        """How it stands now. What has just begun gets as long as what pauses."""
        now = self._now()
        problems = []
        if now - (self._tick or self._begun) > self._tick_limit:
            problems.append("The schedule was not looked at for too long.")
        if now - (self._poll or self._begun) > self._poll_limit:
            problems.append("No source was read for too long.")
        return Health(not problems, self._tick, self._poll, tuple(problems))
