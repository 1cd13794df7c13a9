"""Recall, reciprocal ranks, how sure a difference is, and the rows in which all that is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.cases import Case, CaseSet
from bot.evaluation.measures import Found, Interval, compare, mean
from bot.evaluation.pages import page_set
from bot.evaluation.split import Split
from bot.evaluation.table import Measured, as_json, cells, notes, page_cells, page_rows, rows, sections
from bot.search.answer import Mode

FOUND = st.lists(st.sampled_from([1, 3, 12, 40]).map(lambda place: Found((place,))), min_size=1, max_size=12)


def reciprocal(found: Found) -> float:
    return found.reciprocal_rank


def test_recall_is_the_share_of_right_papers_among_the_first() -> None:
    found = Found((2, 7, 30), wanted=4)
    assert [found.recall(cut) for cut in (1, 2, 10, 100)] == [0, 0.25, 0.5, 0.75]
    assert found.within(10) == 2
    assert found.reciprocal_rank == 0.5
    assert Found(()).recall(100) == Found(()).reciprocal_rank == 0


def test_the_mean_of_no_questions_is_nothing() -> None:
    assert mean([], reciprocal) == 0
    assert compare([], [], reciprocal) == Interval(0, 0, 0)


def test_a_search_does_not_differ_from_itself() -> None:
    found = [Found((1,)), Found(()), Found((5,))]
    assert compare(found, found, reciprocal) == Interval(0, 0, 0)


def test_a_difference_of_every_question_is_sure() -> None:
    better, worse = [Found((1,))] * 8, [Found((2,))] * 8
    assert compare(better, worse, reciprocal) == Interval(0.5, 0.5, 0.5)


def test_one_question_of_many_makes_no_sure_difference() -> None:
    # Of 100 draws with replacement, none is that question with a probability of 0.99^100 = 0.37.
    better, worse = [Found((1,))] * 100, [Found((1,))] * 99 + [Found(())]
    gain = compare(better, worse, reciprocal)
    assert gain.difference == pytest.approx(0.01)
    assert gain.low == 0
    assert 0.02 <= gain.high <= 0.05


def test_the_interval_is_that_of_the_normal_distribution_where_there_are_many_questions() -> None:
    # Differences of +1 and 0, half each: a standard error of 0.5 / sqrt(400), and 1.96 of it to either side.
    better, worse = [Found((1,))] * 400, [Found((1,)), Found(())] * 200
    gain = compare(better, worse, reciprocal)
    assert gain.low == pytest.approx(0.5 - 0.049, abs=0.006)
    assert gain.high == pytest.approx(0.5 + 0.049, abs=0.006)


@given(ours=FOUND, data=st.data())
def test_a_comparison_turned_round_is_the_same_with_the_sign_changed(
    ours: list[Found], data: st.DataObject
) -> None:
    theirs = data.draw(st.lists(st.sampled_from(ours), min_size=len(ours), max_size=len(ours)))
    one = compare(ours, theirs, reciprocal, resamples=40)
    other = compare(theirs, ours, reciprocal, resamples=40)
    assert other == pytest.approx((-one.difference, -one.high, -one.low))
    assert one.low - 1e-9 <= one.high


# --- rows ----------------------------------------------------------------------------------------

CASES = (
    Case("one", frozenset({"arxiv:1"}), Split.TUNE),
    Case("two", frozenset({"arxiv:2"}), Split.REPORT),
    Case("three", frozenset({"arxiv:3"}), Split.REPORT),
)
LEXICAL = (Found((1,)), Found((4,)), Found(()))
FUSED = (Found((2,)), Found((1,)), Found((20,)))
MEASURED = Measured(
    "papers", 1_234, CaseSet("nickname", CASES, left_out=7), {Mode.LEXICAL: LEXICAL, Mode.FUSED: FUSED}
)
KEYS = [
    "set", "mode", "n", "recall_1", "recall_10", "recall_100", "mrr", "split", "corpus", "papers",
    "recall_1_gain", "recall_1_gain_low", "recall_1_gain_high",
    "recall_10_gain", "recall_10_gain_low", "recall_10_gain_high",
    "mrr_gain", "mrr_gain_low", "mrr_gain_high",
    "left_out", "shared", "refused", "right",
]  # fmt: skip


def test_each_split_and_mode_has_a_row_of_its_own_questions() -> None:
    table = list(rows(MEASURED, [Split.TUNE, Split.REPORT, Split.ALL]))
    assert [(row.split.value, row.mode.value, len(row.found)) for row in table] == [
        ("tune", "lexical", 1),
        ("tune", "fused", 1),
        ("report", "lexical", 2),
        ("report", "fused", 2),
        ("all", "lexical", 3),
        ("all", "fused", 3),
    ]
    fused = as_json(table[3])
    assert list(fused) == KEYS
    assert fused["set"] == "nickname"
    assert fused["mode"] == "fused"
    assert [fused[name] for name in ("n", "recall_1", "recall_10", "recall_100", "mrr")] == [
        2,
        0.5,
        0.5,
        1,
        0.525,
    ]
    assert fused["mrr_gain"] == pytest.approx((1 + 0.05 - 0.25) / 2)
    assert fused["mrr_gain_low"] <= fused["mrr_gain"] <= fused["mrr_gain_high"]
    assert fused["left_out"] == 7


def test_what_cannot_be_compared_has_no_interval() -> None:
    table = list(rows(MEASURED, [Split.TUNE, Split.ALL]))
    assert [bool(row.gains) for row in table] == [False, False, False, True]
    assert as_json(table[0])["recall_10_gain"] is None
    alone = Measured("papers", 3, CaseSet("nickname", CASES), {Mode.FUSED: FUSED})
    assert [row.gains for row in rows(alone, [Split.ALL])] == [{}]


def test_a_split_without_questions_has_no_row() -> None:
    only = Measured("papers", 3, CaseSet("nickname", CASES[:1]), {Mode.FUSED: FUSED[:1]})
    assert list(rows(only, [Split.REPORT])) == []


def test_people_see_figures_with_their_differences() -> None:
    (row,) = (row for row in rows(MEASURED, [Split.ALL]) if row.mode is Mode.FUSED)
    shown = cells(row)
    assert shown[:7] == ["nickname", "fused", "3", "0.333", "0.667", "1.000", "0.517"]
    assert shown[8].startswith("+0.100 [")
    assert [heading for heading, _ in sections([row])] == ["papers: 1,234 papers, all questions"]


def test_the_page_is_shown_in_counts() -> None:
    asked = page_set([f"Paper {number}" for number in range(1, 5)])
    page = Measured("papers", 9, asked, {Mode.FUSED: (Found((1, 60, 250), wanted=4),)})
    table = list(rows(page, [Split.REPORT, Split.ALL]))
    assert [page_cells(row) for row in page_rows(table)] == [["fused", "4", "1", "2", "3"]]
    assert list(sections(table)) == []
    shown = as_json(table[0])
    assert [shown[name] for name in ("n", "right", "found_50", "found_100", "found_250")] == [1, 4, 1, 2, 3]
    assert shown["recall_100"] == 0.5


def test_a_reader_is_told_what_was_left_out_shared_and_refused() -> None:
    told = Measured("papers", 3, CaseSet("title-2-words", (), left_out=2, shared=5), {}, refused=1)
    assert list(notes([told])) == [
        "papers, title-2-words: 2 questions left out, whose paper is not among those searched.",
        "papers, title-2-words: 5 questions begin other titles too, which count as wrong.",
        "papers, title-2-words: 1 question refused as mistakes of the query language.",
    ]
    assert list(notes([Measured("papers", 3, CaseSet("nickname", ()), {})])) == []
