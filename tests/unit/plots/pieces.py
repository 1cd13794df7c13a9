"""Plots as the tests of plots need them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from xml.etree import ElementTree as ET

from bot.model import IdScheme, Paper, PaperId, Signal, Upstream
from bot.plots import draw
from bot.plots.model import Curve, DayField, PaperTrend, Plot, Runner, Shape, Theme, TopicDay, TopicMonth

HOUR: Final = 3_600_000
SEEN: Final = datetime(2025, 11, 20, 7, 12, tzinfo=UTC)

TREND: Final = PaperTrend(
    title="Reading Maps by Ear",
    key="arxiv:2511.00001",
    first_seen_at=SEEN,
    reach=9 * HOUR,
    curves=(Curve(Signal.UPVOTES, ((0, 12), (2 * HOUR, 30), (8 * HOUR, 57))),),
    usual=((HOUR, 2.0), (9 * HOUR, 19.0)),
    compared=812,
)
MONTH: Final = TopicMonth(
    query="flash attention",
    days=tuple(
        TopicDay(date(2025, 10, 22) + timedelta(days=number), number % 3, 10 * number) for number in range(30)
    ),
)


def svg_of(plot: Plot, theme: Theme = Theme.LIGHT, shape: Shape = Shape.WIDE) -> ET.Element:
    """The plot's picture, read back."""
    return ET.fromstring(draw.svg(plot, theme, shape))  # noqa: S314 - we made it


def runner(number: int, last: int, place: int | None = None, title: str = "") -> Runner:
    return Runner(
        title=title or f"Paper {number}",
        key=f"arxiv:2511.{number:05}",
        corners=((0, 0), (HOUR, last)),
        reach=6 * HOUR,
        place=place,
    )


FIELD: Final = DayField(
    day=date(2025, 11, 20),
    read_at=datetime(2025, 11, 20, 23, 41, tzinfo=UTC),
    runners=(runner(1, 60, 1), runner(2, 41, 2), runner(3, 3), runner(4, 1)),
)


def a_paper(number: int = 1, **more: Any) -> Paper:
    made = Paper(
        id=number,
        ids=(PaperId(IdScheme.ARXIV, f"2511.{number:05}"),),
        title=f"Paper {number}",
        abstract="",
        text_from=Upstream.HUGGING_FACE,
        authors=(),
        published_at=None,
        first_seen_at=SEEN,
        categories=None,
    )
    return replace(made, **more)
