"""Mail, as far as the settings let it be sent."""

from typing import TYPE_CHECKING

from bot.config import Settings
from bot.errors import ConfigError
from bot.mail.address import reaches_outside, sender_of
from bot.secret import secret_key
from bot.wiring import Surroundings

if TYPE_CHECKING:
    from adapters.email.deliverer import EmailDeliverer


def open_mail(settings: Settings, around: Surroundings) -> "EmailDeliverer":
    """What sends mails; nothing is connected yet. Raises `ConfigError` for settings that do not suffice."""
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
