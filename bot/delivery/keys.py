"""The key of a delivery: the same for every try, process and restart, so that nothing is said twice."""

import hashlib
from collections.abc import Iterable
from datetime import date

from bot.model import Delivery, Destination, utc_ms
from bot.people.mailboxes import Mailbox


def digest_key(destination_id: str, local_date: date) -> str:
    """The idempotency key of a destination's digest for one local date."""
    return f"digest-{destination_id}-{local_date.isoformat()}"


def instant_key(destination_id: str, day: date, papers: Iterable[int]) -> str:
    """The idempotency key of papers that a destination is told of as they appear. What is refused one day may
    be tried again on the next.
    """
    numbers = hashlib.sha256(" ".join(map(str, sorted(set(papers)))).encode()).hexdigest()[:16]
    return f"instant-{destination_id}-{day.isoformat()}-{numbers}"


def doubt_key(delivery: Delivery) -> str:
    """The idempotency key of the question whether a delivery arrived: another one after each resend."""
    again = f"-{delivery.resends}" if delivery.resends else ""
    return f"notice-doubt-{delivery.id}{again}"


def pause_key(destination: Destination) -> str:
    """The idempotency key of the news that a destination is paused: one for each time that it was active."""
    return f"notice-paused-{destination.id}-{utc_ms(destination.state_at or destination.created_at)}"


def mail_key(destination: Destination, mailbox: Mailbox) -> str:
    """The idempotency key of the news that mail to somebody is paused: one for each confirmation."""
    return f"notice-mail-{destination.id}-{utc_ms(mailbox.confirmed_at)}"
