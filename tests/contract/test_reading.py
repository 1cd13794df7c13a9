"""What is read of a store: editions, the archive, papers, and why there is nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.commands.rankings import Rankings
from bot.editions.make import edition_for
from bot.errors import NotFoundError
from bot.model import Outcome, Signal, Upstream, Window
from bot.ports import Store
from bot.reading.reading import Reading
from bot.search.service import Search
from storage.index.index import open_index
from tests.clocks import StillClock
from tests.contract.commands import NOW, fill
from tests.contract.readings import arxiv, described, poll, reading

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SATURDAY = datetime(2025, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> StillClock:
    return StillClock(NOW)


@pytest.fixture
async def read(store: Store, clock: StillClock, tmp_path: Path) -> AsyncIterator[Reading]:
    async with open_index(tmp_path / "index", store.papers, None) as index:
        yield Reading(store, Search(store.papers, index, clock), Rankings(store.papers, clock), clock)


async def test_today_is_what_trends_now_with_its_numbers(read: Reading, store: Store) -> None:
    await fill(store)
    issue = await read.today()
    first = issue.stories[0]
    assert (first.paper.title, first.signals) == ("Attention in Small Places", {Signal.UPVOTES: 90})
    assert issue.live
    assert issue.listed == 7
    assert (issue.nothing, issue.remark) == ("", "")
    assert issue.earlier is None  # the oldest list is today's
    assert issue.later is None


async def test_an_empty_store_says_that_nothing_was_fetched(read: Reading) -> None:
    issue = await read.today()
    assert issue.stories == ()
    assert issue.nothing.startswith("Nothing was fetched yet")
    assert issue.listed is None


async def test_a_day_without_a_list_says_why(read: Reading, store: Store, clock: StillClock) -> None:
    """The papers of the last lists are still there, since windows roll."""
    await fill(store)
    clock.set(SATURDAY)
    issue = await read.today()
    assert len(issue.stories) == 7
    assert issue.remark == "Hugging Face lists no new papers on a Saturday."


async def test_papers_without_a_number_cannot_trend(read: Reading, store: Store) -> None:
    await store.papers.ingest(poll(0, reading(arxiv(1))), NOW)
    issue = await read.today()
    assert issue.stories == ()
    assert issue.nothing == "No number of any paper rose in that time, as far as was observed."


async def test_a_list_that_was_read_and_is_empty_is_named(
    read: Reading, store: Store, clock: StillClock
) -> None:
    await fill(store)
    monday = SATURDAY + 2 * DAY
    clock.set(monday)
    empty = replace(poll(0, subject="daily:2025-11-24", outcome=Outcome.EMPTY), observed_at=monday - HOUR)
    await store.papers.ingest(empty, monday)
    assert (await read.today()).remark == (
        "Hugging Face's list of Mon 24 Nov is still empty, 12 hours after it opened."
    )


async def test_a_source_that_is_down_is_noted_on_the_present_day_alone(
    read: Reading, store: Store, clock: StillClock
) -> None:
    await fill(store)
    failed = poll(300, subject="new:cs.CL", upstream=Upstream.ARXIV, outcome=Outcome.FAILED, detail="504")
    await store.papers.ingest(failed, NOW)
    assert [one.upstream for one in (await read.today()).notes] == [Upstream.ARXIV]
    clock.set(NOW + DAY)
    assert (await read.day(NOW.date())).notes == ()


async def test_a_frozen_edition_is_shown_as_it_was(read: Reading, store: Store, clock: StillClock) -> None:
    await fill(store)
    frozen = await edition_for(store, Window.DAY, NOW - 4 * HOUR, NOW - 4 * HOUR)
    clock.set(NOW + 3 * DAY)
    issue = await read.day(NOW.date())
    assert issue.sent_at == frozen.slot_at
    assert issue.as_of == frozen.ranking.as_of
    assert [one.entry for one in issue.stories] == list(frozen.ranking.entries)
    assert issue.stories[0].signals == {Signal.UPVOTES: 18}  # as of then
    assert issue.later is not None


async def test_a_past_day_without_one_is_made_as_of_its_end(
    read: Reading, store: Store, clock: StillClock
) -> None:
    await fill(store)
    later = poll(3 * 24 * 60, reading(arxiv(1), upvotes=500), subject="trending")
    await store.papers.ingest(later, later.observed_at)
    clock.set(NOW + 9 * DAY)
    issue = await read.day(NOW.date())
    assert issue.sent_at is None
    assert issue.as_of == datetime(2025, 11, 20, 23, 59, 59, 999_000, tzinfo=UTC)
    assert issue.stories[0].signals == {Signal.UPVOTES: 90}


async def test_a_week_and_a_month_count_what_rose_in_them(
    read: Reading, store: Store, clock: StillClock
) -> None:
    await fill(store)
    december = poll(12 * 24 * 60, reading(arxiv(7), upvotes=130), subject="trending")
    await store.papers.ingest(december, december.observed_at)
    clock.set(datetime(2026, 1, 9, tzinfo=UTC))
    november, after = await read.month(2025, 11), await read.month(2025, 12)
    assert len(november.stories) == 7
    assert [one.paper.key for one in after.stories] == [str(arxiv(7))]
    assert [one.entry.score for one in after.stories if one.entry] == [100.0]
    assert (await read.week(2025, 47)).since == datetime(2025, 11, 17, tzinfo=UTC)
    assert (await read.week(2025, 49)).stories[0].paper.key == str(arxiv(7))


@pytest.mark.parametrize("day", [date(2025, 11, 21), date(2025, 11, 19), date(2030, 1, 1)])
async def test_a_day_that_is_to_come_or_was_before_everything_is_not_found(
    read: Reading, store: Store, day: date
) -> None:
    await fill(store)
    with pytest.raises(NotFoundError):
        await read.day(day)


async def test_a_month_that_is_not_over_is_made_anew_after_a_minute(
    read: Reading, store: Store, clock: StillClock
) -> None:
    await fill(store)
    first = await read.month(2025, 11)
    clock.set(NOW + timedelta(seconds=50))
    assert (await read.month(2025, 11)).as_of == first.as_of
    clock.set(NOW + timedelta(seconds=70))
    assert (await read.month(2025, 11)).as_of == NOW + timedelta(seconds=70)
    clock.set(NOW + 30 * DAY)
    assert (await read.month(2025, 11)).as_of == datetime(2025, 11, 30, 23, 59, 59, 999_000, tzinfo=UTC)


async def test_papers_that_became_one_since_stand_once_in_an_edition(
    read: Reading, store: Store, clock: StillClock
) -> None:
    await fill(store)
    await edition_for(store, Window.DAY, NOW, NOW)
    one = described(arxiv(1), arxiv(3), title="Attention in Small Places")
    await store.papers.ingest(poll(900, one, subject="lookup"), NOW)
    clock.set(NOW + 5 * DAY)
    stories = (await read.day(NOW.date())).stories
    assert [story.entry.position for story in stories if story.entry is not None] == [1, 2, 4, 5, 6, 7]


async def test_a_paper_tells_where_it_stood(read: Reading, store: Store, clock: StillClock) -> None:
    await fill(store)
    await edition_for(store, Window.DAY, NOW, NOW)
    clock.set(NOW + 5 * DAY)
    page = await read.paper(arxiv(2))
    assert [(one.day.day, one.position, one.of, one.sent) for one in page.standings] == [
        (22, 2, 7, False),
        (21, 2, 7, False),
        (20, 2, 7, True),
    ]
    assert page.places[0].startswith("Trending of the day: place 2 of 7. 80 upvotes")
    assert page.places[1] == "Trending of the week: place 2 of 7, for the same reasons."
    assert page.compared.startswith("It was on its list when that was first read")


async def test_a_paper_that_nobody_stored_is_not_found(read: Reading) -> None:
    with pytest.raises(NotFoundError, match="It is not stored here"):
        await read.paper(arxiv(1))
