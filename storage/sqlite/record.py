"""The record: what was observed, as the store had it at an earlier revision.

An edition is made of what was observed by its instant, as far as it was known. Some of that is learnt only
later: a poll is stored late, two papers turn out to be one, a paper gets a better id. Triggers note every
change of what was observed by the record's instant (`record.upto`) in `undo_log`, each row as it was before;
while all comes in order of time there is nothing to note. To read the store as it stood, a transaction puts
the noted rows back, asks, and is rolled back.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Final, NamedTuple

from sqlite_utils import Database

from storage.sqlite.following import newest_change
from storage.sqlite.listing import set_first_lists
from storage.sqlite.statements import run

THINNING: Final = "thinning"  # stands in `undo_log.what` for what cannot be put back


class _Kept(NamedTuple):
    """A table whose rows are noted."""

    table: str
    key: str  # which never changes
    columns: str  # those of the key first
    instant: str  # of which a row tells; with a condition before it
    paper: str = "paper_id"
    blank: tuple[tuple[str, str], ...] = ()  # what cannot be null and no ranking asks for, with a value


# A change here needs a migration that drops the triggers and makes them anew.
_KEPT: Final = (
    _Kept(
        "observations",
        "paper_id, signal_id, upstream_id, observed_at",
        "paper_id, signal_id, upstream_id, observed_at, recorded_at, value",
        "{row}.observed_at",
    ),
    _Kept(
        "listings",
        "paper_id, subject_id",
        "paper_id, subject_id, announce_type, first_seen_at, seen_after",
        "{row}.first_seen_at",
    ),
    # A paper's first list follows from the listings. What only a person brought stands in no ranking.
    _Kept(
        "papers",
        "id",
        "id, key, first_seen_at, shown",
        "{row}.shown AND {row}.first_seen_at",
        paper="id",
        blank=(
            ("title", "''"),
            ("abstract", "''"),
            ("text_from", "''"),
            ("title_key", "''"),
            ("change", "-json_extract(before, '$[0]')"),
        ),
    ),
    _Kept(
        "polls",
        "id",
        "id, subject_id, observed_at, recorded_at, outcome, papers, skipped, detail, ask_again_at",
        "{row}.observed_at",
        paper="NULL",
    ),
)


# --- noting --------------------------------------------------------------------------------------


def schema(db: Database) -> None:
    """What migration 0011 adds; not edited once released."""
    run(
        db,
        """
        -- One row: changes of what was observed by then are noted.
        CREATE TABLE record (upto INTEGER NOT NULL);
        INSERT INTO record SELECT coalesce(max(as_of), -1) FROM editions;
        CREATE TABLE undo_log (                 -- in order; see above
            id INTEGER PRIMARY KEY,
            what TEXT NOT NULL,                 -- the table, or 'thinning'
            paper_id INTEGER,                   -- whose row; null: no paper's
            key TEXT NOT NULL,                  -- JSON of its primary key
            before TEXT                         -- JSON of the row as it was; null: there was none
        );
        -- What the store had noted when it was made; null: made before anything was.
        ALTER TABLE editions ADD COLUMN revision INTEGER
        """,
    )
    for kept in _KEPT:
        _trigger(db, kept, "INSERT", f"ON {kept.table}", rows=("NEW",))
        _trigger(db, kept, "UPDATE", f"OF {kept.columns} ON {kept.table}", rows=("OLD", "NEW"))
        _trigger(db, kept, "DELETE", f"ON {kept.table}", rows=("OLD",))


def _trigger(db: Database, kept: _Kept, event: str, of: str, rows: Sequence[str]) -> None:
    was = rows[0]
    before = "NULL" if was == "NEW" else f"json_array({_of(was, kept.columns)})"
    counts = " OR ".join(f"({kept.instant.format(row=row)} <= (SELECT upto FROM record))" for row in rows)
    if event == "UPDATE":
        counts = f"({_of('OLD', kept.columns)}) IS NOT ({_of('NEW', kept.columns)}) AND ({counts})"
    paper = "NULL" if kept.paper == "NULL" else f"{was}.{kept.paper}"
    db.execute(f"""
        CREATE TRIGGER note_{event.lower()}_of_{kept.table} AFTER {event} {of} WHEN {counts} BEGIN
            INSERT INTO undo_log(what, paper_id, key, before)
            VALUES ('{kept.table}', {paper}, json_array({_of(was, kept.key)}), {before});
        END
    """)


def _of(row: str, columns: str) -> str:
    return ", ".join(f"{row}.{column}" for column in columns.split(", "))


def begin(db: Database, as_of: int) -> int:
    """Has all later changes of what was observed by `as_of` (ms) noted; returns the revision that stands."""
    db.execute("UPDATE record SET upto = max(upto, ?)", [as_of])
    (revision,) = db.execute("SELECT coalesce(max(id), 0) FROM undo_log").fetchone()
    return int(revision)


@contextmanager
def unnoted(db: Database) -> Iterator[None]:
    """What is changed within is not noted. If it fails, the caller's transaction is rolled back."""
    (upto,) = db.execute("SELECT upto FROM record").fetchone()
    db.execute("UPDATE record SET upto = -1")
    yield
    db.execute("UPDATE record SET upto = ?", [upto])


def note_thinning(db: Database) -> None:
    """Notes that readings went which nobody can put back."""
    db.execute("INSERT INTO undo_log(what, key) VALUES (?, '[]')", [THINNING])


def thinned_since(db: Database, revision: int) -> bool:
    """Whether readings were thinned out since this revision."""
    sql = "SELECT 1 FROM undo_log WHERE id > ? AND what = ? LIMIT 1"
    return db.execute(sql, [revision, THINNING]).fetchone() is not None


# --- putting back --------------------------------------------------------------------------------

_CHANGED: Final = "SELECT 1 FROM undo_log WHERE id > ? AND what <> ? LIMIT 1"
_TOUCHED: Final = """
    SELECT DISTINCT paper_id FROM undo_log WHERE id > ? AND what IN ('papers', 'listings') ORDER BY 1
"""


def changed_since(db: Database, revision: int) -> bool:
    """Whether anything was noted since this revision that can be put back."""
    return db.execute(_CHANGED, [revision, THINNING]).fetchone() is not None


def put_back(db: Database, revision: int) -> None:
    """Puts the rows back that were changed since `revision`, as far as a ranking asks for them.

    To be called in a transaction that is rolled back: it leaves papers without titles.
    """
    db.execute("PRAGMA defer_foreign_keys = ON")
    with unnoted(db):
        for kept in _KEPT:
            _put_back_rows(db, kept, revision)
    touched = [paper_id for (paper_id,) in db.execute(_TOUCHED, [revision])]
    db.conn.executemany(
        "UPDATE papers SET first_list = NULL, seen_after = NULL WHERE id = ?", [(one,) for one in touched]
    )
    set_first_lists(db, touched, count(newest_change(db) + 1))


def _put_back_rows(db: Database, kept: _Kept, revision: int) -> None:
    noted = {"what": kept.table, "revision": revision}
    db.execute(
        f"""
        DELETE FROM {kept.table} WHERE ({kept.key}) IN (
            SELECT {_values("key", kept.key)} FROM undo_log WHERE what = :what AND id > :revision
        )
        """,
        noted,
    )
    columns = ", ".join([kept.columns, *(name for name, _ in kept.blank)])
    values = ", ".join([_values("before", kept.columns), *(value for _, value in kept.blank)])
    # Of several changes of one row the first tells how it stood: with `min(id)` comes that one's `before`,
    # see https://www.sqlite.org/lang_select.html#bareagg
    db.execute(
        f"""
        INSERT INTO {kept.table}({columns}) SELECT {values} FROM (
            SELECT before, min(id) FROM undo_log WHERE what = :what AND id > :revision GROUP BY key
        ) WHERE before IS NOT NULL
        """,
        noted,
    )


def _values(array: str, columns: str) -> str:
    """SQL that takes these columns out of a JSON array that begins with them."""
    return ", ".join(f"json_extract({array}, '$[{place}]')" for place in range(columns.count(",") + 1))
