"""A mail as it goes over the wire (RFC 5322), with what mail programs need to take people off the list."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import quote

from adapters.email.render import Bodies

_NOT_ATOM: Final = re.compile(r"[^A-Za-z0-9!#$%&'*+/=?^_`{|}~-]")


class _Wire(policy.EmailPolicy):
    """As Python's, but for headers that hold one long word: those stay whole. Folded as text, an address that
    is longer than a line would become an encoded word, and no mail program would know it as an address.
    """

    _WHOLE: Final = frozenset({"list-unsubscribe", "message-id"})

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in self._WHOLE:
            lines = str(value).replace(", <", ",\r\n <")
            return f"{name}: {lines}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_WIRE: Final = _Wire(linesep="\r\n", cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, and how this message is called."""

    sender: Address
    recipient: str
    key: str  # of the message: the same in every try
    tag: str  # hexadecimal, of this key and recipient: nobody else can have made it
    at: datetime


@dataclass(frozen=True, slots=True)
class WayOut:
    """How the receiver takes themselves off the list."""

    mailto: str
    page: str = ""  # https: a POST to it is enough (RFC 8058)


def message_id(envelope: Envelope) -> str:
    """`<key.tag@domain>`."""
    return f"<{_NOT_ATOM.sub('_', envelope.key)}.{envelope.tag}@{envelope.sender.domain}>"


def wire(envelope: Envelope, bodies: Bodies, way_out: WayOut | None) -> bytes:
    """The message in ASCII, its lines ended by CRLF."""
    message = EmailMessage(policy=_WIRE)
    message["From"] = envelope.sender
    message["To"] = envelope.recipient
    message["Subject"] = bodies.subject.encode("utf-8", "replace").decode()
    message["Date"] = format_datetime(envelope.at)
    message["Message-ID"] = message_id(envelope)
    if way_out is not None:
        ways = [f"<{way}>" for way in (way_out.page, way_out.mailto) if way]
        message["List-Unsubscribe"] = ", ".join(ways)
        if way_out.page:
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["List-Id"] = f"<papers.{envelope.sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # no holiday greeting comes back (RFC 3834)
    message.set_content(bodies.text, cte="quoted-printable")
    message.add_alternative(bodies.html, subtype="html", cte="quoted-printable")
    message.set_boundary(f"=_{envelope.tag}")  # the same in every try, and in no text of others
    return message.as_bytes()


def mailto(address: Address, subject: str) -> str:
    """An address that opens a mail with this subject."""
    return f"mailto:{quote(address.addr_spec, safe='@+')}?subject={quote(subject)}"
