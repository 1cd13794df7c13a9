"""What a model scores: one paper is right, and its place counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.split import Split, split_of
from bot.search.ports import Encoder
from training.bags import Floats
from training.lexical import Lexical
from training.split import Data, Record

MEANING: Final = 0.4
"""The share of the vectors in a fused score; the rest is BM25's."""


@dataclass(frozen=True, slots=True)
class Score:
    """How often the right paper came first or among the first 10 and 100, and its mean reciprocal rank."""

    name: str
    mode: str  # lexical, semantic or fused
    n: int
    recall_1: float
    recall_10: float
    recall_100: float
    mrr: float


def title_to_abstract(encoder: Encoder, papers: Sequence[Record]) -> Score:
    """Titles as queries, the abstracts alone as documents."""
    titles = encoder.queries([paper.title for paper in papers])
    abstracts = encoder.documents([("", paper.abstract) for paper in papers])
    right = np.arange(len(papers))
    return _score(
        "titles to abstracts, kept out of training", "semantic", _places(titles @ abstracts.T, right)
    )


def known_items(encoder: Encoder, data: Data) -> list[Score]:
    """Descriptions by people who read the paper, whole and begun, and names, over the known-item corpus.

    Fused scores are given for both halves of the queries too, see `bot.evaluation.split`.
    """
    rows = {paper.arxiv_id: row for row, paper in enumerate(data.corpus)}
    right = np.array([rows[item.arxiv_id] for item in data.items])
    half = np.array([split_of(item.arxiv_id) is Split.TUNE for item in data.items])
    lexical = Lexical(data.corpus)
    documents = encoder.documents([(paper.title, paper.abstract) for paper in data.corpus])
    kinds = {
        "first 12 words": [_first(item.description, 12) for item in data.items],
        "first 5 words": [_first(item.description, 5) for item in data.items],
        "nicknames": [item.nickname for item in data.items],
        "whole descriptions": [item.description for item in data.items],
    }
    found: list[Score] = []
    for kind, texts in kinds.items():
        words = lexical.scores(texts)
        meaning = encoder.queries(texts) @ documents.T
        fused = MEANING * _scaled(meaning) + (1 - MEANING) * _scaled(words)
        for mode, scores in (("lexical", words), ("semantic", meaning), ("fused", fused)):
            places = _places(scores, right)
            found.append(_score(kind, mode, places))
            if mode == "fused":
                found.append(_score(f"{kind}, half to tune", mode, places[half]))
                found.append(_score(f"{kind}, half to report", mode, places[~half]))
    return found


def _first(text: str, words: int) -> str:
    return " ".join(text.split()[:words])


def _scaled(scores: Floats) -> Floats:
    """Each query's scores as shares of its best."""
    above: Floats = np.maximum(scores, 0)
    shares: Floats = above / np.maximum(above.max(axis=1, keepdims=True), np.float32(1e-9))
    return shares


def _places(scores: Floats, right: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of the right column in each row, from 0; ties count as half before and half after it."""
    reached = scores[np.arange(len(right)), right][:, np.newaxis]
    places: NDArray[np.int64] = (scores > reached).sum(axis=1) + ((scores == reached).sum(axis=1) - 1) // 2
    return places


def _score(name: str, mode: str, places: NDArray[np.int64]) -> Score:
    one, ten, hundred = (float((places < limit).mean()) for limit in (1, 10, 100))
    return Score(name, mode, len(places), one, ten, hundred, float((1 / (places + 1)).mean()))
