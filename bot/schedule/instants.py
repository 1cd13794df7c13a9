"""What comes as it appears: after every poll, and at the start, papers of which nobody was told yet go out.

All is decided from what is stored: a look that is doubled, late or broken off changes nothing, since the
store writes a message with all of its ledger rows or not at all.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from bot.delivery.keys import instant_key
from bot.editions.digest import Occasion
from bot.errors import PaperboyError
from bot.model import Destination, NewDelivery, Planned, Slot
from bot.people.model import Subscription
from bot.ports import Clock, Ids, Store
from bot.schedule.desk import Desk
from bot.schedule.zones import zone_info
from bot.subscriptions.matching import Arrivals, waits
from bot.subscriptions.message import message
from bot.subscriptions.spans import looks_from, speaks
from bot.taste.tasting import Tasting
from bot.view.doc import to_json

if TYPE_CHECKING:
    from bot.taste.order import Taste

_log = structlog.get_logger(__name__)

SETTLE: Final = timedelta(minutes=1)  # polls come in bursts: what they bring together is one message
_CHUNK: Final = 500  # destinations between two questions to the store
_ROUNDS: Final = 5  # in which two processes that look at once agree


@dataclass(frozen=True, slots=True)
class Speaker:
    """One destination with what speaks there now."""

    destination: Destination
    subscriptions: tuple[Subscription, ...]  # in order of their making


class Instants:
    """Tells people of papers as they appear. Any number of these may run in any number of processes."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ids: Ids,
        *,
        late_limit: timedelta,
        queued: Callable[[], None],
        tasting: Tasting | None = None,
    ) -> None:
        """`queued` is told whenever deliveries were written. Without a `tasting` everybody has the common
        order.
        """
        self._store = store
        self._tasting = tasting
        self._clock = clock
        self._ids = ids
        self._late_limit = late_limit
        self._queued = queued
        self._polled = asyncio.Event()

    def wake(self) -> None:
        """Looks soon: an upstream was read."""
        self._polled.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Looks at once, and whenever polls brought something, until `stopping`."""
        stopped: asyncio.Future[Any] = asyncio.ensure_future(stopping.wait())
        try:
            while not stopping.is_set():
                self._polled.clear()
                try:
                    await self.look()
                except PaperboyError as error:
                    _log.error("Looking for what appeared failed; it is tried again.", error=str(error))
                await self._rest(self._polled.wait(), stopped)
                await self._rest(self._clock.sleep(SETTLE), stopped)
        finally:
            stopped.cancel()
            await asyncio.gather(stopped, return_exceptions=True)

    async def look(self) -> int:
        """Queues what appeared and was not told yet; returns how many messages that are."""
        now = self._clock.now()
        speakers = speakers_of(await self._store.people.instant(), now)
        if not speakers:
            return 0
        since = min(looks_from(one, now) for speaker in speakers for one in speaker.subscriptions)
        desk = Desk(self._store)
        arrivals = await desk.arrivals(now, since)
        return sum(
            [
                await self._serve(speakers[at : at + _CHUNK], arrivals, desk, now)
                for at in range(0, len(speakers), _CHUNK)
            ]
        )

    async def _serve(self, speakers: Sequence[Speaker], arrivals: Arrivals, desk: Desk, now: datetime) -> int:
        queued = 0
        await desk.meet_owners(speaker.destination for speaker in speakers)
        for _ in range(_ROUNDS):
            recipients = {speaker.destination.recipient_id for speaker in speakers}
            hidden = await self._store.people.hidden(recipients)
            told = dict(await self._store.destinations.told(recipients, arrivals.numbers))
            tastes: Mapping[str, Taste] = {}
            if self._tasting is not None:
                tastes = await self._tasting.of_people(recipients, arrivals.numbers)
            stale: list[Speaker] = []
            waiting: dict[str, datetime | None] = {}
            for speaker in speakers:
                one = speaker.destination
                who = one.recipient_id
                taste = tastes.get(who)
                choice = arrivals.choose(speaker.subscriptions, told[who], hidden[who], taste)
                result = Planned.STORED
                if choice.papers:
                    # Those that it has no room for are told of too: they are counted, and behind a button.
                    papers = tuple(dict.fromkeys((*choice.papers, *choice.others)))
                    occasion = Occasion(_slot(one, now), owner=desk.owner(one))
                    why = {} if self._tasting is None else await self._tasting.why(taste, choice.papers)
                    doc = message(one, choice, arrivals.cards(), occasion, await desk.notes(), why)
                    delivery = self._delivery(one, to_json(doc), papers, now)
                    result = await self._store.outbox.announce(delivery, now)
                    queued += result is Planned.STORED
                    told[who] |= set(papers)
                if result is Planned.STALE:
                    stale.append(speaker)
                elif result is Planned.STORED:
                    waiting |= waits(speaker.subscriptions, choice, now)
            if waiting:
                await self._store.people.wait(waiting)
            if not stale:
                break
            speakers = stale
        if queued:
            self._queued()
        return queued

    def _delivery(self, one: Destination, doc: str, papers: tuple[int, ...], now: datetime) -> NewDelivery:
        return NewDelivery(
            id=self._ids.new(),
            key=instant_key(one.id, now.date(), papers),
            destination_id=one.id,
            recipient_id=one.recipient_id,
            route=one.route,
            doc=doc,
            papers=papers,
            deliver_by=now + self._late_limit,
            layout=one.layout,
            posting=one.posting,
        )

    async def _rest(self, wanted: Coroutine[Any, Any, Any], stopped: asyncio.Future[Any]) -> None:
        """Waits for this, or the end."""
        waited: asyncio.Future[Any] = asyncio.ensure_future(wanted)
        await asyncio.wait({waited, stopped}, return_when=asyncio.FIRST_COMPLETED)
        waited.cancel()
        await asyncio.gather(waited, return_exceptions=True)


def speakers_of(pairs: Iterable[tuple[Subscription, Destination]], now: datetime) -> list[Speaker]:
    """Each subscription that speaks now, at the first of its destinations in the order of `pairs`. Pure."""
    seen: set[str] = set()
    places: dict[str, tuple[Destination, list[Subscription]]] = {}
    for one, destination in pairs:
        if one.id not in seen and speaks(one, now):
            seen.add(one.id)
            places.setdefault(destination.id, (destination, []))[1].append(one)
    return [
        Speaker(destination, tuple(sorted(some, key=lambda one: (one.created_at, one.id))))
        for destination, some in places.values()
    ]


def _slot(destination: Destination, now: datetime) -> Slot:
    return Slot(now.astimezone(zone_info(destination.schedule.zone)).date(), now)


__all__ = ["SETTLE", "Instants", "Speaker", "speakers_of"]
