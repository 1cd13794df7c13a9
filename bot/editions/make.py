"""Makes an edition, or finds the one that was already frozen for its slot."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.editions.share import Shelf
from bot.errors import ThinnedOutError
from bot.model import (
    AnnounceType,
    Edition,
    Outcome,
    Paper,
    PaperSeries,
    Ranking,
    Signal,
    SourceNote,
    SubjectState,
    Upstream,
    Window,
)
from bot.ports import AsStood, Store
from bot.search.match import PreparedPaper
from bot.trending.replay import trending

EDITION_SIZE: Final = 200  # deep enough for narrow filters: a day brings some 40 papers, a month 700
# Replacements and cross-lists never announce a paper again.
_ANNOUNCING: Final = frozenset({AnnounceType.NEW})


async def edition_for(store: Store, window: Window, slot_at: datetime, now: datetime) -> Edition:
    """The edition of a window and slot instant, made as of `now` if there is none yet."""
    made = await store.editions.get(window, slot_at)
    if made is not None:
        return made
    try:
        return await _made(store, window, slot_at, now)
    except ThinnedOutError:  # which happens once a day
        return await _made(store, window, slot_at, now)


async def _made(store: Store, window: Window, slot_at: datetime, now: datetime) -> Edition:
    revision = await store.editions.begin(now)
    ranking, notes = await made_of(store.papers.as_stood(revision), window, now)
    return await store.editions.freeze(slot_at, ranking, notes, revision)


async def made_of(stood: AsStood, window: Window, as_of: datetime) -> tuple[Ranking, tuple[SourceNote, ...]]:
    """What an edition says: the same whenever it is asked of the same revision."""
    ranking = await trending(stood, window, as_of, EDITION_SIZE)
    return ranking, source_notes(await stood.states(as_of))


async def shelf_for(
    store: Store,
    window: Window,
    slot_at: datetime,
    now: datetime,
    prepared: dict[Paper, PreparedPaper] | None = None,
) -> Shelf:
    """The edition with its papers, and what arXiv announced since its window began."""
    return await laid_out(store, await edition_for(store, window, slot_at, now), now, prepared)


async def laid_out(
    store: Store, edition: Edition, now: datetime, prepared: dict[Paper, PreparedPaper] | None = None
) -> Shelf:
    """An edition's shelf, with its papers' numbers as of `now`."""
    announced = await announced_in(store, edition)
    numbers = {entry.paper_id for entry in edition.ranking.entries} | set(announced)
    series = await store.papers.series_of(numbers, now)
    return Shelf(
        edition,
        announced,
        await store.papers.get(numbers),
        prepared,
        upvotes=newest(series, Signal.UPVOTES),
        stars=newest(series, Signal.STARS),
        list_days={one.paper_id: one.list_day for one in series if one.list_day is not None},
    )


def newest(series: Iterable[PaperSeries], signal: Signal) -> Mapping[int, int]:
    """The newest number of that kind by paper, of several upstreams' the greatest."""
    found: dict[int, int] = {}
    for paper in series:
        read = [one.last for (kind, _), one in paper.signals.items() if kind is signal]
        if read:
            found[paper.paper_id] = max(read)
    return found


async def upvotes_of(store: Store, numbers: Iterable[int], as_of: datetime) -> Mapping[int, int]:
    """The newest upvotes of these papers by `as_of`, of several upstreams' the greatest."""
    return newest(await store.papers.series_of(numbers, as_of), Signal.UPVOTES)


async def announced_in(store: Store, edition: Edition) -> Sequence[int]:
    """Numbers of the papers that arXiv newly announced within the edition's window."""
    ranking = edition.ranking
    return await store.papers.announced(ranking.since, ranking.as_of, _ANNOUNCING)


def source_notes(states: Iterable[SubjectState]) -> tuple[SourceNote, ...]:
    """The upstreams with lists whose last answer was a failure, and since when they fail; by name."""
    notes = []
    by_upstream: dict[Upstream, list[SubjectState]] = {}
    for state in states:
        by_upstream.setdefault(state.upstream, []).append(state)
    for upstream in (Upstream.ARXIV, Upstream.HUGGING_FACE):
        down_since = failing_since(by_upstream.get(upstream, []))
        if down_since is not None:
            notes.append(SourceNote(upstream, down_since))
    return tuple(notes)


def failing_since(states: Iterable[SubjectState]) -> datetime | None:
    """Since when an upstream answers nothing at all, or `None` if its last answer was a good one."""
    polled = [state for state in states if state.last_poll_at is not None]
    successes = [state.last_success_at for state in polled if state.last_success_at is not None]
    last_success = max(successes, default=None)
    failing = [
        state.failing_since
        for state in polled
        if state.last_outcome is Outcome.FAILED
        and state.failing_since is not None
        and (last_success is None or state.failing_since > last_success)
    ]
    return min(failing, default=None)
