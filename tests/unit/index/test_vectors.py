"""Vectors in a folder: exact nearest papers, whole commits, and a fresh start after any damage."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.errors import IndexFolderError
from storage.index.cosines import Floats, Ids, best, dots, dots_of_numpy, to_bytes
from storage.index.vector_log import EXTENT
from storage.index.vectors import VectorFile

ENCODER = "model, version 1"
WIDTH = 16


def numbers(*ids: int) -> Ids:
    return np.array(ids, np.int64)


def some_vectors(count: int, seed: int = 0, width: int = WIDTH) -> Floats:
    return np.random.default_rng(seed).standard_normal((count, width), np.float32)


def one_at(place: int) -> Floats:
    """A vector along one axis."""
    vector = np.zeros(WIDTH, np.float32)
    vector[place] = 1
    return vector


def opened(folder: Path) -> VectorFile:
    return VectorFile.open(folder, ENCODER, WIDTH)


def filled(folder: Path, count: int, *, change: int = 1) -> Floats:
    """Papers 1 … count get vectors, which are returned."""
    vectors = some_vectors(count)
    with opened(folder) as file:
        file.put(np.arange(1, count + 1), vectors)
        file.commit(change)
    return vectors


def unit(vectors: Floats) -> NDArray[np.float64]:
    exact = vectors.astype(np.float64)
    lengths: NDArray[np.float64] = np.linalg.norm(exact, axis=1, keepdims=True)
    return exact / lengths


def ids_near(file: VectorFile, vector: Floats, limit: int = 10) -> list[int]:
    return list(file.near(vector, limit)[0])


# --- what is near --------------------------------------------------------------------------------


def test_the_nearest_papers_are_those_of_the_exact_cosine(tmp_path: Path) -> None:
    vectors = some_vectors(5_000, width=256)
    with VectorFile.open(tmp_path, ENCODER, 256) as file:
        file.put(np.arange(5_000), vectors)
        file.commit(1)
        for question in some_vectors(20, seed=1, width=256):
            cosines = unit(vectors) @ unit(question[np.newaxis])[0]
            found, scores = file.near(question * 7, 50)
            assert np.max(np.abs(scores - cosines[found])) < 0.005
            assert len(set(found.tolist()) & set(np.argsort(-cosines)[:50].tolist())) >= 46
            assert list(scores) == sorted(scores, reverse=True)


def test_equally_near_papers_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    with opened(tmp_path) as file:
        file.put(numbers(9, 4, 7, 1, 8), np.tile(one_at(0), (5, 1)))
        file.commit(1)
        assert ids_near(file, one_at(0), 3) == [1, 4, 7]


@pytest.mark.parametrize("part", [1, 40, 300])
def test_only_the_papers_asked_for_are_found(tmp_path: Path, part: int) -> None:
    vectors = filled(tmp_path, 1_000)
    file = opened(tmp_path)
    among = np.random.default_rng(2).permutation(np.arange(1, 2_000))[:part]
    for upto in (None, 500):
        allowed = {one for one in among.tolist() if one <= (upto or 1_000)}
        every, cosines = file.near(vectors[0], 1_000)
        expected = [
            (one, score) for one, score in zip(every.tolist(), cosines, strict=True) if one in allowed
        ]
        found, scores = file.near(vectors[0], 20, among=np.append(among, among), upto=upto)
        assert list(zip(found.tolist(), scores, strict=True)) == expected[:20]


def test_nothing_is_near_where_nothing_can_be(tmp_path: Path) -> None:
    assert ids_near(opened(tmp_path), one_at(0)) == []
    filled(tmp_path, 10)
    file = opened(tmp_path)
    assert ids_near(file, np.zeros(WIDTH, np.float32)) == []
    assert ids_near(file, one_at(0), 0) == []
    assert file.near(one_at(0), 5, among=numbers())[0].tolist() == []
    assert file.near(one_at(0), 5, upto=0)[0].tolist() == []
    assert len(ids_near(file, one_at(0), 99)) == 10


def test_a_vector_without_direction_is_none(tmp_path: Path) -> None:
    vectors = np.stack([one_at(0), 0 * one_at(0), one_at(1)])
    vectors[2, 5] = np.nan
    with opened(tmp_path) as file:
        file.put(numbers(1, 2, 3), vectors)
        file.commit(1)
        assert len(file) == 1
        file.put(numbers(1), np.full((1, WIDTH), np.inf, np.float32))
        file.commit(2)
        assert len(file) == 0
        assert ids_near(file, one_at(0)) == []


def test_vectors_come_back_with_length_one_and_as_zero_for_unknown_papers(tmp_path: Path) -> None:
    vectors = filled(tmp_path, 50)
    held = opened(tmp_path).vectors(numbers(30, 99, 2, 30))
    assert np.allclose(held[[0, 2, 3]], unit(vectors)[[29, 1, 29]], atol=0.01)
    assert np.allclose(np.linalg.norm(held, axis=1), [1, 0, 1, 1], atol=1e-6)


def test_vectors_of_another_shape_are_a_mistake(tmp_path: Path) -> None:
    with opened(tmp_path) as file, pytest.raises(ValueError, match="shape"):
        file.put(numbers(1, 2), some_vectors(3))


# --- comparing -----------------------------------------------------------------------------------


@given(st.integers(1, 1_040), st.integers(0, 300), st.integers(0, 2**32))
def test_every_way_of_comparing_gives_the_exact_sum(width: int, count: int, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(-127, 128, (count + 1, width), np.int8)
    exact = rows[1:].astype(np.int64) @ rows[0].astype(np.int64)
    assert dots_of_numpy(rows[1:], rows[0]).tolist() == exact.tolist()
    assert dots(rows[1:], rows[0]).tolist() == exact.tolist()


def test_comparing_uses_up_no_none() -> None:
    """A compiled library may return it without counting it; at zero the process is gone."""
    rows = some_vectors(3).astype(np.int8)
    before = sys.getrefcount(None)
    for _ in range(5_000):
        dots(rows, rows[0])
    assert sys.getrefcount(None) > before - 1_000


@given(st.lists(st.integers(-3, 3)), st.integers(1, 20))
def test_the_best_are_the_first_of_all_in_order(scores: list[int], limit: int) -> None:
    ids = np.random.default_rng(len(scores)).permutation(len(scores))
    found, values = best(ids, np.array(scores, np.float32), limit)
    expected = sorted(zip(scores, ids.tolist(), strict=True), key=lambda one: (-one[0], one[1]))[:limit]
    assert list(zip(values.tolist(), found.tolist(), strict=True)) == expected


def test_bytes_keep_a_vector_s_direction() -> None:
    vectors = some_vectors(1_000, width=256)
    rows, weights = to_bytes(vectors * 1e-20)
    assert np.min(np.einsum("ij,ij->i", rows * weights[:, np.newaxis], unit(vectors))) > 0.9999


# --- commits -------------------------------------------------------------------------------------

Step = tuple[str, list[tuple[int, int]]]
steps = st.lists(
    st.tuples(
        st.sampled_from(["put", "remove", "commit", "refresh", "forget"]),
        st.lists(st.tuples(st.integers(0, 12), st.integers(-1, WIDTH - 1)), max_size=6),
    ),
    max_size=20,
)


@settings(max_examples=200)
@given(steps)
def test_a_file_holds_what_was_committed_last(done: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file, reader = opened(folder), opened(folder)
        written: dict[int, int] = {}
        committed: dict[int, int] = {}
        change = 0
        for step, papers in done:
            ids = np.array([paper for paper, _ in papers], np.int64)
            if step == "put":
                zero = np.zeros(WIDTH, np.float32)
                rows = [zero if place < 0 else one_at(place) for _, place in papers]
                file.put(ids, np.reshape(rows, (len(rows), WIDTH)).astype(np.float32))
                written |= dict(papers)
                written = {paper: place for paper, place in written.items() if place >= 0}
            elif step == "remove":
                file.remove(ids)
                written = {paper: place for paper, place in written.items() if paper not in ids.tolist()}
            elif step == "commit":
                change += 1
                file.commit(change)
                committed = dict(written)
            elif step == "refresh":
                file.refresh()  # what is not committed is not lost
            else:
                file.close()
                file, written = opened(folder), dict(committed)
            reader.refresh()
            for one in (file, reader):
                assert (one.change, len(one)) == (change, len(committed))
                held = one.vectors(np.arange(13))
                assert {n: int(np.argmax(row)) for n, row in enumerate(held) if row.any()} == committed
                nearest = one.near(one_at(3), 13)[0].tolist()
                first = sorted(paper for paper, place in committed.items() if place == 3)
                rest = sorted(paper for paper, place in committed.items() if place != 3)
                assert nearest == first + rest
        file.close()


def test_what_is_not_committed_is_seen_by_nobody(tmp_path: Path) -> None:
    with opened(tmp_path) as file:
        file.put(numbers(1), one_at(0)[np.newaxis])
        assert len(file) == len(opened(tmp_path)) == 0
        file.commit(7)
        assert (len(file), file.change) == (1, 7)
        reader = opened(tmp_path)
        file.remove(numbers(1))
        file.put(numbers(2), one_at(1)[np.newaxis])
        file.commit(8)
        assert ids_near(reader, one_at(0)) == [1]
        reader.refresh()
        assert (ids_near(reader, one_at(0)), reader.change) == ([2], 8)


def test_a_commit_without_vectors_moves_the_cursor(tmp_path: Path) -> None:
    with opened(tmp_path) as file:
        file.commit(5)
    assert (opened(tmp_path).change, len(opened(tmp_path))) == (5, 0)


def test_slots_that_no_longer_count_are_given_back_while_readers_go_on(tmp_path: Path) -> None:
    ids = np.arange(EXTENT + 1)
    with VectorFile.open(tmp_path, ENCODER, 4) as file:
        file.put(ids, some_vectors(len(ids), width=4))
        file.commit(1)
        reader = VectorFile.open(tmp_path, ENCODER, 4)
        nearest = reader.near(one_at(0)[:4], 5)
        sizes = []
        for change in (2, 3):
            file.put(ids[::-1], some_vectors(len(ids), seed=change, width=4)[::-1])
            file.commit(change)
            sizes.append(file.bytes)
        assert sizes[1] < sizes[0]
        assert [got.tolist() for got in reader.near(one_at(0)[:4], 5)] == [got.tolist() for got in nearest]
        reader.refresh()
        assert reader.change == 3
        assert np.allclose(reader.vectors(ids), unit(some_vectors(len(ids), seed=3, width=4)), atol=0.02)
        assert len({one.stem for one in tmp_path.iterdir() if one.suffix in {".ids", ".rows"}}) == 1


def test_a_reader_sees_whole_commits_while_another_thread_writes(tmp_path: Path) -> None:
    commits = 60
    reader = opened(tmp_path)
    wrong: list[str] = []

    def read() -> None:
        seen = 0
        while seen < commits:
            reader.refresh()
            found, cosines = reader.near(one_at(reader.change % WIDTH), 100)
            if reader.change < seen or (reader.change and (len(found) != 10 or cosines.min() < 0.99)):
                wrong.append(f"{len(found)} papers at {reader.change} after {seen}")
            seen = reader.change

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    with opened(tmp_path) as file:
        for change in range(1, commits + 1):
            file.put(np.arange(10), np.tile(one_at(change % WIDTH), (10, 1)))
            file.commit(change)
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert wrong == []


WRITER = f"""
import sys
from pathlib import Path
import numpy as np
from storage.index.vectors import VectorFile
file = VectorFile.open(Path(sys.argv[1]), {ENCODER!r}, {WIDTH})
ids = np.arange(500)
for change in range(file.change + 1, 10_000):
    file.put(ids, np.tile(np.eye({WIDTH}, dtype=np.float32)[change % {WIDTH}], (len(ids), 1)))
    file.remove(ids[: change % 7])
    file.commit(change)
    print(change, flush=True)
"""


def test_a_killed_writer_leaves_its_last_commit(tmp_path: Path) -> None:
    changes = [0]
    for round_ in range(6):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for _ in range(1 + 5 * round_):
                told = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
        file = opened(tmp_path)
        assert file.change >= told
        assert len(file) == 500 - file.change % 7
        assert np.allclose(file.vectors(np.arange(10, 500)), one_at(file.change % WIDTH))
        changes.append(file.change)
    assert all(before < after for before, after in pairwise(changes))


# --- another encoder, damage, failure ------------------------------------------------------------


@pytest.mark.parametrize(("encoder", "width"), [("model, version 2", WIDTH), (ENCODER, 8)])
def test_another_encoder_starts_empty_and_takes_the_place(tmp_path: Path, encoder: str, width: int) -> None:
    filled(tmp_path, 100)
    with VectorFile.open(tmp_path, encoder, width) as file:
        assert (len(file), file.change) == (0, 0)
        assert len(opened(tmp_path)) == 100, "opening changes nothing"
        file.put(numbers(5), some_vectors(1, width=width))
        file.commit(3)
    assert len(VectorFile.open(tmp_path, encoder, width)) == 1
    assert len(opened(tmp_path)) == 0
    assert len(list(tmp_path.iterdir())) == 3


def cut(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (file,) = folder.glob(name)
        os.truncate(file, file.stat().st_size // 2 // 4096 * 4096)

    return damage


def flip(folder: Path) -> None:
    (file,) = folder.glob("*.ids")
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)


def replace_head(folder: Path) -> None:
    (folder / "vectors.json").write_text("[1]")


def head(**changed: object) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        file = folder / "vectors.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | changed))

    return damage


DAMAGES: dict[str, Callable[[Path], None]] = {
    "rows cut off": cut("*.rows"),
    "ids cut off": cut("*.ids"),
    "a bit of the ids": flip,
    "no rows": lambda folder: next(folder.glob("*.rows")).unlink(),
    "no ids": lambda folder: next(folder.glob("*.ids")).unlink(),
    "no head": lambda folder: (folder / "vectors.json").unlink(),
    "half a head": cut("vectors.json"),
    "a head of something else": replace_head,
    "too many slots": head(slots=10**15),
    "a wrong count": head(slots=-1),
    "a later format": head(format=2),
    "a format with more": head(compressed=True),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_after_damage_it_starts_empty_and_works_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    filled(tmp_path, 2_000)
    damage(tmp_path)
    assert (len(opened(tmp_path)), opened(tmp_path).change) == (0, 0)
    filled(tmp_path, 30, change=4)
    assert (len(opened(tmp_path)), opened(tmp_path).change) == (30, 4)


def test_a_reader_follows_a_folder_that_was_emptied_and_filled_again(tmp_path: Path) -> None:
    filled(tmp_path, 100)
    reader = opened(tmp_path)
    for file in tmp_path.iterdir():
        file.unlink()
    with opened(tmp_path) as fresh:
        fresh.put(np.arange(1_000, 1_200), some_vectors(200, seed=5))
        fresh.commit(9)
    assert len(reader) == 100
    reader.refresh()
    assert (len(reader), reader.change) == (200, 9)
    assert min(ids_near(reader, one_at(0))) >= 1_000


def test_a_folder_that_cannot_be_one_is_said_in_a_sentence(tmp_path: Path) -> None:
    file_there = tmp_path / "file"
    file_there.write_text("not a folder")
    with opened(file_there) as file, pytest.raises(IndexFolderError, match="cannot be used"):
        file.put(numbers(1), some_vectors(1))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_and_loses_only_what_was_not_committed(tmp_path: Path) -> None:
    filled(tmp_path, 20)
    with opened(tmp_path) as file:
        (rows,) = tmp_path.glob("*.rows")
        rows.rename(tmp_path / "kept")
        rows.symlink_to("/dev/full")
        with pytest.raises(IndexFolderError, match="is full"):
            file.put(numbers(50), some_vectors(1))
        (tmp_path / "kept").rename(rows)
        assert (len(file), file.change) == (20, 1)
        file.put(numbers(51), some_vectors(1))
        file.commit(2)
    assert len(opened(tmp_path)) == 21
