"""As many papers as wanted, made of real ones, and questions as people ask them: the same for the same seed.

A made paper is put together from papers of one category, each chosen at random: its title is the first half
of one title and the second half of another, its abstract has as many sentences as a real one, each from
another abstract, and its authors and categories are one paper's. So words are as frequent as they are in a
category, and have their usual neighbours within a sentence; what grows more slowly than in life is the
vocabulary.
"""

import csv
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final

from benchmarks.measure import ROOT

_DATA: Final = ROOT.parent / "shared" / "data"
_RECORDS: Final = _DATA / "arxiv-abstracts" / "papers.jsonl.gz"
_LISTED: Final = _DATA / "search-known-item" / "papers.jsonl.gz"
_DESCRIBED: Final = _DATA / "search-known-item" / "queries.jsonl.gz"
_SHORT: Final = _DATA / "search-known-item" / "short_queries.jsonl"
_TOPICS: Final = _DATA / "search-known-item" / "topic_counts.tsv"
NEEDED: Final = (_RECORDS, _LISTED, _DESCRIBED, _SHORT, _TOPICS)
ABSENT: Final = f"needs {_DATA.relative_to(ROOT.parent)} beside the checkout"

SEED: Final = 20251120
QUESTIONS: Final = 100  # of each kind
LONG: Final = 12  # words
_FIRST_YEAR: Final = 2007  # from which on an arXiv id is year, month and number within the month
_MONTHS: Final = 12 * 18
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_UNSAID: Final = "cs.LG"  # the category of papers of the daily lists, which name none
KINDS: Final = ("short", "topic", "12 words", "filtered")
_ASKED: Final = ("cs.CV", "cs.CL", "cs.AI", "cs.LG", "cs.RO", "quant-ph", "eess.IV", "")
_FEW: Final = 40  # papers: a category with fewer goes to the one above all


@dataclass(frozen=True, slots=True)
class _Part:
    """What is taken from a real paper."""

    title: list[str]  # words
    sentences: list[str]
    authors: list[str]
    categories: list[str]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person types, and the same for an engine without a query language."""

    kind: str
    words: str
    category: str = ""
    year: int = 0  # papers from this year on; 0: of any

    @property
    def text(self) -> str:
        """In the query language. Signs that it would take for its own are left out of the words."""
        words = " ".join(re.findall(r"[^\W_]+", self.words))
        conditions = [f"cat:{self.category}"] if self.category else []
        conditions += [f"after:{self.year}-01-01"] if self.year else []
        return " ".join([words, *conditions])


def papers(first: int, count: int) -> Iterator[dict[str, Any]]:
    """Papers numbered from `first`, as `paperboy import` takes them from JSON Lines."""
    parts = _parts()
    names = list(parts)
    sizes = [len(of_one) for of_one in parts.values()]
    for number in range(first, first + count):
        random = Random(SEED * 1_000_003 + number)  # a paper is the same in a corpus of any size
        same = parts[random.choices(names, sizes)[0]]
        one, two, three, long = (random.choice(same) for _ in range(4))
        month, place = number % _MONTHS, number // _MONTHS
        year, month = _FIRST_YEAR + month // 12, 1 + month % 12
        yield {
            "id": f"{year % 100:02}{month:02}.{place:0{4 if year < 2015 else 5}}",
            "title": " ".join([*one.title[: -(-len(one.title) // 2)], *two.title[len(two.title) // 2 :]]),
            "abstract": " ".join(random.choice(random.choice(same).sentences) for _ in long.sentences),
            "authors": three.authors,
            "categories": three.categories,
            "published": f"{year}-{month:02}-{random.randint(1, 28):02}",
        }


def write(path: Path, first: int, count: int) -> None:
    """Writes the papers as JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(paper)}\n" for paper in papers(first, count))


def questions() -> dict[str, list[Question]]:
    """Different questions of each kind: a scholarly search log's, topics of papers, the first words of
    descriptions of papers, and topics with conditions.
    """
    random = Random(SEED)
    with _SHORT.open(encoding="utf-8") as lines:
        short = [json.loads(line)["query"] for line in lines]
    with _TOPICS.open(encoding="utf-8", newline="") as rows:
        topics = [topic for topic, *_ in csv.reader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)]
    with gzip.open(_DESCRIBED, "rt", encoding="utf-8") as lines:
        described = [" ".join(json.loads(line)["query_long"].split()[:LONG]) for line in lines]
    conditions = [(category, year) for category in _ASKED for year in (2010, 2018, 2022)]
    of_kinds = {
        "short": [Question("short", words) for words in short],
        "topic": [Question("topic", words) for words in random.sample(topics, QUESTIONS)],
        "12 words": [Question("12 words", words) for words in random.sample(described, QUESTIONS)],
        "filtered": [
            Question("filtered", words, *random.choice(conditions))
            for words in random.sample(topics, QUESTIONS)
        ],
    }
    return {kind: list(islice(dict.fromkeys(some), QUESTIONS)) for kind, some in of_kinds.items()}


def _parts() -> dict[str, list[_Part]]:
    """Real papers by their primary category, that of most papers first."""
    found: dict[str, list[_Part]] = defaultdict(list)
    authors: list[list[str]] = []
    for row in _rows(_RECORDS):
        authors.append(row["authors"])
        found[row["categories"][0]].append(_part(row, row["authors"], row["categories"]))
    for number, row in enumerate(_rows(_LISTED)):  # which say nothing of their authors
        found[_UNSAID].append(_part(row, authors[number % len(authors)], [_UNSAID]))
    largest = max(found, key=lambda category: len(found[category]))
    for category in [one for one, some in found.items() if len(some) < _FEW]:
        found[largest] += found.pop(category)
    return dict(sorted(found.items(), key=lambda one: (-len(one[1]), one[0])))


def _part(row: dict[str, Any], authors: Sequence[str], categories: Sequence[str]) -> _Part:
    sentences = _SENTENCE.split(row["abstract"].strip()) or [""]
    return _Part(row["title"].split() or ["Untitled"], sentences, list(authors), list(categories))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
