"""What a receiver's answer means. Pure; the table stands in `docs/webhook.md` as well."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from bot.errors import DeliveryError, DoubtfulError, NotAcceptedError, RefusedError

# However long a receiver asks us to wait, it is asked again after a day.
LONGEST_WAIT: Final = timedelta(days=1)

_ALREADY_HAD: Final = HTTPStatus.CONFLICT

# Told before anything was accepted, and passing by itself: the request came too slowly (RFC 9110, 15.5.9),
# to the wrong connection (15.5.20), or too early (RFC 8470, 5.2).
_PASSING: Final = frozenset({408, 421, 425})

_TOO_MANY: Final = HTTPStatus.TOO_MANY_REQUESTS
_UNAVAILABLE: Final = HTTPStatus.SERVICE_UNAVAILABLE

_BODY_ADVICE: Final = "It does not take Paperboy's JSON: let it read what docs/webhook.md describes."
_ADVICE: Final = {
    400: _BODY_ADVICE,
    401: "Give the receiver this destination's signing secret, and see that its clock is right.",
    403: "Let the receiver accept Paperboy's messages, or give it this destination's signing secret.",
    404: "Nothing is there: see whether the address is still right, then send it again.",
    405: "It does not take POST: see whether the address is right.",
    410: "The receiver is gone for good: give the destination a new address, or remove it.",
    413: "The message is too large for it: raise its limit, or lower the destination's maximum.",
    415: _BODY_ADVICE,
    422: _BODY_ADVICE,
}


def failure_of(status: int, retry_after: str | None, place: str, now: datetime) -> DeliveryError | None:
    """The failure that an answer stands for; `None` if the receiver has the message.

    `retry_after` is the header as it came, `place` the part of the address that may be shown.
    """
    answered = f"{place} answered {_named(status)}."
    wait = wait_asked(retry_after, now)
    if 200 <= status < 300 or status == _ALREADY_HAD:
        return None
    if status == _TOO_MANY or status in _PASSING or (status == _UNAVAILABLE and wait is not None):
        return NotAcceptedError(f"{answered} The message is sent again later.", wait)
    if 300 <= status < 400:
        return RefusedError(
            f"{answered} Redirects are not followed, since the message is signed for one address alone: "
            "give the destination the address that it leads to."
        )
    if 400 <= status < 500:
        return RefusedError(f"{answered} {_ADVICE.get(status, 'See why in the log of the receiver.')}")
    return DoubtfulError(f"{answered} It may have the message or not.")


def wait_asked(header: str | None, now: datetime) -> timedelta | None:
    """How long `Retry-After` asks us to wait (RFC 9110, 10.2.3): seconds or a date, at most a day.

    `None` if there is none, or none that can be read.
    """
    if header is None:
        return None
    text = header.strip()
    if re.fullmatch(r"[0-9]+", text):
        # Nine digits are thirty years: what is longer is cut before it is a number.
        return min(timedelta(seconds=int(text.lstrip("0")[:9] or "0")), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:  # "-0000": the time is UTC (RFC 5322, 3.3)
        until = until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta(0)), LONGEST_WAIT)


def _named(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)
