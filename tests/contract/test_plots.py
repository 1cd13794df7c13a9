"""What there is to draw of a store; and `paperboy plot`, which draws it into a file."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.errors import NotFoundError, QueryError
from bot.model import IdScheme, PaperId, Window
from bot.plots.model import Shape, Theme
from bot.ports import Store
from tests.cli import Cli
from tests.clocks import StillClock
from tests.contract.commands import NOW, a_paper, fill
from tests.contract.readings import poll
from tests.plots import PICTURE, Painter, painted

ATTENTION = PaperId(IdScheme.ARXIV, "2511.00001")
TODAY = NOW.date()


async def test_a_papers_trend_is_what_was_read_of_it(store: Store) -> None:
    await fill(store)
    trend = await painted(store, StillClock(NOW)).paper(ATTENTION)
    assert (trend.title, [one.corners[-1][1] for one in trend.curves]) == ("Attention in Small Places", [90])
    with pytest.raises(NotFoundError, match="It is not stored here"):
        await painted(store, StillClock(NOW)).paper(PaperId(IdScheme.ARXIV, "2511.09999"))


async def test_of_a_paper_without_numbers_nothing_is_drawn(store: Store) -> None:
    silent = poll(0, replace(a_paper(1, 0), signals={}))
    await store.papers.ingest(silent, NOW)
    with pytest.raises(NotFoundError, match="No source has told a number of it yet"):
        await painted(store, StillClock(NOW)).paper(ATTENTION)


async def test_a_topics_month_counts_the_papers_that_match(store: Store) -> None:
    await fill(store)
    plots = painted(store, StillClock(NOW))
    month = await plots.topic("attention")
    assert [(one.day, one.papers, one.upvotes) for one in month.days if one.papers] == [(TODAY, 2, 150)]
    assert (await plots.topic("cat:cs.RO upvotes:>50")).papers == 2
    assert (await plots.topic("zebra")).papers == 0
    with pytest.raises(QueryError):
        await plots.topic("cat:")


async def test_a_months_papers_are_those_that_came_in_it(store: Store) -> None:
    await fill(store)
    later = painted(store, StillClock(NOW + timedelta(days=29)))
    assert (await later.topic("attention")).days[0].papers == 2
    assert (await painted(store, StillClock(NOW + timedelta(days=30))).topic("attention")).papers == 0


async def test_a_topics_month_is_kept_for_a_while(store: Store) -> None:
    await fill(store)
    clock = StillClock(NOW)
    plots = painted(store, clock)
    first, second = await asyncio.gather(plots.topic("attention"), plots.topic("attention"))
    assert first is second
    more = a_paper(1, 40, ids=(PaperId(IdScheme.ARXIV, "2511.00099"),), title="More Attention")
    await store.papers.ingest(poll(250, more), NOW)
    assert await plots.topic("attention") is first
    clock.set(NOW + timedelta(minutes=6))
    assert (await plots.topic("attention")).papers == first.papers + 1


async def test_only_the_topics_asked_for_last_are_kept(store: Store) -> None:
    await fill(store)
    plots = painted(store, StillClock(NOW))
    first = await plots.topic("attention")
    for number in range(60):
        await plots.topic(f"zebra {number}")
    again = await plots.topic("attention")
    assert again == first
    assert again is not first


async def test_a_days_field_names_those_of_its_edition(store: Store) -> None:
    await fill(store)
    plots = painted(store, StillClock(NOW + timedelta(days=3)))
    field = await plots.day(TODAY)
    assert [one.last for one in field.runners] == [90, 80, 70, 60, 50, 40, 30]
    assert [one.place for one in field.runners] == [1, 2, 3, 4, 5, None, None]


async def test_the_edition_of_the_day_is_the_one_that_was_frozen(store: Store) -> None:
    await fill(store)
    clock = StillClock(NOW)
    plots = painted(store, clock)
    ranking = await plots._rankings.now(Window.DAY)
    turned = replace(
        ranking,
        entries=tuple(replace(one, position=place) for place, one in enumerate(reversed(ranking.entries), 1)),
    )
    await store.editions.freeze(NOW, turned, (), 0)
    field = await plots.day(TODAY)
    assert [one.place for one in field.runners] == [None, None, 5, 4, 3, 2, 1]


async def test_of_a_day_that_nobody_watched_nothing_is_drawn(store: Store) -> None:
    await fill(store)
    with pytest.raises(NotFoundError, match="Thu 6 November 2025"):
        await painted(store, StillClock(NOW)).day(date(2025, 11, 6))


async def test_pictures_come_from_whoever_draws(store: Store) -> None:
    await fill(store)
    painter = Painter()
    plots = painted(store, StillClock(NOW), painter)
    trend = await plots.paper(ATTENTION)
    assert await plots.png(trend) == PICTURE
    assert await plots.svg(trend, Theme.DARK) == b"<svg>dark wide</svg>"
    assert painter.drawn == [(trend, None, Shape.WIDE), (trend, Theme.DARK, Shape.WIDE)]
    assert plots.alternative(trend).endswith("Upvotes rose from 18 to 90 in 4 h.")
    await plots.aclose()
    assert painter.closed


# --- the command line ----------------------------------------------------------------------------


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)
    made = Cli(tmp_path / "home")
    made.home.mkdir()
    made.store(fill)
    return made


def test_each_kind_of_plot_is_drawn_into_a_file(cli: Cli, tmp_path: Path) -> None:
    said = cli.ok("plot paper https://arxiv.org/abs/2511.00001v2 --out trend.png")
    assert said == "“Attention in Small Places”. Upvotes rose from 18 to 90 in 4 h.\n"
    assert (tmp_path / "trend.png").read_bytes().startswith(b"\x89PNG")
    assert cli.ok("plot day 2025-11-20 -o day.svg --theme dark").startswith(
        "7 papers of Thu 20 November 2025"
    )
    assert b"#e9e4da" in (tmp_path / "day.svg").read_bytes()
    assert "No paper about “zebra OR quagga” came" in cli.ok("plot topic zebra OR quagga --out month.SVG")
    assert (tmp_path / "month.SVG").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("paper 2511.00001 --out trend.gif", "let it end with .png or .svg"),
        ("paper nonsense --out a.png", "is no paper's id or link"),
        ("paper 2511.09999 --out a.png", "It is not stored here."),
        ("topic cat: --out a.png", "cat:"),
        ("day tomorrow --out a.png", "is no day. Write it like 2025-11-20."),
        ("day 2025-11-06 --out a.png", "No paper of its list was watched on that day."),
        ("paper 2511.00001 --out nowhere/a.png", "cannot be written"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(cli: Cli, line: str, says: str) -> None:
    assert says in cli.fails(f"plot {line}")


def test_nothing_is_made_to_look_at_it(tmp_path: Path) -> None:
    cli = Cli(tmp_path / "home")
    assert "There is no database" in cli.fails("plot day --out a.png")
    assert not cli.database.exists()
