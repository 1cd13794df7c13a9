"""The process that draws: kept while it is needed, ended when it is not, or does not do what it should."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from bot.errors import DrawingError
from bot.plots import draw
from bot.plots.drawing import IDLE, PATIENCE, DrawingProcess
from bot.plots.kept import KeptDrawings, KeptPictures
from bot.plots.model import Theme
from tests.clocks import StillClock
from tests.plots import PICTURE, Painter
from tests.unit.plots.pieces import FIELD, TREND

# Answers every order with its own length, as a worker would with a picture.
_HONEST = """
import struct, sys
while header := sys.stdin.buffer.read(4):
    order = sys.stdin.buffer.read(*struct.unpack(">I", header))
    sys.stdout.buffer.write(struct.pack(">I", 2) + b"ok")
    sys.stdout.buffer.flush()
"""
_HANGING = "import sys; sys.stdin.read()"
_DYING = "import sys; sys.stdin.buffer.read(8)"
_BABBLING = "import sys; sys.stdin.buffer.read(8); sys.stdout.write('no picture at all'); sys.stdout.flush()"


@asynccontextmanager
async def drawing(
    folder: Path, clock: StillClock, program: str | None = None
) -> AsyncIterator[DrawingProcess]:
    """A process that draws: the real one, or one that runs `program`."""
    made = (
        DrawingProcess(clock, folder)
        if program is None
        else DrawingProcess(clock, folder, [sys.executable, "-c", program])
    )
    try:
        yield made
    finally:
        await made.aclose()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - nobody is told when a process was started or ended
            await asyncio.sleep(0)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


async def test_it_draws_what_would_be_drawn_here(tmp_path: Path, clock: StillClock) -> None:
    async with drawing(tmp_path, clock) as process:
        assert await process.draw(TREND, None) == draw.png(TREND)
        assert await process.draw(FIELD, Theme.DARK) == draw.svg(FIELD, Theme.DARK)


async def test_one_process_draws_until_nobody_has_asked_for_a_while(
    tmp_path: Path, clock: StillClock
) -> None:
    async with drawing(tmp_path, clock, _HONEST) as process:
        assert await process.draw(TREND, None) == b"ok"
        first = process.pid
        assert first is not None
        await asyncio.sleep(0)  # its rest begins
        clock.set(clock.now() + IDLE / 2)
        assert await process.draw(FIELD, None) == b"ok"
        assert process.pid == first
        await asyncio.sleep(0)
        clock.set(clock.now() + IDLE - timedelta(seconds=1))
        await asyncio.sleep(0)
        assert process.pid == first
        clock.set(clock.now() + timedelta(seconds=1))
        await until(lambda: not psutil.pid_exists(first))
        assert await process.draw(TREND, None) == b"ok"


async def test_many_who_ask_at_once_all_get_theirs(tmp_path: Path, clock: StillClock) -> None:
    async with drawing(tmp_path, clock, _HONEST) as process:
        assert await asyncio.gather(*(process.draw(TREND, None) for _ in range(5))) == [b"ok"] * 5


async def test_one_that_hangs_is_ended_and_told(tmp_path: Path, clock: StillClock) -> None:
    async with drawing(tmp_path, clock, _HANGING) as process:
        asked = asyncio.create_task(process.draw(TREND, None))
        await until(lambda: process.pid is not None)
        pid = process.pid
        assert pid is not None
        clock.set(clock.now() + PATIENCE)
        with pytest.raises(DrawingError, match=r"^The plot could not be drawn in time\.$"):
            await asked
        assert process.pid is None
        assert not psutil.pid_exists(pid)


@pytest.mark.parametrize("program", [_DYING, _BABBLING, "raise SystemExit"])
async def test_one_that_fails_is_told_in_a_sentence(tmp_path: Path, clock: StillClock, program: str) -> None:
    async with drawing(tmp_path, clock, program) as process:
        for _ in range(2):  # and tried again
            with pytest.raises(DrawingError, match=r"^The plot could not be drawn[^.]*\.$"):
                await process.draw(TREND, None)
            assert process.pid is None


async def test_a_program_that_is_not_there_is_told(tmp_path: Path, clock: StillClock) -> None:
    process = DrawingProcess(clock, tmp_path, [str(tmp_path / "nothing")])
    with pytest.raises(DrawingError):
        await process.draw(TREND, None)


async def test_a_bug_costs_one_picture_and_is_logged_without_what_was_drawn(
    tmp_path: Path, clock: StillClock, capsys: pytest.CaptureFixture[str]
) -> None:
    async with drawing(tmp_path, clock) as process:
        with pytest.raises(DrawingError, match="The log says why"):
            await process.draw(replace(TREND, title="zebra", curves=()), None)
        assert await process.draw(TREND, None) == draw.png(TREND)
    told = capsys.readouterr().out
    assert "A plot could not be drawn; this is a bug." in told
    assert "zebra" not in told


async def test_whoever_gives_up_leaves_no_answer_for_the_next(tmp_path: Path, clock: StillClock) -> None:
    async with drawing(tmp_path, clock, _HANGING) as process:
        asked = asyncio.create_task(process.draw(TREND, None))
        await until(lambda: process.pid is not None)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        assert process.pid is None


# --- kept ------------------------------------------------------------------------------------------------


async def test_what_was_drawn_is_drawn_once(tmp_path: Path) -> None:
    painter = Painter()
    kept = KeptDrawings(painter, KeptPictures(tmp_path / "plots"))
    found = await asyncio.gather(*(kept.draw(TREND, None) for _ in range(4)))
    assert found == [PICTURE] * 4
    assert await kept.draw(replace(TREND), None) == PICTURE
    assert len(painter.drawn) == 1
    again = KeptDrawings(painter, KeptPictures(tmp_path / "plots"))  # after a restart
    assert await again.draw(TREND, None) == PICTURE
    assert len(painter.drawn) == 1
    assert await again.draw(TREND, Theme.DARK) != PICTURE
    await again.draw(replace(TREND, reach=TREND.reach + 1), None)
    assert len(painter.drawn) == 3
    await again.aclose()
    assert painter.closed


def test_pictures_used_longest_ago_make_room(tmp_path: Path) -> None:
    kept = KeptPictures(tmp_path, largest=300)
    for number in range(3):
        kept.put(f"{number}.png", bytes(100))
    assert kept.get("0.png") is not None  # used now
    kept.put("3.png", bytes(100))
    assert {one.name for one in tmp_path.iterdir()} == {"0.png", "2.png", "3.png"}


def test_where_nothing_can_be_kept_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kept = KeptPictures(tmp_path / "file" / "plots")
    kept.put("a.png", b"x")
    assert kept.get("a.png") is None
