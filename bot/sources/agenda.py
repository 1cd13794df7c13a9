"""What to ask the upstreams next. Pure: what was asked before, and `now`, in; questions out, urgent first.

Polling follows the batch, not the clock: a list is asked for until it has been read once after its last day,
so that whatever was missed while Paperboy was away, or before it was first started, is caught up on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.model import SubjectState, Upstream, Waiting
from bot.sources.calendar import current_list_day, list_expected, opens_at, why_empty
from bot.trending.windows import end_of_list

TRENDING: Final = "trending"
LOOKUP: Final = "lookup"
STARS: Final = "stars"
STORIES: Final = "stories"

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
# How often lists of so many days ago are read again: numbers still rise after a list's own day.
_OLDER_LISTS: Final = ((2, _HOUR), (7, 6 * _HOUR), (30, _DAY))
_ARXIV_EVERY: Final = timedelta(minutes=30)
_QUIET_EVERY: Final = 6 * _HOUR  # where the calendar expects nothing
_LONGEST_RETRY: Final = _HOUR


@dataclass(frozen=True, slots=True)
class Habits:
    """How eagerly to ask; from the settings."""

    poll_every: timedelta
    backfill_from: date | None  # None: only what is asked for anyway
    arxiv_subject: str | None = None  # `new:cs.AI+cs.CL`; None: arXiv's listings are not read
    stars_every: timedelta | None = None  # None: GitHub is not asked
    stories_every: timedelta | None = None  # None: Hacker News is not asked


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask one upstream, and when."""

    upstream: Upstream
    subject: str
    due_at: datetime  # not before this
    waiting: Waiting
    background: bool = False  # filling the store: nothing waits for it


def agenda(states: Iterable[SubjectState], habits: Habits, now: datetime) -> list[Question]:
    """Every question there is, those of the foreground first, each group in order of its due instant;
    among background questions the newest list comes first.
    """
    known = {(state.upstream, state.subject): state for state in states}
    questions = [*_hugging_face(known, habits, now), *_others(known, habits, now)]
    foreground = sorted((one for one in questions if not one.background), key=lambda one: one.due_at)
    return [*foreground, *(one for one in questions if one.background)]


def due(questions: Iterable[Question], now: datetime) -> list[Question]:
    """Those that may be asked now."""
    return [one for one in questions if one.due_at <= now]


def daily(day: date) -> str:
    """The subject of a daily list."""
    return f"daily:{day.isoformat()}"


_States = Mapping[tuple[Upstream, str], SubjectState]


def _hugging_face(known: _States, habits: Habits, now: datetime) -> Iterator[Question]:
    upstream = Upstream.HUGGING_FACE
    today = current_list_day(now, upstream)
    state = known.get((upstream, daily(today)))
    waiting = Waiting.NEXT_POLL
    if state is not None and not state.papers:
        waiting = why_empty(upstream, today, now).waiting
    yield _question(upstream, daily(today), state, habits.poll_every, waiting, now)
    week, month = f"week:{today:%G-W%V}", f"month:{today:%Y-%m}"
    for subject, every in ((TRENDING, _HOUR), (week, 6 * _HOUR), (month, _DAY)):
        yield _question(upstream, subject, known.get((upstream, subject)), every, Waiting.NEXT_POLL, now)
    oldest = habits.backfill_from if habits.backfill_from is not None else today - 3 * _DAY
    ages, previous = dict[int, timedelta](), 0
    for age, every in _OLDER_LISTS:
        ages.update(dict.fromkeys(range(previous + 1, age + 1), every))
        previous = age
    for age in range(1, max((today - oldest).days, 0) + 1):
        day = today - age * _DAY
        subject = daily(day)
        state = known.get((upstream, subject))
        complete = (
            state is not None
            and state.last_success_at is not None
            and state.last_success_at >= end_of_list(day)
        )
        if not complete:
            recent = age <= 3
            yield _question(
                upstream,
                subject,
                state if state is not None and state.failing_since is not None else None,
                habits.poll_every,
                Waiting.NEXT_POLL if recent else Waiting.BACKFILL,
                now,
                background=not recent,
            )
        elif age in ages:
            yield _question(upstream, subject, state, ages[age], Waiting.NEXT_POLL, now)


def _others(known: _States, habits: Habits, now: datetime) -> Iterator[Question]:
    if habits.arxiv_subject is not None:
        yield _listing(known.get((Upstream.ARXIV, habits.arxiv_subject)), habits.arxiv_subject, now)
    for upstream, subject, every in (
        (Upstream.GITHUB, STARS, habits.stars_every),
        (Upstream.HACKER_NEWS, STORIES, habits.stories_every),
    ):
        if every is not None:
            yield _question(upstream, subject, known.get((upstream, subject)), every, Waiting.NEXT_POLL, now)


def _listing(state: SubjectState | None, subject: str, now: datetime) -> Question:
    """ArXiv's new listings: asked for from the rebuild until the batch has come, then not until the next."""
    upstream = Upstream.ARXIV
    day = current_list_day(now, upstream)
    opened = opens_at(upstream, day)
    if state is not None and state.failing_since is None and _since(state.last_change_at, opened):
        return Question(upstream, subject, opens_at(upstream, day + _DAY), Waiting.NEXT_POLL)
    empty = why_empty(upstream, day, now)
    every = _ARXIV_EVERY if list_expected(upstream, day) else _QUIET_EVERY
    return _question(upstream, subject, state, every, empty.waiting, now)


def _question(
    upstream: Upstream,
    subject: str,
    state: SubjectState | None,
    every: timedelta,
    waiting: Waiting,
    now: datetime,
    *,
    background: bool = False,
) -> Question:
    """Asks at once what was never asked, else `every` after the last time, and sooner after a failure."""
    if state is None or state.last_poll_at is None:
        return Question(upstream, subject, now, waiting, background)
    if state.failing_since is not None:
        failing_for = max(state.last_poll_at - state.failing_since, timedelta(minutes=1))
        # Again after as long as it has been failing: soon at first, once an hour in the end.
        return Question(
            upstream,
            subject,
            state.last_poll_at + min(failing_for, _LONGEST_RETRY),
            Waiting.RETRY,
            background,
        )
    # A clock that was set back must not keep us from asking for as long as it went back.
    asked_at = min(state.last_poll_at, now)
    return Question(upstream, subject, asked_at + every, waiting, background)


def _since(instant: datetime | None, bound: datetime) -> bool:
    return instant is not None and instant >= bound
