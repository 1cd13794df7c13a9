"""The real clock and the real ids: what the composition root hands to everything that needs them."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
_LENGTH = 12  # 59 bits: ten million ids have no two alike with a chance of 99.99 %


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(max(duration.total_seconds(), 0))


class RandomIds:
    """Short random ids that a person can type."""

    def new(self) -> str:
        return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
