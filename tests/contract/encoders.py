"""Encoders for tests: what they give follows from the words alone, and needs no model."""

import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


class HashedWords:
    """`bot.search.ports.Encoder`: every word is a direction of its own, or nearly so."""

    def __init__(self, name: str = "hashed-words-1", dimensions: int = 64) -> None:
        self.name = name
        self.dimensions = dimensions
        self.at_rest = True

    def documents(self, texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        self.at_rest = False
        return self._encoded(f"{title} {abstract}" for title, abstract in texts)

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encoded(texts)

    def rest(self) -> None:
        self.at_rest = True

    def _encoded(self, texts: Iterable[str]) -> NDArray[np.float32]:
        sums = np.stack([self._sum(text) for text in texts])
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        unit: NDArray[np.float32] = np.divide(sums, lengths, out=np.zeros_like(sums), where=lengths > 0)
        return unit

    def _sum(self, text: str) -> NDArray[np.float32]:
        found = np.zeros(self.dimensions, np.float32)
        for word in text.lower().split():
            random = np.random.default_rng(zlib.crc32(word.encode()))
            found += random.standard_normal(self.dimensions, np.float32)
        return found
