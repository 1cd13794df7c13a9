"""HTTP: requests to the app's own address, signed as Slack signs them."""

import hashlib
import hmac
import json
import time
from datetime import timedelta
from enum import Enum
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.servers.slack.payloads import COMMANDS, EVENTS, VERIFICATION, envelope_type
from tests.servers.slack.state import Body
from tests.servers.slack.transport import PATIENCE, Ack
from tests.servers.slack.world import World

_FORM = "application/x-www-form-urlencoded"


class Signature(Enum):
    """How a request is signed; all but the first must be answered 401."""

    TRUE = "true"
    WRONG = "wrong"
    STALE = "stale"
    MISSING = "missing"


class HttpMode:
    """The app's one address for commands, events and interactions."""

    def __init__(self, world: World, url: str, secret: str) -> None:
        self._world = world
        self.url = url
        self._secret = secret
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(
        self, payload: Body, *, attempt: int = 0, reason: str = "", signature: Signature = Signature.TRUE
    ) -> Ack | None:
        body, content_type = _encoded(payload)
        retried = {"x-slack-retry-num": str(attempt), "x-slack-retry-reason": reason} if attempt else {}
        return await self._post(body, {"Content-Type": content_type} | retried, signature)

    async def verify_url(self, challenge: str) -> Ack | None:
        """What Slack asks when the address is entered; the challenge must come back."""
        body = {"token": VERIFICATION, "challenge": challenge, "type": "url_verification"}
        return await self._post(
            json.dumps(body).encode(), {"Content-Type": "application/json"}, Signature.TRUE
        )

    async def check_ssl(self) -> Ack | None:
        """What Slack asks of a command's address now and then."""
        body = urlencode({"ssl_check": "1", "token": VERIFICATION}).encode()
        return await self._post(body, {"Content-Type": _FORM}, Signature.TRUE)

    async def _post(self, body: bytes, headers: dict[str, str], signature: Signature) -> Ack | None:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE))
        sent = time.monotonic()
        try:
            async with self._session.post(
                self.url, data=body, headers=headers | self._signed(body, signature)
            ) as response:
                text = await response.text()
        except (aiohttp.ClientError, TimeoutError):
            return None
        return Ack(response.status, _content(text, response.content_type), time.monotonic() - sent)

    def _signed(self, body: bytes, signature: Signature) -> dict[str, str]:
        if signature is Signature.MISSING:
            return {}
        at = self._world.now()
        if signature is Signature.STALE:
            at -= timedelta(minutes=6)
        stamp = str(int(at.timestamp()))
        secret = self._secret + ("-another" if signature is Signature.WRONG else "")
        digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def _encoded(payload: Body) -> tuple[bytes, str]:
    match envelope_type(payload):
        case str(kind) if kind == COMMANDS:
            return urlencode(payload).encode(), _FORM
        case str(kind) if kind == EVENTS:
            return json.dumps(payload).encode(), "application/json"
    return urlencode({"payload": json.dumps(payload)}).encode(), _FORM


def _content(text: str, content_type: str) -> Any:
    if not text:
        return None
    return json.loads(text) if content_type == "application/json" else text
