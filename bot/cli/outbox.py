"""`paperboy outbox`: what is on its way, what arrived, what did not, and what nobody can tell."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from bot.cli.common import JsonOption, now, print_json, say, table, with_store
from bot.errors import InputError, NotFoundError
from bot.model import Delivery, DeliveryState
from bot.ports import Store

app = typer.Typer(help="Look at deliveries, and settle what is doubtful.", no_args_is_help=True)

_HINT = "`paperboy outbox list --all` shows them."
_DELIVERY = Annotated[str, typer.Argument(help="The delivery's id.")]


def _as_json(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "key": delivery.key,
        "state": delivery.state.value,
        "surface": delivery.route.surface,
        "destination": delivery.destination_id,
        "attempts": delivery.attempts,
        "doubtful": delivery.doubtful,
        "created_at": delivery.created_at,
        "not_before": delivery.not_before,
        "deliver_by": delivery.deliver_by,
        "finished_at": delivery.finished_at,
        "receipt": delivery.receipt,
        "last_error": delivery.last_error,
    }


@app.command("list")
def list_(
    state: Annotated[list[DeliveryState] | None, typer.Option(help="Only these states.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that were sent as well.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 50,
    json_: JsonOption = False,
) -> None:
    """List deliveries: those under way and in doubt, or of the states named."""
    wanted = state or [one for one in DeliveryState if everything or one is not DeliveryState.SENT]
    found = with_store(lambda store: store.outbox.list(wanted, limit))
    if json_:
        print_json([_as_json(one) for one in found])
        return
    if not found:
        say("No deliveries." if everything else "Nothing is under way and nothing is in doubt.")
        return
    rows = [
        [
            one.id,
            one.state.value.replace("_", " "),
            one.key,
            one.route.surface,
            str(one.attempts),
            f"{one.finished_at or one.not_before:%Y-%m-%d %H:%M} UTC",
            one.last_error or "",
        ]
        for one in found
    ]
    table(["id", "state", "key", "surface", "tries", "ended / next", "last error"], rows)
    if any(one.state is DeliveryState.IN_DOUBT for one in found):
        say("In doubt: look whether it arrived, then say `paperboy outbox resolve ID --arrived` or `--lost`.")


@app.command()
def show(delivery_id: _DELIVERY, json_: JsonOption = False) -> None:
    """Show one delivery and its message."""

    async def get(store: Store) -> Delivery:
        found = await store.outbox.get(delivery_id)
        if found is None:
            raise NotFoundError("delivery", delivery_id, _HINT)
        return found

    found = with_store(get)
    if json_:
        print_json({**_as_json(found), "doc": found.doc})
        return
    from bot.view.doc import from_json
    from bot.view.plain import to_plain

    for name, value in _as_json(found).items():
        if value is not None:
            say(f"{name:>12}  {value}")
    say()
    say(to_plain(from_json(found.doc), 100))


@app.command()
def retry(
    delivery_id: _DELIVERY,
    hours: Annotated[int, typer.Option(min=1, help="Keep trying for so many hours.")] = 6,
) -> None:
    """Send a rejected or doubtful delivery again, under the same key."""
    at = now()
    found = with_store(lambda store: store.outbox.resend(delivery_id, at, at + timedelta(hours=hours)))
    say(f"{found.id} is waiting to be sent again; the running bot, or `paperboy once`, sends it.")


@app.command()
def resolve(
    delivery_id: _DELIVERY,
    arrived: Annotated[bool, typer.Option("--arrived", help="The message is there.")] = False,
    lost: Annotated[bool, typer.Option("--lost", help="It is not; its papers count as not told.")] = False,
) -> None:
    """Say what became of a doubtful delivery."""
    if arrived == lost:
        raise InputError("Say either --arrived or --lost.")
    found = with_store(
        lambda store: store.outbox.resolve(delivery_id, now(), arrived=arrived, by="the command line")
    )
    say(f"{found.id} counts as {'sent' if arrived else 'not sent; its papers come again'}.")
