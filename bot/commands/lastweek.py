"""How much a query would have brought last week: what somebody who keeps a search wants to know first."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.model import Paper, Signal
from bot.ports import Clock, Store
from bot.search.match import compile_query, prepare
from bot.search.ports import Limits, Order, SearchIndex
from bot.search.query import Query, parse

_WEEK: Final = timedelta(days=7)


async def last_week(
    store: Store, index: SearchIndex, clock: Clock, queries: Sequence[str]
) -> list[list[Paper]]:
    """For each query the papers first shown in the last seven days that match it, the newest first.

    The index proposes and the judge decides: to judge each of some thousand papers takes a second. That is
    done all the same while the index is behind the store, since it knows nothing of the newest papers.
    """
    now = clock.now()
    shown = frozenset(await store.papers.first_shown(now - _WEEK, now))
    wanted = [parse(query) for query in queries]
    if (await index.state()).behind:
        numbers = [sorted(shown)] * len(wanted)
    else:
        limits = Limits(now, max(len(shown), 1), among=shown)
        proposed = await asyncio.gather(*(index.matching(one, limits, Order.NEW) for one in wanted))
        numbers = [[hit.paper_id for hit in found.hits] for found in proposed]
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
