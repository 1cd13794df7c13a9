"""Hacker News: points and comments of the stories about a paper, by Algolia's search (hn.algolia.com/api).

Only `created_at_i` can be filtered on; a filter on `points` is refused. So is nothing filtered, and what
was found is looked at here.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Any, Final

from bot.errors import GarbledError
from bot.ids import arxiv_id_of
from bot.model import PaperId, PaperReading, Poll, Signal, Upstream
from bot.sources.http import BudgetRule, HttpClient
from bot.sources.signals import Told, count_of, in_batches, json_object

STORIES: Final = "stories"
# Algolia documents 10,000 requests an hour for an address; a tenth of it is plenty.
HN_BUDGET: Final = BudgetRule(
    "hackernews", interval=timedelta(seconds=1), window=timedelta(hours=1), limit=1_000
)


class HackerNewsSource:
    """Reads points and comments. Give it a client with little patience: out of budget, it should stop."""

    def __init__(self, client: HttpClient, api_url: str) -> None:
        self._client = client
        self._search_url = f"{api_url.rstrip('/')}/search"

    @property
    def upstream(self) -> Upstream:
        return Upstream.HACKER_NEWS

    async def stories(self, papers: Sequence[tuple[PaperId, str]]) -> AsyncGenerator[Poll, None]:
        """Asks for the stories about these papers, each given with its arXiv id.

        Polls of subject `stories`, of up to twenty papers each; their readings have no title. A story is
        about a paper if it links to it at arXiv, Hugging Face or alphaXiv; of several the one with most
        points counts. A paper without a story has no reading. What has no arXiv id is left out.
        """
        wanted: dict[PaperId, str] = {}
        for paper, text in papers:
            if (found := arxiv_id_of(text)) is not None:
                wanted[paper] = found[0]
        questions = tuple(wanted.items())
        async with aclosing(
            in_batches(Upstream.HACKER_NEWS, STORIES, questions, self._ask, self._client.now)
        ) as batches:
            async for poll, _ in batches:
                yield poll

    async def _ask(self, question: tuple[PaperId, str]) -> Told:
        paper, arxiv_id = question
        reply = await self._client.get(
            Upstream.HACKER_NEWS,
            self._search_url,
            budget=HN_BUDGET,
            params={"query": arxiv_id, "tags": "story", "restrictSearchableAttributes": "url"},
        )
        signals = best_story(json_object(Upstream.HACKER_NEWS, reply.body), arxiv_id)
        readings = (PaperReading(ids=(paper,), title="", signals=signals),) if signals else ()
        return Told(reply.observed_at, readings)


def best_story(answer: dict[str, Any], arxiv_id: str) -> dict[Signal, int]:
    """The numbers of the story about that paper that has most points; empty if none is about it.

    Raises `GarbledError` if the answer has no list of hits. Pure.
    """
    hits = answer.get("hits")
    if not isinstance(hits, list):
        raise GarbledError(Upstream.HACKER_NEWS.label, "answered a search without a list of hits.")
    points, comments = max(_numbers(hits, arxiv_id), default=(None, None))
    if points is None or comments is None:
        return {}
    return {Signal.HN_POINTS: points, Signal.HN_COMMENTS: comments}


def _numbers(hits: list[Any], arxiv_id: str) -> Iterator[tuple[int, int]]:
    """Points and comments of each story that links to the paper."""
    for hit in hits:
        if not isinstance(hit, dict) or not isinstance(hit.get("url"), str):
            continue
        found = arxiv_id_of(hit["url"])
        points = count_of(hit.get("points"))
        if found is not None and found[0] == arxiv_id and points is not None:
            # A story that nobody commented may have null comments.
            yield points, count_of(hit.get("num_comments")) or 0
