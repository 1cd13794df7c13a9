"""Laws of sharing out: each paper goes to exactly one of those that would take it, whoever comes first."""

import random

from hypothesis import given
from hypothesis import strategies as st

from bot.editions.sharing import Taker, share_out

PAPERS = st.frozensets(st.integers(1, 12))


@st.composite
def takers(draw: st.DrawFn) -> list[Taker]:
    names = draw(st.lists(st.sampled_from("abcdef"), unique=True))
    found = []
    for name in names:
        papers = draw(PAPERS)
        primary = draw(PAPERS) & papers
        found.append(Taker(name, papers, primary, draw(st.none() | st.integers(0, 3))))
    return found


@given(takers(), st.randoms(use_true_random=False))
def test_every_paper_goes_to_one_that_takes_it_in_whatever_order_they_stand(
    some: list[Taker], chance: random.Random
) -> None:
    goes_to = share_out(some)
    by_name = {one.name: one for one in some}
    assert set(goes_to) == {number for one in some for number in one.papers}
    assert all(number in by_name[name].papers for number, name in goes_to.items())
    chance.shuffle(some)
    assert share_out(some) == goes_to


@given(takers())
def test_no_other_fits_better(some: list[Taker]) -> None:
    def fit(one: Taker, number: int) -> tuple[bool, bool, int, str]:
        return one.breadth is None, number not in one.primary, one.breadth or 0, one.name

    by_name = {one.name: one for one in some}
    for number, name in share_out(some).items():
        there = by_name[name]
        for other in some:
            if number in other.papers and other.breadth is not None:
                assert fit(there, number) <= fit(other, number)
            elif number in other.papers and there.breadth is None:
                assert there.name <= other.name


@given(takers())
def test_one_that_leaves_changes_nothing_for_the_papers_of_others(some: list[Taker]) -> None:
    goes_to = share_out(some)
    for gone in some:
        left = share_out([one for one in some if one is not gone])
        kept = {number: name for number, name in goes_to.items() if name != gone.name}
        assert {number: left[number] for number in kept} == kept
