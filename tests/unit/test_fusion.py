"""The order of what a search found: what each part adds, and what it never may."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import IdScheme, Paper, PaperId, Signal, Upstream
from bot.search.fusion import WEIGHTS, fuse, is_title, prior, title_part
from bot.search.ports import Hit

NOW = datetime(2025, 11, 20, tzinfo=UTC)


def paper(published_at: datetime | None = None) -> Paper:
    return Paper(
        id=1,
        ids=(PaperId(IdScheme.ARXIV, "2511.00001"),),
        title="Reading Maps by Ear",
        abstract="",
        text_from=Upstream.ARXIV,
        authors=(),
        published_at=published_at,
        first_seen_at=NOW,
        categories=None,
    )


def test_a_leg_that_stands_alone_has_the_whole_weight() -> None:
    only = fuse("maps", [Hit(1, 8.0), Hit(2, 4.0)], [], {})
    assert [(one.paper_id, one.score) for one in only] == [(1, 1.0), (2, 0.5)]
    near = fuse("maps", [], [Hit(3, 0.5), Hit(4, 0.25)], {})
    assert [(one.paper_id, one.score) for one in near] == [(3, 1.0), (4, 0.5)]


def test_meaning_counts_for_more_in_a_longer_query() -> None:
    shares = [WEIGHTS.meaning(" ".join(["maps"] * count)) for count in range(1, 20)]
    assert shares == sorted(shares)
    assert shares[0] == WEIGHTS.least_meaning
    assert shares[-1] == WEIGHTS.most_meaning
    assert WEIGHTS.meaning("the maps of the sea") == WEIGHTS.meaning("maps sea")


def test_papers_say_what_is_meant_only_by_a_text_of_some_length() -> None:
    assert WEIGHTS.exemplified("reading the maps by ear") == 0
    assert WEIGHTS.exemplified("robots reading old maps by listening") == WEIGHTS.examples


def test_what_both_legs_found_comes_before_what_one_found() -> None:
    order = fuse("maps", [Hit(1, 5.0), Hit(2, 4.9)], [Hit(2, 0.9), Hit(3, 0.9)], {})
    assert order[0].paper_id == 2
    assert set(order[0].parts) == {"words", "meaning"}


def test_what_is_not_near_at_all_adds_nothing() -> None:
    assert fuse("maps", [], [Hit(1, 0.0), Hit(2, -0.3)], {}) == []


def test_a_title_that_begins_with_the_words_beats_one_that_holds_them() -> None:
    assert title_part("reading maps", "Reading Maps by Ear") == WEIGHTS.title_begins
    assert title_part("maps by", "Reading Maps by Ear") == WEIGHTS.title_holds
    assert title_part("maps ear", "Reading Maps by Ear") == 0
    assert title_part("", "Reading Maps by Ear") == 0
    assert title_part("reading maps by ear at night", "Reading Maps by Ear") == 0


@pytest.mark.parametrize("typed", ["reading maps by ear", "READING MAPS BY EAR!", "Reading-Maps by Ear"])
def test_a_whole_title_is_known_however_it_is_typed(typed: str) -> None:
    assert is_title(typed, "Reading Maps by Ear")


def test_a_part_of_a_title_is_not_the_title() -> None:
    assert not is_title("reading maps", "Reading Maps by Ear")
    assert not is_title("", "")


@given(
    upvotes=st.integers(0, 10**7),
    stars=st.integers(0, 10**7),
    citations=st.integers(0, 10**6),
    days=st.integers(-30, 20_000),
)
def test_popularity_and_age_never_outweigh_a_title(
    upvotes: int, stars: int, citations: int, days: int
) -> None:
    signals = {Signal.UPVOTES: upvotes, Signal.STARS: stars, Signal.CITATIONS: citations}
    parts = prior(paper(NOW - timedelta(days=days)), signals, NOW)
    assert 0 < sum(parts.values()) <= WEIGHTS.popularity + WEIGHTS.recency < WEIGHTS.title_holds


def test_more_upvotes_and_a_later_day_add_more() -> None:
    few, many = (prior(paper(), {Signal.UPVOTES: count}, NOW)["popularity"] for count in (5, 500))
    old, new = (prior(paper(NOW - timedelta(days=days)), {}, NOW)["recency"] for days in (900, 9))
    assert few < many
    assert old < new
    assert prior(paper(), {}, NOW) == {}
