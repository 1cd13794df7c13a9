"""What a destination would be sent at some instant: the real thing, with nothing stored and nothing sent."""

from dataclasses import dataclass
from datetime import datetime

from bot.editions.digest import Occasion, digest, note
from bot.editions.make import EDITION_SIZE, laid_out, source_notes
from bot.editions.share import Tally
from bot.model import Destination, Edition, Pool, Slot
from bot.ports import Store
from bot.subscriptions.arrivals import arrivals_for
from bot.subscriptions.message import message, quiet_message
from bot.trending.replay import trending
from bot.view.doc import Doc


@dataclass(frozen=True, slots=True)
class Preview:
    """A message that was not sent, the papers it shows, and how they were chosen."""

    doc: Doc
    papers: tuple[int, ...]
    tally: Tally


async def preview(
    store: Store, destination: Destination, slot: Slot, as_of: datetime, *, ledger: bool = True
) -> Preview:
    """The digest of `destination` for `slot` from what was observed by `as_of`.

    With `ledger`, papers that it was told of by now are left out, as they would be.
    """
    hidden = (await store.people.hidden([destination.recipient_id]))[destination.recipient_id]
    if destination.pool is Pool.SUBSCRIPTIONS:
        arrivals = await arrivals_for(store, as_of)
        told = await _told(store, destination, arrivals.numbers) if ledger else frozenset()
        subscribed = await store.people.subscribed([destination.id])
        chosen = arrivals.choose(subscribed[destination.id], told, hidden)
        if chosen.papers:
            doc = message(destination, chosen, arrivals.cards(), Occasion(slot))
        else:
            doc = quiet_message(destination, reason(chosen.tally), Occasion(slot))
        return Preview(doc, chosen.papers, chosen.tally)
    ranking = await trending(store.papers, destination.window, as_of, EDITION_SIZE)
    notes = source_notes(await store.sources.states())
    shelf = await laid_out(store, Edition(0, slot.at, ranking, notes), as_of)
    told = await _told(store, destination, shelf.numbers) if ledger else frozenset()
    share = shelf.share(destination, told, hidden)
    if share.papers:
        doc = digest(destination, shelf.edition, share, shelf.papers, Occasion(slot))
        return Preview(doc, share.papers, share.tally)
    return Preview(note(destination, shelf.edition, reason(share.tally), Occasion(slot)), (), share.tally)


def reason(tally: Tally) -> str:
    """Why there is nothing, as counts."""
    return (
        f"Of {tally.candidates} papers, {tally.matched} match, {tally.above_floor} are above the floor, "
        f"and {tally.told} of these were told before."
    )


async def _told(store: Store, destination: Destination, numbers: frozenset[int]) -> frozenset[int]:
    known = await store.destinations.told([destination.recipient_id], numbers)
    return known[destination.recipient_id]
