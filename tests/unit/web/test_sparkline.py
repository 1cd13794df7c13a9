"""The line beside a story, and its words."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.web.sparkline import HEIGHT, WIDTH, sparkline
from bot.model import Series

HOUR = 3_600_000
NOON = 1_763_640_000_000  # 20 Nov 2025, 12:00 UTC
READINGS = st.lists(
    st.tuples(st.integers(0, 10**12), st.integers(-10, 10**9)),
    min_size=1,
    max_size=120,
    unique_by=lambda one: one[0],
).map(sorted)


def test_a_line_has_steps_since_a_number_holds_until_it_was_read_anew() -> None:
    line = sparkline(Series.of([(NOON, 0), (NOON + HOUR, 10), (NOON + 2 * HOUR, 20)]), "upvotes")
    assert line is not None
    assert line.points == "2,26 60,26 60,14 118,14 118,2"
    assert line.end == (118.0, 2.0)
    assert line.words == "Upvotes: from 0 to 20 in 2 h, since 20 Nov 12:00 UTC"


def test_a_number_that_was_never_seen_to_change_has_no_line() -> None:
    assert sparkline(Series.of([(NOON, 7)]), "upvotes") is None
    assert sparkline(None, "upvotes") is None


def test_the_words_say_how_long_it_took() -> None:
    def words(span: int) -> str:
        line = sparkline(Series.of([(NOON, 1), (NOON + span, 1_200)]), "upvotes")
        assert line is not None
        return line.words

    assert words(HOUR // 2) == "Upvotes: from 1 to 1,200 within the hour, since 20 Nov 12:00 UTC"
    assert "in 47 h" in words(47 * HOUR)
    assert "in 3 days" in words(80 * HOUR)


@given(READINGS)
def test_a_line_stays_in_its_box_and_stays_short(points: list[tuple[int, int]]) -> None:
    line = sparkline(Series.of(points), "upvotes")
    if line is None:
        assert len(points) == 1
        return
    corners = [tuple(map(float, one.split(","))) for one in line.points.split()]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in corners)
    assert [x for x, _ in corners] == sorted(x for x, _ in corners)
    assert len(corners) <= 80
    assert corners[-1] == line.end
