"""Merging is order-independent: the same polls in any order give the same papers, ids and series.

The universe is small, so that everything meets. Within it, as upstreams behave: descriptions of one work
agree; an id-less description fits one identified paper at most (not two works of one title, nor one work
that stands under two ids before anybody says that they are the same); a daily list only grows; no upstream
is read twice at one instant. Where that does not hold, some evidence decides before other evidence arrives,
and the order matters under any rule that never takes a merge back.
"""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.identity import local_id
from bot.model import AnnounceType, Outcome, Paper, PaperId, PaperReading, Poll, Series, Signal, Upstream
from bot.ports import PaperStore
from storage.sqlite.facts import Facts, combined, told_by
from storage.sqlite.store import open_sqlite
from tests.contract.readings import arxiv, at, doi, poll

WORDS = "letters reach people who wait for them every single morning in"


@dataclass(frozen=True)
class Work:
    """One real paper of the universe, whatever upstreams call it."""

    title: str
    place: str
    ids: tuple[PaperId, ...]

    @property
    def abstract(self) -> str:
        return f"We study how {WORDS} {self.place}."


WORKS = (
    Work("Letters at Dawn", "Rome", (arxiv(1), doi(1))),
    Work("Letters at Noon", "Oslo", (arxiv(2),)),
    Work("Letters at Dusk", "Bern", (doi(3),)),
    Work("Letters at Night", "Lima", ()),
    Work("Twins", "Riga", (arxiv(5), doi(5))),
    Work("Twins", "Kiel", (arxiv(6),)),
)
ALWAYS_NAMED = (WORKS[0], *WORKS[4:])


@st.composite
def readings(draw: st.DrawFn, work: Work, *, with_id: bool) -> PaperReading:
    """What an upstream says of a work: some of its ids, some of what there is to say."""
    ids: tuple[PaperId, ...] = ()
    if work.ids and (with_id or work in ALWAYS_NAMED):
        ids = tuple(draw(st.lists(st.sampled_from(work.ids), min_size=1, unique=True)))
    return PaperReading(
        ids=ids,
        title=draw(st.sampled_from([work.title, work.title.upper()])),
        abstract=draw(st.sampled_from(["", work.abstract, work.abstract.upper()])),
        authors=draw(st.sampled_from([(), (f"Ada {work.place}",), (f"A. {work.place}",)])),
        comment=draw(st.sampled_from([None, "short", "long"])),
        categories=draw(st.sampled_from([(), ("cs.AI",), ("cs.CL", "cs.AI")])),
        code_url=draw(st.sampled_from([None, "https://github.com/a/b"])),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Poll]:
    """Polls of growing daily lists, of arXiv, and of a source that knows no ids; in order of time."""
    polls = []
    entered: dict[tuple[str, Work], PaperId] = {}
    # A few works at a time, so that they meet again and again.
    chosen = draw(st.lists(st.sampled_from(WORKS), min_size=1, max_size=3, unique=True))
    listed = [work for work in chosen if work.ids] or [WORKS[0]]
    for minutes in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(["daily:2025-11-20", "daily:2025-11-21", "lookup", "stories"]))
        if kind.startswith("daily:"):
            for work in draw(st.lists(st.sampled_from(listed), max_size=3)):
                entered.setdefault((kind, work), draw(st.sampled_from(work.ids)))
            rows = [
                replace(
                    draw(readings(work, with_id=True)),
                    ids=(name,),
                    announce_type=AnnounceType.LISTED,
                    signals={Signal.UPVOTES: draw(st.integers(0, 2))},
                )
                for (subject, work), name in entered.items()
                if subject == kind
            ]
            polls.append(poll(minutes, *rows, subject=kind))
        elif kind == "lookup":
            works = draw(st.lists(st.sampled_from(listed), min_size=1, unique=True))
            rows = [draw(readings(work, with_id=True)) for work in works]
            polls.append(poll(minutes, *rows, subject=kind, upstream=Upstream.ARXIV))
        else:
            works = draw(st.lists(st.sampled_from(chosen), min_size=1, unique=True))
            rows = [draw(readings(work, with_id=False)) for work in works]
            polls.append(poll(minutes, *rows, subject=kind, upstream=Upstream.HACKER_NEWS))
    return polls


@dataclass(frozen=True)
class Stored:
    """All that a store knows, without the numbers it gave."""

    papers: Sequence[Paper]
    series: Sequence[tuple[object, ...]]
    others: Sequence[object]


async def stored(papers: PaperStore, polls: Sequence[Poll]) -> Stored:
    for one in polls:
        await papers.ingest(one, at(60))
    names = {name for work in WORKS for name in (*work.ids, local_id(work.title))}
    found = {paper.id: paper for name in names if (paper := await papers.find(name)) is not None}
    assert len(found) == (await papers.coverage()).papers
    series = await papers.series(at(-1), at(60))
    moments = [at(minutes + 0.5) for minutes in range(-1, 8)]
    return Stored(
        papers=sorted((replace(paper, id=0) for paper in found.values()), key=lambda paper: paper.key),
        series=sorted(
            (
                one.key,
                one.first_seen_at,
                one.seen_after or 0,
                one.list_day or 0,
                one.polled_at,
                told(one.signals),
            )
            for one in series
        ),
        others=[
            *[await papers.batches(moment, 9) for moment in moments],
            *[sorted(p.key for p in await papers.comparison(at(0), moment)) for moment in moments],
            sorted(await papers.unresolved(99)),
            await papers.coverage(),
        ],
    )


def told(signals: Mapping[Any, Series]) -> list[tuple[str, list[tuple[int, int]]]]:
    return sorted((f"{signal} {upstream}", one.points()) for (signal, upstream), one in signals.items())


async def in_a_new_store(polls: Sequence[Poll]) -> Stored:
    with tempfile.TemporaryDirectory() as folder:
        async with open_sqlite(Path(folder) / "paperboy.db", readers=1) as store:
            result = await stored(store.papers, polls)
            assert (await store.admin.check()).problems == ()
            return result


@settings(max_examples=settings().max_examples * 6 // 10, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_order_in_which_polls_arrive_does_not_matter(data: st.DataObject) -> None:
    polls = data.draw(histories())
    shuffled = data.draw(st.permutations(polls))
    assert asyncio.run(in_a_new_store(shuffled)) == asyncio.run(in_a_new_store(polls))


FACTS = st.builds(
    lambda work, upstream, minutes, comment: told_by(
        PaperReading(ids=(), title=work.title, comment=comment), upstream, minutes
    ),
    st.sampled_from(WORKS),
    st.sampled_from(Upstream),
    st.integers(0, 3),
    st.sampled_from([None, "short", "long"]),
)


@given(FACTS, FACTS, FACTS)
def test_combining_what_is_known_is_a_join(one: Facts, two: Facts, three: Facts) -> None:
    assert combined(one, two) == combined(two, one)
    assert combined(combined(one, two), three) == combined(one, combined(two, three))
    assert combined(one, one) == one


def test_the_universe_holds_what_the_law_is_about() -> None:
    """Else the law could hold for want of anything to merge."""
    dawn = WORKS[0]
    polls = [
        poll(0, PaperReading(ids=(), title=dawn.title, abstract=dawn.abstract), subject="stories"),
        poll(1, PaperReading(ids=(doi(1),), title=dawn.title), outcome=Outcome.OK),
        poll(2, PaperReading(ids=(arxiv(1),), title=dawn.title, abstract=dawn.abstract)),
        poll(3, PaperReading(ids=dawn.ids, title=dawn.title)),
    ]
    (paper,) = asyncio.run(in_a_new_store(polls)).papers
    assert paper.ids == (arxiv(1), doi(1), local_id(dawn.title))
