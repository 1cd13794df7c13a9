"""The training's own mathematics; runs where the extra `training` is installed."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.embedding.static import open_static

pytest.importorskip("scipy", reason="needs the extra 'training'")

from training.bags import Floats, Table, bags, unit
from training.export import LARGEST, put_in_place, write_model
from training.pairs import PairSettings, Papers, batches, draw_pair
from training.start import first_table
from training.trainer import Settings, document_vectors, loss_and_gradient, train, train_mean
from training.vocabulary import UNKNOWN, Tokens, tokenize, train_vocabulary

VOCABULARY = 40


def random_texts(rng: np.random.Generator, count: int, length: int) -> list[Tokens]:
    return [rng.integers(0, VOCABULARY, length).astype(np.int32) for _ in range(count)]


def random_table(rng: np.random.Generator, dimensions: int = 6) -> Table:
    return Table(
        rng.standard_normal((VOCABULARY, dimensions)).astype(np.float32),
        rng.standard_normal(VOCABULARY).astype(np.float32) * np.float32(0.1),
    )


def test_a_bag_counts_tokens_whatever_their_order() -> None:
    texts = [np.array(text, np.int32) for text in ([3, 1, 3], [], [0])]
    assert bags(texts, 4).toarray().tolist() == [[0, 1, 0, 2], [0, 0, 0, 0], [1, 0, 0, 0]]


def test_a_row_of_zeros_stays_one() -> None:
    units, _ = unit(np.array([[3, 4], [0, 0]], np.float32))
    assert units.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0, 0]]


def test_the_gradient_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(1)
    table = random_table(rng)
    queries, documents = bags(random_texts(rng, 8, 4), VOCABULARY), bags(random_texts(rng, 8, 12), VOCABULARY)
    _, gradient = loss_and_gradient(table, queries, documents, temperature=0.5)

    def loss_of(weighted: Floats) -> float:
        moved = Table(weighted.astype(np.float32), np.zeros(VOCABULARY, np.float32))
        return loss_and_gradient(moved, queries, documents, temperature=0.5)[0]

    weighted, step = table.weighted(), 0.01
    for token, dimension in [(0, 0), (7, 3), (21, 5), (39, 1)]:
        nudge = np.zeros_like(weighted)
        nudge[token, dimension] = step
        slope = (loss_of(weighted + nudge) - loss_of(weighted - nudge)) / (2 * step)
        assert gradient[token, dimension] == pytest.approx(slope, abs=2e-3)


@given(
    seed=st.integers(0, 10_000), title=st.lists(st.integers(0, 39), max_size=12), length=st.integers(0, 90)
)
def test_query_and_document_together_are_the_paper(seed: int, title: list[int], length: int) -> None:
    rng = np.random.default_rng(seed)
    title_tokens, abstract = np.array(title, np.int32), np.arange(100, 100 + length, dtype=np.int32)
    query, document = draw_pair(title_tokens, abstract, PairSettings(), rng)
    if (query >= 100).any():  # a passage: it stands in one piece, and is missing in the document
        assert (np.diff(query) == 1).all()
        assert not np.isin(query, document).any()
        assert set(abstract) <= {*query, *document}
    else:
        assert query.tolist() == title[: len(query)]
        assert document is abstract


@given(seed=st.integers(0, 1000), near=st.booleans(), count=st.integers(8, 200))
def test_a_round_takes_no_paper_twice_and_leaves_out_less_than_a_batch(
    seed: int, near: bool, count: int
) -> None:
    rng = np.random.default_rng(seed)
    documents = rng.standard_normal((count, 4)).astype(np.float32) if near else None
    taken = np.concatenate(list(batches(documents, count, 8, 4, rng)))
    assert len(set(taken.tolist())) == len(taken) == count - count % 8


def test_training_brings_titles_nearer_to_their_papers_and_is_repeatable() -> None:
    def trained() -> tuple[Table, Papers]:
        rng = np.random.default_rng(5)
        topics = [rng.choice(VOCABULARY, 6, replace=False) for _ in range(32)]
        papers = Papers(
            [rng.choice(topic, 4).astype(np.int32) for topic in topics],
            [rng.choice(topic, 60).astype(np.int32) for topic in topics],
        )
        table = first_table(bags(papers.abstracts, VOCABULARY), 4, rng)
        losses: list[float] = []
        settings = Settings(rounds=30, batch=16, group=4, rate=0.05, warm_up=2, temperature=0.2)
        train(table, papers, settings, rng, lambda _, loss: losses.append(loss))
        assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
        return table, papers

    table, papers = trained()
    again, _ = trained()
    assert np.array_equal(table.vectors, again.vectors)
    assert document_vectors(table, papers).shape == (32, 4)


def test_the_mean_is_of_runs_that_begin_alike_and_see_other_pairs() -> None:
    rng = np.random.default_rng(6)
    papers = Papers(random_texts(rng, 16, 4), random_texts(rng, 16, 60))
    start = random_table(rng)
    settings = Settings(runs=2, rounds=3, batch=8, group=4, warm_up=2)
    heard: list[tuple[int, int]] = []
    mean = train_mean(
        start, papers, settings, np.random.default_rng(7), lambda run, number, _: heard.append((run, number))
    )
    alone = []
    for own in (np.random.default_rng(7), np.random.default_rng(7).spawn(1)[0]):
        alone.append(Table(start.vectors.copy(), start.log_weights.copy()))
        train(alone[-1], papers, settings, own, lambda *_: None)
    one, other = alone
    assert not np.array_equal(one.vectors, other.vectors)
    assert mean.vectors == pytest.approx((one.vectors + other.vectors) / 2, abs=1e-6)
    assert mean.log_weights == pytest.approx((one.log_weights + other.log_weights) / 2, abs=1e-6)
    assert heard == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]


def test_a_written_model_gives_the_vectors_that_were_trained(tmp_path: Path) -> None:
    texts = [
        "sparse attention for long sequences",
        "protein folding with diffusion",
        "attention is sparse",
    ] * 3
    tokenizer = train_vocabulary(texts, 200)
    vocabulary = tokenizer.get_vocab_size()
    rng = np.random.default_rng(2)
    table = Table(
        rng.standard_normal((vocabulary, 16)).astype(np.float32),
        rng.standard_normal(vocabulary).astype(np.float32),
    )
    write_model(tmp_path / "model", table, tokenizer)
    rounded = open_static(tmp_path / "model").queries(texts)
    exact, _ = unit(bags(tokenize(tokenizer, texts), vocabulary) @ table.weighted())
    assert (rounded * exact).sum(axis=1) == pytest.approx(1, abs=1e-3)


def test_signs_are_no_tokens() -> None:
    tokenizer = train_vocabulary(["state-of-the-art, (really) $x^2$!"] * 3, 100)
    assert not any(re.search(r"[^\w#]", token) for token in set(tokenizer.get_vocab()) - {UNKNOWN})
    assert tokenize(tokenizer, ["?! ... $$"])[0].tolist() == []


def test_a_new_model_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    put_in_place(tmp_path / "old", tmp_path / "to" / "model")
    put_in_place(tmp_path / "new", tmp_path / "to" / "model")
    assert [file.name for file in (tmp_path / "to").rglob("*")] == ["model", "new"]


def test_a_model_that_is_too_large_is_not_put_in_place(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights").write_bytes(bytes(LARGEST + 1))
    with pytest.raises(ValueError, match="Train with fewer tokens"):
        put_in_place(tmp_path / "model", tmp_path / "target")
    assert not (tmp_path / "target").exists()
