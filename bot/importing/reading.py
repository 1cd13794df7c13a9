"""Opening a file to be imported: plain or gzip, on disk or from standard input, by lines in flat memory."""

import gzip
import hashlib
import io
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final, cast

from bot.errors import InputError
from bot.importing.entries import Line, Reason

STANDARD_INPUT: Final = "Standard input"

_BUFFER: Final = 256 << 10  # bytes
_LONGEST_LINE: Final = 4 << 20  # bytes; arXiv's longest, with 5,000 authors twice, has some 500,000
_EDGE: Final = 64 << 10  # bytes at either end that go into a file's fingerprint
_BOM: Final = "\ufeff"

_GZIP: Final = b"\x1f\x8b"
_FOREIGN: Final = {  # how files begin that have to be made readable first
    b"PK\x03\x04": "is a ZIP archive. Unpack it, and import the file in it",
    b"BZh": "is compressed with bzip2. Unpack it first",
    b"\xfd7zXZ": "is compressed with xz. Unpack it first",
    b"\x28\xb5\x2f\xfd": "is compressed with Zstandard. Unpack it first",
    b"\xff\xfe": "is UTF-16. Save it as UTF-8",
    b"\xfe\xff": "is UTF-16. Save it as UTF-8",
}


class OpenedFile:
    """A file that is being imported. Its lines are read once, from one thread at a time."""

    def __init__(self, name: str, content: BinaryIO) -> None:
        self.name = name  # as a person knows it, to begin a sentence with
        self._content = content
        self._number = 0

    def lines(self) -> Iterator[Line]:
        """The lines that were not read yet. Raises `InputError` where the file is damaged."""
        while body := self._piece():
            self._number += 1
            if self._rest_of(body):
                yield Line(self._number, "", Reason.TOO_LONG)
                continue
            try:
                text = body.decode().rstrip("\r\n")
            except UnicodeDecodeError:
                yield Line(self._number, "", Reason.NOT_UTF8)
            else:
                yield Line(self._number, text.removeprefix(_BOM) if self._number == 1 else text)

    def skip(self, count: int) -> None:
        """Passes over this many lines, as fast as they can be read. Raises as `lines` does."""
        for _ in range(count):
            if not (body := self._piece()):
                return
            self._rest_of(body)
            self._number += 1

    def _rest_of(self, body: bytes) -> bool:
        """Passes over what is left of the line that begins with `body`; whether the line is too long."""
        too_long = len(body) > _LONGEST_LINE
        while len(body) > _LONGEST_LINE and not body.endswith(b"\n"):
            body = self._piece()
        return too_long

    def _piece(self) -> bytes:
        """A line with its break, or as much of it as may be held at once; empty at the file's end."""
        try:
            return self._content.readline(_LONGEST_LINE + 1)
        except (EOFError, OSError, zlib.error) as error:
            why = "it ends too early" if isinstance(error, EOFError) else str(error)
            raise InputError(
                f"{self.name} cannot be read behind line {self._number:,} ({why}). "
                "What stands before it was taken in."
            ) from error


class StoredFile(OpenedFile):
    """A file on disk, which can be read again another time."""

    def __init__(self, name: str, content: BinaryIO, raw: io.FileIO, *, size: int, fingerprint: str) -> None:
        super().__init__(name, content)
        self.size = size  # bytes as stored, compressed or not
        self.fingerprint = fingerprint  # tells its content from any other's, whatever its name
        self._raw = raw

    def position(self) -> int:
        """How many of its bytes were read."""
        return self._raw.tell()


@contextmanager
def open_file(path: str, stdin: Callable[[], BinaryIO]) -> Iterator[OpenedFile]:
    """The file at `path` (`-`: standard input), plain or gzip. Raises `InputError` if it cannot be read."""
    if path == "-":
        buffered = io.BufferedReader(cast("io.RawIOBase", stdin()), _BUFFER)  # any binary stream serves
        try:
            yield OpenedFile(STANDARD_INPUT, _content(STANDARD_INPUT, buffered))
        finally:
            buffered.detach()  # whose it is may read on
        return
    try:
        raw = io.FileIO(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from error
    with io.BufferedReader(raw, _BUFFER) as content:
        status = os.fstat(raw.fileno())
        if not stat.S_ISREG(status.st_mode):  # a pipe, as a shell's `<(…)` is
            yield OpenedFile(path, _content(path, content))
            return
        fingerprint = _fingerprint(raw, status.st_size)
        yield StoredFile(path, _content(path, content), raw, size=status.st_size, fingerprint=fingerprint)


def _fingerprint(raw: io.FileIO, size: int) -> str:
    """SHA-256 of the size and both ends: enough to tell files apart that nobody made to be mistaken."""
    digest = hashlib.sha256(str(size).encode())
    digest.update(raw.read(_EDGE))
    raw.seek(max(size - _EDGE, 0))
    digest.update(raw.read(_EDGE))
    raw.seek(0)
    return digest.hexdigest()


def _content(name: str, file: "io.BufferedReader[Any]") -> BinaryIO:
    """What the file holds, unpacked if it is gzip. Raises `InputError` for what it could not be."""
    try:
        start = file.peek(8)
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}).") from error
    for sign, what in _FOREIGN.items():
        if start.startswith(sign):
            raise InputError(f"{name} {what}.")
    return cast("BinaryIO", gzip.GzipFile(fileobj=file) if start.startswith(_GZIP) else file)
