"""Looks whether an index's files hold what was written, and compares it with its store, paper by paper."""

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
_UNREADABLE: Final = "The search index cannot be read ({}). Run `paperboy index rebuild`."


async def problems(
    papers: PaperStore, words: Lexical, vectors: VectorFile | None, reader: Executor
) -> Sequence[str]:
    """What is wrong, a sentence each; papers that changed after the index's cursor are not its fault."""
    loop = asyncio.get_running_loop()
    try:
        spoilt = await loop.run_in_executor(reader, partial(_spoilt, words, vectors))
    except DamagedIndexError as error:
        return [_UNREADABLE.format(error)]
    if spoilt:  # what else may be wrong follows from it
        return [f"{name} is damaged. Run `paperboy index rebuild`." for name in spoilt]
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
        return [_UNREADABLE.format(error)]
    found = []
    if changes.newest > view.change:
        found.append(f"The search index is {changes.newest - view.change:,} changes behind its database.")
    if vectors is not None and vectors.change < view.change:
        found.append(f"The vectors are {view.change - vectors.change:,} changes behind the words.")
    for count, what in (
        (missing, "are missing"),
        (stale, "stand there as they were before they changed"),
        (max(0, view.papers - present), "are there though the database does not have them"),
        (unseen, "have no vector though the vectors have come further"),
    ):
        if count:
            found.append(f"{count:,} papers {what}. Run `paperboy index rebuild`.")
    return found


def _spoilt(words: Lexical, vectors: VectorFile | None) -> list[str]:
    """What of the index does not hold what was written there, in words that begin a sentence."""
    found = [f"The search index's file {name}" for name in words.spoilt()]
    if vectors is not None and (count := vectors.spoilt()):
        found.append(f"The vector of {count:,} papers" if count > 1 else "The vector of a paper")
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
