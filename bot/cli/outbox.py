"""`paperboy outbox`: what is on its way, what arrived, what did not, and what nobody can tell."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from bot.cli.common import BY, JsonOption, local, now, print_json, say, table, with_store
from bot.cli.output import facts, paragraph, text_width
from bot.errors import InputError, NotFoundError
from bot.model import Delivery, DeliveryState
from bot.ports import Store
from bot.view.doc import Span

app = typer.Typer(help="Look at deliveries, and settle what is doubtful.", no_args_is_help=True)

_HINT = "`paperboy outbox list --all` shows them."
_DELIVERY = Annotated[str, typer.Argument(metavar="ID", help="The delivery's id.")]
_UNSENT = tuple(one for one in DeliveryState if one is not DeliveryState.SENT)


@app.command("list")
def list_(
    state: Annotated[list[DeliveryState] | None, typer.Option(help="Only these states.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that were sent as well.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 50,
    json_: JsonOption = False,
) -> None:
    """List deliveries: those under way, rejected and in doubt, or of the states named."""
    wanted = state or (tuple(DeliveryState) if everything else _UNSENT)

    async def read(store: Store) -> tuple[list[Delivery], dict[str, str]]:
        names = {one.id: one.name for one in await store.destinations.list(removed=True)}
        return list(await store.outbox.list(wanted, limit)), names

    found, names = with_store(read)
    if json_:
        print_json([_as_json(one, names) for one in found])
        return
    if not found:
        say(
            "No deliveries."
            if everything or state
            else "Nothing is under way, nothing was rejected, and nothing is in doubt."
        )
        return
    at = now()
    table(
        ["id", "state", "destination", "surface", "tries", "ended / next (UTC)", "last error"],
        [_row(one, names, at) for one in found],
    )
    if any(one.state is DeliveryState.IN_DOUBT for one in found):
        advice = "look whether it arrived, then say `paperboy outbox resolve ID --arrived` or `--lost`."
        paragraph(Span(f"In doubt: {advice}"))


@app.command()
def show(delivery_id: _DELIVERY, json_: JsonOption = False) -> None:
    """Show one delivery and its message."""

    async def read(store: Store) -> tuple[Delivery, dict[str, str]]:
        found = await store.outbox.get(delivery_id)
        if found is None:
            raise NotFoundError("delivery", delivery_id, _HINT)
        return found, {one.id: one.name for one in await store.destinations.list(removed=True)}

    found, names = with_store(read)
    if json_:
        print_json({**_as_json(found, names), "doc": found.doc})
        return
    from bot.view.doc import from_json
    from bot.view.plain import to_plain

    facts(_card(found, names, now()))
    say()
    say(to_plain(from_json(found.doc), text_width()).rstrip("\n"))


@app.command()
def retry(
    delivery_id: _DELIVERY,
    hours: Annotated[int, typer.Option(min=1, max=168, help="Keep trying for so many hours.")] = 6,
    json_: JsonOption = False,
) -> None:
    """Send a rejected or doubtful delivery again, under the same key."""
    at = now()
    found = with_store(lambda store: store.outbox.resend(delivery_id, at, at + timedelta(hours=hours)))
    if json_:
        print_json(_as_json(found, {}))
    else:
        say(f"{found.id} is waiting to be sent again; the running bot, or `paperboy once`, sends it.")


@app.command()
def resolve(
    delivery_id: _DELIVERY,
    arrived: Annotated[bool, typer.Option("--arrived", help="The message is there.")] = False,
    lost: Annotated[bool, typer.Option("--lost", help="It is not; its papers count as not told.")] = False,
    json_: JsonOption = False,
) -> None:
    """Say what became of a doubtful delivery."""
    if arrived == lost:
        raise InputError("Say either --arrived or --lost.")
    found = with_store(lambda store: store.outbox.resolve(delivery_id, now(), arrived=arrived, by=BY))
    if json_:
        print_json(_as_json(found, {}))
    elif arrived:
        say(f"{found.id} counts as sent.")
    else:
        say(f"{found.id} counts as not sent; its papers come again with a later digest.")


# --- shared ------------------------------------------------------------------------------------


def _words(state: DeliveryState) -> str:
    return state.value.replace("_", " ")


def _row(one: Delivery, names: Mapping[str, str], at: datetime) -> list[str]:
    return [
        one.id,
        _words(one.state),
        names.get(one.destination_id, one.destination_id),
        one.route.surface,
        str(one.attempts),
        local(one.finished_at or one.not_before, "UTC", at),
        one.last_error or "",
    ]


def _card(one: Delivery, names: Mapping[str, str], at: datetime) -> list[tuple[str, str]]:
    def utc(instant: datetime | None) -> str:
        return f"{local(instant, 'UTC', at)} UTC" if instant is not None else ""

    if one.state is DeliveryState.IN_DOUBT:
        advice = "look whether it arrived, then `paperboy outbox resolve` it --arrived or --lost"
    elif one.doubtful and not one.state.final:
        advice = "an earlier try may have arrived: the receiver is asked, or drops the repeat"
    else:
        advice = ""
    return [
        ("id", one.id),
        ("state", f"{_words(one.state)}: {advice}" if advice else _words(one.state)),
        ("destination", names.get(one.destination_id, one.destination_id)),
        ("surface", one.route.surface),
        ("key", one.key),
        ("tries", str(one.attempts)),
        ("last error", one.last_error or ""),
        ("receipt", one.receipt or ""),
        ("written", utc(one.created_at)),
        ("next try", "" if one.state.final else utc(one.not_before)),
        ("deliver by", "" if one.state.final else utc(one.deliver_by)),
        ("ended", utc(one.finished_at)),
    ]


def _as_json(delivery: Delivery, names: Mapping[str, str]) -> dict[str, Any]:
    """One delivery for programs; a stable form."""
    return {
        "id": delivery.id,
        "key": delivery.key,
        "state": delivery.state.value,
        "surface": delivery.route.surface,
        "destination": delivery.destination_id,
        "destination_name": names.get(delivery.destination_id),
        "attempts": delivery.attempts,
        "doubtful": delivery.doubtful,
        "created_at": delivery.created_at,
        "not_before": delivery.not_before,
        "deliver_by": delivery.deliver_by,
        "finished_at": delivery.finished_at,
        "receipt": delivery.receipt,
        "last_error": delivery.last_error,
    }
