"""Editions made again: after later polls of recorded days, after thinning, and where it cannot be done."""

import gzip
import json
from dataclasses import replace
from datetime import datetime, timedelta

from bot.editions.make import edition_for
from bot.editions.verify import Verified, differences, verify
from bot.model import Edition, Window
from bot.ports import Store
from bot.sources.huggingface import poll_from_body
from tests.contract.readings import arxiv, at, described, doi, lookup, poll, reading, take
from tests.shared import shared_file

DAYS = 25  # recorded lists


async def made(store: Store, minutes: float, window: Window = Window.DAY) -> Edition:
    return await edition_for(store, window, at(minutes), at(minutes))


async def test_editions_of_recorded_days_are_made_again_after_all_later_polls(store: Store) -> None:
    with gzip.open(shared_file("data/hf-daily-papers/responses.jsonl.gz"), "rt", encoding="utf-8") as lines:
        bodies = [json.loads(line) for line in lines]
    bodies.sort(key=lambda one: str(one["captured_at"]))
    frozen = []
    for body in bodies[-DAYS:]:
        read_at = datetime.fromisoformat(body["captured_at"])
        poll = poll_from_body(body["response"], f"daily:{body['list_date']}", read_at)
        for hours in (-3, 0, 5):
            now = read_at + timedelta(hours=hours)
            if hours == 0:
                await store.papers.ingest(poll, read_at)
            frozen += [await edition_for(store, window, now, now) for window in Window]
    newest = frozen[-1].ranking.as_of
    await store.papers.thin(newest, newest - timedelta(days=10))
    assert len(frozen) == 3 * 3 * DAYS
    assert [edition.id for edition in frozen if not (await verify(store, edition)).same] == []


async def test_a_merge_since_is_told_with_the_places_it_changed(store: Store) -> None:
    await take(store.papers, poll(0), poll(1, reading(arxiv(1), upvotes=9), reading(doi(2), upvotes=4)))
    edition = await made(store, 2)
    assert (await verify(store, edition)).same
    await take(store.papers, lookup(3, described(arxiv(1), doi(2), title="On both")))
    verified = await verify(store, await latest(store))
    assert not verified.same
    assert list(verified.differences()) == [
        "Place 2: doi:10.1000/2 with 4 (4 upvotes when first seen); made again, no paper.",
        "Papers of it that are one with another by now, and ranked as one: 1.",
    ]


async def latest(store: Store) -> Edition:
    found = await store.editions.latest(Window.DAY, at(9999))
    assert found is not None
    return found


async def test_an_id_learnt_since_is_told_as_such(store: Store) -> None:
    title = "A work without a name"
    await take(store.papers, poll(0), poll(1, reading(doi(1), title=title, upvotes=9)))
    edition = await made(store, 2)
    await take(store.papers, lookup(3, described(arxiv(7), doi(1), title=title)))
    (said,) = (await verify(store, edition)).differences()
    assert said == f"Place 1: {doi(1)} is known as {arxiv(7)} by now."


async def test_a_poll_that_was_stored_only_after_is_told(store: Store) -> None:
    await take(store.papers, poll(0), poll(1, reading(arxiv(1), upvotes=9)))
    edition = await made(store, 5)
    await store.papers.ingest(poll(4, reading(arxiv(1), upvotes=12)), at(6))
    place, cause = (await verify(store, edition)).differences()
    then, now = place.split("; made again, ")
    assert then == "Place 1: arxiv:2511.00001 with 9 (9 upvotes when first seen)"
    assert now == "arxiv:2511.00001 with 12 (12 upvotes in 3 min)."
    assert cause == "Polls that were read before it was made, and stored only after it: 1."


async def test_a_poll_read_after_an_edition_changes_nothing_of_it(store: Store) -> None:
    await take(store.papers, poll(0), poll(1, reading(arxiv(1), upvotes=9)))
    edition = await made(store, 5)
    await take(store.papers, poll(6, reading(arxiv(1), upvotes=12), reading(arxiv(2), upvotes=40)))
    assert await verify(store, edition) == Verified(edition, edition.ranking, merged=0, stored_late=0)


async def test_another_beginning_of_the_window_is_a_difference(store: Store) -> None:
    await take(store.papers, poll(0), poll(1, reading(arxiv(1), upvotes=9)))
    ranking = (await made(store, 5)).ranking
    moved = replace(ranking, since=ranking.since - timedelta(hours=1))
    assert list(differences(moved, ranking)) == [
        "Its window began at 2025-11-20 05:01:00 UTC; made again, at 2025-11-20 06:01:00 UTC."
    ]


async def test_slots_are_told_by_window_in_order(store: Store) -> None:
    for minutes in (9, 3, 6):
        await made(store, minutes)
    await made(store, 4, Window.WEEK)
    assert await store.editions.slots(Window.DAY) == [at(3), at(6), at(9)]
    assert await store.editions.slots(Window.MONTH) == []
