"""`paperboy digest`: what would be sent, anywhere and at any instant."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Annotated, Final

import typer

from bot.cli.common import instant, now, say, warn, with_store
from bot.errors import InputError, NotFoundError
from bot.model import EVERY_DAY, Destination, Route, Schedule, Slot, Window
from bot.ports import Store

app = typer.Typer(help="Look at digests before they are sent.", no_args_is_help=True)

_SURFACES: Final = ("console", "webhook")


@app.command()
def preview(
    destination: Annotated[
        str | None,
        typer.Option(help="As this destination gets it; without one, the five best."),
    ] = None,
    at: Annotated[str | None, typer.Option(help="As of this instant, e.g. 2025-11-20T09:00 (UTC).")] = None,
    surface: Annotated[str, typer.Option(help="As this surface shows it: console or webhook.")] = "console",
    window: Annotated[Window | None, typer.Option(help="Another window than the destination's.")] = None,
) -> None:
    """Show a digest as it would be sent; nothing is stored and nothing is sent."""
    show_preview(destination, at, surface, window)


def show_preview(name: str | None, at: str | None, surface: str, window: Window | None = None) -> None:
    """Prints what a destination would be sent at an instant."""
    from bot.editions.preview import preview as make
    from bot.view.doc import to_json
    from bot.view.plain import to_plain

    if surface not in _SURFACES:
        raise InputError(f"{surface!r} is no surface. Write one of {', '.join(_SURFACES)}.")
    as_of = instant(at) if at is not None else now()

    async def build(store: Store) -> str:
        found = await store.destinations.by_name(name) if name is not None else _anybody(as_of)
        if found is None:
            raise NotFoundError("destination", name or "", "`paperboy destination list` shows them.")
        if window is not None:
            found = replace(found, window=window)
        slot = Slot(_local_date(found, as_of), as_of)
        made = await make(store, found, slot, as_of, ledger=at is None)
        if surface == "webhook":
            from bot.wiring import webhook_body

            return webhook_body(to_json(made.doc), slot.at)
        return to_plain(made.doc, 100)

    say(with_store(build))
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
