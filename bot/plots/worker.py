"""The process that draws for another one: `python -m bot.plots.worker`.

An order comes by standard input, pickled behind its length: a plot, the theme of its SVG or `None` for a
PNG, and its shape. The picture goes by standard output behind its length; behind a length of 0 a note of what
went wrong, without anything that the plot holds. The process ends with its input, so that it never outlives
the one that it works for.
"""

import json
import os
import pickle
import struct
import sys
from typing import Final

from bot.logs import whereabouts
from bot.plots.model import Plot, Shape, Theme

LENGTH: Final = struct.Struct(">I")


def packed(data: bytes) -> bytes:
    """What is sent, behind its length."""
    return LENGTH.pack(len(data)) + data


def order(plot: Plot, theme: Theme | None, shape: Shape = Shape.WIDE) -> bytes:
    """An order as it is sent; both ends are of one program and one interpreter."""
    return packed(pickle.dumps((plot, theme, shape), pickle.HIGHEST_PROTOCOL))


def main() -> None:
    """Draws until the input ends, behind all who wait for words: a picture comes after its answer anyway."""
    if hasattr(os, "nice"):  # not on every system
        os.nice(10)
    from bot.plots import draw  # noqa: PLC0415 - whoever only sends orders must not load matplotlib

    while header := sys.stdin.buffer.read(LENGTH.size):
        plot, theme, shape = pickle.loads(sys.stdin.buffer.read(*LENGTH.unpack(header)))  # noqa: S301 - as above
        try:
            answer = packed(draw.png(plot) if theme is None else draw.svg(plot, theme, shape))
        except Exception as error:  # noqa: BLE001 - a bug costs one picture
            note = {"kind": type(error).__name__, "where": whereabouts(error)}
            answer = packed(b"") + packed(json.dumps(note).encode())
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
