"""A merge takes along everything that points to either paper."""

from datetime import timedelta

import pytest

from bot.model import Ranked, Ranking, Window
from bot.people.model import Identity, Mark, MarkedPaper
from bot.ports import Store
from storage.sqlite.engine import Engine
from tests.contract.readings import arxiv, at, described, doi, poll, reading, take
from tests.contract.rows import NOW, add_destination, digest


async def two_papers(store: Store) -> tuple[int, int]:
    await take(store.papers, poll(0, reading(doi(1), title="One")), poll(1, reading(arxiv(1), title="Other")))
    found = [await store.papers.find(one) for one in (doi(1), arxiv(1))]
    older, newer = (paper.id for paper in found if paper is not None)
    return older, newer


async def join(store: Store) -> None:
    await take(store.papers, poll(2, reading(arxiv(1), doi(1), title="One")))


async def test_a_frozen_edition_leads_to_the_paper_that_stays(store: Store) -> None:
    older, newer = await two_papers(store)
    entry = Ranked(1, newer, str(arxiv(1)), 1.0, (), ("1 upvote",), new=True)
    await store.editions.freeze(
        NOW, Ranking(Window.DAY, as_of=NOW, since=NOW - timedelta(days=1), entries=(entry,)), (), 0
    )

    await join(store)

    edition = await store.editions.get(Window.DAY, NOW)
    assert edition is not None
    assert [one.paper_id for one in edition.ranking.entries] == [older]


@pytest.mark.parametrize("told_of_both", [False, True])
async def test_whoever_was_told_of_one_was_told_of_both(store: Store, told_of_both: bool) -> None:
    older, newer = await two_papers(store)
    team = await add_destination(store.destinations)
    await store.destinations.plan([digest(team, [newer])])
    if told_of_both:
        await store.destinations.plan([digest(team, [older], NOW + timedelta(days=1))])

    await join(store)

    told = await store.destinations.told([team.recipient_id], [older, newer])
    assert told[team.recipient_id] == {older}
    assert (await store.admin.check()).problems == ()


async def test_of_two_ledger_rows_the_one_of_a_message_that_arrived_stays(store: Store) -> None:
    older, newer = await two_papers(store)
    team = await add_destination(store.destinations)
    first, second = digest(team, [older]), digest(team, [newer], NOW + timedelta(days=1))
    await store.destinations.plan([first, second])
    later = NOW + timedelta(days=2)
    deliveries = await store.outbox.claim("w", ["webhook"], later, timedelta(minutes=1), 9)
    fences = {one.id: one.fence for one in deliveries}
    assert first.delivery is not None
    assert second.delivery is not None
    await store.outbox.sending(second.delivery.id, fences[second.delivery.id], later, timedelta(minutes=1))
    await store.outbox.sent(second.delivery.id, fences[second.delivery.id], later, "receipt")

    await join(store)
    await store.outbox.rejected(first.delivery.id, fences[first.delivery.id], later, "No such channel.")

    told = await store.destinations.told([team.recipient_id], [older])
    assert told[team.recipient_id] == {older}


@pytest.mark.parametrize("both", [False, True])
async def test_what_was_saved_or_hidden_under_either_number_stays_so(store: Store, both: bool) -> None:
    older, newer = await two_papers(store)
    team = await add_destination(store.destinations)
    await store.people.mark(team.recipient_id, newer, Mark.HIDDEN, NOW)
    await store.people.mark(team.recipient_id, newer, Mark.SAVED, NOW)
    if both:
        await store.people.mark(team.recipient_id, older, Mark.SAVED, NOW - timedelta(days=1))

    await join(store)

    assert await store.people.hidden([team.recipient_id]) == {team.recipient_id: frozenset({older})}
    since = NOW - timedelta(days=1) if both else NOW
    assert await store.people.marked(team.recipient_id, Mark.SAVED) == [MarkedPaper(older, since)]
    assert (await store.admin.check()).problems == ()


async def test_of_two_appearances_in_one_list_the_earlier_stays(store: Store) -> None:
    older, _ = await two_papers(store)
    await join(store)
    (series,) = await store.papers.series_of([older], at(9))
    assert (series.first_seen_at, series.seen_after) == (int(at(0).timestamp()) * 1000, None)


@pytest.mark.parametrize("joined_first", [True, False])
async def test_two_series_merge_as_if_they_had_been_one(store: Store, joined_first: bool) -> None:
    name, other = reading(doi(1), title="One", upvotes=3), reading(arxiv(1), title="One", upvotes=7)
    lists = [
        poll(1, name),
        poll(2, other, subject="daily:2025-11-19"),
        poll(3, name),
        poll(4, other, subject="daily:2025-11-19"),
    ]
    joining = poll(0, described(doi(1), arxiv(1), title="One"), subject="lookup")
    await take(store.papers, *([joining, *lists] if joined_first else [*lists, joining]))
    (one,) = await store.papers.series(at(-1), at(9))
    (series,) = one.signals.values()
    assert [value for _, value in series.points()] == [3, 7, 3, 7]


async def test_somebody_who_saved_both_in_a_channel_counts_once(store: Store) -> None:
    older, newer = await two_papers(store)
    team = await add_destination(store.destinations)
    await store.taste.set_team(team.id, NOW, counted=True)
    for user, papers in (("U1", [older, newer]), ("U2", [newer]), ("U3", [older])):
        person = await store.people.meet(Identity("slack", "T1", user), user, f"r-{user}", NOW)
        for paper in papers:
            await store.taste.saved_at(team.route, paper, person.recipient_id, NOW)

    await join(store)

    assert await store.taste.team([team.id], NOW - timedelta(days=1)) == {team.id: {older: 3}}


async def test_no_table_that_refers_to_papers_is_forgotten(engine: Engine) -> None:
    referring = await engine.read(
        lambda db: {
            table
            for table in db.table_names()
            if any(key.other_table == "papers" for key in db.table(table).foreign_keys)
        }
    )
    assert referring == {
        "paper_ids",
        "paper_versions",
        "paper_authors",
        "paper_facts",
        "listings",
        "observations",
        "edition_entries",
        "ledger",
        "marks",
        "team_saves",
    }


async def test_a_shared_doi_never_joins_two_papers_of_arxiv(store: Store) -> None:
    await take(
        store.papers,
        poll(0, reading(arxiv(1), doi(1), title="One")),
        poll(1, reading(arxiv(2), doi(1), title="Other")),
    )
    one, other, by_doi = [await store.papers.find(i) for i in (arxiv(1), arxiv(2), doi(1))]
    assert one is not None
    assert other is not None
    assert one.id != other.id
    assert by_doi == one
