"""The process that makes the terms of many papers for another one: `python -m storage.index.worker`.

Rows come by standard input and fields go by standard output, a batch at a time and in order. A batch is a
list, of tuples or of dictionaries that hold texts and numbers alone, as `marshal` writes it, behind its
length. The process ends with its input, so that it never outlives the one that it works for.
"""

import gc
import marshal
import struct
import sys
from contextlib import suppress
from typing import Any, Final

from bot.model import IndexRow
from storage.index.terms import Memory, fields_of

LENGTH: Final = struct.Struct(">I")
_PIPE: Final = 1 << 20  # bytes; Linux gives 64 KiB, and lets anybody have this much


def packed(batch: list[Any]) -> bytes:
    """A batch as it is sent."""
    data = marshal.dumps(batch)
    return LENGTH.pack(len(data)) + data


def unpacked(data: bytes) -> list[Any]:
    """A batch without its length. The sender is of the same program and the same interpreter."""
    batch: list[Any] = marshal.loads(data)  # noqa: S302 - as above
    return batch


def _widen(descriptor: int) -> None:
    """Lets a whole batch lie in a pipe: this process would else wait, many times for each, until the other
    one's event loop comes round to it, which took a fifth of its time. Not every system can.
    """
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415 - not every system has it

        with suppress(OSError):  # no pipe, or not so much for this user
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE)


def main() -> None:
    """Works until the input ends."""
    gc.disable()  # nothing here refers to itself
    _widen(sys.stdin.fileno())
    _widen(sys.stdout.fileno())
    memory = Memory()
    while header := sys.stdin.buffer.read(LENGTH.size):
        rows = unpacked(sys.stdin.buffer.read(*LENGTH.unpack(header)))
        sys.stdout.buffer.write(packed([fields_of(IndexRow._make(row), memory) for row in rows]))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
