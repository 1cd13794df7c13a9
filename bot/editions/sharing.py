"""Channels that share papers out among themselves: each paper goes to the one that it fits best. Pure.

Best is the channel whose filter takes the paper for its primary category, or for its words, before one that
takes it for a secondary category alone; of several the one with the narrower filter, and of equals the first
by name. A channel without a filter gets what no other takes. It matters to nobody who is served first.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from bot.editions.share import Shelf
from bot.errors import InputError, QueryError
from bot.model import Destination, Schedule, Window
from bot.schedule.slots import next_slot

# How long a paper can be waited for: a window reaches back over a weekend.
_REACH: Final = {
    Window.DAY: timedelta(days=3),
    Window.WEEK: timedelta(days=7),
    Window.MONTH: timedelta(days=30),
}
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Taker:
    """What one channel would take if it were alone."""

    name: str
    papers: frozenset[int]
    primary: frozenset[int]  # of them, those that its filter takes whatever their secondary categories are
    breadth: int | None  # of the day's papers, how many its filter matches; None: it has no filter


def share_out(takers: Iterable[Taker]) -> Mapping[int, str]:
    """To which of them, by name, each paper goes."""
    by_name = sorted(takers, key=lambda one: one.name)
    filtered = sorted((one for one in by_name if one.breadth is not None), key=lambda one: one.breadth or 0)
    turns = [(one.name, one.primary) for one in filtered]
    turns += [(one.name, one.papers) for one in filtered]
    turns += [(one.name, one.papers) for one in by_name if one.breadth is None]
    goes_to: dict[int, str] = {}
    for name, papers in turns:
        for number in papers:
            goes_to.setdefault(number, name)
    return goes_to


class Sharing:
    """One group at one slot: which papers go, or went, to which of its channels."""

    def __init__(
        self,
        members: Sequence[Destination],
        shelves: Mapping[Window, Shelf],
        told: Mapping[str, frozenset[int]],
        hidden: Mapping[str, frozenset[int]],
        slot_at: datetime,
    ) -> None:
        """`members` are the active channels of the group, and `shelves` has the day's and one for the window
        of each. `told` and `hidden` are by recipient.
        """
        self._labels = {one.name: one.label or one.name for one in members}
        self._told_by: dict[int, str] = {}
        for one in members:
            for number in told[one.recipient_id]:
                self._told_by.setdefault(number, one.name)
        takers = []
        for one in members:
            if _comes_in_time(one.schedule, one.window, slot_at):
                with suppress(QueryError):  # what cannot be read takes nothing
                    takers.append(self._taker(one, shelves, hidden[one.recipient_id]))
        self._goes_to = share_out(takers)

    def _taker(self, one: Destination, shelves: Mapping[Window, Shelf], hidden: frozenset[int]) -> Taker:
        shelf = shelves[one.window]
        papers = shelf.takes(one).difference(hidden, self._told_by)
        breadth = shelves[Window.DAY].breadth(one.query) if one.query else None
        return Taker(one.name, papers, papers & shelf.by_primary(one.query), breadth)

    def elsewhere(self, destination: Destination) -> frozenset[int]:
        """The papers that are not for this member of the group, since another has them."""
        name = destination.name
        return frozenset(
            number for has in (self._goes_to, self._told_by) for number, to in has.items() if to != name
        )

    def words(self, papers: Sequence[int]) -> str:
        """`3 papers went to #vision and 1 to #audio, which they fit better`: the most first; else empty."""
        if not papers:
            return ""
        names = Counter(self._told_by.get(number) or self._goes_to[number] for number in papers)
        (first, most), *others = sorted(names.items(), key=lambda item: (-item[1], item[0]))
        parts = [f"{most} {'paper' if most == 1 else 'papers'} went to {self._labels[first]}"]
        parts += [f"{count} to {self._labels[name]}" for name, count in others]
        listed = f"{', '.join(parts[:-1])} and {parts[-1]}" if others else parts[0]
        return f"{listed}, which {'it fits' if len(papers) == 1 else 'they fit'} better"


@lru_cache(maxsize=1 << 10)  # the channels of many servers have few schedules
def _comes_in_time(schedule: Schedule, window: Window, slot_at: datetime) -> bool:
    """Whether a channel is served at this slot, or while a paper of it can still be in its window."""
    try:
        return next_slot(schedule, slot_at - _INSTANT).at - slot_at <= _REACH[window]
    except InputError:  # a zone that this machine does not know: it is not served
        return False
