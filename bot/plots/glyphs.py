"""Text that the fonts at hand can show: those that come with matplotlib. Runs where it draws.

They have Latin, Greek, Cyrillic, Arabic, Hebrew and the signs of mathematics, of which bold ones have fewer,
and set what is written from right to left. For every character that they lack stands a sign, so that nobody
takes the rest for the whole.
"""

from functools import cache
from typing import Final

from matplotlib.font_manager import FontProperties, findfont, get_font

from bot.view.text import clusters, one_line, shorten

FAMILIES: Final = ("DejaVu Sans", "STIXGeneral")
MISSING: Final = "▯"


def readable(title: str, key: str, limit: int, *, strong: bool) -> str:
    """The title on one line of at most `limit` characters, as bold letters can show it where it is `strong`;
    the key, where most of it cannot be shown.
    """
    text = shorten(one_line(title).strip(), limit)
    shown = "".join(one if _known(one, strong=strong) else MISSING for one in clusters(text))
    return shown if shown and 2 * shown.count(MISSING) <= len(shown) else key


def _known(cluster: str, *, strong: bool) -> bool:
    """Whether some font has each character of it; what only joins or styles others is not drawn at all."""
    return all(ord(one) in _characters(strong=strong) for one in cluster)


@cache
def _characters(*, strong: bool) -> frozenset[int]:
    weight = "bold" if strong else "normal"
    faces = (FontProperties(family=[family], weight=weight) for family in FAMILIES)
    fonts = (get_font(findfont(face, fallback_to_default=False)) for face in faces)
    return frozenset(code for font in fonts for code in font.get_charmap())
