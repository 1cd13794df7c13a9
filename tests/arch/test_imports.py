"""Who may know whom: the contracts of pyproject.toml, and what they cannot say."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("bot", "adapters", "storage")


def imported_names(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def importers_of(library: str) -> set[str]:
    return {
        file.relative_to(ROOT).as_posix()
        for package in SHIPPED
        for file in (ROOT / package).rglob("*.py")
        if any(name == library or name.startswith(f"{library}.") for name in imported_names(file))
    }


def test_every_import_contract_is_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_ticker_knows_the_alarm_clock() -> None:
    assert importers_of("apscheduler") <= {"bot/schedule/ticker.py"}


def test_nothing_that_is_shipped_knows_the_tests() -> None:
    assert importers_of("tests") | importers_of("pytest") | importers_of("hypothesis") == set()
