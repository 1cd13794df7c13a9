"""Codes that link two accounts of one person: short enough to be typed, too many to be guessed in their time.

Eight of 31 letters and digits are 8.5e11 codes. Pure.
"""

import hashlib
import hmac
from datetime import timedelta
from typing import Final

GOOD_FOR: Final = timedelta(minutes=10)
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is taken for something else
_LENGTH: Final = 8
_HALF: Final = _LENGTH // 2


def new_code(key: bytes, seed: str) -> str:
    """A code such as `K7QX-2M4P`; `seed` is random, and of no use to whoever lacks the secret key."""
    number = int.from_bytes(_keyed(key, "code", seed), "big")
    letters = ""
    for _ in range(_LENGTH):
        number, at = divmod(number, len(_ALPHABET))
        letters += _ALPHABET[at]
    return f"{letters[:_HALF]}-{letters[_HALF:]}"


def read_code(text: str) -> str | None:
    """The code that somebody typed, however they divided it; `None` for what is none."""
    letters = "".join(char for char in text.upper() if char not in " -\u2010\u2011\u2012\u2013")
    if len(letters) != _LENGTH or not set(letters) <= set(_ALPHABET):
        return None
    return f"{letters[:_HALF]}-{letters[_HALF:]}"


def code_digest(key: bytes, code: str) -> str:
    """What the store keeps of a code: whoever reads it there cannot use it."""
    return _keyed(key, "digest", code).hex()


def _keyed(key: bytes, what: str, text: str) -> bytes:
    return hmac.digest(key, f"account link {what}\0{text}".encode(), hashlib.sha256)


__all__ = ["GOOD_FOR", "code_digest", "new_code", "read_code"]
