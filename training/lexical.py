"""Plain BM25 over the known-item corpus: what the vectors are fused with, to see what they add."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from tantivy import Document, Index, SchemaBuilder

from training.bags import Floats
from training.split import Record

_WORD: Final = re.compile(r"[^\W_]+")
_DEPTH: Final = 1000
_TITLE_BOOST: Final = 1.5


class Lexical:
    """Some papers in a tantivy index in memory, words stemmed."""

    def __init__(self, papers: Sequence[Record]) -> None:
        schema = SchemaBuilder()
        schema.add_integer_field("row", stored=True)
        schema.add_text_field("title", tokenizer_name="en_stem")
        schema.add_text_field("abstract", tokenizer_name="en_stem")
        self._index = Index(schema.build())
        writer = self._index.writer(heap_size=100_000_000, num_threads=1)
        for row, paper in enumerate(papers):
            writer.add_document(Document(row=row, title=paper.title, abstract=paper.abstract))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._count = len(papers)

    def scores(self, queries: Sequence[str]) -> Floats:
        """BM25 of the best thousand papers of each query, (queries, papers); 0 for all others."""
        scores = np.zeros((len(queries), self._count), np.float32)
        searcher = self._index.searcher()
        for line, text in zip(scores, queries, strict=True):
            words = " ".join(_WORD.findall(text.lower()))  # no sign is left that the engine would obey
            if not words:
                continue
            query = self._index.parse_query(
                words, ["title", "abstract"], field_boosts={"title": _TITLE_BOOST}
            )
            for score, address in searcher.search(query, limit=_DEPTH, count=False).hits:
                line[searcher.doc(address)["row"][0]] = score
        return scores
