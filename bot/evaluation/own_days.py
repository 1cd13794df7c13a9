"""The operator's own observations as days for the back-test: what the bot saw some hours into each list."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.evaluation.backtest import LEAST_PAPERS, Body, Day
from bot.model import Batch, PaperSeries, Signal
from bot.ports import PaperStore
from bot.trending.merge import merged
from bot.trending.windows import BATCHES_NEEDED, end_of_list

NAME: Final = "own"
LEAST_DAYS: Final = 10  # of fewer, no interval says anything
MORNING: Final = timedelta(hours=7)  # after a list opened: when most digests go out
SETTLED: Final = timedelta(days=7)  # after which a list hardly moves any more
_EVERY_LIST: Final = 100_000
_MILLISECOND: Final = timedelta(milliseconds=1)


async def own_days(papers: PaperStore, now: datetime) -> Body:
    """Each list that was watched while it was new and has settled by `now`, in order of days."""
    days = []
    for batch in reversed(await papers.batches(now, _EVERY_LIST)):
        if batch.opened_at + MORNING <= end_of_list(batch.day) and batch.opened_at + SETTLED <= now:
            day = await _day(papers, batch)
            if len(day.papers) >= LEAST_PAPERS:
                days.append(day)
    measures = ("spearman", "p_3", "p_5", "p_10", "coverage_5", "coverage_10")
    return Body(NAME, f"the upvotes {SETTLED.days} days after the list opened", tuple(days), measures)


async def _day(papers: PaperStore, batch: Batch) -> Day:
    as_of, settled = batch.opened_at + MORNING, batch.opened_at + SETTLED
    early = await _listed(papers, batch, as_of)
    late = await _listed(papers, batch, settled)
    counts = {paper.key: merged(paper, Signal.UPVOTES) for paper in late}
    return Day(
        batch.day,
        as_of,
        tuple(await papers.batches(as_of, BATCHES_NEEDED)),
        tuple(early),
        {key: float(upvotes.last) for key, upvotes in counts.items() if upvotes is not None},
    )


async def _listed(papers: PaperStore, batch: Batch, as_of: datetime) -> Sequence[PaperSeries]:
    """The papers that came with the list, as far as observed by `as_of`."""
    found = await papers.series(batch.opened_at - _MILLISECOND, as_of)
    return [paper for paper in found if paper.list_day == batch.day.toordinal()]


__all__ = ["LEAST_DAYS", "MORNING", "NAME", "SETTLED", "own_days"]
