"""Bringing one generation of the index up to where its store stands, in batches: memory stays flat.

Words first, so that a new paper is found at once, and vectors behind them with a cursor of their own. A
cursor is committed together with what it counts: killed at any point, the next start goes on from there.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from functools import partial
from typing import Final, TypeVar

import numpy as np

from bot.model import Changes
from bot.ports import PaperStore
from bot.search.ports import Encoder
from storage.index.lexical import Lexical
from storage.index.vectors import VectorFile

T = TypeVar("T")

Step = Callable[[int], Awaitable[None]]
"""Told after each batch where the store's cursor stood when it was read."""

_BATCH: Final = 250  # papers read from the store at once
_COMPARED: Final = 8  # papers by which a store is known again
_MANY: Final = 5_000  # changes that are waiting, from which on memory is spent on speed


async def follow_words(
    papers: PaperStore, words: Lexical, writer: Executor, step: Step, commit_every: int
) -> None:
    """Takes all that the store has changed into the words. `writer` has one thread.

    Raises `DamagedIndexError` where the files fail, and what the store raises.
    """
    after = words.view().change
    changes = await papers.changes(after, _BATCH)
    bulk = changes.newest - after > _MANY
    waiting = 0
    try:
        while changes.upto > after:
            put = partial(words.put, changes.papers, changes.gone, bulk=bulk)
            last = changes.upto >= changes.newest
            _, following = await asyncio.gather(
                _run(writer, put), _nothing() if last else papers.changes(changes.upto, _BATCH)
            )
            after = changes.upto
            waiting += len(changes.papers)
            if following is None or waiting >= commit_every:
                await _run(writer, partial(words.commit, after))
                waiting = 0
            await step(changes.newest)
            if following is None:
                break
            changes = following
    except BaseException:
        writer.submit(words.drop)  # behind whatever is still being put
        raise
    await _run(writer, words.rest)  # a bot that waits for the next papers needs no memory for writing


async def follow_vectors(
    papers: PaperStore, vectors: VectorFile, encoder: Encoder, writer: Executor, step: Step, commit_every: int
) -> None:
    """Takes all that the store has changed into the vectors. `writer` has one thread."""
    after = vectors.change
    changes = await papers.changes(after, _BATCH)
    waiting = 0
    try:
        while changes.upto > after:
            last = changes.upto >= changes.newest
            _, following = await asyncio.gather(
                _run(writer, partial(_put_vectors, vectors, encoder, changes)),
                _nothing() if last else papers.changes(changes.upto, _BATCH),
            )
            after = changes.upto
            waiting += len(changes.papers)
            if following is None or waiting >= commit_every:
                await _run(writer, partial(vectors.commit, after))
                waiting = 0
            await step(changes.newest)
            if following is None:
                break
            changes = following
    finally:
        writer.submit(vectors.close)  # lets go of what was not committed
        writer.submit(encoder.rest)


def _put_vectors(vectors: VectorFile, encoder: Encoder, changes: Changes) -> None:
    vectors.remove(np.array(changes.gone, np.int64))
    if changes.papers:
        ids = np.array([row.paper_id for row in changes.papers], np.int64)
        vectors.put(ids, encoder.documents([(row.title, row.abstract) for row in changes.papers]))


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


async def _nothing() -> None:
    return None


__all__ = ["Step", "follow_vectors", "follow_words", "same_store"]
