"""The change cursor, and what derived data such as a search index reads by it.

Every change of a paper gives it the cursor's next value, and a paper that goes in a merge leaves a row with
one: so whoever keeps the last value that it has read misses nothing, whatever happened meanwhile.
Every function runs inside the caller's transaction.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from sqlite_utils import Database

from bot.model import Changes, IndexRow, Signal

# Two searches at the ends of two indexes.
_NEWEST: Final = """
    SELECT max(
        coalesce((SELECT max(change) FROM papers), 0), coalesce((SELECT max(change) FROM gone), 0)
    )
"""
# What belongs to a paper is searched paper by paper: its rows lie together, in the order needed. Of each
# upstream's readings `max(observed_at)` makes SQLite take the value of the newest row:
# https://www.sqlite.org/lang_select.html#bareagg
_CHANGED: Final = """
    SELECT p.id, p.change, p.title, p.abstract, p.keywords, (
        SELECT json_group_array(name) FROM (
            SELECT a.name FROM paper_authors AS b CROSS JOIN authors AS a ON a.id = b.author_id
            WHERE b.paper_id = p.id ORDER BY b.position
        )
    ), p.categories, p.organization, p.published_at, p.code_url IS NOT NULL, p.project_url IS NOT NULL, (
        SELECT max(value) FROM (
            SELECT value, max(observed_at) FROM observations
            WHERE paper_id = p.id AND signal_id = :upvotes GROUP BY upstream_id
        )
    )
    FROM papers AS p WHERE p.change > :after ORDER BY p.change LIMIT :limit
"""
_GONE: Final = "SELECT paper_id FROM gone WHERE change > ? AND change <= ? ORDER BY change"
_SIGNALS: Final = """
    SELECT paper_id, name, max(value) FROM (
        SELECT paper_id, signal_id, value, max(observed_at) FROM observations
        WHERE paper_id IN (SELECT value FROM json_each(?))
        GROUP BY paper_id, signal_id, upstream_id
    ) JOIN signals ON signals.id = signal_id
    GROUP BY paper_id, signal_id
"""


def newest_change(db: Database) -> int:
    """Where the change cursor stands; 0 in an empty store."""
    (newest,) = db.execute(_NEWEST).fetchone()
    return int(newest)


def move(db: Database, paper_ids: Iterable[int], changes: Iterator[int]) -> None:
    """Gives these papers the cursor's next values."""
    db.conn.executemany(
        "UPDATE papers SET change = ? WHERE id = ?", ((next(changes), paper) for paper in sorted(paper_ids))
    )


def changes_since(db: Database, after: int, limit: int) -> Changes:
    """The first `limit` papers that changed since `after`, and the numbers of those gone up to there."""
    if limit < 1:
        raise ValueError("nobody gets anywhere by reading no changes")
    newest = newest_change(db)
    upvotes = db.execute("SELECT id FROM signals WHERE name = ?", [Signal.UPVOTES]).fetchone()
    bounds = {"after": after, "limit": limit, "upvotes": upvotes and upvotes[0]}
    papers = tuple(_row(*row) for row in db.execute(_CHANGED, bounds))
    upto = papers[-1].change if papers and len(papers) == limit else max(after, newest)
    gone = tuple(paper_id for (paper_id,) in db.execute(_GONE, [after, upto]))
    return Changes(papers=papers, gone=gone, upto=upto, newest=newest)


def newest_signals(db: Database, paper_ids: Iterable[int]) -> dict[int, dict[Signal, int]]:
    """The newest value of every number read of each of these papers; of several upstreams' the greatest."""
    result: dict[int, dict[Signal, int]] = {paper_id: {} for paper_id in paper_ids}
    for paper_id, name, value in db.execute(_SIGNALS, [json.dumps(sorted(result))]):
        result[paper_id][Signal(name)] = value
    return result


def _row(
    paper_id: int,
    change: int,
    title: str,
    abstract: str,
    keywords: str,
    authors: str,
    categories: str | None,
    organization: str | None,
    published_at: int | None,
    code: int,
    project: int,
    upvotes: int | None,
) -> IndexRow:
    return IndexRow(
        paper_id,
        change,
        title,
        abstract,
        _words(keywords),
        _words(authors),
        None if categories is None else _words(categories),
        organization,
        published_at,
        bool(code),
        bool(project),
        upvotes,
    )


def _words(listed: str) -> tuple[str, ...]:
    """The texts in a JSON array."""
    return () if listed == "[]" else tuple(json.loads(listed))
