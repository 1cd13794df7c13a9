"""Routes as people write and read them, and what the receivers of webhooks need to know."""

from datetime import datetime

from bot.config import Settings
from bot.errors import InputError
from bot.model import Route
from bot.ports import Parcel
from bot.secret import secret_key


def route_of(text: str) -> Route:
    """The route that a person typed, in normal form: `console`, a webhook's address, `slack:TEAM/CHANNEL`, or
    `discord:SERVER/CHANNEL`.

    Raises `InputError`.
    """
    from adapters.console.deliverer import ADDRESS  # noqa: PLC0415 - loaded only where it is used
    from adapters.console.deliverer import SURFACE as CONSOLE  # noqa: PLC0415 - loaded only where it is used
    from adapters.webhook.address import normal_address  # noqa: PLC0415 - loaded only where it is used

    if text.strip().lower() == CONSOLE:
        return Route(surface=CONSOLE, address=ADDRESS)
    surface, _, address = text.strip().partition(":")
    match surface.lower():
        case "slack":
            from adapters.slack.address import read_address as in_slack  # noqa: PLC0415 - loaded only where it is used

            return Route(surface="slack", address=str(in_slack(address)))
        case "discord":
            from adapters.discord.address import read_address as in_discord  # noqa: PLC0415 - as above

            return Route(surface="discord", address=str(in_discord(address)))
    if "://" not in text:
        raise InputError(
            f"{text!r} is nowhere to send to. Write `console`, a webhook's https address, "
            "slack:TEAM/CHANNEL, or discord:SERVER/CHANNEL."
        )
    return Route(surface="webhook", address=normal_address(text))


def shown_route(route: Route) -> str:
    """The route as it may be shown: an address's path may be a secret."""
    from adapters.webhook.address import shown  # noqa: PLC0415 - loaded only where it is used

    if route.surface in {"slack", "discord"}:
        return f"{route.surface}:{route.address}"
    return shown(route.address) if route.surface == "webhook" else route.surface


def receivers_secret(settings: Settings, route: Route) -> str | None:
    """What a receiver needs to check our signatures; `None` where nothing is signed."""
    from adapters.webhook.signing import webhook_secret  # noqa: PLC0415 - loaded only where it is used

    if route.surface != "webhook":
        return None
    return webhook_secret(secret_key(settings, settings.home).value, route.address)


def webhook_body(doc: str, created_at: datetime) -> str:
    """What a webhook's receiver would get for this message, as text."""
    from adapters.webhook.body import body_of  # noqa: PLC0415 - loaded only where it is used

    return body_of(Parcel("preview", "preview", "", doc, created_at, 1)).decode()
