"""Channels of a group and one shelf: who gets which paper, and what the others are told."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any

import pytest

from bot.editions.share import Shelf
from bot.editions.sharing import Sharing
from bot.model import (
    EVERY_DAY,
    Destination,
    Edition,
    IdScheme,
    PaperId,
    Pool,
    Ranking,
    Route,
    Schedule,
    Weekday,
    Window,
)
from tests.shared import shared_file
from tests.unit.test_share import NOW, a_paper, ranked, shelf

NOBODY: frozenset[int] = frozenset()


def channel(name: str, query: str = "", **changes: Any) -> Destination:
    return replace(
        Destination(
            id=name,
            recipient_id=name,
            name=name,
            route=Route(surface="discord", address=f"1/{name}"),
            schedule=Schedule(time(9), EVERY_DAY, "UTC"),
            query=query,
            group="discord:1",
            label=f"#{name}",
            active_from=NOW,
            created_at=NOW,
        ),
        **changes,
    )


VISION, LANGUAGE, ALL = channel("vision", "cat:vision"), channel("language", "cat:language"), channel("all")


def a_shelf() -> Shelf:
    """Papers of vision (1), of both (2, 3), of neither (4); language is the narrower filter."""
    return shelf(
        [(1, 50), (2, 40), (3, 30), (4, 20)],
        p1=a_paper(1, categories=("cs.CV",)),
        p2=a_paper(2, categories=("cs.CV", "cs.CL")),
        p3=a_paper(3, categories=("cs.LG", "cs.CV", "cs.CL")),
        p4=a_paper(4, categories=("cs.RO",)),
    )


def papers_of(
    members: Sequence[Destination],
    *,
    told: Mapping[str, frozenset[int]] | None = None,
    hidden: Mapping[str, frozenset[int]] | None = None,
    week: Shelf | None = None,
) -> dict[str, tuple[int, ...]]:
    """What each channel is shown."""
    day = a_shelf()
    nobody = {one.recipient_id: NOBODY for one in members}
    known, away = nobody | dict(told or {}), nobody | dict(hidden or {})
    shelves = {Window.DAY: day, Window.WEEK: week or day}
    sharing = Sharing(members, shelves, known, away, NOW)
    return {
        one.name: shelves[one.window]
        .share(one, known[one.recipient_id], away[one.recipient_id], sharing.elsewhere(one))
        .papers
        for one in members
    }


def test_a_paper_goes_to_the_channel_of_its_primary_category_then_to_the_narrower_one() -> None:
    assert papers_of([VISION, LANGUAGE, ALL]) == {"vision": (1, 2), "language": (3,), "all": (4,)}


def test_words_count_as_much_as_the_primary_category() -> None:
    matter = channel("matter", '"paper 2"')
    assert papers_of([VISION, matter]) == {"vision": (1, 3), "matter": (2,)}


def test_equals_are_told_apart_by_name() -> None:
    first, second = channel("a", "cat:cs.CV"), channel("b", "cat:vision")
    assert papers_of([second, first]) == {"a": (1, 2, 3), "b": ()}


def test_who_would_not_take_a_paper_leaves_it_to_others() -> None:
    high = replace(LANGUAGE, floor=35)
    assert papers_of([VISION, high]) == {"vision": (1, 2, 3), "language": ()}
    announced = replace(LANGUAGE, pool=Pool.ANNOUNCED)
    assert papers_of([VISION, announced])["vision"] == (1, 2, 3)
    assert papers_of([VISION, LANGUAGE], hidden={"language": frozenset({3})})["vision"] == (1, 2, 3)
    friday = Schedule(time(9), frozenset({Weekday.WED}), "UTC")  # this shelf is of a Thursday
    assert papers_of([VISION, replace(LANGUAGE, schedule=friday)])["vision"] == (1, 2, 3)
    nowhere = Schedule(time(9), EVERY_DAY, "Mars/Olympus")
    assert papers_of([VISION, replace(LANGUAGE, schedule=nowhere)])["vision"] == (1, 2, 3)
    unreadable = replace(LANGUAGE, query="cat:nonsense")
    nobody = {"vision": NOBODY, "language": NOBODY}
    sharing = Sharing([VISION, unreadable], {Window.DAY: a_shelf()}, nobody, nobody, NOW)
    assert sharing.elsewhere(VISION) == NOBODY


def test_one_that_comes_on_monday_is_waited_for_over_a_weekend() -> None:
    monday = Schedule(time(9), frozenset({Weekday.SUN}), "UTC")  # three days after this shelf
    assert papers_of([VISION, replace(LANGUAGE, schedule=monday)])["vision"] == (1, 2)


def test_what_one_was_told_of_comes_to_no_other() -> None:
    told = {"language": frozenset({1, 4})}
    assert papers_of([VISION, LANGUAGE, ALL], told=told) == {"vision": (2,), "language": (3,), "all": ()}


def test_a_paper_that_only_one_can_still_see_is_its_own() -> None:
    week = shelf(
        [(5, 90), (2, 40)], p5=a_paper(5, categories=("cs.CL",)), p2=a_paper(2, categories=("cs.CV", "cs.CL"))
    )
    weekly = replace(LANGUAGE, window=Window.WEEK)
    assert papers_of([VISION, weekly], week=week) == {"vision": (1, 2, 3), "language": (5,)}


def test_it_is_said_where_papers_went() -> None:
    members = [VISION, LANGUAGE, ALL]
    nobody = {one.recipient_id: NOBODY for one in members}
    day = a_shelf()
    sharing = Sharing(members, {Window.DAY: day}, nobody, nobody, NOW)
    share = day.share(ALL, NOBODY, NOBODY, sharing.elsewhere(ALL))
    assert (share.papers, share.elsewhere, share.tally.elsewhere, share.tally.told) == ((4,), (1, 2, 3), 3, 0)
    assert sharing.words(share.elsewhere) == (
        "2 papers went to #vision and 1 to #language, which they fit better"
    )
    assert sharing.words([3]) == "1 paper went to #language, which it fits better"
    assert sharing.words([]) == ""


# --- tried on recorded days ------------------------------------------------------------------------

FIVE = ("cat:cs.AI", "cat:cs.CL", "cat:cs.CV", "cat:cs.LG", "cat:cs.RO")
LEAST = 0.7  # of a list's papers whose categories are recorded


def recorded_days() -> Iterator[Shelf]:
    """Every daily list of whose papers most have recorded categories, by upvotes, oldest first."""
    categories: dict[str, tuple[str, ...]] = {}
    with gzip.open(shared_file("data/arxiv-abstracts/papers.jsonl.gz"), "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            categories[record["id"]] = tuple(record["categories"])
    with gzip.open(shared_file("data/hf-daily-papers/responses.jsonl.gz"), "rt", encoding="utf-8") as lines:
        lists = sorted(map(json.loads, lines), key=lambda record: record["list_date"])
    numbers: dict[str, int] = {}
    for record in lists:
        rows = [row["paper"] for row in record["response"]]
        known = sorted(
            (row for row in rows if row["id"] in categories), key=lambda row: (-row["upvotes"], row["id"])
        )
        if len(known) < LEAST * len(rows) or not known:
            continue
        at = datetime.fromisoformat(record["captured_at"])
        papers = {}
        for row in known:
            number = numbers.setdefault(row["id"], len(numbers) + 1)
            ids = (PaperId(IdScheme.ARXIV, row["id"]),)
            papers[number] = a_paper(number, ids=ids, title=row["title"], categories=categories[row["id"]])
        entries = tuple(
            ranked(position, number, row["upvotes"])
            for position, (number, row) in enumerate(zip(papers, known, strict=True), 1)
        )
        yield Shelf(Edition(1, at, Ranking(Window.DAY, at, at, entries)), (), papers)


def posted(days: Sequence[Shelf], *, shared: bool) -> tuple[int, int]:
    """How many slots of five channels (five papers each) were filled, and by how many papers."""
    members = [channel(query, query) for query in FIVE]
    nobody = {one.recipient_id: NOBODY for one in members}
    told = dict(nobody)
    slots = 0
    for day in days:
        sharing = Sharing(members if shared else (), {Window.DAY: day}, told, nobody, day.edition.slot_at)
        shares = {
            one.name: frozenset(day.share(one, told[one.name], NOBODY, sharing.elsewhere(one)).papers)
            for one in members
        }
        slots += sum(map(len, shares.values()))
        told = {name: told[name] | papers for name, papers in shares.items()}
    return slots, len(frozenset().union(*told.values()))


@pytest.fixture(scope="module")
def days() -> list[Shelf]:
    return list(recorded_days())


def test_five_channels_of_a_server_repeat_more_than_a_third_of_their_slots_unless_they_share(
    days: list[Shelf],
) -> None:
    assert len(days) == 157
    slots, papers = posted(days, shared=False)
    assert 1 - papers / slots == pytest.approx(0.385, abs=0.001)
    shared_slots, shared_papers = posted(days, shared=True)
    assert shared_slots == shared_papers == pytest.approx(1.05 * papers, rel=0.01)
