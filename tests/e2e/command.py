"""The real program as a process, on a home folder of the test's own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-key-that-only-these-tests-know-0123456789"
PATIENCE = 60.0  # seconds that anything may take before the test fails
_OWN = ("PAPERBOY_", "HF_", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")  # what decides how it behaves
PROGRAM = (sys.executable, "-m", "bot")


@dataclass
class Command:
    """Runs `paperboy` with one home folder and one set of settings."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def environment(self, **more: str) -> dict[str, str]:
        keep = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
        return keep | {
            "PAPERBOY_HOME": str(self.home),
            "PAPERBOY_SECRET_KEY": SECRET,
            "PAPERBOY_BACKFILL_FROM": "off",
            "PAPERBOY_ARXIV": "off",
            "PAPERBOY_GITHUB": "off",
            "PAPERBOY_HACKERNEWS": "off",
            "PAPERBOY_WEB_ADDRESS": "127.0.0.1:0",
            "PYTHONPATH": str(ROOT),
            **self.settings,
            **more,
        }

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """What came of one command."""
        return subprocess.run(
            [*PROGRAM, *arguments],
            env=self.environment(**env),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def ok(self, *arguments: str, **env: str) -> str:
        """What a command that works prints."""
        done = self.run(*arguments, **env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *arguments: str, **env: str) -> Any:
        return json.loads(self.ok(*arguments, "--json", **env))

    @contextmanager
    def running(self, *arguments: str, **env: str) -> Iterator[subprocess.Popen[str]]:
        """A command that goes on; what is left of it at the end is killed."""
        with subprocess.Popen(
            [*PROGRAM, *arguments],
            env=self.environment(**env),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def read_until(stream: Iterable[str], wanted: str) -> str:
    """What a process prints up to the line that has `wanted` in it."""
    read = ""
    for line in stream:
        read += line
        if wanted in line:
            return read
    raise AssertionError(f"{wanted!r} never came; this did:\n{read}")
