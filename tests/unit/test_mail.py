"""Addresses, tokens, and what comes back by mail."""

from base64 import b64encode
from email.message import EmailMessage
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email.answers import wait_asked
from adapters.email.message import WayOut
from adapters.email.server import SmtpServer
from bot.errors import ConfigError, InputError
from bot.mail.address import normal_address, reaches_outside, sender_of, unaddressed
from bot.mail.returned import Bounced, Complained, Stopped, read_returned
from bot.mail.tokens import CONFIRM, STOP, opened, sealed
from tests.contract.mails import (
    BY_MAIL,
    KEY,
    MAILTO,
    MAYA,
    ONE_CLICK,
    TOKEN,
    delivery_status,
    feedback,
    report,
)

# --- addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Paperboy <papers@Example.org>", "Paperboy", "papers@example.org"),
        ("papers@example.org", "Paperboy", "papers@example.org"),
        ('"Papers, daily" <papers@example.org>', "Papers, daily", "papers@example.org"),
    ],
)
def test_a_sender_may_have_a_name(text: str, name: str, address: str) -> None:
    found = sender_of(text)
    assert (found.display_name, found.addr_spec) == (name, address)


@pytest.mark.parametrize(
    "text", ["", "Paperboy", "Paperboy <>", "Paperboy <papers>", "A\r\nBcc: x <a@b.org>"]
)
def test_what_is_no_sender_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        sender_of(text)


@given(st.text(max_size=40))
def test_whatever_is_an_address_has_one_normal_form_that_is_safe_in_a_header(text: str) -> None:
    try:
        address = normal_address(f"{text}@example.org")
    except InputError:
        return
    assert normal_address(address) == address
    assert address.isascii()
    assert address.isprintable()
    assert not set(address) & set(' <>,;:"\\()[]')


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/", "https://LOCALHOST:8000", "http://localhost./", "http://127.0.0.1", "http://127.8.9.1/a",
        "http://[::1]/", "http://0.0.0.0/", "http://10.1.2.3/", "http://192.168.1.1/", "http://172.16.0.1/",
        "http://[fe80::1]/", "http://127.1/", "http://0x7f000001/", "http://2130706433/", "http://papers/",
        "http://a.localhost/", "http://printer.local/", "http://[::ffff:127.0.0.1]/", "nothing",
        "https://localhost.localdomain", "http://nas.lan/", "http://nas.home.arpa./", "http://wiki.corp",
        "https://\uff10.\uff10.\uff10.\uff10", "https://①②⑦.0.0.1/", "https://127。0。0。1/", "http://loc\u00adalhost/",
        "http://nas.loca%6c/",
        "https://[64:ff9b::7f00:1]", "https://[64:ff9b:1::808:808]", "https://[2002:7f00:1::]/", "https://[::7f00:1]",
        "http://[fec0::1]/", "http://224.0.0.1/", "http://127.0.0.1\\@arxiv.org/", "http://[::1", "http://a℀b.org/",
    ],
)  # fmt: skip
def test_what_leads_to_this_machine_or_into_a_network_does_not_lead_out(url: str) -> None:
    assert not reaches_outside(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://arxiv.org/abs/1",
        "http://8.8.8.8/",
        "https://xn--mnchen-3ya.example/",
        "https://münchen.example/",
        "https://lan.example.org/",
        "https://home.example/",
        "https://[64:ff9b::808:808]/",
        "https://[2606:4700::1]/",
        "https://[::ffff:8.8.8.8]/",
    ],
)
def test_what_leads_out_does(url: str) -> None:
    assert reaches_outside(url)


# --- the server ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "smtp://p%40x.org:a%3Ab@mail.example.org",
            ("mail.example.org", 587, False, False, "p@x.org", "a:b"),
        ),
        ("smtps://p:q@mail.example.org", ("mail.example.org", 465, True, False, "p", "q")),
        ("smtp://localhost", ("localhost", 25, False, True, "", "")),
        ("smtp://p:q@127.0.0.1:2525", ("127.0.0.1", 2525, False, True, "p", "q")),
        ("smtp://relay.example.org:25?tls=off", ("relay.example.org", 25, False, True, "", "")),
        ("smtp://relay.example.org:25", ("relay.example.org", 25, False, False, "", "")),
    ],
)
def test_an_address_of_a_server_says_how_it_is_spoken_to(url: str, expected: tuple[object, ...]) -> None:
    found = SmtpServer.of(url)
    assert (found.host, found.port, found.tls, found.plain, found.user, found.password) == expected
    assert found.password not in repr(found) or not found.password


def test_no_password_goes_over_a_network_in_clear() -> None:
    with pytest.raises(ConfigError) as caught:
        SmtpServer.of("smtp://papers:s3cret@relay.example.org?tls=off")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("words", ["Greylisted", "4.7.1 try later", "see http://x.example/300s-rule.html5"])
def test_where_no_time_is_said_none_is_read(words: str) -> None:
    assert wait_asked(words) is None


# --- tokens --------------------------------------------------------------------------------------


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_token_opens_to_its_text_alone_and_for_its_purpose_alone(text: str, other: str) -> None:
    text, other = (one.encode("utf-8", "replace").decode() for one in (text, other))
    token = sealed(KEY, STOP, text)
    assert opened(KEY, STOP, token) == text
    assert opened(KEY, CONFIRM, token) is None
    assert opened(b"another key", STOP, token) is None
    assert (sealed(KEY, STOP, other) == token) == (other == text)


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("ABCxyz019_-=+/. \n"))
def test_a_token_that_was_touched_opens_to_nothing(place: int, letter: str) -> None:
    touched = TOKEN[:place] + letter + TOKEN[place + 1 :]
    assert opened(KEY, STOP, touched) == (MAYA if touched == TOKEN else None)


# --- what comes back -----------------------------------------------------------------------------


@pytest.mark.parametrize("ways", [ONE_CLICK, BY_MAIL])
@pytest.mark.parametrize("original", ["message/rfc822", "text/rfc822-headers"])
def test_a_report_of_failure_names_the_address_and_why(ways: WayOut, original: str) -> None:
    status = delivery_status(code=f"smtp; 550 5.1.1 <{MAYA}>: no such user, says maya's server")
    found = read_returned(report("delivery-status", status, "It failed.", ways, original), KEY)
    assert isinstance(found, Bounced)
    assert found.address == MAYA
    assert found.why == (
        "A mail came back: 550 5.1.1 this address: no such user, says this address's server."
    )


def with_subject(header: str) -> bytes:
    return f"From: {MAYA}\r\nSubject: {header}\r\n\r\n".encode()


def as_python_writes_it(subject: str) -> bytes:
    made = EmailMessage()
    made["Subject"] = subject
    return made.as_bytes()


def quoted(word: str) -> str:
    return f"=?us-ascii?Q?{word.replace('_', '=5F')}?="


LONG: Final = "maya.lindqvist+papers-of-the-week@mail.department.university.example.org"
LONG_TOKEN: Final = sealed(KEY, STOP, LONG)


@pytest.mark.parametrize(
    "mail",
    [
        as_python_writes_it(f"unsubscribe {LONG_TOKEN}"),
        as_python_writes_it(f"Fwd: unsubscribe\N{NO-BREAK SPACE}{LONG_TOKEN}"),
        with_subject(f"unsubscribe\N{NO-BREAK SPACE}{LONG_TOKEN}"),
        with_subject("\r\n ".join(["unsubscribe", quoted(LONG_TOKEN[:40]), quoted(LONG_TOKEN[40:])])),
        with_subject(f"=?UTF-8?B?{b64encode(f'unsubscribe {LONG_TOKEN}'.encode()).decode()}?="),
    ],
)
def test_words_to_stop_are_read_however_a_mail_program_writes_them(mail: bytes) -> None:
    assert f"Subject: unsubscribe {LONG_TOKEN}".encode() not in mail
    assert read_returned(mail, KEY) == Stopped(LONG)


@given(st.text("=?utf-8QBqb_ \r\n\t\x00é\ufffd", max_size=40), st.binary(max_size=20))
def test_no_subject_breaks_the_reading(words: str, garbage: bytes) -> None:
    start = b"Subject: " + garbage.replace(b"\n", b"").replace(b"\r", b"")
    assert read_returned(start + f" {words} unsubscribe x".encode(), KEY) is None


@pytest.mark.parametrize("header", ["=?nonsense?Q?a?=", "=?utf-8?B?a?=", "=?utf-8?Q?=FF?=", "=?utf-8?B?=?="])
def test_what_cannot_be_decoded_is_read_as_it_came(header: str) -> None:
    assert read_returned(with_subject(f"{header} unsubscribe {TOKEN}"), KEY) == Stopped(MAYA)


def test_without_words_the_status_stands() -> None:
    found = read_returned(report("delivery-status", delivery_status(), "It failed."), KEY)
    assert found == Bounced(MAYA, "A mail came back: 5.1.1.")


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_is_only_late_or_has_arrived_did_not_fail(action: str) -> None:
    assert read_returned(report("delivery-status", delivery_status(action), "So."), KEY) is None


def test_a_complaint_is_told_apart_from_other_feedback() -> None:
    assert read_returned(report("feedback-report", feedback("abuse"), "Spam."), KEY) == Complained(MAYA)
    assert read_returned(report("feedback-report", feedback("not-spam"), "Fine."), KEY) is None


@pytest.mark.parametrize(
    "ways", [None, WayOut(MAILTO[:-2] + "AA"), WayOut(MAILTO[:-2] + "AA", "https://x.example/a")]
)
def test_a_report_that_brings_no_token_of_ours_is_nobodys_word(ways: WayOut | None) -> None:
    assert read_returned(report("delivery-status", delivery_status(), "It failed.", ways), KEY) is None


@pytest.mark.parametrize(
    "subject", [f"unsubscribe {TOKEN}", f"Re: UNSUBSCRIBE  {TOKEN} thanks", f"unsubscribe%20{TOKEN}"]
)
def test_a_subject_can_stop_mail(subject: str) -> None:
    assert read_returned(f"From: {MAYA}\r\nSubject: {subject}\r\n\r\n".encode(), KEY) == Stopped(MAYA)


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\xff", b"Subject: unsubscribe\r\n\r\n", b"Subject: hello\r\n\r\nhi"]
)
def test_other_mails_say_nothing(raw: bytes) -> None:
    assert read_returned(raw, KEY) is None


@given(st.data())
def test_no_mail_however_broken_breaks_anything(data: st.DataObject) -> None:
    whole = report("delivery-status", delivery_status(code="smtp; 550 no"), "It failed.")
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, min(len(whole), start + 40)))
    broken = whole[:start] + data.draw(st.binary(max_size=20)) + whole[stop:]
    found = read_returned(broken, KEY)
    assert found is None or found.address == MAYA


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("<maya@example.org>: unknown", "this address: unknown"),
        ("Maya is unknown, but mayan is not", "this address is unknown, but mayan is not"),
        ("no\r\nsuch\tuser", "no such user"),
    ],
)
def test_what_servers_say_is_told_without_the_address(words: str, shown: str) -> None:
    assert unaddressed(words, MAYA) == shown
