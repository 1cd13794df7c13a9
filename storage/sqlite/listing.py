"""Which papers stood in which list, since when, and when the list last lacked them.

Every function runs inside the caller's transaction and takes instants in ms.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby, islice
from typing import Final

from sqlite_utils import Database

from bot.model import AnnounceType, Batch, Outcome, Upstream, from_utc_ms
from bot.ports import Coverage, ListGrowth

# A poll that failed, or read a part only, cannot tell that a paper was not there.
WHOLE: Final = frozenset({Outcome.OK, Outcome.EMPTY, Outcome.UNCHANGED})

_RANK: Final = {kind: rank for rank, kind in enumerate(AnnounceType)}

_LACKED: Final = """
    SELECT max(observed_at) FROM polls
    WHERE subject_id = ? AND observed_at < ? AND outcome IN ('ok', 'empty', 'unchanged')
"""
_LATER: Final = """
    SELECT paper_id FROM listings
    WHERE subject_id = ? AND first_seen_at > ? AND (seen_after IS NULL OR seen_after < ?)
"""
_LACKED_AT: Final = """
    UPDATE listings SET seen_after = ?
    WHERE subject_id = ? AND first_seen_at > ? AND (seen_after IS NULL OR seen_after < ?)
"""
_STANDING: Final = """
    SELECT paper_id, announce_type, first_seen_at FROM listings
    WHERE subject_id = ? AND paper_id IN (SELECT value FROM json_each(?))
"""
_WRITE: Final = """
    INSERT INTO listings(paper_id, subject_id, announce_type, first_seen_at, seen_after)
    VALUES (?, ?, ?, ?, ?)
    ON CONFLICT(paper_id, subject_id) DO UPDATE SET
        announce_type = excluded.announce_type, first_seen_at = excluded.first_seen_at,
        seen_after = excluded.seen_after
"""
_FIRST_LISTS: Final = """
    WITH daily AS (
        SELECT l.paper_id, substr(s.subject, 7) AS day, l.seen_after,
            row_number() OVER (
                PARTITION BY l.paper_id ORDER BY s.subject, l.first_seen_at, s.id
            ) AS place
        FROM json_each(?) AS wanted
        CROSS JOIN listings AS l ON l.paper_id = wanted.value
        JOIN subjects AS s ON s.id = l.subject_id
        WHERE s.subject GLOB 'daily:*'
    )
    SELECT p.id, daily.day, daily.seen_after
    FROM daily JOIN papers AS p ON p.id = daily.paper_id
    WHERE daily.place = 1 AND (p.first_list IS NOT daily.day OR p.seen_after IS NOT daily.seen_after)
    ORDER BY p.id
"""


def stronger(one: AnnounceType, other: AnnounceType) -> AnnounceType:
    """Of two reasons for standing in one list at one instant: `new` before `cross`, and so on."""
    return min(one, other, key=_RANK.__getitem__)


def enlist(
    db: Database, subject_id: int, at: int, papers: Mapping[int, AnnounceType]
) -> tuple[int, set[int]]:
    """Notes that these papers stood in the list at `at` (ms).

    Returns how many of them it did not have before, and those whose first appearance changed.
    """
    standing = {
        paper_id: (AnnounceType(kind), first_seen_at)
        for paper_id, kind, first_seen_at in db.execute(_STANDING, [subject_id, json.dumps(list(papers))])
    }
    (lacked,) = db.execute(_LACKED, [subject_id, at]).fetchone()
    rows = [
        (paper_id, subject_id, kind, at, lacked)
        for paper_id, kind in papers.items()
        if paper_id not in standing or _precedes((kind, at), standing[paper_id])
    ]
    db.conn.executemany(_WRITE, rows)
    return len(papers) - len(standing), {row[0] for row in rows}


def _precedes(one: tuple[AnnounceType, int], other: tuple[AnnounceType, int]) -> bool:
    """Whether `one` is the earlier appearance, or at the same instant the one with the stronger reason."""
    return (one[1], _RANK[one[0]]) < (other[1], _RANK[other[0]])


def lacking(db: Database, subject_id: int, at: int) -> set[int]:
    """Notes that a whole reading at `at` (ms) lacked the papers first seen later; returns those it moved.

    To be called after `enlist`. In order of time there are none: only a poll that arrives late finds any.
    """
    moved = {paper_id for (paper_id,) in db.execute(_LATER, [subject_id, at, at])}
    if moved:
        db.execute(_LACKED_AT, [at, subject_id, at, at])
    return moved


def set_first_lists(db: Database, paper_ids: Iterable[int], changes: Iterator[int]) -> set[int]:
    """Brings `papers.first_list` and `seen_after` in step with the listings; returns the papers moved."""
    rows = db.execute(_FIRST_LISTS, [json.dumps(sorted(paper_ids))]).fetchall()
    db.conn.executemany(
        "UPDATE papers SET change = ?, first_list = ?, seen_after = ? WHERE id = ?",
        ((next(changes), day, seen_after, paper_id) for paper_id, day, seen_after in rows),
    )
    return {row[0] for row in rows}


# --- questions -----------------------------------------------------------------------------------

_DAYS: Final = """
    SELECT DISTINCT substr(subject, 7) FROM subjects WHERE subject GLOB 'daily:*' ORDER BY 1 DESC
"""
_BATCH: Final = """
    SELECT count(DISTINCT l.paper_id), min(l.first_seen_at)
    FROM subjects AS s CROSS JOIN listings AS l ON l.subject_id = s.id
    WHERE s.subject = 'daily:' || :day AND l.first_seen_at <= :as_of AND NOT EXISTS (
        SELECT 1 FROM listings AS other JOIN subjects AS earlier ON earlier.id = other.subject_id
        WHERE other.paper_id = l.paper_id AND other.first_seen_at <= :as_of
            AND earlier.subject GLOB 'daily:*' AND earlier.subject < s.subject
    )
"""
_ANNOUNCED: Final = """
    SELECT l.paper_id
    FROM upstreams AS u
    JOIN subjects AS s ON s.upstream_id = u.id
    CROSS JOIN listings AS l ON l.subject_id = s.id
    WHERE u.name = ? AND l.announce_type IN (SELECT value FROM json_each(?)) AND l.first_seen_at <= ?
    GROUP BY l.paper_id HAVING min(l.first_seen_at) > ?
    ORDER BY min(l.first_seen_at), l.paper_id
"""
# A day's list ends with its day: `bot.trending.windows.appeared_at` says the same.
_FIRST_SHOWN: Final = """
    SELECT id FROM papers
    WHERE shown AND first_seen_at > :since AND first_seen_at <= :as_of AND CASE
        WHEN first_list IS NOT NULL THEN 1000 * strftime('%s', first_list, '+1 day') > :since
        ELSE EXISTS (
            SELECT 1 FROM listings
            WHERE paper_id = id AND announce_type IN ('new', 'cross') AND first_seen_at <= :as_of
        )
    END
    ORDER BY first_seen_at, id
"""
_COVERAGE: Final = """
    SELECT (SELECT count(*) FROM papers), min(day), max(day), count(DISTINCT day) FROM (
        SELECT substr(subject, 7) AS day FROM subjects
        WHERE subject GLOB 'daily:*' AND EXISTS (SELECT 1 FROM listings WHERE subject_id = subjects.id)
    )
"""
_GROWTH: Final = """
    SELECT substr(s.subject, 7), s.id, l.first_seen_at, l.seen_after
    FROM subjects AS s CROSS JOIN listings AS l ON l.subject_id = s.id
    WHERE s.subject BETWEEN 'daily:' || ? AND 'daily:' || ?
    ORDER BY s.subject, s.id, l.first_seen_at
"""


def batches(db: Database, as_of: int, limit: int) -> list[Batch]:
    """The newest daily lists that had, by `as_of`, a paper no earlier list had by then."""
    days = [day for (day,) in db.execute(_DAYS)]
    found = ((day, *db.execute(_BATCH, {"day": day, "as_of": as_of}).fetchone()) for day in days)
    return list(
        islice(
            (
                Batch(date.fromisoformat(day), from_utc_ms(opened_at), papers)
                for day, papers, opened_at in found
                if papers
            ),
            limit,
        )
    )


def announced(db: Database, since: int, as_of: int, types: Iterable[AnnounceType]) -> list[int]:
    """Papers first announced by arXiv for one of these reasons after `since` and by `as_of`."""
    rows = db.execute(_ANNOUNCED, [Upstream.ARXIV, json.dumps(sorted(types)), as_of, since])
    return [paper_id for (paper_id,) in rows]


def first_shown(db: Database, since: int, as_of: int) -> list[int]:
    """Papers of daily lists and arXiv's announcements that came before readers after `since`, by `as_of`."""
    return [paper_id for (paper_id,) in db.execute(_FIRST_SHOWN, {"since": since, "as_of": as_of})]


def coverage(db: Database) -> Coverage:
    papers, oldest, newest, lists = db.execute(_COVERAGE).fetchone()
    return Coverage(
        papers,
        None if oldest is None else date.fromisoformat(oldest),
        None if newest is None else date.fromisoformat(newest),
        lists,
    )


def growth(db: Database, since: date, until: date) -> list[ListGrowth]:
    """How the lists of these days filled that a whole reading had found without any of their papers."""
    rows = db.execute(_GROWTH, [since.isoformat(), until.isoformat()]).fetchall()
    result = []
    for (day, _), group in groupby(rows, key=lambda row: row[:2]):
        seen = list(group)
        _, _, _, lacked = seen[0]
        if lacked is not None:
            result.append(ListGrowth(date.fromisoformat(day), tuple(from_utc_ms(row[2]) for row in seen)))
    return result
