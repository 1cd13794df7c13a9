"""What all commands share: settings, the store, instants as people type and read them."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from bot.cli.output import print_json, say, table, warn
from bot.config import Settings
from bot.errors import InputError, NotFoundError
from bot.ports import Store
from bot.system import SystemClock

__all__ = [
    "BY",
    "INTERRUPTED",
    "JsonOption",
    "existing_database",
    "instant",
    "load_settings",
    "local",
    "now",
    "print_json",
    "run",
    "say",
    "table",
    "warn",
    "with_store",
]

T = TypeVar("T")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
INTERRUPTED: Final = 130  # the status that Ctrl-C has in every shell
BY: Final = "the command line"  # who changed something, in words for people


def load_settings() -> Settings:
    """The settings of this process. Raises `ConfigError`."""
    try:
        folder = Path.cwd()
    except FileNotFoundError:
        raise InputError("The working directory is gone. Change to one that exists.") from None
    return Settings.load(os.environ, folder)


def with_store(work: Callable[[Store], Awaitable[T]], settings: Settings | None = None) -> T:
    """Runs `work` on the opened store."""
    from bot.wiring import open_store

    async def inner() -> T:
        async with open_store(settings or load_settings()) as store:
            return await work(store)

    return asyncio.run(inner())


def existing_database(settings: Settings) -> None:
    """Raises `NotFoundError` where there is no database yet: to look at one must not make one."""
    if not settings.database.exists():
        raise NotFoundError(
            "database", str(settings.database), "`paperboy run` makes it; PAPERBOY_DATABASE says where it is."
        )


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end."""
    return asyncio.run(coroutine)


def now() -> datetime:
    """The machine's time, UTC."""
    return SystemClock().now()


def instant(text: str) -> datetime:
    """An instant as a person types it: ISO 8601; without a time zone it is UTC's, a date alone its end.

    Raises `InputError`.
    """
    try:
        parsed = datetime.fromisoformat(text.strip())
        if len(text.strip()) <= len("2025-11-20"):
            parsed = parsed.replace(hour=23, minute=59, second=59)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):  # the second: an offset that leads out of the years 1 to 9999
        raise InputError(
            f"{text!r} is no instant. Write it like 2025-11-20, 2025-11-20T09:00 or 2025-11-20T09:00+01:00."
        ) from None


def past_instant(text: str) -> datetime:
    """The same, up to now, which is what today's date stands for. Raises `InputError`."""
    at, present = instant(text), now()
    if at <= present:
        return at
    if len(text.strip()) <= len("2025-11-20") and at.date() == present.date():
        return present
    raise InputError(f"{text} is still to come. The latest instant is now, {present:%Y-%m-%dT%H:%M} (UTC).")


def local(at: datetime, zone: str, today: datetime | None = None) -> str:
    """`Tue 24 Nov 09:00`, as the clocks of `zone` show it; with the year unless it is `today`'s."""
    from bot.schedule.standing import local as shown

    return shown(at, zone, today)
