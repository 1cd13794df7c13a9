"""What the webhook promises beyond the contract of all deliverers."""

import asyncio
import json
import re
import runpy
import socket
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import NoReturn

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver
from hypothesis import given
from hypothesis import strategies as st

from adapters.webhook.address import normal_address
from adapters.webhook.answers import LONGEST_WAIT, failure_of, wait_asked
from adapters.webhook.deliverer import WebhookDeliverer
from adapters.webhook.signing import signed_headers, webhook_secret
from bot.errors import DoubtfulError, InputError, NotAcceptedError, RefusedError
from bot.ports import Parcel
from bot.view.doc import Doc, Note, PaperCard, Span, to_json
from bot.view.plain import to_plain
from tests.contract.deliverers import NOW, FixedClock, WebhookBench, webhook_bench
from tests.servers.webhook import (
    REDIRECT,
    Answer,
    Drip,
    Garble,
    LoseRequest,
)

DOCS = Path(__file__).resolve().parents[2] / "docs" / "webhook.md"
PLACE = "https://example.org"
DOC = Doc((PaperCard(1, "arxiv:2508.13426", Span("A paper")), Note((Span("Small print."),))), "1 paper")


@pytest.fixture
async def bench() -> AsyncIterator[WebhookBench]:
    async with webhook_bench(timedelta(seconds=30)) as bench:
        yield bench


def parcel(address: str, *, attempt: int = 1) -> Parcel:
    return Parcel("d1", "digest-abc-2025-11-20", address, to_json(DOC), NOW, attempt)


# --- signing -------------------------------------------------------------------------------------


def test_signatures_are_those_of_the_specification() -> None:
    # The reference vector of the specification's own test suites.
    at = datetime.fromtimestamp(1614265330, UTC)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_every_address_and_every_key_has_a_secret_of_its_own() -> None:
    first = webhook_secret(b"key", "https://example.org/a")
    others = {
        webhook_secret(b"key", "https://example.org/b"),
        webhook_secret(b"yek", "https://example.org/a"),
    }
    assert first == webhook_secret(b"key", "https://example.org/a")
    assert len({first, *others}) == 3
    assert all(re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret) for secret in {first, *others})


def test_the_documented_receiver_tells_genuine_from_forged(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", DOCS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "receiver.py").write_text(code, encoding="utf-8")
    verify = runpy.run_path(str(tmp_path / "receiver.py"))["verify"]
    secret = webhook_secret(b"key", "https://example.org/a")
    headers = signed_headers(secret, "id", NOW, b"{}")
    now = NOW.timestamp()
    assert verify(headers, b"{}", secret, now)
    assert not verify(headers, b"{ }", secret, now)
    assert not verify(headers, b"{}", webhook_secret(b"yek", "https://example.org/a"), now)
    assert not verify(headers, b"{}", secret, now + 301)


# --- answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299, 409])
def test_the_receiver_has_the_message(status: int) -> None:
    assert failure_of(status, None, PLACE, NOW) is None


@pytest.mark.parametrize(
    ("status", "retry_after", "kind"),
    [
        *((status, None, RefusedError) for status in (300, 301, 302, 303, 304, 307, 308)),
        *((status, None, RefusedError) for status in (400, 401, 403, 404, 405, 410, 413, 415, 422, 451, 499)),
        *((status, None, NotAcceptedError) for status in (408, 421, 425, 429)),
        (429, "nonsense", NotAcceptedError),
        (503, "5", NotAcceptedError),
        (503, None, DoubtfulError),
        (503, "nonsense", DoubtfulError),
        *((status, "5", DoubtfulError) for status in (500, 501, 502, 504, 599, 600, 999)),
    ],
)
def test_every_other_answer_is_a_failure_of_its_kind(
    status: int, retry_after: str | None, kind: type[Exception]
) -> None:
    failure = failure_of(status, retry_after, PLACE, NOW)
    assert type(failure) is kind
    assert str(failure).startswith(f"{PLACE} answered {status}")
    assert str(failure).endswith(".")


def test_the_table_in_the_docs_is_true() -> None:
    kinds = {
        "delivered": type(None),
        "not accepted": NotAcceptedError,
        "refused": RefusedError,
        "in doubt": DoubtfulError,
    }
    table = DOCS.read_text(encoding="utf-8").partition("## What becomes of each answer")[2]
    checked = set()
    for answers, meaning in re.findall(r"^\| (.*?) \| (.*?) \|$", table, re.MULTILINE):
        for status in map(int, re.findall(r"\b\d{3}\b", answers)):
            failure = failure_of(status, "5" if "503 with `" in answers else None, PLACE, NOW)
            assert type(failure) is kinds[re.split("[,:]", meaning)[0]], status
            checked.add(status)
    assert checked == {400, 401, 403, 404, 408, 409, 410, 413, 415, 421, 422, 425, 429, 503}


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("0", timedelta(0)),
        (" 120 ", timedelta(minutes=2)),
        ("0000000000120", timedelta(minutes=2)),
        ("9" * 5000, LONGEST_WAIT),
        (format_datetime(NOW + timedelta(minutes=3), usegmt=True), timedelta(minutes=3)),
        ("Thu, 20 Nov 2025 09:03:00 -0000", timedelta(minutes=3)),
        (format_datetime(NOW - timedelta(minutes=3), usegmt=True), timedelta(0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT),
        ("Thu, 99 Nov 2025 09:03:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(header: str | None, wait: timedelta | None) -> None:
    assert wait_asked(header, NOW) == wait


@given(st.text())
def test_no_retry_after_is_too_odd_to_be_read(header: str) -> None:
    wait = wait_asked(header, NOW)
    assert wait is None or timedelta(0) <= wait <= LONGEST_WAIT


@pytest.mark.parametrize(
    "address",
    ["https://me:s3cr3t@example.org/", "https://example.org:0/s3cr3t", "https://[/s3cr3t", "ftp://s3cr3t.org",
     "https://example.org/s3cr3t#", "https://example.org/s3 cr3t", f"https://example.org/{'s3cr3t' * 400}"],
)  # fmt: skip
def test_what_is_wrong_with_an_address_is_said_without_it(address: str) -> None:
    with pytest.raises(InputError) as caught:
        normal_address(address)
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))
    assert "cr3t" not in str(caught.value)


@given(st.text() | st.from_regex(r"https?://[^\s]{0,40}(:[0-9]{0,6})?(/[^\s]{0,20})?", fullmatch=True))
def test_an_address_has_a_normal_form_that_stays(text: str) -> None:
    try:
        normal = normal_address(text)
    except InputError:
        return
    assert normal_address(normal) == normal


# --- requests ------------------------------------------------------------------------------------


async def test_every_try_sends_the_same_bytes_and_the_papers_by_themselves(bench: WebhookBench) -> None:
    bench.server.faults.append(Answer(503))
    with pytest.raises(DoubtfulError):
        await bench.deliverer.send(parcel(bench.address))
    bench.server.faults.append(Answer(500, accepts=True))
    with pytest.raises(DoubtfulError):
        await bench.deliverer.send(parcel(bench.address, attempt=2))
    await bench.deliverer.send(parcel(bench.address, attempt=3))  # the stand-in compares it with the last
    (arrival,) = bench.server.arrivals
    assert bench.server.repeats == [arrival.key]
    assert arrival.body == {
        "type": "digest",
        "id": "digest-abc-2025-11-20",
        "created_at": "2025-11-20T09:00:00Z",
        "text": to_plain(DOC),
        "papers": [
            {
                "number": 1,
                "key": "arxiv:2508.13426",
                "title": "A paper",
                "url": None,
                "summary": None,
                "summary_from": None,
                "facts": [],
            }
        ],
        "doc": json.loads(to_json(DOC)),
    }


async def test_a_cut_request_is_not_silently_repeated(bench: WebhookBench) -> None:
    bench.server.faults.append(LoseRequest())
    with pytest.raises(DoubtfulError):
        await bench.deliverer.send(parcel(bench.address))
    assert bench.server.requests == 1


async def test_a_redirect_is_named_and_not_followed(bench: WebhookBench) -> None:
    bench.server.faults.append(REDIRECT)
    with pytest.raises(RefusedError, match="Redirects are not followed"):
        await bench.deliverer.send(parcel(bench.address))
    assert bench.server.requests == 1


async def test_an_answer_that_is_no_http_is_doubtful(bench: WebhookBench) -> None:
    bench.server.faults.append(Garble(accepts=True))
    with pytest.raises(DoubtfulError, match="cannot be read"):
        await bench.deliverer.send(parcel(bench.address))


async def test_an_answer_that_drips_is_given_up() -> None:
    async with webhook_bench(timedelta(seconds=1)) as bench:
        bench.server.faults.append(Drip(accepts=True))
        with pytest.raises(DoubtfulError, match="no answer within 1 s"):
            await bench.deliverer.send(parcel(bench.address))


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        (Answer(200, body=b'{"id": "42"}', accepts=True), "42"),
        (Answer(409, body=b'{"id": "42"}', accepts=True), "42"),
        (Answer(204, accepts=True), None),
        (Answer(200, body=b"ok", accepts=True), None),
        (Answer(200, body=b'{"id": 42}', accepts=True), None),
        (Answer(200, body=b'{"id": ""}', accepts=True), None),
        (Answer(200, body=b'{"id": "a\\nb"}', accepts=True), None),
        (Answer(200, body=b'["id"]', accepts=True), None),
        (Answer(200, body=b"[" * 60_000, accepts=True), None),
        (Answer(200, body=b"\xff\xfe", accepts=True), None),
        (Answer(200, body=b'{"id": "' + b"a" * 300 + b'"}', accepts=True), None),
        (Answer(200, body=b'{"id": "42"}' + b" " * 70_000, accepts=True), None),
        (Answer(200, body=b'{"id": "4', accepts=True, cut=True), None),
        (Answer(200, (("Content-Encoding", "gzip"),), b"no gzip", accepts=True), None),
    ],
)
async def test_the_status_accepts_and_the_body_only_names(
    bench: WebhookBench, answer: Answer, receipt: str | None
) -> None:
    bench.server.faults.append(answer)
    assert await bench.deliverer.send(parcel(bench.address)) == (receipt or "digest-abc-2025-11-20")


async def test_a_server_without_tls_is_never_sent_the_message(bench: WebhookBench) -> None:
    address = bench.address.replace("http://", "https://")
    with pytest.raises(NotAcceptedError, match="not safe"):
        await bench.deliverer.send(parcel(address))
    assert bench.server.arrivals == []


class _NoResolver(AbstractResolver):
    """A name service that knows no name."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> NoReturn:
        raise OSError(socket.EAI_NONAME, f"No {host}, port {port}, family {family}")

    async def close(self) -> None:
        pass


class _SilentResolver(_NoResolver):
    """A name service that never answers."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> NoReturn:
        await asyncio.Event().wait()
        await super().resolve(host, port, family)


@pytest.mark.parametrize(
    ("resolver", "sentence"),
    [
        (_NoResolver, r"host of https://papers\.example is not known"),
        (_SilentResolver, r"https://papers\.example took no connection within 0\.1 s"),
    ],
)
async def test_a_host_that_is_not_found_was_sent_nothing(
    resolver: type[AbstractResolver], sentence: str
) -> None:
    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=resolver()))

    deliverer = WebhookDeliverer(
        session, secret_key=b"key", clock=FixedClock(), version="1", timeout=timedelta(seconds=0.2)
    )
    with pytest.raises(NotAcceptedError, match=sentence):
        await deliverer.send(parcel("https://papers.example/secret"))
    await deliverer.aclose()


async def test_a_refused_connection_says_so_and_a_receiver_that_is_back_gets_the_message(
    bench: WebhookBench,
) -> None:
    bench.server.refuse()
    with pytest.raises(NotAcceptedError, match="Connection refused"):
        await bench.deliverer.send(parcel(bench.address))
    bench.server.accept()
    await bench.deliverer.send(parcel(bench.address, attempt=2))
    assert len(bench.server.arrivals) == 1
