"""The obvious alternative to a search index of its own: SQLite's FTS5 with bm25, over the store's papers.

It gets what helps it: a file of its own without a copy of the text, filled in one transaction, and Porter's
stemmer.
"""

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from benchmarks.corpus import Question

PAGE: Final = 10
_TABLE: Final = """
    CREATE VIRTUAL TABLE IF NOT EXISTS texts USING fts5(
        title, abstract, content='', tokenize='porter unicode61'
    )
"""
_FILL: Final = """
    INSERT INTO texts(rowid, title, abstract)
    SELECT id, title, abstract FROM store.papers WHERE id > (SELECT coalesce(max(rowid), 0) FROM texts)
"""
_FIND: Final = """
    SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY bm25(texts, 1.5, 1.0) LIMIT 10
"""
_FIND_AMONG: Final = """
    SELECT texts.rowid FROM texts JOIN store.papers ON papers.id = texts.rowid
    WHERE texts MATCH ? AND categories LIKE ? AND published_at >= unixepoch(?) * 1000
    ORDER BY bm25(texts, 1.5, 1.0) LIMIT 10
"""
_READ: Final = "SELECT * FROM store.papers WHERE id IN (SELECT value FROM json_each(?))"


class Way(StrEnum):
    """What FTS5 is asked for."""

    ANY = "any"  # papers with any of the words, ranked: among these a search ranks as well
    EVERY = "every"  # papers with every word and, only where these do not fill a page, those with any
    BARE = "bare"  # as ANY, the numbers alone: nothing is read from the store


def fill(store: Path) -> None:
    """Takes in the store's papers that are not in yet."""
    with closing(_opened(store)) as db:
        db.execute(_TABLE)
        db.execute("BEGIN")
        db.execute(_FILL)
        db.execute("COMMIT")


def file_of(store: Path) -> Path:
    return store.with_name("fts5.db")


class Fts5:
    """The texts of a store, to be asked."""

    def __init__(self, store: Path) -> None:
        self._db = _opened(store)

    def close(self) -> None:
        self._db.close()

    def search(self, question: Question, way: Way) -> Sequence[Any]:
        """One page: rows of papers, or their numbers, the best first."""
        terms = [f'"{word}"' for word in re.findall(r"\w+", question.words)]
        found = self._find(" ".join(terms), question) if way is Way.EVERY else []
        if len(found) < PAGE and (way is not Way.EVERY or len(terms) > 1):
            more = self._find(" OR ".join(terms), question)
            found = list(dict.fromkeys([*found, *more]))[:PAGE]
        if way is Way.BARE:
            return found
        rows = {row[0]: row for row in self._db.execute(_READ, [str(found)])}
        return [rows[number] for number in found]

    def _find(self, match: str, question: Question) -> list[int]:
        if not question.category and not question.year:
            found = self._db.execute(_FIND, [match])
        else:
            category = f'%"{question.category}"%' if question.category else "%"
            found = self._db.execute(_FIND_AMONG, [match, category, f"{question.year or 1900}-01-01"])
        return [number for (number,) in found]


def _opened(store: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file_of(store), isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("ATTACH DATABASE ? AS store", [str(store)])
    return db
