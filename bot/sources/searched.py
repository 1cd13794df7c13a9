"""What upstreams are asked while a person waits: their own search, and one paper by its id.

What a person typed goes out here and nowhere else. It stands in no log, no error and no poll: what an
upstream answers may repeat it, so a failure is logged by its kind alone. Nothing is asked twice, nobody
waits long, and of arXiv, which grants one request in 3 seconds, a search takes only a turn that is free now.
"""

import asyncio
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any, Final, TypeVar

import aiohttp
import structlog

from bot.errors import UnreachableError, UpstreamError, UpstreamRefusedError
from bot.ids import arxiv_id_of
from bot.model import IdScheme, Outcome, PaperId, PaperReading, Poll, Upstream
from bot.ports import Clock, SourceStore
from bot.search.ports import SearchedUpstream
from bot.search.tokens import fold
from bot.sources.arxiv import ARXIV_BUDGET, LOOKUP, ArxivSource
from bot.sources.arxiv_feed import parse_query_feed
from bot.sources.http import HttpClient, Retries, TimeLimits
from bot.sources.huggingface import budget, parse_daily
from bot.view.text import control_free

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

T = TypeVar("T")

LONGEST_QUESTION: Final = 250  # UTF-16 units, as JavaScript counts them: what Hugging Face takes
_MOST_ROWS: Final = 120  # the most that Hugging Face's `limit` may ask for
_MOST_ENTRIES: Final = 100  # of arXiv: an answer of some 250 kB
_MOST_WORDS: Final = 10  # asked of arXiv: a paper must hold every one of them
_UNKNOWN: Final = 404  # what Hugging Face says of a paper that it does not have
_LONGEST_WORD: Final = 40  # characters; nothing longer is a word of a paper

_PATIENCE: Final = timedelta(seconds=4)  # of a person, for one upstream
_LIMITS: Final = TimeLimits(total=_PATIENCE, connect=timedelta(seconds=2), read=_PATIENCE)
_SOON: Final = timedelta(seconds=1)  # the longest wait for a turn at Hugging Face, which has many
# A turn that is free now: the store books in whole milliseconds, and rounds them up.
_NOW: Final = timedelta(milliseconds=10)

_WORD: Final = re.compile(r"[^\W_]+")
# Operators of arXiv's language, which no case keeps apart for certain; and words that every paper holds.
_UNASKED: Final = frozenset(
    [
        *("a", "an", "and", "andnot", "are", "as", "at", "be", "by", "for", "from", "in", "is", "it", "not"),
        *("of", "on", "or", "that", "the", "this", "to", "we", "with"),
    ]
)


# --- what is asked: pure -------------------------------------------------------------------------


def hugging_face_question(text: str) -> str:
    """The text on one line, cut after its last word that Hugging Face has room for; it may be empty."""
    line = " ".join(control_free(text).split())
    room = 2 * LONGEST_QUESTION  # bytes
    head = line.encode("utf-16-le")[:room].decode("utf-16-le", "ignore")
    if head != line and line[len(head)] != " ":
        head = head.rpartition(" ")[0] or head
    return head.strip()


def arxiv_question(text: str) -> str | None:
    """`all:flash AND all:attention`: the words of the text, in arXiv's query language.

    Only letters and digits are taken over, so that no sign or operator of the text gets a meaning there.
    `None` if nothing is left to ask for.
    """
    words = dict.fromkeys(_WORD.findall(fold(control_free(text)).lower()))
    asked = [word for word in words if word not in _UNASKED and len(word) <= _LONGEST_WORD]
    return " AND ".join(f"all:{word}" for word in asked[:_MOST_WORDS]) or None


# --- search --------------------------------------------------------------------------------------


class HuggingFaceSearch:
    """`bot.search.ports.SearchedUpstream` for Hugging Face's search, by meaning and by words."""

    def __init__(self, client: HttpClient, endpoint: str, token: str | None = None) -> None:
        """`endpoint` is `HF_ENDPOINT`, without `/api`; the token goes nowhere else."""
        self._client = client
        self._url = f"{endpoint.rstrip('/')}/api/papers/search"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._budget = budget(has_token=bool(token))

    @property
    def upstream(self) -> Upstream:
        return Upstream.HUGGING_FACE

    async def search(self, text: str, limit: int) -> Sequence[PaperReading] | None:
        """The upstream's best first; `None` if it cannot be asked just now, or did not answer."""
        question = hugging_face_question(text)
        if not question or limit < 1:
            return ()
        return await _in_time(self.upstream, self._ask(question, min(limit, _MOST_ROWS)))

    async def _ask(self, question: str, limit: int) -> Sequence[PaperReading]:
        reply = await self._client.get(
            self.upstream,
            self._url,
            budget=self._budget,
            params={"q": question, "limit": limit},
            headers=self._headers,
        )
        return [_unlisted(reading) for reading in parse_daily(reply.body).readings[:limit]]


class ArxivSearch:
    """`bot.search.ports.SearchedUpstream` for arXiv's query interface, asked only if a turn is free now.

    `client` must not wait for its turn, and needs a holder that no other client of the process has: the
    lease of arXiv's one connection tells them apart by it.
    """

    def __init__(self, client: HttpClient, api_url: str) -> None:
        self._client = client
        self._url = api_url
        self._under_way = False

    @property
    def upstream(self) -> Upstream:
        return Upstream.ARXIV

    async def search(self, text: str, limit: int) -> Sequence[PaperReading] | None:
        """The upstream's best first; `None` if it cannot be asked just now, or did not answer."""
        question = arxiv_question(text)
        if question is None or limit < 1:
            return ()
        if self._under_way:  # a second search would wait for the first one's turn to end
            return None
        self._under_way = True
        try:
            return await _in_time(self.upstream, self._ask(question, min(limit, _MOST_ENTRIES)))
        finally:
            self._under_way = False

    async def _ask(self, question: str, limit: int) -> Sequence[PaperReading]:
        reply = await self._client.get(
            self.upstream,
            self._url,
            budget=ARXIV_BUDGET,
            params={
                "search_query": question,
                "start": 0,
                "max_results": limit,
                "sortBy": "relevance",
                "sortOrder": "descending",
            },
        )
        return [reading for reading in parse_query_feed(reply.body).readings if reading.title]


# --- one paper -----------------------------------------------------------------------------------


class PaperFetcher:
    """Asks for a paper that the store lacks: Hugging Face first, whose turns are many, then arXiv."""

    def __init__(
        self, client: HttpClient, endpoint: str, token: str | None = None, arxiv: ArxivSource | None = None
    ) -> None:
        """`arxiv` is left out where an operator has switched it off."""
        self._client = client
        self._url = f"{endpoint.rstrip('/')}/api/papers"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._budget = budget(has_token=bool(token))
        self._arxiv = arxiv

    async def fetch(self, paper_id: PaperId) -> Poll | None:
        """A poll of subject `lookup` that has the paper in it, to be stored.

        `None` if no upstream that could be asked knows the paper, or the id is not arXiv's: these upstreams
        know no other. Raises `UnreachableError` if none could be asked.
        """
        if paper_id.scheme is not IdScheme.ARXIV or arxiv_id_of(paper_id.value) is None:
            return None
        answers = [await _in_time(Upstream.HUGGING_FACE, self._from_hugging_face(paper_id))]
        if not answers[0] and self._arxiv is not None:
            answers.append(await _in_time(Upstream.ARXIV, _from_arxiv(self._arxiv, paper_id)))
        if all(answer is None for answer in answers):
            raise UnreachableError("Every upstream", "is out of reach.")
        return next((poll for answer in answers for poll in answer or ()), None)

    async def _from_hugging_face(self, paper_id: PaperId) -> Sequence[Poll]:
        """The poll that has the paper in it, or none."""
        try:
            reply = await self._client.get(
                Upstream.HUGGING_FACE,
                f"{self._url}/{paper_id.value}",
                budget=self._budget,
                headers=self._headers,
            )
        except UpstreamRefusedError as error:
            if error.status != _UNKNOWN:
                raise
            return ()
        readings = parse_daily(b"[" + reply.body + b"]").readings  # one flat record: a list of one row
        if not readings or paper_id not in readings[0].ids:
            return ()
        poll = Poll(
            upstream=Upstream.HUGGING_FACE,
            subject=LOOKUP,
            observed_at=reply.observed_at,
            outcome=Outcome.OK,
            readings=(_unlisted(readings[0]),),
        )
        return (poll,)


async def _from_arxiv(arxiv: ArxivSource, paper_id: PaperId) -> Sequence[Poll]:
    """The poll that has the paper in it, or none."""
    polls = [poll async for poll in arxiv.poll_ids([paper_id.value])]
    if any(poll.outcome is Outcome.FAILED for poll in polls):
        raise UnreachableError(Upstream.ARXIV.label, "could not be asked for a paper.")
    return [
        poll for poll in polls if any(reading.title and paper_id in reading.ids for reading in poll.readings)
    ]


# --- putting it together -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What searching may ask of upstreams."""

    fetcher: PaperFetcher
    upstreams: tuple[SearchedUpstream, ...]  # in the order of their answers' worth


def upstreams_to_ask(
    session: aiohttp.ClientSession,
    clock: Clock,
    budgets: SourceStore,
    *,
    user_agent: str,
    holder: str,
    random: Random,
    endpoint: str,
    token: str | None,
    arxiv_urls: tuple[str, str] | None,
) -> Asked:
    """All of it over one session. `holder` names this process; `arxiv_urls` are the addresses of arXiv's
    query interface and of its listings, `None` where arXiv is switched off.
    """

    def client(purpose: str, patience: timedelta) -> HttpClient:
        return HttpClient(
            session,
            clock,
            budgets,
            user_agent=user_agent,
            holder=f"{holder}-{purpose}",
            random=random,
            retries=Retries(tries=1),
            limits=_LIMITS,
            patience=patience,
        )

    searched: list[SearchedUpstream] = [HuggingFaceSearch(client("search", _SOON), endpoint, token)]
    arxiv = None
    if arxiv_urls is not None:
        searched.append(ArxivSearch(client("arxiv-search", _NOW), arxiv_urls[0]))
        arxiv = ArxivSource(client("arxiv-fetch", _PATIENCE), *arxiv_urls, clock)
    fetcher = PaperFetcher(client("fetch", _SOON), endpoint, token, arxiv)
    return Asked(fetcher, tuple(searched))


async def _in_time(upstream: Upstream, question: Coroutine[Any, Any, T]) -> T | None:
    """What came of a question; `None` if it failed or took longer than a person waits."""
    try:
        async with asyncio.timeout(2 * _PATIENCE.total_seconds()):  # its turn, and its answer
            return await question
    except (UpstreamError, TimeoutError) as error:
        _LOG.info("An upstream could not be asked.", upstream=upstream.value, kind=type(error).__name__)
        return None


def _unlisted(reading: PaperReading) -> PaperReading:
    """A row of the daily list's form that stood in no list."""
    return replace(reading, announce_type=None)
