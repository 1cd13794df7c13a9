"""The process that makes the terms of many papers for another one: `python -m storage.index.worker`.

Rows come by standard input and fields go by standard output, a batch at a time and in order. A batch is a
list, of tuples or of dictionaries that hold texts and numbers alone, as `marshal` writes it, behind its
length. The process ends with its input, so that it never outlives the one that it works for.
"""

import gc
import marshal
import struct
import sys
from typing import Any, Final

from bot.model import IndexRow
from storage.index.terms import Memory, fields_of

LENGTH: Final = struct.Struct(">I")


def packed(batch: list[Any]) -> bytes:
    """A batch as it is sent."""
    data = marshal.dumps(batch)
    return LENGTH.pack(len(data)) + data


def unpacked(data: bytes) -> list[Any]:
    """A batch without its length. The sender is of the same program and the same interpreter."""
    batch: list[Any] = marshal.loads(data)  # noqa: S302 - as above
    return batch


def main() -> None:
    """Works until the input ends."""
    gc.disable()  # nothing here refers to itself
    memory = Memory()
    while header := sys.stdin.buffer.read(LENGTH.size):
        rows = unpacked(sys.stdin.buffer.read(*LENGTH.unpack(header)))
        sys.stdout.buffer.write(packed([fields_of(IndexRow._make(row), memory) for row in rows]))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
