"""What must be kept apart so that figures mean something: training from measuring, tuning from reporting.

Both hang on a paper's id alone, and thus stay true when papers are added or come in another order. Pure.
"""

import hashlib
import zlib
from enum import StrEnum
from typing import Final

_ONE_IN: Final = 17


class Split(StrEnum):
    """Which half of the questions a figure is of. Settings are chosen by the one, and judged by the other."""

    TUNE = "tune"
    REPORT = "report"
    ALL = "all"


def split_of(name: str) -> Split:
    """The half to which questions for the paper of this name belong: by the first byte of its SHA-256."""
    return Split.REPORT if hashlib.sha256(name.encode()).digest()[0] % 2 else Split.TUNE


def held_out(arxiv_id: str) -> bool:
    """Whether no model learns from this paper, so that its title and abstract can measure any; one in 17, by
    the CRC-32 of the id.
    """
    return zlib.crc32(arxiv_id.encode()) % _ONE_IN == 0


__all__ = ["Split", "held_out", "split_of"]
