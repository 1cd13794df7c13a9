"""What every store promises of papers: whose reading it is, what is kept of it, what is merged."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.identity import local_id
from bot.model import (
    AnnounceType,
    IdScheme,
    IngestReport,
    Outcome,
    PaperId,
    PaperVersion,
    Poll,
    Upstream,
)
from bot.ports import OpenStore, Store
from tests.contract.readings import ABSTRACT, arxiv, at, batch, described, doi, lookup, poll, reading, take

TITLE = "Letters at Dawn: A Study"


async def test_a_paper_is_read_back_as_it_was_told(store: Store) -> None:
    told = reading(
        arxiv(1),
        doi(1),
        title=TITLE,
        abstract=ABSTRACT,
        authors=("Ada Byron", "Wei Wang", "Wei Wang"),
        published_at=datetime(2025, 11, 18, 17, 59, 59, tzinfo=UTC),
        categories=("cs.CL", "cs.AI"),
        versions=(PaperVersion(1, at(-3000)), PaperVersion(2, at(-100))),
        comment="12 pages",
        journal_ref="J. Post 1",
        ai_summary="Letters arrive.",
        ai_summary_model="m",
        keywords=("post", "dawn"),
        organization="The Post",
        code_url="https://github.com/a/b",
        project_url="https://example.org",
        thumbnail_url="https://example.org/t.png",
        upvotes=3,
    )
    assert await store.papers.ingest(poll(0, told), at(1)) == IngestReport(new=1, observations=1)

    paper = await store.papers.find(doi(1))

    assert paper is not None
    assert paper.ids == (arxiv(1), doi(1))
    assert paper.key == "arxiv:2511.00001"
    assert paper.text_from is Upstream.HUGGING_FACE
    assert paper.first_seen_at == at(0)
    assert paper.versions == told.versions
    same = (
        "title abstract authors published_at categories comment journal_ref ai_summary ai_summary_model "
        "keywords organization code_url project_url thumbnail_url"
    )
    for name in same.split():
        assert getattr(paper, name) == getattr(told, name), name
    assert await store.papers.get([paper.id, 10**9]) == {paper.id: paper}
    assert await store.papers.find(arxiv(2)) is None


async def test_the_same_poll_twice_changes_nothing(store: Store, open_store: OpenStore) -> None:
    first = poll(0, reading(arxiv(1), title=TITLE, upvotes=3))
    await take(store.papers, first)
    before = await store.papers.series(at(-1), at(9)), await store.sources.states()

    assert await store.papers.ingest(first, at(7)) == IngestReport()

    async with open_store() as other:
        assert (await other.papers.series(at(-1), at(9)), await other.sources.states()) == before


async def test_what_is_known_is_never_replaced_by_nothing(store: Store) -> None:
    full = reading(arxiv(1), abstract=ABSTRACT, authors=("Ada Byron",), comment="12 pages")
    await take(store.papers, poll(0, full))
    before = await store.papers.find(arxiv(1))

    report = await store.papers.ingest(poll(1, reading(arxiv(1))), at(1))

    assert await store.papers.find(arxiv(1)) == before
    assert report == IngestReport()


async def test_arxivs_own_words_replace_all_others_for_good(store: Store) -> None:
    damaged = reading(arxiv(1), title="The texttt{D}ual", abstract="Of $ signs", authors=("A Byron",))
    own = described(arxiv(1), title="The Dual", abstract="Of dollar signs", authors=("Ada Byron",))

    await take(store.papers, poll(0, damaged), lookup(1, own), poll(2, damaged))

    paper = await store.papers.find(arxiv(1))
    assert paper is not None
    assert (paper.title, paper.abstract, paper.authors) == ("The Dual", "Of dollar signs", ("Ada Byron",))
    assert paper.text_from is Upstream.ARXIV


async def test_among_others_the_newest_reading_counts_even_if_it_arrives_first(store: Store) -> None:
    old, new = (reading(arxiv(1), title=TITLE, comment=word) for word in ("old", "new"))

    await take(store.papers, poll(5, new), poll(0, old), poll(9, reading(arxiv(1), title=TITLE)))

    paper = await store.papers.find(arxiv(1))
    assert paper is not None
    assert paper.comment == "new"
    assert paper.first_seen_at == at(0)


async def test_invented_samples_yield_to_everything(store: Store) -> None:
    sample = poll(5, reading(arxiv(1), title="Sample"), upstream=Upstream.SAMPLE)
    await take(store.papers, poll(0, reading(arxiv(1), title="Real")), sample)
    paper = await store.papers.find(arxiv(1))
    assert paper is not None
    assert paper.title == "Real"


async def test_a_paper_without_an_id_gets_one_from_its_title(store: Store) -> None:
    await take(store.papers, poll(0, described(title=TITLE, abstract=ABSTRACT)))
    await take(store.papers, poll(1, described(title="letters at  dawn — a study!", abstract=ABSTRACT)))

    paper = await store.papers.find(local_id(TITLE))

    assert paper is not None
    assert paper.ids == (local_id(TITLE),)
    assert (await store.papers.coverage()).papers == 1


@pytest.mark.parametrize(
    "agreeing",
    [{"abstract": ABSTRACT.upper()}, {"abstract": "", "authors": ("Byron, A.", "Émile Zola")}],
    ids=["abstract", "authors"],
)
@pytest.mark.parametrize("identified_first", [True, False])
async def test_a_paper_without_an_id_merges_with_an_identified_one_that_agrees(
    store: Store, agreeing: dict[str, object], identified_first: bool
) -> None:
    known = described(arxiv(1), title=TITLE, abstract=ABSTRACT, authors=("Ada Byron", "Emile Zola"))
    unknown = described(title=TITLE.lower(), **agreeing)
    one = lookup(0, known)
    other = poll(0, unknown, subject="stories", upstream=Upstream.HACKER_NEWS)
    await take(store.papers, *((one, other) if identified_first else (other, one)))

    paper = await store.papers.find(arxiv(1))

    assert paper is not None
    assert paper.ids == (arxiv(1), local_id(TITLE))
    assert paper.title == TITLE
    assert await store.papers.find(local_id(TITLE)) == paper
    assert (await store.papers.coverage()).papers == 1


async def test_a_title_alone_merges_nothing(store: Store) -> None:
    await take(store.papers, lookup(0, described(arxiv(1), title=TITLE, abstract=ABSTRACT)))
    await take(store.papers, poll(1, described(title=TITLE)))
    assert (await store.papers.coverage()).papers == 2


async def test_two_identified_papers_never_merge_by_their_title(store: Store) -> None:
    rows = [
        reading(i, title=TITLE, abstract=ABSTRACT, authors=("Ada",)) for i in (arxiv(1), arxiv(2), doi(1))
    ]
    await take(store.papers, poll(0, *rows))
    assert (await store.papers.coverage()).papers == 3


async def test_evidence_that_comes_later_merges_later(store: Store) -> None:
    await take(store.papers, lookup(0, described(arxiv(1), title=TITLE, abstract=ABSTRACT)))
    await take(store.papers, poll(1, described(title=TITLE)))

    report = await store.papers.ingest(poll(2, described(title=TITLE, abstract=ABSTRACT)), at(2))

    assert report.merged == 1
    assert (await store.papers.coverage()).papers == 1


async def test_a_reading_with_two_ids_joins_their_papers_and_the_older_number_stays(store: Store) -> None:
    await take(store.papers, poll(0, reading(doi(1), title=TITLE, upvotes=1)))
    await take(
        store.papers, poll(1, reading(arxiv(1), title="Letters", upvotes=5), subject="daily:2025-11-19")
    )
    older = await store.papers.find(doi(1))
    assert older is not None

    report = await store.papers.ingest(poll(2, reading(arxiv(1), doi(1), title=TITLE, upvotes=7)), at(2))

    paper = await store.papers.find(arxiv(1))
    assert paper is not None
    assert (paper.id, paper.ids, paper.first_seen_at) == (older.id, (arxiv(1), doi(1)), at(0))
    assert report == IngestReport(changed=1, merged=1, observations=1)
    (series,) = await store.papers.series_of([paper.id], at(9))
    assert [value for one in series.signals.values() for _, value in one.points()] == [1, 5, 7]
    assert series.list_day == datetime(2025, 11, 19, tzinfo=UTC).toordinal()
    assert (await store.admin.check()).problems == ()


async def test_a_number_that_went_in_a_merge_is_never_given_again(store: Store) -> None:
    await take(store.papers, poll(0, reading(arxiv(1))), poll(1, reading(doi(1))))
    gone = await store.papers.find(doi(1))
    await take(store.papers, poll(2, reading(arxiv(1), doi(1))), poll(3, reading(arxiv(2))))
    newest = await store.papers.find(arxiv(2))
    assert gone is not None
    assert newest is not None
    assert newest.id > gone.id


async def test_one_poll_may_show_a_paper_twice(store: Store) -> None:
    rows = (
        reading(arxiv(1), title="Letters", upvotes=3),
        reading(arxiv(1), doi(1), title="Letters", upvotes=4),
    )
    report = await store.papers.ingest(poll(0, *rows, reading(doi(1), title="Letters")), at(0))
    assert report == IngestReport(new=1, observations=1)
    (series,) = await store.papers.series(at(-1), at(1))
    assert [one.last for one in series.signals.values()] == [4]


async def test_versions_add_up(store: Store) -> None:
    one, two = PaperVersion(1, at(-100)), PaperVersion(2, at(-1))
    await take(store.papers, lookup(0, described(arxiv(1), title=TITLE, versions=(one,))))
    await take(store.papers, lookup(1, described(arxiv(1), title=TITLE, versions=(two,))))
    paper = await store.papers.find(arxiv(1))
    assert paper is not None
    assert paper.versions == (one, two)


async def test_whoever_lacks_categories_or_was_never_looked_up_is_named(store: Store) -> None:
    await take(
        store.papers,
        poll(
            0,
            reading(arxiv(1), published_at=at(-90)),
            reading(arxiv(2), published_at=at(-50)),
            reading(doi(3), title="No arXiv id"),
        ),
    )
    numbers = [one.paper_id for one in await store.papers.series_of(range(9), at(9))]
    assert len(numbers) == 3
    assert await store.papers.without_categories(numbers) == [arxiv(1), arxiv(2)]
    assert await store.papers.without_categories(numbers[:1]) == [arxiv(1)]
    assert await store.papers.unresolved(9) == [arxiv(2), arxiv(1)]
    assert await store.papers.unresolved(1) == [arxiv(2)]

    await take(store.papers, lookup(1, described(arxiv(2), title="On 2", categories=("cs.CL",))))

    assert await store.papers.without_categories(numbers) == [arxiv(1)]
    assert await store.papers.unresolved(9) == [arxiv(1)]
    paper = await store.papers.find(arxiv(1))
    assert paper is not None
    assert paper.categories is None


async def test_an_announcement_by_arxiv_counts_as_asking_it(store: Store) -> None:
    new = reading(arxiv(1), announce_type=AnnounceType.NEW)
    await take(store.papers, poll(0, new, subject="new:cs.AI", upstream=Upstream.ARXIV))
    assert await store.papers.unresolved(9) == []


async def test_a_paper_is_announced_once_whatever_follows(store: Store) -> None:
    async def arxiv_says(minutes: float, kind: AnnounceType, number: int, subject: str = "new:cs.AI") -> None:
        one = reading(arxiv(number), announce_type=kind)
        await take(store.papers, poll(minutes, one, subject=subject, upstream=Upstream.ARXIV))

    await arxiv_says(0, AnnounceType.NEW, 1)
    await arxiv_says(1, AnnounceType.CROSS, 2, "new:cs.LG")
    await arxiv_says(2, AnnounceType.NEW, 2)  # its own category was read a minute later
    await arxiv_says(3, AnnounceType.REPLACE, 3)
    await arxiv_says(10, AnnounceType.REPLACE, 1)
    await arxiv_says(11, AnnounceType.CROSS, 1, "new:cs.LG")
    await take(store.papers, poll(1, reading(arxiv(4))))

    async def announced(since: float, until: float, *kinds: AnnounceType) -> list[str]:
        numbers = await store.papers.announced(at(since), at(until), frozenset(kinds))
        found = await store.papers.get(numbers)
        return [found[number].key[-1] for number in numbers]

    assert await announced(-1, 20, AnnounceType.NEW) == ["1", "2"]
    assert await announced(0, 20, AnnounceType.NEW) == ["2"]
    assert await announced(-1, 1, AnnounceType.NEW) == ["1"]
    assert await announced(5, 20, AnnounceType.NEW) == []
    assert await announced(-1, 20, AnnounceType.NEW, AnnounceType.REPLACE) == ["1", "2", "3"]
    assert await announced(-1, 20) == []


async def test_what_came_before_readers_in_some_time_is_told(store: Store) -> None:
    def announcing(minutes: float, kind: AnnounceType, number: int) -> Poll:
        one = reading(arxiv(number), announce_type=kind)
        return poll(minutes, one, subject="new:cs.AI", upstream=Upstream.ARXIV)

    await store.papers.bring(batch(described(arxiv(8), title="Brought")), at(1))
    await take(
        store.papers,
        poll(0, reading(arxiv(1))),
        poll(5, reading(arxiv(1)), reading(arxiv(2))),
        announcing(6, AnnounceType.NEW, 3),
        announcing(7, AnnounceType.CROSS, 4),
        announcing(8, AnnounceType.REPLACE, 5),
        lookup(9, described(arxiv(6), title="Searched for")),
        poll(10, reading(arxiv(7)), subject="daily:2025-11-18"),  # the store is being filled back
        poll(11, reading(arxiv(9)), subject="trending"),
        poll(12, described(arxiv(10), title="Listed later"), subject="lookup"),
        poll(13, reading(arxiv(1)), reading(arxiv(2)), reading(arxiv(10))),
    )

    async def shown(since: float, until: float) -> list[str]:
        numbers = await store.papers.first_shown(at(since), at(until))
        found = await store.papers.get(numbers)
        return [found[number].ids[0].value.removeprefix("2511.").lstrip("0") for number in numbers]

    assert await shown(-1, 20) == ["1", "2", "3", "4", "10"]
    assert await shown(0, 6) == ["2", "3"]
    assert await shown(-3 * 24 * 60, 20) == ["1", "2", "3", "4", "7", "10"]
    assert await shown(20, 30) == []


async def test_a_failed_poll_is_recorded_and_a_late_one_changes_no_newer_state(store: Store) -> None:
    await take(store.papers, poll(0, reading(arxiv(1)), reading(arxiv(2))))
    for minutes in (10, 20):
        await take(store.papers, poll(minutes, outcome=Outcome.FAILED, detail="No answer."))

    (state,) = await store.sources.states()
    assert (state.last_poll_at, state.last_success_at, state.failing_since) == (at(20), at(0), at(10))
    assert (state.last_outcome, state.last_error, state.papers) == (Outcome.FAILED, "No answer.", 2)
    assert state.last_change_at == at(0)

    await take(store.papers, poll(15, reading(arxiv(1))))
    (state,) = await store.sources.states()
    assert (state.last_poll_at, state.last_success_at, state.failing_since) == (at(20), at(15), at(20))
    assert (state.last_change_at, state.papers) == (at(0), 1)

    await take(store.papers, poll(30, outcome=Outcome.UNCHANGED))
    (state,) = await store.sources.states()
    assert (state.last_success_at, state.failing_since, state.last_error) == (at(30), None, None)
    assert state.papers == 1


async def test_text_is_stored_as_text(store: Store) -> None:
    nasty = "'); DROP TABLE papers; -- \U0001f600 \x00 $[0] %s ?1"
    await take(store.papers, poll(0, reading(PaperId(IdScheme.DOI, nasty), title=nasty, authors=(nasty,))))
    paper = await store.papers.find(PaperId(IdScheme.DOI, nasty))
    assert paper is not None
    assert (paper.title, paper.authors) == (nasty, (nasty,))


async def test_a_long_list_is_one_poll(store: Store) -> None:
    rows = [reading(arxiv(number), upvotes=number) for number in range(1500)]
    assert (await store.papers.ingest(poll(0, *rows), at(0))).new == 1500
    again = await store.papers.ingest(poll(1, *rows), at(1) + timedelta(seconds=5))
    assert again == IngestReport()
