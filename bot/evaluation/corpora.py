"""The papers that are searched, and the questions' file: read from a data folder, brought to a store."""

import asyncio
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from bot.errors import InputError
from bot.evaluation.cases import arxiv_name
from bot.evaluation.known_item import Described, described
from bot.evaluation.titles import Beginnings, Titled
from bot.importing.entries import Found, json_object
from bot.importing.formats import Format, entries
from bot.importing.reading import open_file
from bot.model import IdScheme, ImportBatch, PaperReading
from bot.ports import PaperStore

_BATCH: Final = 2_000  # papers


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where the recorded data are. Every property raises `InputError` if its file is missing."""

    root: Path

    @property
    def papers(self) -> Path:
        """The papers that questions are asked about."""
        return self._file("search-known-item/papers.jsonl.gz")

    @property
    def queries(self) -> Path:
        """Descriptions and nicknames of papers."""
        return self._file("search-known-item/queries.jsonl.gz")

    @property
    def distractors(self) -> Path:
        """More papers, among which those asked for are to be found; one in 17 is kept out of all training."""
        return self._file("arxiv-abstracts/papers.jsonl.gz")

    @property
    def page(self) -> Path:
        """The saved page of Hugging Face's search."""
        return self._file("hf-papers-search-page.txt")

    @property
    def pairs(self) -> Path:
        """Papers with an early and a late reading of their upvotes."""
        return self._file("trending-backtest/early_late_pairs.csv.gz")

    @property
    def lists(self) -> Path:
        """Daily lists as they were read in the morning."""
        return self._file("hf-daily-papers/responses.jsonl.gz")

    @property
    def snapshots(self) -> Path:
        """The order of the daily page, several times a day."""
        return self._file("hf-rank-snapshots/rank_snapshots.csv.gz")

    def _file(self, name: str) -> Path:
        path = self.root / name
        if not self.root.is_dir():
            raise InputError(f"There is no folder {self.root}. Name the one that has {name} with --data.")
        if not path.is_file():
            raise InputError(f"{self.root} has no {name}. Name the folder that has it with --data.")
        return path


@dataclass(slots=True)
class Corpus:
    """What is known of the papers that were brought."""

    titled: list[Titled] = field(default_factory=list)  # those with an arXiv id
    beginnings: Beginnings = field(default_factory=Beginnings)

    @property
    def names(self) -> frozenset[str]:
        """Under what names questions can ask for its papers."""
        return frozenset(arxiv_name(one.arxiv_id) for one in self.titled)

    def add(self, readings: Iterable[PaperReading]) -> None:
        """Takes note of papers; one that is here already is not counted twice."""
        known = {one.arxiv_id for one in self.titled}
        for reading in readings:
            ids = [one.value for one in reading.ids if one.scheme is IdScheme.ARXIV]
            if ids and ids[0] in known:
                continue
            self.beginnings.add(reading.title)
            self.titled += [Titled(one, reading.title) for one in ids[:1]]


def papers_in(path: Path, file_format: Format = Format.JSON_LINES) -> Iterator[PaperReading]:
    """The papers of a file, cleaned; lines that are none are passed over. Raises `InputError`."""
    with open_file(str(path), io.BytesIO) as file:
        for entry in entries(file_format, file.lines()):
            if isinstance(entry.what, Found):
                yield entry.what.reading


def questions_in(path: Path) -> list[Described]:
    """The described papers of a file. Raises `InputError` if there are none."""
    with open_file(str(path), io.BytesIO) as file:
        rows = [json_object(line.text) for line in file.lines()]
    found = [one for row in rows if row is not None and (one := described(row)) is not None]
    if not found:
        raise InputError(f"{path} has no questions: objects with `query_long`, `nickname` and `relevant`.")
    return found


async def bring(
    store: PaperStore,
    source: str,
    readings: Iterator[PaperReading],
    at: datetime,
    listen: Callable[[int], None],
) -> Sequence[PaperReading]:
    """Stores the papers and returns them; `listen` hears after each batch how many there are so far."""
    brought: list[PaperReading] = []
    # Reading and cleaning take longer than storing, and must not hold up the event loop.
    while batch := await asyncio.to_thread(lambda: tuple(islice(readings, _BATCH))):
        brought += batch
        await store.bring(ImportBatch(source, len(brought), batch), at)
        listen(len(brought))
    return brought


__all__ = ["Corpus", "DataFolder", "bring", "papers_in", "questions_in"]
