"""Compares an index with its store, paper by paper."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Final

import numpy as np

from bot.model import Changes
from bot.ports import PaperStore
from storage.index.lexical import DamagedIndexError, Lexical
from storage.index.vectors import VectorFile

_BATCH: Final = 2_000


async def problems(
    papers: PaperStore, words: Lexical, vectors: VectorFile | None, reader: Executor
) -> Sequence[str]:
    """What is wrong, a sentence each; papers that changed after the index's cursor are not its fault."""
    loop = asyncio.get_running_loop()
    view = words.view()
    missing = stale = present = unseen = after = 0
    try:
        while True:
            changes = await papers.changes(after, _BATCH)
            compare = partial(_compared, words, vectors, changes, view.change)
            here, absent, old, blind = await loop.run_in_executor(reader, compare)
            present, missing, stale, unseen = present + here, missing + absent, stale + old, unseen + blind
            if changes.upto in {after, changes.newest}:
                break
            after = changes.upto
    except DamagedIndexError as error:
        return [f"The search index cannot be read ({error}). Run `paperboy index rebuild`."]
    found = []
    if changes.newest > view.change:
        found.append(f"The search index is {changes.newest - view.change:,} changes behind its database.")
    for count, what in (
        (missing, "are missing"),
        (stale, "stand there as they were before they changed"),
        (max(0, view.papers - present), "are there though the database does not have them"),
        (unseen, "have no vector though the vectors have come further"),
    ):
        if count:
            found.append(f"{count:,} papers {what}. Run `paperboy index rebuild`.")
    return found


def _compared(
    words: Lexical, vectors: VectorFile | None, changes: Changes, upto: int
) -> tuple[int, int, int, int]:
    """How many of these papers the index holds, lacks, holds as they were before, and knows no vector of."""
    held = words.changes_of([row.paper_id for row in changes.papers])
    due = [row for row in changes.papers if row.change <= upto]
    missing = sum(row.paper_id not in held for row in due)
    stale = sum(held.get(row.paper_id, row.change) != row.change for row in due)
    unseen = 0
    if vectors is not None:
        encoded = np.array([row.paper_id for row in due if row.change <= vectors.change], np.int64)
        # A text without a single known word has no vector, rightly; a whole batch of such texts is none.
        unseen = len(encoded) if len(encoded) and not vectors.vectors(encoded).any() else 0
    return len(held), missing, stale, unseen


__all__ = ["problems"]
