"""A second process that reads what the lines of a large file say, while the first writes it to the store.

Python runs one thread at a time: beside the database's thread, cleaning text would only take turns with it.
"""

import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Final, Self, cast

from bot.errors import InputError
from bot.importing.entries import Entry, Line
from bot.importing.formats import Format, entries

_COMMAND: Final = (
    "-P",
    "-m",
    "bot.importing.worker",
)  # -P: a folder `bot` that somebody stands in is not ours
_LINES: Final = 500  # handed over at once
_CHARACTERS: Final = 1_000_000  # the same, of longer lines
# What comes out of a pipe whose other end was killed, and what going on to write to it does.
_GONE: Final = (EOFError, OSError, pickle.UnpicklingError)


class Worker:
    """A process of which each line of a file of this format is asked; leaving the context ends it.

    It ends by itself as soon as this process does, however it did. If it is gone itself, or cannot be
    started, its work is done here.
    """

    def __init__(self, file_format: Format) -> None:
        self._format = file_format
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with suppress(OSError):
            self._process = subprocess.Popen(  # noqa: S603 - this very program
                [sys.executable, *_COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                process_group=0,  # Ctrl-C at a terminal is for this process, which then ends the other
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()  # it holds nothing that could be lost
            with suppress(OSError):  # what was not flushed to it
                self._process.communicate()

    @property
    def pid(self) -> int | None:
        """The number of the process; `None` if it could not be started."""
        return None if self._process is None else self._process.pid

    def entries(self, lines: Iterable[Line]) -> Iterator[Entry]:
        """What each line came to; one chunk of them is under way while the one before it is taken.

        Raises what `lines` raises, behind the entries of all lines before.
        """
        sent: Sequence[Line] = ()
        try:
            for chunk in _chunks(lines):
                found = self._answer(sent)
                self._ask(chunk)
                sent = chunk
                yield from found
        except InputError:
            yield from self._answer(sent)
            raise
        yield from self._answer(sent)

    def _ask(self, lines: Sequence[Line]) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):  # the answer will not come either
                pickle.dump((self._format, lines), self._process.stdin, pickle.HIGHEST_PROTOCOL)
                self._process.stdin.flush()

    def _answer(self, lines: Sequence[Line]) -> Sequence[Entry]:
        """What these lines came to, of which the process was asked."""
        if not lines:
            return ()
        if self._process is not None and self._process.stdout is not None:
            with suppress(*_GONE):
                return cast("list[Entry]", pickle.load(self._process.stdout))  # noqa: S301 - our own process
        return list(entries(self._format, lines))


def _chunks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    chunk: list[Line] = []
    characters = 0
    try:
        for line in lines:
            chunk.append(line)
            characters += len(line.text)
            if len(chunk) >= _LINES or characters >= _CHARACTERS:
                yield chunk
                chunk, characters = [], 0
    except InputError:
        yield chunk
        raise
    yield chunk


def main() -> None:
    """Answers every list of lines on standard input with a list of entries on standard output."""
    with suppress(*_GONE):
        while True:
            file_format, lines = pickle.load(sys.stdin.buffer)  # noqa: S301 - from who started us
            pickle.dump(list(entries(file_format, lines)), sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
