"""Pictures by their structure: what they show, on what, and that equal plots give equal bytes."""

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread

from bot.model import Signal
from bot.plots import draw
from bot.plots.alternative import alternative
from bot.plots.glyphs import MISSING, readable
from bot.plots.look import INKS
from bot.plots.model import Curve, Plot, Shape, Theme, TopicMonth, size
from tests.unit.plots.pieces import FIELD, HOUR, MONTH, TREND, svg_of

SVG = "{http://www.w3.org/2000/svg}"
PLOTS = [TREND, MONTH, FIELD]
GROUNDS = {Theme.CARD: ["#fdfbf7"], Theme.LIGHT: ["#fdfbf7", "#ffffff"], Theme.DARK: ["#161513", "#1a1d21"]}

named = pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: type(plot).__name__)


def ids(plot: Plot, theme: Theme = Theme.LIGHT, shape: Shape = Shape.WIDE) -> list[str]:
    return [element.attrib["id"] for element in svg_of(plot, theme, shape).iter() if "id" in element.attrib]


@named
def test_a_png_has_two_dots_for_a_pixel(plot: Plot) -> None:
    made = draw.png(plot)
    assert made.startswith(b"\x89PNG\r\n")
    assert struct.unpack(">II", made[16:24]) == (1_280, 700)
    assert len(made) < 120_000


@named
def test_equal_plots_give_equal_bytes(plot: Plot) -> None:
    assert draw.png(plot) == draw.png(replace(plot))
    assert draw.svg(plot, Theme.DARK) == draw.svg(replace(plot), Theme.DARK)


@named
def test_an_svg_needs_no_style_no_font_and_nobody_else_and_says_what_it_shows(plot: Plot) -> None:
    root = svg_of(plot)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags == {"svg", "title", "defs", "g", "path", "use", "clipPath", "rect"} & tags
    assert not any("style" in element.attrib for element in root.iter())
    links = {value for one in root.iter() for name, value in one.attrib.items() if name.endswith("href")}
    assert all(link.startswith("#") for link in links)
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == alternative(plot)


def test_a_trend_has_a_panel_for_each_number_and_the_usual_course() -> None:
    curves = (*TREND.curves, Curve(Signal.STARS, ((0, 1_200), (HOUR, 1_300))))
    found = ids(replace(TREND, curves=curves))
    assert {"upvotes", "usual", "stars"} <= set(found)
    assert len([one for one in found if one.startswith("axes_")]) == 2
    assert "usual" not in ids(replace(TREND, usual=(), compared=0))


def test_a_topic_has_a_bar_for_each_day_and_a_line() -> None:
    assert "upvotes" in ids(MONTH)
    assert len([one for one in ids(MONTH) if one == "papers"]) == 30


def test_a_field_has_a_line_for_each_paper_and_a_name_for_those_of_the_edition() -> None:
    found = ids(FIELD)
    assert len([one for one in found if one.startswith("paper ")]) == 4
    assert len([one for one in found if one == "label"]) == 2


def test_where_there_is_no_room_for_names_they_stand_below_and_numbers_at_the_ends_of_lines() -> None:
    found = ids(FIELD, shape=Shape.NARROW)
    assert len([one for one in found if one == "label"]) == 2 * 2
    assert size(FIELD, Shape.NARROW) == (350, 350 + 2 * 20)
    root = svg_of(FIELD, shape=Shape.NARROW)
    assert root.attrib["width"] == "252pt"  # of which a picture 350 pixels wide has 72 for each 100


@pytest.mark.parametrize("stars", [(7, 9), (98_765, 99_321), (123_456, 151_300), (12_345_678, 12_999_999)])
def test_numbers_beside_a_plot_stay_within_its_margin(stars: tuple[int, int]) -> None:
    first, last = stars
    picture = pixels(replace(TREND, curves=(Curve(Signal.STARS, ((0, first), (HOUR, last))),), usual=()))
    margin = picture[40:-40, 6:40]  # inside the card, two dots for a pixel
    assert np.unique(margin.reshape(-1, margin.shape[-1]), axis=0).shape[0] == 1


def test_days_that_would_touch_are_left_out() -> None:
    wide, narrow = (days_named(shape) for shape in Shape)
    assert (wide, narrow) == (4, 3)


def days_named(shape: Shape) -> int:
    [axis] = [one for one in svg_of(MONTH, shape=shape).iter() if one.attrib.get("id") == "matplotlib.axis_3"]
    return len([one for one in axis if one.find(f".//{SVG}use") is not None])


def pixels(plot: Plot) -> "np.ndarray[tuple[int, int, int], np.dtype[np.float32]]":
    return imread(io.BytesIO(draw.png(plot)))


def test_only_a_card_brings_its_ground() -> None:
    assert [("card" in ids(TREND, theme)) for theme in Theme] == [True, False, False]


@pytest.mark.parametrize("theme", Theme)
def test_all_can_be_read_on_what_it_stands_on(theme: Theme) -> None:
    ink = INKS[theme]
    for ground in GROUNDS[theme]:
        for text in (ink.text, ink.dim, ink.accent):
            assert contrast(text, ground) >= 4.5  # WCAG 1.4.3
        assert contrast(ink.faint, ground) >= 3  # WCAG 1.4.11


def test_the_smallest_plots_are_drawn_too() -> None:
    nothing = TopicMonth(query="x", days=tuple(replace(one, papers=0, upvotes=0) for one in MONTH.days))
    moment = replace(TREND, reach=0, curves=(Curve(Signal.UPVOTES, ((0, 0),)),), usual=(), compared=0)
    for plot in (nothing, moment, replace(FIELD, runners=FIELD.runners[-1:])):
        assert draw.png(plot)


@pytest.mark.parametrize("strong", [False, True])
def test_what_no_font_has_is_replaced_where_it_stands(strong: bool) -> None:
    def shown(title: str) -> str:
        return readable(title, "arxiv:2511.00001", 100, strong=strong)

    assert shown("Learning 学习 by x² ∑ \U0001d4b3 مقالة") == (
        f"Learning {MISSING}{MISSING} by x² ∑ {MISSING if strong else chr(0x1D4B3)} مقالة"
    )
    assert shown("a 👩\u200d🔬 b") == f"a {MISSING} b"
    assert shown("深度学习") == shown(" \n ") == "arxiv:2511.00001"
    assert shown(f"{MISSING} abc") == f"{MISSING} abc"  # the sign itself is in all of them


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's ratio of two colours."""
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
