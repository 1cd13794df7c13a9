"""The files of a folder of vectors: a log that only grows, and a head that says how much of it counts.

The log is two files of equal length in slots: `vectors-N.rows` with a vector as signed bytes a slot, and
`vectors-N.ids` with the paper's number and the weight that makes the bytes a vector of length 1. A paper's
last slot counts; a weight of 0 says that its vector is gone. What was committed is never changed, so a
reader needs no lock: the head `vectors.json`, replaced as a whole, says how many slots count. Slots behind
them are of a commit that never came, and are written over. N changes when a log is written anew.
"""

import contextlib
import json
import mmap
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from io import FileIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from storage.index.cosines import Floats, Ids, Rows, dots

_FORMAT: Final = 1
_HEAD: Final = "vectors.json"
_ENTRY: Final = np.dtype([("id", "<i8"), ("weight", "<f4")])
EXTENT: Final = 65_536  # slots mapped at once: times any dimensions, a multiple of every system's page
_FEW: Final = 16  # below this part of all papers, looking up each is faster than a pass over all


@dataclass(frozen=True, slots=True)
class Head:
    """What a commit says; generation 0 is that of no commit."""

    encoder: str
    dimensions: int
    generation: int = 0  # N of the log's names
    slots: int = 0
    change: int = 0
    checksum: int = 0  # CRC-32 of the slots in `vectors-N.ids`
    format: int = _FORMAT

    def rows_file(self, folder: Path) -> Path:
        return folder / f"vectors-{self.generation}.rows"

    def ids_file(self, folder: Path) -> Path:
        return folder / f"vectors-{self.generation}.ids"

    @property
    def bytes(self) -> int:
        """Of the log, on the disk."""
        return self.slots * (self.dimensions + _ENTRY.itemsize)


class Live:
    """Which slots of a log count, in order of the paper's number."""

    def __init__(self, ids: Ids, weights: Floats) -> None:
        """Takes the number and the weight of every slot."""
        # Papers that were all written once and in order need no sorting, and their scores no moving about.
        if np.all(ids[1:] > ids[:-1]) and np.all(weights > 0):
            self._slots: Ids | None = None  # each paper's slot is its place
            self.ids, self.weights = ids, weights
            return
        order = np.argsort(ids, kind="stable")  # of one paper's slots the last stays the last
        rising = ids[order]
        slots = order[np.append(rising[1:] != rising[:-1], True)]
        self._slots = slots = slots[weights[slots] > 0]
        self.ids = ids[slots]
        self.weights = weights[slots]

    @property
    def in_order(self) -> bool:
        """Whether each paper's place in `self.ids` is its slot."""
        return self._slots is None

    def slots(self, places: Ids) -> Ids:
        """The slots of papers at these places (n,) in `self.ids`."""
        return places if self._slots is None else self._slots[places]

    def of_slots(self, values: Floats, places: Ids | slice) -> Floats:
        """Of values for all slots, those of the papers at these places."""
        return values[places if self._slots is None else self._slots[places]]

    def places(self, ids: Ids) -> Ids:
        """Where in `self.ids` each of these (n,) stands, or -1."""
        if not len(self.ids):
            return np.full(len(ids), -1)
        places = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where(self.ids[places] == ids, places, -1)

    def among(self, ids: Ids) -> Ids:
        """Places in `self.ids` of those of these that are there, rising, each once."""
        if len(ids) * _FEW < len(self.ids):
            places = self.places(np.unique(ids))
            return places[places >= 0]
        return np.flatnonzero(np.isin(self.ids, ids))


class View:
    """One commit, as all readers see it until the next: never changes, safe from any thread."""

    def __init__(self, head: Head, ids: Ids, weights: Floats, extents: tuple[Rows, ...]) -> None:
        self.head = head
        self.ids = ids  # (slots,), as `weights`
        self.weights = weights
        self.extents = extents  # each (EXTENT, dimensions), mapped; the last one's end is not yet written

    @classmethod
    def empty(cls, encoder: str, dimensions: int) -> "View":
        return cls(Head(encoder, dimensions), np.empty(0, np.int64), np.empty(0, np.float32), ())

    @cached_property
    def live(self) -> Live:
        return Live(self.ids, self.weights)

    def grown(self, folder: Path, head: Head, entries: Sequence[NDArray[np.void]]) -> "View":
        """The view of a later commit of the same log, which added these entries.

        Raises `FileNotFoundError` or `ValueError` if the rows are not there.
        """
        ids = np.concatenate([self.ids, *(one["id"] for one in entries)])
        weights = np.concatenate([self.weights, *(one["weight"] for one in entries)])
        return View(head, ids, weights, _mapped(folder, head, self))

    def dots(self, question: Rows) -> Iterator[tuple[int, Floats]]:
        """The inner products of slots' rows with the question (dimensions,), stretch by stretch in their
        order, each with its first slot.
        """
        for begin, extent in zip(range(0, self.head.slots, EXTENT), self.extents, strict=True):
            yield begin, dots(extent[: self.head.slots - begin], question)

    def rows(self, slots: Ids) -> Rows:
        """The rows of slots (n,) in any order → (n, dimensions)."""
        order = np.argsort(slots, kind="stable")
        rising = slots[order]
        found = np.empty((len(slots), self.head.dimensions), np.int8)
        bounds = np.searchsorted(rising, np.arange(len(self.extents) + 1) * EXTENT)
        for number, extent in enumerate(self.extents):
            here = slice(bounds[number], bounds[number + 1])
            found[order[here]] = extent[rising[here] - number * EXTENT]
        return found


class Log:
    """A log while it is written, from the end of a commit on; not seen by anybody until the next."""

    def __init__(self, folder: Path, view: View) -> None:
        """Goes on with the view's log, or begins a new one if the view is of no commit."""
        self._folder = folder
        self._view = view
        self._head = view.head
        if not self._head.generation:
            folder.mkdir(parents=True, exist_ok=True)
            self._head = replace(self._head, generation=_unused(folder))
        self._new: list[NDArray[np.void]] = []
        self._ids = _opened(self._head.ids_file(folder))
        self._rows = _opened(self._head.rows_file(folder))

    def close(self) -> None:
        self._ids.close()
        self._rows.close()

    def append(self, ids: Ids, weights: Floats, rows: Rows) -> None:
        entries = np.empty(len(ids), _ENTRY)
        entries["id"], entries["weight"] = ids, weights
        slots = self._head.slots
        _write_at(self._ids, slots * _ENTRY.itemsize, entries)
        _write_at(self._rows, slots * self._head.dimensions, rows)
        unit = EXTENT * self._head.dimensions
        self._rows.truncate(-(-os.fstat(self._rows.fileno()).st_size // unit) * unit)
        checksum = zlib.crc32(entries.tobytes(), self._head.checksum)
        self._head = replace(self._head, slots=slots + len(ids), checksum=checksum)
        self._new.append(entries)

    def appended(self, ids: Ids) -> NDArray[np.bool_]:
        """Which of these (n,) were appended since the last commit."""
        held = np.zeros(len(ids), np.bool_)
        for entries in self._new:
            held |= np.isin(ids, entries["id"])
        return held

    def commit(self, change: int) -> View:
        """Makes what was appended durable and seen."""
        os.fsync(self._rows.fileno())
        os.fsync(self._ids.fileno())
        head = replace(self._head, change=change)
        view = self._view.grown(self._folder, head, self._new)
        _write_head(self._folder, head)
        _remove_others(self._folder, head)
        self._head, self._view, self._new = head, view, []
        return view


def read(folder: Path, known: View) -> View | None:
    """The last commit, going on from what is known; `None` if that encoder has none, or it is damaged."""
    for begin in (known, *[View.empty(known.head.encoder, known.head.dimensions)] * 4):
        head = _read_head(folder, known.head)
        if head is None:
            return None
        if head == begin.head:
            return begin
        view = _read(folder, head, begin)
        if view is not None:
            return view
        # A writer has put another log in place since the look at the head, or it is damaged: look again.
    return None


def cut_off(folder: Path, view: View) -> bool:
    """Whether rows of the view are gone, or no longer all there, though its head is still the last one."""
    if not view.extents:
        return False
    try:
        size = view.head.rows_file(folder).stat().st_size
    except OSError:
        return _read_head(folder, view.head) in {None, view.head}  # else another log is in its place
    return size < len(view.extents) * EXTENT * view.head.dimensions


def _read_head(folder: Path, wanted: Head) -> Head | None:
    """The folder's head, if it is whole and of the wanted encoder and dimensions."""
    try:
        head = Head(**json.loads((folder / _HEAD).read_bytes()))
    except (FileNotFoundError, NotADirectoryError, TypeError, ValueError):
        return None
    numbers = (head.generation, head.slots, head.change, head.checksum)
    whole = all(type(number) is int and number >= 0 for number in numbers)
    named = (head.encoder, head.dimensions, head.format) == (wanted.encoder, wanted.dimensions, _FORMAT)
    return head if whole and named and head.generation else None


def _read(folder: Path, head: Head, begin: View) -> View | None:
    goes_on = begin.head.generation == head.generation and begin.head.slots <= head.slots
    known = begin if goes_on else View.empty(head.encoder, head.dimensions)
    try:
        with head.ids_file(folder).open("rb") as file:
            if os.fstat(file.fileno()).st_size < head.slots * _ENTRY.itemsize:
                return None
            file.seek(known.head.slots * _ENTRY.itemsize)
            new = np.fromfile(file, _ENTRY, head.slots - known.head.slots)
        if zlib.crc32(new.tobytes(), known.head.checksum) != head.checksum:
            return None
        return known.grown(folder, head, [new])
    except (FileNotFoundError, ValueError):  # the latter if the file is shorter than what is to be mapped
        return None


def _mapped(folder: Path, head: Head, known: View) -> tuple[Rows, ...]:
    """All rows, extent by extent; those that are mapped already are not mapped again."""
    needed = -(-head.slots // EXTENT)
    held = known.extents[:needed]
    if len(held) == needed:
        return held
    size = EXTENT * head.dimensions
    with head.rows_file(folder).open("rb") as file:
        new = [
            mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ, offset=number * size)
            for number in range(len(held), needed)
        ]
    return (*held, *(np.frombuffer(one, np.int8).reshape(EXTENT, head.dimensions) for one in new))


def _write_head(folder: Path, head: Head) -> None:
    draft = folder / f"{_HEAD}.new"
    with draft.open("wb") as file:
        file.write(json.dumps(asdict(head)).encode())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / _HEAD)
    if os.name == "posix":  # elsewhere a folder cannot be opened, and needs no such care
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _logs(folder: Path) -> Iterator[tuple[Path, int]]:
    """The files of logs, each with its generation."""
    for file in folder.glob("vectors-*.*"):
        generation = file.stem.partition("-")[2]
        if file.suffix in {".rows", ".ids"} and generation.isdecimal():
            yield file, int(generation)


def _unused(folder: Path) -> int:
    """A generation of which the folder holds nothing."""
    return 1 + max((generation for _, generation in _logs(folder)), default=0)


def _remove_others(folder: Path, head: Head) -> None:
    """Removes logs that the head does not name. Who has one mapped still reads it."""
    for file, generation in _logs(folder):
        if generation != head.generation:
            with contextlib.suppress(OSError):  # where a mapped file cannot go, a later commit removes it
                file.unlink()


def _opened(file: Path) -> FileIO:
    return FileIO(os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644), "r+")


def _write_at(file: FileIO, position: int, data: NDArray[Any]) -> None:
    left = memoryview(data.tobytes())
    file.seek(position)
    while left:
        left = left[file.write(left) or 0 :]


__all__ = ["EXTENT", "Head", "Live", "Log", "View", "cut_off", "read"]
