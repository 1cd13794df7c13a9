"""Makes an edition again from the store, and says where the two differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from bot.editions.make import EDITION_SIZE
from bot.model import Edition, Ranked, Ranking
from bot.ports import Store
from bot.trending.replay import trending

_INSTANT: Final = "%Y-%m-%d %H:%M:%S UTC"


@dataclass(frozen=True, slots=True)
class Verified:
    """An edition, and what the store gives for its instant by now."""

    edition: Edition
    remade: Ranking
    merged: int  # of its papers, how many are one with others by now
    stored_late: int  # polls read before it was made that were stored only after

    @property
    def same(self) -> bool:
        """Whether the two are the same to the last bit."""
        return self.remade == self.edition.ranking

    def differences(self) -> Iterator[str]:
        """Where the two differ, in sentences, and what is known of the cause; none if they are the same."""
        if self.same:
            return
        yield from differences(self.edition.ranking, self.remade)
        if self.merged:
            yield f"Papers of it that are one with another by now, and ranked as one: {self.merged}."
        if self.stored_late:
            yield f"Polls that were read before it was made, and stored only after it: {self.stored_late}."


async def verify(store: Store, edition: Edition) -> Verified:
    """What the store gives for the edition's window and instant. Raises `StorageError`."""
    ranking = edition.ranking
    numbers = [entry.paper_id for entry in ranking.entries]
    return Verified(
        edition,
        await trending(store.papers, ranking.window, ranking.as_of, EDITION_SIZE),
        len(numbers) - len(set(numbers)),
        await store.papers.stored_late(ranking.as_of),
    )


def differences(frozen: Ranking, remade: Ranking) -> Iterator[str]:
    """Where two rankings of one instant differ, place by place. Pure."""
    if frozen.since != remade.since:
        yield f"Its window began at {frozen.since:{_INSTANT}}; made again, at {remade.since:{_INSTANT}}."
    pairs = zip_longest(frozen.entries, remade.entries)
    for place, (one, other) in enumerate(pairs, start=1):
        if one == other:
            continue
        if one is not None and other is not None and one.paper_id == other.paper_id and one.key != other.key:
            yield f"Place {place}: {one.key} is known as {other.key} by now."
        else:
            yield f"Place {place}: {_told(one)}; made again, {_told(other)}."


def _told(entry: Ranked | None) -> str:
    return "no paper" if entry is None else f"{entry.key} with {entry.score:g} ({'; '.join(entry.reasons)})"
