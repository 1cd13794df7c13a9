"""What a link or a message's own number carries: sealed with the secret key, so that nobody can read it, make
one, or turn one for one address into one for another.

The same text gives the same token (AES-SIV, RFC 5297): a mail that is sent again is the same mail, and
nothing has to be remembered of links.
"""

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

CONFIRM: Final = "confirm"  # purposes: a token for one is none for another
STOP: Final = "stop"

_LONGEST: Final = 600  # characters of a token: more than any of ours has
_TAG: Final = 20  # hexadecimal digits: 80 bits


def sealed(key: bytes, purpose: str, text: str) -> str:
    """A token that may stand in an address of the web."""
    data = _cipher(key).encrypt(text.encode(), [purpose.encode()])
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def opened(key: bytes, purpose: str, token: str) -> str | None:
    """What was sealed for that purpose; `None` for whatever is no token of ours."""
    if len(token) > _LONGEST or not token.isascii():
        return None
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as in `_cipher`

    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        text = _cipher(key).decrypt(data, [purpose.encode()]).decode()
    except (InvalidTag, ValueError):
        return None
    return text if hmac.compare_digest(sealed(key, purpose, text), token) else None


def message_tag(key: bytes, name: str, address: str) -> str:
    """A mark of one message to one address that nobody can foresee."""
    message = f"message\0{name}\0{address}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:_TAG]


def code_digest(key: bytes, recipient_id: str, code: str) -> str:
    """What is stored of a code that was mailed."""
    message = f"code\0{recipient_id}\0{code}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()


def _cipher(key: bytes) -> "AESSIV":
    from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415 - 6 MB for who sends mail
        AESSIV,
    )

    return AESSIV(hmac.new(key, b"mail links", hashlib.sha512).digest())
