"""Bringing one generation of the index up to where its store stands, in batches: memory stays flat.

Words first, so that a new paper is found at once, and vectors behind them with a cursor of their own. A
cursor is committed together with what it counts: killed at any point, the next start goes on from there.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import Executor
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypeVar

import numpy as np

from bot.model import Changes
from bot.ports import PaperStore
from bot.search.ports import Encoder
from storage.index.lexical import Lexical
from storage.index.making import Made, TermMaker, fields_in, open_term_maker
from storage.index.vectors import VectorFile

T = TypeVar("T")

Step = Callable[[int], Awaitable[None]]
"""Told after each batch where the store's cursor stood when it was read."""

_BATCH: Final = 250  # papers read from the store at once
_AHEAD: Final = 12  # batches read while one goes in, so that a commit keeps nobody waiting
_COMPARED: Final = 8  # papers by which a store is known again
_MANY: Final = 5_000  # changes that are waiting, from which on memory is spent on speed


@dataclass(frozen=True, slots=True)
class Pace:
    """How many papers go in before they are made durable, and the cores that may work on it."""

    commit_every: int
    cores: int


class _Part(Protocol):
    """A part of the index that follows the store."""

    async def make(self, changes: Changes) -> Made:
        """What can be made of a batch before its turn."""
        ...

    def put(self, changes: Changes, made: Made) -> None:
        """Takes a batch in. Blocking."""
        ...

    def commit(self, change: int) -> None:
        """Makes what was taken in durable, and how far that is. Blocking."""
        ...


class _Words:
    def __init__(self, words: Lexical, maker: TermMaker | None, *, bulk: bool) -> None:
        self._words = words
        self._maker = maker
        self._bulk = bulk
        self.commit = words.commit

    async def make(self, changes: Changes) -> Made:
        return None if self._maker is None else await self._maker.make(changes.papers)

    def put(self, changes: Changes, made: Made) -> None:
        if made is None:
            self._words.put(changes.papers, changes.gone, bulk=self._bulk)
        else:
            self._words.put_made(fields_in(made), changes.gone, bulk=self._bulk)


class _Vectors:
    def __init__(self, vectors: VectorFile, encoder: Encoder) -> None:
        self._vectors = vectors
        self._encoder = encoder
        self.commit = vectors.commit

    async def make(self, changes: Changes) -> Made:
        del changes
        return None

    def put(self, changes: Changes, made: Made) -> None:
        del made
        self._vectors.remove(np.array(changes.gone, np.int64))
        if changes.papers:
            ids = np.array([row.paper_id for row in changes.papers], np.int64)
            texts = [(row.title, row.abstract) for row in changes.papers]
            self._vectors.put(ids, self._encoder.documents(texts))


async def follow_words(papers: PaperStore, words: Lexical, writer: Executor, step: Step, pace: Pace) -> None:
    """Takes all that the store has changed into the words. `writer` has one thread.

    Where many changes wait and there is a second core, a second process makes the terms. Raises
    `DamagedIndexError` where the files fail, and what the store raises.
    """
    after = words.view().change
    bulk = await papers.newest_change() - after > _MANY
    try:
        async with AsyncExitStack() as stack:
            maker = await stack.enter_async_context(open_term_maker()) if bulk and pace.cores > 1 else None
            await _follow(papers, after, _Words(words, maker, bulk=bulk), writer, step, pace)
    except BaseException:
        writer.submit(words.drop)  # behind whatever is still being put
        raise
    await _run(writer, words.rest)  # a bot that waits for the next papers needs no memory for writing


async def follow_vectors(
    papers: PaperStore, vectors: VectorFile, encoder: Encoder, writer: Executor, step: Step, pace: Pace
) -> None:
    """Takes all that the store has changed into the vectors. `writer` has one thread."""
    try:
        await _follow(papers, vectors.change, _Vectors(vectors, encoder), writer, step, pace)
    finally:
        writer.submit(vectors.close)  # lets go of what was not committed
        writer.submit(encoder.rest)


async def _follow(
    papers: PaperStore, after: int, part: _Part, writer: Executor, step: Step, pace: Pace
) -> None:
    waiting = 0
    async with aclosing(_batches(papers, after, part)) as batches:
        async for changes, made in batches:
            if changes.upto == after:
                return  # nothing has changed
            await _run(writer, partial(part.put, changes, made))
            waiting += len(changes.papers)
            if changes.upto >= changes.newest or waiting >= pace.commit_every:
                await _run(writer, partial(part.commit, changes.upto))
                waiting = 0
            await step(changes.newest)


async def _batches(papers: PaperStore, after: int, part: _Part) -> AsyncGenerator[tuple[Changes, Made], None]:
    """The store's changes up to where its cursor stands, and what was made of them, read ahead."""

    async def read(before: asyncio.Task[Changes | None] | None) -> Changes | None:
        if before is None:
            return await papers.changes(after, _BATCH)
        earlier = await before
        if earlier is None or earlier.upto >= earlier.newest:
            return None
        return await papers.changes(earlier.upto, _BATCH)

    async def make(reading: asyncio.Task[Changes | None]) -> Made:
        changes = await reading
        return None if changes is None else await part.make(changes)

    ahead: deque[tuple[asyncio.Task[Changes | None], asyncio.Task[Made]]] = deque()
    last: asyncio.Task[Changes | None] | None = None
    try:
        while True:
            while len(ahead) < _AHEAD:
                last = asyncio.create_task(read(last))
                ahead.append((last, asyncio.create_task(make(last))))
            reading, making = ahead[0]
            changes, made = await reading, await making
            ahead.popleft()
            if changes is None:
                return
            yield changes, made
    finally:
        tasks = [task for both in ahead for task in both]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def same_store(papers: PaperStore, words: Lexical, reader: Executor) -> bool:
    """Whether the index follows this store, as far as some papers tell, and not another one."""
    change = words.view().change
    if change > await papers.newest_change():
        return False
    for part in range(_COMPARED):
        rows = (await papers.changes(change * part // _COMPARED, 1)).papers
        if rows and rows[0].change <= change and not await _run(reader, partial(words.holds, rows[0])):
            return False
    return True


async def _run(writer: Executor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(writer, work)


__all__ = ["Pace", "Step", "follow_vectors", "follow_words", "same_store"]
