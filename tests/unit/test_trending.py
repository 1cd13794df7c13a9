"""Windows, scores, order and the words that explain them."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from bot.model import Batch, Component, PaperSeries, Series, Signal, Upstream, Window
from bot.trending.explain import Comparison
from bot.trending.merge import merged
from bot.trending.rank import rank
from bot.trending.score import gain
from bot.trending.windows import appeared_at, window_start
from tests.series import T0, at, batch, ms, paper, series

STARS = (Signal.STARS, Upstream.GITHUB)
STARS_COPY = (Signal.STARS, Upstream.HUGGING_FACE)
POINTS = (Signal.HN_POINTS, Upstream.HACKER_NEWS)


def first_reasons(
    papers: Sequence[PaperSeries], as_of: float = 6.0, group: Sequence[PaperSeries] = ()
) -> list[tuple[str, ...]]:
    ranking = rank(papers, group, [batch(0), batch(-24)], Window.DAY, at(as_of))
    return [entry.reasons for entry in ranking.entries]


# --- windows


def test_a_day_reaches_back_to_the_opening_of_the_last_batch_but_one() -> None:
    assert window_start(Window.DAY, at(9), [batch(0.5), batch(-23.5)]) == at(-23.5)


def test_over_a_weekend_the_day_reaches_back_to_the_last_non_empty_batches() -> None:
    friday, thursday = batch(24), batch(0)
    assert window_start(Window.DAY, at(24 * 3 + 12), [friday, thursday]) == at(0)


def test_the_only_batch_there_is_opens_the_day() -> None:
    assert window_start(Window.DAY, at(9), [batch(0.5)]) == at(0.5)


def test_without_any_batch_a_day_is_24_hours() -> None:
    assert window_start(Window.DAY, at(9), []) == at(-15)


def test_a_week_is_seven_days_and_a_month_thirty() -> None:
    assert window_start(Window.WEEK, at(0), [batch(0)]) == at(-7 * 24)
    assert window_start(Window.MONTH, at(0), [batch(0)]) == at(-30 * 24)


def test_a_list_read_only_later_opened_by_the_end_of_its_day() -> None:
    late = Batch(date(2025, 11, 18), at(9), 12)
    assert window_start(Window.DAY, at(10), [batch(8), late]) == at(-24)


def test_a_paper_of_an_old_list_appeared_by_the_end_of_that_lists_day() -> None:
    assert appeared_at(paper(1, [(9, 40)], listed=date(2025, 11, 1))) == ms(-18 * 24)
    assert appeared_at(paper(1, [(9, 40)])) == ms(9)
    assert appeared_at(paper(1, [(9, 40)], listed=None)) == ms(9)


# --- merging readings of several upstreams


def test_the_authoritys_own_count_speaks_even_if_a_copy_is_a_little_fresher() -> None:
    one = paper(1, more={STARS: series((0, 100)), STARS_COPY: series((0, 90), (5, 120))})
    assert merged(one, Signal.STARS) == series((0, 100))


def test_a_copy_speaks_when_the_authority_has_been_silent_for_days() -> None:
    one = paper(1, more={STARS: series((0, 100)), STARS_COPY: series((0, 90), (50, 120))})
    assert merged(one, Signal.STARS) == series((0, 90), (50, 120))


def test_a_signal_nobody_told_has_no_series() -> None:
    assert merged(paper(1, [(0, 3)]), Signal.STARS) is None


# --- gains


def test_a_paper_new_in_the_window_gains_all_it_has() -> None:
    assert gain(series((1, 5), (3, 9)), ms(0), new=True) == 9


def test_an_older_paper_gains_what_was_seen_to_be_added() -> None:
    assert gain(series((-30, 50), (-2, 60), (3, 71)), ms(0), new=False) == 11
    assert gain(series((1, 50), (3, 71)), ms(0), new=False) == 21


@pytest.mark.parametrize(
    "one", [series((-30, 50)), series((1, 50)), series((-9, 5), (-3, 9)), series((-1, 9), (1, 7))]
)
def test_what_was_not_seen_to_rise_is_no_gain(one: Series) -> None:
    assert gain(one, ms(0), new=False) == 0


# --- order


def test_upvotes_gained_lead_and_stars_are_told_beside_them() -> None:
    plain = paper(1, [(1, 30)])
    starred = paper(2, [(1, 29)], more={STARS: series((1, 100), (5, 40_000))})
    ranking = rank([starred, plain], [], [batch(0), batch(-24)], Window.DAY, at(6))
    assert [entry.paper_id for entry in ranking.entries] == [1, 2]
    assert ranking.entries[1].score == 29.0
    assert ranking.entries[1].components == (
        Component("upvotes", 29, 29.0),
        Component("stars", 39_900, 0.0),
    )


def test_what_nobody_gives_upvotes_stands_behind_all_that_have_some() -> None:
    upvoted = paper(1, [(1, 1)])
    discussed = paper(2, more={POINTS: series((1, 10), (3, 900))}, listed=None)
    ranking = rank([discussed, upvoted], [], [batch(0), batch(-24)], Window.DAY, at(6))
    assert [(entry.paper_id, entry.score) for entry in ranking.entries] == [(1, 1.0), (2, 0.0)]
    assert ranking.entries[1].reasons == ("+890 points on Hacker News since 01:00 UTC",)


def test_stars_a_repository_had_before_are_no_gain_of_its_paper() -> None:
    old_repository = paper(1, [(1, 20)], more={STARS: series((1, 40_000))})
    ranking = rank([old_repository], [], [], Window.DAY, at(6))
    assert ranking.entries[0].score == 20.0


def test_a_paper_that_rose_since_counts_beside_the_new_ones() -> None:
    risen = paper(1, [(-70, 10), (-30, 12), (2, 47)], listed=date(2025, 11, 17))
    fresh = paper(2, [(1, 30)])
    ranking = rank([fresh, risen], [], [batch(0), batch(-24)], Window.DAY, at(6))
    assert [(entry.paper_id, entry.new, entry.score) for entry in ranking.entries] == [
        (1, False, 35.0),
        (2, True, 30.0),
    ]


def test_a_new_paper_that_nobody_voted_for_yet_stands_behind_the_others() -> None:
    unvoted = paper(1, [(1, 0)])
    risen = paper(2, [(-70, 10), (2, 11)], listed=date(2025, 11, 17))
    ranking = rank([unvoted, risen], [], [batch(0), batch(-24)], Window.DAY, at(6))
    assert [(entry.paper_id, entry.score) for entry in ranking.entries] == [(2, 1.0), (1, 0.0)]
    assert ranking.entries[1].reasons == ("0 upvotes when first seen",)


def test_a_paper_without_any_gain_is_not_in_the_window() -> None:
    still = paper(1, [(-70, 10)], listed=date(2025, 11, 17))
    assert rank([still], [], [batch(0), batch(-24)], Window.DAY, at(6)).entries == ()


def test_an_old_paper_read_for_the_first_time_is_not_new() -> None:
    filled_in = paper(1, [(2, 500)], listed=date(2024, 5, 1))
    trending_elsewhere = paper(2, [(2, 500)], listed=None)
    assert rank([filled_in, trending_elsewhere], [], [batch(0)], Window.DAY, at(6)).entries == ()


def test_ties_go_to_the_paper_seen_earlier_then_by_key() -> None:
    papers = [paper(3, [(1, 9)]), paper(1, [(2, 9)]), paper(2, [(1, 9)])]
    ranking = rank(papers, [], [batch(0)], Window.DAY, at(6))
    assert [entry.paper_id for entry in ranking.entries] == [2, 3, 1]
    assert [entry.position for entry in ranking.entries] == [1, 2, 3]


def test_the_set_is_no_longer_than_asked_for() -> None:
    papers = [paper(n, [(1, n)]) for n in range(1, 9)]
    assert len(rank(papers, [], [batch(0)], Window.DAY, at(6), size=3).entries) == 3


# --- reasons


def test_a_single_reading_claims_no_pace() -> None:
    assert first_reasons([paper(1, [(1, 57)], seen_after=0.8)]) == [("57 upvotes when first seen",)]


def test_a_pace_is_told_where_the_paper_was_seen_to_appear() -> None:
    one = paper(1, [(0.5, 2), (6, 41)], seen_after=0.25, polled=6.5)
    assert first_reasons([one], as_of=6.5) == [("41 upvotes in 6 h",)]


def test_the_age_runs_to_the_last_poll_not_to_the_last_change() -> None:
    stalled = paper(1, [(0, 2), (2, 41)], seen_after=-0.25, polled=23)
    assert first_reasons([stalled], as_of=24) == [("41 upvotes in 23 h",)]


def test_where_the_age_is_not_known_only_the_change_is_told() -> None:
    one = paper(1, [(5, 40), (5.5, 43)], seen_after=None, polled=6)
    assert first_reasons([one]) == [("43 upvotes, +3 in 30 min since first seen",)]


def usual_papers(count: int, upvotes: int) -> list[PaperSeries]:
    day_before = date(2025, 11, 19)
    return [
        paper(1000 + n, [(-24, 1), (-20, upvotes)], listed=day_before, seen_after=-24.25, polled=0)
        for n in range(count)
    ]


def test_a_ratio_names_its_comparison_group() -> None:
    one = paper(1, [(0, 2), (6, 41)], seen_after=-0.25, polled=6)
    assert first_reasons([one], group=usual_papers(30, 13)) == [
        ("41 upvotes in 6 h, 3.2 times the usual 13 at that age (30 papers of the last 30 days)",)
    ]


def test_no_ratio_is_told_of_fewer_than_30_papers() -> None:
    one = paper(1, [(0, 2), (6, 41)], seen_after=-0.25, polled=6)
    assert first_reasons([one], group=usual_papers(29, 13)) == [("41 upvotes in 6 h",)]


def test_a_paper_is_no_part_of_the_group_it_is_compared_with() -> None:
    group = [*usual_papers(29, 13), paper(1, [(0, 2), (6, 41)], seen_after=-0.25, polled=6)]
    assert first_reasons([group[-1]], group=group) == [("41 upvotes in 6 h",)]


def test_no_ratio_is_told_within_the_first_hour_or_when_it_is_nothing_unusual() -> None:
    young = paper(1, [(5.5, 2), (6, 41)], seen_after=5.4, polled=6)
    plain = paper(2, [(0, 2), (6, 15)], seen_after=-0.25, polled=6)
    assert first_reasons([young, plain], group=usual_papers(40, 13)) == [
        ("41 upvotes in 30 min",),
        ("15 upvotes in 6 h",),
    ]


def test_the_group_holds_only_papers_that_reached_that_age() -> None:
    group = Comparison([*usual_papers(40, 13)], at(6))
    assert group.usual(timedelta(hours=24) // timedelta(milliseconds=1), without=1) is not None
    assert group.usual(timedelta(hours=25) // timedelta(milliseconds=1), without=1) is None


def test_papers_of_unknown_age_or_of_long_ago_are_no_comparison() -> None:
    unknown = [paper(n, [(-24, 1), (-20, 9)], listed=T0.date(), seen_after=None, polled=0) for n in range(40)]
    long_ago = [paper(n, [(-900, 1), (-890, 9)], seen_after=-900.1, polled=0) for n in range(40)]
    assert Comparison([*unknown, *long_ago], at(6)).usual(3_600_000, without=0) is None


def test_since_yesterday_is_said_only_of_a_reading_made_yesterday() -> None:
    one = paper(1, [(1, 9)], more={STARS: series((-20, 100), (5, 220))})
    two = paper(2, [(1, 8)], more={STARS: series((-100, 100), (5, 220))})
    three = paper(3, [(1, 7)], more={STARS: series((1, 100), (5, 101))})
    assert [reasons[-1] for reasons in first_reasons([one, two, three])] == [
        "+120 GitHub stars since yesterday",
        "+1 GitHub star since 01:00 UTC",
        "+120 GitHub stars since 15 Nov",  # its upvotes were not seen to rise
    ]


def test_a_risen_paper_says_since_when_and_what_it_has_now() -> None:
    risen = paper(1, [(-30, 57), (2, 87)], listed=date(2025, 11, 18))
    assert first_reasons([risen]) == [("+30 upvotes since 18 Nov (now 87)",)]


def test_points_on_hacker_news_are_told() -> None:
    fresh = paper(1, [(1, 9)], more={POINTS: series((3, 212))})
    old = paper(2, [(-30, 9)], listed=date(2025, 11, 18), more={POINTS: series((-30, 100), (3, 112))})
    assert first_reasons([fresh, old]) == [
        ("9 upvotes when first seen", "212 points on Hacker News"),
        ("+12 points on Hacker News since 18 Nov",),
    ]
