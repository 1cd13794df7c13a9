"""What a planner has on its desk during one tick: shelves and facts, each fetched from the store once."""

from datetime import datetime

from bot.editions.digest import Cards
from bot.editions.make import failing_since, shelf_for
from bot.editions.share import Share, Shelf
from bot.model import Destination, Paper, Pool, SlotRecord, SubjectState, Upstream, Window
from bot.ports import Store
from bot.schedule.quiet import ListState, QuietFacts
from bot.search.match import PreparedPaper
from bot.sources.calendar import current_list_day, opens_at, why_empty


class Desk:
    """Belongs to one tick: later ones start afresh."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._shelves: dict[tuple[Window, datetime], Shelf] = {}
        self._cards: dict[Shelf, Cards] = {}
        self._prepared: dict[Paper, PreparedPaper] = {}  # shelves have papers in common
        self._states: tuple[SubjectState, ...] | None = None

    async def shelf(self, window: Window, slot_at: datetime, now: datetime) -> Shelf:
        """The edition of that window and slot, made now unless it was made before."""
        shelf = self._shelves.get((window, slot_at))
        if shelf is None:
            shelf = await shelf_for(self._store, window, slot_at, now, self._prepared)
            self._shelves[window, slot_at] = shelf
        return shelf

    def cards(self, shelf: Shelf) -> Cards:
        """The cards of a shelf's papers."""
        cards = self._cards.get(shelf)
        if cards is None:
            cards = self._cards[shelf] = Cards(shelf.papers)
        return cards

    async def listed_today(self, now: datetime) -> int | None:
        """How many papers the current daily list had when it was last read; `None` if it was not yet."""
        state = await self._list_state(Upstream.HUGGING_FACE, now)
        return state.papers if state is not None and state.last_success_at is not None else None

    async def quiet_facts(
        self, destination: Destination, share: Share, shelf: Shelf, last: SlotRecord | None, now: datetime
    ) -> QuietFacts:
        """What was seen at a slot of `destination` that brought it nothing; `last` is its slot before."""
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
            candidates=share.tally.candidates,
            arrived=shelf.arrived(destination.pool, since),
            undecided=share.tally.undecided,
            matched=share.tally.matched,
            above_floor=share.tally.above_floor,
            told=share.tally.told,
            filtered=bool(destination.query),
            floor=destination.floor,
            best=share.tally.best,
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
