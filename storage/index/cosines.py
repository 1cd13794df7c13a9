"""Unit vectors as signed bytes, and their comparison (pure).

Bytes hold a unit vector of 256 dimensions to within some 0.01 of its length. Products of bytes are summed
exactly, so that every machine gives the same order. A million rows of 256 bytes take 11 ms on one core with
SimSIMD, 56 ms with numpy alone.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

Ids: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float32]
Rows: TypeAlias = NDArray[np.int8]

# It is compiled, so there may be none for a machine: without it the answers are the same, and come later.
_simsimd: Final[Any] = import_module("simsimd") if find_spec("simsimd") else None

# What numpy is given at once stays in the processor's cache as floats, and is too little for a BLAS to share
# among threads, which costs ten times as much as it gains.
_BLOCK_VALUES: Final = 1 << 18


def to_bytes(vectors: Floats) -> tuple[Rows, Floats]:
    """Vectors (n, dimensions) of any length as rows of bytes, and weights (n,) that scale these to length 1.

    A weight is 0 where the vector is zero or holds a nan or an infinity.
    """
    peaks = np.max(np.abs(vectors), axis=1, initial=0.0, keepdims=True)
    usable = np.isfinite(peaks) & (peaks > 0)
    scaled = np.divide(vectors, peaks, out=np.zeros(vectors.shape, np.float32), where=usable)
    rows = np.rint(scaled * 127)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    weights = np.divide(1, lengths, out=np.zeros(len(rows), np.float32), where=lengths > 0)
    return rows.astype(np.int8), weights


def dots(rows: Rows, question: Rows) -> Floats:
    """The inner product of each of the rows (n, dimensions) with the question (dimensions,) → (n,)."""
    if _simsimd is None or not len(rows):
        return dots_of_numpy(rows, question)
    # Never its `out=`: each such call returns a `None` that it does not count, until Python has none left.
    found = np.asarray(_simsimd.cdist(question[np.newaxis], rows, "dot", out_dtype="f32"))[0]
    return cast("Floats", found)


def dots_of_numpy(rows: Rows, question: Rows) -> Floats:
    """As `dots`: the same to the bit up to 1,040 dimensions, as floats hold whole numbers up to 2**24."""
    found = np.empty(len(rows), np.float32)
    asked = question.astype(np.float32)
    block = np.empty((max(1, _BLOCK_VALUES // len(question)), len(question)), np.float32)
    for begin in range(0, len(rows), len(block)):
        some = rows[begin : begin + len(block)]
        block[: len(some)] = some
        np.dot(block[: len(some)], asked, out=found[begin : begin + len(some)])
    return found


def best(ids: Ids, scores: Floats, limit: int) -> tuple[Ids, Floats]:
    """The `limit` (at least 1) greatest scores with their ids; of equal ones the smaller id comes first."""
    if len(scores) > limit:
        least = np.partition(scores, len(scores) - limit)[len(scores) - limit]
        kept = np.flatnonzero(scores >= least)  # with all that tie with the last: the id decides, not chance
        ids, scores = ids[kept], scores[kept]
    order = np.lexsort((ids, -scores))[:limit]
    return ids[order], scores[order]


__all__ = ["Floats", "Ids", "Rows", "best", "dots", "dots_of_numpy", "to_bytes"]
