from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.index.spelling import distance

words = st.text("abc", max_size=7)


@pytest.mark.parametrize(
    ("one", "other", "errors"),
    [
        ("attention", "attention", 0),
        ("atention", "attention", 1),
        ("attenntion", "attention", 1),
        ("attantion", "attention", 1),
        ("attnetion", "attention", 1),  # two letters exchanged
        ("atentoin", "attention", 2),
        ("", "abc", 3),
        ("ca", "abc", 3),  # no letter is touched twice
    ],
)
def test_an_error_is_a_letter_too_few_too_many_mistaken_or_exchanged(
    one: str, other: str, errors: int
) -> None:
    assert distance(one, other, 9) == errors


def textbook(one: str, other: str) -> int:
    """Optimal string alignment as it is defined, letter by letter."""

    @cache
    def upto(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        ways = [upto(i - 1, j) + 1, upto(i, j - 1) + 1, upto(i - 1, j - 1) + (one[i - 1] != other[j - 1])]
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            ways.append(upto(i - 2, j - 2) + 1)
        return min(ways)

    return upto(len(one), len(other))


@given(words, words, st.integers(0, 8))
def test_the_distance_is_the_textbook_one_up_to_the_most_that_was_asked_for(
    one: str, other: str, most: int
) -> None:
    assert distance(one, other, most) == min(textbook(one, other), most + 1)
