"""From the store to a ranking, for any instant past or present."""

from datetime import datetime, timedelta

from bot.model import Ranking, Window
from bot.ports import Observed
from bot.trending.explain import GROUP_DAYS
from bot.trending.rank import DEFAULT_SIZE, rank_since
from bot.trending.windows import BATCHES_NEEDED, window_start


async def trending(papers: Observed, window: Window, as_of: datetime, size: int = DEFAULT_SIZE) -> Ranking:
    """The trending set of `window` from what was observed by `as_of`: the same whenever it is asked."""
    since = window_start(window, as_of, await papers.batches(as_of, BATCHES_NEEDED))
    return await trending_since(papers, window, since, as_of, size)


async def trending_since(
    papers: Observed, window: Window, since: datetime, as_of: datetime, size: int = DEFAULT_SIZE
) -> Ranking:
    """The same for a window that begins at `since`: a page of the calendar, in an archive."""
    # A reading at the very start of the window is inside it, while the store looks strictly after.
    series = await papers.series(since - timedelta(milliseconds=1), as_of)
    group_since = as_of - timedelta(days=GROUP_DAYS)
    # A window as long as the group's time has all of the group in it: no need to fetch it twice.
    group = (
        [paper for paper in series if paper.list_day is not None]
        if since <= group_since
        else await papers.comparison(group_since, as_of)
    )
    return rank_since(series, group, window, since, as_of, size)
