"""The console: a message as plain text on a terminal, or wherever standard output leads.

Nobody can ask a terminal what it has shown, so a message goes there at most once.
"""

import asyncio
import re
from datetime import timedelta
from typing import Final, TextIO

from bot.errors import DoubtfulError, InputError, NotAcceptedError, RefusedError
from bot.ports import Abilities, Ability, Parcel
from bot.view.doc import from_json
from bot.view.plain import to_plain

SURFACE: Final = "console"
ADDRESS: Final = "stdout"
TIMEOUT: Final = timedelta(seconds=10)


def header_of(key: str) -> str:
    """The line above a message, by which other programs find it; no line of a message looks like it."""
    return f"===== {key} ====="


class ConsoleDeliverer:
    """Writes messages to one stream. Implements `bot.ports.Deliverer` with the ability NONE."""

    surface: Final = SURFACE

    def __init__(self, stream: TextIO, *, width: int | None = None, timeout: timedelta = TIMEOUT) -> None:
        """Lines are wrapped to `width` columns, or not at all. The stream stays its owner's to close."""
        self._stream = stream
        self._width = width
        self._timeout = timeout
        self._free = asyncio.Lock()  # held as long as a message is being written

    @property
    def request_timeout(self) -> timedelta:
        return self._timeout

    def abilities(self, parcel: Parcel) -> Abilities:
        return Abilities(Ability.NONE)

    def check_address(self, address: str) -> str:
        if address.strip() not in {"", ADDRESS}:
            raise InputError(f"The console has one address: {ADDRESS!r}. Leave the address out.")
        return ADDRESS

    async def ready(self, parcel: Parcel) -> None:
        """Always: a terminal has no pace."""

    async def send(self, parcel: Parcel) -> str:
        try:
            self.check_address(parcel.address)
            doc = from_json(parcel.doc)
        except InputError as error:
            raise RefusedError(str(error)) from error
        except ValueError as error:
            raise RefusedError(f"The stored message cannot be read: {error}") from error
        began = False
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                await self._free.acquire()
                began = True
                await asyncio.shield(self._start_writing(_message(parcel.key, to_plain(doc, self._width))))
        except TimeoutError:
            waited = f"Standard output took nothing for {self._timeout.total_seconds():g} s."
            advice = "Is the terminal stopped (Ctrl-Q goes on), or the reader of a pipe stuck?"
            if not began:
                raise NotAcceptedError(f"{waited} {advice}") from None
            raise DoubtfulError(f"{waited} It may show the message later. {advice}") from None
        except (OSError, ValueError) as error:  # ValueError: it was closed while being written
            raise DoubtfulError(
                f"Writing to standard output failed ({error}); part of the message may have been shown."
            ) from error
        return parcel.key

    async def find(self, parcel: Parcel) -> str | None:
        """Never asked: nobody can read back what a terminal has shown."""
        raise RefusedError("A terminal cannot be asked what it has shown.")

    async def aclose(self) -> None:
        """Nothing to close: the stream is its owner's."""

    def _start_writing(self, text: str) -> asyncio.Future[None]:
        """Writes in a thread, since a stopped terminal (Ctrl-S) or a full pipe would hold up all else.

        The thread cannot be stopped: until it has ended, however long after the time-out, no other
        message is begun.
        """
        if self._stream.closed:
            self._free.release()
            raise NotAcceptedError("Standard output is closed. Start Paperboy where it is open.")
        writing = asyncio.ensure_future(asyncio.to_thread(self._write, text))
        writing.add_done_callback(self._written)
        return writing

    def _written(self, writing: asyncio.Future[None]) -> None:
        self._free.release()
        if not writing.cancelled():
            writing.exception()  # nobody may be waiting for it any more

    def _write(self, text: str) -> None:
        """One write, so that nothing of another message or a log comes in between."""
        encoding = self._stream.encoding or "utf-8"  # a stream kept in memory has none
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()


def _message(key: str, text: str) -> str:
    """The text under its header; a line of it that looks like a header is moved in by a space."""
    return f"{header_of(key)}\n\n{re.sub('^(?====== )', ' ', text, flags=re.MULTILINE)}\n"
