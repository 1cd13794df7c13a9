"""`paperboy digest`: what would be sent, anywhere and at any instant."""

from dataclasses import replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated

import typer

from bot.cli.common import instant, load_settings, now, say, warn, with_store
from bot.cli.completion import destination_names
from bot.cli.output import text_width
from bot.model import EVERY_DAY, Destination, Route, Schedule, Slot, Window
from bot.ports import Store

app = typer.Typer(help="Look at digests before they are sent.", no_args_is_help=True)


class Surface(StrEnum):
    """Where a digest can be looked at."""

    CONSOLE = "console"
    WEBHOOK = "webhook"


@app.callback()
def _group() -> None:
    """Look at digests before they are sent."""


@app.command()
def preview(
    destination: Annotated[
        str | None,
        typer.Option(
            help="As this destination gets it; without one, the five best.",
            autocompletion=destination_names,
        ),
    ] = None,
    at: Annotated[str | None, typer.Option(help="As of this instant, e.g. 2025-11-20T09:00 (UTC).")] = None,
    surface: Annotated[Surface, typer.Option(help="As this surface shows it.")] = Surface.CONSOLE,
    window: Annotated[Window | None, typer.Option(help="Another window than the destination's.")] = None,
) -> None:
    """Show a digest as it would be sent; nothing is stored and nothing is sent."""
    show_preview(destination, at, surface, window)


def show_preview(name: str | None, at: str | None, surface: Surface, window: Window | None = None) -> None:
    """Prints what a destination would be sent at an instant."""
    from bot.cli.destinations import find
    from bot.editions.preview import preview as make
    from bot.taste.tasting import Tasting
    from bot.view.doc import to_json
    from bot.view.plain import to_plain
    from bot.wiring import open_index

    settings = load_settings()
    as_of = instant(at) if at is not None else now()

    async def build(store: Store) -> str:
        found = await find(store, name) if name is not None else _anybody(as_of)
        if window is not None:
            found = replace(found, window=window)
        slot = Slot(_local_date(found, as_of), as_of)
        async with open_index(settings, store) as index:
            tasting = Tasting(store, index)
            made = await make(store, found, slot, as_of, ledger=at is None, tasting=tasting)
        if surface is Surface.WEBHOOK:
            from bot.wiring.routes import webhook_body

            return webhook_body(to_json(made.doc), slot.at)
        return to_plain(made.doc, text_width())

    say(with_store(build, settings).rstrip("\n"))
    warn("This is a preview: nothing was sent.")


def _local_date(destination: Destination, as_of: datetime) -> date:
    from bot.schedule.zones import zone_info

    return as_of.astimezone(zone_info(destination.schedule.zone)).date()


def _anybody(as_of: datetime) -> Destination:
    return Destination(
        id="preview",
        recipient_id="preview",
        name="preview",
        route=Route(surface="console", address="stdout"),
        schedule=Schedule(time(9), EVERY_DAY, "UTC"),
        active_from=as_of,
        created_at=as_of,
    )
