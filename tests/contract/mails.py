"""Mails that come back, as servers write them."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Final

from adapters.email.message import Envelope, WayOut, wire
from adapters.email.render import Bodies
from bot.mail.address import sender_of
from bot.mail.tokens import STOP, sealed

KEY: Final = b"the key of all links, and of codes"
MAYA: Final = "maya@example.org"
TOKEN: Final = sealed(KEY, STOP, MAYA)
MAILTO: Final = f"mailto:p@papers.example?subject=unsubscribe%20{TOKEN}"
ONE_CLICK: Final = WayOut(MAILTO, f"https://papers.example/mail/stop/{TOKEN}")
BY_MAIL: Final = WayOut(MAILTO)


def report(
    kind: str, about: Message, said: str, ways: WayOut | None = ONE_CLICK, original: str = "message/rfc822"
) -> bytes:
    """A report about a mail of ours, as servers write it."""
    at = datetime(2025, 11, 20, tzinfo=UTC)
    envelope = Envelope(sender_of("p@papers.example"), MAYA, "digest-a", "0" * 20, at)
    ours = wire(envelope, Bodies("Papers", "Papers.", "<p>Papers.</p>"), ways)
    made = MIMEMultipart("report", report_type=kind)
    made["From"], made["To"], made["Subject"] = "MAILER-DAEMON@mx.example.org", "p@papers.example", "Returned"
    made.attach(MIMEText(said))
    made.attach(about)
    if original == "message/rfc822":
        whole = MIMEBase("message", "rfc822")
        whole.attach(message_from_bytes(ours))
        made.attach(whole)
    else:
        made.attach(MIMEText(ours.decode().partition("\r\n\r\n")[0], "rfc822-headers"))
    return made.as_bytes()


def delivery_status(action: str = "failed", status: str = "5.1.1", code: str = "") -> Message:
    """The machine's part of a report of delivery (RFC 3464)."""
    made = MIMEBase("message", "delivery-status")
    host, recipient = Message(), Message()
    host["Reporting-MTA"] = "dns; mx.example.org"
    recipient["Final-Recipient"] = f"rfc822; {MAYA}"
    recipient["Action"] = action
    recipient["Status"] = status
    if code:
        recipient["Diagnostic-Code"] = code
    made.set_payload([host, recipient])
    return made


def feedback(kind: str) -> Message:
    """The machine's part of a report of abuse (RFC 5965)."""
    made = MIMEBase("message", "feedback-report")
    block = Message()
    block["Feedback-Type"] = kind
    block["User-Agent"] = "Feedback/1.0"
    made.set_payload([block])
    return made
