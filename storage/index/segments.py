"""The files of the engine's index: which of them belong to a commit, and whether they are whole.

    meta.json          the commit: its segments, and how many of each one's papers are deleted
    <segment>.<part>   a part of a segment, never changed once it is written
    <segment>.<n>.del  which papers of a segment are deleted; another file for each commit that deletes

Each file but the first ends with a footer, as tantivy's `directory/footer.rs` writes it: JSON, which has the
CRC-32 of all before it, the JSON's length, and a number that is always the same. Blocking, for threads.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

Sizes: TypeAlias = Mapping[str, int]
"""The files of one commit, by their paths, each with its size in bytes."""

_PARTS: Final = ("term", "idx", "pos", "fast", "fieldnorm", "store")
_END: Final = struct.Struct("<II")  # the length of the footer's JSON, and the number
_NUMBER: Final = 1337
_LONGEST: Final = 50_000  # bytes of a footer's JSON, of which there are about 100
_CHUNK: Final = 1 << 20  # bytes read at once


def sizes_of(folder: Path) -> Sizes:
    """The files of the last commit. Raises `OSError` or `ValueError` where they cannot be told."""
    return {path: _size(path) for path in _files(folder)}


def resized(sizes: Sizes) -> bool:
    """Whether a file is gone, or has another size than it had; some µs a file."""
    try:
        return any(_size(path) != size for path, size in sizes.items())
    except OSError:
        return True


def spoilt(folder: Path) -> list[str]:
    """The names of the last commit's files whose contents are not what was written, or that are gone.

    Raises `OSError` or `ValueError` where they cannot be told.
    """
    return [Path(path).name for path in _files(folder) if not _whole(path)]


def _files(folder: Path) -> Iterator[str]:
    meta = json.loads((folder / "meta.json").read_bytes())
    try:
        for segment in meta["segments"]:
            stem = os.path.join(folder, segment["segment_id"].replace("-", ""))  # noqa: PTH118 - for speed
            yield from (f"{stem}.{part}" for part in _PARTS)
            if segment["deletes"] is not None:
                yield f"{stem}.{segment['deletes']['opstamp']}.del"
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("its list of segments is none") from error


def _size(path: str) -> int:
    return os.stat(path).st_size  # noqa: PTH116 - before each search, for many files


def _whole(path: str) -> bool:
    """Whether what stands before the footer has the checksum that stands in it."""
    try:
        with Path(path).open("rb") as file:
            end = file.seek(-_END.size, os.SEEK_END)
            length, number = _END.unpack(file.read())
            if number != _NUMBER or length > min(end, _LONGEST):
                return False
            left = file.seek(end - length)
            told = json.loads(file.read(length))["crc"]
            file.seek(0)
            checksum = 0
            while left and (chunk := file.read(min(left, _CHUNK))):
                checksum = zlib.crc32(chunk, checksum)
                left -= len(chunk)
    except (OSError, ValueError, KeyError, TypeError):  # OSError also where it is shorter than a footer
        return False
    return not left and bool(checksum == told)


__all__ = ["Sizes", "resized", "sizes_of", "spoilt"]
