"""The index's folder: which generation of it is in use, how a new one takes its place, who may write.

    current                    says which generation is in use, and of which version of the schema it is
    generation-k3v_0x9q/words  the tantivy index
    generation-k3v_0x9q/…      the vector file
    lock                       held by the one process that writes

A generation is a folder of its own, so that a new one can be made while the old one answers; the file
`current` is replaced at once, never changed. No two generations have one name, even where the folder was
deleted between them: a process knows by the name what it has open. Nothing else in the folder is ever
touched. Blocking, for threads.
"""

import json
import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from bot.errors import IndexFolderError
from storage.index.lock import FolderLock
from storage.index.schema import VERSION

_NAME: Final = "generation-"
_GENERATION: Final = re.compile(_NAME + r"(?:\d+|[a-z0-9_]{8})")  # numbers are of earlier versions
_ROOM: Final = 1 << 20  # bytes; with less left on the disk, any failure to write is taken for a full one


class Generations:
    """The generations in one folder. Raises `IndexFolderError` where the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self._current: Final = folder / "current"
        self._lock: Final = FolderLock(folder / "lock")
        self._make_folder()

    @property
    def writing(self) -> bool:
        """Whether this process is the one that writes the folder."""
        return self._lock.held

    def may_write(self) -> bool:
        """Whether this process is the one that writes the folder; it becomes so as soon as no other is."""
        if self._lock.held:
            return True
        self._make_folder()
        try:
            return self._lock.take()
        except OSError as error:
            raise self.unusable(error) from error

    def close(self) -> None:
        self._lock.give_back()

    def current(self) -> tuple[Path | None, str]:
        """The generation in use; or `None`, and why there is none, in words that follow "it"."""
        try:
            said = json.loads(self._current.read_text(encoding="utf-8"))
            name, version = str(said["generation"]), said["version"]
        except FileNotFoundError:
            return None, "does not exist yet"
        except (OSError, ValueError, KeyError, TypeError):
            return None, "cannot be read"
        if version != VERSION:
            return None, "was made by another version of Paperboy"
        if not _GENERATION.fullmatch(name) or not (self.folder / name).is_dir():
            return None, "is not all there"
        return self.folder / name, ""

    def fresh(self) -> Path:
        """A new, empty generation, not in use yet."""
        self._make_folder()
        try:
            return Path(tempfile.mkdtemp(prefix=_NAME, dir=self.folder))
        except OSError as error:
            raise self.unusable(error) from error

    def use(self, generation: Path) -> None:
        """Puts the generation in use, durably and at once, and removes all others."""
        said = json.dumps({"generation": generation.name, "version": VERSION})
        draft = self.folder / "current.new"
        try:
            with draft.open("w", encoding="utf-8") as file:
                file.write(said)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._current)
        except OSError as error:
            raise self.unusable(error) from error
        self.tidy(generation)

    def tidy(self, kept: Path) -> None:
        """Removes every other generation: replaced ones, and those that were never finished."""
        for path in self._all():
            if path != kept:
                shutil.rmtree(path, ignore_errors=True)

    def bytes(self) -> int:
        """How much the folder takes on the disk."""
        total = 0
        for parent, _, files in os.walk(self.folder):
            for file in files:
                with suppress(OSError):  # a segment that has just been put together with others
                    total += Path(parent, file).stat().st_size
        return total

    def unusable(self, error: Exception) -> IndexFolderError:
        """The sentence for a folder that cannot be written."""
        return IndexFolderError(
            f"The search index in {self.folder} cannot be used ({error}). Give this user write access to "
            "that folder, or point PAPERBOY_HOME elsewhere."
        )

    def trouble(self) -> IndexFolderError | None:
        """What is wrong with the folder itself, where something in it could not be written."""
        self._make_folder()
        try:
            if shutil.disk_usage(self.folder).free < _ROOM:
                return IndexFolderError(
                    f"The disk that holds {self.folder} is full. Free some space: "
                    "the search index then goes on by itself."
                )
            probe = self.folder / "probe"
            probe.write_bytes(b"0" * 4096)
            probe.unlink()
        except OSError as error:
            return self.unusable(error)
        return None

    def _make_folder(self) -> None:
        """Makes the folder where it is not, or no longer, there."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self.unusable(error) from error

    def _all(self) -> list[Path]:
        try:
            return [path for path in self.folder.iterdir() if _GENERATION.fullmatch(path.name)]
        except OSError as error:
            raise self.unusable(error) from error


__all__ = ["Generations"]
