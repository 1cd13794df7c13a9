"""Vectors of papers in a folder, compared one by one with a question's: exact, and fast enough for millions.

A million papers of 256 dimensions take 268 MB, mapped and not copied.
"""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from bot.errors import IndexFolderError
from storage.index.cosines import Floats, Ids, best, dots, to_bytes
from storage.index.vector_log import EXTENT, Log, View, cut_off, read

_FEW: Final = (
    16  # below this part of all slots, fetching some rows is faster than comparing all in their order
)
_UNEVEN: Final = 1e-4  # by how much rounding may keep the length of a sound vector from 1


class VectorFile:
    """The vectors of papers under one encoder, in a folder that may hold other things.

    One object may `put`, `remove` and `commit`, from one thread at a time, while no other object on the
    folder does; any number of objects in any processes read. `near` and `vectors` may be called from any
    thread at any time, and show the last commit that this object made or was refreshed to.

    Raises `IndexFolderError` where the folder has no room, or cannot be read or written. What was put and
    removed since the last commit is lost then: begin again from `change`.
    """

    def __init__(self, folder: Path, view: View) -> None:
        """Use `open`."""
        self._folder = folder
        self._view = view
        self._log: Log | None = None  # while something is written
        self._crowded = 0  # with more slots than this, too many may be of vectors that no longer count

    @classmethod
    def open(cls, folder: Path, encoder: str, dimensions: int) -> Self:
        """Reads the last commit; writes nothing.

        Vectors of another encoder, of other dimensions or of damaged files are not seen, and go with
        the first commit: it is as if there were none.
        """
        opened = cls(folder, View.empty(encoder, dimensions))
        opened.refresh()
        return opened

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the files, and of what was not committed. Reading goes on; writing may begin again."""
        if self._log is not None:
            self._log.close()
            self._log = None

    @property
    def change(self) -> int:
        """Where the store's change cursor stood at the last commit; 0 if there is none."""
        return self._view.head.change

    def __len__(self) -> int:
        """How many papers have a vector."""
        return len(self._view.live.ids)

    @property
    def bytes(self) -> int:
        """How much the last commit holds on the disk."""
        return self._view.head.bytes

    def put(self, ids: Ids, vectors: Floats) -> None:
        """Gives papers (n,) these vectors (n, dimensions), of any length, in place of those they had.

        A paper whose vector is zero, or holds a nan or an infinity, has none from then on. Of a paper that
        is named twice the last vector counts.
        """
        if vectors.shape != (len(ids), self._view.head.dimensions):
            raise ValueError(f"{len(ids)} papers cannot have vectors of the shape {vectors.shape}")
        rows, weights = to_bytes(vectors)
        if not np.all(weights > 0):
            told = (weights > 0) | self._held(ids) | np.isin(ids, ids[weights > 0])
            ids, weights, rows = ids[told], weights[told], rows[told]
        if len(ids):
            with self._writing() as log:
                log.append(ids, weights, rows)

    def remove(self, ids: Ids) -> None:
        """Takes the vectors of these papers (n,) away; those without one are passed over."""
        gone = ids[self._held(ids)] if len(ids) else ids
        if len(gone):
            rows = np.zeros((len(gone), self._view.head.dimensions), np.int8)
            with self._writing() as log:
                log.append(gone, np.zeros(len(gone), np.float32), rows)

    def commit(self, change: int) -> None:
        """Makes all that was put and removed durable, and seen, together with the store's cursor.

        Whatever happens before this returns, the folder holds this commit or the one before.
        """
        with self._writing() as log:
            self._view = log.commit(change)
        if self._view.head.slots > self._crowded:
            if self._view.head.slots > 2 * len(self) + EXTENT:
                self._write_anew()
            self._crowded = 2 * len(self) + EXTENT

    def _held(self, ids: Ids) -> NDArray[np.bool_]:
        """Which papers (n,) may have a vector, counting what is not committed."""
        held = self._view.live.places(ids) >= 0
        return held if self._log is None else held | self._log.appended(ids)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Log]:
        try:
            with _told_as(self._folder):
                self._log = self._log or Log(self._folder, self._view)
                yield self._log
        except IndexFolderError:
            self.close()
            raise

    def _write_anew(self) -> None:
        """Commits the same again as a log without the slots that no longer count."""
        view, live = self._view, self._view.live
        self.close()
        with _told_as(self._folder):
            log = Log(self._folder, View.empty(view.head.encoder, view.head.dimensions))
            with contextlib.closing(log):
                for begin in range(0, len(live.ids), EXTENT):
                    some = slice(begin, begin + EXTENT)
                    slots = live.slots(np.arange(*some.indices(len(live.ids))))
                    log.append(live.ids[some], live.weights[some], view.rows(slots))
                self._view = log.commit(view.head.change)

    def refresh(self) -> None:
        """Goes on to the last commit, whoever made it."""
        with _told_as(self._folder):
            found = read(self._folder, self._view)
        self._view = found or View.empty(self._view.head.encoder, self._view.head.dimensions)

    def cut_off(self) -> bool:
        """Whether rows of the last commit are gone, or fewer than are mapped."""
        return cut_off(self._folder, self._view)

    def spoilt(self) -> int:
        """How many papers' vectors are not what was written: their weight makes no length of 1 of them."""
        view, live = self._view, self._view.live
        count = 0
        for begin in range(0, len(live.ids), EXTENT):
            some = slice(begin, begin + EXTENT)
            rows = view.rows(live.slots(np.arange(*some.indices(len(live.ids))))).astype(np.float32)
            lengths = np.linalg.norm(rows, axis=1) * live.weights[some]
            count += int(np.count_nonzero(np.abs(lengths - 1) > _UNEVEN))
        return count

    def near(
        self, vector: Floats, limit: int, *, among: Ids | None = None, upto: int | None = None
    ) -> tuple[Ids, Floats]:
        """The papers whose vectors have the greatest cosine with this one (dimensions,), of any length.

        The best first, of equal ones the smaller number first; at most `limit` of them, only papers in
        `among` (in any order) and whose number is at most `upto`. Returns the numbers and the cosines.
        """
        view, live = self._view, self._view.live
        (question,), (weight,) = to_bytes(vector[np.newaxis])
        end = len(live.ids) if upto is None else int(np.searchsorted(live.ids, upto, "right"))
        places = None if among is None else live.among(among)
        if places is not None:
            places = places[: np.searchsorted(places, end)]
        if limit <= 0 or not weight or not (end if places is None else len(places)):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if places is None and live.in_order:
            # Stretch by stretch: what a thread allocates for a million papers at once it keeps, as a rule.
            bests = []
            for begin, found in view.dots(question):
                some = slice(begin, min(begin + len(found), end))
                bests.append(best(live.ids[some], found[: end - begin] * live.weights[some] * weight, limit))
                if some.stop == end:
                    break
            ids, scores = map(np.concatenate, zip(*bests, strict=True))
            return best(ids, scores, limit)
        wanted = slice(end) if places is None else places
        if places is not None and len(places) * _FEW < view.head.slots:
            found = dots(view.rows(live.slots(places)), question)
        else:
            found = live.of_slots(np.concatenate([found for _, found in view.dots(question)]), wanted)
        return best(live.ids[wanted], found * live.weights[wanted] * weight, limit)

    def vectors(self, ids: Ids) -> Floats:
        """The vectors of papers (n,) as they are held → (n, dimensions), of length 1, or 0 without one."""
        view, live = self._view, self._view.live
        places = live.places(ids)
        known = places[places >= 0]
        found = np.zeros((len(ids), view.head.dimensions), np.float32)
        found[places >= 0] = view.rows(live.slots(known)) * live.weights[known, np.newaxis]
        return found


@contextlib.contextmanager
def _told_as(folder: Path) -> Iterator[None]:
    """Says what people can do about a folder that fails."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            message = f"The disk that holds the search index {folder} is full. Free some space."
        else:
            message = (
                f"The search index {folder} cannot be used ({error.strerror or error}). Give this user write "
                "access to the folder, or move it away: it is made again from the papers."
            )
        raise IndexFolderError(message) from error


__all__ = ["VectorFile"]
