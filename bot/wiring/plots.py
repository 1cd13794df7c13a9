"""What draws, put together: pictures are kept in the home folder."""

from typing import TYPE_CHECKING

from bot.config import Settings
from bot.ports import Store
from bot.wiring import Surroundings

if TYPE_CHECKING:
    from bot.commands.rankings import Rankings
    from bot.plots.plots import Plots


def make_plots(settings: Settings, around: Surroundings, store: Store, rankings: "Rankings") -> "Plots":
    """Plots of this store; to be closed. The process that draws starts when a picture is first wanted."""
    from bot.plots.drawing import DrawingProcess  # noqa: PLC0415 - loaded only where it is used
    from bot.plots.kept import KeptDrawings, KeptPictures  # noqa: PLC0415 - as above
    from bot.plots.plots import Plots  # noqa: PLC0415 - as above

    folder = settings.home / "plots"
    process = DrawingProcess(around.clock, folder / "matplotlib")
    return Plots(store, rankings, around.clock, KeptDrawings(process, KeptPictures(folder)))
