"""Mail from the command line: the way in by `paperboy chat`, what comes back by a pipe, the check-up."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.mail.tokens import STOP, sealed
from bot.people.mailboxes import MAIL
from tests.cli import SECRET, Cli
from tests.servers.smtp import SmtpStandIn, in_thread

MAYA = "maya@example.org"
UNSUBSCRIBE = f"From: {MAYA}\nSubject: unsubscribe {sealed(SECRET.encode(), STOP, MAYA)}\n\nplease\n"


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)  # where a paperboy.toml would be looked for
    return Cli(tmp_path / "home")


@pytest.fixture
def server() -> Iterator[SmtpStandIn]:
    with in_thread() as running:
        yield running


def settings(server: SmtpStandIn, **more: str) -> dict[str, str]:
    return {
        "PAPERBOY_SMTP_URL": f"smtp://127.0.0.1:{server.port}",
        "PAPERBOY_MAIL_FROM": "Paperboy <papers@papers.example>",
        **more,
    }


def confirmed(cli: Cli, server: SmtpStandIn) -> None:
    """Maya's mailbox, by a code that really was mailed."""
    asked = cli.run("chat", f"mail add {MAYA}\n", **settings(server))
    assert f"A code is on its way to {MAYA}" in asked.stdout
    (taken,) = server.taken
    assert taken.recipient == MAYA
    body = taken.message.get_body(("plain",))
    assert body is not None
    code = re.search(r"mail confirm ([0-9]{6})", body.get_content())
    assert code is not None
    assert "127.0.0.1" not in taken.content.decode()
    done = cli.run("chat", f"mail confirm {code[1]}\nsubscribe attention route=mail\n", **settings(server))
    assert "is confirmed" in done.stdout
    assert "by mail" in done.stdout


def mailed_to(cli: Cli) -> list[str]:
    """The addresses of those destinations that there are."""
    found = cli.store(lambda store: store.destinations.list())
    return [one.route.address for one in found if one.route.surface == MAIL]


def test_a_mailbox_is_confirmed_at_a_terminal_and_stopped_by_a_pipe(cli: Cli, server: SmtpStandIn) -> None:
    confirmed(cli, server)
    assert mailed_to(cli) == [MAYA]
    assert "Nothing was done" in cli.run("mail bounce", "Subject: hello\n\nhi\n").stdout
    assert mailed_to(cli) == [MAYA]
    done = cli.run("mail bounce", UNSUBSCRIBE)
    assert done.exit_code == 0
    assert done.stdout == "Somebody wanted no more mail: it has stopped.\n"
    assert mailed_to(cli) == []


def test_whoever_writes_to_the_operator_is_taken_off(cli: Cli, server: SmtpStandIn) -> None:
    confirmed(cli, server)
    assert "No more mail goes there" in cli.ok("mail stop Maya@Example.org")
    assert mailed_to(cli) == []
    assert "There is no mailbox" in cli.fails(f"mail stop {MAYA}")
    assert "no mail address" in cli.fails("mail stop maya")


def test_the_list_of_destinations_shows_no_address(cli: Cli, server: SmtpStandIn) -> None:
    confirmed(cli, server)
    assert "maya" not in cli.ok("destination list")


def test_a_store_that_fails_keeps_a_mail_with_its_server(cli: Cli) -> None:
    cli.home.mkdir()
    cli.database.write_text("no database at all, but some text that is long enough")
    done = cli.run("mail bounce", UNSUBSCRIBE)
    assert done.exit_code == 75  # EX_TEMPFAIL
    assert "is not a Paperboy database" in done.stderr


def test_the_doctor_looks_at_mail(cli: Cli, server: SmtpStandIn, tmp_path: Path) -> None:
    told = cli.run("doctor", **settings(server)).stdout
    assert "ok  mail server lets Paperboy in (in clear, on this machine or network)" in told
    assert "ok  mail sender is taken" in told
    assert "??  mail is stopped by an answer or by chat alone" in told
    assert "??  mail that comes back is looked for in no folder" in told
    assert server.taken == []

    for name in ("new", "cur"):
        (tmp_path / "bounces" / name).mkdir(parents=True)
    more = {
        "PAPERBOY_PUBLIC_URL": "https://papers.example",
        "PAPERBOY_MAIL_BOUNCES": str(tmp_path / "bounces"),
    }
    told = cli.run("doctor", **settings(server, **more)).stdout
    assert "ok  mail has links by which one press stops it" in told
    assert "ok  mail that comes back is looked for in" in told


@pytest.mark.parametrize("url", ["http://papers.example", "https://localhost:8000", "https://192.168.0.7"])
def test_a_public_address_that_the_world_does_not_reach_is_in_no_mail(
    cli: Cli, server: SmtpStandIn, url: str
) -> None:
    cli.run("chat", f"mail add {MAYA}\n", **settings(server, PAPERBOY_PUBLIC_URL=url))
    assert url not in server.taken[0].content.decode()
    assert "one press" not in cli.run("doctor", **settings(server, PAPERBOY_PUBLIC_URL=url)).stdout


def test_a_server_that_takes_nothing_from_us_is_told(cli: Cli, server: SmtpStandIn) -> None:
    server.answers["MAIL"].append("550 5.7.1 you may not write as this")
    told = cli.run("doctor", **settings(server))
    assert told.exit_code == 1
    assert "NO  mail sender is not taken" in told.stdout
    assert "you may not write as this" in told.stdout


def test_a_server_without_a_sender_is_a_setting_that_cannot_work(cli: Cli, server: SmtpStandIn) -> None:
    only = {"PAPERBOY_SMTP_URL": f"smtp://127.0.0.1:{server.port}"}
    done = cli.run("doctor", **only)
    assert done.exit_code == 2
    assert "PAPERBOY_MAIL_FROM: mail needs it" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAPERBOY_SMTP_URL", "https://papers:s3cret@example.org"),
        ("PAPERBOY_SMTP_URL", "smtp://papers:s3cret@"),
        ("PAPERBOY_SMTP_URL", "smtp://papers:s3cret@example.org:0"),
        ("PAPERBOY_SMTP_URL", "smtp://papers:s3cret@example.org?tls=maybe"),
        ("PAPERBOY_SMTP_URL", "smtp://papers:s3cret@example.org/path"),
        ("PAPERBOY_MAIL_FROM", "Paperboy"),
        ("PAPERBOY_MAIL_PER_MINUTE", "0"),
    ],
)
def test_settings_that_cannot_work_are_told_without_a_password(cli: Cli, name: str, value: str) -> None:
    said = cli.fails("config show", 2, **{name: value})
    assert said.startswith(f"{name}: ")
    assert "s3cret" not in said
