"""Plots in words."""

from dataclasses import replace
from datetime import date

import pytest

from bot.model import Signal
from bot.plots.alternative import alternative, duration
from bot.plots.model import Curve, TopicDay
from tests.unit.plots.pieces import FIELD, HOUR, MONTH, TREND, runner


def test_a_trend_says_how_it_rose_and_what_is_usual() -> None:
    assert alternative(TREND) == (
        "“Reading Maps by Ear”. Upvotes rose from 12 to 57 in 9 h; "
        "812 comparable papers usually had 19 by then."
    )


def test_each_curve_has_a_sentence() -> None:
    curves = (
        Curve(Signal.UPVOTES, ((0, 3),)),
        Curve(Signal.STARS, ((0, 1_200), (HOUR, 1_100))),
        Curve(Signal.HN_POINTS, ((8 * HOUR, 5), (8 * HOUR + 1, 6), (8 * HOUR + 2, 5))),
    )
    assert alternative(replace(TREND, curves=curves, usual=(), compared=0)) == (
        "“Reading Maps by Ear”. Upvotes stood at 3 for 9 h. GitHub stars fell from 1,200 to 1,100 in 9 h. "
        "Points on Hacker News went up and down, and came back from 5 to 5 in 60 min."
    )


def test_what_was_read_once_has_no_span() -> None:
    once = replace(TREND, curves=(Curve(Signal.UPVOTES, ((HOUR, 99),)),), reach=HOUR, usual=(), compared=0)
    assert alternative(once) == "“Reading Maps by Ear”. Upvotes stood at 99 when last read."


def test_a_topic_says_how_many_papers_came_when() -> None:
    assert alternative(MONTH) == (
        "30 papers about “flash attention” came from 22 Oct to 20 Nov 2025, most of them on 24 Oct (2). "
        "Their upvotes rose from 0 to 290."
    )


def test_a_topic_without_papers_says_so() -> None:
    days = tuple(replace(one, papers=0, upvotes=0) for one in MONTH.days)
    assert alternative(replace(MONTH, days=days)) == (
        "No paper about “flash attention” came from 22 Oct to 20 Nov 2025."
    )


def test_a_topic_of_one_paper_needs_no_best_day() -> None:
    days = (TopicDay(date(2025, 11, 19), 0, 0), TopicDay(date(2025, 11, 20), 1, 0))
    assert alternative(replace(MONTH, days=days)) == (
        "1 paper about “flash attention” came from 19 Nov to 20 Nov 2025. Their upvotes stand at 0."
    )


def test_a_field_names_the_first_and_the_edition() -> None:
    assert alternative(FIELD) == (
        "4 papers of Thu 20 November 2025, by upvotes as of 23:41 UTC. First: “Paper 1” with 60, in 6 h. "
        "Half of them had 22 upvotes or fewer. In the edition: “Paper 1” with 60; “Paper 2” with 41."
    )


def test_a_field_of_one_paper_is_short() -> None:
    assert alternative(replace(FIELD, runners=(runner(1, 2),))) == (
        "1 paper of Thu 20 November 2025, by upvotes as of 23:41 UTC. First: “Paper 1” with 2, in 6 h."
    )


def test_words_stay_on_one_line_whatever_a_title_holds() -> None:
    said = alternative(replace(TREND, title="A\n\x1b[31m\u202eB " + "long " * 100))
    assert said.startswith("“A [31mB long")
    assert "\n" not in said
    assert len(said) < 220


@pytest.mark.parametrize(
    ("span", "said"),
    [(0, "1 min"), (40 * 60_000, "40 min"), (9 * HOUR, "9 h"), (47 * HOUR, "47 h"), (72 * HOUR, "3 days")],
)
def test_a_span_is_said_as_people_do(span: int, said: str) -> None:
    assert duration(span) == said
