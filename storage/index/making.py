"""Making the terms of many papers in a second process, since one Python thread fills an index half as fast.

The second process is a help and nothing more: what it fails to make, the index makes itself.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

import structlog

from bot.model import IndexRow
from storage.index.terms import Fields
from storage.index.worker import LENGTH, packed, unpacked

_log = structlog.get_logger(__name__)

_COMMAND: Final = (sys.executable, "-P", "-m", "storage.index.worker")
_BUFFER: Final = 1 << 20  # bytes of an answer that are read ahead

Made: TypeAlias = bytes | None
"""The fields of a batch of papers, for `fields_in`; none where they are still to be made."""


class TermMaker:
    """The second process; made by `open_term_maker`. Several batches may be asked for at once."""

    def __init__(self, questions: asyncio.StreamWriter, answers: asyncio.StreamReader) -> None:
        self._questions = questions
        self._answers = answers
        self._ended = False
        self._sending = asyncio.Lock()
        self._receiving = asyncio.Lock()

    async def make(self, rows: Sequence[IndexRow]) -> Made:
        """The fields of these papers, or nothing once the process has ended."""
        if self._ended:
            return None
        try:
            async with self._sending:
                self._questions.write(packed([tuple(row) for row in rows]))
                await self._questions.drain()
            async with self._receiving:  # whoever was the first to send is the first here
                header = await self._answers.readexactly(LENGTH.size)
                return await self._answers.readexactly(*LENGTH.unpack(header))
        except (OSError, EOFError):
            if not self._ended:
                _log.warning("The process that helps to fill the search index ended; it goes on without.")
            self._ended = True
            return None


def fields_in(made: bytes) -> list[Fields]:
    """The fields of the papers of a batch."""
    return unpacked(made)


@asynccontextmanager
async def open_term_maker() -> AsyncIterator[TermMaker | None]:
    """Starts the process, and ends it; none where the system refuses one."""
    process = await _started()
    if process is None:
        yield None
        return
    try:
        questions, answers = process.stdin, process.stdout
        yield TermMaker(questions, answers) if questions and answers else None
    finally:
        if process.returncode is None:
            process.kill()  # it keeps nothing
        await process.communicate()


async def _started() -> asyncio.subprocess.Process | None:
    try:
        return await asyncio.create_subprocess_exec(
            *_COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what cannot be made there fails here once more, and is told
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            limit=_BUFFER,
            start_new_session=True,  # so that Ctrl-C reaches the process alone that it helps
        )
    except OSError:
        return None


__all__ = ["Made", "TermMaker", "fields_in", "open_term_maker"]
