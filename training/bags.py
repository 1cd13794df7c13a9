"""Bags of tokens, and the vectors of length 1 that a table of token vectors makes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.vocabulary import Tokens

Floats: TypeAlias = NDArray[np.float32]
Bags: TypeAlias = Any  # scipy.sparse.csr_matrix of float32, (texts, vocabulary): SciPy ships no types


@dataclass(slots=True)
class Table:
    """What is learnt. A token adds `exp(log_weight)` times its vector to the text that it stands in."""

    vectors: Floats  # (vocabulary, dimensions)
    log_weights: Floats  # (vocabulary,)

    def weighted(self) -> Floats:
        """The vector that each token adds."""
        weighted: Floats = self.vectors * np.exp(self.log_weights)[:, np.newaxis]
        return weighted


def bags(texts: Sequence[Tokens], vocabulary: int) -> Bags:
    """How often each token stands in each text."""
    ends = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=ends[1:])
    tokens = np.concatenate([np.zeros(0, np.int32), *texts])
    counts = sparse.csr_matrix(
        (np.ones(len(tokens), np.float32), tokens, ends), shape=(len(texts), vocabulary)
    )
    counts.sum_duplicates()
    return counts


def document_frequency(counts: Bags) -> NDArray[np.int64]:
    """In how many texts each token stands."""
    frequency: NDArray[np.int64] = np.bincount(counts.indices, minlength=counts.shape[1])
    return frequency


def unit(sums: Floats) -> tuple[Floats, Floats]:
    """The rows made to length 1, and their lengths before, as a column; a row of zeros stays one."""
    squares: Floats = np.square(sums).sum(axis=1, keepdims=True)
    lengths: Floats = np.maximum(np.sqrt(squares), np.float32(1e-8))
    units: Floats = sums / lengths
    return units, lengths


def unit_gradient(units: Floats, lengths: Floats, gradient: Floats) -> Floats:
    """The gradient by the rows before `unit`, from that by the rows after it."""
    along: Floats = (gradient * units).sum(axis=1, keepdims=True)
    before: Floats = np.divide(gradient - along * units, lengths)
    return before
