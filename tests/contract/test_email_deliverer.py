"""What a mail server can do to a message, and what is then said of it; and what goes over the wire."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from pathlib import Path

import lxml.html
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.email.deliverer import EmailDeliverer
from adapters.email.server import SmtpServer
from bot.errors import DoubtfulError, NotAcceptedError, RefusedError
from bot.mail.tokens import STOP, opened
from bot.ports import Parcel
from bot.view.doc import Actions, Button, Doc, Heading, Note, PaperCard, Section, Span, to_json
from tests.clocks import FakeClock
from tests.servers.smtp import Fault, SmtpStandIn

NOW = datetime(2025, 11, 20, 9, 0, tzinfo=UTC)
KEY = b"the key of all links, and of codes"
MAYA = "maya@example.org"
HASTY = timedelta(seconds=1)


class Mails:
    """A deliverer, and the server that it hands mails to."""

    def __init__(self, server: SmtpStandIn, deliverer: EmailDeliverer, clock: FakeClock) -> None:
        self.server = server
        self.deliverer = deliverer
        self.clock = clock

    async def send(self, key: str = "digest-a", doc: Doc | None = None, to: str = MAYA) -> str:
        parcel = Parcel("1", key, to, to_json(doc or digest()), NOW, 1)
        await self.deliverer.ready(parcel)
        return await self.deliverer.send(parcel)


def digest(title: str = "Attention") -> Doc:
    card = PaperCard(1, "arxiv:2508.13426", Span(title, "https://arxiv.org/abs/2508.13426"))
    return Doc((Heading((Span("New papers for you"),)), card), f"New papers for you: {title}")


@asynccontextmanager
async def mails(
    *,
    page: str = "",
    login: tuple[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    from_the_start: bool = False,
    user: tuple[str, str] = ("", ""),
    trusts: ssl.SSLContext | None = None,
    patience: timedelta = timedelta(seconds=30),
    per_minute: int = 60_000,
) -> AsyncIterator[Mails]:
    server = await SmtpStandIn(login=login).start(tls, from_the_start=from_the_start)
    clock = FakeClock(NOW)
    at = SmtpServer(
        host="127.0.0.1",
        port=server.port,
        tls=from_the_start,
        plain=trusts is None,
        user=user[0],
        password=user[1],
    )
    deliverer = EmailDeliverer(
        at if trusts is None else replace(at, context=trusts),
        Address("Paperboy", "papers", "papers.example"),
        secret_key=KEY,
        clock=clock,
        page=page,
        per_minute=per_minute,
        timeout=patience,
    )
    try:
        yield Mails(server, deliverer, clock)
    finally:
        await deliverer.aclose()
        await server.stop()


# --- what the server says ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "answer", "pauses"),
    [
        ("RCPT", "550 5.1.1 no such user", True),
        ("RCPT", "550 no such user", True),
        ("RCPT", "552 5.2.2 the mailbox is full", True),
        ("DATA", "554 5.6.0 not in this form", True),
        ("RCPT", "554 5.7.1 relaying is denied", False),
        ("DATA", "550 5.7.28 this looks like spam", False),
        ("RCPT", "550 we do not relay", False),
    ],
)
async def test_a_no_to_the_address_pauses_it_and_a_no_to_the_sender_does_not(
    step: str, answer: str, *, pauses: bool
) -> None:
    async with mails() as some:
        some.server.answers[step].append(answer)
        with pytest.raises(RefusedError) as caught:
            await some.send()
        assert caught.value.pause is pauses
        assert some.server.taken == []


@pytest.mark.parametrize(
    ("step", "answer", "wait"),
    [
        ("MAIL", "451 4.3.0 not now", timedelta(minutes=5)),
        ("RCPT", "450 4.7.1 Greylisted", timedelta(minutes=5)),
        ("RCPT", "451 Greylisting in action, come back in 300 seconds", timedelta(minutes=5)),
        ("RCPT", "450 try again after 2 minutes", timedelta(minutes=2)),
        ("RCPT", "450 try again in 99999 seconds", timedelta(hours=1)),
        ("DATA", "452 4.3.1 no room", timedelta(minutes=5)),
        ("MAIL", "550 5.7.1 you may not write as this", timedelta(minutes=5)),
    ],
)
async def test_what_passes_is_tried_again_when_the_server_wants_it(
    step: str, answer: str, wait: timedelta
) -> None:
    async with mails() as some:
        some.server.answers[step].append(answer)
        with pytest.raises(NotAcceptedError) as caught:
            await some.send()
        assert caught.value.retry_after == wait
        await some.send()
        assert len(some.server.taken) == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
async def test_a_cut_before_the_message_leaves_no_doubt(step: str) -> None:
    async with mails() as some:
        some.server.cut_at = step
        with pytest.raises(NotAcceptedError):
            await some.send()
        some.server.cut_at = None
        await some.send()
        assert len(some.server.taken) == 1


@pytest.mark.parametrize("fault", [Fault.LOSE_REQUEST, Fault.LOSE_REPLY, Fault.GARBLE])
async def test_a_cut_once_the_message_is_out_is_in_doubt_whether_it_was_taken_or_not(fault: Fault) -> None:
    async with mails() as some:
        some.server.faults.append(fault)
        with pytest.raises(DoubtfulError):
            await some.send()
        await some.send("digest-b")  # by a connection of its own
        assert len(some.server.taken) == (1 if fault is Fault.LOSE_REQUEST else 2)


async def test_an_answer_that_drips_is_given_up_in_time() -> None:
    async with mails(patience=HASTY) as some:
        some.server.faults.append(Fault.DRIP)
        async with asyncio.timeout(20):
            with pytest.raises(DoubtfulError):
                await some.send()


async def test_a_server_that_never_greets_is_given_up_in_time_and_without_doubt() -> None:
    silent = asyncio.Event()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silent.wait()
        writer.close()

    listening = await asyncio.start_server(never, "127.0.0.1", 0)
    async with mails(patience=HASTY) as some:
        port = listening.sockets[0].getsockname()[1]
        deliverer = EmailDeliverer(
            SmtpServer(host="127.0.0.1", port=port, tls=False, plain=True),
            Address("", "papers", "papers.example"),
            secret_key=KEY,
            clock=some.clock,
            timeout=HASTY,
        )
        async with asyncio.timeout(20):
            with pytest.raises(NotAcceptedError):
                await deliverer.send(Parcel("1", "digest-a", MAYA, to_json(digest()), NOW, 1))
        await deliverer.aclose()
    silent.set()
    listening.close()
    await listening.wait_closed()


# --- connections and pace ------------------------------------------------------------------------


async def test_a_connection_serves_one_message_after_the_other() -> None:
    async with mails() as some:
        for day in range(5):
            await some.send(f"digest-{day}")
        assert len(some.server.taken) == 5
        assert some.server.connections == 1


async def test_a_connection_that_the_server_closed_meanwhile_is_replaced_unseen() -> None:
    async with mails() as some:
        await some.send("digest-a")
        some.server.hang_up()
        await some.send("digest-b")
        assert some.server.connections == 2
        assert len(some.server.taken) == 2


async def test_a_crowd_shares_few_connections() -> None:
    async with mails() as some:
        await asyncio.gather(*(some.send(f"digest-{number}") for number in range(20)))
        assert len(some.server.taken) == 20
        assert some.server.connections <= 4


async def test_no_more_go_out_in_a_minute_than_are_allowed_and_a_crowd_returns_one_by_one() -> None:
    async with mails(per_minute=120) as some:
        parcel = Parcel("1", "digest-a", MAYA, to_json(digest()), NOW, 1)
        turns = await asyncio.gather(
            *(some.deliverer.ready(parcel) for _ in range(10)), return_exceptions=True
        )
        waits = [turn.retry_after for turn in turns if isinstance(turn, NotAcceptedError)]
        assert turns.count(None) == 3  # at once, in half a second, in a second
        assert some.clock.now() - NOW == timedelta(seconds=1)
        assert waits == [timedelta(seconds=1.5) + one * timedelta(seconds=0.5) for one in range(7)]


# --- encryption ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def contexts(certificate: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's, and one that trusts it."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate)
    client = ssl.create_default_context(cafile=str(certificate))
    client.check_hostname = False  # it is known by a name here, and reached by a number
    return server, client


async def test_it_asks_for_tls_then_logs_in_then_sends(certificate: Path) -> None:
    login = ("papers@papers.example", "p@ss:word")
    server, client = contexts(certificate)
    async with mails(login=login, user=login, tls=server, trusts=client) as some:
        await some.send()
        (taken,) = some.server.taken
        assert taken.encrypted


async def test_it_speaks_tls_from_the_start_where_the_server_does(certificate: Path) -> None:
    server, client = contexts(certificate)
    async with mails(tls=server, trusts=client, from_the_start=True) as some:
        await some.send()
        (taken,) = some.server.taken
        assert taken.encrypted


async def test_after_a_wrong_password_the_server_is_left_in_peace(certificate: Path) -> None:
    server, client = contexts(certificate)
    right, wrong = ("papers", "right"), ("papers", "wrong")
    async with mails(login=right, user=wrong, tls=server, trusts=client) as some:
        with pytest.raises(NotAcceptedError, match="password of PAPERBOY_SMTP_URL") as caught:
            await some.send()
        assert "wrong" not in str(caught.value)
        connections = some.server.connections
        with pytest.raises(NotAcceptedError):
            await some.send()
        assert some.server.connections == connections


async def test_a_certificate_that_cannot_be_trusted_lets_nothing_out(certificate: Path) -> None:
    server, _ = contexts(certificate)
    async with mails(tls=server, trusts=ssl.create_default_context()) as some:
        with pytest.raises(NotAcceptedError, match="not safe"):
            await some.send()
        assert some.server.taken == []


async def test_a_server_without_starttls_gets_nothing() -> None:
    async with mails(trusts=ssl.create_default_context(), user=("papers", "secret")) as some:
        with pytest.raises(NotAcceptedError, match="offers no"):
            await some.send()
        assert some.server.taken == []


# --- what goes over the wire ---------------------------------------------------------------------


async def test_a_public_address_gives_one_click_that_is_bound_to_the_receiver() -> None:
    async with mails(page="https://papers.example") as some:
        await some.send()
        await some.send(to="noor@example.org")
        first, second = (taken.message for taken in some.server.taken)
        assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        page, mailto = [way.strip("<>") for way in str(first["List-Unsubscribe"]).split(", ")]
        assert page.startswith("https://papers.example/mail/stop/")
        assert mailto.startswith("mailto:papers@papers.example?subject=unsubscribe%20")
        assert opened(KEY, STOP, page.rpartition("/")[2]) == MAYA
        assert page not in second.as_string()
        assert MAYA not in page + mailto


async def test_without_a_public_address_there_is_no_one_click_and_no_address_of_the_web() -> None:
    async with mails() as some:
        await some.send()
        (taken,) = some.server.taken
        assert "List-Unsubscribe-Post" not in taken.message
        assert str(taken.message["List-Unsubscribe"]).startswith("<mailto:")
        body = taken.message.get_body(("plain",))
        assert body is not None
        assert "mail stop" in body.get_content()


async def test_no_address_of_this_machine_or_a_network_of_somebodys_leaves() -> None:
    inside = [
        "http://localhost:8000/day", "http://127.0.0.1/", "http://[::1]/", "http://127.1/", "http://0x7f.1/",
        "http://2130706433/", "http://10.0.0.7/paper", "http://papers.local/", "http://app.localhost/",
        "http://intranet/paper", "http://169.254.169.254/latest",
    ]  # fmt: skip
    card = PaperCard(
        1,
        "doi:1",
        Span("A paper", inside[0]),
        (Span("told", inside[1]),),
        None,
        tuple(Span("code", url) for url in inside),
    )
    note = Note(tuple(Span("see", url) for url in inside))
    async with mails(page="https://papers.example") as some:
        await some.send(doc=Doc((card, Section((Span("here", inside[0]),)), note), "1 paper"))
        (taken,) = some.server.taken
        bodies = [part.get_content() for part in taken.message.iter_parts()]
        assert [url for url in inside for body in bodies if url in body] == []


async def test_the_message_is_sound_by_rfc_5322(certificate: Path) -> None:
    title = "Ünïcode — 漢字かな交じり文 " * 12 + "\r\nBcc: eve@example.org"
    async with mails(page="https://papers.example") as some:
        await some.send("digest-a:b/ü", digest(title))
        (taken,) = some.server.taken
        content = taken.content
        assert content.isascii()
        assert b"\r\n" in content
        assert b"\n" not in content.replace(b"\r\n", b"")
        assert b"\r" not in content.replace(b"\r\n", b"")
        assert max(map(len, content.split(b"\r\n"))) <= 998
        message = taken.message
        assert not message.defects
        for name in ("From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Id"):
            assert len(message.get_all(name) or []) == 1, name
            assert not message[name].defects, name
        assert "Bcc" not in message
        assert message["From"].addresses[0].addr_spec == "papers@papers.example"
        assert taken.recipient == MAYA
        assert taken.sender == "papers@papers.example"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


async def test_every_try_sends_the_same_message() -> None:
    async with mails() as some:
        first, second = await some.send(), await some.send()
        assert first == second
        assert some.server.taken[0].content == some.server.taken[1].content


async def test_a_line_of_a_dot_ends_no_message() -> None:
    async with mails() as some:
        doc = Doc((Section((Span("."),)), Section((Span("..and on"),)), Note((Span("The end."),))), "Dots")
        await some.send(doc=doc)
        (taken,) = some.server.taken
        body = taken.message.get_body(("plain",))
        assert body is not None
        lines = body.get_content().splitlines()
        assert lines[0] == "."
        assert "..and on" in lines
        assert "The end." in lines


async def test_nothing_is_fetched_nothing_runs_and_nothing_is_pressed() -> None:
    card = PaperCard(
        1,
        "arxiv:1",
        Span("<script>alert(1)</script> <img src=https://evil.example/pixel>", "https://arxiv.org/abs/1"),
        (Span('" onmouseover="x'),),
        menu=(Button("Save paper 1", "save:arxiv:1"),),
    )
    doc = Doc((Heading((Span("Papers"),)), card, Actions((Button("Search papers", "search:"),))), "1 paper")
    async with mails(page="https://papers.example") as some:
        await some.send(doc=doc)
        body = some.server.taken[0].message.get_body(("html",))
        assert body is not None
        page = lxml.html.document_fromstring(body.get_content())
        names = {element.tag for element in page.iter() if isinstance(element.tag, str)}
        assert not names & {"script", "img", "link", "iframe", "object", "form", "input", "button", "svg"}
        attributes = {name for element in page.iter() for name in element.attrib}
        assert not {name for name in attributes if name.startswith("on") or name in {"src", "background"}}
        styles = [element.get("style", "") for element in page.iter()] + page.xpath("//style/text()")
        assert not [style for style in styles if "url(" in style or "@import" in style]
        assert next(str(link) for link in page.xpath("//a/@href")) == "https://arxiv.org/abs/1"
        assert "<script>alert(1)</script>" in page.text_content()
        assert "Save paper" not in page.text_content()
        assert "Search papers" not in page.text_content()


async def test_a_code_waits_behind_no_digests_and_belongs_to_no_list() -> None:
    async with mails(page="https://papers.example", per_minute=1) as some:
        await some.send()
        with pytest.raises(NotAcceptedError):
            await some.send("digest-b")
        parcel = Parcel("2", "code-1", MAYA, "", NOW, 1)
        await some.deliverer.post(parcel, Doc((Section((Span("Your code is 123456."),)),), "Your code"))
        message = some.server.taken[-1].message
        assert message["Subject"] == "Your code"
        assert "List-Unsubscribe" not in message
        body = message.get_body(("plain",))
        assert body is not None
        assert "If you did not ask for this, leave it" in body.get_content()
