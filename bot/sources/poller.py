"""The poller: asks the upstreams what the agenda says, and stores the answers."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import structlog

from bot.editions.make import EDITION_SIZE
from bot.errors import StorageError
from bot.model import (
    DestinationState,
    IdScheme,
    IngestReport,
    Outcome,
    Paper,
    PaperId,
    Poll,
    Upstream,
    Window,
)
from bot.ports import Clock, Source, Store
from bot.sources.agenda import LOOKUP, Habits, Key, Question, agenda, before_slot, due
from bot.sources.arxiv import ArxivSource, unknown_ids
from bot.sources.github import GitHubSource
from bot.sources.hackernews import HackerNewsSource
from bot.sources.unknown import UnknownIds
from bot.trending.replay import trending

_log = structlog.get_logger(__name__)

_NOTHING: Final = IngestReport()

# Two questions at arXiv's hundred ids each: should an answer to one of them never be readable, the other
# still gets on.
_LOOKED_UP: Final = 200
_SIGNALS_OF: Final = 300  # papers of the week, the best first, whose repositories and stories are read

# Filling the store must leave most of an upstream's budget to the foreground: of Hugging Face's 400 requests
# in 5 minutes it takes 240, whatever the number of processes. 1,300 lists are there in half an hour.
_FILLING: Final = timedelta(seconds=1.25)

# Renewed with every answer. One that runs out costs a repeated question; one that lasts blocks the
# question for as long after a crash.
_LEASE: Final = timedelta(minutes=1)
# How long a post waits for what another process is asking: longer than the lease of one that crashed.
_OTHERS: Final = timedelta(seconds=75)
_BRIEFLY: Final = timedelta(seconds=1)  # between two looks whether it is done
_IDLE: Final = timedelta(seconds=20)  # where another process asks all that is due, or the store is in trouble
_LONGEST_PAUSE: Final = timedelta(minutes=5)  # another process may have stored papers to be looked up

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sources:
    """The upstreams that are switched on."""

    huggingface: Source
    arxiv: ArxivSource | None = None
    github: GitHubSource | None = None
    hackernews: HackerNewsSource | None = None

    def on(self, upstream: Upstream) -> bool:
        return {
            Upstream.HUGGING_FACE: True,
            Upstream.ARXIV: self.arxiv is not None,
            Upstream.GITHUB: self.github is not None,
            Upstream.HACKER_NEWS: self.hackernews is not None,
        }.get(upstream, False)


class Poller:
    """Asks, stores, and never lets one upstream's failure stop another. One per process; the right to ask
    a question is a lease in the store, so that several processes do not ask it twice.

    Every method may be cancelled at any moment: what was stored stays, and leases are given back.
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
        self._new_papers = asyncio.Event()
        self._unknown = UnknownIds(store.sources)
        self._asked: dict[Key, datetime] = {}
        # A lease does not part the tasks of one holder.
        self._turns: defaultdict[Key, asyncio.Lock] = defaultdict(asyncio.Lock)

    def on_poll(self, listener: Callable[[Poll], object]) -> None:
        """`listener` hears of every poll once it is stored."""
        self._listeners.append(listener)

    def stop(self) -> None:
        """`run` returns as soon as what is being stored is stored; what is being asked is given up."""
        self._stop.set()

    async def run(self) -> None:
        """Asks what is due, the foreground first, one question of each upstream at a time, until `stop`."""
        async with asyncio.TaskGroup() as tasks:
            serving = [
                tasks.create_task(self._serve(upstream))
                for upstream in Upstream
                if self._sources.on(upstream)
            ]
            await self._stop.wait()
            for one in serving:
                one.cancel()

    async def catch_up(self) -> IngestReport:
        """Asks everything of the foreground that is due of the sources that a post needs, and looks up what
        came.

        Raises `StorageError`.
        """
        listed = await _together(self._exhaust(Upstream.HUGGING_FACE), self._exhaust(Upstream.ARXIV))
        looked_up = await self._exhaust(Upstream.ARXIV)
        return sum((*listed, looked_up), await self.look_up_current())

    async def read_signals(self) -> IngestReport:
        """Reads the optional signals that are due: at most some minutes. Raises `StorageError`."""
        read = await _together(self._exhaust(Upstream.GITHUB), self._exhaust(Upstream.HACKER_NEWS))
        return sum(read, _NOTHING)

    async def refresh(self) -> None:
        """What a post needs: the current list, the newest listings, and the categories of the papers that
        the next digests draw from. Raises `StorageError`.
        """
        await _together(self._lists_and_categories(), self._read_for_slot(Upstream.ARXIV))

    async def read_lists(self) -> None:
        """The last few daily lists, if they are not stored yet: the least there is to show."""
        await self._read_for_slot(Upstream.HUGGING_FACE)

    async def look_up_current(self) -> IngestReport:
        """Asks arXiv about the papers of coming digests whose categories are not known yet."""
        if self._sources.arxiv is None or not await self._uncategorised():
            return _NOTHING
        key = Key(Upstream.ARXIV, LOOKUP)
        give_up_at = self._clock.now() + _OTHERS
        while True:
            async with self._right_to(key) as ours:
                # Asked for again: whoever had the right before us may have looked them up.
                if ours and (ids := await self._uncategorised()):
                    return await self._take_in(key, self._look_up(ids))
            if ours or self._clock.now() >= give_up_at:
                return _NOTHING
            await self._clock.sleep(_BRIEFLY)

    # --- one upstream after another would let a slow one hold up the rest ---------------------------

    async def _serve(self, upstream: Upstream) -> None:
        failures = 0
        while True:
            try:
                pause = await self._ask_next(upstream)
                failures = 0
            except StorageError as error:
                pause = min(_IDLE * 2 ** min(failures, 8), _LONGEST_PAUSE)
                failures += 1
                _log.error(
                    "What an upstream said could not be stored; it is asked again.",
                    upstream=upstream.value,
                    wait_seconds=pause.total_seconds(),
                    error=str(error),
                )
            if pause:
                await self._rest(pause, upstream)

    async def _ask_next(self, upstream: Upstream) -> timedelta:
        """Asks the most urgent question that nobody else is asking; returns how long to rest then."""
        if upstream is Upstream.ARXIV:
            self._new_papers.clear()
        questions = await self._agenda(upstream)
        now = self._clock.now()
        waiting = due(questions, now)
        for question in waiting:
            if question.background:
                await self._background_turn(upstream)
            report = await self._ask(question, self._due)
            if report is not None:
                # What there is to look up is due until it was looked up: without progress not at once.
                stuck = question.subject == LOOKUP and report == _NOTHING
                return _IDLE if stuck else timedelta()
        later = [one.due_at - now for one in questions if one.due_at > now]
        return min(*later, _LONGEST_PAUSE, _IDLE if waiting else _LONGEST_PAUSE)

    async def _background_turn(self, upstream: Upstream) -> None:
        """Waits for the next moment at which a question of the background may be asked."""
        now = self._clock.now()
        name = f"{upstream}:background"
        start = await self._store.sources.reserve(name, now, _FILLING, _FILLING, 1)
        await self._clock.sleep(min(max(start - now, timedelta()), _IDLE))

    async def _rest(self, pause: timedelta, upstream: Upstream) -> None:
        rests: set[asyncio.Future[Any]] = {asyncio.ensure_future(self._clock.sleep(pause))}
        if upstream is Upstream.ARXIV:
            rests.add(asyncio.ensure_future(self._new_papers.wait()))
        try:
            await asyncio.wait(rests, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for rest in rests:
                rest.cancel()
            await asyncio.gather(*rests, return_exceptions=True)

    async def _exhaust(self, upstream: Upstream) -> IngestReport:
        """Asks each question of the foreground that is due, until none is; one that fails is due later."""
        total = _NOTHING
        tried: set[Key] = set()
        while self._sources.on(upstream):
            waiting = due(await self._agenda(upstream), self._clock.now())
            question = next((one for one in waiting if not one.background and one.key not in tried), None)
            if question is None:
                break
            report = await self._ask(question, self._due)
            total += report or _NOTHING
            # What there is to look up is due until it was looked up.
            if report in {None, _NOTHING} or question.subject != LOOKUP:
                tried.add(question.key)
        return total

    # --- before a slot -----------------------------------------------------------------------------

    async def _lists_and_categories(self) -> None:
        await self._read_for_slot(Upstream.HUGGING_FACE)
        await self.look_up_current()

    async def _read_for_slot(self, upstream: Upstream) -> None:
        """Reads what a post needs of one upstream; once that fails, nothing more is wanted."""
        give_up_at = self._clock.now() + _OTHERS
        for question in await self._before_slot(upstream):
            while await self._ask(question, self._before_slot) is None and self._clock.now() < give_up_at:
                await self._clock.sleep(_BRIEFLY)

    # --- what to ask -------------------------------------------------------------------------------

    async def _agenda(self, upstream: Upstream) -> list[Question]:
        to_look_up = upstream is Upstream.ARXIV and bool(await self._store.papers.unresolved(1))
        states = [one for one in await self._store.sources.states() if one.upstream is upstream]
        questions = agenda(states, self._habits, self._clock.now(), to_look_up=to_look_up, asked=self._asked)
        return [one for one in questions if one.upstream is upstream]

    async def _due(self, upstream: Upstream) -> list[Question]:
        return due(await self._agenda(upstream), self._clock.now())

    async def _before_slot(self, upstream: Upstream) -> list[Question]:
        states = await self._store.sources.states()
        questions = before_slot(states, self._habits, self._clock.now(), asked=self._asked)
        return [one for one in questions if one.upstream is upstream]

    async def _uncategorised(self) -> Sequence[PaperId]:
        """The ids of papers in the rankings of coming digests that arXiv may say more of."""
        now = self._clock.now()
        destinations = await self._store.destinations.list()
        windows = {one.window for one in destinations if one.state is DestinationState.ACTIVE}
        numbers: set[int] = set()
        for window in sorted(windows | {Window.DAY}):
            ranking = await trending(self._store.papers, window, now, EDITION_SIZE)
            numbers.update(entry.paper_id for entry in ranking.entries)
        ids = await self._store.papers.without_categories(numbers)
        return await self._unknown.may_be_asked(ids, now)

    # --- asking ------------------------------------------------------------------------------------

    async def _ask(
        self, question: Question, wanted: Callable[[Upstream], Awaitable[list[Question]]]
    ) -> IngestReport | None:
        """Asks one question and stores what is answered; `None` if another process is asking it just now."""
        async with self._right_to(question.key) as ours:
            if not ours:
                return None
            # Whoever had the right before us may have asked it since the agenda was made.
            if question.key not in {one.key for one in await wanted(question.upstream)}:
                return _NOTHING
            return await self._take_in(question.key, await self._answers(question))

    @asynccontextmanager
    async def _right_to(self, key: Key) -> AsyncIterator[bool]:
        """Whether this task alone, of all in all processes, may ask that question."""
        name = _lease(key)
        async with self._turns[key]:
            try:
                yield await self._store.sources.acquire(name, self._holder, self._clock.now(), _LEASE)
            finally:
                await self._store.sources.give_back(name, self._holder)

    async def _answers(self, question: Question) -> AsyncIterator[Poll]:
        sources = self._sources
        match question.upstream:
            case Upstream.GITHUB if sources.github is not None:
                top = await self._top()
                return sources.github.stars([(one.ids[0], one.code_url) for one in top if one.code_url])
            case Upstream.HACKER_NEWS if sources.hackernews is not None:
                top = await self._top()
                return sources.hackernews.stories([(one.ids[0], one.arxiv_id) for one in top if one.arxiv_id])
            case Upstream.ARXIV if sources.arxiv is not None:
                if question.subject == LOOKUP:
                    return self._look_up(await self._store.papers.unresolved(_LOOKED_UP))
                return sources.arxiv.poll(question.subject)
        return sources.huggingface.poll(question.subject)

    def _look_up(self, ids: Sequence[PaperId]) -> AsyncIterator[Poll]:
        if self._sources.arxiv is None:
            raise AssertionError("nothing is looked up where arXiv is switched off")
        return self._sources.arxiv.poll_ids([one.value for one in ids if one.scheme is IdScheme.ARXIV])

    async def _top(self) -> list[Paper]:
        """The papers whose optional signals are worth a request, the best first."""
        ranking = await trending(self._store.papers, Window.WEEK, self._clock.now(), _SIGNALS_OF)
        papers = await self._store.papers.get(entry.paper_id for entry in ranking.entries)
        return [papers[entry.paper_id] for entry in ranking.entries if entry.paper_id in papers]

    async def _take_in(self, key: Key, answers: AsyncIterator[Poll]) -> IngestReport:
        """Stores polls as they come, and keeps the right to ask meanwhile."""
        total = _NOTHING
        leased_at = self._clock.now()
        async with aclosing(answers) as polls:  # type: ignore[type-var]  # sources are async generators
            async for poll in polls:
                now = self._clock.now()
                report = await self._store.papers.ingest(poll, now)
                total += report
                if key.subject == LOOKUP:
                    await self._unknown.note(unknown_ids(poll), now)
                self._tell(poll, report)
                if now - leased_at > _LEASE / 4:
                    await self._store.sources.acquire(_lease(key), self._holder, now, _LEASE)
                    leased_at = now
        self._asked[key] = self._clock.now()
        return total

    def _tell(self, poll: Poll, report: IngestReport) -> None:
        log = _log.bind(upstream=poll.upstream.value, subject=poll.subject)
        if poll.outcome is Outcome.FAILED:
            log.warning("An upstream could not be read; it is asked again.", error=poll.detail)
        elif poll.outcome is Outcome.PARTIAL:
            log.info("An upstream was read in part.", papers=len(poll.readings), reason=poll.detail)
        else:
            log.debug("Read an upstream.", outcome=poll.outcome.value, papers=len(poll.readings))
        if report.new:
            self._new_papers.set()
        for listener in self._listeners:
            listener(poll)


async def _together(*work: Coroutine[Any, Any, T]) -> list[T]:
    """Does all of this side by side; the first failure ends the rest."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            if not task.cancelling():  # a second cancellation would cut short the giving back of leases
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _lease(key: Key) -> str:
    return f"poll:{key.upstream}:{key.subject}"
