"""`paperboy chat`: all that can be done in a chat, at a prompt."""

import asyncio
import getpass
import sys
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import typer

from bot.cli.common import load_settings, warn
from bot.cli.output import emit, shows_bold, text_width
from bot.config import Settings

if TYPE_CHECKING:
    from bot.wiring.commands import Talk

T = TypeVar("T")

_PROMPT: Final = "papers> "


def register(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command("chat")(chat_command)


def chat_command() -> None:
    """Talk with Paperboy as in a chat: search, save, subscribe, set up digests. Ctrl-D ends it."""
    from bot.logs import configure_logs

    settings = load_settings()
    configure_logs("error", settings.log_format)
    with _Loop() as loop, loop.talk(settings) as talk:
        if sys.stdin.isatty():
            _ready_line_editing()
            _answer(loop, talk, "")
        for line in _lines():
            if line.strip():
                _answer(loop, talk, line)


def _answer(loop: "_Loop", talk: "Talk", line: str) -> None:
    texts = talk(line, text_width())
    try:
        while (text := loop.wait(_next(texts))) is not None:
            emit(f"{text}\n")
    except KeyboardInterrupt:
        if not sys.stdin.isatty():
            raise
        warn("Given up. Ctrl-D ends the talk.")


def _lines() -> Iterator[str]:
    """What is typed, line by line, until the end (Ctrl-D); Ctrl-C gives up the line that was begun."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    while True:
        try:
            yield input(_PROMPT)
        except EOFError:
            emit("\n")
            return
        except KeyboardInterrupt:
            emit("\n")
            warn("Ctrl-D ends it.")


def _ready_line_editing() -> None:
    """Arrow keys and a history of this talk, where Python has them."""
    import contextlib

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - `input` uses it once it is there


class _Loop:
    """An event loop in a thread of its own: it goes on while a person thinks what to type."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="commands")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine in the loop; Ctrl-C gives it up."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    @contextmanager
    def talk(self, settings: Settings) -> Iterator["Talk"]:
        """One talk. It is opened and closed by one task, as what is inside it may ask for."""
        opened: asyncio.Future[Talk] = self._loop.create_future()
        close = asyncio.Event()
        task = asyncio.run_coroutine_threadsafe(self._host(settings, opened, close), self._loop)
        try:
            yield self.wait(_result(opened))
        finally:
            self._loop.call_soon_threadsafe(close.set)
            task.result()

    async def _host(self, settings: Settings, opened: "asyncio.Future[Talk]", close: asyncio.Event) -> None:
        from bot.cli.running import surroundings
        from bot.wiring.commands import open_chat

        user, bold = getpass.getuser(), shows_bold()
        try:
            async with open_chat(settings, surroundings(), user, Path.cwd(), bold=bold) as talk:
                opened.set_result(talk)
                await close.wait()
        except BaseException as error:
            if opened.done():
                raise
            opened.set_exception(error)


async def _next(texts: AsyncGenerator[str]) -> str | None:
    """The next text; `None` if there is none."""
    return await anext(texts, None)


async def _result(future: "asyncio.Future[T]") -> T:
    return await future
