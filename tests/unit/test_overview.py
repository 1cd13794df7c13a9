"""What people are told of the sources, and of what an answer covers."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.model import Outcome, Upstream
from bot.ports import Coverage
from bot.sources.agenda import LOOKUP, Habits, Key, daily
from bot.sources.overview import SourceLine, coverage_sentence, overview
from tests.unit.test_agenda import FULL, HF, NEW, THURSDAY, Memory, settled

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SOME = Coverage(papers=3210, oldest_list=date(2026, 8, 3), newest_list=date(2026, 11, 23), lists=80)


def lines(memory: Memory, now: datetime = THURSDAY, habits: Habits = FULL) -> dict[str, SourceLine]:
    shown = overview(memory.states.values(), memory.agenda(now), habits, now)
    assert len({(line.upstream, line.subject) for line in shown}) == len(shown)
    return {line.subject: line for line in shown}


# --- coverage ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("coverage", "to_load", "sentence"),
    [
        (SOME, 0, None),
        (
            SOME,
            1012,
            "Searched 3,210 papers, back to Aug 2026; still loading, 1,012 daily lists to go.",
        ),
        (SOME, 1, "Searched 3,210 papers, back to Aug 2026; still loading, 1 daily list to go."),
        (
            Coverage(0, None, None, 0),
            1300,
            "No papers are stored yet; still loading, 1,300 daily lists to go.",
        ),
        # arXiv's listings came before any daily list.
        (Coverage(300, None, None, 0), 6, "300 papers are stored; still loading, 6 daily lists to go."),
    ],
)
def test_an_answer_says_what_it_covers_until_all_is_loaded(
    coverage: Coverage, to_load: int, sentence: str | None
) -> None:
    assert coverage_sentence(coverage, to_load) == sentence


# --- the overview --------------------------------------------------------------------------------


def test_every_source_has_its_lines_in_order() -> None:
    shown = overview([], Memory(FULL).agenda(THURSDAY), FULL, THURSDAY)
    assert [(line.upstream.label, line.subject) for line in shown] == [
        ("Hugging Face", "list of Thu 20 Nov"),
        ("Hugging Face", "trending"),
        ("Hugging Face", "week 2025-W47"),
        ("Hugging Face", "month 2025-11"),
        ("Hugging Face", "lists of the last 30 days"),
        ("Hugging Face", "904 older lists"),
        ("arXiv", "new listings"),
        ("arXiv", "paper details"),
        ("GitHub", "stars"),
        ("Hacker News", "stories"),
    ]
    assert all(line.last_success_at is None and line.papers is None for line in shown)


def test_what_is_switched_off_is_said_to_be() -> None:
    habits = replace(FULL, arxiv_subject=None, stars_every=None, stories_every=None)
    shown = lines(settled(habits), habits=habits)
    off = {subject for subject, line in shown.items() if line.waiting == "switched off"}
    assert off == {"new listings, paper details", "stars", "stories"}
    assert all(shown[subject].next_at is None for subject in off)


def test_many_lists_are_one_line_with_their_newest_success_and_next_question() -> None:
    memory = settled(FULL)
    memory.tell(Key(HF, daily((THURSDAY - 3 * DAY).date())), THURSDAY + HOUR / 2, papers=7)
    line = lines(memory, THURSDAY + HOUR / 2)["lists of the last 30 days"]
    assert (line.last_success_at, line.next_at) == (THURSDAY + HOUR / 2, THURSDAY + HOUR)
    assert line.papers == 29 * 40 + 7
    assert "older lists" not in " ".join(lines(memory))


def test_a_failure_among_many_lists_is_told() -> None:
    memory = settled(FULL)
    memory.tell(Key(HF, daily((THURSDAY - 5 * DAY).date())), THURSDAY + HOUR, Outcome.FAILED, detail="Down.")
    memory.tell(Key(HF, "trending"), THURSDAY + HOUR)
    line = lines(memory, THURSDAY + HOUR)["lists of the last 30 days"]
    assert (line.failing_since, line.last_error) == (THURSDAY + HOUR, "Down.")


def test_what_was_read_in_part_says_so_without_failing() -> None:
    memory = settled(FULL)
    memory.tell(Key(HF, "trending"), THURSDAY, Outcome.PARTIAL, detail="2 rows could not be read.")
    line = lines(memory)["trending"]
    assert (line.failing_since, line.last_error) == (None, "2 rows could not be read.")


def test_details_wait_for_new_papers_or_are_about_to_be_asked_for() -> None:
    memory = settled(FULL)
    assert lines(memory)["paper details"].waiting == "new papers"
    memory.tell(Key(Upstream.ARXIV, LOOKUP), THURSDAY, papers=100)
    line = lines(memory)["paper details"]
    assert (line.waiting, line.last_success_at, line.papers) == ("new papers", THURSDAY, 100)
    shown = overview(memory.states.values(), memory.agenda(THURSDAY, to_look_up=True), FULL, THURSDAY)
    (line,) = [line for line in shown if line.subject == "paper details"]
    assert (line.waiting, line.next_at, line.papers) == ("next poll", THURSDAY, 100)


def test_a_lookup_that_failed_is_told_though_nothing_is_left_to_look_up() -> None:
    memory = settled(FULL)
    memory.tell(Key(Upstream.ARXIV, LOOKUP), THURSDAY, Outcome.FAILED, detail="arXiv did not answer in time.")
    assert lines(memory)["paper details"].last_error == "arXiv did not answer in time."


def test_each_line_says_what_is_waited_for() -> None:
    sunday = datetime(2025, 11, 23, 12, tzinfo=UTC)
    memory = settled(FULL, sunday)
    memory.tell(Key(HF, daily(sunday.date())), sunday, Outcome.EMPTY)
    memory.tell(Key(Upstream.ARXIV, NEW), sunday, Outcome.EMPTY, changed=False)
    memory.states[Key(Upstream.ARXIV, NEW)] = replace(
        memory.states[Key(Upstream.ARXIV, NEW)], last_change_at=sunday - 3 * DAY
    )
    shown = lines(memory, sunday)
    assert shown["list of Sun 23 Nov"].waiting == "weekend"
    assert shown["new listings"].waiting == "weekend"
    assert shown["trending"].waiting == "next poll"
