"""`paperboy plot`: a paper's trend, a topic's month or a day's field, as a picture in a file."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import existing_database, load_settings, now, run, say
from bot.errors import InputError
from bot.plots.model import Theme

if TYPE_CHECKING:
    from bot.plots.model import Plot
    from bot.plots.plots import Plots

    Chosen = Callable[[Plots], Awaitable[Plot]]

app = typer.Typer(
    help="Draw a paper's trend, a topic's month or a day's field, as PNG or SVG.", no_args_is_help=True
)

_Out = Annotated[
    Path, typer.Option("--out", "-o", help="The file to write; its name ends with .png or .svg.")
]
_Theme = Annotated[
    Theme, typer.Option(help="What an SVG is for: card (brings its background), or a light or dark page.")
]


@app.command("paper")
def paper_command(
    name: Annotated[str, typer.Argument(metavar="ID", help="An id or a link: 1706.03762.")],
    out: _Out,
    theme: _Theme = Theme.CARD,
) -> None:
    """Draw how a paper's upvotes, stars and points on Hacker News rose, beside what is usual at its age."""
    from bot.ids import paper_id_of

    paper_id = paper_id_of(name)
    if paper_id is None:
        raise InputError(f"{name!r} is no paper's id or link. Write one like 1706.03762.")

    _draw(lambda plots: plots.paper(paper_id), out, theme)


@app.command("topic")
def topic_command(
    words: Annotated[
        list[str], typer.Argument(metavar="QUERY…", help="What to look for; quote it, so that signs stay.")
    ],
    out: _Out,
    theme: _Theme = Theme.CARD,
) -> None:
    """Draw how many papers matched a query on each day of the last month, and how their upvotes rose."""
    _draw(lambda plots: plots.topic(" ".join(words)), out, theme)


@app.command("day")
def day_command(
    out: _Out,
    day: Annotated[
        str, typer.Argument(metavar="[DATE]", help="The day of a list, like 2025-11-20; unless given, today.")
    ] = "",
    theme: _Theme = Theme.CARD,
) -> None:
    """Draw how the upvotes of all papers of a daily list rose; those of the day's edition are named."""
    from datetime import date

    try:
        chosen = date.fromisoformat(day) if day else now().date()
    except ValueError:
        raise InputError(f"{day!r} is no day. Write it like 2025-11-20.") from None
    _draw(lambda plots: plots.day(chosen), out, theme)


def _draw(choose: "Chosen", out: Path, theme: Theme) -> None:
    """Writes the picture, and prints what it shows."""
    from bot.cli.running import surroundings
    from bot.commands.rankings import Rankings
    from bot.logs import configure_logs
    from bot.wiring import open_store
    from bot.wiring.plots import make_plots

    kind = out.suffix.lower()
    if kind not in {".png", ".svg"}:
        raise InputError(f"The name of {out} does not say what to draw: let it end with .png or .svg.")
    settings = load_settings()
    existing_database(settings)
    configure_logs("error", settings.log_format)

    async def draw() -> tuple[bytes, str]:
        around = surroundings()
        async with open_store(settings) as store:
            plots = make_plots(settings, around, store, Rankings(store.papers, around.clock))
            try:
                plot = await choose(plots)
                drawn = await (plots.png(plot) if kind == ".png" else plots.svg(plot, theme))
                return drawn, plots.alternative(plot)
            finally:
                await plots.aclose()

    picture, words = run(draw())
    try:
        out.write_bytes(picture)
    except OSError as error:
        raise InputError(f"{out} cannot be written ({error.strerror or error}).") from None
    say(words)


__all__ = ["app"]
