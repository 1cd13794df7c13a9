"""Makes an edition again from the store, and says where the two differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from bot.editions.make import made_of
from bot.model import Edition, IdScheme, PaperId, Ranked
from bot.ports import PaperStore, Store

_INSTANT: Final = "%Y-%m-%d %H:%M:%S UTC"
_UNNOTED: Final = "It was made by a version that did not note what became known of its papers after it."


@dataclass(frozen=True, slots=True)
class Verified:
    """An edition, and what the store, as it stood when that was made, gives for its instant."""

    edition: Edition
    remade: Edition

    @property
    def same(self) -> bool:
        """Whether the two are the same to the last bit."""
        return self.remade == self.edition

    def differences(self) -> Iterator[str]:
        """Where the two differ, in sentences; none if they are the same."""
        if self.same:
            return
        yield from differences(self.edition, self.remade)
        if self.edition.revision is None:
            yield _UNNOTED


async def verify(store: Store, edition: Edition) -> Verified:
    """What the store gives for the edition's window and instant. Raises `StorageError`."""
    frozen = edition.ranking
    stood = store.papers.as_stood(edition.revision or 0)
    ranking, notes = await made_of(stood, frozen.window, frozen.as_of)
    if ranking != frozen:
        ranking = replace(ranking, entries=await _as_numbered_now(store.papers, ranking.entries))
    return Verified(edition, replace(edition, ranking=ranking, notes=notes))


async def _as_numbered_now(papers: PaperStore, entries: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """The entries with the numbers by which an edition leads to its papers: one that was merged into another
    since has the other's.
    """
    there = await papers.get(entry.paper_id for entry in entries)
    numbered = []
    for entry in entries:
        scheme, _, value = entry.key.partition(":")
        gone = entry.paper_id not in there
        paper = await papers.find(PaperId(IdScheme(scheme), value)) if gone else None
        numbered.append(entry if paper is None else replace(entry, paper_id=paper.id))
    return tuple(numbered)


def differences(frozen: Edition, remade: Edition) -> Iterator[str]:
    """Where two editions of one instant differ, place by place. Pure."""
    one, other = frozen.ranking, remade.ranking
    if one.since != other.since:
        yield f"Its window began at {one.since:{_INSTANT}}; made again, at {other.since:{_INSTANT}}."
    for place, (was, comes) in enumerate(zip_longest(one.entries, other.entries), start=1):
        if was != comes:
            yield f"Place {place}: {_told(was)}; made again, {_told(comes)}."
    if frozen.notes != remade.notes:
        yield f"It says that {_down(frozen)}; made again, that {_down(remade)}."


def _told(entry: Ranked | None) -> str:
    return "no paper" if entry is None else f"{entry.key} with {entry.score:g} ({'; '.join(entry.reasons)})"


def _down(edition: Edition) -> str:
    down = [f"{note.upstream} did not answer since {note.down_since:{_INSTANT}}" for note in edition.notes]
    return " and ".join(down) or "all sources answered"
