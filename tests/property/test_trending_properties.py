"""Ranking is total and deterministic, and says nothing that the readings do not hold."""

import random
import re
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.model import PaperSeries, Series, Signal, Upstream, Window
from bot.trending.rank import rank
from tests.series import at, batch, ms, paper

SIGNALS = [
    (Signal.UPVOTES, Upstream.HUGGING_FACE),
    (Signal.STARS, Upstream.HUGGING_FACE),
    (Signal.STARS, Upstream.GITHUB),
    (Signal.HN_POINTS, Upstream.HACKER_NEWS),
]


@st.composite
def readings(draw: st.DrawFn) -> Series:
    hours = sorted(draw(st.sets(st.integers(-80, 12), min_size=1, max_size=5)))
    return Series.of([(ms(hour), draw(st.integers(0, 300))) for hour in hours])


@st.composite
def papers(draw: st.DrawFn) -> list[PaperSeries]:
    numbers = draw(st.lists(st.integers(1, 40), unique=True, max_size=12))
    made = []
    for number in numbers:
        signals = draw(st.dictionaries(st.sampled_from(SIGNALS), readings(), min_size=1, max_size=4))
        listed = draw(st.none() | st.integers(-4, 0).map(lambda days: date(2025, 11, 20) + timedelta(days)))
        slack = draw(st.none() | st.just(-80.5))
        made.append(paper(number, more=signals, listed=listed, seen_after=slack))
    return made


@given(papers(), st.randoms(use_true_random=False), st.sampled_from(Window))
def test_the_order_of_what_the_store_hands_over_never_matters(
    many: list[PaperSeries], shuffler: random.Random, window: Window
) -> None:
    batches = [batch(0), batch(-24)]
    ranking = rank(many, many, batches, window, at(12))
    shuffled = []
    for one in many:
        signals = list(one.signals.items())
        shuffler.shuffle(signals)
        shuffled.append(
            PaperSeries(
                one.paper_id,
                one.key,
                one.first_seen_at,
                one.seen_after,
                one.list_day,
                one.polled_at,
                dict(signals),
            )
        )
    shuffler.shuffle(shuffled)
    assert rank(shuffled, shuffled, batches, window, at(12)) == ranking


@given(papers(), st.sampled_from(Window))
def test_places_are_a_total_order_by_score_and_every_place_is_explained(
    many: list[PaperSeries], window: Window
) -> None:
    entries = rank(many, many, [batch(0), batch(-24)], window, at(12)).entries
    assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
    scores = [entry.score for entry in entries]
    assert scores == sorted(scores, reverse=True)
    for entry in entries:
        assert entry.score == sum(part.points for part in entry.components)
        assert entry.new or any(part.amount > 0 for part in entry.components)
        assert len(entry.reasons) == len(entry.components)


@given(papers())
def test_a_single_reading_never_claims_a_pace_a_ratio_or_a_since(many: list[PaperSeries]) -> None:
    by_id = {one.paper_id: one for one in many}
    for entry in rank(many, many, [batch(0), batch(-24)], Window.DAY, at(12)).entries:
        if all(series.single for series in by_id[entry.paper_id].signals.values()):
            assert not any(re.search(r"\bin \d|usual|since", reason) for reason in entry.reasons)
