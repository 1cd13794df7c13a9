"""A Slack route's address, `TENANT/CHANNEL`: which token speaks, and where."""

import re
from typing import Final, NamedTuple

from bot.errors import InputError

# The organisation for which the bot was installed (an Enterprise Grid's, else a workspace's), then a channel,
# a private channel of the old kind, or a direct message.
_ADDRESS: Final = re.compile(r"([TE][A-Z0-9]{1,30})/([CGD][A-Z0-9]{1,30})")


class Address(NamedTuple):
    """One conversation of one organisation."""

    tenant: str
    channel: str

    def __str__(self) -> str:
        return f"{self.tenant}/{self.channel}"


def read_address(text: str) -> Address:
    """Reads an address, in capitals or not. Raises `InputError`."""
    match = _ADDRESS.fullmatch(text.strip().upper())
    if match is None or not text.isascii():
        raise InputError(
            "A place in Slack is written as its workspace's id and its channel's id, such as "
            "T012ABCDEF/C012ABCDEF."
        )
    return Address(match[1], match[2])
