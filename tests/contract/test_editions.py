"""What every store promises of editions."""

from dataclasses import replace
from datetime import datetime

import pytest

from bot.model import (
    Component,
    IdScheme,
    Outcome,
    PaperId,
    PaperReading,
    Poll,
    Ranked,
    Ranking,
    SourceNote,
    Upstream,
    Window,
)
from bot.ports import EditionPlace, Store
from tests.contract.rows import DAY, HOUR, NOW, add_papers, arxiv

NOTES = (SourceNote(Upstream.HUGGING_FACE, NOW - HOUR), SourceNote(Upstream.ARXIV, NOW - 2 * HOUR))


async def a_ranking(store: Store, window: Window = Window.DAY) -> Ranking:
    first, second = await add_papers(store, 2)
    return Ranking(
        window=window,
        as_of=NOW,
        since=NOW - DAY,
        entries=(
            Ranked(
                position=1,
                paper_id=first,
                key=str(arxiv(1)),
                score=41.1 + 0.2,  # no short decimal: 41.300000000000004
                components=(Component("upvotes", 41, 41.0), Component("stars", 120, 1 / 3)),
                reasons=("41 upvotes in 6 h", "“three times” the usual, été"),
                new=True,
            ),
            Ranked(
                position=2,
                paper_id=second,
                key=str(arxiv(2)),
                score=0.0,
                components=(),
                reasons=(),
                new=False,
            ),
        ),
    )


async def test_a_frozen_edition_is_read_back_to_the_last_bit(store: Store) -> None:
    ranking = await a_ranking(store)

    edition = await store.editions.freeze(NOW, ranking, NOTES, 0)

    assert edition.ranking == ranking
    assert [entry.score.hex() for entry in edition.ranking.entries] == [
        entry.score.hex() for entry in ranking.entries
    ]
    assert edition.slot_at == NOW
    assert edition.notes == NOTES
    assert await store.editions.get(Window.DAY, NOW) == edition


async def test_the_first_edition_of_a_slot_wins(store: Store) -> None:
    ranking = await a_ranking(store)
    first = await store.editions.freeze(NOW, ranking, NOTES, 0)

    later = replace(ranking, as_of=NOW + HOUR, entries=ranking.entries[1:])
    second = await store.editions.freeze(NOW, later, (), 0)

    assert second == first
    assert await store.editions.get(Window.DAY, NOW) == first


async def test_windows_and_slots_have_editions_of_their_own(store: Store) -> None:
    ranking = await a_ranking(store)
    day = await store.editions.freeze(NOW, ranking, (), 0)
    week = await store.editions.freeze(NOW, replace(ranking, window=Window.WEEK, entries=()), (), 0)
    tomorrow = await store.editions.freeze(NOW + DAY, replace(ranking, entries=()), (), 0)

    assert len({day.id, week.id, tomorrow.id}) == 3
    assert await store.editions.get(Window.WEEK, NOW) == week
    assert await store.editions.get(Window.MONTH, NOW) is None
    assert await store.editions.get(Window.DAY, NOW + HOUR) is None


@pytest.mark.parametrize(
    ("by", "expected"),
    [(NOW - HOUR, None), (NOW, 0), (NOW + DAY - HOUR, 0), (NOW + DAY, 1), (NOW + 9 * DAY, 1)],
)
async def test_the_latest_edition_is_of_the_newest_slot_not_after_the_instant(
    store: Store, by: datetime, expected: int | None
) -> None:
    ranking = await a_ranking(store)
    editions = [await store.editions.freeze(at, ranking, (), 0) for at in (NOW, NOW + DAY)]
    await store.editions.freeze(NOW + 2 * HOUR, replace(ranking, window=Window.WEEK), (), 0)

    latest = await store.editions.latest(Window.DAY, by)

    assert latest == (None if expected is None else editions[expected])


async def test_an_entry_follows_its_paper_through_a_merge_that_came_before_the_freeze(store: Store) -> None:
    """The ranking was made outside of the transaction, and the paper's number is gone since."""
    ranking = await a_ranking(store)
    first, second = ranking.entries
    both = PaperReading(ids=(arxiv(1), arxiv(2), PaperId(IdScheme.DOI, "10.1/x")), title="On Matter 1")
    report = await store.papers.ingest(
        Poll(
            upstream=Upstream.ARXIV, subject="lookup", observed_at=NOW, outcome=Outcome.OK, readings=(both,)
        ),
        NOW,
    )
    assert report.merged == 1

    edition = await store.editions.freeze(NOW, ranking, (), 0)

    assert [entry.paper_id for entry in edition.ranking.entries] == [first.paper_id, first.paper_id]
    assert [entry.key for entry in edition.ranking.entries] == [first.key, second.key]


async def test_an_entry_whose_paper_cannot_be_found_any_more_is_left_out(store: Store) -> None:
    ranking = await a_ranking(store)
    lost = replace(ranking.entries[0], paper_id=987_654, key="local:gone")

    edition = await store.editions.freeze(NOW, replace(ranking, entries=(lost, ranking.entries[1])), (), 0)

    assert edition.ranking.entries == (replace(ranking.entries[1], position=1),)


async def test_a_paper_is_found_in_the_newest_editions_that_have_it(store: Store) -> None:
    ranking = await a_ranking(store)
    second = ranking.entries[1]
    await store.editions.freeze(NOW, ranking, (), 0)
    await store.editions.freeze(NOW + DAY, replace(ranking, entries=(replace(second, position=1),)), (), 0)
    await store.editions.freeze(NOW + DAY, replace(ranking, window=Window.WEEK), (), 0)
    await store.editions.freeze(NOW + 2 * DAY, replace(ranking, entries=ranking.entries[:1]), (), 0)

    assert await store.editions.places(second.paper_id, 9) == [
        EditionPlace(Window.DAY, NOW + DAY, 1, 1),
        EditionPlace(Window.WEEK, NOW + DAY, 2, 2),
        EditionPlace(Window.DAY, NOW, 2, 2),
    ]
    assert len(await store.editions.places(second.paper_id, 2)) == 2
    assert await store.editions.places(987_654, 9) == []
