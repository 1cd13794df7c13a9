"""The one search: what commands, pages, previews and the command line all call.

It asks the index for candidates, lets `bot.search.match` judge them, and puts them in order. Nothing typed by
a person reaches a log, or an error of a lower layer.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Final

from bot.errors import InputError, NotFoundError, UpstreamError
from bot.model import Paper, PaperId, Poll
from bot.ports import Clock, PaperStore
from bot.search.answer import Answer, Mode, Result, Tier
from bot.search.candidates import DEPTH, Proposer, Trend
from bot.search.fields import id_value
from bot.search.fusion import WEIGHTS, Weights
from bot.search.live import LiveSearch
from bot.search.marks import excerpt
from bot.search.mending import Mender
from bot.search.parts import named_papers
from bot.search.ports import IndexState, Limits, SearchedUpstream, SearchIndex
from bot.search.query import (
    EVERYTHING,
    Field,
    FieldName,
    Or,
    Query,
    format_query,
    parse,
)
from bot.search.ranking import Ranking, result_of

Fetch = Callable[[PaperId], Awaitable[Poll | None]]
"""Asks the upstreams for one paper; `None` if none that could be asked knows it.

Raises `UpstreamError` if none could be asked.
"""

Heard = Callable[[timedelta], object]

_UNKNOWN: Final = "no upstream that could be asked knows it."
_UNREACHED: Final = "No upstream could be reached just now: try again later."
_KEPT: Final = 64  # searches whose order is kept for their next pages
_KEPT_FOR: Final = timedelta(minutes=15)
_NOTHING_ASKED: Final = "There is nothing in that to look for. These are the newest papers."
_NEARLY: Final = 1_000  # changes that an index takes in while a person waits


class Search:
    """Finds papers. May be called from any task of one event loop."""

    def __init__(
        self,
        papers: PaperStore,
        index: SearchIndex,
        clock: Clock,
        *,
        fetch: Fetch | None = None,
        upstreams: Sequence[SearchedUpstream] = (),
        trend: Trend | None = None,
        weights: Weights = WEIGHTS,
    ) -> None:
        """`fetch` brings a paper that is named by its id and that the store lacks. `upstreams` are those that
        `live` asks: none, unless the operator allows that people's words are sent to them.
        """
        self.index: Final = index
        self._papers = papers
        self._clock = clock
        self._fetch = fetch
        self._trend = trend
        self._listeners: list[Heard] = []
        self._live = LiveSearch(papers, clock, upstreams, weights)
        self._proposer = Proposer(papers, index, weights, trend)
        self._mender = Mender(index)
        self._weights = weights
        self._kept: OrderedDict[tuple[str, Mode, int], Ranking] = OrderedDict()

    def on_search(self, listener: Heard) -> None:
        """`listener` hears how long each search took that was answered."""
        self._listeners.append(listener)

    def stored_only(self) -> "Search":
        """A search over the same index that asks nobody, so that it stores nothing either: for strangers."""
        return Search(self._papers, self.index, self._clock, trend=self._trend, weights=self._weights)

    async def search(
        self, text: str, *, limit: int = 10, page: str | None = None, mode: Mode = Mode.FUSED
    ) -> Answer:
        """One page of what the text finds. `page` is the `more` of the page before.

        Raises `QueryError` for a mistake in the query that can be named, `InputError` for no page's name.
        """
        query = parse(text)
        begun = self._clock.now()
        if named := named_papers(query):
            answer = await self._named_papers(query, named)
        else:
            answer = await self._fitting(query, limit, page, mode)
        took = max(self._clock.now() - begun, timedelta())
        for listener in self._listeners:
            listener(took)
        return answer

    async def _fitting(self, query: Query, limit: int, page: str | None, mode: Mode) -> Answer:
        state = await self.index.state()
        upto, start = state.change, 0  # of the index: what it will hold later makes another order
        if page is not None:
            upto, start = _page(page)
        ranking = await self._begun(query, mode, upto)
        ranked, mended = await asyncio.gather(
            ranking.upto(start + limit + 1),
            self._mender.mended(query, ranking.total, Limits(ranking.now, 1)) if start == 0 else _nothing(),
        )
        return Answer(
            query=query,
            results=tuple(result_of(query, one) for one in ranked[start : start + limit]),
            total=ranking.total,
            more=f"{upto}.{start + limit}" if len(ranked) > start + limit else None,
            did_you_mean=None if mended is None else format_query(mended),
            notes=(_NOTHING_ASKED, *_notes(state)) if query == EVERYTHING else _notes(state),
            start=start,
        )

    async def live(self, text: str, *, limit: int = 10) -> AsyncGenerator[Answer]:
        """The local answer at once, then again with the findings of each upstream that is asked.

        Raises as `search` does.
        """
        answer = await self.search(text, limit=limit)
        async with aclosing(self._live.follow(answer, limit)) as answers:
            async for one in answers:
                yield one

    async def recalled(self, text: str, *, limit: int = 10) -> Answer:
        """The first page with what upstreams found for it lately; none is asked. Raises as `search` does."""
        return await self._live.recalled(await self.search(text, limit=limit))

    async def similar(self, names: Sequence[str], *, limit: int = 10) -> Answer:
        """Papers near in meaning to those that the names (ids or links) name, all together.

        Raises `InputError` for a name that is no id, and `NotFoundError` for a paper that is not to be had.
        """
        named = []
        for name in names:
            ids = named_papers(parse(name))
            if not ids:
                raise InputError("That is no paper's id or link. Write one like 1706.03762.")
            named += ids
        known = []
        for paper_id in named:
            try:
                paper = await self._paper(paper_id)
            except UpstreamError as error:
                raise NotFoundError(
                    "paper", paper_id.value, f"It is not stored here. {_UNREACHED}"
                ) from error
            if paper is None:
                raise NotFoundError("paper", paper_id.value, f"It is not stored here, and {_UNKNOWN}")
            known.append(paper)
        state = await self.index.state()
        if 0 < state.behind < _NEARLY:  # a paper fetched just now has no vector yet
            state = await self.index.catch_up()
        now = self._clock.now()
        hits = await self.index.similar([paper.id for paper in known], Limits(now, limit))
        numbers = [hit.paper_id for hit in hits.hits]
        papers, signals = await asyncio.gather(self._papers.get(numbers), self._papers.signals(numbers))
        query = Or(tuple(_id_field(one) for one in named)) if len(named) > 1 else _id_field(named[0])
        results = [
            Result(
                paper=papers[hit.paper_id],
                tier=Tier.CLOSE,
                score=hit.score,
                parts={"meaning": hit.score},
                signals=signals.get(hit.paper_id, {}),
                title_marks=(),
                excerpt=excerpt(EVERYTHING, papers[hit.paper_id].abstract),
                why="Near in meaning.",
            )
            for hit in hits.hits
            if hit.paper_id in papers
        ]
        notes = _notes(state)
        if not results and not notes:
            notes = (_nothing_near(state),)
        return Answer(query, tuple(results), len(results), None, None, notes)

    # --- a paper by its name ---------------------------------------------------------------------

    async def _named_papers(self, query: Query, named: Sequence[PaperId]) -> Answer:
        papers: dict[int, Paper] = {}
        notes: list[str] = []
        for paper_id in named:
            try:
                paper = await self._paper(paper_id)
            except UpstreamError:
                notes.append(f"{paper_id.value} is not stored here. {_UNREACHED}")
                continue
            if paper is None:
                notes.append(f"{paper_id.value} is not stored here, and {_UNKNOWN}")
            else:
                papers[paper.id] = paper
        signals = await self._papers.signals(papers)
        results = [
            Result(
                paper=paper,
                tier=Tier.EXACT,
                score=1.0,
                parts={},
                signals=signals.get(number, {}),
                title_marks=(),
                excerpt=excerpt(EVERYTHING, paper.abstract),
                why="The very paper that was named.",
            )
            for number, paper in papers.items()
        ]
        return Answer(query, tuple(results), len(results), None, None, tuple(notes))

    async def _paper(self, paper_id: PaperId) -> Paper | None:
        """The stored paper, or the upstream's, which is stored then. Raises as the fetch does."""
        paper = await self._papers.find(paper_id)
        if paper is None and self._fetch is not None:
            poll = await self._fetch(paper_id)
            if poll is not None and poll.readings:
                await self._papers.ingest(poll, self._clock.now())
                paper = await self._papers.find(paper_id)
        return paper

    # --- candidates ------------------------------------------------------------------------------

    async def _begun(self, query: Query, mode: Mode, upto: int) -> Ranking:
        now = self._clock.now()
        key = (format_query(query), mode, upto)
        kept = self._kept.get(key)
        if kept is None or now - kept.now >= _KEPT_FOR:
            found = await self._proposer.propose(query, mode, Limits(now, DEPTH, upto=upto))
            kept = self._kept[key] = Ranking(self._papers, query, found, now, self._weights)
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return kept


async def _nothing() -> None:
    return None


def _notes(state: IndexState) -> tuple[str, ...]:
    """What to know of an answer of an index that is far from complete."""
    if state.behind and state.papers < state.newest // 2:
        so_far = f"{state.papers:,} papers so far"
        return (f"The search index is being built and holds {so_far}: ask again soon for the rest.",)
    return ()


def _page(page: str) -> tuple[int, int]:
    upto, dot, start = page.partition(".")
    if not (
        dot and upto.isascii() and upto.isdigit() and start.isascii() and start.isdigit() and len(page) < 40
    ):
        raise InputError("That is no page of an answer. Take what the answer before calls `more`.")
    return int(upto), int(start)


def _id_field(paper_id: PaperId) -> Field:
    return Field(FieldName.ID, id_value(paper_id))


def _nothing_near(state: IndexState) -> str:
    """Why no paper is near another."""
    if state.encoder is None:
        return "Nothing is known of what papers mean: Paperboy is set up to search by words alone."
    if state.vectors < state.papers:
        return "What papers mean is still being worked out: ask again soon."
    return "No other paper is near in meaning."
