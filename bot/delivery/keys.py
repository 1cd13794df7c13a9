"""The key of a delivery: the same for every try, process and restart, so that nothing is said twice."""

from datetime import date


def digest_key(destination_id: str, local_date: date) -> str:
    """The idempotency key of a destination's digest for one local date."""
    return f"digest-{destination_id}-{local_date.isoformat()}"
