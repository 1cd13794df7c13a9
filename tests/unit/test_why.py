"""Why a paper stands where it does, or does not: claimed only from what was read."""

from datetime import UTC, datetime, timedelta

from bot.commands.handlers.why import compared, place
from bot.model import PaperSeries, Ranked, Ranking, Series, Signal, Upstream, Window, utc_ms
from bot.trending.explain import Comparison

NOW = datetime(2025, 11, 20, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=1)
HOUR = 3_600_000


def watched(
    number: int, *upvotes: tuple[float, int], appeared: float = 10, list_day: int | None = None
) -> PaperSeries:
    """A paper seen to appear so many hours before now; its upvotes by hours before now."""
    now = utc_ms(NOW)
    points = [(now - int(hours * HOUR), value) for hours, value in upvotes]
    first = now - int(appeared * HOUR)
    return PaperSeries(
        paper_id=number,
        key=f"arxiv:2511.{number:05}",
        first_seen_at=first,
        seen_after=first - HOUR,
        list_day=list_day,
        polled_at=now,
        signals={(Signal.UPVOTES, Upstream.HUGGING_FACE): Series.of(points)},
    )


def ranking(*entries: Ranked) -> Ranking:
    return Ranking(Window.DAY, NOW, SINCE, entries)


def test_a_paper_that_did_not_rise_is_told_so() -> None:
    old = watched(1, (100, 5), appeared=100)
    assert place(old, ranking(), "UTC") == (
        "Trending of the day: not there. None of its numbers rose since Wed 19 Nov 12:00."
    )


def test_a_paper_below_the_last_place_is_told_what_that_has() -> None:
    risen = watched(1, (100, 5), (2, 8), appeared=100)
    last = Ranked(1, 2, "arxiv:2511.00002", 11.0, (), (), new=True)
    assert place(risen, ranking(last), "UTC") == (
        "Trending of the day: not there. It gained 3 upvotes (score 3) since Wed 19 Nov 12:00, "
        "and place 1 has 11."
    )


def test_a_place_is_told_with_its_reasons() -> None:
    entry = Ranked(1, 1, "arxiv:2511.00001", 8.0, (), ("8 upvotes in 10 h",), new=True)
    assert place(watched(1, (2, 8)), ranking(entry), "UTC") == (
        "Trending of the day: place 1 of 1. 8 upvotes in 10 h."
    )


def test_what_is_usual_is_told_of_enough_papers_alone() -> None:
    day = NOW.date().toordinal()
    mine = watched(0, (10, 1), (1, 40), list_day=day)
    others = [watched(number, (10, 1), (5, 4), list_day=day) for number in range(1, 40)]
    assert compared(mine, Comparison([mine, *others], NOW), NOW) == (
        "At its age of 10 h, papers usually have 4 upvotes (39 papers of the last 30 days)."
    )
    assert "too few to say what is usual" in compared(mine, Comparison([mine, *others[:20]], NOW), NOW)
