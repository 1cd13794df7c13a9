"""The encoder that comes with Paperboy, on the model folder as it is delivered."""

import gzip
import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model2vec import StaticModel
from numpy.typing import NDArray

from bot.errors import StorageError
from bot.search.ports import Encoder
from storage.embedding.static import STATIC_MODEL, StaticEncoder, open_static, static_name
from tests.shared import shared_file

TITLE = "Star Attention: Efficient LLM Inference over Long Sequences"
ABSTRACT = (
    "Inference with Transformer-based Large Language Models (LLMs) on long sequences is both costly and slow "
    "due to the quadratic complexity of the self-attention mechanism."
)


@pytest.fixture(scope="module")
def encoder() -> StaticEncoder:
    return open_static()


def lengths(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.linalg.norm(vectors, axis=1).astype(np.float64)
    return found


def test_it_is_an_encoder(encoder: StaticEncoder) -> None:
    port: Encoder = encoder
    assert port.dimensions == encoder.queries([TITLE]).shape[1]
    assert encoder.queries([TITLE]).dtype == np.float32


def test_rows_stand_in_the_order_of_the_texts_and_have_length_one(encoder: StaticEncoder) -> None:
    texts = [TITLE, "reinforcement learning", ABSTRACT]
    together = encoder.queries(texts)
    assert lengths(together) == pytest.approx(1, abs=1e-6)
    for row, text in zip(together, texts, strict=True):
        assert row == pytest.approx(encoder.queries([text])[0], abs=1e-6)


def test_no_texts_give_no_rows(encoder: StaticEncoder) -> None:
    assert encoder.queries([]).shape == (0, encoder.dimensions)
    assert encoder.documents([]).shape == (0, encoder.dimensions)


@pytest.mark.parametrize("text", ["", "  \n", "?!… —", "🎉🎉", "漢字仮名交じり文", "\x00\x1b", "\ud83c"])
def test_text_without_known_tokens_has_length_zero(encoder: StaticEncoder, text: str) -> None:
    assert not encoder.queries([text]).any()
    assert not encoder.documents([(text, text)]).any()


def test_unknown_text_beside_known_words_changes_nothing(encoder: StaticEncoder) -> None:
    bare, decorated = encoder.queries(["image segmentation", "🎉 image, 漢字 segmentation!"])
    assert decorated == pytest.approx(bare, abs=1e-6)


def test_case_and_punctuation_do_not_count(encoder: StaticEncoder) -> None:
    one, other = encoder.queries(["Chain-of-Thought Prompting", "chain of thought, prompting."])
    assert other == pytest.approx(one, abs=1e-6)


def test_a_missing_abstract_or_title_leaves_the_other(encoder: StaticEncoder) -> None:
    only_title, only_abstract = encoder.documents([(TITLE, ""), ("", ABSTRACT)])
    assert only_title == pytest.approx(encoder.queries([TITLE])[0], abs=1e-6)
    assert only_abstract == pytest.approx(encoder.queries([ABSTRACT])[0], abs=1e-6)


@pytest.mark.parametrize(
    "text", ["x" * 10_000, "漢" * 10_000, "🎉" * 10_000, "attention " * 1_000, "a-" * 5_000]
)
def test_ten_thousand_characters_are_no_trouble(encoder: StaticEncoder, text: str) -> None:
    length = lengths(encoder.queries([text]))[0]
    assert length == pytest.approx(0) or length == pytest.approx(1, abs=1e-6)


@settings(max_examples=200, deadline=None)
@given(title=st.text(max_size=80), abstract=st.text(max_size=300))
def test_any_text_has_length_one_or_zero_and_always_the_same_vector(
    encoder: StaticEncoder, title: str, abstract: str
) -> None:
    first, again = encoder.documents([(title, abstract)] * 2)
    assert np.array_equal(first, again)
    length = float(np.linalg.norm(first))
    assert length == 0 or length == pytest.approx(1, abs=1e-5)


def test_at_rest_it_forgets_its_files_unless_somebody_searches(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(STATIC_MODEL, folder)
    idle, asked = StaticEncoder(folder), StaticEncoder(folder)
    wanted = idle.documents([(TITLE, ABSTRACT)])
    asked.queries([TITLE])
    for encoder in (idle, asked):
        encoder.rest()
    assert (idle.documents([(TITLE, ABSTRACT)]) == wanted).all()  # read again

    idle.rest()
    shutil.rmtree(folder)
    assert (asked.documents([(TITLE, ABSTRACT)]) == wanted).all()
    with pytest.raises(Exception, match="No such file"):  # the tokenizer's library raises nothing narrower
        idle.documents([(TITLE, ABSTRACT)])


def test_threads_get_the_same_vectors(encoder: StaticEncoder) -> None:
    texts = [f"{ABSTRACT} paper {number} unusualword{number}" for number in range(64)]
    alone = encoder.queries(texts)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: encoder.queries(texts), range(8)):
            assert np.array_equal(vectors, alone)


def test_the_vectors_are_those_of_model2vec(encoder: StaticEncoder) -> None:
    records = _papers(300)
    weight = json.loads((STATIC_MODEL / "config.json").read_text())["title_weight"]
    theirs = StaticModel.from_pretrained(STATIC_MODEL).encode(
        [" ".join([title] * weight + [abstract]) for title, abstract in records]
    )
    assert (encoder.documents(records) * theirs).sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_a_title_finds_the_abstract_that_it_belongs_to(encoder: StaticEncoder) -> None:
    records = _papers(300)
    titles = encoder.queries([title for title, _ in records])
    abstracts = encoder.documents([("", abstract) for _, abstract in records])
    best = (titles @ abstracts.T).argmax(axis=1)
    assert (best == np.arange(len(records))).mean() > 0.85


def _papers(count: int) -> list[tuple[str, str]]:
    """Papers that no training has seen."""
    found: list[tuple[str, str]] = []
    with gzip.open(shared_file("data/search-known-item/papers.jsonl.gz"), "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            found.append((record["title"], record["abstract"]))
            if len(found) == count:
                break
    return found


# --- the folder ----------------------------------------------------------------------------------


def test_the_folder_takes_at_most_eight_megabytes() -> None:
    assert sum(file.stat().st_size for file in STATIC_MODEL.iterdir()) <= 8_000_000


def test_the_card_is_about_this_very_model(encoder: StaticEncoder) -> None:
    card = (STATIC_MODEL / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"paperboy-static-[0-9a-f]{12}", card) == [encoder.name]


def test_the_name_changes_with_the_content(tmp_path: Path, encoder: StaticEncoder) -> None:
    copy = Path(shutil.copytree(STATIC_MODEL, tmp_path / "model"))
    assert static_name(copy) == encoder.name
    tokenizer = copy / "tokenizer.json"
    tokenizer.write_bytes(tokenizer.read_bytes() + b"\n")
    assert static_name(copy) != encoder.name


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named_in_one_sentence(tmp_path: Path, name: str) -> None:
    copy = Path(shutil.copytree(STATIC_MODEL, tmp_path / "model"))
    (copy / name).unlink()
    with pytest.raises(StorageError, match=rf"lacks {name}\. Install Paperboy again"):
        open_static(copy)


def test_it_opens_offline_and_silently(tmp_path: Path) -> None:
    program = """
import sys
def refuse(event, arguments):
    if event.startswith("socket."):
        raise SystemExit(f"the network was asked: {event}")
sys.addaudithook(refuse)
from storage.embedding.static import open_static
print(open_static().queries(["attention"]).shape)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=Path(__file__).parents[3],
        env={"HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == str((1, open_static().dimensions))
