"""The program and what it is connected to: pipes that close, disks that fill, terminals, shells."""

import asyncio
import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from storage.sqlite.store import open_sqlite
from tests.contract.readings import at, poll, reading
from tests.e2e.command import PATIENCE, PROGRAM, Command
from tests.polls import arxiv_id
from tests.servers.huggingface import HuggingFaceServer

LINK = re.compile(r"\x1b\]8;[^\x1b]*\x1b\\")
STYLE = re.compile(r"\x1b\[[0-9;]*m")
AS_OF = ("--as-of", "2025-11-20T12:00")


@pytest.fixture
def paperboy(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.fixture
def stocked(paperboy: Command) -> Command:
    """A store with a list of papers whose titles do not fit into one line."""
    rows = [
        reading(arxiv_id(n), title=f"Paper {n}: " + "words upon words " * 8, upvotes=n) for n in range(1, 12)
    ]

    async def stock() -> None:
        async with open_sqlite(paperboy.home / "paperboy.db") as store:
            await store.papers.ingest(poll(0, *rows), at(0))

    asyncio.run(stock())
    return paperboy


def at_a_terminal(command: Command, width: int, *arguments: str, **env: str) -> str:
    """Everything that a command sends to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        env=command.environment(TERM="xterm-256color", **env),
        cwd=command.folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        sent = b""
        while select.select([ours], [], [], PATIENCE)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux's way to say that the other end is closed
                break
            if not piece:
                break
            sent += piece
        assert process.wait(PATIENCE) == 0, sent
    os.close(ours)
    return sent.decode().replace("\r\n", "\n")


# --- pipes and disks ---------------------------------------------------------------------------


def test_a_reader_that_has_had_enough_is_no_failure(stocked: Command) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*PROGRAM, "trending", *AS_OF],
        env=stocked.environment(),
        cwd=stocked.folder,
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_output_that_goes_nowhere_is_a_failure(paperboy: Command) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PROGRAM, "--version"],
            env=paperboy.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "paperboy: Standard output cannot be written (No space left on device).\n"


@pytest.mark.parametrize(
    ("closed", "status", "said"),
    [
        (">&-", 1, "paperboy: Standard output is closed. To see nothing, send it to /dev/null.\n"),
        ("2>&-", 0, ""),
        ("<&-", 0, ""),
    ],
)
def test_a_stream_that_was_closed_beforehand_does_no_harm(
    paperboy: Command, closed: str, status: int, said: str
) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -m bot destination list {closed}'],
        env=paperboy.environment(),
        cwd=paperboy.folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (status, said)


def test_letters_that_an_encoding_lacks_end_nothing(paperboy: Command) -> None:
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    assert "Added ???????: " in paperboy.ok("destination", "add", "команда", "console", **ascii_only)
    (listed,) = paperboy.json("destination", "list", **ascii_only)
    assert listed["name"] == "команда"


def test_a_full_disk_is_told_and_nothing_is_lost(paperboy: Command, tmp_path: Path) -> None:
    own = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    small = tmp_path / "home"
    small.mkdir()
    mount = f"mount -t tmpfs -o size=1m tmpfs '{small}'"
    if shutil.which("unshare") is None or subprocess.run([*own, "sh", "-c", mount], check=False).returncode:
        pytest.skip("a small disk of one's own cannot be mounted here")
    program = f'"{sys.executable}" -m bot'
    script = f"""
        {mount} || exit 9
        {program} destination add team console || exit 8
        dd if=/dev/zero of='{small}/fill' bs=1k 2>/dev/null
        {program} destination add other console; echo "status $?"
        {program} trending; echo "status $?"
        rm '{small}/fill'
        {program} destination list --json
    """
    done = subprocess.run(
        [*own, "sh", "-c", script],
        env=paperboy.environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    full = f"paperboy: The disk that holds {small}/paperboy.db is full. Free some space: "
    assert done.stdout.count("status 1\n") == 2
    assert [line.startswith(full) for line in done.stderr.splitlines()] == [True, True]
    assert done.stdout.count('"name": "team"') == 1
    assert '"name": "other"' not in done.stdout


# --- terminals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 100])
def test_a_ranking_fits_the_terminal_it_is_shown_on(stocked: Command, width: int) -> None:
    sent = at_a_terminal(stocked, width, "trending", *AS_OF, "-n", "2")
    lines = STYLE.sub("", LINK.sub("", sent)).splitlines()
    assert max(map(len, lines)) <= width
    title = lines.index(next(line for line in lines if line.startswith("  1. Paper 11: ")))
    assert lines[title + 1].startswith("     words") or lines[title + 1].startswith("     upon")
    assert ";https://arxiv.org/abs/2511.00011\x1b\\" in sent
    assert "\x1b[1mPaper 11: " in sent


def test_in_a_pipe_a_ranking_has_neither_styles_nor_links_nor_breaks(stocked: Command) -> None:
    printed = stocked.ok("trending", *AS_OF, "-n", "2", COLUMNS="40", TERM="xterm-256color")
    assert "\x1b" not in printed
    assert f"  1. Paper 11: {'words upon words ' * 8}".rstrip() in printed.splitlines()


def test_a_long_read_shows_at_a_terminal_how_far_it_is(paperboy: Command) -> None:
    with HuggingFaceServer({}).in_thread() as upstream:
        sent = at_a_terminal(paperboy, 100, "ingest", HF_ENDPOINT=upstream.url)
    assert "Asking the sources" in sent
    assert re.search(r"Hugging Face, \S+ · 0 papers read", STYLE.sub("", sent))
    assert re.search(r"\d+/\d+", STYLE.sub("", sent))
    assert sent.rstrip().endswith("0 new papers, 0 changed, 0 new readings.")


# --- the shell -----------------------------------------------------------------------------------


def test_the_shell_is_offered_names_and_values(paperboy: Command) -> None:
    paperboy.ok("destination", "add", "web-team", "console")
    asking = {"_PAPERBOY_COMPLETE": "complete_bash"}

    def offered(line: str) -> list[str]:
        words = line.split(" ")
        return paperboy.ok(COMP_WORDS=line, COMP_CWORD=str(len(words) - 1), **asking).split()

    assert offered("paperboy destination show ") == ["web-team"]
    assert offered("paperboy destination add x console --zone Europe/Berl") == ["Europe/Berlin"]


def test_the_shells_script_names_the_program(paperboy: Command) -> None:
    script = paperboy.ok("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_PAPERBOY_COMPLETE=complete_bash" in script
    assert script.rstrip().endswith("complete -o default -F _paperboy_completion paperboy")


# --- starting fast -------------------------------------------------------------------------------


def test_trending_loads_no_network_and_no_alarm_clock(stocked: Command) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", "trending", *AS_OF],
        env=stocked.environment(),
        cwd=stocked.folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "bot.trending.rank" in loaded
    slow = {"aiohttp", "apscheduler", "yarl", "multidict", "bot.sources.http", "bot.app", "matplotlib"}
    assert loaded & slow == set()
