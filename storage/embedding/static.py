"""The encoder that comes with Paperboy: one vector a token, from a table that the project trains itself.

A text's vector is the sum of its tokens' vectors, made to length 1. The folder `static_model` is in
model2vec's format (https://github.com/MinishLab/model2vec) and loads with it anywhere; its card says on what
it was trained and what it scores.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from model2vec import StaticModel
from numpy.typing import NDArray

from bot.errors import StorageError

STATIC_MODEL: Final = Path(__file__).parent / "static_model"
_FILES: Final = ("config.json", "tokenizer.json", "model.safetensors")

# The words of model2vec's own path, where the tokenizer lower-cases and divides by this very pattern. Runs of
# other signs are left out here: none of them is in the vocabulary.
_WORD: Final = re.compile(r"\w+")


class StaticEncoder:
    """An `Encoder` over a model2vec model whose tokenizer divides text at `_WORD` and in lower case.

    Gives the vectors that `StaticModel.encode` gives, several times as fast: nearly all words are tokens, and
    are looked up in a dictionary; only the others go through the tokenizer.
    """

    def __init__(self, model: StaticModel, name: str, title_weight: int) -> None:
        """`title_weight`: how many times a document's title counts, beside its abstract once."""
        self._name: Final = name
        self._title_weight: Final = title_weight
        self._tokenizer: Final = model.tokenizer
        self._table: Final = _table(model)
        self._tokens: Final = {
            token: index for index, token in enumerate(model.tokens) if index != model.unk_token_id
        }

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return int(self._table.shape[1])

    def documents(self, texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Titles with their abstracts → (n, dimensions), rows of length 1, or 0 where no token is known."""
        return self._encode(
            (self._ids(title) * self._title_weight + self._ids(abstract) for title, abstract in texts),
            len(texts),
        )

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What people typed → (n, dimensions), rows of length 1, or 0 where no token is known."""
        return self._encode(map(self._ids, texts), len(texts))

    def _ids(self, text: str) -> list[int]:
        """The tokens of a text in no particular order, which a sum does not ask for."""
        ids: list[int] = []
        rare: list[str] = []
        for word in _WORD.findall(text.lower()):
            index = self._tokens.get(word)
            if index is None:
                rare.append(word)
            else:
                ids.append(index)
        if rare:
            ids += self._tokenizer.encode(" ".join(rare), add_special_tokens=False).ids
        return ids

    def _encode(self, texts: Iterable[list[int]], count: int) -> NDArray[np.float32]:
        sums = np.zeros((count, self.dimensions), np.float32)
        for row, ids in zip(sums, texts, strict=True):
            if ids:
                self._table.take(ids, axis=0).sum(axis=0, out=row)
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
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return StaticEncoder(
        StaticModel.from_pretrained(folder), static_name(folder), int(config["title_weight"])
    )


def static_name(folder: Path) -> str:
    """The model's name, which differs whenever its vectors would."""
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update((folder / name).read_bytes())
    return f"paperboy-static-{digest.hexdigest()[:12]}"


def _table(model: StaticModel) -> NDArray[np.float32]:
    """The vector that each token adds, its weight included; nothing for the unknown token."""
    table = model.embedding.astype(np.float32)
    if model.weights is not None:
        table *= model.weights[:, np.newaxis].astype(np.float32)
    if model.unk_token_id is not None:
        table[model.unk_token_id] = 0
    return table
