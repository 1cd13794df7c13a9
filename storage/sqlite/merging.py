"""Two numbers, one paper: everything that points to the one is made to point to the other."""

from typing import Final

from sqlite_utils import Database

# A value that a poll found unchanged left no row. Between the values of another series it needs one: so each
# whole reading of a daily list, which only grows, is written out before two series become one.
_WRITE_OUT: Final = """
    INSERT INTO observations(paper_id, signal_id, upstream_id, observed_at, recorded_at, value)
    SELECT :paper, series.signal_id, series.upstream_id, poll.observed_at, poll.recorded_at, (
        SELECT value FROM observations AS o
        WHERE o.paper_id = :paper AND o.signal_id = series.signal_id
            AND o.upstream_id = series.upstream_id AND o.observed_at <= poll.observed_at
        ORDER BY o.observed_at DESC LIMIT 1
    )
    FROM (
        SELECT signal_id, upstream_id, min(observed_at) AS first_at
        FROM observations WHERE paper_id = :paper GROUP BY signal_id, upstream_id
    ) AS series
    JOIN subjects AS s ON s.upstream_id = series.upstream_id AND s.subject GLOB 'daily:*'
    JOIN listings AS l ON l.subject_id = s.id AND l.paper_id = :paper
    JOIN polls AS poll ON poll.subject_id = s.id AND poll.observed_at > series.first_at
        AND poll.observed_at >= l.first_seen_at AND poll.outcome IN ('ok', 'unchanged')
    WHERE TRUE  -- else SQLite takes ON CONFLICT for a part of the join
    ON CONFLICT(paper_id, signal_id, upstream_id, observed_at) DO NOTHING
"""

# In this order, each with `:gone` and `:stays`. What a paper's own row, ids, versions, authors and facts
# say is combined by `known.Known.absorb` and saved with the one that stays.
_MOVES: Final = (
    "UPDATE paper_ids SET paper_id = :stays WHERE paper_id = :gone",
    "DELETE FROM paper_versions WHERE paper_id = :gone",
    "DELETE FROM paper_authors WHERE paper_id = :gone",
    "DELETE FROM paper_facts WHERE paper_id = :gone",
    # Of two appearances in one list the earlier counts, with what was known then.
    """
    INSERT INTO listings(paper_id, subject_id, announce_type, first_seen_at, seen_after)
    SELECT :stays, subject_id, announce_type, first_seen_at, seen_after
    FROM listings WHERE paper_id = :gone
    ON CONFLICT(paper_id, subject_id) DO UPDATE SET
        announce_type = excluded.announce_type, first_seen_at = excluded.first_seen_at,
        seen_after = excluded.seen_after
        WHERE excluded.first_seen_at < listings.first_seen_at
    """,
    "DELETE FROM listings WHERE paper_id = :gone",
    # Of two values at one instant the greater stays.
    """
    INSERT INTO observations(paper_id, signal_id, upstream_id, observed_at, recorded_at, value)
    SELECT :stays, signal_id, upstream_id, observed_at, recorded_at, value
    FROM observations WHERE paper_id = :gone
    ON CONFLICT(paper_id, signal_id, upstream_id, observed_at) DO UPDATE SET
        recorded_at = excluded.recorded_at, value = excluded.value
        WHERE excluded.value > observations.value
    """,
    "DELETE FROM observations WHERE paper_id = :gone",
    # A value that repeats the one before it is no change.
    """
    DELETE FROM observations WHERE paper_id = :stays AND EXISTS (
        SELECT 1 FROM (
            SELECT signal_id, upstream_id, observed_at, value, lag(value) OVER (
                PARTITION BY signal_id, upstream_id ORDER BY observed_at
            ) AS before
            FROM observations WHERE paper_id = :stays
        ) AS o
        WHERE o.signal_id = observations.signal_id AND o.upstream_id = observations.upstream_id
            AND o.observed_at = observations.observed_at AND o.value = o.before
    )
    """,
    "UPDATE edition_entries SET paper_id = :stays WHERE paper_id = :gone",
    # A recipient told of both keeps the row that is least likely to be withdrawn, then the earlier one.
    """
    DELETE FROM ledger WHERE (recipient_id, paper_id) IN (
        SELECT recipient_id, paper_id FROM (
            SELECT l.recipient_id, l.paper_id, row_number() OVER (
                PARTITION BY l.recipient_id
                ORDER BY d.state NOT IN ('sent', 'in_doubt'), l.told_at, l.paper_id
            ) AS place
            FROM ledger AS l JOIN deliveries AS d ON d.id = l.delivery_id
            WHERE l.paper_id IN (:gone, :stays)
        ) WHERE place > 1
    )
    """,
    "UPDATE ledger SET paper_id = :stays WHERE paper_id = :gone",
    # What was saved or hidden under either number stays so, since the earlier instant.
    """
    INSERT INTO marks(recipient_id, mark, paper_id, marked_at)
    SELECT recipient_id, mark, :stays, marked_at FROM marks WHERE paper_id = :gone
    ON CONFLICT(recipient_id, mark, paper_id) DO UPDATE SET marked_at = min(marked_at, excluded.marked_at)
    """,
    "DELETE FROM marks WHERE paper_id = :gone",
    """
    INSERT INTO team_saves(destination_id, paper_id, recipient_id, saved_at)
    SELECT destination_id, :stays, recipient_id, saved_at FROM team_saves WHERE paper_id = :gone
    ON CONFLICT(destination_id, paper_id, recipient_id) DO UPDATE SET
        saved_at = max(saved_at, excluded.saved_at)
    """,
    "DELETE FROM team_saves WHERE paper_id = :gone",
    "DELETE FROM papers WHERE id = :gone",
    "INSERT INTO gone(paper_id, change) VALUES (:gone, :change)",
)


def merge(db: Database, *, gone: int, stays: int, change: int) -> None:
    """Moves everything from the paper `gone` to the paper `stays`, and deletes the former's row.

    `change` is the next value of the change cursor, under which derived data learns that the paper is gone.
    """
    for paper in (gone, stays):
        db.execute(_WRITE_OUT, {"paper": paper})
    for statement in _MOVES:
        db.execute(statement, {"gone": gone, "stays": stays, "change": change})
