"""What changed between two rankings of one window, and why each paper rose or fell, in words. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bot.editions.digest import short_date, short_instant
from bot.model import PaperSeries, Ranked, Ranking, Signal, from_utc_ms, utc_ms
from bot.trending.explain import duration, noun
from bot.trending.merge import merged
from bot.trending.score import score

_UTC: Final = ZoneInfo("UTC")
_TEENS: Final = range(11, 14)
_ENDINGS: Final = {1: "st", 2: "nd", 3: "rd"}


class Move(StrEnum):
    """What a paper did; the value is printed by `--json`."""

    JOINED = "joined"
    ROSE = "rose"
    STAYED = "stayed"
    FELL = "fell"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Change:
    """One paper in two rankings: its place in either, if it has one, and why that is another."""

    move: Move
    before: Ranked | None
    after: Ranked | None
    gained: int | None  # upvotes between the two instants; None: nobody told them at both
    why: str

    @property
    def entry(self) -> Ranked:
        """Where the paper stands, or stood last."""
        found = self.after or self.before
        if found is None:
            raise AssertionError("a paper in neither ranking")
        return found


def changes(
    before: Ranking, after: Ranking, series: Mapping[int, PaperSeries], limit: int
) -> tuple[Change, ...]:
    """The papers among the first `limit` of either ranking, those of the later one first, each in its order.

    `series` is what was observed by the later instant of the papers of both, by number.
    """
    return tuple(_changes(before, after, series, limit))


def _changes(
    before: Ranking, after: Ranking, series: Mapping[int, PaperSeries], limit: int
) -> Iterator[Change]:
    differ = _Comparison(before, after)
    for entry in after.entries:
        earlier = differ.before.get(entry.paper_id)
        if min(entry.position, earlier.position if earlier else entry.position) > limit:
            continue
        paper = series[entry.paper_id]
        if earlier is None:
            yield differ.joined(entry, paper)
        else:
            yield differ.moved(earlier, entry, paper)
    for entry in before.entries[:limit]:
        if entry.paper_id not in differ.after:
            yield differ.left(entry, series[entry.paper_id])


class _Comparison:
    """Two rankings of one window, side by side."""

    def __init__(self, before: Ranking, after: Ranking) -> None:
        self._earlier, self._later = before, after
        self.before = {entry.paper_id: entry for entry in before.entries}
        self.after = {entry.paper_id: entry for entry in after.entries}
        self._elapsed = duration(utc_ms(after.as_of) - utc_ms(before.as_of))

    def moved(self, one: Ranked, other: Ranked, paper: PaperSeries) -> Change:
        """A paper that stands in both."""
        gained = self._gained(paper)
        told = [_told(gained, self._elapsed)]
        if other.position == one.position:
            move, places = Move.STAYED, f"still {_ordinal(other.position)}"
        else:
            move = Move.ROSE if other.position < one.position else Move.FELL
            places = f"from {_ordinal(one.position)} to {_ordinal(other.position)}"
        lost = round(one.score + (gained or 0) - other.score)
        if lost > 0:
            since = short_instant(self._later.since, _UTC)
            told.append(f"{lost:,} {noun(lost, 'upvote')} from before {since} no longer counting")
        why = f"{', '.join(told)}: {places}"
        if move is Move.FELL:
            why += f", passed by {self._passed_by(one, other)}"
        elif move is Move.ROSE and not gained:
            why += f", since {self._gone_from_before(one, other)} fell or left"
        return Change(move, one, other, gained, why)

    def joined(self, entry: Ranked, paper: PaperSeries) -> Change:
        """A paper that stands in the later one alone."""
        gained = self._gained(paper)
        if paper.first_seen_at > utc_ms(self._earlier.as_of):
            why = f"first seen {self._clock(from_utc_ms(paper.first_seen_at))}"
            upvotes = merged(paper, Signal.UPVOTES)
            if upvotes is not None:
                why += (
                    f", {upvotes.last:,} {noun(upvotes.last, 'upvote')} by {self._clock(self._later.as_of)}"
                )
        elif gained:
            why = _told(gained, self._elapsed)
        elif gained is None and entry.new and paper.list_day is not None:
            why = f"came on the list of {short_date(date.fromordinal(paper.list_day))}"
        else:
            why = "; ".join(entry.reasons)
        return Change(Move.JOINED, None, entry, gained, f"joined: {why}")

    def left(self, entry: Ranked, paper: PaperSeries) -> Change:
        """A paper that stands in the earlier one alone."""
        if score(paper, utc_ms(self._later.since)) is not None:
            why = f"{len(self._later.entries)} others gained more"
        elif entry.new:
            why = f"its {self._later.window} is over"
        else:
            why = f"nothing rose since {short_instant(self._later.since, _UTC)}"
        return Change(Move.LEFT, entry, None, self._gained(paper), f"left: {why}")

    def _gained(self, paper: PaperSeries) -> int | None:
        """The upvotes between the two instants; `None` where one of the two is not known."""
        upvotes = merged(paper, Signal.UPVOTES)
        earlier = upvotes.at(utc_ms(self._earlier.as_of)) if upvotes is not None else None
        return None if upvotes is None or earlier is None else upvotes.last - earlier[1]

    def _passed_by(self, one: Ranked, other: Ranked) -> int:
        """How many stand before it now that did not."""
        ahead = {entry.paper_id for entry in self._later.entries[: other.position - 1]}
        return len(ahead - {entry.paper_id for entry in self._earlier.entries[: one.position - 1]})

    def _gone_from_before(self, one: Ranked, other: Ranked) -> int:
        """How many stood before it that do not now."""
        ahead = {entry.paper_id for entry in self._earlier.entries[: one.position - 1]}
        return len(ahead - {entry.paper_id for entry in self._later.entries[: other.position - 1]})

    def _clock(self, at: datetime) -> str:
        """The time of day, with the day where that is not the later instant's."""
        same = at.astimezone(UTC).date() == self._later.as_of.astimezone(UTC).date()
        return f"{at:%H:%M}" if same else short_instant(at, _UTC)


def _told(gained: int | None, elapsed: str) -> str:
    if not gained:
        return f"no new upvote in {elapsed}"
    return f"{gained:+,} {noun(gained, 'upvote')} in {elapsed}"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in _TEENS else _ENDINGS.get(number % 10, "th")
    return f"{number}{ending}"


__all__ = ["Change", "Move", "changes"]
