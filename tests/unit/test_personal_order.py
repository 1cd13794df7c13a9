"""Whether the personal order beats the common one: on lists where that is known, and on recorded ones."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bot.evaluation.corpora import DataFolder
from bot.evaluation.personal import CUT, Lists, Row, as_json, laid_out, rows
from bot.evaluation.recorded_days import recorded_lists
from bot.evaluation.split import Split
from bot.model import IdScheme, PaperId, PaperReading, Signal
from storage.embedding.static import open_static
from tests.contract.encoders import HashedWords
from tests.shared import shared_file

DAYS, TOPICS = 40, ("towels", "robots", "rain", "chess")


def paper(number: int, topic: str, upvotes: int) -> PaperReading:
    return PaperReading(
        ids=(PaperId(IdScheme.ARXIV, f"2511.{number:05}"),),
        title=f"{topic} {topic} {topic}",
        abstract=f"{number}",
        keywords=(topic.upper(),) if topic in TOPICS else ("nothing that anybody cares for",),
        signals={Signal.UPVOTES: upvotes},
    )


def invented(*, told_by_words: bool) -> Lists:
    """Lists of twelve papers, of which the four of a topic come last by upvotes."""
    lists: dict[date, tuple[PaperReading, ...]] = {}
    for day in range(DAYS):
        readings = [paper(100 * day + n, f"filler{n}", 90 - n) for n in range(8)]
        readings += [paper(100 * day + 8 + n, topic, 9 - n) for n, topic in enumerate(TOPICS)]
        if not told_by_words:
            readings = [replace(one, title="The Same for All", abstract="It is.") for one in readings]
        lists[date(2025, 1, 1) + timedelta(day)] = tuple(readings)
    return laid_out(lists, HashedWords(dimensions=256))


def test_topics_that_words_tell_come_first_whatever_their_upvotes() -> None:
    for row in rows(invented(told_by_words=True), Split.ALL, resamples=100):
        assert row.people == 2
        assert row.lists == 2 * 0.4 * DAYS
        assert row.recall == (0.0, 1.0)
        assert row.recall_gain == (1.0, 1.0, 1.0)
        assert row.reciprocal_rank[0] < 1 / 8
        assert row.reciprocal_rank[1] == 1


def test_where_nothing_tells_papers_apart_both_orders_are_the_same() -> None:
    for row in rows(invented(told_by_words=False), Split.ALL, resamples=100):
        assert row.recall[0] == row.recall[1]
        assert row.reciprocal_rank_gain == (0.0, 0.0, 0.0)


def test_lists_without_keywords_are_left_out_and_rare_topics_are_nobodys() -> None:
    without, few = date(2025, 1, 1), date(2025, 1, 2)
    made = {
        without: tuple(replace(paper(n, "towels", n), keywords=()) for n in range(20)),
        few: tuple(paper(n, "towels", n) for n in range(20, 25)),
    }
    lists = laid_out(made, HashedWords())
    assert lists.days == {few: [f"2511.{n:05}" for n in range(24, 19, -1)]}
    assert [row.people for row in rows(lists, Split.ALL, resamples=10)] == [0, 0, 0]


def test_a_row_is_told_to_programs() -> None:
    row = rows(invented(told_by_words=True), Split.ALL, resamples=10)[0]
    assert as_json(row)[f"recall_{CUT}"] == {
        "common": 0.0,
        "personal": 1.0,
        "difference": 1.0,
        "low": 1.0,
        "high": 1.0,
    }


@cache
def recorded(data: Path) -> list[Row]:
    return rows(laid_out(recorded_lists(DataFolder(data)), open_static()), Split.REPORT, resamples=500)


@pytest.mark.parametrize("saved", [3, 10, 30])
def test_on_recorded_lists_the_personal_order_beats_the_common_one(saved: int) -> None:
    """docs/for-you.md has the figures."""
    found = recorded(shared_file("data/hf-daily-papers/responses.jsonl.gz").parents[1])
    (row,) = [one for one in found if one.saved == saved]
    assert row.people > 30
    assert row.recall_gain.low > 0.1
    assert row.reciprocal_rank_gain.low > 0.08
    assert np.isclose(row.recall[1] - row.recall[0], row.recall_gain.difference)
