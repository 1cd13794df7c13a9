"""What every store promises of numbers and lists: what was observed by an instant, and nothing later."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from bot.model import Batch, Outcome, PaperSeries, Poll, Ranking, Series, Signal, Upstream, Window, utc_ms
from bot.ports import Coverage, ListGrowth, PaperStore, Store
from tests.contract.readings import arxiv, at, described, poll, reading, take

UPVOTES = Signal.UPVOTES, Upstream.HUGGING_FACE
FRIDAY = "daily:2025-11-21"
SATURDAY = "daily:2025-11-22"


def ms(minutes: float) -> int:
    return utc_ms(at(minutes))


def points(*pairs: tuple[float, int]) -> Series:
    return Series.of([(ms(minutes), value) for minutes, value in pairs])


async def the_series(papers: PaperStore, until: float = 999) -> PaperSeries:
    (one,) = await papers.series(at(-999), at(until))
    return one


async def test_a_number_is_stored_only_when_it_changed(store: Store) -> None:
    for minutes, upvotes in ((0, 3), (1, 3), (2, 5), (3, 5), (4, 3)):
        report = await store.papers.ingest(poll(minutes, reading(arxiv(1), upvotes=upvotes)), at(minutes))
        assert report.observations == (minutes in {0, 2, 4})
    one = await the_series(store.papers)
    assert one.signals == {UPVOTES: points((0, 3), (2, 5), (4, 3))}
    assert one.polled_at == ms(4)


async def test_signals_and_upstreams_are_kept_apart(store: Store) -> None:
    here = reading(arxiv(1), signals={Signal.UPVOTES: 0, Signal.STARS: 9})
    there = described(arxiv(1), title="On it", signals={Signal.STARS: 11})
    await take(store.papers, poll(0, here), poll(1, there, subject="stars", upstream=Upstream.GITHUB))
    one = await the_series(store.papers)
    assert one.signals == {
        UPVOTES: points((0, 0)),
        (Signal.STARS, Upstream.HUGGING_FACE): points((0, 9)),
        (Signal.STARS, Upstream.GITHUB): points((1, 11)),
    }
    assert one.polled_at == ms(1)


READ = [(0, 3), (1, 7), (2, 3), (3, 3), (4, 9)]


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_polls_of_a_list_may_arrive_in_any_order(store: Store, order: tuple[int, ...]) -> None:
    polls = [poll(minutes, reading(arxiv(1), upvotes=value)) for minutes, value in READ]
    await take(store.papers, *(polls[number] for number in order), polls[4])
    one = await the_series(store.papers)
    assert one.signals == {UPVOTES: points((0, 3), (1, 7), (2, 3), (4, 9))}
    assert (one.first_seen_at, one.seen_after, one.polled_at) == (ms(0), None, ms(4))


async def test_a_late_poll_invents_no_reading_in_a_list_that_papers_leave(store: Store) -> None:
    trending = [poll(n, reading(arxiv(1), upvotes=n), subject="trending") for n in (3, 7)]
    await take(store.papers, trending[0], poll(9, reading(arxiv(2)), subject="trending"), trending[1])
    (number,) = [one.paper_id for one in await store.papers.series(at(0), at(99)) if one.signals]
    (one,) = await store.papers.series_of([number], at(99))
    assert one.signals[UPVOTES] == points((3, 3), (7, 7))


async def test_nothing_observed_later_leaks_into_the_past(store: Store) -> None:
    await take(
        store.papers,
        poll(0),
        poll(1, reading(arxiv(1), upvotes=3)),
        poll(2, reading(arxiv(1), upvotes=5), reading(arxiv(2), upvotes=1)),
        poll(3, outcome=Outcome.UNCHANGED),
        poll(4, outcome=Outcome.FAILED),
    )
    assert await store.papers.series(at(-9), at(0.9)) == []
    one = await the_series(store.papers, until=1)
    assert one == PaperSeries(
        paper_id=one.paper_id,
        key="arxiv:2511.00001",
        first_seen_at=ms(1),
        seen_after=ms(0),
        list_day=date(2025, 11, 20).toordinal(),
        polled_at=ms(1),
        signals={UPVOTES: points((1, 3))},
    )
    assert [s.polled_at for s in await store.papers.series(at(-9), at(9))] == [ms(3), ms(3)]
    assert await store.papers.series_of([one.paper_id], at(1.5)) == [one]
    assert await store.papers.series_of([one.paper_id], at(0.5)) == []


async def test_a_list_seen_later_is_no_first_list_before_that(store: Store) -> None:
    await take(store.papers, poll(0, reading(arxiv(1), upvotes=3)))
    await take(store.papers, poll(4, subject="daily:2025-11-18"))
    await take(store.papers, poll(5, reading(arxiv(1)), subject="daily:2025-11-18"))
    then, now = await the_series(store.papers, until=4.5), await the_series(store.papers)
    assert (then.list_day, then.seen_after) == (date(2025, 11, 20).toordinal(), None)
    assert (now.list_day, now.seen_after) == (date(2025, 11, 18).toordinal(), ms(4))


async def test_a_paper_on_no_daily_list_has_none(store: Store) -> None:
    await take(store.papers, poll(0, reading(arxiv(1)), subject="new:cs.AI", upstream=Upstream.ARXIV))
    assert (await the_series(store.papers)).list_day is None
    await take(store.papers, poll(5, reading(arxiv(1))))
    assert (await the_series(store.papers, until=4)).list_day is None
    assert (await the_series(store.papers)).list_day == date(2025, 11, 20).toordinal()


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_the_last_poll_without_a_paper_is_found_in_any_order(
    store: Store, order: tuple[int, ...]
) -> None:
    polls = [
        poll(1, reading(arxiv(1))),
        poll(2, reading(arxiv(1))),
        poll(3, reading(arxiv(1)), outcome=Outcome.PARTIAL),  # cannot tell what is not there
        poll(4, reading(arxiv(1)), reading(arxiv(2))),
    ]
    await take(store.papers, *(polls[number] for number in order))
    series = {one.key[-1]: one for one in await store.papers.series(at(-9), at(9))}
    assert (series["1"].first_seen_at, series["1"].seen_after) == (ms(1), None)
    assert (series["2"].first_seen_at, series["2"].seen_after) == (ms(4), ms(2))


async def test_series_since_are_of_papers_new_newly_listed_or_moved(store: Store) -> None:
    await take(
        store.papers,
        poll(0, *(reading(arxiv(n), upvotes=0) for n in range(1, 9))),
        poll(1, reading(arxiv(9)), subject="new:cs.AI", upstream=Upstream.ARXIV),
        poll(5, reading(arxiv(1), upvotes=0), reading(arxiv(2), upvotes=4)),
        poll(6, reading(arxiv(9)), reading(arxiv(10)), subject=FRIDAY),
    )

    async def keys(since: float, until: float) -> list[str]:
        return [one.key[-2:] for one in await store.papers.series(at(since), at(until))]

    assert await keys(2, 99) == ["02", "09", "10"]
    assert await keys(2, 5) == ["02"]
    assert await keys(5, 5) == ["02"]
    assert await keys(5.5, 6) == ["09", "10"]
    assert await keys(6.5, 99) == []
    assert len(await keys(0, 99)) == 10
    assert len(await keys(-5, 3)) == 9


async def test_the_comparison_group_are_papers_on_daily_lists_by_first_sight(store: Store) -> None:
    await take(
        store.papers,
        poll(0, reading(arxiv(1))),
        poll(1, reading(arxiv(2)), subject="new:cs.AI", upstream=Upstream.ARXIV),
        poll(2, reading(arxiv(3))),
        poll(9, reading(arxiv(2))),
    )

    async def keys(since: float, until: float) -> list[str]:
        return [one.key[-1] for one in await store.papers.comparison(at(since), at(until))]

    assert await keys(0, 2) == ["1", "3"]
    assert await keys(1, 2) == ["3"]
    assert await keys(0, 1) == ["1"]
    assert await keys(1, 9) == ["2", "3"]
    assert await keys(3, 9) == []


async def test_a_list_that_only_repeats_is_no_batch(store: Store) -> None:
    friday = reading(arxiv(1)), reading(arxiv(2))
    await take(
        store.papers,
        poll(0, subject=FRIDAY),
        poll(1, friday[0], subject=FRIDAY),
        poll(2, *friday, subject=FRIDAY),
        poll(3, *friday, subject=SATURDAY),
        poll(4, subject="daily:2025-11-23"),
        poll(5, friday[0], reading(arxiv(3)), subject="daily:2025-11-24"),
    )
    first = Batch(date(2025, 11, 21), at(1), 2)
    last = Batch(date(2025, 11, 24), at(5), 1)
    assert await store.papers.batches(at(9), 9) == [last, first]
    assert await store.papers.batches(at(9), 1) == [last]
    assert await store.papers.batches(at(1), 9) == [Batch(date(2025, 11, 21), at(1), 1)]
    assert await store.papers.batches(at(0), 9) == []


async def test_a_batch_is_what_was_known_then_also_when_older_lists_came_later(store: Store) -> None:
    await take(store.papers, poll(0, reading(arxiv(1)), subject=FRIDAY), poll(5, reading(arxiv(1))))
    assert await store.papers.batches(at(4), 9) == [Batch(date(2025, 11, 21), at(0), 1)]
    assert await store.papers.batches(at(5), 9) == [Batch(date(2025, 11, 20), at(5), 1)]


async def test_coverage_tells_of_the_lists_that_have_papers(store: Store) -> None:
    assert await store.papers.coverage() == Coverage(0, None, None, 0)
    await take(
        store.papers,
        poll(0, reading(arxiv(1)), subject=FRIDAY),
        poll(1, reading(arxiv(1)), subject="daily:2023-05-04"),
        poll(2, subject=SATURDAY),
        poll(3, described(title="No list", abstract="At all"), subject="lookup"),
    )
    assert await store.papers.coverage() == Coverage(2, date(2023, 5, 4), date(2025, 11, 21), 2)


async def test_growth_is_told_of_lists_watched_from_the_start(store: Store) -> None:
    await take(
        store.papers,
        poll(0, reading(arxiv(1)), subject="daily:2025-11-19"),  # it was not empty when first read
        poll(0),
        poll(1, reading(arxiv(2))),
        poll(3, reading(arxiv(2)), reading(arxiv(3)), reading(arxiv(4))),
    )
    watched = ListGrowth(date(2025, 11, 20), (at(1), at(3), at(3)))
    assert await store.papers.growth(date(2025, 11, 1), date(2025, 11, 30)) == [watched]
    assert await store.papers.growth(date(2025, 11, 20), date(2025, 11, 20)) == [watched]
    assert await store.papers.growth(date(2025, 11, 21), date(2025, 11, 30)) == []


async def test_old_readings_thin_out_to_the_last_of_each_hour_and_day(store: Store) -> None:
    start = datetime(2025, 11, 21, tzinfo=UTC)
    hours = (0, 0.5, 1, 9, 23.9, 24.2, 24.8, 25.1, 25.2, 48.2, 48.9)
    polls = [
        Poll(
            upstream=Upstream.HUGGING_FACE,
            subject=FRIDAY,
            observed_at=start + timedelta(hours=hour),
            outcome=Outcome.OK,
            readings=(reading(arxiv(1), signals={Signal.STARS: number}),),
        )
        for number, hour in enumerate(hours)
    ]
    await take(store.papers, *polls)
    hourly_until, older_than = start + timedelta(hours=24), start + timedelta(hours=48.5)

    assert await store.papers.thin(older_than, hourly_until) == 5

    one = await the_series(store.papers, until=9999)
    stars = one.signals[Signal.STARS, Upstream.HUGGING_FACE]
    kept = [(at_ms - utc_ms(start)) / 3_600_000 for at_ms, _ in stars.points()]
    assert kept == [0, 23.9, 24.8, 25.2, 48.2, 48.9]
    assert await store.papers.thin(older_than, hourly_until) == 0


async def test_readings_that_an_edition_was_made_of_are_not_thinned_out(store: Store) -> None:
    day = 24 * 60
    old = [40 * day + minutes for minutes in (0, 10, 20, 30, 40)]
    await take(
        store.papers,
        poll(0, reading(arxiv(1), upvotes=0)),
        *(poll(m, reading(arxiv(1), signals={Signal.UPVOTES: m, Signal.STARS: m})) for m in old),
    )
    made_at = at(old[2] + 5)
    await store.editions.freeze(
        made_at, Ranking(Window.WEEK, made_at, made_at - timedelta(days=7), ()), (), 0
    )

    assert await store.papers.thin(at(99 * day), at(0)) == 5

    one = await the_series(store.papers, until=99 * day)
    kept = {signal: [value for _, value in series.points()] for (signal, _), series in one.signals.items()}
    assert kept == {
        Signal.UPVOTES: [0, old[2], old[4]],  # past its first 30 days: what was in force, and the last
        Signal.STARS: [old[0], old[2], old[4]],
    }


async def test_upvotes_of_a_papers_first_days_are_not_thinned_out(store: Store) -> None:
    await take(store.papers, *(poll(m, reading(arxiv(1), upvotes=m)) for m in range(9)))
    assert await store.papers.thin(at(99_999), at(99_999)) == 0
