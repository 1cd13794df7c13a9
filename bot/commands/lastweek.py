"""How much a query would have brought last week: what somebody who keeps a search wants to know first."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from bot.model import Paper, Signal
from bot.ports import Clock, Store
from bot.search.match import compile_query, prepare
from bot.search.ports import Limits, Order, SearchIndex
from bot.search.query import Query, parse

_WEEK: Final = timedelta(days=7)
_LATE: Final = 500  # papers: what a poll brings or less


async def last_week(
    store: Store, index: SearchIndex, clock: Clock, queries: Sequence[str]
) -> list[list[Paper]]:
    """For each query the papers first shown in the last seven days that match it, the newest first.

    The index proposes and the judge decides: to judge each of some thousand papers takes a second. What the
    index does not know yet is judged all the same, be it all papers.
    """
    now = clock.now()
    shown = frozenset(await store.papers.first_shown(now - _WEEK, now))
    wanted = [parse(query) for query in queries]
    unknown = shown.intersection(await _unknown(store, index, shown))
    proposed: list[set[int]] = [set() for _ in wanted]
    if unknown != shown:
        limits = Limits(now, max(len(shown), 1), among=shown)
        hits = await asyncio.gather(*(index.matching(one, limits, Order.NEW) for one in wanted))
        proposed = [{hit.paper_id for hit in found.hits} for found in hits]
    numbers = [sorted(found | unknown) for found in proposed]
    every = sorted({number for found in numbers for number in found})
    papers, signals = await asyncio.gather(store.papers.get(every), store.papers.signals(every))
    upvotes = {number: found[Signal.UPVOTES] for number, found in signals.items() if Signal.UPVOTES in found}

    def match() -> list[list[Paper]]:
        ready = {number: prepare(paper) for number, paper in papers.items()}

        def of(query: Query, found: Sequence[int]) -> list[Paper]:
            test = compile_query(query, now)
            matched = [papers[one] for one in found if one in ready and test(ready[one], upvotes.get(one))]
            return sorted(matched, key=lambda one: (one.first_seen_at, one.id), reverse=True)

        return [of(query, found) for query, found in zip(wanted, numbers, strict=True)]

    return await asyncio.to_thread(match)  # a wide query proposes many: others are answered meanwhile


async def _unknown(store: Store, index: SearchIndex, every: Iterable[int]) -> Iterable[int]:
    """The papers that changed since the index last followed the store; `every` one if those are many."""
    state = await index.state()
    if not state.behind:
        return ()
    late = await store.papers.changes(state.change, _LATE)
    return every if late.upto < late.newest else (row.paper_id for row in late.papers)
