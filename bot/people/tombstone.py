"""What is kept of somebody who asked to be forgotten: nothing that says who they were."""

import hashlib
import hmac

from bot.people.model import Identity


def tombstone(key: bytes, identity: Identity) -> str:
    """A keyed digest of the identity: whoever lacks the secret key cannot tell whose it is, nor try names."""
    message = "\0".join(("forgotten", *identity)).encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()
