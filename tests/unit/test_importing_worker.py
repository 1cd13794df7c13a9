"""The process that reads a large file's lines: it answers as this one would, and never outlives it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from bot.errors import InputError
from bot.importing.entries import Entry, Line, Reason
from bot.importing.formats import LINE_BY_LINE, Format, entries
from bot.importing.worker import Worker
from tests.e2e.command import ROOT

PATIENCE = 30  # seconds
PARENT = """
import sys
from bot.importing.formats import Format
from bot.importing.worker import Worker
with Worker(Format.JSON_LINES) as worker:
    print(worker.pid, flush=True)
    sys.stdin.read()
"""


def lines(count: int) -> list[Line]:
    """Lines of every kind, in more than one chunk if there are more than 500."""
    made = []
    for number in range(1, count + 1):
        paper = {
            "title": f"$x_{number}$~of {number}",
            "authors": ["Ada Byron"],
            "date": "2025",
            "doi": "none",
        }
        texts = [json.dumps(paper), "", "no JSON", json.dumps({"abstract": "No title."}), json.dumps(paper)]
        fault = Reason.NOT_UTF8 if number % 7 == 0 else None
        made.append(Line(number, "" if fault else texts[number % 5], fault))
    return made


def damaged(count: int) -> Iterator[Line]:
    yield from lines(count)
    raise InputError("The file is damaged.")


@pytest.mark.parametrize("file_format", sorted(LINE_BY_LINE))
@pytest.mark.parametrize("count", [0, 1, 500, 1_201])
def test_it_answers_as_this_process_would(file_format: Format, count: int) -> None:
    with Worker(file_format) as worker:
        assert list(worker.entries(lines(count))) == list(entries(file_format, lines(count)))


def test_long_lines_go_over_too() -> None:
    long = [
        Line(number, json.dumps({"title": f"{number}", "abstract": "word " * 400_000})) for number in (1, 2)
    ]
    with Worker(Format.JSON_LINES) as worker:
        assert list(worker.entries(long)) == list(entries(Format.JSON_LINES, long))


@pytest.mark.parametrize("before", [0, 1, 600])
def test_where_it_is_gone_its_work_is_done_here(before: int) -> None:
    found: list[Entry] = []
    with Worker(Format.JSON_LINES) as worker:
        assert worker.pid is not None
        reading = worker.entries(lines(2_000))
        found += [next(reading) for _ in range(before)]
        process = psutil.Process(worker.pid)
        process.kill()
        while process.status() != psutil.STATUS_ZOMBIE:  # until its pipes are closed
            pass
        found += reading
    assert found == list(entries(Format.JSON_LINES, lines(2_000)))


def test_what_stands_before_a_damage_is_answered_first() -> None:
    found: list[Entry] = []
    with Worker(Format.JSON_LINES) as worker, pytest.raises(InputError, match="damaged"):
        found += worker.entries(damaged(700))
    assert found == list(entries(Format.JSON_LINES, lines(700)))


def test_leaving_it_ends_it() -> None:
    with Worker(Format.JSON_LINES) as worker:
        assert worker.pid is not None
        process = psutil.Process(worker.pid)
        next(worker.entries(lines(5_000)))
    assert not process.is_running()


def test_it_does_not_outlive_a_parent_that_was_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    child.wait(PATIENCE)
