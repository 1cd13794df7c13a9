"""The poller: asks the upstreams what the agenda says, and stores the answers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from bot.errors import StorageError
from bot.model import IdScheme, IngestReport, Outcome, PaperId, Poll, Upstream, Window
from bot.ports import Clock, Source, Store
from bot.sources.agenda import Habits, Question, agenda, daily, due
from bot.sources.arxiv import ArxivSource
from bot.sources.calendar import current_list_day
from bot.sources.github import GitHubSource
from bot.sources.hackernews import HackerNewsSource
from bot.trending.replay import trending

_log = structlog.get_logger(__name__)

LOOKUP_BATCH: Final = 100  # ids that arXiv is asked for at once
_LEASE: Final = timedelta(minutes=10)  # renewed with every answer
_IDLE: Final = timedelta(seconds=20)
_STARS_OF: Final = timedelta(days=7)  # papers seen within these have their repositories and stories read
_STORIES_OF: Final = timedelta(days=3)
_WINDOW_SIZE: Final = 200


@dataclass(frozen=True, slots=True)
class Sources:
    """The upstreams that are switched on."""

    huggingface: Source
    arxiv: ArxivSource | None = None
    github: GitHubSource | None = None
    hackernews: HackerNewsSource | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one question."""

    report: IngestReport
    outcome: Outcome | None  # the last poll's; None: another process is asking this very question
    detail: str = ""


class Poller:
    """Asks, stores, and never lets one upstream's failure stop another. One per process; the right to ask
    a question is a lease in the store, so that several processes do not ask it twice.
    """

    def __init__(
        self,
        store: Store,
        sources: Sources,
        clock: Clock,
        habits: Habits,
        *,
        holder: str,
    ) -> None:
        """`holder` names this process in leases."""
        self._store = store
        self._sources = sources
        self._clock = clock
        self._habits = habits
        self._holder = holder
        self._listeners: list[Callable[[Poll], object]] = []
        self._stop = asyncio.Event()

    def on_poll(self, listener: Callable[[Poll], object]) -> None:
        """`listener` hears of every poll once it is stored."""
        self._listeners.append(listener)

    def stop(self) -> None:
        """`run` returns as soon as the answer that is being read is stored."""
        self._stop.set()

    async def run(self) -> None:
        """Asks what is due, the foreground first, one question of each upstream at a time, until `stop`."""
        async with asyncio.TaskGroup() as tasks:
            for upstream in Upstream:
                if upstream is not Upstream.SAMPLE:
                    tasks.create_task(self._serve(upstream))

    async def catch_up(self) -> IngestReport:
        """Asks everything of the foreground that is due now, and looks up what came."""
        total = IngestReport()
        for question in due(await self._agenda(), self._clock.now()):
            if not question.background:
                total += (await self.ask(question)).report
        return total + await self.look_up_current()

    async def refresh(self) -> None:
        """What a post needs: the current list, the newest listings, and the categories of their papers."""
        now = self._clock.now()
        today = daily(current_list_day(now))
        for question in await self._agenda():
            current = question.subject == today or question.subject.startswith("new:")
            recent = (
                question.subject.startswith("daily:") and not question.background and question.due_at <= now
            )
            if question.subject == today or (current and question.due_at <= now) or recent:
                await self.ask(question)
        await self.look_up_current()

    async def look_up_current(self) -> IngestReport:
        """Asks arXiv about the papers of the day's window whose categories are not known yet."""
        if self._sources.arxiv is None:
            return IngestReport()
        ranking = await trending(self._store.papers, Window.DAY, self._clock.now(), _WINDOW_SIZE)
        ids = await self._store.papers.without_categories([entry.paper_id for entry in ranking.entries])
        return await self._look_up(ids) if ids else IngestReport()

    async def ask(self, question: Question) -> Asked:
        """Asks one question and stores what is answered."""
        lease = f"poll:{question.upstream}:{question.subject}"
        if not await self._store.sources.acquire(lease, self._holder, self._clock.now(), _LEASE):
            return Asked(IngestReport(), None)
        try:
            return await self._take_in(await self._answers(question), lease)
        finally:
            await self._store.sources.give_back(lease, self._holder)

    # --- one upstream after another would let a slow one hold up the rest ---------------------------

    async def _serve(self, upstream: Upstream) -> None:
        while not self._stop.is_set():
            try:
                worked = await self._ask_next(upstream)
            except StorageError as error:
                _log.error("What an upstream said could not be stored; trying again.", error=str(error))
                worked = False
            if not worked:
                await self._pause()

    async def _ask_next(self, upstream: Upstream) -> bool:
        """Asks the most urgent question of this upstream; `False` if there is none now."""
        questions = [one for one in await self._agenda() if one.upstream is upstream]
        for question in due(questions, self._clock.now())[:1]:
            asked = await self.ask(question)
            return asked.outcome is not None and asked.outcome is not Outcome.FAILED
        if upstream is Upstream.ARXIV and self._sources.arxiv is not None:
            ids = await self._store.papers.unresolved(LOOKUP_BATCH)
            if ids:
                await self._look_up(ids)
                return True
        return False

    async def _pause(self) -> None:
        waits = {
            asyncio.ensure_future(self._stop.wait()),
            asyncio.ensure_future(self._clock.sleep(_IDLE)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _agenda(self) -> list[Question]:
        return agenda(await self._store.sources.states(), self._habits, self._clock.now())

    async def _answers(self, question: Question) -> AsyncIterator[Poll]:
        now = self._clock.now()
        sources = self._sources
        if question.upstream is Upstream.GITHUB and sources.github is not None:
            linked = await self._store.papers.repositories(now - _STARS_OF, now)
            papers = await self._store.papers.get(number for number, _ in linked)
            return sources.github.stars([(papers[number].ids[0], url) for number, url in linked])
        if question.upstream is Upstream.HACKER_NEWS and sources.hackernews is not None:
            recent = await self._store.papers.comparison(now - _STORIES_OF, now)
            papers = await self._store.papers.get(series.paper_id for series in recent)
            return sources.hackernews.stories(
                [(paper.ids[0], paper.arxiv_id) for paper in papers.values() if paper.arxiv_id]
            )
        if question.upstream is Upstream.ARXIV and sources.arxiv is not None:
            return sources.arxiv.poll(question.subject)
        return sources.huggingface.poll(question.subject)

    async def _look_up(self, ids: Sequence[PaperId]) -> IngestReport:
        if self._sources.arxiv is None:
            return IngestReport()
        values = [one.value for one in ids if one.scheme is IdScheme.ARXIV]
        return (await self._take_in(self._sources.arxiv.poll_ids(values), None)).report

    async def _take_in(self, answers: AsyncIterator[Poll], lease: str | None) -> Asked:
        total, outcome, detail = IngestReport(), None, ""
        async with aclosing(answers) as polls:  # type: ignore[type-var]  # sources are async generators
            async for poll in polls:
                total += await self._store.papers.ingest(poll, self._clock.now())
                outcome, detail = poll.outcome, poll.detail
                self._report(poll)
                if lease is not None:
                    await self._store.sources.acquire(lease, self._holder, self._clock.now(), _LEASE)
                if self._stop.is_set():
                    break
        return Asked(total, outcome, detail)

    def _report(self, poll: Poll) -> None:
        log = _log.bind(upstream=poll.upstream.value, subject=poll.subject)
        if poll.outcome is Outcome.FAILED:
            log.warning("An upstream could not be read; it is asked again.", error=poll.detail)
        else:
            log.debug("Read an upstream.", outcome=poll.outcome.value, papers=len(poll.readings))
        for listener in self._listeners:
            listener(poll)
