"""The key of a delivery: the same for every try, process and restart, so that nothing is said twice."""

from datetime import date


def digest_key(destination_id: str, local_date: date) -> str:
    """The idempotency key of a destination's digest for one local date."""
    return f"digest-{destination_id}-{local_date.isoformat()}"


def notice_key(kind: str, about: str) -> str:
    """The idempotency key of what an owner is told about a delivery, or a destination (by its id): of each
    kind one notice.
    """
    return f"notice-{kind}-{about}"
