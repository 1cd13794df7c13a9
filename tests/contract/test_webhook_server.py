"""What the webhook's stand-in refuses and drops, so that a test passed against it means something."""

import json
import socket
import time
from collections.abc import Mapping
from datetime import datetime

import aiohttp
import pytest

from adapters.webhook.signing import signed_headers, webhook_secret
from tests.contract.deliverers import NOW
from tests.servers.webhook import KEYS_REMEMBERED, WebhookServer


async def test_the_stand_in_refuses_what_is_not_documented() -> None:
    moment = NOW

    def now() -> datetime:
        return moment

    server = WebhookServer(lambda address: webhook_secret(b"key", address), now=now)
    body = json.dumps(
        {"type": "digest", "id": "k", "created_at": "2025-11-20T09:00:00Z", "text": "", "papers": [],
         "doc": {"version": 1}}
    ).encode()  # fmt: skip
    async with server, aiohttp.ClientSession() as session:

        async def post(
            path: str = "/hook", content: bytes = body, changed: Mapping[str, str | None] | None = None
        ) -> int:
            headers = signed_headers(webhook_secret(b"key", server.address("/hook")), "k", moment, content)
            headers |= {
                "Idempotency-Key": "k",
                "Content-Type": "application/json",
                "User-Agent": "Paperboy/1",
            }
            for name, value in (changed or {}).items():
                headers.pop(name, None)
                if value is not None:
                    headers[name] = value
            async with session.post(server.address(path), data=content, headers=headers) as answer:
                return answer.status

        assert await post() == 200
        assert await post() == 200
        assert [len(server.arrivals), server.repeats] == [1, ["k"]]
        moment += KEYS_REMEMBERED
        assert await post() == 200
        assert [len(server.arrivals), server.repeats] == [2, ["k"]]
        assert server.violations == []

        wrong: list[tuple[str, dict[str, str | None]]] = [
            ("signature", {"webhook-signature": "v1,AAAA"}),
            ("webhook-timestamp", {"webhook-timestamp": "soon"}),
            ("clock", {"webhook-timestamp": str(int(moment.timestamp()) - 301)}),
            ("Idempotency-Key", {"Idempotency-Key": None}),
            ("Idempotency-Key", {"Idempotency-Key": "other"}),
            ("Content-Type", {"Content-Type": "text/plain"}),
            ("User-Agent", {"User-Agent": "curl/8"}),
            ("cookies", {"Cookie": "a=b"}),
        ]
        for word, changed in wrong:
            assert await post(changed=changed) == 400
            assert word in server.violations.pop()
        for path, content, word in [
            ("/elsewhere", body, "unknown route"),
            ("/hook", b"{", "not JSON"),
            ("/hook", b"{}", "the fields"),
            ("/hook", body.replace(b'"digest"', b'"other"'), "type, id or doc"),
            ("/hook", body.replace(b"09:00:00Z", b"09:00"), "created_at"),
            ("/hook", body.replace(b'"papers": []', b'"papers": [{}]'), "a paper"),
        ]:
            assert await post(path, content) == 400
            assert word in server.violations.pop()
        assert await post(content=body.replace(b'"text": ""', b'"text": "b"')) == 200
        assert "another body" in server.violations.pop()


def test_the_stand_in_serves_from_a_thread_and_fails_its_test_on_a_violation() -> None:
    server = WebhookServer(lambda address: webhook_secret(b"key", address)).start()
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        server.wait_until(lambda: bool(server.violations))
        assert connection.recv(12) == b"HTTP/1.1 400"
    server.stop()
    with pytest.raises(AssertionError, match="unknown route"):
        server.check()
    before = time.monotonic()
    with pytest.raises(AssertionError, match="in vain"):
        server.wait_until(lambda: False, patience=0.01)
    assert time.monotonic() - before < 10
