"""Fetches the papers that came lately, for everybody's subscriptions at once."""

from datetime import datetime, timedelta
from typing import Final

from bot.editions.make import newest
from bot.model import Paper, Signal, Window
from bot.ports import Store
from bot.search.match import PreparedPaper
from bot.subscriptions.matching import Arrivals
from bot.subscriptions.spans import WEEK
from bot.trending.replay import trending

_RANKED: Final = 1_000  # deeper than any week of daily lists


async def arrivals_for(
    store: Store, now: datetime, prepared: dict[Paper, PreparedPaper] | None = None, reach: timedelta = WEEK
) -> Arrivals:
    """The papers that came before readers within `reach` of `now`, with the week's ranking."""
    numbers = await store.papers.first_shown(now - reach, now)
    week = await trending(store.papers, Window.WEEK, now, _RANKED)
    series = await store.papers.series_of(numbers, now)
    return Arrivals(
        await store.papers.get(numbers),
        now,
        {entry.paper_id: entry for entry in week.entries},
        upvotes=newest(series, Signal.UPVOTES),
        stars=newest(series, Signal.STARS),
        prepared=prepared,
    )
