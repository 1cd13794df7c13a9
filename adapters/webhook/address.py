"""A webhook's address: its one normal form, and the part of it that may be shown."""

import re
from typing import Final

from yarl import URL

from bot.errors import InputError

_LONGEST: Final = 2048  # what proxies and servers commonly take
_LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
# A host name after IDNA, or an IPv6 address (without a zone, which means nothing to another machine). A label
# of more than 63 characters makes Python's resolver fail in a way that is no operating system's error.
_HOST: Final = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)*{_LABEL}\.?|[0-9a-f:.]*:[0-9a-f:.]*")
_EXAMPLE: Final = "Give one like https://chat.example.org/hooks/paperboy"


def normal_address(address: str) -> str:
    """The normal form: scheme and host in lower case, no default port, a path, everything percent-encoded.

    Raises `InputError`; its text never holds the address, whose path or query may be a secret.
    """
    text = address.strip()
    if not text.isprintable() or " " in text:
        raise InputError(f"A webhook's address has no spaces or control characters in it. {_EXAMPLE}.")
    try:
        url = URL(text)
        normal = str(url)
    except ValueError:
        raise InputError(f"This is not a web address. {_EXAMPLE}.") from None
    if url.scheme not in {"http", "https"}:
        raise InputError(f"A webhook's address begins with https:// or http://. {_EXAMPLE}.")
    # What stands before an @ is a name or a password even where it is empty: `yarl` would drop it silently.
    if "@" in re.split(r"[/?#]", text.partition("://")[2], maxsplit=1)[0]:
        raise InputError(
            "A webhook's address cannot hold a user name or password, which proxies and logs would show. "
            "Leave them out: the receiver knows Paperboy by its signature."
        )
    if not _HOST.fullmatch(url.raw_host or "") or url.port == 0:
        raise InputError(f"The address names no host that could be reached. {_EXAMPLE}.")
    if "#" in text:
        raise InputError("Leave out the # and what follows it: it is never sent to a receiver.")
    if normal == shown(normal):
        normal += "/"
    if len(normal) > _LONGEST:
        raise InputError(f"A webhook's address has at most {_LONGEST:,} characters.")
    return normal


def shown(address: str) -> str:
    """Scheme, host and port alone: the rest of an address may be a secret."""
    return str(URL(address).origin())
