"""`paperboy setup mail` at a terminal: the real program and a mail server on loopback."""

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.command import Command
from tests.e2e.terminal import Terminal
from tests.servers.smtp import SmtpStandIn, in_thread


@pytest.fixture
def server() -> Iterator[SmtpStandIn]:
    with in_thread() as running:
        yield running


@pytest.fixture
def paperboy(tmp_path: Path) -> Command:
    return Command(tmp_path)


def nobodys_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def answer(terminal: Terminal, port: int, sender: str = "Paperboy <papers@papers.example>") -> None:
    terminal.answers("Mail server", "127.0.0.1")
    terminal.answers("Port", str(port))
    terminal.answers("User", "")
    terminal.answers("From", sender)


def test_the_whole_way_leads_to_settings_that_work(paperboy: Command, server: SmtpStandIn) -> None:
    terminal = Terminal(paperboy, "setup", "mail")
    answer(terminal, nobodys_port())
    terminal.reads("cannot be reached")
    answer(terminal, server.port, "nobody")
    terminal.reads("PAPERBOY_MAIL_FROM: 'nobody' is no sender")
    assert not (paperboy.home / "paperboy.toml").exists()
    answer(terminal, server.port)
    terminal.reads("lets Paperboy in")
    terminal.answers("Send a test mail", "maya")
    terminal.reads("That is no mail address")
    terminal.answers("Send a test mail", "maya@example.org")
    terminal.reads("was taken by the server")
    terminal.reads("route=mail")
    assert terminal.end() == 0

    file = paperboy.home / "paperboy.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (taken,) = server.taken
    assert taken.recipient == "maya@example.org"
    assert "ok  mail server" in paperboy.run("doctor").stdout


def test_run_again_it_offers_what_is_there_and_never_shows_the_password(
    paperboy: Command, server: SmtpStandIn
) -> None:
    paperboy.home.mkdir()
    file = paperboy.home / "paperboy.toml"
    file.write_text(
        f'smtp_url = "smtp://pa%40pers:s3cret@127.0.0.1:{server.port}"\nmail_from = "papers@papers.example"\n'
    )
    terminal = Terminal(paperboy, "setup", "mail")
    terminal.answers("[127.0.0.1]", "")
    terminal.answers(f"[{server.port}]", "")
    terminal.answers("[pa@pers]", "")
    terminal.answers("Password", "")
    terminal.answers("[papers@papers.example]", "")
    terminal.reads("cannot be used")  # for it offers no login, and so nothing is written
    terminal.answers("[127.0.0.1]", "")
    terminal.presses_control_c()
    terminal.end()
    assert "s3cret" not in terminal.shown
    assert "pa%40pers:s3cret@" in file.read_text()
