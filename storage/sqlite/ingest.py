"""Taking in one poll: whose readings these are, what they change, what is recorded."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import count
from typing import Final

from sqlite_utils import Database

from bot.identity import agree, apart, best_first, local_id, title_key
from bot.model import AnnounceType, IdScheme, IngestReport, PaperId, PaperReading, Poll, Upstream, utc_ms
from storage.sqlite.facts import told_by
from storage.sqlite.known import Known, load_known, save, titled
from storage.sqlite.listing import WHOLE, enlist, lacking, set_first_lists, stronger
from storage.sqlite.merging import merge
from storage.sqlite.observing import Numbers, observe
from storage.sqlite.paper_rows import owners

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
    upstream_id = _upstream(db, poll.upstream)
    subject_id = _subject(db, upstream_id, poll.subject)
    told_to_wait = None if poll.ask_again_at is None else utc_ms(poll.ask_again_at)
    row = (subject_id, at, recorded_at, poll.outcome, len(poll.readings), poll.skipped, poll.detail)
    if not db.execute(_POLL, (*row, told_to_wait)).rowcount:
        return IngestReport()

    readings = _Readings(db, poll, at)
    listed, numbers = readings.by_paper(_signals(db, poll))
    saved = save(db, readings.papers, readings.changes)
    observed = observe(db, Numbers(upstream_id, at, recorded_at, numbers))
    appeared, moved = enlist(db, subject_id, at, listed) if listed else (0, set())
    if poll.outcome in WHOLE:
        moved |= lacking(db, subject_id, at)
    relisted = set_first_lists(db, moved | readings.merged, readings.changes)

    brought = bool(saved.new or observed or appeared)
    db.execute(_STATE, {"subject": subject_id, "at": at, "changed": brought})
    db.execute(_FAILING, [subject_id])
    changed = (saved.changed | relisted) - saved.new
    return IngestReport(len(saved.new), len(changed), readings.merges, observed)


class _Readings:
    """The readings of one poll, each brought to its paper."""

    def __init__(self, db: Database, poll: Poll, at: int) -> None:
        self._db = db
        self._poll = poll
        self._at = at
        # A new paper's number is the value of the change cursor that made it. The cursor never falls, so
        # a number is never given twice, not even that of a paper that went in a merge.
        (last,) = db.execute("SELECT coalesce(max(change), 0) FROM papers").fetchone()
        self.changes = count(last + 1)
        self.merges = 0
        self.merged: set[int] = set()
        self._by_id: dict[PaperId, Known] = {}
        self._by_title: defaultdict[str, list[Known]] = defaultdict(list)
        self._load()
        self._taken = [(reading, self._take(reading)) for reading in poll.readings]

    @property
    def papers(self) -> list[Known]:
        """The papers that were read, each once."""
        return list(dict.fromkeys(known.final() for _, known in self._taken))

    def by_paper(
        self, signals: Mapping[str, int]
    ) -> tuple[dict[int, AnnounceType], dict[tuple[int, int], int]]:
        """Why each paper stands in the list, and its numbers by (paper, signal).

        Where two rows are of one paper the stronger reason and the greater number count.
        """
        listed: dict[int, AnnounceType] = {}
        numbers: dict[tuple[int, int], int] = {}
        for reading, known in self._taken:
            paper_id = known.final().id
            if (kind := reading.announce_type) is not None:
                listed[paper_id] = stronger(kind, listed.get(paper_id, kind))
            for signal, value in reading.signals.items():
                key = (paper_id, signals[signal])
                numbers[key] = max(value, numbers.get(key, value))
        return listed, numbers

    def _load(self) -> None:
        """Loads every paper that a reading can be of: by its ids, or by a title it has or will have."""
        ids = {i for reading in self._poll.readings for i in _ids(reading)}
        named = load_known(self._db, owners(self._db, ids).values())
        titles = {title_key(reading.title) for reading in self._poll.readings}
        titles.update(known.title_key for known in named)
        others = set(titled(self._db, titles)) - {known.id for known in named}
        for known in [*named, *load_known(self._db, others)]:
            self._register(known)

    def _register(self, known: Known) -> None:
        for paper_id in known.ids:
            self._by_id[paper_id] = known
        if known not in self._by_title[known.title_key]:
            self._by_title[known.title_key].append(known)

    def _take(self, reading: PaperReading) -> Known:
        """The paper that the reading is of, with what it said taken over."""
        poll = self._poll
        ids = _ids(reading)
        paper = Known(
            id=next(self.changes),
            facts=told_by(reading, poll.upstream, self._at),
            ids=set(ids),
            versions={version.number: utc_ms(version.submitted_at) for version in reading.versions},
            first_seen_at=self._at,
            resolved_at=self._at if _resolves(poll, reading) else None,
        )
        for paper_id in ids:
            if (owner := self._by_id.get(paper_id)) is None:
                continue
            if paper_id.scheme is IdScheme.DOI and apart(paper.ids, owner.final().ids):
                paper.ids.discard(paper_id)  # of proceedings, or a slip: it stays where it was first
            else:
                paper = self._join(paper, owner.final())
        while (twin := self._twin(paper)) is not None:
            paper = self._join(paper, twin)
        self._register(paper)
        return paper

    def _twin(self, paper: Known) -> Known | None:
        """A paper of the same title that is the same, at least one of the two without an upstream's id."""
        key = paper.title_key
        if not key:
            return None
        candidates = {known.final() for known in self._by_title[key]} - {paper}
        return min(
            (
                known
                for known in candidates
                if known.title_key == key
                and not (known.identified and paper.identified)
                and agree(known, paper)
            ),
            key=lambda known: best_first(known.ids),
            default=None,
        )

    def _join(self, one: Known, other: Known) -> Known:
        """Makes one paper of two; the older number stays."""
        if one is other:
            return one
        stays, gone = (one, other) if one.id < other.id else (other, one)
        stays.absorb(gone)
        if gone.stored:
            merge(self._db, gone=gone.id, stays=stays.id)
            self.merges += 1
            self.merged.add(stays.id)
        return stays


def _ids(reading: PaperReading) -> tuple[PaperId, ...]:
    return reading.ids or (local_id(reading.title),)


def _resolves(poll: Poll, reading: PaperReading) -> bool:
    """Whether arXiv itself described the paper."""
    return poll.upstream is Upstream.ARXIV and (poll.subject == "lookup" or reading.announce_type is not None)


def _upstream(db: Database, upstream: Upstream) -> int:
    """The number of the upstream, given to it at its first use."""
    db.execute("INSERT INTO upstreams(name) VALUES (?) ON CONFLICT DO NOTHING", [upstream])
    (number,) = db.execute("SELECT id FROM upstreams WHERE name = ?", [upstream]).fetchone()
    return int(number)


def _signals(db: Database, poll: Poll) -> dict[str, int]:
    """The numbers of the poll's signals, given to them at their first use."""
    names = sorted({signal for reading in poll.readings for signal in reading.signals})
    db.conn.executemany(
        "INSERT INTO signals(name) VALUES (?) ON CONFLICT DO NOTHING", ((name,) for name in names)
    )
    return {name: int(number) for name, number in db.execute("SELECT name, id FROM signals")}


def _subject(db: Database, upstream_id: int, subject: str) -> int:
    db.execute(
        "INSERT INTO subjects(upstream_id, subject) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [upstream_id, subject],
    )
    sql = "SELECT id FROM subjects WHERE upstream_id = ? AND subject = ?"
    (number,) = db.execute(sql, [upstream_id, subject]).fetchone()
    return int(number)
