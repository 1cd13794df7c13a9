"""What a destination would be sent at some instant: the real thing, with nothing stored and nothing sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.editions.digest import Occasion, digest, note
from bot.editions.make import EDITION_SIZE, laid_out, source_notes
from bot.editions.share import Shelf, Tally
from bot.editions.sharing import Sharing
from bot.model import Destination, Edition, Pool, Slot, Window
from bot.ports import Store
from bot.subscriptions.arrivals import arrivals_for
from bot.subscriptions.message import FOR_YOU, message, quiet_message
from bot.subscriptions.spans import WEEK, looks_from, speaks_at
from bot.taste.tasting import Tasting
from bot.trending.replay import trending
from bot.view.doc import Doc


@dataclass(frozen=True, slots=True)
class Preview:
    """A message that was not sent, the papers it shows, and how they were chosen."""

    doc: Doc
    papers: tuple[int, ...]
    tally: Tally
    elsewhere: str = ""  # as a clause: which papers another channel of its group has; empty: none


async def members_of(store: Store, destination: Destination) -> Sequence[Destination]:
    """The active channels that share papers out with it, and itself as it is given; none if it is alone."""
    if not destination.group:
        return ()
    found = (await store.destinations.grouped([destination.group]))[destination.group]
    return (*(one for one in found if one.name != destination.name), destination)


def windows_of(destination: Destination, members: Sequence[Destination]) -> Sequence[Window]:
    """Whose shelves it takes to share papers out among them. Pure."""
    return sorted({destination.window, *(one.window for one in members), *([Window.DAY] if members else [])})


async def preview(
    store: Store,
    destination: Destination,
    slot: Slot,
    as_of: datetime,
    *,
    ledger: bool = True,
    tasting: Tasting | None = None,
) -> Preview:
    """The digest of `destination` for `slot` from what was observed by `as_of`.

    With `ledger`, papers that it was told of by now are left out, as they would be; with a `tasting`, they
    stand in its own order.
    """
    recipient = destination.recipient_id
    members = await members_of(store, destination)
    everyone = [recipient, *(one.recipient_id for one in members)]
    hidden = await store.people.hidden(everyone)
    if destination.pool is Pool.SUBSCRIPTIONS:
        subscribed = (await store.people.subscribed([destination.id]))[destination.id]
        speaking = [one for one in subscribed if speaks_at(one, slot, as_of)]
        since = min((looks_from(one, as_of) for one in speaking), default=as_of)
        arrivals = await arrivals_for(store, as_of, reach=max(as_of - since, WEEK))
        told = await _told(store, everyone, arrivals.numbers, ledger=ledger)
        tastes = {} if tasting is None else await tasting.of_people([recipient], arrivals.numbers)
        taste = tastes.get(recipient)
        searches = (await store.people.searches([recipient]))[recipient]
        chosen = arrivals.choose(speaking, told[recipient], hidden[recipient], taste, FOR_YOU, searches)
        if chosen.papers:
            why = {} if tasting is None else await tasting.why(taste, chosen.papers)
            doc = message(destination, chosen, arrivals.cards(), Occasion(slot), why=why)
        else:
            doc = quiet_message(destination, reason(chosen.tally), Occasion(slot))
        return Preview(doc, chosen.papers, chosen.tally)
    notes = source_notes(await store.sources.states())
    shelves: dict[Window, Shelf] = {}
    for window in windows_of(destination, members):
        ranking = await trending(store.papers, window, as_of, EDITION_SIZE)
        shelves[window] = await laid_out(store, Edition(0, slot.at, ranking, notes), as_of)
    shelf = shelves[destination.window]
    told = await _told(store, everyone, shelf.numbers, ledger=ledger)
    sharing = Sharing(members, shelves, told, hidden, slot.at)
    elsewhere = sharing.elsewhere(destination)
    tastes = {} if tasting is None else await tasting.of_places([destination], shelf.numbers, as_of)
    taste = tastes.get(destination.id)
    share = shelf.share(destination, told[recipient], hidden[recipient], elsewhere, taste)
    if share.papers:
        why = {} if tasting is None else await tasting.why(taste, share.papers, shared=True)
        doc = digest(destination, shelf.edition, share, shelf.papers, Occasion(slot), why=why)
    else:
        doc = note(destination, shelf.edition, reason(share.tally), Occasion(slot))
    return Preview(doc, share.papers, share.tally, sharing.words(share.elsewhere))


def reason(tally: Tally) -> str:
    """Why there is nothing, as counts."""
    elsewhere = f"; {tally.elsewhere} fit another channel better" if tally.elsewhere else ""
    return (
        f"Of {tally.candidates} papers, {tally.matched} match, {tally.above_floor} are above the floor, "
        f"and {tally.told} of these were told before{elsewhere}."
    )


async def _told(
    store: Store, recipients: Sequence[str], numbers: frozenset[int], *, ledger: bool
) -> Mapping[str, frozenset[int]]:
    if not ledger:
        return dict.fromkeys(recipients, frozenset())
    return await store.destinations.told(recipients, numbers)
