"""An import from a file to the store: batches, marks, what is gone on with, and files that are no use."""

import asyncio
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from bot.errors import InputError
from bot.importing.entries import Reason
from bot.importing.formats import Format
from bot.importing.reading import StoredFile, open_file
from bot.importing.run import Progress, already_whole, import_file
from bot.model import ImportBatch, ImportReport
from bot.ports import PaperStore

NOW = datetime(2025, 11, 20, 9, tzinfo=UTC)
LONG = 5 << 20  # bytes, more than a line may have


class StillClock:
    def now(self) -> datetime:
        return NOW

    async def sleep(self, duration: timedelta) -> None:
        raise AssertionError(f"an import waits for nothing, and not for {duration}")


@dataclass
class Kept:
    """The part of a store that an import asks for; it keeps what it is brought."""

    batches: list[ImportBatch] = field(default_factory=list)
    before: Callable[[ImportBatch], None] = lambda _: None

    async def bring(self, batch: ImportBatch, recorded_at: datetime) -> ImportReport:
        assert recorded_at == NOW
        self.before(batch)
        await asyncio.sleep(0)
        self.batches.append(batch)
        return ImportReport(len(batch.readings), 0, 0)

    async def import_mark(self, file: str) -> int:
        return max((one.mark for one in self.batches if one.file == file), default=0)

    @property
    def titles(self) -> list[str]:
        return [reading.title for batch in self.batches for reading in batch.readings]


def rows(*titles: str) -> bytes:
    return "".join(json.dumps({"title": title}) + "\n" for title in titles).encode()


def numbered(count: int) -> tuple[str, ...]:
    return tuple(f"Paper {number}" for number in range(count))


def ignore(_: object) -> None:
    """Whatever is told is of no interest."""


def bring(
    path: Path | str,
    kept: Kept,
    listen: Callable[[Progress], None] = ignore,
    *,
    stdin: bytes = b"",
    file_format: Format | None = None,
    again: bool = False,
) -> Progress:
    with open_file(str(path), lambda: io.BytesIO(stdin)) as file:
        return asyncio.run(
            import_file(
                file,
                cast("PaperStore", kept),
                StillClock(),
                listen,
                file_format=file_format,
                again=again,
                batch_papers=100,
            )
        )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "papers.jsonl"


def test_a_file_is_brought_in_batches_each_with_the_mark_of_its_last_line(file: Path) -> None:
    file.write_bytes(rows(*numbered(250)))
    kept = Kept()
    done = bring(file, kept)
    assert kept.titles == list(numbered(250))
    assert [batch.mark for batch in kept.batches] == [100, 200, 250]
    assert len({batch.file for batch in kept.batches}) == 1
    assert (done.papers, done.new, done.line, done.whole) == (250, 250, 250, True)
    assert done.position == done.size == file.stat().st_size


def test_the_same_content_is_not_read_twice_whatever_its_name(file: Path, tmp_path: Path) -> None:
    file.write_bytes(rows(*numbered(150)))
    kept = Kept()
    assert not already_whole(bring(file, kept))
    again = bring(file.rename(tmp_path / "other.jsonl"), kept)
    assert already_whole(again)
    assert (again.from_line, again.papers, len(kept.batches)) == (151, 0, 2)


def test_a_file_that_grew_is_another_one(file: Path) -> None:
    file.write_bytes(rows(*numbered(3)))
    kept = Kept()
    bring(file, kept)
    file.write_bytes(rows(*numbered(4)))
    assert (bring(file, kept)).papers == 4


def test_a_file_taken_for_another_format_before_is_read_from_its_beginning(file: Path) -> None:
    file.write_bytes(rows(*numbered(3)))
    kept = Kept()
    wrong = bring(file, kept, file_format=Format.ARXIV_SNAPSHOT)
    assert wrong.skipped[Reason.NO_ID].first == [1, 2, 3]
    assert (bring(file, kept)).papers == 3


def test_a_whole_file_is_read_again_when_told_to(file: Path) -> None:
    file.write_bytes(rows(*numbered(3)))
    kept = Kept()
    bring(file, kept)
    assert (bring(file, kept, again=True)).papers == 3


@pytest.mark.parametrize("packed", [False, True])
def test_an_import_that_failed_goes_on_behind_what_was_stored(file: Path, packed: bool) -> None:
    content = rows(*numbered(450))
    file.write_bytes(gzip.compress(content) if packed else content)

    def full(batch: ImportBatch) -> None:
        if batch.mark > 200:
            raise InputError("The disk is full.")

    kept = Kept(before=full)
    with pytest.raises(InputError, match="full"):
        bring(file, kept)
    assert len(kept.titles) == 200
    kept.before = ignore
    done = bring(file, kept)
    assert (done.from_line, done.papers) == (201, 250)
    assert kept.titles == list(numbered(450))


def test_an_import_that_is_cancelled_finishes_its_batch_and_can_be_gone_on_with(file: Path) -> None:
    file.write_bytes(rows(*numbered(450)))
    kept = Kept()

    def stop(_: Progress) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()

    with pytest.raises(asyncio.CancelledError):
        bring(file, kept, stop)
    stored = len(kept.titles)
    assert 100 <= stored < 450
    assert (bring(file, kept)).from_line == stored + 1
    assert kept.titles == list(numbered(450))


def test_garbled_lines_are_counted_with_their_reason_and_places(file: Path) -> None:
    garbled = [
        b"{nonsense\n",
        b'{"title": "\xff"}\n',
        b'{"abstract": "A"}\n',
        b'{"title": "' + b"x" * LONG + b'"}\n',
    ]
    file.write_bytes(rows("One") + b"".join(garbled) + b"{nonsense\n" * 12 + rows("Two"))
    done = bring(file, kept := Kept())
    assert kept.titles == ["One", "Two"]
    assert {reason: (lines.count, lines.first[:2]) for reason, lines in done.skipped.items()} == {
        Reason.NOT_JSON: (13, [2, 6]),
        Reason.NOT_UTF8: (1, [3]),
        Reason.NO_TITLE: (1, [4]),
        Reason.TOO_LONG: (1, [5]),
    }
    assert len(done.skipped[Reason.NOT_JSON].first) == 10
    assert kept.batches[-1].mark == 18


def test_lines_too_long_are_passed_over_whole_when_an_import_goes_on(file: Path) -> None:
    long_line = b'{"title": "' + b"x" * (2 * LONG) + b'"}\n'
    file.write_bytes(rows(*numbered(99)) + long_line + rows("A", "B"))

    def full(batch: ImportBatch) -> None:
        if batch.mark > 101:
            raise InputError("The disk is full.")

    kept = Kept(before=full)
    with pytest.raises(InputError):
        bring(file, kept)
    assert kept.titles[-1] == "A"
    kept.before = ignore
    bring(file, kept)
    assert kept.titles == [*numbered(99), "A", "B"]


def test_a_file_without_anything_of_use_is_still_not_read_twice(file: Path) -> None:
    file.write_bytes(b'{"title": ""}\n' * 3)
    kept = Kept()
    assert (bring(file, kept)).skipped[Reason.NO_TITLE].count == 3
    assert already_whole(bring(file, kept))


def test_a_byte_order_mark_and_windows_line_breaks_do_no_harm(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + rows("One", "Two").replace(b"\n", b"\r\n").rstrip())
    done = bring(file, kept := Kept())
    assert kept.titles == ["One", "Two"]
    assert not done.skipped


def test_standard_input_is_brought_too_and_never_marked(file: Path) -> None:
    kept = Kept()
    for content in (rows("One"), gzip.compress(rows("Two")), rows("One")):
        done = bring("-", kept, stdin=content)
        assert (done.from_line, done.size, done.papers) == (1, None, 1)
    assert [batch.mark for batch in kept.batches] == [0, 0, 0]
    with open_file("-", lambda: io.BytesIO(rows("One"))) as opened:
        assert not isinstance(opened, StoredFile)


def test_a_damaged_archive_gives_what_stands_before_the_damage(file: Path) -> None:
    packed = gzip.compress(rows(*(f"{number * 7919 % 10_007} {number**3}" for number in range(5_000))))
    file.write_bytes(packed[: len(packed) // 2])
    kept = Kept()
    with pytest.raises(InputError, match=r"cannot be read behind line [0-9,]+ \(it ends too early\)"):
        bring(file, kept)
    assert len(kept.titles) >= 1_000
    file.write_bytes(packed[:2000] + b"\x00" * 100 + packed[2100:])
    with pytest.raises(InputError, match="cannot be read behind line"):
        bring(file, kept)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04rest", "is a ZIP archive. Unpack it"),
        (b"BZh91AY", "is compressed with bzip2. Unpack it first."),
        (b"\xff\xfeG\x00e\x00", "is UTF-16. Save it as UTF-8."),
        (b"", "is empty."),
        (b"SQLite format 3\x00" + b"\x81" * 100, "is nothing that can be imported"),
    ],
)
def test_what_cannot_be_imported_is_told_in_a_sentence(file: Path, content: bytes, sentence: str) -> None:
    file.write_bytes(content)
    with pytest.raises(InputError) as told:
        bring(file, Kept())
    assert str(told.value).startswith(f"{file} {sentence}")


def test_a_file_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read \(No such file or directory\)\."):
        bring(tmp_path / "none", Kept())
    with pytest.raises(InputError, match=r"cannot be read \(Is a directory\)\."):
        bring(tmp_path, Kept())
