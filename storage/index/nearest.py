"""The nearest papers among those that satisfy conditions: of all of these where they are few enough, of the
nearest of all papers where they are many. Blocking, for threads.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import tantivy
from tantivy import Occur, Query

from bot.search.ports import Hit, Hits
from storage.index.cosines import Floats
from storage.index.lexical import Filter, Lexical
from storage.index.vectors import VectorFile

_SPARE: Final = (
    2.0  # how many more nearest papers are fetched than should do if meaning and conditions were independent
)
_LEAST: Final = 1_000
_AS_SOON: Final = (
    20  # how many more satisfying papers are listed and compared in the time that one is looked up
)


def nearest(
    words: Lexical, vectors: VectorFile, vector: Floats, satisfying: tantivy.Query, bounds: Filter
) -> Hits:
    """The papers nearest to `vector` (dimensions,) among those that satisfy the engine's query."""
    count = words.count(satisfying, bounds)
    if not count or not len(vectors):
        return Hits()
    fetched = max(_LEAST, math.ceil(_SPARE * bounds.limit * len(vectors) / count))
    if count <= _AS_SOON * fetched:
        ids = words.numbers(satisfying, Filter(count, bounds.upto, bounds.among))
        return by_vector(vectors, vector, replace(bounds, among=ids))
    among = None if bounds.among is None else np.array(bounds.among, np.int64)
    nearby, _ = vectors.near(vector, fetched, among=among, upto=bounds.upto)
    chosen = Query.term_set_query(words.schema, "paper", nearby.tolist())
    both = Query.boolean_query([(Occur.Must, satisfying), (Occur.Must, chosen)])
    found = words.numbers(both, Filter(len(nearby)))
    return by_vector(vectors, vector, replace(bounds, among=found))


def by_vector(vectors: VectorFile, vector: Floats, bounds: Filter) -> Hits:
    """The papers nearest to `vector` (dimensions,)."""
    among = None if bounds.among is None else np.array(bounds.among, np.int64)
    found, cosines = vectors.near(vector, bounds.limit, among=among, upto=bounds.upto)
    hits = tuple(Hit(int(paper), float(cosine)) for paper, cosine in zip(found, cosines, strict=True))
    return Hits(hits, len(hits))


def similar(vectors: VectorFile | None, papers: frozenset[int], bounds: Filter) -> Hits:
    """The papers nearest to the mean of these, without them."""
    if vectors is None or not papers:
        return Hits()
    mean = vectors_of(vectors, sorted(papers)).mean(axis=0)
    found = by_vector(vectors, mean, replace(bounds, limit=bounds.limit + len(papers))).hits
    others = tuple(hit for hit in found if hit.paper_id not in papers)[: bounds.limit]
    return Hits(others, len(others))


def vectors_of(vectors: VectorFile | None, papers: Sequence[int]) -> Floats:
    """The vectors of papers (n,) → (n, dimensions), of length 1, or 0 without one."""
    if vectors is None:
        return np.zeros((len(papers), 1), np.float32)
    return vectors.vectors(np.array(papers, np.int64))


def moved(vector: Floats, vectors: VectorFile, like: Mapping[int, float]) -> Floats:
    """A query's vector (dimensions,) plus the mean of these papers' vectors by their weights (Rocchio 1971,
    "Relevance feedback in information retrieval"); itself without papers.
    """
    if not like:
        return vector
    papers = vectors.vectors(np.array(list(like), np.int64))
    weights = np.array(list(like.values()), np.float32)
    nearer: Floats = vector + weights / weights.sum() @ papers
    return nearer


__all__ = ["by_vector", "moved", "nearest", "similar", "vectors_of"]
