"""Saved searches as people would have them, and a day's papers, both of recorded data: see `ABSENT`."""

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate, islice
from random import Random
from typing import Any, Final

from benchmarks.invented import SEED
from benchmarks.measure import ROOT
from bot.model import IdScheme, Paper, PaperId, Upstream
from bot.search.categories import CATEGORIES
from bot.search.query import format_query, parse
from bot.search.tokens import has_words

NOW: Final = datetime(2025, 11, 20, 9, tzinfo=UTC)
DAY: Final = 1_000  # papers
_DATA: Final = ROOT.parent / "shared" / "data"
PAPERS: Final = _DATA / "arxiv-abstracts" / "papers.jsonl.gz"
TOPICS: Final = _DATA / "search-known-item" / "topic_counts.tsv"
ABSENT: Final = f"needs {_DATA.relative_to(ROOT.parent)} beside the checkout"
_CATEGORIES: Final = sorted(CATEGORIES)
_POOL: Final = 40_000  # recorded papers whose authors are followed


def recorded() -> bool:
    """Whether the recorded data is there."""
    return PAPERS.exists() and TOPICS.exists()


def day_of_papers(count: int = DAY) -> list[Paper]:
    """So many papers of arXiv, as if all were new today."""
    return [_paper(number, row) for number, row in enumerate(islice(_rows(), count), 1)]


def searches(seed: int = SEED) -> Iterator[str]:
    """Distinct saved searches without end, in normal form; what many people want comes first."""
    random = Random(seed)
    seen: set[str] = set()
    while True:
        text = format_query(parse(_search(random)))
        if text not in seen:
            seen.add(text)
            yield text


def _search(random: Random) -> str:
    """One to four words of topics, a phrase, an author or a category, some of them together."""
    words, weights = _vocabulary()
    topics, shares = _topics()

    def some(count: int) -> str:
        return " ".join(random.choices(words, cum_weights=weights, k=count))

    def topic() -> str:
        return random.choices(topics, cum_weights=shares)[0]

    kind = random.random()
    if kind < 0.40:
        return some(random.randint(1, 4))
    if kind < 0.55:
        return f"cat:{random.choice(_CATEGORIES)} {some(random.randint(1, 3))}"
    if kind < 0.65:
        return f'"{topic()}"'
    if kind < 0.75:
        return f'"{topic()}" {some(random.randint(1, 2))}'
    if kind < 0.80:
        return f'"{topic()}" OR "{topic()}"'
    if kind < 0.85:
        return f"{some(2)} -{some(1)}"
    author = f'author:"{random.choice(_authors())}"'
    return author if kind < 0.95 else f"{author} {some(1)}"


@cache
def _topics() -> tuple[list[str], list[int]]:
    """Topics, and their counts added up."""
    with TOPICS.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.reader(lines, delimiter="\t") if '"' not in row[0]]
    return [row[0] for row in rows], list(accumulate(int(row[1]) for row in rows))


@cache
def _vocabulary() -> tuple[list[str], list[int]]:
    """The words of topics, and how often each is in one, added up."""
    topics, shares = _topics()
    counts: dict[str, int] = {}
    for topic, below, share in zip(topics, [0, *shares], shares, strict=False):
        for word in topic.split():
            if word.isalnum():
                counts[word] = counts.get(word, 0) + share - below
    return list(counts), list(accumulate(counts.values()))


@cache
def _authors() -> list[str]:
    names = {name for row in islice(_rows(), _POOL) for name in row["authors"]}
    return sorted(name for name in names if has_words(name) and '"' not in name)


def _rows() -> Iterator[dict[str, Any]]:
    with gzip.open(PAPERS, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _paper(number: int, row: dict[str, Any]) -> Paper:
    return Paper(
        id=number,
        ids=(PaperId(IdScheme.ARXIV, row["id"]),),
        title=row["title"],
        abstract=" ".join(row["abstract"].split()),
        text_from=Upstream.ARXIV,
        authors=tuple(row["authors"]),
        published_at=NOW,
        first_seen_at=NOW,
        categories=tuple(row["categories"]),
    )
