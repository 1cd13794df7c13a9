"""Short ways to write down observations in tests. Hours count from `T0`; nothing here decides anything."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from bot.model import Batch, PaperSeries, Series, Signal, Upstream, utc_ms

T0 = datetime(2025, 11, 20, tzinfo=UTC)  # a Thursday
DAY0 = T0.date()


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def ms(hours: float) -> int:
    return utc_ms(at(hours))


def series(*points: tuple[float, int]) -> Series:
    return Series.of([(ms(hours), value) for hours, value in points])


def paper(
    number: int,
    upvotes: Sequence[tuple[float, int]] = (),
    *,
    listed: date | None = DAY0,
    seen_after: float | None = None,
    first_seen: float | None = None,
    polled: float | None = None,
    more: Mapping[tuple[Signal, Upstream], Series] | None = None,
) -> PaperSeries:
    """A paper on a daily list with (hours, upvotes) readings; `polled` defaults to the last of them."""
    signals = dict(more or {})
    if upvotes:
        signals[Signal.UPVOTES, Upstream.HUGGING_FACE] = series(*upvotes)
    instants = [point for one in signals.values() for point, _ in one.points()]
    first = ms(first_seen) if first_seen is not None else min(instants)
    return PaperSeries(
        paper_id=number,
        key=f"arxiv:2511.{number:05}",
        first_seen_at=first,
        seen_after=None if seen_after is None else ms(seen_after),
        list_day=None if listed is None else listed.toordinal(),
        polled_at=ms(polled) if polled is not None else max([*instants, first]),
        signals=signals,
    )


def batch(hours: float, papers: int = 10) -> Batch:
    return Batch(at(hours).date(), at(hours), papers)
