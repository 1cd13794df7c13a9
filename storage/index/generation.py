"""One generation of the index, open: its words, and the vectors beside them."""

from dataclasses import dataclass
from pathlib import Path

from bot.search.ports import Encoder
from storage.index.lexical import DamagedIndexError, Lexical
from storage.index.vectors import VectorFile


@dataclass(frozen=True, slots=True)
class Generation:
    """Any thread may read it; one at a time may write."""

    path: Path
    words: Lexical
    vectors: VectorFile | None  # none without an encoder

    @classmethod
    def open(cls, path: Path, encoder: Encoder | None) -> "Generation":
        """Raises `DamagedIndexError`. Blocking."""
        words = Lexical(path / "words")
        if encoder is None:
            return cls(path, words, None)
        return cls(path, words, VectorFile.open(path / "vectors", encoder.name, encoder.dimensions))

    def close(self) -> None:
        """Lets go of what was not committed. Blocking."""
        self.words.drop()
        if self.vectors is not None:
            self.vectors.close()

    def looked_at(self) -> "Generation":
        """This generation, if none of its files is gone or cut off; else raises `DamagedIndexError`.

        They are mapped, and whoever reads behind the end of a mapped file is killed by the system: so look
        before each question. It takes some µs a file, of which there are a few dozen. Blocking.
        """
        self.words.look()
        if self.vectors is not None and self.vectors.cut_off():
            raise DamagedIndexError("its vectors are gone or cut off")
        return self


__all__ = ["Generation"]
