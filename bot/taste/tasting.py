"""Makes the tastes of many recipients at once, from what the store and the index know of them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bot.ports import Store
from bot.taste.model import Taught
from bot.taste.order import Space, Taste
from bot.taste.ports import Meanings
from bot.taste.reasons import reasons


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

    async def of_places(self, recipient_ids: Iterable[str], numbers: Iterable[int]) -> Mapping[str, Taste]:
        """The same of channels: those alone that were given examples. That a paper is not for a channel says
        nothing of others as long as nobody said what is.
        """
        taught = await self._store.taste.taught(recipient_ids)
        return await self._among({place: one for place, one in taught.items() if one.wanted}, numbers)

    async def why(
        self, taste: Taste | None, papers: Sequence[int], *, shared: bool = False
    ) -> dict[int, str]:
        """By paper, the clause that says which of the recipient's own it resembles; `shared` is what a whole
        channel reads.
        """
        likenesses = {} if taste is None else taste.likenesses(papers)
        if not likenesses:
            return {}
        titles = await self._store.taste.titles(one.paper_id for one in likenesses.values())
        return reasons(likenesses, titles, shared=shared)

    async def _among(self, taught: Mapping[str, Taught], numbers: Iterable[int]) -> dict[str, Taste]:
        if not taught:
            return {}
        among = sorted(set(numbers))
        own = sorted({one for each in taught.values() for one in (*each.wanted, *each.unwanted)})
        vectors = await self._meanings.vectors([*among, *own])
        if not np.any(vectors):
            return {}  # nothing is known of what papers mean
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
