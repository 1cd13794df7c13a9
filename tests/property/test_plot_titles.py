"""Whatever a title or a query holds, the plot is drawn, and stays one picture."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.plots import draw
from bot.plots.model import Plot
from tests.unit.plots.pieces import FIELD, MONTH, TREND, svg_of

TAGS = {"svg", "title", "defs", "g", "path", "use", "clipPath", "rect"}
HOSTILE = (
    "$",
    "$$x^{2}$ and \\frac{1}{0}",
    "\\textbf{x} \\input{/etc/passwd} %",
    "</title><script>alert(1)</script>",
    "--> <!-- ]]> &amp; &#0;",
    "مقالة عن التعلم العميق (GPT-4)",
    "עברית \u202e abc \u2066",
    "日本語の題名",
    "👩\u200d🔬🏴\U000e0067\U000e0062\U000e007f é̂̃ \ufe0f",
    "\x00\x07\x1b[31m\ud800\ufffe\uffff\u200b",
    "W" * 10_000,
    "ﷺ" * 200,
    "a\n\n\tb",
    "",
)

anything = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60), st.text("$\\{}_^%&<>\"'", max_size=20))


@given(title=anything)
@settings(max_examples=25, deadline=None)
def test_any_title_is_drawn(title: str) -> None:
    for plot in titled(title):
        root = svg_of(plot)
        assert {one.tag.rpartition("}")[2] for one in root.iter()} <= TAGS
        assert len((root[0].text or "").splitlines()) <= 1


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_are_drawn_as_png(title: str) -> None:
    for plot in titled(title):
        assert draw.png(plot).startswith(b"\x89PNG")


def titled(title: str) -> tuple[Plot, ...]:
    return (
        replace(TREND, title=title),
        replace(MONTH, query=title),
        replace(FIELD, runners=tuple(replace(one, title=title) for one in FIELD.runners)),
    )
