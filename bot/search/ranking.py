"""One search under way: candidates become results as far as somebody wants to see them."""

import asyncio
from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.model import Paper, Signal
from bot.ports import PaperStore
from bot.search.answer import Result, Tier
from bot.search.candidates import Candidates
from bot.search.fusion import Weights, is_title, prior
from bot.search.marks import excerpt, marks
from bot.search.match import compile_query, prepare
from bot.search.parts import wanted_text
from bot.search.query import Query, Sort
from bot.search.reasons import why

_CHUNK: Final = 30  # candidates that popularity and age may reorder among themselves


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate with its paper; `tier` is `None` until it has been judged."""

    paper: Paper
    signals: Mapping[Signal, int]
    parts: Mapping[str, float]
    tier: Tier | None
    place: tuple[int, float, int]  # what it is sorted by

    @property
    def score(self) -> float:
        return sum(self.parts.values())


class Ranking:
    """The results of one query, in order. Judging is what costs most: no more is judged than is asked for."""

    def __init__(
        self, papers: PaperStore, query: Query, found: Candidates, now: datetime, weights: Weights
    ) -> None:
        self.query: Final = query
        self.now: Final = now
        self.total: Final = found.total
        self._papers = papers
        self._matching = found.matching
        self._by_relevance = found.sort is Sort.RELEVANCE
        self._text = wanted_text(query)
        self._matcher = compile_query(query, now)
        self._weights = weights
        self._waiting = [one.paper_id for one in found.order]
        # Many rankings are kept, and dictionaries of numbers give the collector of garbage no work.
        self._parts = {one.paper_id: one.parts for one in found.order}
        self._ready: list[Judged] = []
        self._settled: list[Judged] = []
        self._turn = asyncio.Lock()

    async def upto(self, count: int) -> list[Judged]:
        """The first `count` results, or all there are: matching ones first, then those that come close."""
        async with self._turn:  # two pages may be asked for at once
            while len(self._settled) < count and (self._ready or self._waiting):
                if not self._ready:
                    await self._make_ready()
                if self._ready:
                    self._settle(self._ready.pop(0))
        return self._settled[:count]

    def _settle(self, one: Judged) -> None:
        tier = self.judge(one.paper, one.signals) if one.tier is None else one.tier
        if tier is not Tier.CLOSE:
            self._settled.append(replace(one, tier=tier))
        elif self._by_relevance:
            if one.place[0] == _MATCHING:  # the index had it for matching: it goes where it belongs
                place = (_CLOSE, *one.place[1:])
                insort(self._ready, replace(one, tier=tier, place=place), key=_place)
            else:
                self._settled.append(replace(one, tier=tier))
        # Sorted by something else than relevance, what only comes close would stand among the rest.

    async def _make_ready(self) -> None:
        chunk, self._waiting = self._waiting[:_CHUNK], self._waiting[_CHUNK:]
        papers, signals = await asyncio.gather(self._papers.get(chunk), self._papers.signals(chunk))
        self._ready = [
            self._scored(at, papers[number], signals.get(number, {}))
            for at, number in enumerate(chunk)
            if number in papers
        ]
        self._ready.sort(key=_place)

    def _scored(self, at: int, paper: Paper, signals: Mapping[Signal, int]) -> Judged:
        parts = {**self._parts[paper.id], **prior(paper, signals, self.now, self._weights)}
        if not self._by_relevance:  # the order is the person's own
            return Judged(paper, signals, parts, None, (_MATCHING, at, paper.id))
        group = _CLOSE
        if paper.id in self._matching:
            group = _EXACT if is_title(self._text, paper.title) else _MATCHING
        return Judged(paper, signals, parts, None, (group, -sum(parts.values()), paper.id))

    def judge(self, paper: Paper, signals: Mapping[Signal, int]) -> Tier:
        """How the paper belongs to the query."""
        if self._matcher(prepare(paper), signals.get(Signal.UPVOTES)) is not True:
            return Tier.CLOSE
        return Tier.EXACT if is_title(self._text, paper.title) else Tier.MATCH


_EXACT, _MATCHING, _CLOSE = range(3)


def _place(one: Judged) -> tuple[int, float, int]:
    return one.place


def result_of(query: Query, one: Judged) -> Result:
    """What is shown of a candidate: marked, and explained."""
    tier = one.tier or Tier.CLOSE
    return Result(
        paper=one.paper,
        tier=tier,
        score=one.score,
        parts=one.parts,
        signals=one.signals,
        title_marks=marks(query, one.paper.title, "title"),
        excerpt=excerpt(query, one.paper.abstract),
        why=why(query, one.paper, tier),
    )
