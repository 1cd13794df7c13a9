"""Which papers a model may learn from. Whoever measures a model asks here what it has not seen."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from bot.evaluation.split import held_out
from bot.identity import title_key


class Record(NamedTuple):
    """What a model sees of a paper."""

    arxiv_id: str
    title: str
    abstract: str


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A text about one paper, by somebody who had it before them; `nickname` is what they call the paper."""

    description: str
    nickname: str
    arxiv_id: str


@dataclass(frozen=True, slots=True)
class Data:
    """The papers of one folder, divided. No paper of `corpus`, and none that `items` ask for, is in
    `training` or `held_out`, by id or title.
    """

    training: tuple[Record, ...]
    held_out: tuple[Record, ...]
    corpus: tuple[Record, ...]
    items: tuple[KnownItem, ...]
    """Only those whose paper is in `corpus`."""


def read_data(folder: Path) -> Data:
    """Reads `arxiv-abstracts` and `search-known-item` of the folder; a missing file raises `OSError`."""
    known = folder / "search-known-item"
    corpus = tuple(map(_record, _lines(known / "papers.jsonl.gz")))
    asked = [
        KnownItem(line["query_long"], line["nickname"], line["relevant"][0])
        for line in _lines(known / "queries.jsonl.gz")
    ]
    ids = {record.arxiv_id for record in corpus}
    titles = {title_key(record.title) for record in corpus}
    reserved = ids.union(item.arxiv_id for item in asked)
    free = [
        record
        for record in map(_record, _lines(folder / "arxiv-abstracts" / "papers.jsonl.gz"))
        if record.arxiv_id not in reserved and title_key(record.title) not in titles
    ]
    return Data(
        training=tuple(record for record in free if not held_out(record.arxiv_id)),
        held_out=tuple(record for record in free if held_out(record.arxiv_id)),
        corpus=corpus,
        items=tuple(item for item in asked if item.arxiv_id in ids),
    )


def _record(line: dict[str, Any]) -> Record:
    return Record(line["id"], line["title"], line["abstract"])


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
