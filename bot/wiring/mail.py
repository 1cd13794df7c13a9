"""Mail, as far as the settings let it be sent."""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.checkup import Finding
from bot.config import Settings
from bot.delivery.notices import Notifier
from bot.errors import ConfigError, DeliveryError
from bot.mail.address import normal_address, reaches_outside, sender_of
from bot.mail.incoming import Incoming, Maildir
from bot.mail.service import Mail
from bot.ports import Parcel, Store
from bot.secret import secret_key
from bot.view.doc import Doc, Heading, Section, Span
from bot.wiring import Surroundings
from bot.wiring.commands import nowhere

if TYPE_CHECKING:
    from adapters.email.deliverer import EmailDeliverer
    from bot.app import Role


@dataclass(frozen=True, slots=True)
class OpenMail:
    """What sends mails, and what people do with their mailboxes."""

    deliverer: "EmailDeliverer"
    service: Mail

    def roles(
        self, settings: Settings, store: Store, around: Surroundings, notifier: Notifier
    ) -> "list[Role]":
        """What runs for as long as the bot does."""
        if settings.mail_bounces is None:
            return []
        incoming = open_incoming(settings, store, around, notifier)
        return [Maildir(settings.mail_bounces, incoming, around.clock).run]


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

    url, sender = _needed(settings)
    return EmailDeliverer(
        SmtpServer.of(url),
        sender_of(sender),
        secret_key=secret_key(settings, settings.home).value,
        clock=around.clock,
        page=mail_page(settings),
        per_minute=settings.mail_per_minute,
    )


def _needed(settings: Settings) -> tuple[str, str]:
    """The server's address and the sender."""
    if settings.smtp_url is None or settings.mail_from is None:
        missing = "PAPERBOY_SMTP_URL" if settings.smtp_url is None else "PAPERBOY_MAIL_FROM"
        raise ConfigError(f"{missing}: mail needs it; `paperboy setup mail` asks for all that mail needs.")
    return settings.smtp_url.get_secret_value(), settings.mail_from


def open_incoming(
    settings: Settings, store: Store, around: Surroundings, notifier: Notifier | None = None
) -> Incoming:
    """What takes mails in that come back; without a `notifier` nobody is told before their next command."""
    told = notifier or Notifier(store, around.clock, around.ids, nowhere)
    return Incoming(store, around.clock, secret_key(settings, settings.home).value, told)


async def examine(settings: Settings, around: Surroundings) -> Sequence[Finding]:
    """Everything that mail needs, as far as it can be found out without sending any. Raises `ConfigError`."""
    from adapters.email import checkup  # noqa: PLC0415 - loaded only where it is used
    from adapters.email.server import SmtpServer  # noqa: PLC0415 - as above

    url, sender = _needed(settings)
    found = list(await checkup.examine(SmtpServer.of(url), sender_of(sender), around.clock))
    one_click = (
        Finding("mail", "has links by which one press stops it")
        if mail_page(settings)
        else Finding(
            "mail",
            "is stopped by an answer or by chat alone",
            "Mail programs show a button once PAPERBOY_PUBLIC_URL is an https address that the world "
            "reaches; Gmail and Yahoo want it of whoever sends much.",
            open=True,
        )
    )
    folder = settings.mail_bounces
    if folder is None:
        back = Finding(
            "mail that comes back",
            "is looked for in no folder",
            "Let your mail server hand it to `paperboy mail bounce`, or set PAPERBOY_MAIL_BOUNCES to a "
            "maildir.",
            open=True,
        )
    elif (folder / "new").is_dir() and (folder / "cur").is_dir() and os.access(folder / "cur", os.W_OK):
        back = Finding("mail that comes back", f"is looked for in {folder}")
    else:
        back = Finding(
            "mail that comes back",
            f"cannot be looked for in {folder}",
            "PAPERBOY_MAIL_BOUNCES must be a maildir with the folders new and cur, which this user may "
            "change.",
        )
    return [*found, one_click, back]


async def test_mail(settings: Settings, around: Surroundings, address: str) -> Finding:
    """Sends a mail to that address. Raises `InputError` if it is none, and `ConfigError`."""
    deliverer = open_deliverer(settings, around)
    number = around.ids.new()
    parcel = Parcel(number, f"test-{number}", normal_address(address), "", around.clock.now(), 1)
    doc = Doc(
        (
            Heading((Span("Papers can come by mail"),)),
            Section((Span("This is a test of Paperboy's, and it has arrived."),)),
        ),
        "A test: papers can come by mail",
    )
    try:
        await deliverer.post(parcel, doc)
    except DeliveryError as error:
        return Finding("test mail", "was not taken", str(error))
    finally:
        await deliverer.aclose()
    return Finding("test mail", "was taken by the server; see whether it arrives, and not among spam")


def mail_page(settings: Settings) -> str:
    """Where the world reaches the pages that stop and confirm mail, as mail programs want it: by https (RFC
    8058), and not on this machine; empty where it does not.
    """
    address = settings.public_url if settings.web else None
    return address if address and address.startswith("https://") and reaches_outside(address) else ""


def new_code() -> str:
    """Six digits that nobody can foresee."""
    return f"{secrets.randbelow(1_000_000):06}"
