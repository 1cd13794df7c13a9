"""What is asked next, and why not yet: pure, over states as the store keeps them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Outcome, SubjectState, Upstream, Waiting
from bot.sources.agenda import (
    LOOKUP,
    STARS,
    STORIES,
    Habits,
    Key,
    Question,
    agenda,
    before_slot,
    daily,
    due,
    lists_to_load,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HF, ARXIV, GITHUB, HN = Upstream.HUGGING_FACE, Upstream.ARXIV, Upstream.GITHUB, Upstream.HACKER_NEWS

THURSDAY = datetime(2025, 11, 20, 12, tzinfo=UTC)
SATURDAY = datetime(2025, 11, 22, 12, tzinfo=UTC)
NEW = "new:cs.AI+cs.CL"
PLAIN = Habits(poll_every=15 * MINUTE, backfill_from=date(2023, 5, 1))
FULL = replace(PLAIN, arxiv_subject=NEW, stars_every=6 * HOUR, stories_every=3 * HOUR)
OFF = replace(PLAIN, backfill_from=None)


class Memory:
    """The states as the store keeps them, and polls put into them."""

    def __init__(self, habits: Habits = PLAIN) -> None:
        self.habits = habits
        self.states: dict[Key, SubjectState] = {}

    def tell(
        self,
        key: Key,
        at: datetime,
        outcome: Outcome = Outcome.OK,
        *,
        papers: int = 40,
        changed: bool = True,
        detail: str = "",
        ask_again_at: datetime | None = None,
    ) -> None:
        """One poll was stored."""
        before = self.states.get(key, SubjectState(upstream=key.upstream, subject=key.subject))
        after = replace(
            before,
            last_poll_at=at,
            last_outcome=outcome,
            last_error=detail or None,
            failing_since=None,
            ask_again_at=ask_again_at,
        )
        if outcome is Outcome.FAILED:
            after = replace(after, failing_since=before.failing_since or at, last_error=detail or "No route.")
        else:
            read = papers if outcome in {Outcome.OK, Outcome.PARTIAL} else 0
            moved = at if changed and read else before.last_change_at
            after = replace(after, last_success_at=at, papers=read, last_change_at=moved)
        self.states[key] = after

    def read_all(self, at: datetime) -> None:
        """Everything was asked and answered at `at`."""
        for one in self.agenda(at):
            self.tell(one.key, at)

    def agenda(self, now: datetime, *, to_look_up: bool = False) -> list[Question]:
        return agenda(self.states.values(), self.habits, now, to_look_up=to_look_up)

    def due(self, now: datetime, upstream: Upstream = HF) -> list[str]:
        return [one.subject for one in due(self.agenda(now), now) if one.upstream is upstream]

    def question(self, key: Key, now: datetime) -> Question:
        return next(one for one in self.agenda(now, to_look_up=True) if one.key == key)


def the_list(day: date | datetime) -> Key:
    return Key(HF, daily(day.date() if isinstance(day, datetime) else day))


def settled(habits: Habits = PLAIN, now: datetime = THURSDAY) -> Memory:
    """Everything wanted was read a moment ago."""
    memory = Memory(habits)
    memory.read_all(now)
    return memory


# --- the first start -----------------------------------------------------------------------------


def test_a_first_start_asks_for_today_then_back_through_the_past() -> None:
    questions = agenda([], PLAIN, THURSDAY)
    days = [one.list_date for one in questions if one.list_date]
    assert days[0] == THURSDAY.date()
    assert days == sorted(days, reverse=True)
    assert days[-1] == date(2023, 5, 1)
    assert len(days) == len(set(days)) == (THURSDAY.date() - date(2023, 5, 1)).days + 1
    assert due(questions, THURSDAY) == questions


def test_what_is_older_than_a_month_waits_in_the_background() -> None:
    questions = agenda([], FULL, THURSDAY)
    background = [one for one in questions if one.background]
    assert questions[-len(background) :] == background
    assert {one.waiting for one in background} == {Waiting.BACKFILL}
    assert background[0].list_date == THURSDAY.date() - 31 * DAY
    assert {"trending", "week:2025-W47", "month:2025-11", NEW, STARS, STORIES} <= {
        one.subject for one in questions if not one.background
    }


def test_filling_goes_on_where_it_stopped() -> None:
    memory = Memory()
    for back in range(300):
        memory.tell(the_list(THURSDAY - back * DAY), THURSDAY)
    left = [one for one in memory.agenda(THURSDAY) if one.background]
    assert left[0].list_date == THURSDAY.date() - 300 * DAY
    assert lists_to_load(left) == len(left) == (THURSDAY.date() - date(2023, 5, 1)).days - 299


def test_a_list_that_is_empty_for_good_is_not_asked_for_again() -> None:
    memory = settled()
    memory.tell(the_list(date(2024, 12, 25)), THURSDAY, Outcome.EMPTY)
    assert the_list(date(2024, 12, 25)) not in {one.key for one in memory.agenda(THURSDAY + 9 * DAY)}


def test_an_old_list_read_in_part_is_read_again_a_day_later_and_counts_as_loaded() -> None:
    memory = settled()
    memory.tell(the_list(date(2024, 5, 28)), THURSDAY, Outcome.PARTIAL, detail="Only a part could be read.")
    again = memory.question(the_list(date(2024, 5, 28)), THURSDAY)
    assert (again.due_at, again.background, again.fills) == (THURSDAY + DAY, True, False)
    assert lists_to_load(memory.agenda(THURSDAY)) == 0


def test_lists_to_load_can_be_counted_between_two_instants() -> None:
    memory = Memory()
    for back in range(10):
        memory.tell(the_list(THURSDAY - back * DAY), THURSDAY)
    questions = memory.agenda(THURSDAY)
    assert lists_to_load(questions, THURSDAY - 7 * DAY, THURSDAY) == 0
    assert lists_to_load(questions, THURSDAY - 12 * DAY, THURSDAY) == 3
    assert lists_to_load(questions, THURSDAY - 19 * DAY, THURSDAY - 12 * DAY) == 8


# --- the current list ----------------------------------------------------------------------------


def test_a_list_that_is_not_up_yet_is_asked_for_and_said_to_be_so() -> None:
    now = datetime(2025, 11, 20, 0, 20, tzinfo=UTC)
    memory = settled(now=now)
    memory.tell(the_list(now), now, Outcome.EMPTY)
    question = memory.question(the_list(now), now)
    assert (question.waiting, question.due_at) == (Waiting.LIST_NOT_UP, now + 15 * MINUTE)


def test_a_list_that_is_up_goes_on_being_read() -> None:
    question = settled().question(the_list(THURSDAY), THURSDAY)
    assert (question.waiting, question.due_at) == (Waiting.NEXT_POLL, THURSDAY + 15 * MINUTE)


@pytest.mark.parametrize("outcome", [Outcome.EMPTY, Outcome.OK])
def test_a_weekend_is_asked_about_less_whether_its_list_is_empty_or_repeats_fridays(outcome: Outcome) -> None:
    memory = settled(now=SATURDAY)
    memory.tell(the_list(SATURDAY), SATURDAY, outcome)
    question = memory.question(the_list(SATURDAY), SATURDAY)
    assert (question.waiting, question.due_at) == (Waiting.WEEKEND, SATURDAY + HOUR)


def test_a_holiday_is_named_once_its_list_is_overdue() -> None:
    noon = datetime(2025, 12, 25, 12, tzinfo=UTC)
    memory = settled(now=noon)
    memory.tell(the_list(noon), noon, Outcome.EMPTY)
    assert memory.question(the_list(noon), noon).waiting is Waiting.HOLIDAY


def test_an_upstream_that_is_down_is_not_taken_for_a_list_that_is_not_up() -> None:
    memory = settled()
    memory.tell(the_list(THURSDAY), THURSDAY, Outcome.FAILED)
    assert memory.question(the_list(THURSDAY), THURSDAY).waiting is Waiting.RETRY


# --- the days before -----------------------------------------------------------------------------


def test_a_list_is_read_once_more_as_soon_as_its_day_is_over() -> None:
    midnight = datetime(2025, 11, 21, tzinfo=UTC)
    memory = settled(now=midnight - 10 * MINUTE)
    question = memory.question(the_list(THURSDAY), midnight)
    assert (question.due_at <= midnight, question.fills, question.background) == (True, True, False)
    memory.tell(the_list(THURSDAY), midnight)
    again = memory.question(the_list(THURSDAY), midnight)
    assert (again.due_at, again.fills) == (midnight + HOUR, False)


@pytest.mark.parametrize(
    ("age", "every"), [(1, HOUR), (2, HOUR), (3, 6 * HOUR), (7, 6 * HOUR), (8, DAY), (30, DAY)]
)
def test_older_lists_are_read_less_and_less(age: int, every: timedelta) -> None:
    assert settled().question(the_list(THURSDAY - age * DAY), THURSDAY).due_at == THURSDAY + every


def test_lists_of_more_than_a_month_ago_are_left_alone() -> None:
    oldest = min(one.list_date for one in settled().agenda(THURSDAY) if one.list_date)
    assert oldest == THURSDAY.date() - 30 * DAY


@pytest.mark.parametrize("habits", [PLAIN, OFF])
@pytest.mark.parametrize("days", [1, 3, 6, 20])
def test_every_day_missed_is_asked_for_after_an_absence(habits: Habits, days: int) -> None:
    memory = Memory(habits)
    for back in range(20, -1, -1):  # it ran for three weeks
        memory.read_all(THURSDAY - back * DAY)
    now = THURSDAY + days * DAY
    missed = {daily((THURSDAY + n * DAY).date()) for n in range(days)}
    assert missed <= set(memory.due(now))
    assert memory.due(now)[:1] == [daily(now.date())] or not now - THURSDAY < 15 * MINUTE


def test_without_filling_a_first_start_asks_for_a_few_days_alone() -> None:
    questions = agenda([], OFF, THURSDAY)
    assert {one.list_date for one in questions if one.list_date} == {
        THURSDAY.date() - n * DAY for n in range(6)
    }
    assert not any(one.background for one in questions)


def test_without_filling_an_old_recording_does_not_begin_one() -> None:
    memory = Memory(OFF)
    memory.tell(the_list(date(2024, 5, 28)), datetime(2024, 5, 28, 12, tzinfo=UTC))
    assert len([one for one in memory.agenda(THURSDAY) if one.list_date]) <= 31


# --- failures ------------------------------------------------------------------------------------


def fail_for(memory: Memory, start: datetime, hours: float) -> list[tuple[datetime, Key]]:
    """Asks what is due of Hugging Face, in vain, for that long; when what was asked."""
    asked, now = [], start
    while now < start + hours * HOUR:
        first = due([one for one in memory.agenda(now) if one.upstream is HF], now)[0]
        memory.tell(first.key, now, Outcome.FAILED)
        asked.append((now, first.key))
        now = next_due(memory, now)
    return asked


def next_due(memory: Memory, now: datetime) -> datetime:
    return max(now, min(one.due_at for one in memory.agenda(now) if one.upstream is HF))


@pytest.mark.parametrize("first_start", [True, False])
def test_pauses_grow_while_an_upstream_is_down_however_many_questions_there_are(first_start: bool) -> None:
    asked = fail_for(Memory() if first_start else settled(), THURSDAY + 15 * MINUTE, 24)
    pauses = [after[0] - before[0] for before, after in pairwise(asked)]
    assert pauses[:4] == [MINUTE, MINUTE, 2 * MINUTE, 4 * MINUTE]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 30 * MINUTE
    assert len(asked) < 60


def test_the_first_answer_after_an_outage_ends_the_pauses() -> None:
    memory = Memory()
    (_, *_, (last, key)) = fail_for(memory, THURSDAY, 3)
    memory.tell(key, last + 30 * MINUTE)
    assert len(memory.due(last + 30 * MINUTE)) > 900


def test_one_list_that_always_fails_holds_up_no_other() -> None:
    memory, now = Memory(replace(PLAIN, backfill_from=date(2025, 9, 1))), THURSDAY
    broken = the_list(date(2025, 10, 1))
    tried = []
    while now < THURSDAY + 3 * DAY:
        first = due(memory.agenda(now), now)[0]
        memory.tell(first.key, now, Outcome.FAILED if first.key == broken else Outcome.OK)
        tried += [now] if first.key == broken else []
        now = next_due(memory, now)
    assert lists_to_load(memory.agenda(now)) == 1
    assert 5 <= len(tried) <= 15
    assert max(after - before for before, after in pairwise(tried)) <= DAY + HOUR
    assert memory.question(broken, now).waiting is Waiting.RETRY


def test_a_list_that_has_failed_for_days_holds_up_the_others_for_a_minute_alone() -> None:
    memory = settled()
    broken = the_list(THURSDAY - 5 * DAY)
    for hours in range(1, 48):
        memory.tell(Key(HF, "trending"), THURSDAY + hours * HOUR - MINUTE)
        memory.tell(broken, THURSDAY + hours * HOUR, Outcome.FAILED)
    assert next_due(memory, THURSDAY + 47 * HOUR) == THURSDAY + 47 * HOUR + MINUTE


def test_optional_signals_that_fail_for_long_are_tried_at_their_own_pace() -> None:
    memory = settled(FULL)
    for day in range(3):
        memory.tell(Key(GITHUB, STARS), THURSDAY + day * DAY, Outcome.FAILED)
    now = THURSDAY + 2 * DAY
    assert memory.question(Key(GITHUB, STARS), now).due_at == now + 6 * HOUR


def test_the_failure_of_one_upstream_is_none_of_anothers() -> None:
    memory = settled(FULL)
    later = THURSDAY + DAY
    for one in memory.agenda(later):
        if one.upstream is not HF:
            memory.tell(one.key, later, Outcome.FAILED)
    assert memory.due(later, GITHUB) == memory.due(later, ARXIV) == memory.due(later, HN) == []
    assert len(memory.due(later)) > 10


def test_an_upstream_that_asks_us_to_wait_is_left_alone_until_then() -> None:
    memory = settled()
    until = THURSDAY + 300 * timedelta(seconds=1)
    memory.tell(Key(HF, "trending"), THURSDAY, Outcome.FAILED, ask_again_at=until)
    memory.states.pop(the_list(THURSDAY - DAY))
    question = memory.question(the_list(THURSDAY - DAY), THURSDAY)
    assert (question.waiting, question.due_at) == (Waiting.RATE_LIMIT, until)
    assert memory.due(until - timedelta(seconds=1)) == []
    assert before_slot(memory.states.values(), PLAIN, until - timedelta(seconds=1)) == []
    assert daily((THURSDAY - DAY).date()) in memory.due(until)


# --- the clock is set back -----------------------------------------------------------------------


@pytest.mark.parametrize("back", [HOUR, 3 * DAY, 400 * DAY])
def test_a_clock_set_back_does_not_keep_from_asking(back: timedelta) -> None:
    memory = settled(OFF)
    now = THURSDAY - back
    assert daily(now.date()) in memory.due(now)


def test_after_a_clock_was_set_back_each_question_is_asked_at_its_usual_pace() -> None:
    memory = settled(OFF)
    now = THURSDAY - 3 * HOUR
    asked: dict[Key, datetime] = {}
    times: Counter[str] = Counter()
    while now < THURSDAY - HOUR:
        for one in due(agenda(memory.states.values(), OFF, now, asked=asked), now):
            asked[one.key] = now  # the store keeps the later instants
            times[one.subject] += 1
        now += MINUTE
    assert times[daily(THURSDAY.date())] == 8
    assert max(times.values()) == 8


# --- arXiv ---------------------------------------------------------------------------------------

LISTING = Key(ARXIV, NEW)
MIDNIGHT = datetime(2025, 11, 20, 5, tzinfo=UTC)  # in New York


def listing(
    at: datetime, *, changed: bool, outcome: Outcome = Outcome.OK, of: Memory | None = None
) -> Memory:
    memory = of or Memory(FULL)
    memory.tell(LISTING, at, outcome, changed=changed)
    return memory


def test_a_new_days_listing_is_looked_at_as_soon_as_it_is_rebuilt() -> None:
    memory = listing(MIDNIGHT - 10 * MINUTE, changed=False)
    assert memory.due(MIDNIGHT - MINUTE, ARXIV) == []
    assert memory.due(MIDNIGHT, ARXIV) == [NEW]


def test_a_listing_that_still_shows_the_day_before_is_asked_for_until_it_changes() -> None:
    memory = listing(MIDNIGHT - 15 * HOUR, changed=True)
    listing(MIDNIGHT + MINUTE, changed=False, of=memory)
    question = memory.question(LISTING, MIDNIGHT + MINUTE)
    assert (question.waiting, question.due_at) == (Waiting.LIST_NOT_UP, MIDNIGHT + 31 * MINUTE)


def test_after_the_batch_has_come_the_listing_is_asked_for_now_and_then() -> None:
    question = listing(MIDNIGHT + MINUTE, changed=True).question(LISTING, MIDNIGHT + HOUR)
    assert (question.waiting, question.due_at) == (Waiting.NEXT_POLL, MIDNIGHT + MINUTE + 3 * HOUR)


def test_a_batch_read_in_part_is_read_again_within_the_hour() -> None:
    memory = listing(MIDNIGHT + MINUTE, changed=True, outcome=Outcome.PARTIAL)
    assert memory.question(LISTING, MIDNIGHT + MINUTE).due_at == MIDNIGHT + MINUTE + HOUR


@pytest.mark.parametrize(
    ("now", "waiting"),
    [
        (SATURDAY, Waiting.WEEKEND),
        (datetime(2025, 11, 28, 12, tzinfo=UTC), Waiting.HOLIDAY),  # the day after Thanksgiving
    ],
)
def test_an_empty_listing_says_why(now: datetime, waiting: Waiting) -> None:
    question = listing(now, changed=False, outcome=Outcome.EMPTY).question(LISTING, now)
    assert (question.waiting, question.due_at) == (waiting, now + 6 * HOUR)


def test_papers_are_looked_up_while_there_are_any_and_with_pauses_after_a_failure() -> None:
    memory = settled(FULL)
    lookup = Key(ARXIV, LOOKUP)
    assert lookup not in {one.key for one in memory.agenda(THURSDAY)}
    memory.tell(lookup, THURSDAY)
    assert memory.question(lookup, THURSDAY).due_at == THURSDAY
    memory.tell(lookup, THURSDAY, Outcome.FAILED)
    question = memory.question(lookup, THURSDAY)
    assert (question.waiting, question.due_at) == (Waiting.RETRY, THURSDAY + MINUTE)


# --- optional signals ----------------------------------------------------------------------------


def test_optional_signals_have_their_own_pace_and_none_if_switched_off() -> None:
    memory = settled(FULL)
    assert memory.question(Key(GITHUB, STARS), THURSDAY).due_at == THURSDAY + 6 * HOUR
    assert memory.question(Key(HN, STORIES), THURSDAY).due_at == THURSDAY + 3 * HOUR
    assert {one.upstream for one in agenda([], PLAIN, THURSDAY)} == {HF}


# --- before a slot -------------------------------------------------------------------------------


def slot(memory: Memory, now: datetime) -> list[str]:
    return [one.subject for one in before_slot(memory.states.values(), memory.habits, now)]


def test_before_a_slot_the_current_list_and_the_listings_are_read_unless_they_just_were() -> None:
    memory = settled(FULL)
    assert slot(memory, THURSDAY + MINUTE) == []
    assert slot(memory, THURSDAY + 2 * MINUTE) == [daily(THURSDAY.date())]
    assert set(slot(memory, THURSDAY + 10 * MINUTE)) == {daily(THURSDAY.date()), NEW}


def test_before_the_first_slot_ever_a_few_lists_are_read_and_no_more() -> None:
    assert slot(Memory(FULL), THURSDAY) == [
        *(daily(THURSDAY.date() - n * DAY) for n in range(6)),
        NEW,
    ]


def test_before_a_slot_a_failing_upstream_is_tried_whatever_its_pause() -> None:
    memory = settled()
    (*_, (last, _)) = fail_for(memory, THURSDAY + 15 * MINUTE, 5)
    now = last + 29 * MINUTE
    assert memory.due(now) == []
    assert slot(memory, now) == [daily(THURSDAY.date())]


# --- laws ----------------------------------------------------------------------------------------


@st.composite
def memories(draw: st.DrawFn) -> tuple[Memory, datetime]:
    """A store in which anything was asked at any time, with any outcome, in order of time."""
    now = draw(st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001 - Hypothesis wants naive bounds
    memory = Memory(replace(FULL, backfill_from=now.date() - 40 * DAY))
    questions = memory.agenda(now, to_look_up=True)
    for _ in range(draw(st.integers(0, 30))):
        one = draw(st.sampled_from(questions))
        before = memory.states.get(one.key)
        earliest = before.last_poll_at if before and before.last_poll_at else now - 40 * DAY
        at = draw(
            st.datetimes(earliest.replace(tzinfo=None), now.replace(tzinfo=None), timezones=st.just(UTC))
        )
        memory.tell(one.key, at, draw(st.sampled_from(Outcome)), changed=draw(st.booleans()))
    return memory, now


@given(memories())
def test_what_was_just_answered_is_not_due_again(case: tuple[Memory, datetime]) -> None:
    memory, now = case
    for one in due(memory.agenda(now), now)[:5]:
        memory.tell(one.key, now)
        assert one.key not in {other.key for other in due(memory.agenda(now), now)}


@given(memories())
def test_after_a_failure_an_upstream_is_left_alone_for_a_minute_to_half_an_hour(
    case: tuple[Memory, datetime],
) -> None:
    memory, now = case
    for one in due(memory.agenda(now, to_look_up=True), now)[:1]:
        memory.tell(one.key, now, Outcome.FAILED)
        mine = [other for other in memory.agenda(now, to_look_up=True) if other.upstream is one.upstream]
        soonest = min(other.due_at for other in mine)
        assert now + MINUTE <= soonest
        assert soonest <= now + 30 * MINUTE or one.upstream in {GITHUB, HN}


@given(memories())
def test_no_key_is_asked_twice_and_the_foreground_comes_first(case: tuple[Memory, datetime]) -> None:
    memory, now = case
    questions = memory.agenda(now, to_look_up=True)
    assert len({one.key for one in questions}) == len(questions)
    assert [one.background for one in questions] == sorted(one.background for one in questions)


# --- manners -------------------------------------------------------------------------------------

# Requests that one reading takes: pages of a hundred rows, and a list of several pages is read twice.
REQUESTS = {"daily": 1, "trending": 3, "week": 2 * 4, "month": 2 * 10}


def live(memory: Memory, start: datetime, days: int) -> Iterable[tuple[datetime, Question]]:
    """So many days in which every question is answered at once; weekends are empty."""
    now = start
    while now < start + days * DAY:
        questions = memory.agenda(now)
        for one in due(questions, now):
            empty = one.list_date is not None and one.list_date.weekday() >= 5
            memory.tell(one.key, now, Outcome.EMPTY if empty else Outcome.OK)
            yield now, one
        now = max(now + MINUTE, min(one.due_at for one in questions))


def test_a_day_in_steady_state_takes_few_requests() -> None:
    memory = settled(replace(FULL, backfill_from=date(2025, 10, 1)), THURSDAY - DAY)
    asked = list(live(memory, THURSDAY - DAY, 6))
    by_day: dict[date, Counter[Upstream]] = {}
    for at, one in asked:
        kind = one.subject.partition(":")[0]
        by_day.setdefault(at.date(), Counter())[one.upstream] += REQUESTS.get(kind, 1)
    full = [by_day[day] for day in sorted(by_day)[1:-1]]
    assert max(day[HF] for day in full) <= 380
    assert max(day[HF] for day in full) >= 300  # the figure in the module's docstring is no boast
    assert min(day[HF] for day in full) <= 300  # a weekend
    assert max(day[ARXIV] for day in full) <= 15
    assert (full[0][GITHUB], full[0][HN]) == (4, 8)
