"""Plots over any store, drawn by hand: what stands around them is tested without matplotlib."""

from dataclasses import dataclass, field
from typing import Final

from bot.commands.rankings import Rankings
from bot.errors import DrawingError
from bot.plots.model import Plot, Shape, Theme
from bot.plots.plots import Plots
from bot.ports import Clock, Store

PICTURE: Final = b"\x89PNG: a picture"


@dataclass
class Painter:
    """`bot.plots.ports.Drawer`: draws the same picture of everything, or fails."""

    fails: str = ""  # a sentence: why nothing can be drawn
    drawn: list[tuple[Plot, Theme | None, Shape]] = field(default_factory=list)
    closed: bool = False

    async def draw(self, plot: Plot, theme: Theme | None, shape: Shape = Shape.WIDE) -> bytes:
        self.drawn.append((plot, theme, shape))
        if self.fails:
            raise DrawingError(self.fails)
        return PICTURE if theme is None else f"<svg>{theme} {shape}</svg>".encode()

    async def aclose(self) -> None:
        self.closed = True


def painted(store: Store, clock: Clock, painter: Painter | None = None) -> Plots:
    """Plots of this store, at the clock's instant."""
    return Plots(store, Rankings(store.papers, clock), clock, painter or Painter())
