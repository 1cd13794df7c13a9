"""Mail, as far as the settings let it be sent."""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.config import Settings
from bot.errors import ConfigError
from bot.mail.address import reaches_outside, sender_of
from bot.mail.service import Mail
from bot.ports import Parcel, Store
from bot.secret import secret_key
from bot.view.doc import Doc
from bot.wiring import Surroundings

if TYPE_CHECKING:
    from adapters.email.deliverer import EmailDeliverer


@dataclass(frozen=True, slots=True)
class OpenMail:
    """What sends mails, and what people do with their mailboxes."""

    deliverer: "EmailDeliverer"
    service: Mail


def open_mail(settings: Settings, around: Surroundings, store: Store) -> OpenMail:
    """All of mail; nothing is connected yet. Raises `ConfigError` for settings that do not suffice."""
    deliverer = open_deliverer(settings, around)

    async def post(address: str, doc: Doc) -> None:
        number = around.ids.new()
        await deliverer.post(Parcel(number, f"code-{number}", address, "", around.clock.now(), 1), doc)

    key = secret_key(settings, settings.home).value
    return OpenMail(
        deliverer,
        Mail(store.mailboxes, around.clock, key, new_code, post, page=mail_page(settings)),
    )


def open_deliverer(settings: Settings, around: Surroundings) -> "EmailDeliverer":
    """What sends mails alone. Raises `ConfigError` as above."""
    from adapters.email.deliverer import EmailDeliverer  # noqa: PLC0415 - loaded only where it is used
    from adapters.email.server import SmtpServer  # noqa: PLC0415 - as above

    if settings.smtp_url is None or settings.mail_from is None:
        missing = "PAPERBOY_SMTP_URL" if settings.smtp_url is None else "PAPERBOY_MAIL_FROM"
        raise ConfigError(f"{missing}: mail needs it; `paperboy setup mail` asks for all that mail needs.")
    return EmailDeliverer(
        SmtpServer.of(settings.smtp_url.get_secret_value()),
        sender_of(settings.mail_from),
        secret_key=secret_key(settings, settings.home).value,
        clock=around.clock,
        page=mail_page(settings),
        per_minute=settings.mail_per_minute,
    )


def mail_page(settings: Settings) -> str:
    """Where the world reaches the pages that stop and confirm mail, as mail programs want it: by https (RFC
    8058), and not on this machine; empty where it does not.
    """
    address = settings.public_url if settings.web else None
    return address if address and address.startswith("https://") and reaches_outside(address) else ""


def new_code() -> str:
    """Six digits that nobody can foresee."""
    return f"{secrets.randbelow(1_000_000):06}"
