"""Addresses of mailboxes: their one normal form, and a sender with its name. Pure."""

import ipaddress
import re
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

from bot.errors import InputError
from bot.view.text import one_line

_LONGEST: Final = 254  # characters: what a path in an SMTP command leaves (RFC 5321, 4.5.3.1.3)
# A dot-atom of ASCII (RFC 5322, 3.2.3): quoted names are as good as never used, and few servers take others.
_LOCAL: Final = re.compile(r"(?=.{1,64}$)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"({_LABEL}\.)+[a-z]({_LABEL})?")
_IN_TEXT: Final = re.compile(r"<?[^\s<>()]+@[^\s<>()]+>?")
# Names that no public server answers to: RFC 6761 (localhost), RFC 6762 with its appendix G (local, and what
# networks of one's own are called), RFC 8375 (home.arpa).
_INSIDE: Final = (
    *(".localhost", ".localdomain", ".local", ".intranet", ".internal", ".private", ".corp", ".home", ".lan"),
    ".home.arpa",
)
# IPv6 with an IPv4 in it: translated (RFC 6052), translated in one network (RFC 8215), and of old (RFC 4291).
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64: Final = ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
_EXAMPLE: Final = "Write it like maya@example.org."


def normal_address(text: str) -> str:
    """The normal form: small letters, the domain as DNS has it.

    What stands before the @ belongs to its server alone, which could tell `Maya` from `maya`; none of note
    does, and two mailboxes that differ in that alone would be taken for two people.

    Raises `InputError`; its text never holds what was given.
    """
    given = text.strip()
    local, at, domain = given.rpartition("@")
    if not at:
        raise InputError(f"That is no mail address: it has no @ in it. {_EXAMPLE}")
    if not _LOCAL.fullmatch(local.lower()):
        raise InputError(
            f"That is no mail address that can be used: see what stands before the @. {_EXAMPLE}"
        )
    address = f"{local.lower()}@{_domain(domain)}"
    if len(address) > _LONGEST:
        raise InputError(f"A mail address has at most {_LONGEST} characters.")
    return address


def _domain(text: str) -> str:
    wrong = InputError(f"That is no mail address that can be used: see what stands behind the @. {_EXAMPLE}")
    if not re.fullmatch(r"[^\W_]([\w.-]*[^\W_])?", text):
        raise wrong
    try:
        host = text.encode("idna").decode().lower()
    except ValueError:
        raise wrong from None
    if not _DOMAIN.fullmatch(host):
        raise wrong
    return host


def sender_of(text: str) -> Address:
    """Who mails come from, as the settings say it: `Paperboy <papers@example.org>`, or the address alone.

    Raises `InputError`.
    """
    name, address = parseaddr(text.strip())
    if not text.isprintable():
        raise InputError("The sender's name has a line break or the like in it.")
    local, _, domain = normal_address(address).rpartition("@")
    return Address(name or "Paperboy", local, domain)


def unaddressed(words: str, address: str) -> str:
    """What a mail server said, on one line, without any address, nor the name before the @ of this one:
    nobody else is to read those.
    """
    text = _IN_TEXT.sub("this address", words)
    name = address.partition("@")[0]
    if name:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "this address", text, flags=re.IGNORECASE)
    return one_line(text).strip()


def reaches_outside(url: str) -> bool:
    """Whether an address of the web leads to more than the machine or the network it is written on.

    A name is taken at its word: nothing is looked up. It is read as browsers read it: full-width digits are
    digits, `%6c` is a letter, and a backslash is a slash.
    """
    try:
        named = urlsplit(url.replace("\\", "/")).hostname or ""
        host = unquote(named).encode("idna").decode().rstrip(".").lower()
    except ValueError:  # nobody can follow it
        return False
    if not host or f".{host}".endswith(_INSIDE):
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # Names with a dot, and no number in another's clothes: 127.1, 0x7f.1 and 2130706433 are loopback too.
        return "." in host and not re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)", host.rpartition(".")[2])
    return _public(address)


def _public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address in _COMPATIBLE or address in _LOCAL_NAT64 or address.is_site_local:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _public(inner)
    return address.is_global and not address.is_multicast
