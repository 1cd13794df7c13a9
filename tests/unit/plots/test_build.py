"""From series to plots: what is drawn was observed, and what is usual is claimed of enough papers alone."""

from datetime import date, timedelta

from bot.model import Ranked, Ranking, Signal, Upstream, Window
from bot.plots.build import MONTH, day_came, day_field, paper_trend, topic_month
from bot.trending.explain import Comparison
from tests.series import DAY0, T0, at, paper, series
from tests.unit.plots.pieces import HOUR, a_paper

NOW = at(10)
NOBODY = Comparison([], NOW)


def test_a_trend_counts_from_when_the_paper_was_first_seen_to_when_it_was_last_read() -> None:
    read = paper(1, [(2, 3), (4, 9)], polled=7)
    trend = paper_trend(a_paper(), read, NOBODY, NOW)
    assert trend is not None
    assert trend.curves[0].corners == ((0, 3), (2 * HOUR, 9))
    assert (trend.reach, trend.first_seen_at) == (5 * HOUR, at(2))
    assert (trend.usual, trend.compared) == ((), 0)


def test_every_number_that_rose_has_a_curve_and_upvotes_come_first() -> None:
    more = {
        (Signal.STARS, Upstream.GITHUB): series((0, 100), (5, 180)),
        (Signal.HN_POINTS, Upstream.HACKER_NEWS): series((1, 7)),  # read once: nothing to see
        (Signal.COMMENTS, Upstream.HUGGING_FACE): series((0, 1), (2, 5)),  # not drawn
    }
    trend = paper_trend(a_paper(), paper(1, [(0, 4)], more=more), NOBODY, NOW)
    assert trend is not None
    assert [one.signal for one in trend.curves] == [Signal.UPVOTES, Signal.STARS]


def test_of_a_paper_without_numbers_there_is_no_trend() -> None:
    assert paper_trend(a_paper(), paper(1, first_seen=0), NOBODY, NOW) is None


def test_the_usual_course_is_that_of_the_papers_of_the_last_days_at_each_age() -> None:
    read = paper(1, [(0, 5), (3, 40)], seen_after=-1, polled=8)
    others = [paper(number, [(0, 1), (4, 11)], seen_after=-1, polled=10) for number in range(2, 42)]
    trend = paper_trend(a_paper(), read, Comparison([read, *others], NOW), NOW)
    assert trend is not None
    assert trend.compared == 40
    assert {value for age, value in trend.usual if age < 4 * HOUR} == {1}
    assert {value for age, value in trend.usual if age >= 4 * HOUR} == {11}
    assert trend.usual[-1][0] == trend.reach


def test_nothing_is_usual_among_few_papers_or_for_one_whose_age_is_not_known() -> None:
    young = paper(1, [(0, 5), (3, 40)], seen_after=-1, polled=8)
    few = [paper(number, [(0, 1)], seen_after=-1, polled=10) for number in range(2, 22)]
    trend = paper_trend(a_paper(), young, Comparison([young, *few], NOW), NOW)
    assert trend is not None
    assert trend.usual == ()
    many = [paper(number, [(0, 1)], seen_after=-1, polled=10) for number in range(2, 42)]
    ageless = paper(1, [(0, 5), (3, 40)], polled=8)
    trend = paper_trend(a_paper(), ageless, Comparison([ageless, *many], NOW), NOW)
    assert trend is not None
    assert trend.usual == ()


def test_a_very_long_series_keeps_both_ends() -> None:
    read = paper(1, [(number / 10, number) for number in range(2_000)])
    trend = paper_trend(a_paper(), read, NOBODY, at(300))
    assert trend is not None
    corners = trend.curves[0].corners
    assert len(corners) == 240
    assert (corners[0][1], corners[-1][1]) == (0, 1_999)


def test_a_month_has_all_its_days_and_the_upvotes_as_they_were_at_each_ones_end() -> None:
    came = {1: DAY0 - timedelta(days=2), 2: DAY0, 3: DAY0}
    read = [paper(1, [(-47, 5), (1, 8)]), paper(2, [(2, 3)]), paper(3, first_seen=2)]
    month = topic_month("x", came, read, NOW)
    assert len(month.days) == MONTH
    assert [(one.day, one.papers, one.upvotes) for one in month.days[-3:]] == [
        (DAY0 - timedelta(days=2), 1, 5),
        (DAY0 - timedelta(days=1), 0, 5),
        (DAY0, 2, 11),
    ]
    assert month.papers == 3


def test_a_paper_of_a_list_that_was_read_later_came_on_the_lists_day() -> None:
    late = a_paper(first_seen_at=T0)
    assert day_came(late, paper(1, listed=date(2025, 11, 3), first_seen=0)) == date(2025, 11, 3)
    assert day_came(late, paper(1, listed=None, first_seen=0)) == DAY0
    assert day_came(late, None) == DAY0


def edition(*numbers: int) -> Ranking:
    entries = tuple(
        Ranked(place, number, f"arxiv:2511.{number:05}", 1.0, (), (), new=True)
        for place, number in enumerate(numbers, 1)
    )
    return Ranking(Window.DAY, NOW, T0, entries)


def test_a_field_has_the_papers_of_its_list_and_names_those_of_the_edition() -> None:
    here = [paper(number, [(0, 1), (number, 10 * number)], polled=9) for number in range(1, 9)]
    elsewhere = paper(20, [(0, 99)], listed=DAY0 - timedelta(days=1))
    titles = {one.paper_id: f"Paper {one.paper_id}" for one in (*here, elsewhere)}
    field = day_field(DAY0, [*here, elsewhere], titles, edition(20, 8, 3, 7, 6, 5, 4), NOW)
    assert field is not None
    assert [one.last for one in field.runners] == [80, 70, 60, 50, 40, 30, 20, 10]
    named = {one.key[-1]: one.place for one in field.runners if one.place is not None}
    assert named == {"8": 1, "3": 2, "7": 3, "6": 4, "5": 5}
    assert field.read_at == at(9)


def test_a_field_knows_nothing_that_came_after_its_instant() -> None:
    read = paper(1, [(0, 1), (3, 5)], polled=3)
    field = day_field(DAY0, [read], {1: "Paper"}, None, at(2))
    assert field is not None
    assert field.runners[0].corners == ((0, 1),)
    assert field.read_at == at(2)
    assert day_field(DAY0, [], {}, None, NOW) is None
