"""A ranking: who is in the window, in what order, and why."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from bot.model import Batch, PaperSeries, Ranked, Ranking, Window, utc_ms
from bot.trending.explain import Comparison, age_known, explain, last_age
from bot.trending.score import best
from bot.trending.windows import window_start

DEFAULT_SIZE: Final = 50


def rank(
    papers: Iterable[PaperSeries],
    group: Iterable[PaperSeries],
    batches: Sequence[Batch],
    window: Window,
    as_of: datetime,
    size: int = DEFAULT_SIZE,
) -> Ranking:
    """The trending set of `window` as it was at `as_of`, at most `size` papers.

    Pure: `papers` hold what was observed by `as_of` of everything that may be in the window, `group` the
    papers that "usual" refers to, `batches` the newest daily lists, newest first.
    """
    return rank_since(papers, group, window, window_start(window, as_of, batches), as_of, size)


def rank_since(
    papers: Iterable[PaperSeries],
    group: Iterable[PaperSeries],
    window: Window,
    since: datetime,
    as_of: datetime,
    size: int = DEFAULT_SIZE,
) -> Ranking:
    """The same for a window that begins at `since`."""
    since_ms = utc_ms(since)
    comparison = Comparison(group, as_of)
    chosen = best(papers, since_ms, size)
    comparison.look_up(
        last_age(entry.paper, utc_ms(as_of)) for entry in chosen if entry.new and age_known(entry.paper)
    )
    entries = tuple(
        Ranked(
            position=position,
            paper_id=entry.paper.paper_id,
            key=entry.paper.key,
            score=entry.score,
            components=entry.components,
            reasons=explain(entry, since_ms, as_of, comparison),
            new=entry.new,
        )
        for position, entry in enumerate(chosen, 1)
    )
    return Ranking(window, as_of, since, entries)
