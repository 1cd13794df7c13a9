"""What upstreams find for a search while a person waits: merged into the local answer, and remembered."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.model import Outcome, PaperReading, Poll, Upstream
from bot.ports import Clock, PaperStore
from bot.search.answer import Answer, Tier
from bot.search.candidates import Candidates
from bot.search.fusion import Weights
from bot.search.parts import named_papers, wanted_text
from bot.search.ports import SearchedUpstream
from bot.search.query import Sort, format_query
from bot.search.ranking import Judged, Ranking, result_of

SEARCH: Final = "search"  # the subject of a poll that came of a search: never the words themselves

_KEPT: Final = 64  # searches of which it is remembered what was found
_KEPT_FOR: Final = timedelta(minutes=15)
_TIERS: Final = (Tier.EXACT, Tier.MATCH, Tier.CLOSE)
_NOTHING: Final = Candidates((), frozenset(), 0, Sort.RELEVANCE)

Findings = tuple[Upstream, tuple[int, ...]]
"""The papers that an upstream found, by their numbers in the store, its best first."""


class LiveSearch:
    """Asks upstreams. Belongs to one event loop; any of its tasks may call it."""

    def __init__(
        self, papers: PaperStore, clock: Clock, upstreams: Sequence[SearchedUpstream], weights: Weights
    ) -> None:
        """`upstreams` are those that may be told what people search for."""
        self._papers = papers
        self._clock = clock
        self._upstreams = tuple(upstreams)
        self._weights = weights
        self._found: OrderedDict[str, tuple[datetime, tuple[Findings, ...]]] = OrderedDict()

    async def follow(self, answer: Answer, limit: int) -> AsyncGenerator[Answer]:
        """The answer at once, then again with the findings of each upstream, at most `limit` of each."""
        words = wanted_text(answer.query)
        if not self._upstreams or not words or named_papers(answer.query):
            yield answer
            return
        awaited = tuple(one.upstream for one in self._upstreams)
        answer = replace(self._told(answer), awaited=awaited)
        yield answer
        pending = {asyncio.create_task(_ask(one, words, limit)) for one in self._upstreams}
        found: tuple[Findings, ...] = ()
        try:
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    upstream, readings = task.result()
                    awaited = tuple(one for one in answer.awaited if one is not upstream)
                    answer = replace(answer, awaited=awaited)
                    if readings is None:
                        note = f"{upstream.label} could not be asked just now."
                        answer = replace(answer, notes=(*answer.notes, note))
                        continue
                    numbers = await self._taken_in(upstream, readings)
                    answer = await self._merged(answer, upstream, numbers)
                    found = (*found, (upstream, numbers))
                    self._remember(answer, found)
                yield answer
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def recalled(self, answer: Answer) -> Answer:
        """The answer with what upstreams found for the same query lately; nobody is asked."""
        kept = self._found.get(format_query(answer.query))
        if kept is None or self._clock.now() - kept[0] >= _KEPT_FOR:
            return answer
        answer = self._told(answer)
        for upstream, numbers in kept[1]:
            answer = await self._merged(answer, upstream, numbers)
        return answer

    def _told(self, answer: Answer) -> Answer:
        asked = " and ".join(one.upstream.label for one in self._upstreams)
        return replace(answer, notes=(*answer.notes, f"These words were also sent to {asked}."))

    def _remember(self, answer: Answer, found: tuple[Findings, ...]) -> None:
        key = format_query(answer.query)
        self._found[key] = self._clock.now(), found
        self._found.move_to_end(key)
        while len(self._found) > _KEPT:
            self._found.popitem(last=False)

    async def _taken_in(self, upstream: Upstream, readings: Sequence[PaperReading]) -> tuple[int, ...]:
        """Stores what was found."""
        now = self._clock.now()
        outcome = Outcome.OK if readings else Outcome.EMPTY
        poll = Poll(
            upstream=upstream, subject=SEARCH, observed_at=now, outcome=outcome, readings=tuple(readings)
        )
        await self._papers.ingest(poll, now)
        ids = [paper_id for reading in readings for paper_id in reading.ids]
        papers = [await self._papers.find(paper_id) for paper_id in ids]
        return tuple(dict.fromkeys(paper.id for paper in papers if paper is not None))

    async def _merged(self, answer: Answer, upstream: Upstream, numbers: Sequence[int]) -> Answer:
        """The answer with what an upstream found: what is there already says so, what is new comes behind."""
        papers, signals = await asyncio.gather(self._papers.get(numbers), self._papers.signals(numbers))
        there = {result.paper.id for result in answer.results}
        results = [
            replace(one, found_by=(*one.found_by, upstream)) if one.paper.id in papers else one
            for one in answer.results
        ]
        ranking = Ranking(self._papers, answer.query, _NOTHING, self._clock.now(), self._weights)
        for rank, number in enumerate(numbers):
            if number in papers and number not in there:
                paper, of = papers[number], signals.get(number, {})
                parts = {upstream.value: 1 / (rank + 2)}
                one = Judged(paper, of, parts, ranking.judge(paper, of), (0, 0.0, number))
                results.append(replace(result_of(answer.query, one), found_by=(upstream,)))
        results.sort(key=lambda one: _TIERS.index(one.tier))  # stable: local results stay before those found
        return replace(answer, results=tuple(results))


async def _ask(
    upstream: SearchedUpstream, words: str, limit: int
) -> tuple[Upstream, Sequence[PaperReading] | None]:
    return upstream.upstream, await upstream.search(words, limit)


__all__ = ["SEARCH", "LiveSearch"]
