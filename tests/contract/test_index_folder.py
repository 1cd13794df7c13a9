"""The index's folder: whatever lies there, the index puts it right by itself, and a kill costs nothing."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from bot.errors import ConflictError, IndexFolderError
from bot.model import Changes
from bot.ports import Store
from bot.search.following import Follower
from bot.search.ports import IndexState, Limits, SearchIndex
from bot.search.query import EVERYTHING, parse
from storage.index.index import FolderIndex, open_index
from storage.index.schema import VERSION
from storage.sqlite.store import open_sqlite
from tests.clocks import StillClock
from tests.contract.encoders import HashedWords
from tests.contract.readings import arxiv, at, batch, described, doi, lookup, poll, reading, take

LIMITS = Limits(at(0), 10)
ROOT = Path(__file__).resolve().parents[2]

OpenIndex = Callable[[], AbstractAsyncContextManager[FolderIndex]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def opened(store: Store, folder: Path) -> OpenIndex:
    """Opens the index of this test's store; each call is another process's view of the same folder."""
    return lambda: open_index(folder, store.papers, HashedWords())


@pytest.fixture
async def filled(store: Store, opened: OpenIndex) -> None:
    """An index of three papers, closed again."""
    await take(store.papers, poll(0, *(reading(arxiv(n), title=f"Waves {n}") for n in range(1, 4))))
    async with opened() as index:
        await index.catch_up()


async def waves(index: SearchIndex) -> int:
    """How many of the papers that are all on waves are found by words; by meaning it must be as many."""
    found = await index.matching(parse("waves"), LIMITS)
    assert len((await index.near("waves", EVERYTHING, LIMITS)).hits) == found.total
    return found.total


def generations(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def words_of(folder: Path) -> Path:
    (generation,) = generations(folder)
    return folder / generation / "words"


async def test_an_index_is_as_it_was_after_a_restart(filled: None, opened: OpenIndex) -> None:
    with capture_logs() as logs:
        async with opened() as index:
            assert await waves(index) == 3
            before = await index.state()
            assert await index.catch_up() == replace(before, following=True)
            assert await waves(index) == 3
    assert logs == []


async def test_a_new_paper_is_found_by_one_catching_up(filled: None, store: Store, opened: OpenIndex) -> None:
    async with opened() as index:
        await take(store.papers, poll(1, reading(arxiv(4), title="Waves 4")))
        assert await waves(index) == 3
        assert (await index.state()).behind > 0
        assert (await index.catch_up()).behind == 0
        assert await waves(index) == 4


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garble(path: Path) -> None:
    path.write_bytes(b"\x00garbled\xff" * 50)


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def say(folder: Path, said: object) -> None:
    """Writes another answer to which generation is in use."""
    (folder / "current").write_text(json.dumps(said))


def each(change: Callable[[Path], None]) -> Callable[[Path], None]:
    """The same change to every file of words."""

    def damage(folder: Path) -> None:
        for path in segments(folder):
            change(path)

    return damage


DAMAGES: dict[str, Callable[[Path], None]] = {
    "the folder is gone": shutil.rmtree,
    "the folder is empty": empty,
    "the generation is gone": lambda folder: shutil.rmtree(words_of(folder).parent),
    "the words are gone": lambda folder: shutil.rmtree(words_of(folder)),
    "it is not said which generation is in use": lambda folder: (folder / "current").unlink(),
    "what is said of it is cut": lambda folder: cut(folder / "current"),
    "what is said of it is no text": lambda folder: garble(folder / "current"),
    "what is said of it is a list": lambda folder: say(folder, []),
    "it leads out of the folder": lambda folder: say(folder, {"generation": "../index", "version": VERSION}),
    "it is of an older version": lambda folder: say(
        folder, {"generation": words_of(folder).parent.name, "version": VERSION - 1}
    ),
    "the engine's own list is cut": lambda folder: cut(words_of(folder) / "meta.json"),
    "the engine's own list is garbled": lambda folder: garble(words_of(folder) / "meta.json"),
    "the engine's own list is gone": lambda folder: (words_of(folder) / "meta.json").unlink(),
    "all files of words are cut": each(cut),
    "all files of words are garbled": each(garble),
    "all files of words are gone": each(Path.unlink),
}


def segments(folder: Path) -> list[Path]:
    found = [path for path in words_of(folder).iterdir() if path.suffix in {".idx", ".term", ".fast", ".pos"}]
    assert found
    return found


@pytest.mark.parametrize("damage", sorted(DAMAGES))
async def test_whatever_is_damaged_is_made_anew(
    damage: str, filled: None, folder: Path, opened: OpenIndex
) -> None:
    DAMAGES[damage](folder)
    async with opened() as index:
        await index.matching(parse("waves"), LIMITS)  # nothing, or all that is there; never an error
        with capture_logs() as logs:
            state = await index.catch_up()
        assert (state.papers, state.vectors, state.behind) == (3, 3, 0)
        assert await waves(index) == 3
        assert await index.check() == []
        assert [log["event"] for log in logs] == ["The search index is made anew."]
        assert logs[0]["reason"].startswith("it ")
    assert len(generations(folder)) == 1


async def test_damage_is_put_right_even_while_the_index_is_open(
    filled: None, store: Store, folder: Path, opened: OpenIndex
) -> None:
    async with opened() as index:
        assert await waves(index) == 3
        garble(words_of(folder) / "meta.json")
        await index.matching(parse("waves"), LIMITS)
        await take(store.papers, poll(1, reading(arxiv(4), title="Waves 4")))
        await index.catch_up()
        assert await waves(index) == 4


def cut_vectors(folder: Path) -> None:
    (rows,) = (words_of(folder).parent / "vectors").glob("*.rows")
    cut(rows)


def without(name: str) -> Callable[[Path], None]:
    """Removes the files of a generation that are called so."""

    def damage(folder: Path) -> None:
        for path in words_of(folder).parent.rglob(name):
            path.unlink()

    return damage


SEEN_AT_ONCE = {
    **{name: damage for name, damage in DAMAGES.items() if "garbled" not in name or "list" in name},
    "one file of words is cut": lambda folder: cut(segments(folder)[0]),
    "the vectors are cut": cut_vectors,
    "the vectors are gone": without("*.rows"),
}
"""What a look at the sizes of the files tells: not that one has other contents of the same length."""


@pytest.mark.parametrize("damage", sorted(SEEN_AT_ONCE))
async def test_an_index_lost_while_it_is_open_is_made_anew_though_nothing_is_stored(
    damage: str, filled: None, store: Store, folder: Path, opened: OpenIndex
) -> None:
    """What is mapped and then cut off would kill the process that reads it: so nobody does."""
    clock = StillClock(at(0))
    idle = asyncio.Event()
    async with opened() as index, asyncio.TaskGroup() as tasks:
        follower = Follower(index, store.papers, clock, caught_up=idle.set)
        tasks.create_task(follower.run())
        await idle.wait()
        assert await waves(index) == 3
        assert not await index.lost()
        with capture_logs() as logs:
            SEEN_AT_ONCE[damage](folder)
            assert await index.lost()
            async with asyncio.timeout(30):
                while await index.lost() or (await index.state()).vectors < 3:  # they come last
                    clock.set(clock.now() + timedelta(seconds=1))
                    await asyncio.sleep(0)
        assert await waves(index) == 3
        assert await index.check() == []
        assert [log["event"] for log in logs] == ["The search index is made anew."]
        follower.stop()
    assert len(generations(folder)) == 1


async def test_an_answer_that_would_come_from_files_that_are_cut_off_is_none(
    filled: None, folder: Path, opened: OpenIndex
) -> None:
    async with opened() as index:
        assert (await index.state()).papers == 3
        cut(segments(folder)[0])
        state = await index.state()
        assert (state.papers, state.behind) == (0, state.newest)  # which the answer says
        assert (await index.matching(parse("waves"), LIMITS)).total == 0
        assert await index.titles("waves", 5) == []


async def test_an_index_that_another_process_makes_anew_is_read_on(
    filled: None, folder: Path, opened: OpenIndex
) -> None:
    async with opened() as writer, opened() as reader:
        await writer.catch_up()
        assert await waves(reader) == 3
        shutil.rmtree(folder)
        assert await reader.lost()
        await writer.catch_up()
        assert await waves(reader) == 3
        assert not await reader.lost()
        assert not (await reader.catch_up()).following
        await writer.rebuild()
        assert await waves(reader) == 3
        assert not await reader.lost()


@pytest.fixture
def strange(folder: Path) -> Path:
    """A file of somebody else's in the folder."""
    (folder / "generation-x").mkdir(parents=True)
    letter = folder / "generation-x" / "letter.txt"
    letter.write_text("mine")
    return letter


def file_text(path: Path) -> str:
    return path.read_text()


async def test_files_of_others_in_the_folder_are_left_alone(
    strange: Path, store: Store, opened: OpenIndex
) -> None:
    async with opened() as index:
        await index.catch_up()
        await index.rebuild()
    assert file_text(strange) == "mine"


@pytest.mark.parametrize(("papers", "polls"), [(1, 1), (9, 1), (2, 9)], ids=["fewer", "more", "more often"])
async def test_an_index_of_another_database_is_put_right(
    papers: int, polls: int, filled: None, folder: Path, tmp_path: Path
) -> None:
    """Whether the other database has fewer papers, more, or fewer that have changed more often."""
    async with open_sqlite(tmp_path / "other.db") as other:
        for minute in range(polls):
            stars = (reading(arxiv(n), title=f"Stars {n}", upvotes=minute) for n in range(101, 101 + papers))
            await take(other.papers, poll(minute, *stars))
        async with open_index(folder, other.papers, HashedWords()) as index:
            assert (await index.catch_up()).papers == papers
            assert (await index.matching(parse("waves"), LIMITS)).total == 0
            assert (await index.matching(parse("stars"), LIMITS)).total == papers
            assert await index.check() == []


async def test_another_encoder_gets_vectors_of_its_own(
    filled: None, store: Store, folder: Path, opened: OpenIndex
) -> None:
    async with open_index(folder, store.papers, HashedWords("hashed-words-2", 32)) as index:
        assert await index.catch_up() == await index.state()
        state = await index.state()
        assert (state.papers, state.vectors, state.encoder) == (3, 3, "hashed-words-2")
        assert await waves(index) == 3


async def test_an_index_is_made_anew_on_request_and_answers_meanwhile(
    filled: None, store: Store, folder: Path, opened: OpenIndex
) -> None:
    async with opened() as index:
        before = generations(folder)
        answers: list[asyncio.Task[int]] = []
        loop = asyncio.get_running_loop()

        def ask(state: IndexState) -> None:
            loop.call_soon(lambda: answers.append(asyncio.ensure_future(waves(index))))

        state = await index.rebuild(ask)
        assert (state.papers, state.vectors, state.behind) == (3, 3, 0)
        assert generations(folder) != before
        assert await waves(index) == 3
        assert await asyncio.gather(*answers) == [3] * len(answers)
        assert answers
        await take(store.papers, poll(1, reading(arxiv(4), title="Waves 4")))
        await index.catch_up()
        assert await waves(index) == 4
    assert len(generations(folder)) == 1


async def test_one_process_writes_and_others_see_what_it_commits(
    filled: None, store: Store, opened: OpenIndex
) -> None:
    async with opened() as writer, opened() as reader:
        assert (await writer.catch_up()).following
        await take(store.papers, poll(1, reading(arxiv(4), title="Waves 4")))
        state = await reader.catch_up()
        assert not state.following
        assert state.behind > 0
        assert await waves(reader) == 3
        await writer.catch_up()
        assert await waves(reader) == 4
        with pytest.raises(ConflictError, match="Another process writes"):
            await reader.rebuild()
        await writer.rebuild()
        assert await waves(reader) == 4
        assert await reader.check() == []
        await writer.aclose()  # its right to write passes on
        await take(store.papers, poll(2, reading(arxiv(5), title="Waves 5")))
        assert (await reader.catch_up()).following
        assert await waves(reader) == 5


async def test_a_check_tells_what_is_missing_old_or_too_many(
    filled: None, store: Store, folder: Path, opened: OpenIndex, tmp_path: Path
) -> None:
    async with opened() as index:
        await take(
            store.papers,
            lookup(1, described(arxiv(1), title="Tides 1")),
            lookup(1, described(arxiv(9), title="Waves 9")),
        )
        assert await index.check() == ["The search index is 2 changes behind its database."]

    class Forgetful:
        """The store as it would be had it told the index less, and otherwise, of its papers."""

        def __getattr__(self, name: str) -> object:
            return getattr(store.papers, name)

        async def changes(self, after: int, limit: int) -> Changes:
            told = await store.papers.changes(after, limit)
            rows = [row for row in told.papers if row.title != "Waves 2"]
            rows = [row._replace(change=row.change - 1) if row.title == "Tides 1" else row for row in rows]
            return Changes(tuple(rows), told.gone, told.upto, told.newest)

    async with open_index(tmp_path / "poor", Forgetful(), None) as poor:  # type: ignore[arg-type]  # it has what is used of a store
        await poor.catch_up()
    async with open_index(tmp_path / "poor", store.papers, None) as poor:
        assert await poor.check() == [
            "1 papers are missing. Run `paperboy index rebuild`.",
            "1 papers stand there as they were before they changed. Run `paperboy index rebuild`.",
        ]
    async with open_index(folder, store.papers, None) as index:
        await index.catch_up()
    async with open_index(folder, Forgetful(), None) as index:  # type: ignore[arg-type]  # as above
        assert "1 papers are there though the database does not have them. Run `paperboy index rebuild`." in (
            await index.check()
        )


def zero_half(path: Path) -> None:
    """What a failing disk leaves: as long as before."""
    whole = path.read_bytes()
    kept = len(whole) // 4
    path.write_bytes(whole[:kept] + bytes(len(whole) - 2 * kept) + whole[-kept:])


def swap_byte(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[0] ^= 1
    path.write_bytes(whole)


@pytest.mark.parametrize("spoil", [zero_half, swap_byte, garble, cut, Path.unlink])
@pytest.mark.parametrize("part", ["idx", "pos", "term", "fast", "fieldnorm", "store"])
async def test_a_check_reads_every_file_of_words(
    part: str, spoil: Callable[[Path], None], filled: None, folder: Path, opened: OpenIndex
) -> None:
    """Also those that a question would not have shown to be damaged, but for what it fails to find."""
    async with opened() as index:
        assert await index.check() == []
    (path,) = words_of(folder).glob(f"*.{part}")
    spoil(path)
    async with opened() as index:
        (told,) = await index.check()
        assert told in {
            f"The search index's file {path.name} is damaged. Run `paperboy index rebuild`.",
            "The search index cannot be read: it is made anew as soon as Paperboy runs.",
        }
        await index.rebuild()
        assert await index.check() == []
        assert await waves(index) == 3


async def test_a_check_tells_a_vector_that_is_not_what_was_written(
    filled: None, folder: Path, opened: OpenIndex
) -> None:
    (rows,) = (words_of(folder).parent / "vectors").glob("*.rows")
    written = rows.read_bytes()
    rows.write_bytes(bytes(64) + written[64:])
    async with opened() as index:
        assert await index.check() == ["The vector of a paper is damaged. Run `paperboy index rebuild`."]
    rows.write_bytes(bytes(len(written)))
    async with opened() as index:
        assert await index.check() == ["The vector of 3 papers is damaged. Run `paperboy index rebuild`."]
    cut(rows)
    async with opened() as index:
        (told,) = await index.check()
        assert told.startswith("The vectors are ")
        await index.rebuild()
        assert await index.check() == []


async def test_a_missing_index_is_told_of_by_the_check(store: Store, opened: OpenIndex) -> None:
    async with opened() as index:
        assert await index.check() == [
            "The search index cannot be read: it is made anew as soon as Paperboy runs."
        ]


async def test_a_folder_that_cannot_be_used_is_told_in_a_sentence(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(IndexFolderError, match="Give this user write access"):
        async with open_index(tmp_path / "file", store.papers, None):
            pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_without_rights_is_told_in_a_sentence(
    filled: None, store: Store, folder: Path, opened: OpenIndex
) -> None:
    await take(store.papers, poll(1, reading(arxiv(4), title="Waves 4")))
    words = words_of(folder)
    words.chmod(0o500)
    try:
        async with opened() as index:
            with pytest.raises(IndexFolderError):
                await index.catch_up()
            assert await waves(index) == 3
    finally:
        words.chmod(0o700)


async def test_what_was_cancelled_is_taken_in_the_next_time(store: Store, opened: OpenIndex) -> None:
    titles = [described(doi(n), title=f"Waves {n}") for n in range(3_000)]
    await store.papers.bring(batch(*titles), at(0))
    async with opened() as index:
        begun = asyncio.Event()
        running = asyncio.ensure_future(index.catch_up(lambda _: begun.set()))
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert (await index.catch_up()).behind == 0
        assert (await index.matching(parse("waves"), LIMITS)).total == 3_000
        assert await index.check() == []


FOLLOWER = """
import asyncio, sys
from pathlib import Path
from bot.logs import configure_logs
from storage.index.index import open_index
from storage.sqlite.store import open_sqlite
from tests.clocks import StillClock
from tests.contract.encoders import HashedWords

configure_logs("warning", "console")  # so that steps alone are printed

async def main(database, folder, cores):
    async with open_sqlite(Path(database)) as store, open_index(
        Path(folder), store.papers, HashedWords(), commit_every=1_000, cores=int(cores)
    ) as index:
        await index.catch_up(lambda state: (print(state.change, flush=True), input()))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize("steps", [1, 2, 5, 8])
async def test_a_kill_while_the_index_is_being_made_costs_nothing(
    steps: int, cores: int, store: Store, tmp_path: Path, folder: Path, opened: OpenIndex
) -> None:
    titles = [described(doi(n), title=f"Waves {n}") for n in range(5_500)]
    await store.papers.bring(batch(*titles), at(0))
    arguments = [sys.executable, "-c", FOLLOWER, str(tmp_path / "paperboy.db"), str(folder), str(cores)]
    process = await asyncio.create_subprocess_exec(
        *arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"go on\n" * (steps - 1))
    for _ in range(steps):
        assert await process.stdout.readline()
    helpers = psutil.Process(process.pid).children()
    assert len(helpers) == cores - 1
    process.kill()
    await process.wait()
    _, left = await asyncio.to_thread(psutil.wait_procs, helpers, timeout=30)
    assert left == []  # nobody outlives the process that it helps

    async with opened() as index:
        state = await index.catch_up()
        assert (state.papers, state.vectors, state.behind) == (5_500, 5_500, 0)
        assert (await index.matching(parse("waves"), LIMITS)).total == 5_500
        assert await index.check() == []
