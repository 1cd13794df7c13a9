"""What a destination would be sent at some instant: the real thing, with nothing stored and nothing sent."""

from dataclasses import dataclass
from datetime import datetime

from bot.editions.digest import Occasion, digest, note
from bot.editions.make import EDITION_SIZE, announced_in, source_notes, upvotes_of
from bot.editions.share import Share, Shelf
from bot.model import Destination, Edition, Slot
from bot.ports import Store
from bot.trending.replay import trending
from bot.view.doc import Doc


@dataclass(frozen=True, slots=True)
class Preview:
    """A message that was not sent, and the share that it shows."""

    doc: Doc
    share: Share


async def preview(
    store: Store, destination: Destination, slot: Slot, as_of: datetime, *, ledger: bool = True
) -> Preview:
    """The digest of `destination` for `slot` from what was observed by `as_of`.

    With `ledger`, papers that it was told of by now are left out, as they would be.
    """
    ranking = await trending(store.papers, destination.window, as_of, EDITION_SIZE)
    notes = source_notes(await store.sources.states())
    edition = Edition(0, slot.at, ranking, notes)
    announced = await announced_in(store, edition)
    numbers = {entry.paper_id for entry in ranking.entries} | set(announced)
    upvotes = await upvotes_of(store, numbers, as_of)
    shelf = Shelf(edition, announced, await store.papers.get(numbers), upvotes=upvotes)
    told: frozenset[int] = frozenset()
    if ledger:
        known = await store.destinations.told([destination.recipient_id], shelf.numbers)
        told = known.get(destination.recipient_id, frozenset())
    share = shelf.share(destination, told)
    occasion = Occasion(slot)
    if share.papers:
        return Preview(digest(destination, edition, share, shelf.papers, occasion), share)
    tally = share.tally
    reason = (
        f"Of {tally.candidates} papers, {tally.matched} match, {tally.above_floor} are above the floor, "
        f"and {tally.told} of these were told before."
    )
    return Preview(note(destination, edition, reason, occasion), share)
