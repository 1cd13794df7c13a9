"""What plots ask of whoever draws them."""

from typing import Protocol

from bot.plots.model import Plot, Shape, Theme


class Drawer(Protocol):
    """Makes pictures. Belongs to one event loop."""

    async def draw(self, plot: Plot, theme: Theme | None, shape: Shape = Shape.WIDE) -> bytes:
        """The plot as SVG in this theme, as UTF-8; without a theme as PNG, on a card of its own and always
        wide. Equal plots give equal bytes. Raises `DrawingError`.
        """

    async def aclose(self) -> None:
        """Lets go of what drawing needed."""
