"""From papers as people name them to what teaches: those that are known, and those that are not."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.errors import InputError
from bot.model import IdScheme, Paper, PaperId
from bot.ports import Store
from bot.taste.examples import Example, Named
from bot.taste.model import MOST_EXAMPLES
from bot.view.text import one_line, shorten, unticked

MOST_FETCHED: Final = 10  # papers that upstreams are asked for while somebody waits

_MOST_NAMED: Final = 5  # of what was left out
_LONGEST: Final = 80  # characters of each

Fetch = Callable[[PaperId], Awaitable[Paper]]
"""Gives a paper that is not stored yet. Raises `InputError` if nobody knows it."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The papers that somebody named."""

    papers: tuple[int, ...]  # their numbers, at most as many as can teach
    unknown: tuple[Example, ...]
    beyond: int  # how many more were named than can teach


async def resolve(store: Store, named: Named, fetch: Fetch | None = None) -> Resolved:
    """Finds papers by their ids, else by a title that one stored paper alone has; what is not stored is
    fetched as far as somebody can wait.
    """
    wanted = named.examples[:MOST_EXAMPLES]
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
    return Resolved(tuple(dict.fromkeys(found)), tuple(unknown), len(named.examples) - len(wanted))


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


def left_out(named: Named, found: Resolved) -> Sequence[str]:
    """A sentence each about what was named and does not teach, whatever the reason. Pure."""
    said: list[str] = []
    if found.unknown:
        unknown = [_quoted(one.title) if one.title else one.ids[0].value for one in found.unknown]
        said.append(f"Not stored here, and so left out: {_some(unknown)}.")
    if named.words:
        said.append(f"Neither ids nor links of papers: {_some([_quoted(word) for word in named.words])}.")
    if named.unread:
        entries = "1 entry" if named.unread == 1 else f"{named.unread:,} entries"
        said.append(f"{entries} could not be read: not whole, or with neither an id nor a title.")
    if found.beyond:
        said.append(f"Only the first {MOST_EXAMPLES} were looked at; {found.beyond:,} were not.")
    return said


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _quoted(text: str) -> str:
    return f"“{shorten(unticked(one_line(text)), _LONGEST)}”"


__all__ = ["MOST_FETCHED", "Fetch", "Resolved", "left_out", "resolve"]
