"""`Plots`: what is drawn of the store, and its pictures."""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot.commands.rankings import Rankings
from bot.errors import NotFoundError
from bot.model import Paper, PaperId, Signal, Window
from bot.plots.alternative import alternative, long_day
from bot.plots.build import MONTH, day_came, day_field, paper_trend, topic_month
from bot.plots.model import DayField, PaperTrend, Plot, Shape, Theme, TopicMonth
from bot.plots.ports import Drawer
from bot.ports import Clock, Store
from bot.search.match import compile_query, prepare
from bot.search.query import parse

_DAY: Final = timedelta(days=1)
_MOMENT: Final = timedelta(milliseconds=1)
_EARLY: Final = timedelta(days=7)  # a paper may have been seen so long before its list had it
_FRESH: Final = timedelta(minutes=5)
_KEPT: Final = 50  # topics' months, in case they are asked for again
_AT_ONCE: Final = 1_000  # papers that are held in memory while a topic is looked for


class Plots:
    """May be called from any task of one event loop; changes nothing in the store."""

    def __init__(self, store: Store, rankings: Rankings, clock: Clock, drawer: Drawer) -> None:
        self._store = store
        self._rankings = rankings
        self._clock = clock
        self._drawer = drawer
        self._making = asyncio.Lock()
        self._months: OrderedDict[str, tuple[datetime, TopicMonth]] = OrderedDict()

    # --- what there is to draw -------------------------------------------------------------------

    async def paper(self, paper_id: PaperId) -> PaperTrend:
        """A paper's trend until now. Raises `NotFoundError` where it is not stored, or no number of it was
        ever read.
        """
        paper = await self._store.papers.find(paper_id)
        if paper is None:
            raise NotFoundError("paper", paper_id.value, "It is not stored here.")
        now = self._clock.now()
        found = await self._store.papers.series_of([paper.id], now)
        trend = paper_trend(paper, found[0], await self._rankings.usual(), now) if found else None
        if trend is None:
            raise NotFoundError("plot of", paper.key, "No source has told a number of it yet.")
        return trend

    async def topic(self, query: str) -> TopicMonth:
        """The last month of the papers that match. Raises `QueryError` for a query that cannot be read.

        One is made at a time, since all papers of a month are read for it, and kept for five minutes.
        """
        parse(query)
        async with self._making:
            now = self._clock.now()
            kept = self._months.get(query)
            if kept is None or not timedelta() <= now - kept[0] < _FRESH:
                kept = self._months[query] = now, await self._topic(query, now)
            self._months.move_to_end(query)
            while len(self._months) > _KEPT:
                self._months.popitem(last=False)
            return kept[1]

    async def _topic(self, query: str, now: datetime) -> TopicMonth:
        begin = datetime.combine(now.date() - (MONTH - 1) * _DAY, time(), UTC)
        numbers = await self._store.papers.first_shown(begin - _MOMENT, now)
        matching: dict[int, Paper] = {}
        for start in range(0, len(numbers), _AT_ONCE):
            matching |= await self._matching(query, numbers[start : start + _AT_ONCE], now)
        series = await self._store.papers.series_of(matching, now)
        by_paper = {one.paper_id: one for one in series}
        shown = {number: day_came(paper, by_paper.get(number)) for number, paper in matching.items()}
        return await asyncio.to_thread(topic_month, query, shown, series, now)

    async def _matching(self, query: str, numbers: Sequence[int], now: datetime) -> Mapping[int, Paper]:
        papers = await self._store.papers.get(numbers)
        signals = await self._store.papers.signals(numbers)

        def match() -> Mapping[int, Paper]:
            test = compile_query(parse(query), now)
            upvotes = {number: signals.get(number, {}).get(Signal.UPVOTES) for number in papers}
            return {
                number: paper for number, paper in papers.items() if test(prepare(paper), upvotes[number])
            }

        return await asyncio.to_thread(match)  # others are answered meanwhile

    async def day(self, day: date) -> DayField:
        """The papers of a daily list, as they stood at the day's end, or stand now. Raises `NotFoundError`
        where none of them was read on that day.
        """
        begin = datetime.combine(day, time(), UTC)
        as_of = min(self._clock.now(), begin + _DAY - _MOMENT)
        series = await self._store.papers.comparison(begin - _EARLY, as_of)
        papers = await self._store.papers.get(
            one.paper_id for one in series if one.list_day == day.toordinal()
        )
        edition = await self._store.editions.latest(Window.DAY, as_of)
        ranking = edition.ranking if edition is not None and edition.slot_at >= begin else None
        if ranking is None:
            ranking = await self._rankings.at(Window.DAY, as_of)
        titles = {number: paper.title for number, paper in papers.items()}
        field = day_field(day, series, titles, ranking, as_of)
        if field is None:
            raise NotFoundError("plot of", long_day(day), "No paper of its list was watched on that day.")
        return field

    # --- pictures --------------------------------------------------------------------------------

    async def png(self, plot: Plot) -> bytes:
        """A picture on a card of its own, for chats and mail. Raises `DrawingError`."""
        return await self._drawer.draw(plot, None)

    async def svg(self, plot: Plot, theme: Theme = Theme.LIGHT, shape: Shape = Shape.WIDE) -> bytes:
        """A picture for a page of that theme, as UTF-8. Raises `DrawingError`."""
        return await self._drawer.draw(plot, theme, shape)

    @staticmethod
    def alternative(plot: Plot) -> str:
        """The plot in words; needs no drawing."""
        return alternative(plot)

    async def aclose(self) -> None:
        """Ends whatever draws."""
        await self._drawer.aclose()
