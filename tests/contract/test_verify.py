"""Editions made again, whatever became known since they were frozen."""

import gzip
import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.editions.make import EDITION_SIZE, edition_for, made_of
from bot.editions.verify import Verified, verify
from bot.errors import ThinnedOutError
from bot.model import Edition, Outcome, Signal, SourceNote, Upstream, Window
from bot.ports import Store
from bot.sources.huggingface import poll_from_body
from bot.trending.replay import trending
from tests.contract.readings import arxiv, at, described, doi, lookup, poll, reading, take
from tests.shared import shared_file

DAYS = 25  # recorded lists
HOUR = timedelta(hours=1)


async def made(store: Store, minutes: float, window: Window = Window.DAY) -> Edition:
    return await edition_for(store, window, at(minutes), at(minutes))


async def test_editions_of_recorded_days_are_made_again_whatever_was_learnt_later(store: Store) -> None:
    """Of each list a third is known by its titles alone at first, and every other reading is stored late."""
    with gzip.open(shared_file("data/hf-daily-papers/responses.jsonl.gz"), "rt", encoding="utf-8") as lines:
        bodies = [json.loads(line) for line in lines]
    bodies.sort(key=lambda one: str(one["captured_at"]))
    slots = []
    learnt = 0
    for place, body in enumerate(bodies[-DAYS:]):
        read_at = datetime.fromisoformat(body["captured_at"])
        poll = poll_from_body(body["response"], f"daily:{body['list_date']}", read_at)
        nameless = [replace(one, ids=()) if n % 3 == 0 else one for n, one in enumerate(poll.readings)]
        early = replace(poll, observed_at=read_at - HOUR, readings=tuple(nameless))
        for hours in (-3, 0, 5):
            now = read_at + hours * HOUR
            if hours == 0:
                await store.papers.ingest(early, early.observed_at)
            if hours == (5 if place % 2 else 0):
                learnt += (await store.papers.ingest(poll, now)).changed
            slots.append(now)
            for window in Window:
                await edition_for(store, window, now, now)
            if hours == 5:
                await store.papers.ingest(replace(poll, observed_at=read_at + 4 * HOUR), now + HOUR)
    await store.papers.thin(slots[-1], slots[-1] - timedelta(days=10))
    assert learnt > 100
    moved = 0
    for window in Window:
        for slot in slots:
            edition = await store.editions.get(window, slot)
            assert edition is not None
            assert list((await verify(store, edition)).differences()) == []
            present = await trending(store.papers, window, edition.ranking.as_of, EDITION_SIZE)
            moved += present != edition.ranking
    assert moved > DAYS


async def test_papers_that_are_one_by_now_are_two_in_an_edition_made_again(store: Store) -> None:
    await take(store.papers, poll(0), poll(1, reading(arxiv(1), upvotes=9), reading(doi(2), upvotes=4)))
    await made(store, 2)
    await take(store.papers, lookup(3, described(arxiv(1), doi(2), title="On both")))
    edition = await latest(store)
    assert len({entry.paper_id for entry in edition.ranking.entries}) == 1
    assert await verify(store, edition) == Verified(edition, edition)


async def latest(store: Store) -> Edition:
    found = await store.editions.latest(Window.DAY, at(9999))
    assert found is not None
    return found


async def test_an_id_learnt_since_is_not_in_an_edition_made_again(store: Store) -> None:
    title = "A work without a name"
    await take(store.papers, poll(0), poll(1, reading(doi(2), title=title, upvotes=9)))
    editions = []
    for minutes, *learnt in ((2,), (4, doi(1)), (6, arxiv(7))):
        await take(store.papers, lookup(minutes - 0.5, described(doi(2), *learnt, title=title)))
        editions.append(await made(store, minutes))
    keys = [entry.key for edition in editions for entry in edition.ranking.entries]
    assert keys == [str(doi(2)), str(doi(1)), str(arxiv(7))]
    for edition in editions:
        assert await verify(store, edition) == Verified(edition, edition)


async def test_a_poll_that_was_stored_only_after_is_not_in_an_edition_made_again(store: Store) -> None:
    await take(store.papers, poll(0), poll(1, reading(arxiv(1), upvotes=9)))
    edition = await made(store, 5)
    before = await trending(store.papers, Window.DAY, at(5))
    await store.papers.ingest(poll(4, reading(arxiv(1), upvotes=12), reading(arxiv(2), upvotes=40)), at(6))
    assert await trending(store.papers, Window.DAY, at(5)) != before
    assert await verify(store, edition) == Verified(edition, edition)


async def test_a_list_known_only_after_opens_no_window_of_an_edition_made_again(store: Store) -> None:
    """The window reaches back to the opening of the last list but one."""
    one, other = reading(arxiv(1), upvotes=9), reading(arxiv(2), upvotes=4)
    await take(store.papers, poll(1, one, subject="daily:2025-11-19"), poll(60, other))
    edition = await made(store, 90)
    await store.papers.ingest(poll(70, reading(arxiv(3)), subject="daily:2025-11-21"), at(91))
    assert (await trending(store.papers, Window.DAY, at(90))).since != edition.ranking.since
    assert await verify(store, edition) == Verified(edition, edition)


async def test_what_it_said_of_its_sources_is_made_again_too(store: Store) -> None:
    await take(store.papers, poll(0, reading(arxiv(1))), poll(3, outcome=Outcome.FAILED, detail="Gone."))
    edition = await made(store, 5)
    assert edition.notes == (SourceNote(Upstream.HUGGING_FACE, at(3)),)
    await store.papers.ingest(poll(4, reading(arxiv(1))), at(6))  # it did answer, as is known later
    await take(store.papers, poll(7, outcome=Outcome.FAILED))
    assert await verify(store, edition) == Verified(edition, edition)


async def test_how_sources_stood_follows_from_the_polls(store: Store) -> None:
    await take(
        store.papers,
        poll(0, reading(arxiv(1))),
        poll(1, outcome=Outcome.UNCHANGED),
        poll(2, outcome=Outcome.FAILED, detail="No route."),
        poll(3, outcome=Outcome.FAILED, detail="Gone."),
        poll(2, reading(arxiv(2)), reading(arxiv(3)), subject="daily:2025-11-19", outcome=Outcome.PARTIAL),
        poll(4, subject="daily:2025-11-19"),
        lookup(5, described(arxiv(1), title="On one")),
    )
    stood = store.papers.as_stood(await store.editions.begin(at(5)))
    now = [replace(state, last_change_at=None) for state in await store.sources.states()]
    assert await stood.states(at(5)) == now
    assert [(one.subject, one.papers) for one in await stood.states(at(1.5))] == [("daily:2025-11-20", 1)]


async def test_what_is_learnt_while_an_edition_is_made_is_not_in_it(store: Store) -> None:
    await take(store.papers, poll(0), poll(1, reading(arxiv(1), upvotes=9), reading(doi(2), upvotes=4)))
    revision = await store.editions.begin(at(5))
    await store.papers.ingest(poll(4, reading(arxiv(3), upvotes=50)), at(6))
    ranking, notes = await made_of(store.papers.as_stood(revision), Window.DAY, at(5))
    await take(store.papers, lookup(7, described(arxiv(1), doi(2), title="On both")))
    edition = await store.editions.freeze(at(5), ranking, notes, revision)
    assert [entry.key for entry in edition.ranking.entries] == [str(arxiv(1)), str(doi(2))]
    assert await verify(store, edition) == Verified(edition, edition)


async def test_an_edition_is_made_anew_if_readings_went_meanwhile(store: Store) -> None:
    """Those that it needs are known, and so kept, only once it is frozen."""
    await take(store.papers, *(poll(n, reading(arxiv(1), signals={Signal.STARS: n})) for n in range(9)))
    revision = await store.editions.begin(at(9))
    ranking, notes = await made_of(store.papers.as_stood(revision), Window.DAY, at(9))
    assert await store.papers.thin(at(60), at(0)) > 0
    with pytest.raises(ThinnedOutError, match="Make it anew"):
        await store.editions.freeze(at(9), ranking, notes, revision)
    edition = await made(store, 9)
    assert edition.revision is not None
    assert edition.revision > revision
    assert await verify(store, edition) == Verified(edition, edition)


async def test_readings_of_papers_that_became_one_are_not_thinned_out(store: Store) -> None:
    """Which of them were in force when an edition was made cannot be told of the one that is left."""
    day = 24 * 60
    one, other = reading(arxiv(1), title="One"), reading(doi(1), title="Other")
    read = {40: one, 45: other, 50: one, 52: other}
    await take(
        store.papers, *(poll(n, replace(paper, signals={Signal.STARS: n})) for n, paper in read.items())
    )
    edition = await made(store, 53)
    await take(store.papers, lookup(60, described(arxiv(1), doi(1), title="One")))
    assert await store.papers.thin(at(9 * day), at(9 * day)) == 0
    assert await verify(store, edition) == Verified(edition, edition)


async def test_a_poll_read_after_an_edition_changes_nothing_of_it(store: Store) -> None:
    await take(store.papers, poll(0), poll(1, reading(arxiv(1), upvotes=9)))
    edition = await made(store, 5)
    await take(store.papers, poll(6, reading(arxiv(1), upvotes=12), reading(arxiv(2), upvotes=40)))
    assert await verify(store, edition) == Verified(edition, edition)


async def test_every_difference_is_told(store: Store) -> None:
    await take(store.papers, poll(0), poll(1, reading(arxiv(1), upvotes=9)))
    edition = await made(store, 5)
    ranking = edition.ranking
    moved = replace(
        edition,
        ranking=replace(ranking, since=ranking.since - timedelta(hours=1), entries=()),
        notes=(SourceNote(Upstream.ARXIV, at(0)),),
    )
    assert list(Verified(moved, edition).differences()) == [
        "Its window began at 2025-11-20 05:01:00 UTC; made again, at 2025-11-20 06:01:00 UTC.",
        "Place 1: no paper; made again, arxiv:2511.00001 with 9 (9 upvotes when first seen).",
        (
            "It says that arxiv did not answer since 2025-11-20 06:00:00 UTC; "
            "made again, that all sources answered."
        ),
    ]
    unnoted = replace(moved, revision=None)
    assert list(Verified(unnoted, edition).differences())[-1].startswith(
        "It was made by a version that did not"
    )


async def test_slots_are_told_by_window_in_order(store: Store) -> None:
    for minutes in (9, 3, 6):
        await made(store, minutes)
    await made(store, 4, Window.WEEK)
    assert await store.editions.slots(Window.DAY) == [at(3), at(6), at(9)]
    assert await store.editions.slots(Window.MONTH) == []
