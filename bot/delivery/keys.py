"""The key of a delivery: the same for every try, process and restart, so that nothing is said twice."""

import hashlib
from collections.abc import Iterable
from datetime import date


def digest_key(destination_id: str, local_date: date) -> str:
    """The idempotency key of a destination's digest for one local date."""
    return f"digest-{destination_id}-{local_date.isoformat()}"


def instant_key(destination_id: str, day: date, papers: Iterable[int]) -> str:
    """The idempotency key of papers that a destination is told of as they appear. What is refused one day may
    be tried again on the next.
    """
    numbers = hashlib.sha256(" ".join(map(str, sorted(set(papers)))).encode()).hexdigest()[:16]
    return f"instant-{destination_id}-{day.isoformat()}-{numbers}"


def notice_key(kind: str, about: str) -> str:
    """The idempotency key of what an owner is told about a delivery, or a destination (by its id): of each
    kind one notice.
    """
    return f"notice-{kind}-{about}"
