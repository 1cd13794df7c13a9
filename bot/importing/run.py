"""One import: from an opened file to the store, batch by batch, so that it can end anywhere and go on."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import Final

from bot.importing.entries import Entry, Found, Line, Reason
from bot.importing.formats import HEAD_LINES, LINE_BY_LINE, Format, entries, recognise
from bot.importing.reading import OpenedFile, StoredFile
from bot.importing.worker import Worker
from bot.model import ImportBatch, ImportReport, PaperReading
from bot.ports import Clock, PaperStore

_BATCH_PAPERS: Final = 2_000
_BATCH_ENTRIES: Final = 20_000  # also where next to nothing is of use, how far the file was read is stored
_BATCH_CHARACTERS: Final = 16_000_000  # of abstracts, which bounds what a batch takes in memory
LARGE: Final = 4 << 20  # bytes of a file, of some 2,500 papers, from which on two processes share the work
_PLACES: Final = 10  # line numbers told of what was skipped for one reason


@dataclass(slots=True)
class SkippedLines:
    """The lines skipped for one reason."""

    count: int = 0
    first: list[int] = field(default_factory=list)  # numbers of the first few

    def add(self, line: int) -> None:
        self.count += 1
        if len(self.first) < _PLACES:
            self.first.append(line)


@dataclass(slots=True)
class Progress:
    """How far an import is: what it did so far, and at its end its summary. Counts are of this run alone."""

    file_format: Format
    from_line: int  # the first line that this run read
    size: int | None  # of the file, in bytes; `None`: not known
    position: int = 0  # bytes read
    line: int = 0  # the last line of which everything is stored
    papers: int = 0  # read, as the file has them
    new: int = 0
    changed: int = 0
    known: int = 0
    skipped: dict[Reason, SkippedLines] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)  # papers by the field that was of no use
    whole: bool = False  # read to the end


@dataclass(slots=True)
class _Batch:
    """Some entries of a file, on their way to the store."""

    readings: list[PaperReading] = field(default_factory=list)
    skipped: list[tuple[Reason, int]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    upto: int = 0  # the last line that they take up
    position: int = 0


Listener = Callable[[Progress], None]


async def import_file(
    file: OpenedFile,
    papers: PaperStore,
    clock: Clock,
    listen: Listener,
    *,
    file_format: Format | None = None,
    again: bool = False,
    batch_papers: int = _BATCH_PAPERS,
) -> Progress:
    """Brings the papers of the file to the store; returns what came of it.

    Goes on where an earlier import of the same content as the same format ended, unless it is to be read
    `again` from its first line, or cannot be told from other files (a pipe). `listen` hears of every
    batch once it is stored, and is handed the one object that is returned. Cancelled, it finishes the batch
    under way. Raises `InputError` if the file is nothing that can be imported or is damaged, and
    `StorageError`.
    """
    lines = file.lines()
    head = await asyncio.to_thread(lambda: list(islice(lines, HEAD_LINES)))
    found = file_format or recognise(head, file.name)
    stored = file if isinstance(file, StoredFile) else None
    name = f"{found}:{stored.fingerprint}" if stored else f"{found}:-"
    done = await papers.import_mark(name) if stored and not again else 0
    progress = Progress(found, done + 1, stored.size if stored else None, line=done)
    if done > len(head):
        await asyncio.to_thread(file.skip, done - len(head))

    writing: asyncio.Task[ImportReport] | None = None
    sent = _Batch()

    async def finish() -> None:
        nonlocal writing
        if writing is not None:
            await asyncio.wait({writing})  # which, cancelled, leaves the batch to be finished
            task, writing = writing, None
            _add(progress, sent, task.result())
            listen(progress)

    with _reader(found, stored) as what_is_in:
        read = _batches(what_is_in(chain(head[done:], lines)), batch_papers, stored)
        try:
            # The next batch is read while the one before it is written.
            while (batch := await asyncio.to_thread(next, read, None)) is not None:
                await finish()
                brought = ImportBatch(name, batch.upto if stored else 0, tuple(batch.readings))
                sent, writing = batch, asyncio.create_task(papers.bring(brought, clock.now()))
        finally:
            await finish()
    progress.whole = True
    return progress


@contextmanager
def _reader(
    file_format: Format, file: StoredFile | None
) -> Iterator[Callable[[Iterable[Line]], Iterator[Entry]]]:
    """What turns lines into entries: a process of its own if so much is left that its start pays."""
    if file is None or file.size - file.position() < LARGE or file_format not in LINE_BY_LINE:
        yield partial(entries, file_format)
        return
    with Worker(file_format) as worker:
        yield worker.entries


def _batches(found: Iterator[Entry], most: int, file: StoredFile | None) -> Iterator[_Batch]:
    batch = _Batch()
    characters = taken = 0
    for entry in found:
        batch.upto = entry.upto
        taken += 1
        if isinstance(entry.what, Found):
            batch.readings.append(entry.what.reading)
            batch.left_out.update(entry.what.left_out)
            characters += len(entry.what.reading.abstract)
        else:
            batch.skipped.append((entry.what, entry.line))
        if len(batch.readings) >= most or characters >= _BATCH_CHARACTERS or taken >= _BATCH_ENTRIES:
            batch.position = file.position() if file else 0
            yield batch
            batch = _Batch()
            characters = taken = 0
    if taken:
        batch.position = file.size if file else 0
        yield batch


def _add(progress: Progress, batch: _Batch, report: ImportReport) -> None:
    progress.position = batch.position
    progress.line = batch.upto
    progress.papers += len(batch.readings)
    progress.new += report.new
    progress.changed += report.changed
    progress.known += report.known
    progress.left_out.update(batch.left_out)
    for reason, line in batch.skipped:
        progress.skipped.setdefault(reason, SkippedLines()).add(line)


def already_whole(progress: Progress) -> bool:
    """Whether there was nothing left to import, because an earlier import came to the end of the file."""
    return progress.whole and progress.from_line > 1 and not progress.papers and not progress.skipped


__all__ = ["LARGE", "Listener", "Progress", "SkippedLines", "already_whole", "import_file"]
