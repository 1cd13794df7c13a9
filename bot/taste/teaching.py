"""From papers as people name them to what teaches: those that are known, and those that are not."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.errors import InputError
from bot.model import IdScheme, Paper, PaperId
from bot.ports import Store
from bot.taste.examples import Example
from bot.taste.model import MOST_EXAMPLES

MOST_FETCHED: Final = 10  # papers that upstreams are asked for while somebody waits

Fetch = Callable[[PaperId], Awaitable[Paper]]
"""Gives a paper that is not stored yet. Raises `InputError` if nobody knows it."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The papers that somebody named."""

    papers: tuple[int, ...]  # their numbers, at most as many as can teach
    unknown: tuple[Example, ...]
    beyond: int  # how many more were named than can teach


async def resolve(store: Store, examples: Sequence[Example], fetch: Fetch | None = None) -> Resolved:
    """Finds papers by their ids, else by a title that one stored paper alone has; what is not stored is
    fetched as far as somebody can wait.
    """
    wanted = examples[:MOST_EXAMPLES]
    titled = await store.taste.titled([one.title for one in wanted if one.title])
    found: list[int] = []
    unknown: list[Example] = []
    fetched = 0
    for one in wanted:
        number = await _stored(store, one) or titled.get(one.title)
        arxiv = next((each for each in one.ids if each.scheme is IdScheme.ARXIV), None)
        if number is None and fetch is not None and arxiv is not None and fetched < MOST_FETCHED:
            fetched += 1
            number = await _fetched(fetch, arxiv)
        if number is None:
            unknown.append(one)
        else:
            found.append(number)
    return Resolved(tuple(dict.fromkeys(found)), tuple(unknown), len(examples) - len(wanted))


async def _stored(store: Store, one: Example) -> int | None:
    for paper_id in one.ids:
        paper = await store.papers.find(paper_id)
        if paper is not None:
            return paper.id
    return None


async def _fetched(fetch: Fetch, paper_id: PaperId) -> int | None:
    try:
        return (await fetch(paper_id)).id
    except InputError:
        return None


__all__ = ["MOST_FETCHED", "Fetch", "Resolved", "resolve"]
