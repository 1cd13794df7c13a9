"""Plots as pictures for the pages, and for whoever links to them."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from aiohttp import web

from adapters.web.answers import Body, answer
from adapters.web.queries import asked_paper, asked_query
from bot.commands.turns import Turns
from bot.errors import InputError
from bot.ids import canonical
from bot.model import Window
from bot.plots.model import Plot, Shape, Theme
from bot.plots.plots import Plots
from bot.reading.periods import read_period

_KEEP: Final = "public, max-age=300"  # as long as it takes until a number is likely to be another one
_AT_ONCE: Final = 4  # pictures that are asked for side by side; the others wait


class PlotPages:
    """Handlers, one a route."""

    def __init__(self, plots: Plots) -> None:
        self._plots = plots
        self._turns = Turns(_AT_ONCE)

    def routes(self) -> Sequence[web.RouteDef]:
        """Each has a name, by which it is known to be ours."""
        return [
            web.get("/plot/paper/{scheme}/{value:.+}.{kind:svg|png}", self.paper, name="plot-paper"),
            web.get("/plot/topic.{kind:svg|png}", self.topic, name="plot-topic"),
            web.get("/plot/day/{name}.{kind:svg|png}", self.day, name="plot-day"),
        ]

    async def paper(self, request: web.Request) -> web.Response:
        """A paper's trend."""
        asked = canonical(asked_paper(request))
        async with self._turns.turn():
            return await self._drawn(request, await self._plots.paper(asked))

    async def topic(self, request: web.Request) -> web.Response:
        """A topic's month."""
        query = asked_query(request)
        if not query:
            raise InputError("Say which topic, as in /plot/topic.svg?q=attention.")
        plot = await self._plots.topic(query)  # which has a turn of its own
        async with self._turns.turn():
            return await self._drawn(request, plot)

    async def day(self, request: web.Request) -> web.Response:
        """A day's field."""
        day: date = read_period(Window.DAY, request.match_info["name"]).first
        async with self._turns.turn():
            return await self._drawn(request, await self._plots.day(day))

    async def _drawn(self, request: web.Request, plot: Plot) -> web.Response:
        if request.match_info["kind"] == "png":
            return answer(request, Body.of(await self._plots.png(plot), "image/png"), keep=_KEEP)
        name = request.query.get("theme", Theme.LIGHT)
        if name not in set(Theme):
            raise InputError(f"A plot is drawn as {', '.join(Theme)}.")
        shape = request.query.get("shape", Shape.WIDE)
        if shape not in set(Shape):
            raise InputError(f"A plot is {' or '.join(Shape)}.")
        drawn = await self._plots.svg(plot, Theme(name), Shape(shape))
        return answer(request, Body.of(drawn, "image/svg+xml"), keep=_KEEP)
