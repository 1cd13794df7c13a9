"""Taking in one poll: what it changes, and what is recorded of it."""

from typing import Final

from sqlite_utils import Database

from bot.model import IngestReport, Poll, utc_ms
from storage.sqlite.following import move
from storage.sqlite.known import save
from storage.sqlite.listing import WHOLE, enlist, lacking, set_first_lists
from storage.sqlite.observing import Numbers, observe
from storage.sqlite.taking import Source, Taken, signal_numbers, upstream_number

_POLL: Final = """
    INSERT INTO polls(subject_id, observed_at, recorded_at, outcome, papers, skipped, detail, ask_again_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT(subject_id, observed_at) DO NOTHING
"""

# Computed from the polls themselves, so that one that arrives late changes only what it should.
_STATE: Final = """
    UPDATE subjects SET
        (last_poll_at, last_outcome, ask_again_at, last_error) = (
            SELECT observed_at, outcome, ask_again_at,
                CASE WHEN outcome IN ('failed', 'partial') AND detail <> '' THEN detail END
            FROM polls WHERE subject_id = :subject ORDER BY observed_at DESC LIMIT 1
        ),
        last_success_at = (
            SELECT observed_at FROM polls
            WHERE subject_id = :subject AND outcome <> 'failed' ORDER BY observed_at DESC LIMIT 1
        ),
        papers = coalesce((
            SELECT papers FROM polls
            WHERE subject_id = :subject AND outcome NOT IN ('failed', 'unchanged')
            ORDER BY observed_at DESC LIMIT 1
        ), 0),
        last_change_at = CASE
            WHEN :changed THEN max(coalesce(last_change_at, :at), :at) ELSE last_change_at
        END
    WHERE id = :subject
"""
_FAILING: Final = """
    UPDATE subjects SET failing_since = (
        SELECT min(observed_at) FROM polls
        WHERE subject_id = subjects.id AND observed_at > coalesce(subjects.last_success_at, -1)
    )
    WHERE id = ?
"""


def ingest(db: Database, poll: Poll, recorded_at: int) -> IngestReport:
    """Stores one poll with all it brought, inside the caller's transaction; `recorded_at` in ms."""
    at = utc_ms(poll.observed_at)
    upstream_id = upstream_number(db, poll.upstream)
    subject_id = _subject(db, upstream_id, poll.subject)
    told_to_wait = None if poll.ask_again_at is None else utc_ms(poll.ask_again_at)
    row = (subject_id, at, recorded_at, poll.outcome, len(poll.readings), poll.skipped, poll.detail)
    if not db.execute(_POLL, (*row, told_to_wait)).rowcount:
        return IngestReport()

    taken = Taken(db, poll.readings, Source(poll.upstream, at, lookup=poll.subject == "lookup"))
    listed = taken.listed()
    numbers = taken.numbers(signal_numbers(db, poll.readings))
    saved = save(db, taken.papers, taken.changes)
    observed = observe(db, Numbers(upstream_id, at, recorded_at, numbers))
    appeared, moved = enlist(db, subject_id, at, listed) if listed else (0, set())
    if poll.outcome in WHOLE:
        moved |= lacking(db, subject_id, at)
    relisted = set_first_lists(db, moved | taken.merged, taken.changes)
    move(db, {paper for paper, _ in observed} - saved.new - saved.changed - relisted, taken.changes)

    brought = bool(saved.new or observed or appeared)
    db.execute(_STATE, {"subject": subject_id, "at": at, "changed": brought})
    db.execute(_FAILING, [subject_id])
    changed = (saved.changed | relisted) - saved.new
    return IngestReport(len(saved.new), len(changed), taken.merges, len(observed))


def _subject(db: Database, upstream_id: int, subject: str) -> int:
    db.execute(
        "INSERT INTO subjects(upstream_id, subject) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [upstream_id, subject],
    )
    sql = "SELECT id FROM subjects WHERE upstream_id = ? AND subject = ?"
    (number,) = db.execute(sql, [upstream_id, subject]).fetchone()
    return int(number)
