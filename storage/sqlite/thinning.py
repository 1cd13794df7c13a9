"""Old readings that lie close together go; what an edition was made of stays.

An edition needs of each number the reading in force when it was made, the one in force when its window began,
and the first one. For what is usual at an age it needs all upvotes read in a paper's first 30 days, as far as
the comparison reaches: there are hardly more of these readings than of upvotes. What is noted in the record
(see record.py) stays whole: the readings in force in what stands now are not those that were in force before.
"""

from typing import Final

from sqlite_utils import Database

from storage.sqlite.record import note_thinning, unnoted

_COMPARED_FOR: Final = (
    30 * 86_400_000
)  # ms; `bot.trending.explain.GROUP_DAYS` is how long papers are compared

# A table of its own, so that finding the next of many instants is a search in an index.
_INSTANTS: Final = (
    "CREATE TEMP TABLE edition_instants (at INTEGER PRIMARY KEY)",
    "INSERT INTO edition_instants SELECT as_of FROM editions UNION SELECT since FROM editions",
)
# Of two readings in one hour (one day, before `hourly_until`) the earlier goes, unless it is the first of
# all. Readings younger than `older_than` are not looked at.
_THIN: Final = """
    DELETE FROM observations WHERE (paper_id, signal_id, upstream_id, observed_at) IN (
        SELECT paper_id, signal_id, upstream_id, observed_at FROM (
            SELECT paper_id, signal_id, upstream_id, observed_at,
                lag(observed_at) OVER series AS before, lead(observed_at) OVER series AS following
            FROM observations WHERE observed_at < :older_than
            WINDOW series AS (PARTITION BY paper_id, signal_id, upstream_id ORDER BY observed_at)
        ) AS reading
        WHERE before IS NOT NULL AND paper_id NOT IN (
            SELECT paper_id FROM undo_log WHERE paper_id IS NOT NULL
        )
        AND CASE
            WHEN following < :hourly_until THEN following / 86400000 = observed_at / 86400000
            WHEN observed_at >= :hourly_until THEN following / 3600000 = observed_at / 3600000
        END
        AND NOT EXISTS (
            SELECT 1 FROM edition_instants WHERE at >= reading.observed_at AND at < reading.following
        )
        AND NOT (
            signal_id IS (SELECT id FROM signals WHERE name = 'upvotes') AND observed_at <= :compared_for + (
                SELECT first_seen_at FROM papers WHERE id = reading.paper_id
            )
        )
    )
"""


def thin(db: Database, older_than: int, hourly_until: int) -> int:
    """Drops readings of before `older_than` (ms) inside the caller's transaction; returns how many went."""
    for statement in _INSTANTS:
        db.execute(statement)
    try:
        limits = {"older_than": older_than, "hourly_until": hourly_until, "compared_for": _COMPARED_FOR}
        with unnoted(db):
            gone = db.execute(_THIN, limits).rowcount
        if gone:
            note_thinning(db)
        return gone
    finally:
        db.execute("DROP TABLE edition_instants")
