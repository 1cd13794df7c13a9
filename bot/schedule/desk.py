"""What a planner has on its desk during one tick: shelves and facts, each fetched from the store once."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from bot.editions.cards import Cards
from bot.editions.make import failing_since, shelf_for, source_notes
from bot.editions.share import Shelf, Tally
from bot.model import Destination, Paper, Pool, SlotRecord, SourceNote, SubjectState, Upstream, Window
from bot.ports import Store
from bot.schedule.quiet import ListState, QuietFacts
from bot.search.match import PreparedPaper
from bot.sources.calendar import current_list_day, opens_at, why_empty
from bot.subscriptions.arrivals import arrivals_for
from bot.subscriptions.matching import Arrivals
from bot.subscriptions.spans import FURTHEST, WEEK


class Desk:
    """Belongs to one tick: later ones start afresh."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shelves: dict[tuple[Window, datetime], Shelf] = {}
        self._cards: dict[Shelf, Cards] = {}
        self._prepared: dict[Paper, PreparedPaper] = {}  # shelves have papers in common
        self._arrivals: dict[timedelta, Arrivals] = {}
        self._names: dict[str, str] = {}
        self._states: tuple[SubjectState, ...] | None = None

    async def shelf(self, window: Window, slot_at: datetime, now: datetime) -> Shelf:
        """The edition of that window and slot, made now unless it was made before."""
        shelf = self._shelves.get((window, slot_at))
        if shelf is None:
            shelf = await shelf_for(self._store, window, slot_at, now, self._prepared)
            self._shelves[window, slot_at] = shelf
        return shelf

    async def shelves(
        self, members: Iterable[Destination], slot_at: datetime, now: datetime
    ) -> Mapping[Window, Shelf]:
        """The shelves of a group's windows, and the day's."""
        windows = {Window.DAY, *(one.window for one in members)}
        return {window: await self.shelf(window, slot_at, now) for window in sorted(windows)}

    def cards(self, shelf: Shelf) -> Cards:
        """The cards of a shelf's papers."""
        cards = self._cards.get(shelf)
        if cards is None:
            cards = self._cards[shelf] = Cards(shelf.papers, shelf.stars)
        return cards

    async def arrivals(self, now: datetime, since: datetime) -> Arrivals:
        """What came lately, as far back as `since` at the least, for everybody's subscriptions."""
        reach = WEEK if since >= now - WEEK else FURTHEST
        if reach not in self._arrivals:
            found = await arrivals_for(self._store, now, self._prepared, reach)
            await asyncio.to_thread(found.lay_out)  # others are answered meanwhile
            self._arrivals[reach] = found
        return self._arrivals[reach]

    async def meet_owners(self, destinations: Iterable[Destination]) -> None:
        """Learns who set these up: to be called before any of them is asked about, for all together."""
        owners = {one.owner_id for one in destinations if one.owner_id is not None}
        if unknown := owners.difference(self._names):
            self._names |= await self._store.people.names(unknown)

    def owner(self, destination: Destination) -> str | None:
        """The name of whoever set the destination up, if that was somebody known."""
        return None if destination.owner_id is None else self._names.get(destination.owner_id)

    async def notes(self) -> tuple[SourceNote, ...]:
        """What readers should know of the sources now."""
        return source_notes(await self._all_states())

    async def listed_today(self, now: datetime) -> int | None:
        """How many papers the current daily list had when it was last read; `None` if it was not yet."""
        state = await self._list_state(Upstream.HUGGING_FACE, now)
        return state.papers if state is not None and state.last_success_at is not None else None

    async def quiet_facts(
        self,
        destination: Destination,
        tally: Tally,
        arrived: Callable[[datetime], int],
        last: SlotRecord | None,
        now: datetime,
        elsewhere_words: str = "",
    ) -> QuietFacts:
        """What was seen at a slot of `destination` that brought it nothing; `last` is its slot before.

        `arrived` counts the papers that it draws from and that were first seen after an instant.
        """
        upstream = Upstream.ARXIV if destination.pool is Pool.ANNOUNCED else Upstream.HUGGING_FACE
        states = await self._all_states()
        state = await self._list_state(upstream, now)
        empty = why_empty(upstream, current_list_day(now, upstream), now)
        since = last.slot.at if last is not None else destination.active_from
        listed = _listed(state, opens_at(upstream, current_list_day(now, upstream)))
        return QuietFacts(
            now=now,
            zone=destination.schedule.zone,
            upstream=upstream,
            ever_fetched=any(one.last_success_at is not None for one in states if one.upstream is upstream),
            down_since=failing_since([one for one in states if one.upstream is upstream]),
            list_state=listed,
            waiting=None if listed is ListState.UP else empty.waiting,
            waiting_detail=empty.detail,
            candidates=tally.candidates,
            arrived=arrived(since),
            undecided=tally.undecided,
            matched=tally.matched,
            above_floor=tally.above_floor,
            told=tally.told,
            elsewhere=tally.elsewhere,
            elsewhere_words=elsewhere_words,
            filtered=bool(destination.query) or destination.pool is Pool.SUBSCRIPTIONS,
            wanted="your subscriptions" if destination.pool is Pool.SUBSCRIPTIONS else "the filter",
            floor=destination.floor,
            best=tally.best,
        )

    async def _all_states(self) -> tuple[SubjectState, ...]:
        if self._states is None:
            self._states = tuple(await self._store.sources.states())
        return self._states

    async def _list_state(self, upstream: Upstream, now: datetime) -> SubjectState | None:
        """The state of the list that is current: Hugging Face's of the day, or arXiv's new listings."""
        prefix = f"daily:{current_list_day(now)}" if upstream is Upstream.HUGGING_FACE else "new:"
        for state in await self._all_states():
            if state.upstream is upstream and state.subject.startswith(prefix):
                return state
        return None


def _listed(state: SubjectState | None, opened: datetime) -> ListState:
    """What is known of the list that opened then; arXiv's listings of every day are one subject."""
    if state is None or state.last_success_at is None or state.last_success_at < opened:
        return ListState.UNREAD
    up = state.papers and state.last_change_at is not None and state.last_change_at >= opened
    return ListState.UP if up else ListState.EMPTY
