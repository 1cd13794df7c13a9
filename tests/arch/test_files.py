"""Habits that a linter does not know: short files, nothing left to do, a reason for every exception."""

import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.commands.actions import Verb

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("bot", "adapters", "storage")
ALL = (*SHIPPED, "tests", "benchmarks")
LONGEST = 400  # lines; a file that has grown past it is usually two things
VOCABULARY = {"bot/model.py", "bot/ports.py"}  # declarations alone: one page for all who build on them

# In two halves, so that this file does not hold what it looks for.
UNFINISHED = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]))
UNWRITTEN = re.compile(r"raise\s+NotImplementedError")  # in tests a base class may leave a method to others
EXCEPTION = re.compile(
    r"#\s*(?:noqa(?P<codes>:\s*[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?"
    r"|type:\s*ignore(?P<types>\[[\w, -]+\])?"
    r"|pragma:\s*no\s+(?:cover|branch))"
)


def files_of(*packages: str) -> list[Path]:
    return sorted(file for package in packages for file in (ROOT / package).rglob("*.py"))


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def comments_of(file: Path) -> Iterator[tuple[int, str]]:
    with file.open("rb") as opened:
        for token in tokenize.tokenize(opened.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def reasonless(comment: str) -> bool:
    """Whether the comment makes an exception without naming the rule and saying why in two words or more."""
    found = list(EXCEPTION.finditer(comment))
    unnamed = any(
        (mark[0].endswith("noqa") and not mark["codes"]) or (mark[0].endswith("ignore") and not mark["types"])
        for mark in found
    )
    return bool(found) and (unnamed or len(re.findall(r"\w{2,}", EXCEPTION.sub(" ", comment))) < 2)


@pytest.mark.parametrize(
    ("comment", "bad"),
    [
        ("# no" + "qa: S603", True),
        ("# no" + "qa", True),
        ("# no" + "qa - all of it is wrong here", True),
        ("# no" + "qa: S603, S607 - the program under test is started", False),
        ("# type: " + "ignore[misc]", True),
        ("# type: " + "ignore  # the library is wrong", True),
        ("# type: " + "ignore[misc, arg-type]  # the library is wrong", False),
        ("# pragma: " + "no cover", True),
        ("# pragma: " + "no cover - only on Windows", False),
        ("# an ordinary remark", False),
    ],
)
def test_an_exception_without_a_reason_is_noticed(comment: str, bad: bool) -> None:
    assert reasonless(comment) is bad


def test_every_exception_from_a_rule_carries_its_reason() -> None:
    found = [
        f"{name_of(file)}:{line} {comment}"
        for file in files_of(*ALL)
        for line, comment in comments_of(file)
        if reasonless(comment)
    ]
    assert found == []


def test_no_shipped_file_is_too_long() -> None:
    lengths = {
        name_of(file): len(file.read_text(encoding="utf-8").splitlines()) for file in files_of(*SHIPPED)
    }
    assert {name for name, length in lengths.items() if length > LONGEST} <= VOCABULARY


def lines_with(pattern: re.Pattern[str], *packages: str) -> list[str]:
    return [
        f"{name_of(file)}:{number} {line.strip()}"
        for file in files_of(*packages)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_is_left_to_be_done() -> None:
    assert lines_with(UNFINISHED, *ALL) == []
    assert lines_with(UNWRITTEN, *SHIPPED) == []


def test_every_button_is_offered_somewhere() -> None:
    """What a button does is of no use where no message has it."""
    declared = {"bot/commands/actions.py", "bot/commands/service.py"}
    offering = [file for file in files_of(*SHIPPED) if name_of(file) not in declared]
    text = "\n".join(file.read_text(encoding="utf-8") for file in offering)
    assert [verb.name for verb in Verb if f"Verb.{verb.name}" not in text] == []
