"""What the back-test measures, and that each formula is the one it is named after."""

import math
from datetime import date, timedelta

import pytest

from bot.evaluation.agreement import covered, precision, spearman
from bot.evaluation.backtest import Body, Day, rows, sample
from bot.evaluation.backtest_table import as_json, cells, columns, notes, sections, verdicts
from bot.evaluation.formulas import BASELINE, CHOSEN, FORMULAS
from bot.evaluation.split import Split, split_of
from bot.model import PaperSeries, Series, Signal, Upstream
from tests.series import at, batch, paper, series

STARS = (Signal.STARS, Upstream.GITHUB)
COMMENTS = (Signal.COMMENTS, Upstream.HUGGING_FACE)
POINTS = (Signal.HN_POINTS, Upstream.HACKER_NEWS)


def key(number: int) -> str:
    return f"arxiv:2511.{number:05}"


def a_day(*papers: PaperSeries, later: dict[int, float] | None = None, day: int = 0) -> Day:
    return Day(
        date(2025, 11, 20) + timedelta(days=day),
        at(8),
        (batch(0), batch(-24)),
        papers,
        {key(number): value for number, value in (later or {}).items()},
    )


# --- measures ------------------------------------------------------------------------------------


def test_spearman_shares_ranks_among_equals() -> None:
    order = {"a": 3.0, "b": 2.0, "c": 2.0, "d": 1.0}
    assert spearman(order, {"a": 40, "b": 20, "c": 20, "d": 10}) == pytest.approx(1)
    assert spearman(order, {"a": 1, "b": 2, "c": 2, "d": 3}) == pytest.approx(-1)
    # Ranks 4, 2.5, 2.5, 1 against 4, 3, 2, 1: covariance 4.5 over √(4.5 · 5).
    assert spearman(order, {"a": 4, "b": 3, "c": 2, "d": 1}) == pytest.approx(4.5 / math.sqrt(22.5))


def test_spearman_knows_only_papers_of_both_sides_and_says_nothing_of_equals() -> None:
    assert spearman({"a": 2.0, "x": 9.0, "b": 1.0}, {"b": 1, "a": 2, "y": 0}) == pytest.approx(1)
    assert spearman({"a": 1.0, "b": 1.0}, {"a": 1, "b": 2}) == 0
    assert spearman({"a": 1.0}, {"a": 1}) == 0


def test_precision_counts_what_leads_on_both_sides() -> None:
    order = {"a": 5.0, "b": 4.0, "c": 3.0, "d": 2.0}
    assert precision(order, {"late": 9, "b": 8, "d": 7, "a": 6}, 3) == pytest.approx(1 / 3)


def test_coverage_is_the_share_of_later_leaders_that_stand_in_the_order() -> None:
    assert covered({"b": 1.0}, {"late": 9, "b": 8, "a": 1}, 2) == 0.5
    assert covered({"b": 1.0}, {"b": 8}, 5) == 1


# --- formulas ------------------------------------------------------------------------------------


def ranked(formula: str, *papers: PaperSeries) -> list[int]:
    return [int(one.rpartition(".")[2]) for one in FORMULAS[formula].order(a_day(*papers))]


def test_the_formula_in_use_is_the_ranking_itself() -> None:
    old = paper(1, [(-70, 10), (2, 47)], listed=date(2025, 11, 17))
    assert ranked(CHOSEN, paper(2, [(1, 40)]), old, paper(3, [(1, 0)])) == [2, 1, 3]


def test_upvotes_alone_know_no_window() -> None:
    old = paper(1, [(-70, 10), (2, 47)], listed=date(2025, 11, 17))
    assert ranked(BASELINE, paper(2, [(1, 40)]), old) == [1, 2]


def test_hacker_news_divides_by_a_power_of_the_age() -> None:
    day = a_day(paper(1, [(0, 29)]), paper(2, [(6, 9)]))
    assert dict(FORMULAS["hacker-news"].order(day)) == pytest.approx(
        {key(2): 8 / 4**1.8, key(1): 28 / 10**1.8}
    )


def test_reddit_gives_a_tenfold_of_votes_for_twelve_and_a_half_hours() -> None:
    young, old = paper(1, [(6, 10)]), paper(2, [(-6.5, 100)])
    values = FORMULAS["reddit-hot"].order(a_day(young, old))
    assert values[key(1)] == pytest.approx(values[key(2)])
    assert ranked("reddit-hot", young, paper(2, [(-6.5, 101)])) == [2, 1]


def test_stars_per_hour_rank_only_papers_with_stars() -> None:
    starred = paper(1, [(1, 3)], more={STARS: series((-60, 10), (-24, 40), (5, 104))})
    assert dict(FORMULAS["stars-per-hour"].order(a_day(starred, paper(2, [(1, 50)])))) == {key(1): 2.0}


def test_stars_and_comments_are_added_to_upvotes() -> None:
    starred = paper(1, [(1, 30)], more={STARS: series((1, 100), (5, 400))})
    discussed = paper(2, [(1, 30)], more={COMMENTS: series((1, 9))})
    day = a_day(starred, discussed)
    assert FORMULAS["upvotes-and-stars"].order(day)[key(1)] == pytest.approx(30 + 5 * math.log2(31))
    assert FORMULAS["upvotes-and-comments"].order(day) == {key(2): 39.0, key(1): 30.0}


# --- rows ----------------------------------------------------------------------------------------


def a_body(days: int = 8, *, stars: bool = False) -> Body:
    """Days on which the later order is that of upvotes, but for the last two papers."""
    more: dict[tuple[Signal, Upstream], Series] = {STARS: series((-60, 0), (5, 9))} if stars else {}
    made = [
        a_day(
            *(paper(number, [(1, 10 * (7 - number))], first_seen=1, more=more) for number in range(1, 7)),
            later={1: 90, 2: 80, 3: 70, 4: 60, 6: 50, 5: 40},
            day=day,
        )
        for day in range(days)
    ]
    return Body("invented", "what was made up", tuple(made), ("spearman", "p_3"), "nothing" if stars else "")


def test_a_row_for_each_split_and_each_formula_that_has_what_it_needs() -> None:
    found = list(rows(a_body(), (Split.REPORT, Split.ALL), resamples=50, seed=1))
    reported = sum(
        split_of((date(2025, 11, 20) + timedelta(n)).isoformat()) is Split.REPORT for n in range(8)
    )
    assert [(row.split.value, row.formula, row.days) for row in found] == [
        (split, formula, days)
        for split, days in (("report", reported), ("all", 8))
        for formula in (CHOSEN, BASELINE, "hacker-news", "reddit-hot")
    ]
    assert {row.formula for row in rows(a_body(stars=True), [Split.ALL], resamples=2, seed=1)} > {
        "upvotes-and-stars", "stars-per-hour",
    }  # fmt: skip


def test_differences_are_from_upvotes_on_the_same_days() -> None:
    mine, baseline, *_ = rows(a_body(), [Split.ALL], resamples=50, seed=1)
    assert baseline.gains == {}
    assert baseline.figures == {"spearman": pytest.approx(1 - 6 * 2 / 210), "p_3": 1}
    assert [tuple(gain) for gain in mine.gains.values()] == [(0, 0, 0)] * 2


def test_the_same_seed_draws_the_same_intervals() -> None:
    days = tuple(
        a_day(paper(1, [(0, 9)]), paper(2, [(6, 8)]), later={1: 9, 2: 8 + 2 * (n % 3)}, day=n)
        for n in range(9)
    )
    body = Body("b", "", days, ("spearman",))

    def drawn(seed: int) -> list[float]:
        found = rows(body, [Split.ALL], resamples=40, seed=seed)
        return [value for row in found for gain in row.gains.values() for value in gain]

    assert drawn(1) == drawn(1) != drawn(2)


def test_a_sample_is_spread_over_all_days() -> None:
    assert [one.day.day for one in sample(a_body(8), 4).days] == [20, 22, 24, 26]
    assert sample(a_body(3), 4) == a_body(3)


def test_programs_read_one_object_a_row_and_null_where_nothing_is_told() -> None:
    mine, baseline, *_ = map(as_json, rows(a_body(stars=True), [Split.ALL], resamples=9, seed=1))
    assert list(mine)[:7] == ["body", "formula", "split", "days", "papers", "synthetic", "spearman"]
    assert (mine["p_3"], mine["p_5"], mine["p_3_gain"], mine["p_5_gain_low"]) == (1, None, 0, None)
    assert mine["synthetic"] == "nothing"
    assert baseline["p_3_gain"] is None


def test_people_read_a_table_what_is_synthetic_and_a_verdict() -> None:
    body = a_body(stars=True)
    found = list(rows(body, [Split.ALL], resamples=9, seed=1))
    ((heading, group),) = sections(found)
    assert heading == "invented: 8 days, 48 papers, all days"
    assert columns(body) == ["formula", "Spearman", "P@3"]
    assert cells(group[1]) == ["upvotes", "0.943", "1.000"]
    assert cells(group[0])[2] == "1.000 +0.000 [+0.000 +0.000]"
    assert list(notes(body)) == ["invented: judged by what was made up.", "invented: synthetic nothing."]
    assert list(verdicts(found)) == [
        "The formula in use (paperboy) is nowhere worse than upvotes.",
        "None is better than upvotes, as far as the intervals tell.",
    ]


def test_the_verdict_names_where_a_formula_is_better_or_the_one_in_use_worse() -> None:
    """Papers that rose since the window began lead in the end: upvotes in all mislead."""
    old = date(2025, 11, 17)
    days = tuple(
        a_day(
            *(paper(n, [(-70, 100 * n), (2, 100 * n + 9 - n)], listed=old) for n in range(1, 7)),
            later={n: 7 - n for n in range(1, 7)},
            day=day,
        )
        for day in range(4)
    )
    found = list(rows(Body("old", "", days, ("spearman",)), [Split.ALL], resamples=9, seed=1))
    assert "Better than upvotes is paperboy by Spearman of old, all days" in list(verdicts(found))[1]
    reversed_days = tuple(
        Day(one.day, one.as_of, one.batches, one.papers, {k: -v for k, v in one.later.items()})
        for one in days
    )
    found = list(rows(Body("old", "", reversed_days, ("spearman",)), [Split.ALL], resamples=9, seed=1))
    assert "is worse than upvotes by Spearman of old, all days." in next(verdicts(found))
