"""`Reading`: editions, periods, papers and searches for people who only look."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from bot.commands.handlers.why import compared, place
from bot.commands.rankings import Rankings
from bot.editions.make import EDITION_SIZE, source_notes
from bot.errors import NotFoundError, QueryError
from bot.model import (
    Edition,
    Paper,
    PaperId,
    PaperSeries,
    Ranking,
    Signal,
    SourceNote,
    SubjectState,
    Upstream,
    Window,
)
from bot.plots.build import paper_trend
from bot.ports import Clock, Coverage, Store
from bot.reading.model import Archive, Found, Issue, PaperPage, Standing, Story
from bot.reading.periods import Period, period_of, read_period
from bot.search.fields import id_value
from bot.search.service import Search
from bot.sources.calendar import list_expected, why_empty
from bot.trending.merge import merged
from bot.trending.replay import trending, trending_since

PAGE: Final = 10  # results of a search on one page
SHOWN: Final = 60  # stories of an issue
_SIMILAR: Final = 5
_PLACES: Final = 30  # of a paper, the newest, in frozen editions
_FIRST_DAYS: Final = 3  # of a paper, at whose ends it is looked for
_KEPT: Final = 32  # rankings of the archive
_MOMENT: Final = timedelta(milliseconds=1)
_FRESH: Final = timedelta(minutes=1)  # of a period that is not over
_ZONE: Final = "UTC"
_NOT_FETCHED: Final = "Nothing was fetched yet: the first papers come within minutes of the start."
_NOTHING_ROSE: Final = "No number of any paper rose in that time, as far as was observed."


class Reading:
    """May be called from any task of one event loop; changes nothing, and asks no upstream as long as its
    search does not. Raises `StorageError` for operational failures.
    """

    def __init__(self, store: Store, search: Search, rankings: Rankings, clock: Clock) -> None:
        self._store = store
        self._search = search
        self._rankings = rankings
        self._clock = clock
        self._making = asyncio.Lock()
        self._made: OrderedDict[Period, Ranking] = OrderedDict()

    async def version(self) -> int:
        """Rises whenever something that is read changes in the store."""
        return await self._store.papers.newest_change()

    # --- trending --------------------------------------------------------------------------------

    async def today(self) -> Issue:
        """What trends now."""
        period = period_of(Window.DAY, self._clock.now().date())
        return await self._issue(period, await self._rankings.now(Window.DAY), live=True)

    async def day(self, day: date) -> Issue:
        """A day of the archive: the last edition that was frozen on it, or what trended at its end.

        Raises `NotFoundError` for a day that has not come yet, or of which nothing can be known.
        """
        return await self.period(period_of(Window.DAY, day))

    async def week(self, year: int, week: int) -> Issue:
        """An ISO week. Raises as `day` does."""
        return await self.period(read_period(Window.WEEK, f"{year:04}-W{week:02}"))

    async def month(self, year: int, month: int) -> Issue:
        """A month of the calendar. Raises as `day` does."""
        return await self.period(read_period(Window.MONTH, f"{year:04}-{month:02}"))

    async def period(self, period: Period) -> Issue:
        """A page of the archive. Raises as `day` does."""
        now = self._clock.now()
        coverage = await self._store.papers.coverage()
        if period.begins > now:
            raise NotFoundError(period.window.value, period.name, "It has not come yet.")
        if period.ends <= _oldest(coverage, now):
            raise NotFoundError(period.window.value, period.name, "Nothing is known of that time.")
        edition = await self._edition(period) if period.window is Window.DAY else None
        ranking = edition.ranking if edition is not None else await self._ranking(period, now)
        return await self._issue(period, ranking, edition=edition)

    async def archive(self) -> Archive:
        """What there is to leaf through."""
        known = await self._store.papers.coverage()
        today = self._clock.now().date()
        return Archive(known.oldest_list, known.newest_list, known.papers, known.lists, today)

    async def _edition(self, day: Period) -> Edition | None:
        """The last edition that was frozen for a slot of this day."""
        edition = await self._store.editions.latest(Window.DAY, day.ends - _MOMENT)
        return edition if edition is not None and edition.slot_at >= day.begins else None

    async def _ranking(self, period: Period, now: datetime) -> Ranking:
        """What trended at the period's end, or trends now; of many who ask at once, one makes it."""
        if period.window is Window.DAY and period.ends > now:
            return await self._rankings.now(Window.DAY)
        async with self._making:
            made = self._made.get(period)
            over = period.ends <= now
            if made is None or (made.as_of < period.ends - _MOMENT and (over or now - made.as_of > _FRESH)):
                as_of = period.ends - _MOMENT if over else now
                made = self._made[period] = await self._rank(period, as_of)
            self._made.move_to_end(period)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
            return made

    async def _rank(self, period: Period, as_of: datetime) -> Ranking:
        papers = self._store.papers
        if period.window is Window.DAY:  # as an edition of that hour would have been
            return await trending(papers, period.window, as_of, EDITION_SIZE)
        return await trending_since(papers, period.window, period.begins, as_of, EDITION_SIZE)

    async def _issue(
        self, period: Period, ranking: Ranking, *, edition: Edition | None = None, live: bool = False
    ) -> Issue:
        now = self._clock.now()
        stories, coverage, states = await asyncio.gather(
            self._stories(ranking), self._store.papers.coverage(), self._store.sources.states()
        )
        current = period.ends > now
        notes: Sequence[SourceNote] = source_notes(states) if current else ()
        listed, remark = None, ""
        if period.window is Window.DAY:
            state = _list_state(states, period.first)
            listed = _listed(state)
            remark = "" if listed else _why_no_list(state, period, now)
        nothing = ""
        if not stories:
            nothing = _NOT_FETCHED if not coverage.papers else remark or _NOTHING_ROSE
        return Issue(
            period=period,
            as_of=ranking.as_of,
            since=ranking.since,
            stories=stories,
            notes=edition.notes if edition is not None else tuple(notes),
            sent_at=edition.slot_at if edition is not None else None,
            live=live,
            listed=listed,
            remark=remark if stories else "",
            nothing=nothing,
            earlier=period.preceding if period.begins > _oldest(coverage, now) else None,
            later=None if period.following.begins > now else period.following,
        )

    async def _stories(self, ranking: Ranking) -> tuple[Story, ...]:
        """The best papers of a ranking; one that was merged into another since it was made is left out."""
        entries = dict(islice(ranking.by_paper.items(), SHOWN))
        papers, series = await asyncio.gather(
            self._store.papers.get(entries), self._store.papers.series_of(entries, ranking.as_of)
        )
        known = {one.paper_id: one for one in series}
        return tuple(
            Story(papers[number], entry, known.get(number), _numbers(known.get(number)))
            for number, entry in entries.items()
            if number in papers
        )

    # --- one paper -------------------------------------------------------------------------------

    async def paper(self, paper_id: PaperId) -> PaperPage:
        """All that is known of a paper. Raises `NotFoundError`."""
        paper = await self._store.papers.find(paper_id)
        if paper is None:
            raise NotFoundError("paper", paper_id.value, "It is not stored here.")
        now = self._clock.now()
        rankings = [await self._rankings.now(window) for window in Window]
        series, near = await asyncio.gather(
            self._store.papers.series_of([paper.id], now),
            self._search.similar([id_value(paper.ids[0])], limit=_SIMILAR),
        )
        read = series[0] if series and series[0].signals else None
        places: tuple[str, ...] = ("No source has told a number of this paper yet, so it cannot trend.",)
        words, trend = "", None
        if read is not None:
            group = await self._rankings.usual()
            trend = paper_trend(paper, read, group, now)
            places = _places(read, rankings)
            words = compared(read, group, now)
        entry = next((one for one in rankings[0].entries if one.paper_id == paper.id), None)
        return PaperPage(
            story=Story(paper, entry, read, _numbers(read)),
            as_of=now,
            places=places,
            compared=words,
            trend=trend,
            standings=await self._standings(paper, now),
            similar=near.results,
            similar_notes=near.notes,
        )

    async def _standings(self, paper: Paper, now: datetime) -> tuple[Standing, ...]:
        """The paper's places in frozen editions, and at the ends of its first days that have none."""
        standings = [
            Standing(one.slot_at.date(), one.window, one.position, one.of, sent=True)
            for one in await self._store.editions.places(paper.id, _PLACES)
        ]
        day = period_of(Window.DAY, paper.first_seen_at.date())
        for _ in range(_FIRST_DAYS):
            if day.ends <= now and await self._edition(day) is None:
                entries = (await self._ranking(day, now)).entries
                found = next((one.position for one in entries if one.paper_id == paper.id), None)
                if found is not None:
                    standings.append(Standing(day.first, Window.DAY, found, len(entries), sent=False))
            day = day.following
        return tuple(sorted(standings, key=lambda one: one.day, reverse=True))

    # --- searches --------------------------------------------------------------------------------

    async def search(self, query: str, page: str | None = None, limit: int = PAGE) -> Found:
        """A page of what is stored and fits; `page` is the `more` of the page before.

        A mistake in the query is a part of the answer. Raises `InputError` for no page's name.
        """
        try:
            answer = await self._search.search(query, limit=limit, page=page)
        except QueryError as error:
            return Found(query=query, answer=None, mistake=str(error), suggestion=error.suggestion)
        nothing = "" if answer.results else await self._why_nothing(answer.start > 0, answer.notes)
        return Found(query=query, answer=answer, nothing=nothing)

    async def _why_nothing(self, later: bool, notes: Sequence[str]) -> str:
        if later:
            return "There are no more papers."
        if notes:  # they say what became of it: an index that is being built, an id that nobody knows
            return "Nothing was found so far."
        known = (await self._store.papers.coverage()).papers
        if not known:
            return _NOT_FETCHED
        return f"Nothing was found among {known:,} papers. Fewer words, or fewer conditions, find more."


# --- pure pieces ---------------------------------------------------------------------------------


def _oldest(coverage: Coverage, now: datetime) -> datetime:
    """Where the archive begins."""
    return period_of(Window.DAY, coverage.oldest_list or now.date()).begins


def _numbers(series: PaperSeries | None) -> Mapping[Signal, int]:
    if series is None:
        return {}
    found = ((signal, merged(series, signal)) for signal in Signal)
    return {signal: one.last for signal, one in found if one is not None}


def _places(series: PaperSeries, rankings: Sequence[Ranking]) -> tuple[str, ...]:
    """A sentence for each ranking; reasons that were given already are not given again."""
    sentences: list[str] = []
    given: set[tuple[str, ...]] = set()
    for ranking in rankings:
        entry = next((one for one in ranking.entries if one.paper_id == series.paper_id), None)
        if entry is not None and entry.reasons in given:
            where = f"place {entry.position} of {len(ranking.entries)}"
            sentences.append(f"Trending of the {ranking.window}: {where}, for the same reasons.")
        else:
            sentences.append(place(series, ranking, _ZONE))
        if entry is not None:
            given.add(entry.reasons)
    return tuple(sentences)


def _list_state(states: Sequence[SubjectState], day: date) -> SubjectState | None:
    subject = f"daily:{day}"
    return next(
        (one for one in states if one.upstream is Upstream.HUGGING_FACE and one.subject == subject), None
    )


def _listed(state: SubjectState | None) -> int | None:
    return None if state is None or state.last_success_at is None else state.papers


def _why_no_list(state: SubjectState | None, day: Period, now: datetime) -> str:
    """Why the list of that day has no papers; nothing where that is not known."""
    read = state is not None and state.last_success_at is not None
    if not read and list_expected(Upstream.HUGGING_FACE, day.first):
        return ""
    return why_empty(Upstream.HUGGING_FACE, day.first, min(now, day.ends)).detail
