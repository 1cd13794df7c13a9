"""A Discord route's address: `GUILD/CHANNEL`, a channel or thread; `@me/CHANNEL`, direct messages."""

import re
from typing import Final, NamedTuple

from bot.errors import InputError

DIRECT: Final = "@me"  # stands for the server of direct messages, as in Discord's own links

_ADDRESS: Final = re.compile(r"(@me|[0-9]{15,20})/([0-9]{15,20})")


class Address(NamedTuple):
    """One channel, thread or direct conversation."""

    guild: str  # a server's id, or `@me`
    channel: str

    def __str__(self) -> str:
        return f"{self.guild}/{self.channel}"

    @property
    def direct(self) -> bool:
        return self.guild == DIRECT


def read_address(text: str) -> Address:
    """Reads an address, or the part of a channel's link that holds one. Raises `InputError`."""
    match = _ADDRESS.fullmatch(text.strip().lower())
    if match is None or not text.isascii():
        raise InputError(
            "A place in Discord is written as its server's id and its channel's id, such as "
            "613425648685547541/697138785317814292; direct messages as @me/ and their channel's id."
        )
    return Address(match[1], match[2])
