"""Private feeds: whoever has the address fetches what was sent, see `bot.reading.feeds`.

A feed is read from the outbox, so that a message is there as soon as it is recorded as sent, and never twice.
"""

import re
from datetime import timedelta
from typing import Final

from bot.errors import InputError, RefusedError
from bot.model import DeliveryState
from bot.ports import Abilities, Ability, OutboxStore, Parcel
from bot.view.doc import from_json

SURFACE: Final = "feed"
TIMEOUT: Final = timedelta(seconds=10)
_ADDRESS: Final = re.compile("[a-z0-9]{20,64}")
_REMEMBERED: Final = timedelta(days=365)  # longer than any delivery is tried


class FeedDeliverer:
    """Lets messages stand in feeds. Implements `bot.ports.Deliverer` with the ability KEY; can be asked."""

    surface: Final = SURFACE

    def __init__(self, outbox: OutboxStore, *, timeout: timedelta = TIMEOUT) -> None:
        self._outbox = outbox
        self._timeout = timeout

    @property
    def request_timeout(self) -> timedelta:
        return self._timeout

    def abilities(self, parcel: Parcel) -> Abilities:
        return Abilities(Ability.KEY, key_window=_REMEMBERED, reads_back=True)

    def check_address(self, address: str) -> str:
        normal = address.strip()
        if not _ADDRESS.fullmatch(normal):
            raise InputError("That is no private feed: its address has 20 or more letters and digits.")
        return normal

    async def ready(self, parcel: Parcel) -> None:
        """Always: whoever reads it comes when they like."""

    async def send(self, parcel: Parcel) -> str:
        try:
            self.check_address(parcel.address)
            from_json(parcel.doc)
        except InputError as error:
            raise RefusedError(str(error)) from error
        except ValueError as error:
            raise RefusedError(f"The stored message cannot be read: {error}") from error
        return parcel.key

    async def find(self, parcel: Parcel) -> str | None:
        known = await self._outbox.get(parcel.delivery_id)
        return parcel.key if known is not None and known.state is DeliveryState.SENT else None

    async def aclose(self) -> None:
        """Nothing to close: the store is its owner's."""
