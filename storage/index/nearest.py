"""The nearest papers among those that satisfy conditions: of all of these where they are few enough, of the
nearest of all papers where they are many. Blocking, for threads.
"""

import math
from collections.abc import Mapping
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


__all__ = ["by_vector", "moved", "nearest"]
