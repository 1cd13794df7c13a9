"""The process that draws, as whoever needs a picture sees it: started when it is needed, ended soon after.

matplotlib takes some 70 MB and a second to load: too much for a bot that draws seldom.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

import structlog

from bot.errors import DrawingError
from bot.plots.model import Plot, Shape, Theme
from bot.plots.worker import LENGTH, order
from bot.ports import Clock

_log = structlog.get_logger(__name__)

T = TypeVar("T")

# -P: a folder `bot` that somebody stands in is not ours.
COMMAND: Final = (sys.executable, "-P", "-m", "bot.plots.worker")
IDLE: Final = timedelta(minutes=1)  # after which it ends
PATIENCE: Final = timedelta(seconds=30)  # for one picture: the first waits for all of the machine's fonts
_LARGEST: Final = 8 << 20  # bytes of a picture
_GONE: Final = (OSError, asyncio.IncompleteReadError)


class DrawingProcess:
    """Draws one plot at a time. Implements `bot.plots.ports.Drawer`."""

    def __init__(self, clock: Clock, folder: Path, command: Sequence[str] = COMMAND) -> None:
        """`folder` is for what matplotlib keeps: its list of fonts."""
        self._clock = clock
        self._folder = folder
        self._command = command
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._resting: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The number of the process; `None` while there is none."""
        return None if self._process is None else self._process.pid

    async def draw(self, plot: Plot, theme: Theme | None, shape: Shape = Shape.WIDE) -> bytes:
        """As `bot.plots.ports.Drawer` says."""
        async with self._turn:
            await self._awake()
            try:
                picture = await self._in_time(self._asked(order(plot, theme, shape)))
            except _GONE as error:
                await self._end()
                raise DrawingError("The plot could not be drawn: the process that draws ended.") from error
            except BaseException:  # nobody will read what it still answers
                await self._end()
                raise
            self._resting = asyncio.create_task(self._rest())
            return picture

    async def aclose(self) -> None:
        """Ends the process."""
        async with self._turn:
            await self._awake()
            await self._end()

    async def _asked(self, what: bytes) -> bytes:
        if self._process is None:
            environ = {**os.environ, "MPLCONFIGDIR": str(self._folder), "MPLBACKEND": "agg"}
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,  # where a library may name what it draws
                env=environ,
                process_group=0,  # Ctrl-C at a terminal is for this process, which then ends the other
            )
        into, out = self._process.stdin, self._process.stdout
        assert into is not None and out is not None  # noqa: S101, PT018 - both are pipes
        into.write(what)
        await into.drain()
        picture = await _read(out)
        if not picture:
            note = json.loads(await _read(out))
            _log.error("A plot could not be drawn; this is a bug.", kind=note["kind"], where=note["where"])
            raise DrawingError("The plot could not be drawn. The log says why.")
        return picture

    async def _in_time(self, work: Awaitable[T]) -> T:
        """What the work gives, if it does so in time."""
        doing = asyncio.ensure_future(work)
        patience = asyncio.ensure_future(self._clock.sleep(PATIENCE))
        try:
            await asyncio.wait({doing, patience}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            raise DrawingError("The plot could not be drawn in time.")
        finally:
            doing.cancel()
            patience.cancel()
            await asyncio.gather(doing, patience, return_exceptions=True)

    async def _rest(self) -> None:
        await self._clock.sleep(IDLE)
        self._resting = None  # what ends the process must not end this task
        async with self._turn:
            if self._resting is None:  # else it has drawn meanwhile
                await self._end()

    async def _awake(self) -> None:
        """No rest is to end the process now."""
        resting, self._resting = self._resting, None
        if resting is not None:
            resting.cancel()
            await asyncio.gather(resting, return_exceptions=True)

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()  # it holds nothing that could be lost
            await process.communicate()  # closes the pipes, too


async def _read(out: asyncio.StreamReader) -> bytes:
    (length,) = LENGTH.unpack(await out.readexactly(LENGTH.size))
    if length > _LARGEST:
        raise DrawingError("The plot could not be drawn: what came is no picture.")
    return await out.readexactly(length)
