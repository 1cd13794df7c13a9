"""How much a query would have brought last week: what somebody who keeps a search wants to know first."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.model import Paper, Signal
from bot.ports import Clock, Store
from bot.search.match import compile_query, prepare
from bot.search.query import parse

_WEEK: Final = timedelta(days=7)


async def last_week(store: Store, clock: Clock, queries: Sequence[str]) -> list[list[Paper]]:
    """For each query the papers first shown in the last seven days that match it, the newest first."""
    now = clock.now()
    numbers = await store.papers.first_shown(now - _WEEK, now)
    papers, signals = await asyncio.gather(store.papers.get(numbers), store.papers.signals(numbers))
    upvotes = {number: found[Signal.UPVOTES] for number, found in signals.items() if Signal.UPVOTES in found}
    newest = sorted(papers.values(), key=lambda one: (one.first_seen_at, one.id), reverse=True)

    def match() -> list[list[Paper]]:
        ready = [(one, prepare(one)) for one in newest]
        tests = [compile_query(parse(query), now) for query in queries]
        return [[one for one, words in ready if test(words, upvotes.get(one.id))] for test in tests]

    return await asyncio.to_thread(match)  # some thousand papers: others are answered meanwhile
