"""`paperboy destination`: where digests go, when, and what is in them."""

import shlex
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import BY, JsonOption, load_settings, now, print_json, say, table, with_store
from bot.cli.completion import destination_names
from bot.cli.standing import (
    Standing,
    confirm,
    next_words,
    settings_json,
    show_card,
    standing,
    standing_json,
)
from bot.cli.wishes import ROUTE_HELP, Wishes, with_wishes
from bot.config import Settings
from bot.errors import InputError, NotFoundError
from bot.model import (
    WORKDAYS,
    Destination,
    DestinationState,
    Pool,
    Route,
    Schedule,
)
from bot.ports import Store

if TYPE_CHECKING:
    from bot.schedule.growth import Share

app = typer.Typer(help="Say where digests go, when, and what is in them.", no_args_is_help=True)

_NewName = Annotated[str, typer.Argument(metavar="NAME", help="A name for it, of your choice.")]
_NAME = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The destination's name.", autocompletion=destination_names),
]


@app.command()
@with_wishes
def add(
    *,
    name: _NewName,
    route: Annotated[str, typer.Argument(metavar="ROUTE", help=ROUTE_HELP)],
    wishes: Wishes,
    same_as: Annotated[
        str | None,
        typer.Option(
            help="Another destination of the same people: no paper is told to both.",
            autocompletion=destination_names,
        ),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Add a destination. The first digest comes at its next appointment; there is no backlog."""
    from bot.system import RandomIds

    settings = load_settings()
    ids = RandomIds()
    moment = now()
    made = wishes.applied(
        Destination(
            id=ids.new(),
            recipient_id=ids.new(),
            name=_checked_name(name),
            route=_route(route),
            schedule=Schedule(time(9), WORKDAYS, settings.timezone),
            active_from=moment,
            created_at=moment,
        )
    )

    async def work(store: Store) -> Destination:
        final = made
        if same_as is not None:
            final = replace(made, recipient_id=(await find(store, same_as)).recipient_id)
        await store.destinations.add(final, final.name)
        return final

    _do_and_confirm("Added", work, made.route, settings, json_=json_)


@app.command("list")
def list_(
    removed: Annotated[bool, typer.Option("--removed", help="Those that were removed as well.")] = False,
    json_: JsonOption = False,
) -> None:
    """List the destinations."""
    from bot.schedule.standing import next_appointment, when_words

    moment = now()

    async def read(store: Store) -> list[tuple[Destination, datetime | None]]:
        rows = []
        for one in await store.destinations.list(removed=removed):
            last = await store.destinations.slots(one.id, 1)
            rows.append((one, next_appointment(one, last[0] if last else None, moment)))
        return rows

    found = with_store(read)
    if json_:
        print_json([settings_json(one, _shown(one.route), next_at) for one, next_at in found])
    elif not found:
        say("No destinations yet. `paperboy destination add NAME console` makes one.")
    else:
        rows = [
            [one.name, one.state.value, _shown(one.route), when_words(one), one.query or "all"]
            for one, _ in found
        ]
        table(["name", "state", "goes to", "when", "filter"], rows)


@app.command()
def show(name: _NAME, json_: JsonOption = False) -> None:
    """Show a destination, its last digests, why there was none, and what is next."""
    settings = load_settings()

    async def read(store: Store) -> Standing:
        return await standing(store, await find(store, name), settings, now())

    found = with_store(read)
    if json_:
        print_json(standing_json(found))
    else:
        show_card(found)


@app.command()
@with_wishes
def edit(
    *,
    name: _NAME,
    route: Annotated[str | None, typer.Option(help=ROUTE_HELP)] = None,
    rename: Annotated[str | None, typer.Option(help="A new name.")] = None,
    wishes: Wishes,
    json_: JsonOption = False,
) -> None:
    """Change a destination; what is not named stays."""
    if not wishes and route is None and rename is None:
        raise InputError("Say what to change: `paperboy destination edit --help` lists what can be.")
    new_route = _route(route) if route is not None else None
    new_name = _checked_name(rename) if rename is not None else None

    async def work(store: Store) -> Destination:
        found = await find(store, name)
        made = replace(wishes.applied(found), route=new_route or found.route, name=new_name or found.name)
        if made.schedule != found.schedule:
            made = replace(made, active_from=max(found.active_from, now()))
        await store.destinations.update(made)
        return made

    _do_and_confirm("Changed", work, new_route, load_settings(), json_=json_)


@app.command()
def pause(name: _NAME, json_: JsonOption = False) -> None:
    """Stop sending there until it is resumed."""
    from bot.schedule.pauses import pause as do_pause

    settings = load_settings()

    async def work(store: Store) -> Standing:
        found = await _find_in(store, name, DestinationState.ACTIVE)
        await do_pause(store, found, BY, now())
        return await standing(store, await find(store, found.id), settings, now())

    found = with_store(work)
    if json_:
        print_json(standing_json(found))
        return
    paused = found.destination.name
    say(
        f"{paused} is paused. `paperboy destination resume {shlex.quote(paused)}` goes on, without a backlog."
    )


@app.command()
def resume(name: _NAME, json_: JsonOption = False) -> None:
    """Go on after a pause, from the next appointment on."""
    from bot.schedule.pauses import resume as do_resume

    settings = load_settings()

    async def work(store: Store) -> Standing:
        found = await _find_in(store, name, DestinationState.PAUSED)
        await do_resume(store, found, BY, now())
        return await standing(store, await find(store, found.id), settings, now())

    found = with_store(work)
    if json_:
        print_json(standing_json(found))
    else:
        say(f"{found.destination.name} goes on. Next digest: {next_words(found)}.")


@app.command()
def remove(name: _NAME) -> None:
    """Remove a destination; its record stays."""

    async def work(store: Store) -> str:
        found = await find(store, name)
        await store.destinations.set_state(found.id, DestinationState.REMOVED, BY, now())
        return found.name

    say(f"{with_store(work)} was removed. Its record stays: `paperboy destination list --removed` shows it.")


@app.command()
def preview(name: _NAME) -> None:
    """Show what it would be sent now; nothing is sent."""
    from bot.cli.digests import Surface, show_preview

    show_preview(name, None, Surface.CONSOLE)


# --- shared ------------------------------------------------------------------------------------


async def find(store: Store, name: str) -> Destination:
    """The destination of that name or id. Raises `NotFoundError`."""
    found = await store.destinations.by_name(name)
    if found is None:
        raise NotFoundError("destination", name, "`paperboy destination list` shows them.")
    return found


async def _find_in(store: Store, name: str, state: DestinationState) -> Destination:
    from bot.schedule.standing import state_words

    found = await find(store, name)
    if found.state is not state:
        raise InputError(f"{found.name} is {state_words(found, now())} already.")
    return found


def _checked_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > 80 or not cleaned.isprintable():
        raise InputError("A name has 1 to 80 printable characters.")
    return cleaned


def _route(text: str) -> Route:
    from bot.wiring.routes import route_of

    return route_of(text)


def _shown(route: Route) -> str:
    from bot.wiring.routes import shown_route

    return shown_route(route)


def _do_and_confirm(
    verb: str,
    work: Callable[[Store], Awaitable[Destination]],
    route: Route | None,
    settings: Settings,
    *,
    json_: bool,
) -> None:
    """Makes or changes a destination, and says how it stands now."""
    from bot.wiring.routes import receivers_secret

    if route is not None:
        receivers_secret(settings, route)  # if the key for it cannot be had, nothing must be stored

    async def do(store: Store) -> tuple[Standing, tuple["Share", ...]]:
        done = await find(store, (await work(store)).id)  # as it is stored
        return await standing(store, done, settings, now()), await _usually_up(store, done)

    shown, shares = with_store(do, settings)
    if json_:
        print_json(standing_json(shown))
    else:
        confirm(shown, verb, shares[0] if shares else None, shares[1:])


async def _usually_up(store: Store, destination: Destination) -> tuple["Share", ...]:
    """How much of a list is usually up at the chosen time, and at others; empty if too few were watched."""
    from bot.schedule.growth import LISTS_USED, TABLE_TIMES, share_table
    from bot.sources.calendar import current_list_day

    if destination.pool is Pool.ANNOUNCED:
        return ()  # what arXiv announces comes all at once
    today = current_list_day(now())
    growths = await store.papers.growth(today - timedelta(days=2 * LISTS_USED), today - timedelta(days=1))
    chosen = destination.schedule
    shares = share_table(growths, chosen.zone, (chosen.at, *TABLE_TIMES))
    return shares if shares and shares[0].at == chosen.at else ()
