"""From slots that are due to what is to be written about each: a digest, a note, or why there is none."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.delivery.keys import digest_key
from bot.editions.digest import Occasion, digest, note
from bot.editions.share import Share, Shelf
from bot.editions.sharing import Sharing
from bot.errors import QueryError
from bot.model import (
    Destination,
    NewDelivery,
    PlannedSlot,
    Pool,
    QuietDay,
    QuietReason,
    SlotOutcome,
    SlotRecord,
    Window,
)
from bot.ports import Ids, Store
from bot.schedule.dealing import Due, Turn, by_reach, dealt
from bot.schedule.desk import Desk
from bot.schedule.quiet import why_quiet
from bot.schedule.slots import deadline
from bot.sources.calendar import current_list_day
from bot.subscriptions.matching import Arrivals, Choice, waits
from bot.subscriptions.message import FOR_YOU, message, quiet_message, too_few
from bot.taste.tasting import Tasting
from bot.view.doc import Doc, to_json

if TYPE_CHECKING:
    from bot.taste.order import Taste

_PAUSED: Final = "All of its subscriptions are paused."
_SNOOZED: Final = "All of its subscriptions are snoozed, or paused."
_ELSEWHERE: Final = "What its subscriptions bring goes by another way that you named first."


@dataclass(frozen=True, slots=True)
class _Known:
    """What a recipient is not to be shown, and what they like."""

    told: frozenset[int]
    hidden: frozenset[int]
    taste: "Taste | None" = None  # None: nothing is known of it
    searches: Sequence[str] = ()  # of all their subscriptions, if they want papers that none of those brings


@dataclass(frozen=True, slots=True)
class _Group:
    """The channels with which one shares papers out, and what goes where; none if it is on its own."""

    members: Sequence[Destination] = ()
    sharing: Sharing | None = None

    def elsewhere(self, destination: Destination) -> frozenset[int]:
        return self.sharing.elsewhere(destination) if self.sharing is not None else frozenset()

    def words(self, papers: Sequence[int]) -> str:
        return self.sharing.words(papers) if self.sharing is not None else ""


class Composer:
    """Decides what each slot brings; writes nothing but editions."""

    def __init__(self, store: Store, ids: Ids, late_limit: timedelta, tasting: Tasting | None = None) -> None:
        """Without a `tasting` everybody has the common order."""
        self._store = store
        self._tasting = tasting
        self._ids = ids
        self._late_limit = late_limit

    async def compose(self, due: Sequence[Due], desk: Desk, now: datetime) -> list[PlannedSlot]:
        """A plan for each, in the same order."""
        await desk.meet_owners(one.destination for one in due)
        people = [one for one in due if one.destination.pool is Pool.SUBSCRIPTIONS]
        places = [one for one in due if one.destination.pool is not Pool.SUBSCRIPTIONS]
        plans = await self._subscriptions(people, desk, now) | await self._digests(places, desk, now)
        return [plans[one.destination.id] for one in due]

    # --- digests -----------------------------------------------------------------------------------

    async def _digests(self, due: Sequence[Due], desk: Desk, now: datetime) -> dict[str, PlannedSlot]:
        groups = {one.destination.group for one in due if one.destination.group}
        members = await self._store.destinations.grouped(groups) if groups else {}
        recipients = {one.destination.recipient_id for one in due}
        recipients.update(one.recipient_id for group in members.values() for one in group)
        hidden = await self._store.people.hidden(recipients)
        by_shelf: dict[tuple[Window, datetime], list[Due]] = {}
        for one in due:
            by_shelf.setdefault((one.destination.window, one.slot.at), []).append(one)
        plans: dict[str, PlannedSlot] = {}
        for (window, slot_at), some in by_shelf.items():
            shelf = await desk.shelf(window, slot_at, now)
            names = {one.destination.group for one in some}
            here = {name: found for name, found in members.items() if name in names}
            told = await self._told(some, shelf.numbers, [one for found in here.values() for one in found])
            shared = {"": _Group()}
            for name, found in here.items():
                shelves = await desk.shelves(found, slot_at, now)
                shared[name] = _Group(found, Sharing(found, shelves, told, hidden, slot_at))
            tastes: Mapping[str, Taste] = {}
            if self._tasting is not None:
                places = [one.destination for one in some]
                tastes = await self._tasting.of_places(places, shelf.numbers, now)
            for one in some:
                await _let_others_act()
                recipient = one.destination.recipient_id
                known = _Known(told[recipient], hidden[recipient], tastes.get(one.destination.id))
                group = shared[one.destination.group]
                plans[one.destination.id] = await self._digest(one, shelf, known, group, desk, now)
        return plans

    async def _digest(
        self, one: Due, shelf: Shelf, known: _Known, group: _Group, desk: Desk, now: datetime
    ) -> PlannedSlot:
        destination = one.destination
        try:
            elsewhere = group.elsewhere(destination)
            share = shelf.share(destination, known.told, known.hidden, elsewhere, known.taste)
        except QueryError as error:  # checked when it was set, by a version that knew other words
            return self._quiet(one, QuietReason.NO_MATCH, _unreadable("filter", error), now)
        occasion = replace(await self._occasion(one, desk, now), today=shelf.listed_on(current_list_day(now)))
        words = group.words(share.elsewhere)
        if share.papers:
            why = await self._why(known.taste, share.papers, shared=True)
            doc = digest(destination, shelf.edition, share, shelf.papers, occasion, desk.cards(shelf), why)
            return self._queue(one, doc, share.papers, now, words)

        def arrived(since: datetime) -> int:
            return shelf.arrived(destination.pool, since)

        facts = await desk.quiet_facts(destination, share.tally, arrived, one.last, now, words)
        reason, detail = why_quiet(facts)
        if destination.quiet_day is QuietDay.RISERS:
            week = await desk.shelf(Window.WEEK, one.slot.at, now)
            risers = await self._risers(one, week, known, group, desk, now)
            if risers.papers:
                doc = digest(destination, week.edition, risers, week.papers, occasion, desk.cards(week))
                return self._queue(one, doc, risers.papers, now)
        if destination.quiet_day is QuietDay.NOTE:
            return self._queue(one, note(destination, shelf.edition, detail, occasion), (), now)
        return self._quiet(one, reason, detail, now)

    async def _risers(
        self, one: Due, week: Shelf, known: _Known, group: _Group, desk: Desk, now: datetime
    ) -> Share:
        told = await self._told([one], week.numbers, group.members)
        destination = replace(one.destination, window=Window.WEEK)
        members = [replace(member, window=Window.WEEK) for member in group.members]
        shared = _Group()
        if members:
            hidden = await self._store.people.hidden(member.recipient_id for member in members)
            shelves = await desk.shelves(members, one.slot.at, now)
            shared = _Group(members, Sharing(members, shelves, told, hidden, one.slot.at))
        mine = told[destination.recipient_id]
        return week.share(destination, mine, known.hidden, shared.elsewhere(destination))

    # --- subscriptions -----------------------------------------------------------------------------

    async def _subscriptions(self, due: Sequence[Due], desk: Desk, now: datetime) -> dict[str, PlannedSlot]:
        if not due:
            return {}
        subscribed = await self._store.people.subscribed(one.destination.id for one in due)
        hidden = await self._store.people.hidden(one.destination.recipient_id for one in due)
        told: dict[str, frozenset[int]] = {}
        plans: dict[str, PlannedSlot] = {}
        for reach, turns in by_reach(dealt(due, subscribed, now), now).items():
            arrivals = await desk.arrivals(now, reach)
            known = await self._told([turn.due for turn in turns], arrivals.numbers)
            tastes: Mapping[str, Taste] = {}
            if self._tasting is not None:
                tastes = await self._tasting.of_people(known, arrivals.numbers)
            keen = [who for who, taste in tastes.items() if taste.choices.for_you]
            searches = await self._store.people.searches(keen) if keen else {}
            for turn in turns:
                await _let_others_act()
                one = turn.due.destination
                papers = known[one.recipient_id] | told.get(one.recipient_id, frozenset())
                mine = _Known(
                    papers,
                    hidden[one.recipient_id],
                    tastes.get(one.recipient_id),
                    searches.get(one.recipient_id, ()),
                )
                plan = await self._message(turn, mine, arrivals, desk, now)
                plans[one.id] = plan
                if plan.delivery is not None:  # what goes there goes nowhere else
                    told[one.recipient_id] = papers | set(plan.delivery.papers)
        return plans

    async def _message(
        self, turn: Turn, known: _Known, arrivals: Arrivals, desk: Desk, now: datetime
    ) -> PlannedSlot:
        one = turn.due
        if not turn.subscriptions:
            if turn.elsewhere:
                return self._quiet(one, QuietReason.ELSEWHERE, _ELSEWHERE, now)
            return self._quiet(one, QuietReason.PAUSED, _SNOOZED if turn.snoozed else _PAUSED, now)
        choice = arrivals.choose(
            turn.subscriptions, known.told, known.hidden, known.taste, FOR_YOU, known.searches
        )
        occasion = await self._occasion(one, desk, now)
        if choice.papers:
            why = await self._why(known.taste, choice.papers)
            doc = message(one.destination, choice, arrivals.cards(), occasion, await desk.notes(), why)
            plan = self._queue(one, doc, choice.papers, now)
        elif len(choice.unreadable) == len(turn.subscriptions):
            plan = self._quiet(
                one, QuietReason.NO_MATCH, _unreadable("subscription", choice.unreadable[0]), now
            )
        else:
            reason, detail = await self._why_nothing(one, choice, arrivals, desk, now)
            if one.destination.quiet_day is QuietDay.NOTE:
                plan = self._queue(one, quiet_message(one.destination, detail, occasion), (), now)
            else:
                plan = self._quiet(one, reason, detail, now)
        return replace(plan, waits=waits(turn.subscriptions, choice, now))

    async def _why_nothing(
        self, one: Due, choice: Choice, arrivals: Arrivals, desk: Desk, now: datetime
    ) -> tuple[QuietReason, str]:
        if choice.waiting:
            return QuietReason.TOO_FEW, too_few(choice)
        return why_quiet(
            await desk.quiet_facts(one.destination, choice.tally, arrivals.arrived, one.last, now)
        )

    # --- both --------------------------------------------------------------------------------------

    async def _why(
        self, taste: "Taste | None", papers: Sequence[int], *, shared: bool = False
    ) -> Mapping[int, str]:
        return {} if self._tasting is None else await self._tasting.why(taste, papers, shared=shared)

    async def _told(
        self, due: Sequence[Due], numbers: frozenset[int], members: Sequence[Destination] = ()
    ) -> Mapping[str, frozenset[int]]:
        recipients = [one.destination.recipient_id for one in due]
        recipients += [one.recipient_id for one in members]
        return await self._store.destinations.told(recipients, numbers)

    async def _occasion(self, one: Due, desk: Desk, now: datetime) -> Occasion:
        return Occasion(
            slot=one.slot,
            late=one.late,
            listed_today=await desk.listed_today(now),
            next_at=one.next_at,
            owner=desk.owner(one.destination),
        )

    def _quiet(self, one: Due, reason: QuietReason, detail: str, now: datetime) -> PlannedSlot:
        return PlannedSlot(
            SlotRecord(
                destination_id=one.destination.id,
                slot=one.slot,
                outcome=SlotOutcome.QUIET,
                late=one.late,
                reason=reason,
                detail=detail,
                recorded_at=now,
            )
        )

    def _queue(
        self, one: Due, doc: Doc, papers: tuple[int, ...], now: datetime, detail: str = ""
    ) -> PlannedSlot:
        destination = one.destination
        posting = destination.posting
        if not papers:
            posting = replace(posting, mention="")  # nobody is called for a note that there is nothing
        delivery = NewDelivery(
            id=self._ids.new(),
            key=digest_key(destination.id, one.slot.local_date),
            destination_id=destination.id,
            recipient_id=destination.recipient_id,
            route=destination.route,
            doc=to_json(doc),
            papers=papers,
            deliver_by=deadline(one.slot, destination.schedule, self._late_limit),
            layout=destination.layout,
            posting=posting,
        )
        return PlannedSlot(
            SlotRecord(
                destination_id=destination.id,
                slot=one.slot,
                outcome=SlotOutcome.QUEUED,
                late=one.late,
                detail=detail,
                delivery_id=delivery.id,
                recorded_at=now,
            ),
            delivery,
        )


async def _let_others_act() -> None:
    """Hundreds of messages are made in a row, and somebody may be waiting for an answer meanwhile."""
    await asyncio.sleep(0)


def _unreadable(what: str, error: QueryError) -> str:
    return f"The {what} cannot be read any more: {error}"
