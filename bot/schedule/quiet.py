"""Why there was no digest: one true sentence for whoever asks.

Pure: the planner says what it saw, and the first cause that really kept the digest away is named. A cause
counts only if things would have been different without it: a weekend explains nothing when new papers came
and none of them matched.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.model import QuietReason, Upstream, Waiting
from bot.schedule.zones import format_time, zone_info

_RECENT_DAYS: Final = 6  # further back, a weekday alone would be ambiguous


class ListState(StrEnum):
    """What is known of the list that is current at the slot."""

    UP = "up"  # read, and has papers
    EMPTY = "empty"  # read, and has none
    UNREAD = "unread"  # not read successfully


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietFacts:
    """What was seen at one slot that brought nothing. Every instant is aware.

    The counts narrow down, each one a part of the one before: `candidates` ⊇ `matched` ⊇ `above_floor` ⊇
    `told` and `elsewhere`, which have none in common. As nothing was sent, they are all of `above_floor`.
    """

    now: datetime  # when it was decided
    zone: str  # the destination's, in which times are told
    upstream: Upstream  # whose lists the destination lives on
    paused: bool = False
    paused_by: str | None = None  # in words for people; None: not known
    paused_at: datetime | None = None
    ever_fetched: bool = True  # whether the store ever got anything from an upstream
    down_since: datetime | None = None  # None: the last poll went well
    list_state: ListState = ListState.UP
    waiting: Waiting | None = None  # the calendar's word on a list that is not up
    waiting_detail: str = ""  # the calendar's sentence; empty: none
    lists_up: int = 0  # of the lists watched before, those that were up by this time of their day
    lists_watched: int = 0  # 0: not known
    candidates: int = 0  # papers in the edition, or announced, that the destination draws from
    arrived: int = 0  # of `candidates`, those first seen since the destination's last slot
    undecided: int = 0  # of `candidates`, those that wait for their categories and could be sent after
    matched: int = 0
    above_floor: int = 0
    told: int = 0
    elsewhere: int = 0  # of `above_floor`, those that another channel of the group has
    elsewhere_words: str = ""  # which one, as a clause
    filtered: bool = False  # whether the destination has a filter
    wanted: str = "the filter"  # what papers must match, in words
    floor: int = 0  # upvotes
    best: float | None = None  # the highest score of those that matched, in upvotes


def why_quiet(facts: QuietFacts) -> tuple[QuietReason, str]:
    """The reason and its sentence. Raises `ValueError` if the facts say that there was something to send."""
    if not facts.candidates >= facts.matched >= facts.above_floor == facts.told + facts.elsewhere:
        raise ValueError("these are not the facts of a quiet slot")
    if facts.paused:
        return QuietReason.PAUSED, _paused(facts)
    if not facts.ever_fetched:
        return QuietReason.NO_DATA, _no_data(facts)
    if not facts.arrived and not facts.undecided and facts.list_state is not ListState.UP:
        return _no_list(facts)
    reason, clause = _nothing_fit(facts)
    outage = _outage(facts)
    return reason, f"{clause}; {outage}." if outage else f"{clause}."


def _paused(facts: QuietFacts) -> str:
    by = f" by {facts.paused_by}" if facts.paused_by else ""
    at = f" since {_local(facts.paused_at, facts)}" if facts.paused_at else ""
    return f"Paused{by}{at}."


def _no_data(facts: QuietFacts) -> str:
    outage = _outage(facts)
    if outage:
        return f"Nothing was ever fetched: {outage}."
    return f"Nothing was ever fetched from {facts.upstream.label}."


def _no_list(facts: QuietFacts) -> tuple[QuietReason, str]:
    """Nothing new came, and there is no list it could have come with: why is there none?"""
    if _outage_to_blame(facts):
        return QuietReason.UPSTREAM_DOWN, f"{_outage(facts)}."
    if facts.waiting is Waiting.WEEKEND:
        said = facts.waiting_detail or f"{facts.upstream.label} lists no new papers at weekends."
        return QuietReason.WEEKEND, said
    if facts.waiting is Waiting.HOLIDAY:
        said = facts.waiting_detail or f"{facts.upstream.label} has no list today because of a holiday."
        return QuietReason.HOLIDAY, said
    clock = format_time(facts.now.astimezone(zone_info(facts.zone)).time())
    state = "not been read yet" if facts.list_state is ListState.UNREAD else "no papers yet"
    said = f"{facts.upstream.label}'s list of the day had {state} at {clock}"
    if facts.lists_watched:
        said += f"; {facts.lists_up} of the last {facts.lists_watched} lists were up by then"
    return QuietReason.NOT_UP_YET, f"{said}."


def _outage_to_blame(facts: QuietFacts) -> bool:
    """Whether something new might have come, had the upstream not been down."""
    if facts.down_since is None:
        return False
    if facts.waiting is Waiting.WEEKEND:
        # Certain without a look. But Hugging Face's Friday list grows until the weekend begins.
        today = facts.now.astimezone(UTC).date()
        saturday = today - timedelta(days=(today.weekday() - 5) % 7)
        return facts.upstream is Upstream.HUGGING_FACE and facts.down_since.astimezone(UTC).date() < saturday
    if facts.waiting is Waiting.HOLIDAY:  # the calendar may be wrong: only a look makes it certain
        return facts.list_state is ListState.UNREAD
    return True


def _nothing_fit(facts: QuietFacts) -> tuple[QuietReason, str]:
    """There was a choice, and nothing in it was for this destination. The clause has no full stop yet."""
    if facts.undecided:
        one = facts.undecided == 1
        papers = "1 paper waits" if one else f"{facts.undecided} papers wait"
        about = "it is" if one else "they are"
        return QuietReason.CATEGORY_UNKNOWN, f"{papers} until arXiv says what {about} about"
    if not facts.candidates:
        return QuietReason.NO_MATCH, "There was no paper to choose from"
    if not facts.matched:
        if facts.candidates == 1:
            return QuietReason.NO_MATCH, f"The only paper did not match {facts.wanted}"
        return QuietReason.NO_MATCH, f"None of the {facts.candidates} papers matched {facts.wanted}"
    subject = f"paper that matches {facts.wanted}" if facts.filtered else "paper"
    if not facts.above_floor:
        best = "" if facts.best is None else f"; the best had {int(facts.best)}"
        return QuietReason.BELOW_FLOOR, f"No {subject} passed the floor of {_upvotes(facts.floor)}{best}"
    if facts.elsewhere:
        told = f"; {facts.told} came in earlier digests" if facts.told else ""
        return QuietReason.ELSEWHERE, f"{facts.elsewhere_words}{told}"
    return QuietReason.ALL_TOLD, _all_told(facts, subject)


def _all_told(facts: QuietFacts, subject: str) -> str:
    if facts.floor > 0:
        subject += f"{' and' if facts.filtered else ' that'} passes the floor of {_upvotes(facts.floor)}"
    if facts.told == 1:
        return f"The one {subject} was in an earlier digest"
    return f"Every {subject} was in an earlier digest ({facts.told} papers)"


def _upvotes(number: int) -> str:
    return "1 upvote" if number == 1 else f"{number} upvotes"


def _outage(facts: QuietFacts) -> str:
    """Since when the upstream is down, as a clause; empty if it is not."""
    if facts.down_since is None:
        return ""
    since = facts.down_since.astimezone(UTC)
    return f"{facts.upstream.label} could not be read since {_when(since, facts.now)} UTC"


def _local(instant: datetime, facts: QuietFacts) -> str:
    return f"{_when(instant.astimezone(zone_info(facts.zone)), facts.now)} ({facts.zone})"


def _when(moment: datetime, now: datetime) -> str:
    """`Mon 14:05`, or with its date if that is further back than a week's days can tell."""
    age = now.astimezone(moment.tzinfo).date() - moment.date()
    recent = 0 <= age.days <= _RECENT_DAYS
    return f"{moment:%a %H:%M}" if recent else f"{moment:%a} {moment.day} {moment:%b %Y %H:%M}"
