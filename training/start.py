"""The first vectors: latent semantic analysis of the papers that are trained on."""

import numpy as np
from scipy import sparse

from training.bags import Bags, Floats, Table, document_frequency

_SPARE = 32  # directions more than are kept, so that the last ones kept are true
_ROUNDS = 5


def first_table(counts: Bags, dimensions: int, rng: np.random.Generator) -> Table:
    """Token vectors of length 1 along the first right singular vectors of the papers' tf-idf matrix, by
    randomised subspace iteration (Halko, Martinsson and Tropp 2011, https://arxiv.org/abs/0909.4061).

    The weights begin at the root of those of Arora, Liang and Ma (2017), "A simple but tough-to-beat
    baseline for sentence embeddings": a / (a + share of texts), with a = 0.001.
    """
    texts, vocabulary = counts.shape
    frequency = document_frequency(counts)
    idf = np.log((texts + 1) / (frequency + 1)).astype(np.float32)
    tfidf = counts.sqrt() @ sparse.diags(idf)
    lengths = np.sqrt(np.asarray(tfidf.multiply(tfidf).sum(axis=1)).ravel())
    tfidf = (sparse.diags(1 / np.maximum(lengths, 1e-6)) @ tfidf).tocsr().astype(np.float32)

    basis: Floats = rng.standard_normal((vocabulary, dimensions + _SPARE), dtype=np.float32)
    for _ in range(_ROUNDS):
        basis, _triangle = np.linalg.qr(tfidf.T @ (tfidf @ basis))
    _left, _singular, right = np.linalg.svd(tfidf @ basis, full_matrices=False)
    vectors = (basis @ right.T)[:, :dimensions]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-6

    weights = 1e-3 / (1e-3 + frequency / texts)
    return Table(vectors.astype(np.float32), (0.5 * np.log(weights)).astype(np.float32))
