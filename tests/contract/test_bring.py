"""What every store promises of papers that a person brings: found like all others, and nobody's news."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from bot.identity import local_id
from bot.model import (
    AnnounceType,
    IdScheme,
    ImportReport,
    Paper,
    PaperId,
    PaperReading,
    PaperVersion,
    Ranking,
    Signal,
    Upstream,
    Window,
    utc_ms,
)
from bot.ports import OpenStore, PaperStore, Store
from bot.trending.replay import trending
from tests.contract.readings import ABSTRACT, arxiv, at, batch, described, doi, lookup, poll, reading, take
from tests.contract.stores import STORES

TITLE = "Letters at Dawn: A Study"
LONG_AGO = -100 * 24 * 60  # minutes


async def found(papers: PaperStore, name: PaperId) -> Paper:
    paper = await papers.find(name)
    assert paper is not None
    return paper


def brought(number: int, **more: Any) -> PaperReading:
    return described(arxiv(number), title=f"On Matter {number}", **more)


# --- what is stored ------------------------------------------------------------------------------


async def test_a_brought_paper_is_read_back_as_it_was_told(store: Store) -> None:
    told = described(
        arxiv(1),
        doi(1),
        title=TITLE,
        abstract=ABSTRACT,
        authors=("Ada Byron", "Wei Wang", "Ada Byron"),
        published_at=at(-900),
        categories=("cs.CL", "cs.AI"),
        versions=(PaperVersion(1, at(-900)),),
        comment="12 pages",
        code_url="https://github.com/a/b",
        signals={Signal.UPVOTES: 3, Signal.CITATIONS: 40},
    )

    assert await store.papers.bring(batch(told), at(5)) == ImportReport(new=1, changed=0, known=0)

    paper = await found(store.papers, doi(1))
    assert (paper.ids, paper.title, paper.abstract) == ((arxiv(1), doi(1)), TITLE, ABSTRACT)
    assert (paper.authors, paper.categories, paper.versions) == (
        told.authors,
        told.categories,
        told.versions,
    )
    assert (paper.published_at, paper.first_seen_at) == (at(-900), at(5))
    assert (paper.comment, paper.code_url) == ("12 pages", "https://github.com/a/b")
    assert paper.text_from is Upstream.IMPORT
    assert await store.papers.signals([paper.id]) == {paper.id: {Signal.UPVOTES: 3, Signal.CITATIONS: 40}}
    assert await store.sources.states() == []
    assert (await store.admin.check()).problems == ()


async def test_the_same_batch_twice_changes_nothing(store: Store) -> None:
    rows = [
        brought(1, abstract=ABSTRACT, authors=("Ada Byron",), comment="old", signals={Signal.UPVOTES: 3}),
        described(title="Without an Id", abstract=ABSTRACT),
        brought(2),
    ]
    await store.papers.bring(batch(*rows, mark=30), at(0))
    before = await store.papers.changes(0, 10), (await store.admin.check()).counts

    assert await store.papers.bring(batch(*rows, mark=30), at(9)) == ImportReport(0, 0, known=3)

    assert (await store.papers.changes(0, 10), (await store.admin.check()).counts) == before
    assert (await found(store.papers, arxiv(1))).first_seen_at == at(0)
    # Nor does it make what the file says any newer: what another file said since goes on being so.
    await store.papers.bring(batch(brought(1, comment="new"), file="b"), at(5))
    assert (await found(store.papers, arxiv(1))).comment == "new"


async def test_what_was_changed_and_what_was_known_is_told_apart(store: Store) -> None:
    rows = [brought(number, signals={Signal.UPVOTES: 1}) for number in range(1, 5)]
    await store.papers.bring(batch(*rows), at(0))
    more = [
        brought(1, comment="12 pages", signals={Signal.UPVOTES: 1}),
        brought(2, signals={Signal.UPVOTES: 2}),
        brought(3),
        brought(5),
        brought(5, comment="again"),
    ]
    assert await store.papers.bring(batch(*more), at(1)) == ImportReport(new=1, changed=2, known=1)


async def test_many_authors_stay_in_their_order(store: Store) -> None:
    names = tuple(f"A. {number % 1500}" for number in range(1700))
    await store.papers.bring(batch(brought(1, authors=names)), at(0))
    assert (await found(store.papers, arxiv(1))).authors == names


async def test_brought_text_is_stored_as_text(store: Store) -> None:
    nasty = "'); DROP TABLE papers; -- \U0001f600 \x00 $[0] %s ?1"
    name = PaperId(IdScheme.DOI, nasty)
    row = described(name, title=nasty, authors=(nasty,), keywords=(nasty,))
    for _ in range(2):
        await store.papers.bring(batch(row, file=nasty, mark=7), at(0))
    paper = await found(store.papers, name)
    assert (paper.title, paper.authors, paper.keywords) == (nasty, (nasty,), (nasty,))
    assert await store.papers.import_mark(nasty) == 7
    assert (await store.papers.coverage()).papers == 1


# --- how far a file was read ---------------------------------------------------------------------


async def test_the_mark_stands_where_the_last_batch_of_the_file_ended(
    store: Store, open_store: OpenStore
) -> None:
    assert await store.papers.import_mark("a") == 0
    await store.papers.bring(batch(brought(1), file="a", mark=100), at(0))
    await store.papers.bring(batch(brought(2), file="b", mark=7), at(0))
    await store.papers.bring(batch(file="a", mark=250), at(1))  # nothing in it could be used
    async with open_store() as other:
        assert [await other.papers.import_mark(file) for file in ("a", "b", "c")] == [250, 7, 0]


async def test_a_file_read_again_from_its_beginning_is_still_known_to_its_end(store: Store) -> None:
    for mark in (100, 200, 100):
        await store.papers.bring(batch(brought(mark), mark=mark), at(0))
    assert await store.papers.import_mark("a file") == 200


async def test_a_batch_that_cannot_be_stored_leaves_neither_papers_nor_its_mark(store: Store) -> None:
    await store.papers.bring(batch(brought(1), mark=100), at(0))
    before = await store.papers.changes(0, 10)
    too_great = brought(3, signals={Signal.UPVOTES: 1 << 70})

    with pytest.raises(OverflowError):
        await store.papers.bring(batch(brought(2), too_great, mark=200), at(1))

    assert await store.papers.import_mark("a file") == 100
    assert await store.papers.changes(0, 10) == before
    assert await store.papers.find(arxiv(2)) is None


# --- whose paper it is, and what replaces what ---------------------------------------------------


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_what_a_person_brings_fills_gaps_alone(store: Store, order: Sequence[int]) -> None:
    file = described(
        arxiv(1), title="From a File", abstract="Of a file", comment="of a file", organization="A File"
    )
    listed = reading(arxiv(1), title="From a List", comment="of a list")
    own = described(arxiv(1), title="From arXiv")
    for which in order:
        if which == 0:
            await store.papers.bring(batch(file), at(50))
        else:
            await take(store.papers, poll(1, listed) if which == 1 else lookup(2, own))

    paper = await found(store.papers, arxiv(1))

    assert (paper.title, paper.text_from) == ("From arXiv", Upstream.ARXIV)
    assert (paper.comment, paper.organization, paper.abstract) == ("of a list", "A File", "Of a file")
    assert paper.first_seen_at == at(1)


async def test_of_two_files_the_one_brought_later_counts(store: Store) -> None:
    for minutes, comment in ((0, "old"), (1, "new")):
        await store.papers.bring(batch(brought(1, comment=comment)), at(minutes))
    assert (await found(store.papers, arxiv(1))).comment == "new"


async def test_invented_samples_yield_to_a_file(store: Store) -> None:
    await take(store.papers, poll(5, reading(arxiv(1), title="Sample"), upstream=Upstream.SAMPLE))
    await store.papers.bring(batch(brought(1)), at(0))
    assert (await found(store.papers, arxiv(1))).title == "On Matter 1"


@pytest.mark.parametrize("listed_first", [True, False])
async def test_a_brought_paper_without_an_id_is_the_one_of_its_title(
    store: Store, listed_first: bool
) -> None:
    listed = poll(0, reading(arxiv(1), title=TITLE, abstract=ABSTRACT))
    if listed_first:
        await take(store.papers, listed)
    await store.papers.bring(batch(described(title=TITLE.upper(), abstract=ABSTRACT)), at(1))
    if not listed_first:
        await take(store.papers, listed)

    assert (await found(store.papers, local_id(TITLE))).ids == (arxiv(1), local_id(TITLE))
    assert (await store.papers.coverage()).papers == 1


async def test_a_brought_paper_with_two_ids_joins_their_papers_and_their_lists(store: Store) -> None:
    await take(
        store.papers,
        poll(0, reading(doi(1), title="One", upvotes=1)),
        poll(1, reading(arxiv(1), title="Other", upvotes=2), subject="daily:2025-11-19"),
    )
    before = await store.papers.newest_change()
    older, newer = await found(store.papers, doi(1)), await found(store.papers, arxiv(1))

    report = await store.papers.bring(batch(described(arxiv(1), doi(1), title="One")), at(2))

    assert report == ImportReport(new=0, changed=1, known=0)
    assert (await found(store.papers, arxiv(1))).id == older.id
    (series,) = await store.papers.series(at(-9), at(9))
    assert series.list_day == at(0).toordinal() - 1
    assert (await store.papers.changes(before, 9)).gone == (newer.id,)
    assert (await store.admin.check()).problems == ()


# --- nobody's news -------------------------------------------------------------------------------

ALL_TYPES = frozenset(AnnounceType)


async def test_a_thousand_brought_papers_are_nobodys_news(store: Store) -> None:
    shown = poll(LONG_AGO, reading(doi(1), title="An Old One"), subject="daily:2025-08-12")
    await take(store.papers, shown)
    for minutes, upvotes in ((0, 10), (5, 900)):  # the second time each has risen
        rows = [brought(n, published_at=at(-n), signals={Signal.UPVOTES: upvotes}) for n in range(1000)]
        await store.papers.bring(batch(*rows), at(minutes))

    for window in Window:
        assert (await trending(store.papers, window, at(9))).entries == ()
    assert await store.papers.series(at(-999), at(9)) == []
    assert await store.papers.comparison(at(-999), at(9)) == []
    everything = await store.papers.series(at(2 * LONG_AGO), at(9))
    assert [one.key for one in everything] == [str(doi(1))]
    assert [one.papers for one in await store.papers.batches(at(9), 9)] == [1]
    assert await store.papers.announced(at(-999), at(9), ALL_TYPES) == []
    assert await store.papers.unresolved(9) == []
    assert (await store.papers.coverage()).papers == 1001


async def test_a_few_brought_papers_among_many_shown_are_nobodys_news_either(store: Store) -> None:
    listed = (reading(arxiv(n), title=f"On Matter {n}", upvotes=1) for n in range(9))
    await take(store.papers, poll(LONG_AGO, *listed, subject="daily:2025-08-12"))
    rows = [brought(n, signals={Signal.UPVOTES: 90}) for n in (8, 9)]
    await store.papers.bring(batch(*rows), at(0))
    assert await store.papers.series(at(-999), at(9)) == []


async def rankings(papers: PaperStore) -> list[Ranking]:
    return [await trending(papers, window, at(90)) for window in Window]


@pytest.mark.parametrize("minutes", [LONG_AGO, -30, 30, 80])
async def test_what_trends_is_the_same_whether_or_not_it_was_brought(
    store: Store, minutes: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Also where the file says other numbers than the list, long before the paper was listed or after."""
    first = [reading(arxiv(n), upvotes=n) for n in range(1, 5)]
    risen = [reading(arxiv(n), upvotes=3 * n) for n in range(1, 5)]
    polls = [poll(0, *first), poll(60, *risen)]
    file = batch(*(described(arxiv(n), title=f"On {arxiv(n)}", signals={Signal.UPVOTES: 50}) for n in (1, 2)))

    early = [one for one in polls if one.observed_at < at(minutes)]
    await take(store.papers, *early)
    await store.papers.bring(file, at(minutes))
    await take(store.papers, *polls[len(early) :])
    async with STORES["sqlite"](tmp_path_factory.mktemp("plain")) as plain:
        await take(plain.papers, *polls)
        expected = await rankings(plain.papers)
        series = await plain.papers.series(at(-9), at(90))

    def by_key(ranking: Ranking) -> list[tuple[object, ...]]:
        return [(one.key, one.score, one.reasons, one.new) for one in ranking.entries]

    assert all(len(ranking.entries) == 4 for ranking in expected)
    assert [by_key(one) for one in await rankings(store.papers)] == [by_key(one) for one in expected]
    brought_too = await store.papers.series(at(-9), at(90))
    assert {(one.key, one.first_seen_at, one.polled_at) for one in brought_too} == {
        (one.key, one.first_seen_at, one.polled_at) for one in series
    }
    assert {one.key: one.signals for one in brought_too} == {one.key: one.signals for one in series}


async def test_a_brought_paper_is_first_seen_when_it_is_first_listed(store: Store) -> None:
    await store.papers.bring(batch(brought(1), brought(2)), at(LONG_AGO))
    await take(store.papers, poll(-5), poll(0, reading(arxiv(1), title="On Matter 1", upvotes=7)))

    (series,) = await store.papers.series(at(-10), at(9))
    assert (series.first_seen_at, series.seen_after) == (utc_ms(at(0)), utc_ms(at(-5)))
    assert (await found(store.papers, arxiv(1))).first_seen_at == at(0)
    assert (await found(store.papers, arxiv(2))).first_seen_at == at(LONG_AGO)
    (entry,) = (await trending(store.papers, Window.DAY, at(9))).entries
    assert (entry.key, entry.new, entry.score) == (str(arxiv(1)), True, 7.0)
    assert await store.papers.unresolved(9) == [arxiv(1)]  # shown now, so worth asking arXiv about


async def test_the_series_of_a_brought_paper_has_no_number_of_the_file(store: Store) -> None:
    await store.papers.bring(batch(brought(1, signals={Signal.UPVOTES: 9})), at(0))
    number = (await found(store.papers, arxiv(1))).id
    (series,) = await store.papers.series_of([number], at(1))
    assert dict(series.signals) == {}
    assert await store.papers.series_of([number], at(0) - timedelta(seconds=1)) == []
