"""The formats that can be imported, and how a file's first lines tell which it has. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final

from bot.errors import InputError
from bot.importing import arxiv_snapshot, huggingface_page, json_lines
from bot.importing.entries import Entry, Line, json_object

HEAD_LINES: Final = 100  # a file shows in its first lines what it is


class Format(StrEnum):
    """A format of files; the value is what a person types and `--json` prints."""

    ARXIV_SNAPSHOT = "arxiv-snapshot"
    JSON_LINES = "jsonl"
    HUGGING_FACE_PAGE = "hf-page"

    @property
    def label(self) -> str:
        """The format in words, to begin a sentence with."""
        return _LABELS[self]


_LABELS: Final = {
    Format.ARXIV_SNAPSHOT: "arXiv's snapshot",
    Format.JSON_LINES: "JSON Lines",
    Format.HUGGING_FACE_PAGE: "A Hugging Face search page",
}

_ENTRIES: Final[dict[Format, Callable[[Iterable[Line]], Iterator[Entry]]]] = {
    Format.ARXIV_SNAPSHOT: arxiv_snapshot.entries,
    Format.JSON_LINES: json_lines.entries,
    Format.HUGGING_FACE_PAGE: huggingface_page.entries,
}

# Of these every line says what it says whatever stands around it.
LINE_BY_LINE: Final = frozenset({Format.ARXIV_SNAPSHOT, Format.JSON_LINES})


def entries(file_format: Format, lines: Iterable[Line]) -> Iterator[Entry]:
    """What the lines of a file of this format came to."""
    return _ENTRIES[file_format](lines)


def recognise(head: Sequence[Line], name: str) -> Format:
    """The format of the file `name` that begins with these lines. Raises `InputError` if it is none."""
    for line in head:
        if huggingface_page.BANNER in line.text:
            return Format.HUGGING_FACE_PAGE
        row = json_object(line.text) if line.text.lstrip().startswith("{") else None
        if row is not None and arxiv_snapshot.is_snapshot(row):
            return Format.ARXIV_SNAPSHOT
        if row is not None and "title" in row:
            return Format.JSON_LINES
    first = next((line.text.strip() for line in head if line.text.strip()), "")
    if first.startswith("["):
        raise InputError(
            f"{name} is one JSON array. Write one object a line, as `jq -c '.[]'` does, and import that."
        )
    if not first and all(line.fault is None for line in head):
        raise InputError(f"{name} is empty.")
    raise InputError(
        f"{name} is nothing that can be imported: neither JSON Lines (objects with a `title`, one a line), "
        "nor arXiv's snapshot, nor a saved search page of Hugging Face Papers. If it is one, name it with "
        f"--format {'|'.join(Format)}."
    )
