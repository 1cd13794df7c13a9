"""Any sentence-transformers model as an encoder: the extra `[semantic]`, whose library is loaded only here.

A folder is read without the network; a name is looked for in Hugging Face's own cache first, and fetched from
the hub if it is not there.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from bot.errors import ConfigError

_HUB_NAME: Final = re.compile(r"[\w.-]+(/[\w.-]+)?", re.ASCII)
_BATCH: Final = 32  # texts encoded at once; between two batches others get their turn


class Model(Protocol):
    """What is asked of `sentence_transformers.SentenceTransformer`, from its version 5 on."""

    def encode_document(self, inputs: list[str], **options: Any) -> NDArray[np.float32]: ...

    def encode_query(self, inputs: list[str], **options: Any) -> NDArray[np.float32]: ...


class TransformerEncoder:
    """An `Encoder` over a sentence-transformers model, with the prompts that the model asks for."""

    def __init__(self, model: Model, name: str) -> None:
        """`name` must differ where vectors differ."""
        self._model: Final = model
        self._name: Final = name
        self._turn: Final = threading.Lock()  # a fast tokenizer refuses to be used by two threads at once
        self._dimensions: Final = int(self._batch(model.encode_query, ["length"]).shape[1])

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def documents(self, texts: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Titles with their abstracts → (n, dimensions), rows of length 1, or 0 for empty texts."""
        return self._encode(self._model.encode_document, ["\n".join(text).strip() for text in texts])

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What people typed → (n, dimensions), rows of length 1, or 0 for empty texts."""
        return self._encode(self._model.encode_query, [text.strip() for text in texts])

    def rest(self) -> None:
        """Keeps the model, which takes seconds to load."""

    def _encode(self, encode: Callable[..., NDArray[np.float32]], texts: list[str]) -> NDArray[np.float32]:
        found = np.zeros((len(texts), self._dimensions), np.float32)
        # By length, since a batch takes as long as its longest text.
        order = sorted((number for number, text in enumerate(texts) if text), key=lambda n: len(texts[n]))
        for begin in range(0, len(order), _BATCH):
            some = order[begin : begin + _BATCH]
            found[some] = self._batch(encode, [texts[number] for number in some])
        return found

    def _batch(self, encode: Callable[..., NDArray[np.float32]], texts: list[str]) -> NDArray[np.float32]:
        with self._turn:
            found = encode(texts, batch_size=_BATCH, show_progress_bar=False, convert_to_numpy=True)
        # Made to length 1 here: where a model does so itself, it may do so in half precision.
        exact = np.asarray(found, np.float32)
        lengths = np.linalg.norm(exact, axis=1, keepdims=True)
        unit: NDArray[np.float32] = np.divide(exact, lengths, out=np.zeros_like(exact), where=lengths > 0)
        return unit


def check_transformer(model: str) -> None:
    """Raises `ConfigError` if the extra is not installed, or `model` is no model's name; loads nothing."""
    if find_spec("sentence_transformers") is None:
        raise _lacking(model, "it is not installed")
    if not Path(model).expanduser().is_dir() and not _HUB_NAME.fullmatch(model):
        raise ConfigError(
            f"There is no folder {model}. Set PAPERBOY_SEMANTIC_MODEL to the folder or the Hugging Face name "
            "of a sentence-transformers model, or to static."
        )


def _lacking(model: str, reason: object) -> ConfigError:
    return ConfigError(
        f"The semantic model {model} needs sentence-transformers ({reason}). Install paperboy[semantic], "
        "or set PAPERBOY_SEMANTIC_MODEL to static."
    )


def open_transformer(model: str) -> TransformerEncoder:
    """The model in a folder, or of this name on the Hugging Face hub. Takes seconds.

    Raises `ConfigError` if the extra is not installed, or the model cannot be loaded.
    """
    check_transformer(model)
    try:
        library = import_module("sentence_transformers")
        import_module("transformers.utils.logging").disable_progress_bar()
    except ImportError as error:
        raise _lacking(model, error) from error
    folder = Path(model).expanduser()
    try:
        loaded = _loaded(library, folder, model)
    # The library and what it stands on raise errors of any kind for a file they do not like.
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ConfigError(
            f"The semantic model {model} cannot be loaded ({reason}). Set PAPERBOY_SEMANTIC_MODEL to the "
            "folder or the Hugging Face name of a sentence-transformers model, or to static."
        ) from error
    return TransformerEncoder(cast("Model", loaded), f"{folder.name}-{_digest(loaded)}")


def _loaded(library: Any, folder: Path, name: str) -> Any:
    if folder.is_dir():
        return library.SentenceTransformer(str(folder), local_files_only=True)
    try:
        return library.SentenceTransformer(name, local_files_only=True)
    except OSError:  # not fetched before
        return library.SentenceTransformer(name)


def _digest(model: Any) -> str:
    """Differs whenever the model's vectors would: of its weights, and of what is done before them."""
    torch = import_module("torch")
    digest = hashlib.sha256()
    prompts: Mapping[str, str] = model.prompts
    digest.update(json.dumps([model.max_seq_length, sorted(prompts.items())]).encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()[:12]


__all__ = ["Model", "TransformerEncoder", "check_transformer", "open_transformer"]
