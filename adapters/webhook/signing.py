"""Signatures by the Standard Webhooks specification 1.0 (standardwebhooks.com), symmetric version `v1`."""

import hmac
from base64 import b64decode, b64encode
from datetime import datetime
from hashlib import sha256
from typing import Final

_PREFIX: Final = "whsec_"


def webhook_secret(secret_key: bytes, address: str) -> str:
    """The signing secret that Paperboy and the receiver at `address` share: `whsec_` and 32 bytes in base64.

    Derived from `secret_key`, so that nothing is stored; `address` must be in its normal form
    (`check_address`). Another key or another address gives another secret.
    """
    derived = hmac.digest(secret_key, f"webhook:{address}".encode(), sha256)
    return _PREFIX + b64encode(derived).decode()


def signed_headers(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers that prove who sent `body`, and when (whole seconds since 1970, UTC)."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    signature = hmac.digest(b64decode(secret.removeprefix(_PREFIX)), signed, sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{b64encode(signature).decode()}",
    }
