"""Whoever asks why there was no digest gets the true reason."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import QuietReason, Upstream, Waiting
from bot.schedule.quiet import ListState, QuietFacts, why_quiet

NOW = datetime(2025, 11, 18, 5, 0, tzinfo=UTC)  # a Tuesday, 06:00 in Berlin
MONDAY_AFTERNOON = datetime(2025, 11, 17, 14, 5, tzinfo=UTC)
SATURDAY = datetime(2025, 11, 22, 5, 0, tzinfo=UTC)

# A list is up, new papers came with it, and none of them matched.
NO_MATCH = QuietFacts(
    now=NOW, zone="Europe/Berlin", upstream=Upstream.HUGGING_FACE, candidates=23, arrived=8, filtered=True
)
# Nothing new came, and no list is there.
NO_LIST = replace(NO_MATCH, arrived=0, list_state=ListState.EMPTY, waiting=Waiting.LIST_NOT_UP)
PAUSED = replace(NO_MATCH, paused=True, paused_by="Ada", paused_at=MONDAY_AFTERNOON)


@pytest.mark.parametrize(
    ("facts", "reason", "sentence"),
    [
        (PAUSED, QuietReason.PAUSED, "Paused by Ada since Mon 15:05 (Europe/Berlin)."),
        (replace(PAUSED, paused_by=None, paused_at=None), QuietReason.PAUSED, "Paused."),
        (
            replace(PAUSED, paused_at=datetime(2025, 11, 3, 8, 0, tzinfo=UTC)),
            QuietReason.PAUSED,
            "Paused by Ada since Mon 3 Nov 2025 09:00 (Europe/Berlin).",
        ),
        (
            replace(NO_LIST, ever_fetched=False),
            QuietReason.NO_DATA,
            "Nothing was ever fetched from Hugging Face.",
        ),
        (
            replace(NO_LIST, ever_fetched=False, down_since=MONDAY_AFTERNOON),
            QuietReason.NO_DATA,
            "Nothing was ever fetched: Hugging Face could not be read since Mon 14:05 UTC.",
        ),
        (
            replace(NO_LIST, list_state=ListState.UNREAD, down_since=MONDAY_AFTERNOON),
            QuietReason.UPSTREAM_DOWN,
            "Hugging Face could not be read since Mon 14:05 UTC.",
        ),
        (
            replace(NO_LIST, down_since=MONDAY_AFTERNOON, upstream=Upstream.ARXIV),
            QuietReason.UPSTREAM_DOWN,
            "arXiv could not be read since Mon 14:05 UTC.",
        ),
        (
            replace(NO_LIST, waiting=Waiting.WEEKEND),
            QuietReason.WEEKEND,
            "Hugging Face lists no new papers at weekends.",
        ),
        (
            replace(NO_LIST, waiting=Waiting.HOLIDAY, waiting_detail="No announcement (Thanksgiving)."),
            QuietReason.HOLIDAY,
            "No announcement (Thanksgiving).",
        ),
        (
            replace(NO_LIST, waiting=Waiting.HOLIDAY),
            QuietReason.HOLIDAY,
            "Hugging Face has no list today because of a holiday.",
        ),
        (
            NO_LIST,
            QuietReason.NOT_UP_YET,
            "Hugging Face's list of the day had no papers yet at 06:00.",
        ),
        (
            replace(NO_LIST, lists_up=3, lists_watched=20),
            QuietReason.NOT_UP_YET,
            (
                "Hugging Face's list of the day had no papers yet at 06:00; "
                "3 of the last 20 lists were up by then."
            ),
        ),
        (
            replace(NO_LIST, list_state=ListState.UNREAD, waiting=None),
            QuietReason.NOT_UP_YET,
            "Hugging Face's list of the day had not been read yet at 06:00.",
        ),
        (
            replace(NO_MATCH, undecided=3),
            QuietReason.CATEGORY_UNKNOWN,
            "3 papers wait until arXiv says what they are about.",
        ),
        (
            replace(NO_MATCH, undecided=1, matched=2, above_floor=2, told=2),
            QuietReason.CATEGORY_UNKNOWN,
            "1 paper waits until arXiv says what it is about.",
        ),
        (NO_MATCH, QuietReason.NO_MATCH, "None of the 23 papers matched the filter."),
        (
            replace(NO_MATCH, candidates=1, arrived=1),
            QuietReason.NO_MATCH,
            "The only paper did not match the filter.",
        ),
        (
            replace(NO_MATCH, candidates=0, arrived=0),
            QuietReason.NO_MATCH,
            "There was no paper to choose from.",
        ),
        (
            replace(NO_MATCH, filtered=False, matched=23, floor=20, best=14.9),
            QuietReason.BELOW_FLOOR,
            "No paper passed the floor of 20 upvotes; the best had 14.",
        ),
        (
            replace(NO_MATCH, matched=4, floor=1),
            QuietReason.BELOW_FLOOR,
            "No paper that matches the filter passed the floor of 1 upvote.",
        ),
        (
            replace(NO_MATCH, filtered=False, matched=23, above_floor=23, told=23),
            QuietReason.ALL_TOLD,
            "Every paper was in an earlier digest (23 papers).",
        ),
        (
            replace(NO_MATCH, matched=9, floor=5, above_floor=5, told=5),
            QuietReason.ALL_TOLD,
            (
                "Every paper that matches the filter and passes the floor of 5 upvotes "
                "was in an earlier digest (5 papers)."
            ),
        ),
        (
            replace(NO_MATCH, filtered=False, matched=23, floor=20, above_floor=1, told=1),
            QuietReason.ALL_TOLD,
            "The one paper that passes the floor of 20 upvotes was in an earlier digest.",
        ),
    ],
)
def test_each_reason_has_its_sentence(facts: QuietFacts, reason: QuietReason, sentence: str) -> None:
    assert why_quiet(facts) == (reason, sentence)


@pytest.mark.parametrize("waiting", [Waiting.WEEKEND, Waiting.HOLIDAY, Waiting.LIST_NOT_UP])
def test_a_missing_list_explains_nothing_if_new_papers_came(waiting: Waiting) -> None:
    facts = replace(NO_LIST, waiting=waiting, arrived=1)
    assert why_quiet(facts) == (QuietReason.NO_MATCH, "None of the 23 papers matched the filter.")


def test_an_outage_explains_nothing_if_new_papers_came_but_it_is_told() -> None:
    facts = replace(NO_MATCH, list_state=ListState.UNREAD, down_since=MONDAY_AFTERNOON)
    assert why_quiet(facts) == (
        QuietReason.NO_MATCH,
        "None of the 23 papers matched the filter; Hugging Face could not be read since Mon 14:05 UTC.",
    )


def test_a_paper_whose_category_is_unknown_outweighs_a_missing_list() -> None:
    facts = replace(NO_LIST, waiting=Waiting.WEEKEND, undecided=2)
    assert why_quiet(facts)[0] is QuietReason.CATEGORY_UNKNOWN


@pytest.mark.parametrize(
    ("upstream", "since", "reason"),
    [
        # Friday's list of Hugging Face was still growing: its late papers are what is missing
        (Upstream.HUGGING_FACE, datetime(2025, 11, 21, 14, 0, tzinfo=UTC), QuietReason.UPSTREAM_DOWN),
        (Upstream.HUGGING_FACE, datetime(2025, 11, 22, 1, 0, tzinfo=UTC), QuietReason.WEEKEND),
        # arXiv announces at once
        (Upstream.ARXIV, datetime(2025, 11, 21, 14, 0, tzinfo=UTC), QuietReason.WEEKEND),
    ],
)
@pytest.mark.parametrize("weekend_day", [22, 23])
def test_at_a_weekend_an_outage_counts_only_if_it_took_papers_away(
    upstream: Upstream, since: datetime, reason: QuietReason, weekend_day: int
) -> None:
    facts = replace(
        NO_LIST,
        now=SATURDAY.replace(day=weekend_day),
        upstream=upstream,
        waiting=Waiting.WEEKEND,
        list_state=ListState.UNREAD,
        down_since=since,
    )
    assert why_quiet(facts)[0] is reason


@pytest.mark.parametrize(
    ("state", "reason"),
    [(ListState.UNREAD, QuietReason.UPSTREAM_DOWN), (ListState.EMPTY, QuietReason.HOLIDAY)],
)
def test_a_holiday_is_certain_only_once_the_list_was_seen_empty(
    state: ListState, reason: QuietReason
) -> None:
    facts = replace(NO_LIST, waiting=Waiting.HOLIDAY, list_state=state, down_since=MONDAY_AFTERNOON)
    assert why_quiet(facts)[0] is reason


@pytest.mark.parametrize(
    "facts",
    [
        replace(NO_MATCH, matched=3, above_floor=3, told=2),  # one was left to send
        replace(NO_MATCH, matched=24),
        replace(NO_MATCH, above_floor=1, told=1),
    ],
)
def test_facts_that_are_not_of_a_quiet_slot_are_a_bug(facts: QuietFacts) -> None:
    with pytest.raises(ValueError, match="not the facts of a quiet slot"):
        why_quiet(facts)


instants = st.datetimes(datetime(2025, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # bounds are naive by contract, `timezones` makes the results aware


@given(
    counts=st.lists(st.integers(0, 40), min_size=3, max_size=3).map(sorted),
    arrived=st.integers(0, 3),
    undecided=st.integers(0, 3),
    paused=st.booleans(),
    fetched=st.booleans(),
    down=st.none() | instants,
    state=st.sampled_from(ListState),
    waiting=st.none() | st.sampled_from(Waiting),
    now=instants,
    best=st.none() | st.floats(-5, 500),
)
def test_there_is_always_one_reason_and_one_sentence(
    counts: list[int],
    arrived: int,
    undecided: int,
    paused: bool,
    fetched: bool,
    down: datetime | None,
    state: ListState,
    waiting: Waiting | None,
    now: datetime,
    best: float | None,
) -> None:
    above_floor, matched, candidates = counts
    facts = QuietFacts(
        now=now,
        zone="Asia/Kathmandu",
        upstream=Upstream.ARXIV,
        paused=paused,
        ever_fetched=fetched,
        down_since=down,
        list_state=state,
        waiting=waiting,
        candidates=candidates,
        arrived=arrived,
        undecided=undecided,
        matched=matched,
        above_floor=above_floor,
        told=above_floor,
        best=best,
    )
    reason, sentence = why_quiet(facts)
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
    assert (reason is QuietReason.PAUSED) is paused
    assert (reason is QuietReason.NO_DATA) is (not paused and not fetched)
    if reason is QuietReason.UPSTREAM_DOWN:
        assert down is not None
    if reason in {QuietReason.WEEKEND, QuietReason.HOLIDAY, QuietReason.NOT_UP_YET}:
        assert state is not ListState.UP
        assert (arrived, undecided) == (0, 0)
