"""What to ask the upstreams next. Pure: what was asked before, and `now`, in; questions out, urgent first.

Polling follows the batch, not the clock: a list is asked for until it has been read once after its last day,
so that whatever was missed while Paperboy was away, or before it was first started, is caught up on. An
upstream that fails is asked one question at a time, after pauses that grow with the failure.

In steady state Hugging Face is asked some 220 questions a day, in some 310 requests since its trending list
and those of a week and a month have several pages; a slot adds one. It allows 144,000 requests a day. arXiv's
listings take some 10. `tests/unit/test_agenda.py` counts them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from bot.model import Outcome, SubjectState, Upstream, Waiting
from bot.sources.calendar import current_list_day, list_expected, opens_at, why_empty
from bot.trending.windows import end_of_list

TRENDING: Final = "trending"
LOOKUP: Final = "lookup"
STARS: Final = "stars"
STORIES: Final = "stories"

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)

# How often lists up to so many days old are read again: numbers still rise after a list's own day.
_OLDER_LISTS: Final = ((2, _HOUR), (7, 6 * _HOUR), (30, _DAY))
_FOREGROUND_DAYS: Final = 30  # lists that the windows look at; older ones fill the store in the background
_QUIET_HF: Final = _HOUR  # where the calendar expects no list
_ARXIV_EVERY: Final = timedelta(minutes=30)  # until the batch has come
_ARXIV_AFTER: Final = 3 * _HOUR  # and then: should what came have been the rest of an older batch
_QUIET_ARXIV: Final = 6 * _HOUR

_FIRST_RETRY: Final = _MINUTE
_LAST_RETRY: Final = timedelta(minutes=30)
_LAST_BACKGROUND_RETRY: Final = _DAY

_SLOT_DAYS: Final = 5  # a post may need the list from before a long weekend
_FRESH: Final = {Upstream.HUGGING_FACE: 2 * _MINUTE, Upstream.ARXIV: 10 * _MINUTE}


@dataclass(frozen=True, slots=True)
class Habits:
    """How eagerly to ask; from the settings."""

    poll_every: timedelta
    backfill_from: date | None  # None: nothing from before the first start, a few days excepted
    arxiv_subject: str | None = None  # `new:cs.AI+cs.CL`; None: arXiv is not asked
    stars_every: timedelta | None = None  # None: GitHub is not asked
    stories_every: timedelta | None = None  # None: Hacker News is not asked


class Key(NamedTuple):
    """What names a question."""

    upstream: Upstream
    subject: str


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask one upstream, and when."""

    upstream: Upstream
    subject: str
    due_at: datetime  # not before this
    waiting: Waiting
    fills: bool = False  # a daily list that was never read after its day: what depends on it is incomplete
    background: bool = False  # nothing waits for it

    @property
    def key(self) -> Key:
        return Key(self.upstream, self.subject)

    @property
    def list_date(self) -> date | None:
        """The day of a daily list, or `None` for any other subject."""
        kind, _, day = self.subject.partition(":")
        return date.fromisoformat(day) if kind == "daily" else None


def agenda(
    states: Iterable[SubjectState],
    habits: Habits,
    now: datetime,
    *,
    to_look_up: bool = False,
    asked: Mapping[Key, datetime] = {},
) -> list[Question]:
    """Every question there is, those of the foreground first, each group in order of its due instant;
    among background questions the newest list comes first.

    `to_look_up`: there are papers that arXiv was never asked about. `asked`: when this process itself asked,
    which counts for what was stored under a clock that has been set back since.
    """
    known = {Key(one.upstream, one.subject): one for one in _believed(states, now, asked)}
    questions = [*_hugging_face(known, habits, now), *_others(known, habits, now, to_look_up=to_look_up)]
    held = _holds(known, now)
    questions = [_no_sooner(one, held[one.upstream]) for one in questions]
    foreground = sorted((one for one in questions if not one.background), key=lambda one: one.due_at)
    return [*foreground, *(one for one in questions if one.background)]


def due(questions: Iterable[Question], now: datetime) -> list[Question]:
    """Those that may be asked now."""
    return [one for one in questions if one.due_at <= now]


def before_slot(
    states: Iterable[SubjectState],
    habits: Habits,
    now: datetime,
    *,
    asked: Mapping[Key, datetime] = {},
) -> list[Question]:
    """What a post needs: the current list and arXiv's listings, unless they were read a moment ago, and
    what is due of the last few daily lists. An upstream that asked us to wait is not asked.
    """
    states = list(states)
    today = current_list_day(now)
    known = {Key(one.upstream, one.subject): one for one in _believed(states, now, asked)}
    held = _holds(known, now)
    chosen = []
    for one in agenda(states, habits, now, asked=asked):
        hold = held[one.upstream]
        if hold is not None and hold.waiting is Waiting.RATE_LIMIT and hold.until > now:
            continue
        day = one.list_date
        recent = day is not None and day >= today - _SLOT_DAYS * _DAY
        current = day == today or one.subject == habits.arxiv_subject
        last = known[one.key].last_poll_at if one.key in known else None
        stale = current and (last is None or now - last >= _FRESH[one.upstream])
        if stale or (recent and one.due_at <= now):
            chosen.append(replace(one, due_at=min(one.due_at, now)))
    return chosen


def lists_to_load(
    questions: Iterable[Question], since: datetime | None = None, until: datetime | None = None
) -> int:
    """How many daily lists are still to be read for the first time, in all or between two instants."""
    days = [one.list_date for one in questions if one.fills]
    return sum(
        day is not None
        and (since is None or end_of_list(day) > since)
        and (until is None or day <= until.astimezone(UTC).date())
        for day in days
    )


def daily(day: date) -> str:
    """The subject of a daily list."""
    return f"daily:{day.isoformat()}"


# --- Hugging Face --------------------------------------------------------------------------------

_States = Mapping[Key, SubjectState]


def _hugging_face(known: _States, habits: Habits, now: datetime) -> Iterator[Question]:
    upstream = Upstream.HUGGING_FACE
    today = current_list_day(now, upstream)
    yield _current_list(known.get(Key(upstream, daily(today))), habits, today, now)
    for age in range(1, (today - _oldest(known, habits, today)).days + 1):
        day = today - age * _DAY
        question = _earlier_list(known.get(Key(upstream, daily(day))), habits, day, age, now)
        if question is not None:
            yield question
    week, month = f"week:{today:%G-W%V}", f"month:{today:%Y-%m}"
    for subject, every in ((TRENDING, _HOUR), (week, 6 * _HOUR), (month, _DAY)):
        yield _question(Key(upstream, subject), known.get(Key(upstream, subject)), every, now)


def _current_list(state: SubjectState | None, habits: Habits, today: date, now: datetime) -> Question:
    """Today's list, read until the day is over: it grows, and so do its numbers."""
    upstream = Upstream.HUGGING_FACE
    expected = list_expected(upstream, today)
    every = habits.poll_every if expected else max(habits.poll_every, _QUIET_HF)
    waiting = Waiting.NEXT_POLL
    # A weekend's list is empty, or repeats Friday's: either way the next batch is what is waited for.
    if state is not None and state.last_success_at is not None and not (state.papers and expected):
        waiting = why_empty(upstream, today, now).waiting
    return _question(Key(upstream, daily(today)), state, every, now, waiting)


def _earlier_list(
    state: SubjectState | None, habits: Habits, day: date, age: int, now: datetime
) -> Question | None:
    """A list of `age` days ago: asked for until it was read after its end, then less and less."""
    key = Key(Upstream.HUGGING_FACE, daily(day))
    every = next((every for oldest, every in _OLDER_LISTS if age <= oldest), None)
    background = age > _FOREGROUND_DAYS
    if state is None or state.last_success_at is None or state.last_success_at < end_of_list(day):
        # What was read while the list still grew says nothing about when to read the whole.
        failing = state if state is not None and state.failing_since is not None else None
        longest = _LAST_BACKGROUND_RETRY if background else _LAST_RETRY
        question = _question(key, failing, habits.poll_every, now, Waiting.BACKFILL, longest)
        return replace(question, fills=True, background=background)
    if every is None and state.last_outcome not in {Outcome.PARTIAL, Outcome.FAILED}:
        return None
    question = _question(key, state, every or _DAY, now, longest=_LAST_BACKGROUND_RETRY)
    return replace(question, background=background)


def _oldest(known: _States, habits: Habits, today: date) -> date:
    """The day of the oldest list that is wanted."""
    if habits.backfill_from is not None:
        return min(habits.backfill_from, today)
    # Without filling: what was missed since the first start, a month at most, since a recorded list that was
    # taken in by hand looks the same as one that was read.
    days = [
        date.fromisoformat(key.subject.removeprefix("daily:"))
        for key in known
        if key.upstream is Upstream.HUGGING_FACE and key.subject.startswith("daily:")
    ]
    first = min(days, default=today)
    return max(min(first, today - _SLOT_DAYS * _DAY), today - _FOREGROUND_DAYS * _DAY)


# --- the others ----------------------------------------------------------------------------------


def _others(known: _States, habits: Habits, now: datetime, *, to_look_up: bool) -> Iterator[Question]:
    if habits.arxiv_subject is not None:
        key = Key(Upstream.ARXIV, habits.arxiv_subject)
        yield _listing(key, known.get(key), now)
        if to_look_up:
            key = Key(Upstream.ARXIV, LOOKUP)
            yield _question(key, known.get(key), timedelta(0), now)
    for key, every in (
        (Key(Upstream.GITHUB, STARS), habits.stars_every),
        (Key(Upstream.HACKER_NEWS, STORIES), habits.stories_every),
    ):
        if every is not None:
            yield _question(key, known.get(key), every, now, longest=every)


def _listing(key: Key, state: SubjectState | None, now: datetime) -> Question:
    """ArXiv's new listings: asked for from their rebuild until the batch has come, then now and then."""
    upstream = Upstream.ARXIV
    day = current_list_day(now, upstream)
    opened = opens_at(upstream, day)
    changed_at = state.last_change_at if state is not None else None
    if state is not None and changed_at is not None and changed_at >= opened:
        every = _HOUR if state.last_outcome is Outcome.PARTIAL else _ARXIV_AFTER
        return _question(key, state, every, now)
    waiting = why_empty(upstream, day, now).waiting
    every = _ARXIV_EVERY if list_expected(upstream, day) else _QUIET_ARXIV
    question = _question(key, state, every, now, waiting)
    if state is not None and state.failing_since is None and _before(state.last_poll_at, opened):
        return replace(question, due_at=now)  # the first look at a new day's listing
    return question


# --- when ----------------------------------------------------------------------------------------


def _question(
    key: Key,
    state: SubjectState | None,
    every: timedelta,
    now: datetime,
    waiting: Waiting = Waiting.NEXT_POLL,
    longest: timedelta = _LAST_RETRY,
) -> Question:
    """Asks at once what was never asked, else `every` after the last time; a failure is retried sooner."""
    if state is None or state.last_poll_at is None:
        return Question(*key, now, waiting)
    if state.failing_since is not None:
        retry = _pause(state.last_poll_at - state.failing_since, longest)
        return Question(*key, state.last_poll_at + retry, Waiting.RETRY)
    return Question(*key, state.last_poll_at + every, waiting)


def _pause(failing_for: timedelta, longest: timedelta) -> timedelta:
    """Again after as long as it has been failing: each pause is twice the one before."""
    return min(max(failing_for, _FIRST_RETRY), longest)


class _Hold(NamedTuple):
    """Nothing is asked of an upstream before this, and why."""

    until: datetime
    waiting: Waiting


def _holds(known: _States, now: datetime) -> dict[Upstream, _Hold | None]:
    return {
        upstream: _trouble([state for state in known.values() if state.upstream is upstream], now)
        for upstream in Upstream
    }


def _trouble(states: list[SubjectState], now: datetime) -> _Hold | None:
    """How long to leave an upstream alone whose newest answer was none, or a request to wait.

    Without this, an outage would be met by every question in turn, each after a short pause of its own.
    """
    polled = [(state.last_poll_at, state) for state in states if state.last_poll_at is not None]
    if not polled:
        return None
    last_poll_at, newest = max(polled, key=lambda one: (one[0], one[1].failing_since is not None))
    if newest.ask_again_at is not None and newest.ask_again_at > now:
        return _Hold(min(newest.ask_again_at, last_poll_at + _DAY), Waiting.RATE_LIMIT)
    if newest.failing_since is None:
        return None
    down_since = min(state.failing_since for _, state in polled if state.failing_since is not None)
    answered_at = max((at for _, state in polled if (at := state.last_success_at)), default=down_since)
    return _Hold(
        last_poll_at + _pause(last_poll_at - max(down_since, answered_at), _LAST_RETRY), Waiting.RETRY
    )


def _no_sooner(question: Question, hold: _Hold | None) -> Question:
    if hold is None or hold.until <= question.due_at:
        return question
    return replace(question, due_at=hold.until, waiting=hold.waiting)


def _believed(
    states: Iterable[SubjectState], now: datetime, asked: Mapping[Key, datetime]
) -> Iterator[SubjectState]:
    """The states, those from the future excepted: they were written before the clock was set back, and would
    keep us from asking for as long as it went back. Of such a subject only what `asked` knows is believed.
    """
    for state in states:
        if state.last_poll_at is None or state.last_poll_at <= now:
            yield state
        elif (at := asked.get(Key(state.upstream, state.subject))) is not None and at <= now:
            yield replace(
                state, last_poll_at=at, last_success_at=at, failing_since=None, last_outcome=Outcome.OK
            )


def _before(instant: datetime | None, bound: datetime) -> bool:
    return instant is None or instant < bound
