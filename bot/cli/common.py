"""What all commands share: settings, the store, the way to print, and how failures are told."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from bot.config import Settings
from bot.errors import InputError
from bot.ports import Store
from bot.system import SystemClock
from bot.view.text import control_free

T = TypeVar("T")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def load_settings() -> Settings:
    """The settings of this process."""
    return Settings.load(os.environ, Path.cwd())


def with_store(work: Callable[[Store], Awaitable[T]]) -> T:
    """Runs `work` on the opened store."""
    from bot.wiring import open_store

    async def inner() -> T:
        async with open_store(load_settings()) as store:
            return await work(store)

    return asyncio.run(inner())


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end."""
    return asyncio.run(coroutine)


def now() -> datetime:
    """The machine's time, UTC."""
    return SystemClock().now()


def say(text: str = "") -> None:
    """Prints a line for a person; nothing in it can steer the terminal."""
    sys.stdout.write(control_free(text) + "\n")


def warn(text: str) -> None:
    """Prints a line beside the output proper."""
    sys.stderr.write(control_free(text) + "\n")


def print_json(value: object) -> None:
    """Prints one JSON value; instants are ISO 8601 in UTC."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=_plain) + "\n")


def table(columns: list[str], rows: list[list[str]], *, title: str | None = None) -> None:
    """Prints a table, as wide as the terminal, or plain where the output is no terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(Text(control_free(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(shown)


def instant(text: str) -> datetime:
    """An instant as a person types it: ISO 8601; without a time zone it is UTC's, a date alone its end.

    Raises `InputError`.
    """
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            f"{text!r} is no instant. Write it like 2025-11-20, 2025-11-20T09:00 or 2025-11-20T09:00+01:00."
        ) from None
    if len(text.strip()) <= len("2025-11-20"):
        parsed = parsed.replace(hour=23, minute=59, second=59)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, (frozenset, set)):
        return sorted(value)
    return str(value)
