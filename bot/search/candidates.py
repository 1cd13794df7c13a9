"""Which papers a search looks at, in what order, before any is judged: the index's legs, brought together."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.ports import PaperStore
from bot.search.answer import Mode
from bot.search.fusion import Fused, Weights, fuse
from bot.search.parts import conditions, sort_of, wanted_text
from bot.search.ports import Hit, Hits, Limits, Order, SearchIndex
from bot.search.query import EVERYTHING, Query, Sort

Trend = Callable[[], Awaitable[Mapping[int, float]]]
"""Gives the papers that trend now, each with its score."""

DEPTH: Final = 200  # papers that each leg proposes
_TITLES: Final = 20  # papers whose title has the words side by side
_LONGEST_TITLE: Final = 300  # characters; nobody types a longer one
_ORDERS: Final = {Sort.NEW: Order.NEW, Sort.TOP: Order.TOP, Sort.TRENDING: Order.NEW}


@dataclass(frozen=True, slots=True)
class Candidates:
    """Papers to be judged, the best first, and how many the index counts as matching."""

    order: tuple[Fused, ...]
    matching: frozenset[int]  # those that the index has for matching
    total: int
    sort: Sort


class Proposer:
    """Asks the legs of the index, and brings what they propose into one order."""

    def __init__(self, papers: PaperStore, index: SearchIndex, weights: Weights, trend: Trend | None) -> None:
        self._papers = papers
        self._index = index
        self._weights = weights
        self._trend = trend

    async def propose(self, query: Query, mode: Mode, limits: Limits) -> Candidates:
        """The candidates for a query. Conditions alone have no relevance: their newest papers come first."""
        sort = sort_of(query)
        text = wanted_text(query)
        if sort is Sort.RELEVANCE and not text:
            sort = Sort.NEW
        if sort is Sort.RELEVANCE:
            return await self._relevant(query, text, mode, limits)
        return await self._sorted(query, sort, limits)

    async def _relevant(self, query: Query, text: str, mode: Mode, limits: Limits) -> Candidates:
        """Matching papers first, each part in the order of words, meaning and titles together."""
        bounds = conditions(query)
        lexical, semantic = mode is not Mode.SEMANTIC, mode is not Mode.LEXICAL
        examples = self._weights.exemplified(text) if lexical and semantic else 0
        near, (matching, related), titles = await asyncio.gather(  # begun in this order, two at a time
            self._index.near(text, bounds, limits) if semantic and not examples else _nothing(),
            self._worded(query, limits, close=lexical),
            self._titles(text, bounds, limits),
        )
        first = frozenset(hit.paper_id for hit in matching.hits)
        words = (*matching.hits, *related.hits) if lexical else ()
        like: Mapping[int, float] | None = None
        if examples:
            like = await self._likeliest(text, words, limits, examples)
            near = await self._index.near(text, bounds, limits, like)
        meaning = (*near.hits, *await self._nearness(text, words, near, limits, like)) if semantic else ()
        order = fuse(text, words, meaning, titles, self._weights)
        known = {one.paper_id for one in order}
        order += [Fused(paper_id, {}) for paper_id in sorted(first - known)]
        # Python's sort is stable: within each part the fused order stays.
        order.sort(key=lambda one: one.paper_id not in first)
        return Candidates(tuple(order), first, matching.total, Sort.RELEVANCE)

    async def _worded(self, query: Query, limits: Limits, *, close: bool) -> tuple[Hits, Hits]:
        """The papers that match, and if they are few those that come `close` too.

        Those never stand before papers that match, and have the same score: beside many they would show on no
        page that anybody turns to, and to score all papers with any of the words costs more than the rest.
        """
        matching = await self._index.matching(query, limits)
        if not close or len(matching.hits) >= limits.limit:
            return matching, Hits()
        return matching, await self._index.related(query, limits)

    async def _titles(self, text: str, bounds: Query, limits: Limits) -> Mapping[int, str]:
        """Titles that have the words side by side, by number: an exact title must be among the candidates,
        however many papers hold its words.
        """
        if len(text) > _LONGEST_TITLE:
            return {}
        titled = await self._index.titled(text, bounds, replace(limits, limit=_TITLES))
        papers = await self._papers.get(hit.paper_id for hit in titled.hits) if titled.hits else {}
        return {number: paper.title for number, paper in papers.items()}

    async def _likeliest(
        self, text: str, words: Iterable[Hit], limits: Limits, count: int
    ) -> Mapping[int, float]:
        """Of those that their words proposed, the papers that come first by words and meaning, with their
        scores.
        """
        meaning = await self._among(text, {hit.paper_id for hit in words}, limits)
        best = fuse(text, words, meaning, {}, self._weights)[:count]
        return {one.paper_id: one.score for one in best}

    async def _nearness(
        self, text: str, words: Iterable[Hit], near: Hits, limits: Limits, like: Mapping[int, float] | None
    ) -> tuple[Hit, ...]:
        """How near those are that only their words proposed: else they would pass for not near at all."""
        if not near.hits:
            return ()
        missing = {hit.paper_id for hit in words} - {hit.paper_id for hit in near.hits}
        return await self._among(text, missing, limits, like)

    async def _among(
        self, text: str, papers: Collection[int], limits: Limits, like: Mapping[int, float] | None = None
    ) -> tuple[Hit, ...]:
        """How near these papers are."""
        if not papers:
            return ()
        among = replace(limits, among=papers, limit=len(papers))
        return (await self._index.near(text, EVERYTHING, among, like)).hits

    async def _sorted(self, query: Query, sort: Sort, limits: Limits) -> Candidates:
        """Matching papers alone, by what the person asked to sort by."""
        found = await self._index.matching(query, limits, _ORDERS[sort])
        numbers = [hit.paper_id for hit in found.hits]
        if sort is Sort.TRENDING and self._trend is not None:
            trend = await self._trend()
            among = replace(limits, among=frozenset(trend), limit=len(trend))
            trending = await self._index.matching(query, among) if trend else Hits()
            first = sorted((hit.paper_id for hit in trending.hits), key=lambda one: (-trend[one], one))
            numbers = list(dict.fromkeys((*first, *numbers)))
        order = tuple(Fused(number, {}) for number in numbers)
        return Candidates(order, frozenset(numbers), found.total, sort)


async def _nothing() -> Hits:
    return Hits()
