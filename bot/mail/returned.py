"""What comes back: mails that could not be delivered, that were called spam, and words to stop. Pure.

Anybody can write to the sender's address and claim anything. What counts is only what brings along the token
that was in a mail of ours (`List-Unsubscribe`): whoever has it got that mail, or carried it.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from typing import Final

from bot.mail.address import unaddressed
from bot.mail.tokens import STOP, opened
from bot.view.text import one_line, shorten

_MOST: Final = 1 << 20  # bytes that are looked at: reports hold what was sent, and ours is smaller
_LINK: Final = re.compile(r"/mail/stop/([A-Za-z0-9_-]+)")
_WORD: Final = re.compile(r"\bunsubscribe(?:\s|%20|\+)+([A-Za-z0-9_-]{20,})", re.IGNORECASE)
_LONGEST_QUOTE: Final = 160  # characters


@dataclass(frozen=True, slots=True)
class Bounced:
    """A mail to that address could not be delivered, nor will be."""

    address: str
    why: str  # a sentence, which does not hold the address


@dataclass(frozen=True, slots=True)
class Complained:
    """Whoever reads that mailbox called a mail spam."""

    address: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Whoever reads that mailbox wants no more mail."""

    address: str


Returned = Bounced | Complained | Stopped


def read_returned(raw: bytes, key: bytes) -> Returned | None:
    """What a mail says that came to the sender's address; `None` if nothing that is known to be so.

    Reports are RFC 3464's (of delivery) and RFC 5965's (of abuse).
    """
    message = message_from_bytes(raw[:_MOST])
    if message.get_content_type() != "multipart/report":
        token = _WORD.search(_line(message, "Subject"))
        address = opened(key, STOP, token[1]) if token else None
        return Stopped(address) if address else None
    parts = list(message.walk())
    address = next(filter(None, (_address(one, key) for one in _originals(parts))), None)
    if address is None:
        return None
    for part in parts:
        match part.get_content_type():
            case "message/delivery-status":
                failed = [block for block in _blocks(part) if _line(block, "Action").lower() == "failed"]
                if failed:
                    return Bounced(address, _why(failed[0], address))
            case "message/feedback-report":
                kinds = [_line(block, "Feedback-Type").lower() for block in _blocks(part)]
                if {"abuse", "fraud"} & set(kinds):
                    return Complained(address)
    return None


def _why(block: Message, address: str) -> str:
    said = _line(block, "Diagnostic-Code").partition(";")[2].strip() or _line(block, "Status")
    words = shorten(unaddressed(said, address).rstrip("."), _LONGEST_QUOTE).replace("`", "'")
    return f"A mail came back: {words}." if words else "A mail came back."


def _address(original: Message, key: bytes) -> str | None:
    """To whom a mail of ours was sent."""
    ways = _line(original, "List-Unsubscribe")
    for found in (*_LINK.finditer(ways), *_WORD.finditer(ways)):
        address = opened(key, STOP, found[1])
        if address is not None:
            return address
    return None


def _originals(parts: list[Message]) -> Iterator[Message]:
    """The mail that a report is about, or its headers alone."""
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            yield from _blocks(part)
        elif kind in {"text/rfc822-headers", "message/rfc822-headers"}:
            yield from _blocks(part)
            content = part.get_payload(decode=True)
            if isinstance(content, bytes):
                yield message_from_string(content.decode("ascii", "replace"))


def _blocks(part: Message) -> Iterator[Message]:
    """The messages that a part consists of; a part that came as text is read as one."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, Message))
    elif isinstance(payload, str):
        yield message_from_string(payload)


def _line(message: Message, name: str) -> str:
    """A header on one line, its encoded words (RFC 2047) read; empty if there is none.

    Mail programs encode a word that is too long for a line, such as a token.
    """
    raw = next((str(value) for field, value in message.raw_items() if field.lower() == name.lower()), "")
    text = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    # Not in base64, no such letters, or no such character set: it stands as it came.
    with contextlib.suppress(HeaderParseError, ValueError, LookupError):
        text = str(make_header(decode_header(text)))
    return one_line(text).strip()
