"""What was observed of papers, as one compact series a paper: the input of a ranking.

Every function runs inside the caller's read transaction, takes instants in ms, and looks at nothing
that was observed after `as_of`. A paper that only a person brought is nobody's news, and no
series has the numbers that came with it.
"""

import gc
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from bot.model import PaperSeries, Series, Signal, Upstream

# Three ways to become interesting after an instant. Each is a search in an index.
_MOVED: Final = """
    SELECT id FROM papers WHERE shown AND first_seen_at BETWEEN :since AND :as_of
    UNION
    SELECT paper_id FROM observations
    WHERE observed_at BETWEEN :since AND :as_of AND upstream_id IS NOT (
        SELECT id FROM upstreams WHERE name = 'import'
    )
    UNION
    SELECT l.paper_id FROM subjects AS s CROSS JOIN listings AS l ON l.subject_id = s.id
    WHERE s.subject GLOB 'daily:*' AND l.first_seen_at BETWEEN :since AND :as_of
"""
_SEEN: Final = """
    SELECT (SELECT count(*) FROM papers WHERE shown), count(*)
    FROM papers WHERE shown AND first_seen_at BETWEEN :since AND :as_of
"""
_COMPARED: Final = """
    SELECT id FROM papers
    WHERE shown AND first_seen_at BETWEEN :since AND :as_of AND first_list IS NOT NULL
"""


_NONE: Final[Mapping[tuple[Signal, Upstream], Series]] = {}


class _Statement(NamedTuple):
    """One question about all papers, and about those whose numbers are in the JSON array `:papers`."""

    about_all: str
    about_some: str


# The plus keeps SQLite from walking all papers in their order, a million of which may only be brought: it
# searches the index of those shown, and sorts.
_PAPERS: Final = _Statement(
    """
    SELECT id, key, first_seen_at, seen_after, first_list FROM papers
    WHERE shown AND first_seen_at <= :as_of ORDER BY +id
    """,
    """
    SELECT id, key, first_seen_at, seen_after, first_list FROM papers
    WHERE first_seen_at <= :as_of AND id IN (SELECT value FROM json_each(:papers)) ORDER BY id
    """,
)
# Searched or scanned in order of the primary key, which is the order of the grouping and of time: so the
# two texts come in order of time, without a sort.
_SIGNALS: Final = _Statement(
    """
    SELECT paper_id, signal_id, upstream_id, group_concat(observed_at), group_concat(value),
        max(observed_at)
    FROM observations
    WHERE observed_at <= :as_of AND upstream_id IS NOT (SELECT id FROM upstreams WHERE name = 'import')
    GROUP BY paper_id, signal_id, upstream_id ORDER BY paper_id, signal_id, upstream_id
    """,
    """
    SELECT paper_id, signal_id, upstream_id, group_concat(observed_at), group_concat(value),
        max(observed_at)
    FROM observations
    WHERE paper_id IN (SELECT value FROM json_each(:papers)) AND observed_at <= :as_of
        AND upstream_id IS NOT (SELECT id FROM upstreams WHERE name = 'import')
    GROUP BY paper_id, signal_id, upstream_id ORDER BY paper_id, signal_id, upstream_id
    """,
)
_LISTINGS: Final = _Statement(
    "SELECT paper_id, subject_id FROM listings WHERE first_seen_at <= :as_of",
    """
    SELECT paper_id, subject_id FROM listings
    WHERE paper_id IN (SELECT value FROM json_each(:papers)) AND first_seen_at <= :as_of
    """,
)
_LAST_POLLS: Final = """
    SELECT id, (
        SELECT observed_at FROM polls
        WHERE subject_id = subjects.id AND observed_at <= :as_of AND outcome <> 'failed'
        ORDER BY observed_at DESC LIMIT 1
    )
    FROM subjects
"""

# Papers that were listed again after `as_of`: their own row may tell of a list not seen by then.
_RELISTED: Final = """
    SELECT DISTINCT l.paper_id FROM subjects AS s CROSS JOIN listings AS l ON l.subject_id = s.id
    WHERE s.subject GLOB 'daily:*' AND l.first_seen_at > :as_of
"""
_FIRST_LISTS: Final = """
    SELECT l.paper_id, substr(s.subject, 7), l.seen_after
    FROM json_each(:papers) AS wanted
    CROSS JOIN listings AS l ON l.paper_id = wanted.value
    JOIN subjects AS s ON s.id = l.subject_id
    WHERE s.subject GLOB 'daily:*' AND l.first_seen_at <= :as_of
    ORDER BY l.paper_id, s.subject DESC, l.first_seen_at DESC, s.id DESC
"""

# From this share of all papers on, reading everything once is faster than searching for each.
_MANY: Final = 0.5


def moved_since(db: Database, since: int, as_of: int) -> list[PaperSeries]:
    """The series of papers first seen, first listed, or with a number changed from `since` on."""
    (oldest,) = db.execute("SELECT min(first_seen_at) FROM papers WHERE shown").fetchone()
    if oldest is None or since <= oldest:
        return _series(db, None, as_of)
    return _chosen(db, _MOVED, since, as_of)


def compared(db: Database, since: int, as_of: int) -> list[PaperSeries]:
    """The series of papers on daily lists, first seen from `since` to `as_of`."""
    papers, seen = db.execute(_SEEN, {"since": since, "as_of": as_of}).fetchone()
    series = _chosen(db, _COMPARED, since, as_of) if seen < _MANY * papers else _series(db, None, as_of)
    return [one for one in series if one.list_day is not None and one.first_seen_at >= since]


def of_papers(db: Database, paper_ids: Iterable[int], as_of: int) -> list[PaperSeries]:
    """The series of these papers, in order of their numbers."""
    return _series(db, sorted(set(paper_ids)), as_of)


def _chosen(db: Database, choice: str, since: int, as_of: int) -> list[PaperSeries]:
    (papers,) = db.execute("SELECT count(*) FROM papers WHERE shown").fetchone()
    chosen = [paper_id for (paper_id,) in db.execute(choice, {"since": since, "as_of": as_of})]
    if len(chosen) < _MANY * papers:
        return _series(db, sorted(chosen), as_of)
    wanted = frozenset(chosen)
    return [one for one in _series(db, None, as_of) if one.paper_id in wanted]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keeps the garbage collector away while many objects without cycles are made.

    It would walk all of them again and again as they grow in number: a third of the whole time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@_uncollected()
def _series(db: Database, paper_ids: list[int] | None, as_of: int) -> list[PaperSeries]:
    """Puts together the series of these papers, or of all."""
    scope = _Scope(db, paper_ids, as_of)
    polled = _polled(db, scope, as_of)
    signals = _signals(db, scope, polled)
    first_lists = _first_lists(db, as_of)
    days: dict[str | None, int | None] = {None: None}
    result = []
    for paper_id, key, first_seen_at, seen_after, first_list in scope.rows(_PAPERS):
        day, lacked = first_list, seen_after
        if paper_id in first_lists:
            day, lacked = first_lists[paper_id]
        if day not in days:
            days[day] = date.fromisoformat(day).toordinal() if day else None
        last = polled.get(paper_id, first_seen_at)
        result.append(
            PaperSeries(
                paper_id,
                key,
                first_seen_at,
                lacked,
                days[day],
                max(last, first_seen_at),
                signals.get(paper_id, _NONE),
            )
        )
    return result


class _Scope:
    """Which papers a question is about, and until when."""

    def __init__(self, db: Database, paper_ids: list[int] | None, as_of: int) -> None:
        self._db = db
        self._papers = None if paper_ids is None else json.dumps(paper_ids)
        self._as_of = as_of

    def rows(self, statement: _Statement) -> Iterable[tuple[Any, ...]]:
        if self._papers is None:
            return self._db.execute(statement.about_all, {"as_of": self._as_of})
        return self._db.execute(statement.about_some, {"as_of": self._as_of, "papers": self._papers})


def _signals(
    db: Database, scope: _Scope, polled: dict[int, int]
) -> Mapping[int, Mapping[tuple[Signal, Upstream], Series]]:
    """The numbers of each paper; also notes in `polled` when they were read."""
    signals = {number: Signal(name) for number, name in db.execute("SELECT id, name FROM signals")}
    upstreams = {number: Upstream(name) for number, name in db.execute("SELECT id, name FROM upstreams")}
    keys = {(s, u): (signals[s], upstreams[u]) for s in signals for u in upstreams}
    result: dict[int, Mapping[tuple[Signal, Upstream], Series]] = {}
    for paper_id, rows in groupby(scope.rows(_SIGNALS), itemgetter(0)):
        own = result[paper_id] = {}
        newest = polled.get(paper_id, 0)
        for _, signal, upstream, times, values, last in rows:
            own[keys[signal, upstream]] = Series(times, values)
            newest = max(newest, last)
        polled[paper_id] = newest
    return result


def _polled(db: Database, scope: _Scope, as_of: int) -> dict[int, int]:
    """When a list that has the paper was last read, by paper."""
    last = {subject: at for subject, at in db.execute(_LAST_POLLS, {"as_of": as_of}) if at is not None}
    result: dict[int, int] = {}
    for paper_id, subject in scope.rows(_LISTINGS):
        at = last[subject]
        if at > result.get(paper_id, 0):
            result[paper_id] = at
    return result


def _first_lists(db: Database, as_of: int) -> Mapping[int, tuple[str | None, int | None]]:
    """The first daily list, and when it last lacked the paper, of those listed again after `as_of`."""
    later = [paper_id for (paper_id,) in db.execute(_RELISTED, {"as_of": as_of})]
    result: dict[int, tuple[str | None, int | None]] = dict.fromkeys(later, (None, None))
    parameters = {"papers": json.dumps(later), "as_of": as_of}
    for paper_id, day, seen_after in db.execute(_FIRST_LISTS, parameters):
        result[paper_id] = day, seen_after  # in falling order of days: the first one comes last
    return result
