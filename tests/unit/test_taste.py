"""The personal order: what is near what one wants comes first, and the common order decides the rest."""

from collections.abc import Sequence

import numpy as np
import pytest

from bot.people.model import Mark
from bot.taste.model import Taught
from bot.taste.order import Floats, Likeness, Space, Taste
from bot.taste.reasons import reasons

TOWELS, ROBOTS, RAIN = np.eye(3, dtype=np.float32)
NUMBERS = (1, 2, 3, 4, 5, 6)
TOPICS = (ROBOTS, TOWELS, RAIN, ROBOTS, RAIN, TOWELS)


def rows(*vectors: Floats) -> Floats:
    return np.array(vectors, np.float32).reshape(-1, 3)


def space(vectors: Sequence[Floats] = TOPICS) -> Space:
    return Space(NUMBERS[: len(vectors)], rows(*vectors))


def taste(
    wanted: Sequence[Floats] = (), unwanted: Sequence[Floats] = (), among: Space | None = None
) -> Taste:
    """Of somebody who saved papers 101, 102, …, and wants less like 201, 202, …"""
    taught = Taught(
        {101 + at: Mark.SAVED for at in range(len(wanted))},
        {201 + at: Mark.DISLIKED for at in range(len(unwanted))},
    )
    return Taste(among or space(), taught, rows(*wanted), rows(*unwanted))


def test_papers_near_what_one_wants_come_first_and_of_equals_the_common_order_decides() -> None:
    assert taste([TOWELS]).ordered(NUMBERS) == [2, 6, 1, 3, 4, 5]


def test_papers_near_what_one_wants_less_of_come_last() -> None:
    assert taste(unwanted=[RAIN]).ordered(NUMBERS) == [1, 2, 4, 6, 3, 5]
    assert taste([TOWELS], [ROBOTS]).ordered(NUMBERS) == [2, 6, 3, 5, 1, 4]


def test_to_want_more_and_less_of_the_same_leaves_the_common_order() -> None:
    assert taste([TOWELS], [TOWELS]).ordered(NUMBERS) == list(NUMBERS)


def test_a_little_nearness_moves_a_paper_a_little() -> None:
    """Nearness and place count together: what is far behind and hardly nearer stays behind."""
    hardly = 0.03 * TOWELS + np.sqrt(np.float32(1 - 0.03**2)) * RAIN
    among = space([ROBOTS, ROBOTS, ROBOTS, ROBOTS, ROBOTS, hardly])
    assert taste([TOWELS], among=among).ordered(NUMBERS) == [1, 2, 3, 4, 6, 5]


def test_five_near_papers_count_and_those_of_another_interest_do_not() -> None:
    """Whoever cares for two things gets the best of both first, not what lies between them."""
    between = (TOWELS + RAIN) / np.sqrt(np.float32(2))
    among = space([between, TOWELS, RAIN])
    order = taste([TOWELS] * 5 + [RAIN] * 5, among=among).ordered(NUMBERS[:3])
    assert order == [2, 3, 1]


def test_papers_without_a_vector_stay_in_the_common_order_and_resemble_nothing() -> None:
    nothing = np.zeros(3, np.float32)
    made = taste([TOWELS, nothing], among=space([nothing, ROBOTS, nothing, TOWELS]))
    assert made.ordered(NUMBERS[:4]) == [4, 1, 2, 3]
    assert list(made.likenesses(NUMBERS[:4])) == [4]


@pytest.mark.parametrize("numbers", [(), (3,)])
def test_there_is_little_to_put_in_order_in_little(numbers: tuple[int, ...]) -> None:
    assert taste([TOWELS]).ordered(numbers) == list(numbers)


def test_a_likeness_names_the_nearest_paper_of_ones_own() -> None:
    assert taste([ROBOTS, TOWELS]).likenesses((1, 2, 3)) == {
        1: Likeness(101, Mark.SAVED),
        2: Likeness(102, Mark.SAVED),
    }


def test_nothing_resembles_what_one_wants_as_little_of() -> None:
    assert taste([TOWELS], [TOWELS]).likenesses(NUMBERS) == {}
    assert taste(unwanted=[TOWELS]).likenesses(NUMBERS) == {}


def test_a_paper_does_not_resemble_itself() -> None:
    taught = Taught({2: Mark.SAVED})
    made = Taste(space(), taught, rows(TOWELS), rows())
    assert made.likenesses((2, 6)) == {6: Likeness(2, Mark.SAVED)}


def test_what_counts_as_alike_follows_from_how_near_papers_are_at_all() -> None:
    """An encoder to which all texts are rather near must not find that all resemble each other."""
    rng = np.random.default_rng(7)
    base = rng.standard_normal((300, 16)).astype(np.float32)
    for shift in (0.0, 20.0):
        shifted = base + np.float32(shift) * np.eye(16, dtype=np.float32)[0]
        unit = shifted / np.linalg.norm(shifted, axis=1, keepdims=True)
        alike = Space(range(300), unit).alike
        pairs = (unit @ unit.T)[np.triu_indices(300, 1)]
        assert 0.009 < np.mean(pairs >= alike) < 0.011


def test_a_single_paper_resembles_only_what_is_the_same() -> None:
    assert Space((1,), rows(TOWELS)).alike == 1.0


def test_the_best_of_all_resemble_something_of_ones_own_and_are_few() -> None:
    assert taste([TOWELS]).best(NUMBERS, 3) == [2, 6]
    assert taste([TOWELS]).best(NUMBERS, 1) == [2]
    assert taste(unwanted=[TOWELS]).best(NUMBERS, 3) == []


def test_reasons_name_the_paper_and_how_it_came_to_be_the_readers() -> None:
    likenesses = {1: Likeness(101, Mark.SAVED), 2: Likeness(102, Mark.LIKED), 3: Likeness(404, Mark.SAVED)}
    titles = {101: "Towels", 102: "Robots and " * 20}
    made = reasons(likenesses, titles)
    assert made[1] == "Resembles “Towels”, which you saved"
    assert made[2].startswith("Resembles “Robots and Robots")
    assert made[2].endswith("…”, which you wanted more like")
    assert 3 not in made, "a paper that is gone is not named"
