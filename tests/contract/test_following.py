"""What every store promises to whoever follows it: no change is missed, and nothing else is one."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlite_utils import Database

from bot.model import Changes, IndexRow, Poll, Signal, Upstream, utc_ms
from bot.ports import OpenStore, PaperStore, Store
from storage.sqlite.engine import Engine
from storage.sqlite.migrations import MIGRATIONS
from storage.sqlite.store import open_sqlite
from tests.contract.readings import ABSTRACT, arxiv, at, batch, described, doi, lookup, poll, reading, take
from tests.contract.stores import STORES
from tests.property.test_merge import histories

TITLE = "Letters at Dawn: A Study"


async def number(papers: PaperStore, of: int = 1) -> int:
    paper = await papers.find(arxiv(of))
    assert paper is not None
    return paper.id


async def test_an_empty_store_has_no_changes(store: Store) -> None:
    assert await store.papers.newest_change() == 0
    assert await store.papers.changes(0, 10) == Changes(papers=(), gone=(), upto=0, newest=0)


async def test_a_paper_is_told_with_all_that_an_index_needs(store: Store) -> None:
    full = reading(
        arxiv(1),
        title=TITLE,
        abstract=ABSTRACT,
        authors=("Zoë Ada", "Wei Wang", 'A "B" Ć', "Wei Wang"),
        published_at=at(-500),
        categories=("cs.CL", "cs.AI"),
        keywords=("post", "dawn"),
        organization="The Post",
        code_url="https://github.com/a/b",
        upvotes=3,
    )
    await take(store.papers, poll(0, full, reading(doi(2), title="Bare")))

    one, other = (await store.papers.changes(0, 10)).papers

    assert one == IndexRow(
        paper_id=await number(store.papers),
        change=one.change,
        title=TITLE,
        abstract=ABSTRACT,
        keywords=("post", "dawn"),
        authors=("Zoë Ada", "Wei Wang", 'A "B" Ć', "Wei Wang"),
        categories=("cs.CL", "cs.AI"),
        organization="The Post",
        published_at=utc_ms(at(-500)),
        has_code=True,
        has_project=False,
        upvotes=3,
    )
    nothing = ((), (), None, None, None, False, False, None)
    assert other == IndexRow(other.paper_id, other.change, "Bare", "", *nothing)


@pytest.mark.parametrize(
    "told",
    [
        {"title": "Letters at Noon"},
        {"abstract": ABSTRACT},
        {"authors": ("Ada Byron",)},
        {"categories": ("cs.CL",)},
        {"published_at": at(-9)},
        {"keywords": ("post",)},
        {"organization": "The Post"},
        {"code_url": "https://github.com/a/b"},
        {"project_url": "https://example.org"},
        {"signals": {Signal.UPVOTES: 4}},
        {"signals": {Signal.STARS: 4}},
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("brought", [False, True])
async def test_each_change_is_told(store: Store, told: dict[str, Any], brought: bool) -> None:
    known = described(arxiv(1), title=TITLE)
    await store.papers.bring(batch(known, described(arxiv(2), title="Other")), at(0))
    before = await store.papers.newest_change()
    changed = described(arxiv(1), **{"title": TITLE, **told})

    if brought:
        await store.papers.bring(batch(changed, mark=2), at(1))
    else:
        await take(store.papers, poll(1, changed, subject="week:2025-W47"))

    changes = await store.papers.changes(before, 10)
    assert [row.paper_id for row in changes.papers] == [await number(store.papers)]
    assert changes.upto == changes.newest == await store.papers.newest_change() > before


async def test_a_number_that_moved_is_told_as_it_is_now(store: Store) -> None:
    await take(store.papers, poll(0, reading(arxiv(1), upvotes=3), reading(arxiv(2), upvotes=1)))
    before = await store.papers.newest_change()

    await take(store.papers, poll(1, reading(arxiv(1), upvotes=5), reading(arxiv(2), upvotes=1)))

    changes = await store.papers.changes(before, 10)
    assert [(row.paper_id, row.upvotes) for row in changes.papers] == [(await number(store.papers), 5)]


async def test_what_was_known_is_no_change(store: Store) -> None:
    row = reading(arxiv(1), title=TITLE, abstract=ABSTRACT, authors=("Ada Byron",), upvotes=3)
    await take(store.papers, poll(0, row))
    before = await store.papers.newest_change()
    await take(store.papers, poll(1, row), poll(2))
    assert await store.papers.newest_change() == before
    assert await store.papers.changes(before, 10) == Changes((), (), before, before)


async def test_changes_come_in_stretches_that_follow_one_another(store: Store) -> None:
    await take(store.papers, poll(0, *(reading(arxiv(n)) for n in range(1, 6))))
    await take(store.papers, lookup(1, described(arxiv(2), title="Changed")))
    newest = await store.papers.newest_change()

    seen: list[IndexRow] = []
    after, sizes = 0, []
    while after < newest:
        stretch = await store.papers.changes(after, 2)
        assert stretch.newest == newest
        assert after < stretch.upto <= newest
        seen += stretch.papers
        sizes.append(len(stretch.papers))
        after = stretch.upto

    assert sizes == [2, 2, 1]
    assert [row.change for row in seen] == sorted(row.change for row in seen)
    assert [row.title[-1] for row in seen] == ["1", "3", "4", "5", "d"]


async def test_whoever_asks_for_no_changes_has_made_a_mistake(store: Store) -> None:
    with pytest.raises(ValueError, match="no changes"):
        await store.papers.changes(0, 0)


async def test_a_paper_that_goes_in_a_merge_is_named_to_all_who_knew_it(store: Store) -> None:
    await take(store.papers, poll(0, reading(arxiv(1), title="One")), poll(1, reading(doi(1), title="Other")))
    stays = await number(store.papers)
    gone = await store.papers.find(doi(1))
    assert gone is not None
    before = await store.papers.newest_change()

    await take(store.papers, poll(2, reading(arxiv(1), doi(1), title="One")))

    changes = await store.papers.changes(before, 10)
    assert changes.gone == (gone.id,)
    assert [row.paper_id for row in changes.papers] == [stays]
    assert changes.newest > before
    assert await store.papers.changes(changes.upto, 10) == Changes((), (), changes.upto, changes.upto)
    everything = await store.papers.changes(0, 10)
    assert (everything.gone, len(everything.papers)) == ((gone.id,), 1)


async def test_another_process_follows_the_same_changes(store: Store, open_store: OpenStore) -> None:
    async with open_store() as other:
        await take(other.papers, poll(0, reading(arxiv(1), title=TITLE)))
        assert await store.papers.newest_change() == await other.papers.newest_change() > 0
        assert await store.papers.changes(0, 1) == await other.papers.changes(0, 1)


# --- numbers -------------------------------------------------------------------------------------


async def test_of_each_upstream_the_newest_number_counts_and_of_several_the_greatest(store: Store) -> None:
    def says(minutes: float, upstream: Upstream, stars: int, upvotes: int) -> Poll:
        signals = {Signal.STARS: stars, Signal.UPVOTES: upvotes}
        one = described(arxiv(1), title=TITLE, signals=signals)
        return poll(minutes, one, subject=f"of {upstream}", upstream=upstream)

    await take(
        store.papers,
        says(0, Upstream.HUGGING_FACE, stars=90, upvotes=7),
        says(1, Upstream.GITHUB, stars=50, upvotes=6),
        says(2, Upstream.HUGGING_FACE, stars=40, upvotes=5),
        poll(3, reading(arxiv(2))),
    )
    one, other = await number(store.papers, 1), await number(store.papers, 2)

    assert await store.papers.signals([one, other, 10**9]) == {
        one: {Signal.STARS: 50, Signal.UPVOTES: 6},
        other: {},
        10**9: {},
    }
    rows = {row.paper_id: row.upvotes for row in (await store.papers.changes(0, 9)).papers}
    assert rows == {one: 6, other: None}
    assert await store.papers.signals([]) == {}


async def test_thinned_out_readings_leave_the_newest_number(store: Store) -> None:
    await take(store.papers, *(poll(m, reading(arxiv(1), signals={Signal.STARS: m})) for m in range(1, 5)))
    assert await store.papers.thin(at(99), at(99) - timedelta(days=1)) > 0
    one = await number(store.papers)
    assert await store.papers.signals([one]) == {one: {Signal.STARS: 4}}


# --- the law -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(STORES))
@given(
    polls=histories(),
    steps=st.lists(st.sampled_from(["poll", "bring", "follow"]), max_size=20),
    limit=st.integers(1, 4),
)
def test_whoever_follows_ends_with_what_the_store_holds(
    kind: str, polls: Sequence[Poll], steps: Sequence[str], limit: int
) -> None:
    """However the stretches fall between the changes, a copy kept by following them is the store's own."""

    async def scenario(folder: Path) -> None:
        async with STORES[kind](folder) as store:
            copy: dict[int, IndexRow] = {}
            after = 0
            left = list(polls)

            async def follow(after: int) -> int:
                stretch = await store.papers.changes(after, limit)
                for row in stretch.papers:
                    copy[row.paper_id] = row
                for paper_id in stretch.gone:
                    copy.pop(paper_id, None)
                return stretch.upto

            for step in [*steps, *["poll"] * len(polls)]:
                before = await store.papers.newest_change()
                if step == "follow":
                    after = await follow(after)
                elif left:
                    one = left.pop(0)
                    if step == "poll":
                        await store.papers.ingest(one, at(60))
                    else:
                        await store.papers.bring(batch(*one.readings), one.observed_at)
                assert await store.papers.newest_change() >= before
            while after < await store.papers.newest_change():
                after = await follow(after)

            everything = await store.papers.changes(0, 99)
            assert copy == {row.paper_id: row for row in everything.papers}
            assert len(copy) == (await store.papers.coverage()).papers
            assert not copy.keys() & set(everything.gone)
            assert (await store.admin.check()).problems == ()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scenario(Path(folder)))


# --- SQLite alone --------------------------------------------------------------------------------


async def test_a_database_made_before_there_was_a_search_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "paperboy.db"
    with sqlite3.connect(path, isolation_level=None) as conn:
        db = Database(conn)
        MIGRATIONS.apply(db, stop_before="0002_search")
        db.execute(
            "INSERT INTO papers (id, key, title, abstract, text_from, title_key, first_seen_at, change)"
            " VALUES (7, 'arxiv:2511.00001', 'Old', '', 'huggingface', 'old', ?, 9)",
            [utc_ms(at(0))],
        )
        db.execute("INSERT INTO paper_ids VALUES ('arxiv', '2511.00001', 7)")
        db.execute('INSERT INTO paper_facts VALUES (7, \'{"title": ["huggingface", 1]}\')')
    conn.close()

    async with open_sqlite(path) as store:
        changes = await store.papers.changes(0, 9)
        assert [(row.paper_id, row.title) for row in changes.papers] == [(7, "Old")]
        assert changes.newest == 9
        assert await store.papers.unresolved(9) == [arxiv(1)]
        assert len(await store.papers.series(at(-1), at(1))) == 1
        await take(store.papers, poll(1, reading(arxiv(2))))
        assert await number(store.papers, 2) == 10
        assert (await store.admin.check()).problems == ()


async def test_a_number_that_counts_as_gone_and_is_there_is_a_problem(engine: Engine, store: Store) -> None:
    await take(store.papers, poll(0, reading(arxiv(1))))
    gone = await number(store.papers)
    await engine.write(lambda db: db.execute("INSERT INTO gone VALUES (?, 99)", [gone]).rowcount)
    assert (await store.admin.check()).problems == (
        f"the paper number {gone} counts as gone and is still there",
    )
