"""The pages that people read: today, the archive, papers, searches. Read-only."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

from aiohttp import web

from adapters.web.answers import FOR_EVER, Body, answer
from adapters.web.headers import THUMBNAILS
from adapters.web.kept import KeptPage
from adapters.web.queries import asked_paper, asked_query
from adapters.web.render import Renderer, paper_path, period_title
from bot.commands.turns import Turns
from bot.errors import NotFoundError
from bot.ids import canonical
from bot.model import Window
from bot.plots.model import DayField
from bot.plots.plots import Plots
from bot.ports import Clock
from bot.reading.model import Archive, Issue
from bot.reading.periods import Period, period_of, read_period
from bot.reading.reading import Reading
from bot.search.answer import Answer, Tier

FULL: Final = 20  # stories of an issue that are shown whole; the others in a line
MOST_AUTHORS: Final = 100
_CONTENT_TYPES: Final = {"css": "text/css", "svg": "image/svg+xml"}
_NOT_FOR_CRAWLERS: Final = ("/search", "/topic", "/plot/topic", "/mail", "/metrics", "/healthz")
_ROBOTS: Final = "".join(["User-agent: *\n", *(f"Disallow: {path}\n" for path in _NOT_FOR_CRAWLERS)]).encode()

_Weeks = list[tuple[Period, list[date | None]]]


class Pages:
    """Handlers, one a route."""

    def __init__(
        self, reading: Reading, plots: Plots, renderer: Renderer, clock: Clock, *, thumbnails: bool
    ) -> None:
        self._reading = reading
        self._plots = plots
        self._renderer = renderer
        self._clock = clock
        self._thumbnails = thumbnails
        self._today = KeptPage(self._make_today, reading.version, clock)
        self._turns = Turns()  # what is not kept is made for few at once

    def routes(self) -> Sequence[web.RouteDef]:
        """Each has a name, by which it is known to be ours."""
        return [
            web.get("/", self.today, name="today"),
            web.get("/day/{name}", self.day, name="day"),
            web.get("/week", self.week, name="this-week"),
            web.get("/week/{name}", self.week, name="week"),
            web.get("/month", self.month, name="this-month"),
            web.get("/month/{name}", self.month, name="month"),
            web.get("/archive", self.archive, name="archive"),
            web.get("/paper/{scheme}/{value:.+}", self.paper, name="paper"),
            web.get("/search", self.search, name="search"),
            web.get("/topic", self.topic, name="topic"),
            web.get("/privacy", self.privacy, name="privacy"),
            web.get("/robots.txt", self.robots, name="robots"),
            web.get("/static/{name}", self.static, name="static"),
        ]

    # --- trending --------------------------------------------------------------------------------

    async def today(self, request: web.Request) -> web.Response:
        """What trends now."""
        return answer(request, await self._today.get())

    async def _make_today(self) -> Body:
        issue = await self._reading.today()
        heading = f"Today, {period_title(issue.period)}"
        return await asyncio.to_thread(self._issue, issue, heading, "today")  # others are answered meanwhile

    async def day(self, request: web.Request) -> web.Response:
        """A day of the archive."""
        return await self._period(request, Window.DAY, "archive")

    async def week(self, request: web.Request) -> web.Response:
        """A week of the archive; without a name, this one."""
        return await self._period(request, Window.WEEK, "week")

    async def month(self, request: web.Request) -> web.Response:
        """A month of the archive; without a name, this one."""
        return await self._period(request, Window.MONTH, "month")

    async def _period(self, request: web.Request, window: Window, current: str) -> web.Response:
        name = request.match_info.get("name")
        this = period_of(window, self._clock.now().date())
        period = this if name is None else read_period(window, name)
        async with self._turns.turn():
            issue = await self._reading.period(period)
            field = await self._field(period.first) if window is Window.DAY else None
            section = current if period == this else "archive"
            page = await asyncio.to_thread(self._issue, issue, period_title(period), section, field)
        return answer(request, page)

    async def _field(self, day: date) -> DayField | None:
        try:
            return await self._plots.day(day)
        except NotFoundError:  # nobody watched its list
            return None

    def _issue(self, issue: Issue, heading: str, section: str, field: DayField | None = None) -> Body:
        return self._page("issue.html", section, issue=issue, heading=heading, full=FULL, field=field)

    async def archive(self, request: web.Request) -> web.Response:
        """Every day, week and month that can be looked at."""
        archive = await self._reading.archive()
        return answer(
            request, self._page("archive.html", "archive", archive=archive, years=calendar(archive))
        )

    # --- papers and searches ---------------------------------------------------------------------

    async def paper(self, request: web.Request) -> web.StreamResponse:
        """One paper, under the best id it has; other ids of it lead there."""
        asked = asked_paper(request)
        async with self._turns.turn():
            page = await self._reading.paper(canonical(asked))
            known = page.story.paper.ids[0]
            if asked != known:
                raise web.HTTPFound(paper_path(known))
            return answer(request, self._page("paper.html", "", page=page, most_authors=MOST_AUTHORS))

    async def search(self, request: web.Request) -> web.Response:
        """What a query finds, a page at a time; without one, the form."""
        query = asked_query(request)
        if not query:
            return answer(request, self._page("search.html", "search", found=None))
        async with self._turns.turn():
            found = await self._reading.search(query, request.query.get("page"))
        total = 0 if found.answer is None else _total(found.answer)
        return answer(
            request, self._page("search.html", "search", found=found, total=total, close=Tier.CLOSE)
        )

    async def topic(self, request: web.Request) -> web.Response:
        """The last month of what a query matches; without one, topics to choose from."""
        query = asked_query(request)
        month = await self._plots.topic(query) if query else None
        return answer(request, self._page("topic.html", "search", month=month))

    # --- what does not change --------------------------------------------------------------------

    async def privacy(self, request: web.Request) -> web.Response:
        """What is stored of people, and of readers."""
        host = THUMBNAILS.removeprefix("https://")
        return answer(
            request, self._page("privacy.html", "", thumbnails=self._thumbnails, thumbnail_host=host)
        )

    async def robots(self, request: web.Request) -> web.Response:
        """Where crawlers should not go."""
        return answer(request, Body.of(_ROBOTS, "text/plain"))

    async def static(self, request: web.Request) -> web.Response:
        """The stylesheet and the icon, under addresses that change with them."""
        name = request.match_info["name"]
        if name not in self._renderer.static:
            raise web.HTTPNotFound
        body, tag = self._renderer.static[name]
        keep = FOR_EVER if request.query.get("v") == tag else "no-cache"
        kind = _CONTENT_TYPES[name.rpartition(".")[2]]
        return answer(request, await asyncio.to_thread(Body.of, body, kind), keep=keep)

    def _page(self, template: str, section: str, **values: Any) -> Body:
        return Body.of(self._renderer.page(template, section=section, **values))


def _total(answer: Answer) -> int:
    """How many papers match: the index counts its own, and a named paper is not asked of it."""
    return max(answer.total, answer.start + sum(one.tier is not Tier.CLOSE for one in answer.results))


def calendar(archive: Archive) -> list[tuple[int, list[tuple[Period, _Weeks]]]]:
    """The years of the archive, newest first, with their months, newest first; a month in weeks from Monday
    to Sunday, in which days are `None` that belong to another month or to no list. Pure.
    """
    if archive.oldest is None:
        return []
    months = []
    month = period_of(Window.MONTH, archive.today)
    while month.ends.date() > archive.oldest:
        months.append((month, _weeks(month, archive.oldest, archive.today)))
        month = month.preceding
    return [(year, list(some)) for year, some in groupby(months, lambda one: one[0].first.year)]


def _weeks(month: Period, oldest: date, today: date) -> _Weeks:
    weeks: _Weeks = []
    week = period_of(Window.WEEK, month.first)
    while week.first <= month.last:
        days = [week.first + timedelta(days=number) for number in range(7)]
        shown = [day if month.first <= day <= month.last and oldest <= day <= today else None for day in days]
        if any(shown):
            weeks.append((week, shown))
        week = week.following
    return weeks
