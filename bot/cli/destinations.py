"""`paperboy destination`: where digests go, when, and what is in them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import typer

from bot.cli.common import JsonOption, load_settings, now, print_json, say, table, with_store
from bot.errors import InputError, NotFoundError
from bot.model import (
    Destination,
    DestinationState,
    Layout,
    Pool,
    QuietDay,
    Route,
    Schedule,
    SlotOutcome,
    SlotRecord,
    Window,
)
from bot.ports import Store

app = typer.Typer(help="Say where digests go, when, and what is in them.", no_args_is_help=True)

_BY: Final = "the command line"
_OUTCOMES: Final = {
    SlotOutcome.QUEUED: "digest written",
    SlotOutcome.QUIET: "no digest",
    SlotOutcome.MISSED: "missed",
}
_NAME = Annotated[str, typer.Argument(help="The destination's name.")]
_ROUTE_HELP = "Where it goes: `console`, or the https address of a webhook."
_At = Annotated[str | None, typer.Option("--at", help="Local time of the post, e.g. 9:00.")]
_Days = Annotated[str | None, typer.Option(help="Days: weekdays, daily, weekends, or mon,wed,fri.")]
_Zone = Annotated[str | None, typer.Option(help="Time zone, e.g. Europe/Berlin.")]
_Filter = Annotated[str | None, typer.Option("--filter", help="Only what matches, e.g. 'cat:cs.CL -survey'.")]
_Pool_ = Annotated[Pool | None, typer.Option(help="Trending papers, newly announced ones, or both.")]
_WindowOption = Annotated[Window | None, typer.Option(help="How far back trending looks.")]
_Max = Annotated[int | None, typer.Option("--max", min=1, max=25, help="At most so many papers.")]
_Floor = Annotated[int | None, typer.Option(min=0, help="Leave out papers that gained fewer upvotes.")]
_LayoutOption = Annotated[Layout | None, typer.Option(help="How it looks.")]
_Quiet = Annotated[QuietDay | None, typer.Option("--quiet-day", help="What to do when there is nothing.")]


@app.command()
def add(
    name: _NAME,
    route: Annotated[str, typer.Argument(help=_ROUTE_HELP)],
    at: _At = None,
    days: _Days = None,
    zone: _Zone = None,
    filter_: _Filter = None,
    pool: _Pool_ = None,
    window: _WindowOption = None,
    maximum: _Max = None,
    floor: _Floor = None,
    layout: _LayoutOption = None,
    quiet_day: _Quiet = None,
    same_as: Annotated[
        str | None,
        typer.Option(help="Another destination of the same people: no paper is told to both."),
    ] = None,
) -> None:
    """Add a destination. The first digest comes at its next appointment; there is no backlog."""
    from datetime import time

    from bot.model import WORKDAYS
    from bot.system import RandomIds

    settings = load_settings()
    ids = RandomIds()
    moment = now()
    base = Destination(
        id=ids.new(),
        recipient_id=ids.new(),
        name=_checked_name(name),
        route=_route(route),
        schedule=Schedule(time(9), WORKDAYS, settings.timezone),
        active_from=moment,
        created_at=moment,
    )
    made = _changed(base, at, days, zone, filter_, pool, window, maximum, floor, layout, quiet_day)

    async def store_it(store: Store) -> Destination:
        final = made
        if same_as is not None:
            final = replace(made, recipient_id=(await _get(store, same_as)).recipient_id)
        await store.destinations.add(final, final.name)
        return final

    _confirm(with_store(store_it), "Added")


@app.command("list")
def list_(
    removed: Annotated[bool, typer.Option("--removed", help="Those that were removed as well.")] = False,
    json_: JsonOption = False,
) -> None:
    """List the destinations."""
    found = with_store(lambda store: store.destinations.list(removed=removed))
    if json_:
        print_json([_as_json(one) for one in found])
    elif not found:
        say("No destinations yet. `paperboy destination add NAME console` makes one.")
    else:
        rows = [
            [one.name, one.state.value, _shown(one.route), _when(one), one.query or "everything"]
            for one in found
        ]
        table(["name", "state", "goes to", "when", "filter"], rows)


@app.command()
def show(name: _NAME, json_: JsonOption = False) -> None:
    """Show a destination, its last digests, why there was none, and what is next."""

    async def get(store: Store) -> tuple[Destination, Sequence[SlotRecord]]:
        found = await _get(store, name)
        return found, await store.destinations.slots(found.id, 10)

    found, slots = with_store(get)
    upcoming = _next(found)
    if json_:
        print_json(
            {
                **_as_json(found),
                "next_at": upcoming,
                "slots": [
                    {
                        "local_date": one.slot.local_date,
                        "at": one.slot.at,
                        "outcome": one.outcome.value,
                        "late": one.late,
                        "reason": one.reason.value if one.reason else None,
                        "detail": one.detail,
                        "delivery": one.delivery_id,
                    }
                    for one in slots
                ],
            }
        )
        return
    for key, value in _as_json(found).items():
        if value not in {None, ""}:
            say(f"{key:>12}  {value}")
    if (secret := _secret(found)) is not None:
        say(f"{'secret':>12}  {secret}")
    say(f"{'next':>12}  {upcoming:%a %d %b %Y %H:%M} UTC" if upcoming else f"{'next':>12}  none while paused")
    for one in slots:
        what = _OUTCOMES[one.outcome]
        late = ", late" if one.late and one.outcome is SlotOutcome.QUEUED else ""
        say(f"{one.slot.local_date!s:>12}  {what}{late}. {one.detail}".rstrip())


@app.command()
def edit(
    name: _NAME,
    route: Annotated[str | None, typer.Option(help=_ROUTE_HELP)] = None,
    rename: Annotated[str | None, typer.Option(help="A new name.")] = None,
    at: _At = None,
    days: _Days = None,
    zone: _Zone = None,
    filter_: _Filter = None,
    pool: _Pool_ = None,
    window: _WindowOption = None,
    maximum: _Max = None,
    floor: _Floor = None,
    layout: _LayoutOption = None,
    quiet_day: _Quiet = None,
) -> None:
    """Change a destination; what is not named stays."""

    async def change(store: Store) -> Destination:
        found = await _get(store, name)
        made = _changed(found, at, days, zone, filter_, pool, window, maximum, floor, layout, quiet_day)
        if route is not None:
            made = replace(made, route=_route(route))
        if rename is not None:
            made = replace(made, name=_checked_name(rename))
        if made.schedule != found.schedule:
            made = replace(made, active_from=max(found.active_from, now()))
        await store.destinations.update(made)
        return made

    _confirm(with_store(change), "Changed")


@app.command()
def pause(name: _NAME) -> None:
    """Stop sending there until it is resumed."""
    from bot.schedule.pauses import pause as do_pause

    async def work(store: Store) -> None:
        await do_pause(store, await _get_in(store, name, {DestinationState.ACTIVE}), _BY, now())

    with_store(work)
    say(f"{name} is paused. `paperboy destination resume {name}` goes on, without a backlog.")


@app.command()
def resume(name: _NAME) -> None:
    """Go on after a pause, from the next appointment on."""
    from bot.schedule.pauses import resume as do_resume

    async def work(store: Store) -> Destination:
        await do_resume(store, await _get_in(store, name, {DestinationState.PAUSED}), _BY, now())
        return await _get(store, name)

    say(f"{name} goes on: next {_next(with_store(work)):%a %d %b %H:%M} UTC.")


@app.command()
def remove(name: _NAME) -> None:
    """Remove a destination; its record stays."""

    async def work(store: Store) -> None:
        found = await _get(store, name)
        await store.destinations.set_state(found.id, DestinationState.REMOVED, _BY, now())

    with_store(work)
    say(f"{name} was removed.")


@app.command()
def preview(name: _NAME) -> None:
    """Show what it would be sent now; nothing is sent."""
    from bot.cli.digests import show_preview

    show_preview(name, None, "console")


# --- shared ------------------------------------------------------------------------------------


async def _get(store: Store, name: str) -> Destination:
    found = await store.destinations.by_name(name)
    if found is None:
        raise NotFoundError("destination", name, "`paperboy destination list` shows them.")
    return found


async def _get_in(store: Store, name: str, states: set[DestinationState]) -> Destination:
    found = await _get(store, name)
    if found.state not in states:
        raise InputError(f"{name} is {found.state.value} already.")
    return found


def _checked_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned or len(cleaned) > 80 or not cleaned.isprintable():
        raise InputError("A name has 1 to 80 printable characters.")
    return cleaned


def _route(text: str) -> Route:
    from bot.wiring import route_of

    return route_of(text)


def _shown(route: Route) -> str:
    from bot.wiring import shown_route

    return shown_route(route)


def _changed(
    base: Destination,
    at: str | None,
    days: str | None,
    zone: str | None,
    filter_: str | None,
    pool: Pool | None,
    window: Window | None,
    maximum: int | None,
    floor: int | None,
    layout: Layout | None,
    quiet_day: QuietDay | None,
) -> Destination:
    """The destination with what was named changed; raises `InputError` for what cannot be."""
    from bot.schedule.zones import check_zone, parse_days, parse_time
    from bot.search.query import format_query, parse

    old = base.schedule
    schedule = Schedule(
        parse_time(at) if at is not None else old.at,
        parse_days(days) if days is not None else old.days,
        check_zone(zone) if zone is not None else old.zone,
    )
    if window is None and days is not None and len(schedule.days) == 1 and base.window is Window.DAY:
        window = Window.WEEK  # a digest a week that looked back a day would leave most of it out
    return replace(
        base,
        schedule=schedule,
        query=format_query(parse(filter_)) if filter_ is not None else base.query,
        pool=pool or base.pool,
        window=window or base.window,
        maximum=maximum if maximum is not None else base.maximum,
        floor=floor if floor is not None else base.floor,
        layout=layout or base.layout,
        quiet_day=quiet_day or base.quiet_day,
    )


def _confirm(destination: Destination, verb: str) -> None:
    say(f"{verb} {destination.name}: {_shown(destination.route)}, {_when(destination)}.")
    upcoming = _next(destination)
    if upcoming is not None:
        say(f"Next digest: {upcoming:%a %d %b %Y %H:%M} UTC.")
    growth = with_store(lambda store: _growth(store, destination))
    if growth:
        say(growth)
    secret = _secret(destination)
    if secret is not None:
        say(f"Messages are signed with {secret} (docs/webhook.md).")


def _secret(destination: Destination) -> str | None:
    from bot.wiring import receivers_secret

    return receivers_secret(load_settings(), destination.route)


async def _growth(store: Store, destination: Destination) -> str | None:
    """How much of a list is usually there at the time that was chosen."""
    from bot.schedule.growth import LISTS_USED, share_by_hour
    from bot.sources.calendar import current_list_day

    today = current_list_day(now())
    days = timedelta(days=2 * LISTS_USED)
    growths = await store.papers.growth(today - days, today - timedelta(days=1))
    share = share_by_hour(growths, destination.schedule.zone, destination.schedule.at)
    return share.sentence if share is not None else None


def _next(destination: Destination) -> datetime | None:
    from bot.schedule.slots import next_slot

    if destination.state is not DestinationState.ACTIVE:
        return None
    return next_slot(destination.schedule, max(now(), destination.active_from)).at


def _when(destination: Destination) -> str:
    from bot.schedule.zones import format_days, format_time

    schedule = destination.schedule
    return f"{format_days(schedule.days)} at {format_time(schedule.at)} ({schedule.zone})"


def _as_json(destination: Destination) -> dict[str, Any]:
    return {
        "name": destination.name,
        "id": destination.id,
        "state": destination.state.value,
        "state_by": destination.state_by,
        "state_at": destination.state_at,
        "surface": destination.route.surface,
        "address": _shown(destination.route),
        "at": f"{destination.schedule.at:%H:%M}",
        "days": [day.value for day in sorted(destination.schedule.days, key=lambda day: day.number)],
        "zone": destination.schedule.zone,
        "filter": destination.query,
        "pool": destination.pool.value,
        "window": destination.window.value,
        "maximum": destination.maximum,
        "floor": destination.floor,
        "layout": destination.layout.value,
        "quiet_day": destination.quiet_day.value,
        "created_at": destination.created_at,
    }
