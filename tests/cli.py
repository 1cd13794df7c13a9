"""The command line within the test's own process, on a home folder of the test's own."""

import asyncio
import json
import os
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from typer.testing import CliRunner, Result

from bot.cli import app
from bot.ports import Store
from storage.sqlite.store import open_sqlite

T = TypeVar("T")

SECRET = "a-key-that-only-these-tests-know-0123456789"


@dataclass(frozen=True)
class Cli:
    """Runs commands against one home folder."""

    home: Path

    @property
    def database(self) -> Path:
        return self.home / "paperboy.db"

    def run(self, line: str, typed: str | None = None, **env: str) -> Result:
        """What came of one command line, as a shell would split it; `typed` comes by standard input."""
        clean = {name: None for name in os.environ if name.startswith(("PAPERBOY_", "HF_"))}
        settings = {"PAPERBOY_HOME": str(self.home), "PAPERBOY_SECRET_KEY": SECRET}
        runner = CliRunner(env={**clean, **settings, **env})
        return runner.invoke(app, shlex.split(line), typed, prog_name="paperboy", catch_exceptions=False)

    def ok(self, line: str, **env: str) -> str:
        """What a command that works prints."""
        done = self.run(line, **env)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def talk(self, typed: str) -> str:
        """What `paperboy chat` answers to these lines."""
        done = self.run("chat", typed)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def json(self, line: str, **env: str) -> Any:
        """What a command prints for programs; nothing else may stand beside it."""
        return json.loads(self.ok(f"{line} --json", **env))

    def fails(self, line: str, status: int = 1, **env: str) -> str:
        """The one sentence that a command which cannot work says; it prints nothing else."""
        done = self.run(line, **env)
        assert done.exit_code == status, done.stdout + done.stderr
        assert done.stdout == ""
        assert done.stderr.startswith("paperboy: ")
        assert done.stderr.endswith("\n")
        assert done.stderr.count("\n") == 1
        return done.stderr.removeprefix("paperboy: ").removesuffix("\n")

    def store(self, work: Callable[[Store], Awaitable[T]]) -> T:
        """Does something with the store that no command does."""

        async def opened() -> T:
            async with open_sqlite(self.database) as store:
                return await work(store)

        return asyncio.run(opened())
