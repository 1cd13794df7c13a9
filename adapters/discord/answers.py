"""What Discord's answer to a request means: tried again, refused, refused for as long as nobody acts. Pure.

The table stands in `docs/discord.md` as well.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bot.errors import DeliveryError, DoubtfulError, NotAcceptedError, RefusedError

# However long Discord asks us to wait, it is asked again after an hour.
LONGEST_WAIT: Final = timedelta(hours=1)
UNKNOWN_BOT_WAIT: Final = timedelta(minutes=15)  # until a token that Discord does not know is tried again
_UNSAID_WAIT: Final = timedelta(seconds=30)  # where it asks for patience, and does not say for how long

UNKNOWN_BOT: Final = (
    "Discord does not know the bot's token. Get a new one with `paperboy setup discord`; "
    "what waits is sent then."
)

MISSING_ACCESS: Final = 50001
MISSING_PERMISSION: Final = 50013
UNKNOWN_CHANNEL: Final = 10003
UNKNOWN_MESSAGE: Final = 10008
WRONG_KIND_OF_CHANNEL: Final = 50024
THREAD_THERE: Final = 160004
PUBLISHED: Final = 40033

_RESUME: Final = "then resume the digest"

# The digest is paused until somebody has done what the sentence says.
_PAUSING: Final = {
    UNKNOWN_CHANNEL: "Discord knows no such channel. If it was deleted, remove the digest.",
    10004: f"Paperboy is not in this server any more. Add it again, {_RESUME}; or remove the digest.",
    10013: "Discord knows no such person any more.",
    MISSING_ACCESS: f"Paperboy may not see this channel. Give it View Channel there, {_RESUME}.",
    40067: f"This forum asks for a tag on every post. Choose one for the digest, {_RESUME}.",
    50007: "This person takes no direct messages from Paperboy: they are closed, or it is blocked. Open them "
    f"in Discord's privacy settings, {_RESUME}.",
    50008: "No messages can be posted in a channel of this kind. Set the digest up in another one.",
    50009: f"The server's verification level keeps Paperboy out of this channel. Lower it, {_RESUME}.",
    WRONG_KIND_OF_CHANNEL: "No digest can be posted in a channel of this kind. Set it up in another one.",
    50083: f"The thread is archived, and locked. Unlock it, {_RESUME}; or remove the digest.",
    50278: "This person takes no direct messages from Paperboy any more: no server is shared with it. Add it "
    f"to a server of yours or to your apps, {_RESUME}.",
    160005: f"The thread is locked. Unlock it, {_RESUME}; or remove the digest.",
}

# Nothing was posted, and a later try may work.
_PASSING: Final[Mapping[int, tuple[str, timedelta]]] = {
    20016: ("The channel is in slow mode.", timedelta(minutes=5)),
    20022: ("Discord asks for patience.", timedelta(minutes=1)),
    20028: ("The channel takes no more messages just now.", timedelta(minutes=1)),
    20029: ("The server takes no more messages just now.", timedelta(minutes=1)),
    40003: ("Direct messages are opened too fast.", timedelta(minutes=10)),
    40004: ("Discord has switched off the sending of messages for a while.", timedelta(minutes=15)),
    40006: ("Discord has switched this off for a while.", timedelta(minutes=15)),
    40062: ("Discord asks for patience.", timedelta(minutes=1)),
    40333: ("Discord turned the request away at its door.", timedelta(minutes=15)),
    110000: ("Discord has to put something in order first.", timedelta(minutes=15)),
    130000: ("Discord is overloaded.", timedelta(minutes=1)),
    160006: ("The server has as many open threads as Discord allows.", LONGEST_WAIT),
}

# This one message, and not the next.
_REFUSED: Final = {
    200000: "The server's automatic moderation blocked the message. Let Paperboy's role pass it.",
    240000: "Discord took a link in the message for harmful, and blocked it.",
}


def failure_of(status: int, code: int, retry_after: str | None, needs: str = "") -> DeliveryError:
    """The failure that an answer stands for; `code` is the one in its JSON, 0 if it has none.

    `retry_after` is the header as it came, `needs` the permissions that the request asks for.
    """
    wait = wait_asked(retry_after)
    if status >= 500:
        if status == 503 and wait is not None:
            return NotAcceptedError("Discord is not available now, and asks for patience.", wait)
        return DoubtfulError(f"Discord failed with status {status}; it may have the message.")
    if status < 400:
        return DoubtfulError("Discord's answer cannot be read; it may have the message.")
    if status == 429:
        return NotAcceptedError("Discord asks for patience.", _UNSAID_WAIT if wait is None else wait)
    if status == 401:
        return NotAcceptedError(UNKNOWN_BOT, UNKNOWN_BOT_WAIT)
    if not code:
        return NotAcceptedError(
            f"Something other than Discord answered, with status {status}. Is a proxy between?", wait
        )
    return _named(status, code, wait, needs)


def _named(status: int, code: int, wait: timedelta | None, needs: str) -> DeliveryError:
    """The failure that a code of Discord's stands for."""
    if code == MISSING_PERMISSION:
        lacks = f"the permission {needs}" if needs else "a permission"
        sentence = f"Paperboy lacks {lacks} in this channel. Give it to Paperboy's role there, {_RESUME}"
        return RefusedError(f"{sentence} (Discord: {code}).", pause=True)
    if code in _PAUSING:
        return RefusedError(f"{_PAUSING[code].removesuffix('.')} (Discord: {code}).", pause=True)
    if code in _PASSING:
        sentence, usual = _PASSING[code]
        return NotAcceptedError(f"{sentence} The message is sent again later.", wait or usual)
    if code in _REFUSED:
        return RefusedError(f"{_REFUSED[code].removesuffix('.')} (Discord: {code}).")
    if status in {403, 404}:
        sentence = f"Discord does not let Paperboy post here. Mend that, {_RESUME}"
        return RefusedError(f"{sentence} (Discord: {code}).", pause=True)
    return RefusedError(f"Discord refused the message ({code}). Please report this: it is a bug in Paperboy.")


def wait_asked(header: str | None) -> timedelta | None:
    """How long `Retry-After` asks us to wait, at most an hour; `None` for what is no number of seconds."""
    if header is None or not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", header.strip()):
        return None
    return min(timedelta(seconds=float(header)), LONGEST_WAIT)
