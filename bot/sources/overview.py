"""What people are told of the sources: how each is doing, what it waits for, what an answer covers. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.model import SubjectState, Upstream
from bot.ports import Coverage
from bot.sources.agenda import LOOKUP, STARS, STORIES, TRENDING, Habits, Key, Question
from bot.sources.calendar import current_list_day

_OFF: Final = "switched off"
_KINDS: Final = ("daily", TRENDING, "week", "month", "new", LOOKUP, STARS, STORIES)  # as they are shown


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of the overview: one subject, or several of a kind together."""

    upstream: Upstream
    subject: str  # in words for people
    waiting: str
    next_at: datetime | None = None  # None: nothing is planned
    last_success_at: datetime | None = None
    papers: int | None = None  # in the last answer, of all subjects together; None: never answered
    failing_since: datetime | None = None
    last_error: str | None = None


def overview(
    states: Iterable[SubjectState], questions: Sequence[Question], habits: Habits, now: datetime
) -> list[SourceLine]:
    """One line for each thing that is asked for, the many daily lists of the past taken together."""
    known = {Key(one.upstream, one.subject): one for one in states}
    today = current_list_day(now)
    single, earlier, older = list[Question](), list[Question](), list[Question]()
    for one in questions:
        if one.list_date is None or one.list_date == today:
            single.append(one)
        else:
            (older if one.background else earlier).append(one)
    order = list(Upstream)
    single.sort(key=lambda one: _KINDS.index(one.subject.partition(":")[0]))
    lines = [_line(_name(one), [one], known) for one in single if one.upstream is Upstream.HUGGING_FACE]
    if earlier:
        lines.append(_line("lists of the last 30 days", earlier, known))
    if older:
        lines.append(_line(f"{len(older):,} older {_lists(len(older))}", older, known))
    lines += [_line(_name(one), [one], known) for one in single if one.upstream is not Upstream.HUGGING_FACE]
    lines += _idle(known, {one.key for one in single}, habits)
    return sorted(lines, key=lambda line: order.index(line.upstream))


def coverage_sentence(coverage: Coverage, lists_to_load: int) -> str | None:
    """What an answer from the store covers; `None` once all is loaded that it depends on.

    `lists_to_load` counts the daily lists that are still to be read: of all, or of those the answer is about.
    """
    if not lists_to_load:
        return None
    if not coverage.papers:
        held = "No papers are stored yet"
    elif coverage.oldest_list is None:
        held = f"{coverage.papers:,} papers are stored"
    else:
        held = f"Searched {coverage.papers:,} papers, back to {coverage.oldest_list:%b %Y}"
    return f"{held}; still loading, {lists_to_load:,} daily {_lists(lists_to_load)} to go."


# --- lines ---------------------------------------------------------------------------------------


def _line(name: str, questions: Sequence[Question], known: dict[Key, SubjectState]) -> SourceLine:
    """One line for these questions, which have one upstream; there is at least one."""
    states = [known[one.key] for one in questions if one.key in known]
    soonest = min(questions, key=lambda one: one.due_at)
    answered = [one for one in states if one.last_success_at is not None]
    troubled = [one for one in states if one.last_error is not None and one.last_poll_at is not None]
    worst = max(troubled, key=lambda one: (one.failing_since is not None, one.last_poll_at), default=None)
    return SourceLine(
        soonest.upstream,
        name,
        waiting=soonest.waiting.value,
        next_at=soonest.due_at,
        last_success_at=max((one.last_success_at for one in answered if one.last_success_at), default=None),
        papers=sum(one.papers for one in answered) if answered else None,
        failing_since=worst.failing_since if worst else None,
        last_error=worst.last_error if worst else None,
    )


def _idle(known: dict[Key, SubjectState], asked: set[Key], habits: Habits) -> list[SourceLine]:
    """The lines of what is not asked for now: there is nothing to look up, or a source is switched off."""
    lines = []
    lookup = Key(Upstream.ARXIV, LOOKUP)
    if habits.arxiv_subject is None:
        lines.append(SourceLine(Upstream.ARXIV, "new listings, paper details", _OFF))
    elif lookup not in asked:
        state = known.get(lookup, SubjectState(upstream=lookup.upstream, subject=LOOKUP))
        lines.append(
            SourceLine(
                lookup.upstream,
                "paper details",
                "new papers",
                last_success_at=state.last_success_at,
                papers=None if state.last_success_at is None else state.papers,
                failing_since=state.failing_since,
                last_error=state.last_error,
            )
        )
    if habits.stars_every is None:
        lines.append(SourceLine(Upstream.GITHUB, STARS, _OFF))
    if habits.stories_every is None:
        lines.append(SourceLine(Upstream.HACKER_NEWS, STORIES, _OFF))
    return lines


def _name(question: Question) -> str:
    """The subject in words."""
    kind, _, value = question.subject.partition(":")
    if question.list_date is not None:
        return f"list of {question.list_date:%a} {question.list_date.day} {question.list_date:%b}"
    return {
        "week": f"week {value}",
        "month": f"month {value}",
        "new": "new listings",
        LOOKUP: "paper details",
    }.get(kind, kind)


def _lists(count: int) -> str:
    return "list" if count == 1 else "lists"
