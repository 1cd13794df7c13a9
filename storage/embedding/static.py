"""The encoder that comes with Paperboy: one vector a token, from a table that the project trains itself.

A text's vector is the sum of its tokens' vectors, made to length 1. The folder `static_model` is in
model2vec's format (https://github.com/MinishLab/model2vec) and loads with it anywhere, to the same vectors;
its card says on what it was trained and what it scores. It is read here without that library, which brings a
client of Hugging Face along: half a second and 40 MB that every start would pay for two files.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.errors import StorageError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

STATIC_MODEL: Final = Path(__file__).parent / "static_model"
_UNKNOWN: Final = "[UNK]"
_FILES: Final = ("config.json", "tokenizer.json", "model.safetensors")

# The words of model2vec's own path, where the tokenizer lower-cases and divides by this very pattern. Runs of
# other signs are left out here: none of them is in the vocabulary.
_WORD: Final = re.compile(r"\w+")


class _Model(NamedTuple):
    """What the files hold, in memory."""

    tokenizer: "Tokenizer"
    tokens: dict[str, int]  # without the unknown one
    vectors: NDArray[np.int8]  # (tokens, dimensions)
    weights: NDArray[np.float32]  # (tokens,): by which a token's vector counts


class StaticEncoder:
    """An `Encoder` over a model2vec model whose tokenizer divides text at `_WORD` and in lower case.

    Gives the vectors that model2vec gives, several times as fast: nearly all words are tokens, and are looked
    up in a dictionary; only the others go through the tokenizer. The files are read when first needed.
    """

    def __init__(self, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.name: Final = static_name(folder)
        self.dimensions: Final = int(config["hidden_dim"])
        self._title_weight: Final = int(config["title_weight"])  # how many times it counts
        self._folder = folder
        self._asked = False  # whether people search in this process

    @cached_property
    def _model(self) -> _Model:
        from safetensors.numpy import load_file  # noqa: PLC0415 - loaded only where it is used
        from tokenizers import Tokenizer  # noqa: PLC0415 - as above

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tensors = load_file(self._folder / "model.safetensors")
        tokens = tokenizer.get_vocab()
        unknown = tokens.pop(_UNKNOWN)
        weights = tensors["weights"].astype(np.float32)
        weights[unknown] = 0
        return _Model(tokenizer, tokens, tensors["embeddings"], weights)

    def documents(self, texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Titles with their abstracts → (n, dimensions), rows of length 1, or 0 where no token is known."""
        return self._encode(
            (self._ids(title) * self._title_weight + self._ids(abstract) for title, abstract in texts),
            len(texts),
        )

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What people typed → (n, dimensions), rows of length 1, or 0 where no token is known."""
        self._asked = True
        return self._encode(map(self._ids, texts), len(texts))

    def rest(self) -> None:
        """Forgets the files, 17 MB, unless somebody was answered with them and may ask again."""
        if not self._asked:
            self.__dict__.pop("_model", None)

    def _ids(self, text: str) -> list[int]:
        """The tokens of a text in no particular order, which a sum does not ask for."""
        model = self._model
        ids: list[int] = []
        rare: list[str] = []
        for word in _WORD.findall(text.lower()):
            index = model.tokens.get(word)
            if index is None:
                rare.append(word)
            else:
                ids.append(index)
        if rare:
            ids += model.tokenizer.encode(" ".join(rare), add_special_tokens=False).ids
        return ids

    def _encode(self, texts: Iterable[list[int]], count: int) -> NDArray[np.float32]:
        sums = np.zeros((count, self.dimensions), np.float32)
        for row, ids in zip(sums, texts, strict=True):
            if ids:
                model = self._model
                np.dot(model.weights.take(ids), model.vectors.take(ids, axis=0).astype(np.float32), out=row)
        lengths: NDArray[np.float32] = np.linalg.norm(sums, axis=1, keepdims=True)
        np.divide(sums, lengths, out=sums, where=lengths > 0)
        return sums


def open_static(folder: Path = STATIC_MODEL) -> StaticEncoder:
    """The encoder kept in `folder`; its name carries a hash of what is in there.

    Raises `StorageError` if a file is missing: the network is never asked for it.
    """
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise StorageError(
            f"The search model in {folder} lacks {', '.join(missing)}. Install Paperboy again to get it back."
        )
    return StaticEncoder(folder)


def static_name(folder: Path) -> str:
    """The model's name, which differs whenever its vectors would."""
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update((folder / name).read_bytes())
    return f"paperboy-static-{digest.hexdigest()[:12]}"
