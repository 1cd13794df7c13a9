"""What a mail server's words mean. Pure; the table stands in `docs/mail.md` as well."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Final

from bot.errors import DeliveryError, DoubtfulError, NotAcceptedError, RefusedError
from bot.mail.address import unaddressed
from bot.view.text import shorten

LATER: Final = timedelta(minutes=5)  # greylisting opens after about so long
LONGEST_WAIT: Final = timedelta(hours=1)

# A code of policy (RFC 3463, 3.8), or the words of servers that give no code.
_ABOUT_US: Final = re.compile(r"^\s*5\.7\.[0-9]{1,3}\b|\brelay", re.IGNORECASE)
_WAIT: Final = re.compile(r"(?:^|\s)([0-9]{1,5}) ?(s|secs?|seconds?|mins?|minutes?)\b", re.IGNORECASE)
_LONGEST_QUOTE: Final = 160  # characters


class Step(StrEnum):
    """What the server said no to, as its sentence goes on."""

    HELLO = "let nobody in"  # the greeting, TLS, the login
    SENDER = "takes nothing from PAPERBOY_MAIL_FROM"
    RECIPIENT = "takes no mail for this address"
    MESSAGE = "did not take the message"


def failure_of(
    server: str, step: Step, code: int, words: str, recipient: str = "", *, handed_over: bool = False
) -> DeliveryError:
    """The failure that an answer which is no yes stands for. `server` begins a sentence with its name, and
    `handed_over` says whether the message had gone out to the recipient, whom the failure does not name.

    A no to who we are says nothing of the address: the message waits until that is mended.
    """
    said = f"{server} {step} ({quoted(code, words, recipient)})."
    if 400 <= code < 500:
        return NotAcceptedError(f"{said} The message is sent again later.", wait_asked(words) or LATER)
    if not 500 <= code < 600:
        unreadable = f"{server} gave an answer that cannot be read"
        if handed_over:
            return DoubtfulError(f"{unreadable}; it may have the message.")
        return NotAcceptedError(f"{unreadable}.", LATER)
    if step in {Step.HELLO, Step.SENDER}:
        return NotAcceptedError(f"{said} `paperboy doctor` says more.", LATER)
    return RefusedError(said, pause=not _about_us(words))


def wait_asked(words: str) -> timedelta | None:
    """How long the words of a greylisting server ask us to wait: "try again in 300 seconds"."""
    found = _WAIT.search(words)
    if found is None:
        return None
    unit = timedelta(minutes=1) if found[2].lower().startswith("m") else timedelta(seconds=1)
    return min(int(found[1]) * unit, LONGEST_WAIT)


def quoted(code: int, words: str, recipient: str) -> str:
    """What the server said, shortened, without any address."""
    text = shorten(unaddressed(words, recipient).rstrip("."), _LONGEST_QUOTE)
    return f"{code} {text}".strip().replace("`", "'")


def _about_us(words: str) -> bool:
    """Whether a no is about who may send what, and so says nothing of the mailbox."""
    return _ABOUT_US.search(words) is not None
