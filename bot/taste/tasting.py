"""Makes the tastes of many recipients at once, from what the store and the index know of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.model import Destination
from bot.people.model import Mark
from bot.ports import Store
from bot.taste.model import TEAM_SPAN, Taught
from bot.taste.order import Space, Taste
from bot.taste.ports import Meanings
from bot.taste.reasons import reasons, saved_here


class Tasting:
    """May be asked from any task of one event loop."""

    def __init__(self, store: Store, meanings: Meanings) -> None:
        self._store = store
        self._meanings = meanings

    async def of_people(self, recipient_ids: Iterable[str], numbers: Iterable[int]) -> Mapping[str, Taste]:
        """The taste of each of these people of whom anything is known, to put papers of these numbers in
        order by; whoever has no entry sees the common order.
        """
        return await self._among(await self._store.taste.taught(recipient_ids), numbers)

    async def of_places(
        self, destinations: Iterable[Destination], numbers: Iterable[int], now: datetime
    ) -> Mapping[str, Taste]:
        """The same of channels, by destination: those that were given examples, or whose people saved papers
        that count. That a paper is not for a channel says nothing of others while nobody said what is.
        """
        places = {one.id: one.recipient_id for one in destinations}
        given = await self._store.taste.taught(places.values())
        team = await self._store.taste.team(places, now - TEAM_SPAN)
        taught: dict[str, Taught] = {}
        for place, recipient in places.items():
            one, saved = given.get(recipient, Taught()), team.get(place, {})
            wanted = dict.fromkeys(saved, Mark.SAVED) | dict(one.wanted)
            if wanted:
                taught[place] = Taught(wanted, one.unwanted, team=saved)
        return await self._among(taught, numbers)

    async def why(
        self, taste: Taste | None, papers: Sequence[int], *, shared: bool = False
    ) -> dict[int, str]:
        """By paper, the clause that says which of the recipient's own it resembles; `shared` is what a whole
        channel reads.
        """
        if taste is None:
            return {}
        likenesses = taste.likenesses(papers)
        titles: Mapping[int, str] = {}
        if likenesses:
            titles = await self._store.taste.titles(one.paper_id for one in likenesses.values())
        saved = {number: saved_here(taste.team[number]) for number in papers if number in taste.team}
        return reasons(likenesses, titles, shared=shared) | saved

    async def _among(self, taught: Mapping[str, Taught], numbers: Iterable[int]) -> dict[str, Taste]:
        if not taught:
            return {}
        among = sorted(set(numbers))
        own = sorted({one for each in taught.values() for one in (*each.wanted, *each.unwanted)})
        vectors = await self._meanings.vectors([*among, *own])
        space = Space(among, vectors[: len(among)])
        rows = {number: row for row, number in enumerate(own, len(among))}
        return {
            recipient: Taste(
                space,
                each,
                vectors[[rows[one] for one in each.wanted]],
                vectors[[rows[one] for one in each.unwanted]],
            )
            for recipient, each in taught.items()
        }


__all__ = ["Tasting"]
