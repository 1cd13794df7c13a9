"""Whose readings these are: each is brought to the paper it is of, whoever told it.

Every function runs inside the caller's transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from sqlite_utils import Database

from bot.identity import agree, apart, best_first, local_id
from bot.model import AnnounceType, IdScheme, PaperId, PaperReading, Upstream, utc_ms
from storage.sqlite.facts import told_by
from storage.sqlite.following import newest_change
from storage.sqlite.known import Known, load_known, title_key, titled
from storage.sqlite.listing import stronger
from storage.sqlite.merging import merge
from storage.sqlite.paper_rows import owners


class Source(NamedTuple):
    """Whose readings these are; `at`, when they were made, in ms. `lookup`: papers asked for by their ids."""

    upstream: Upstream
    at: int
    lookup: bool = False


class Taken:
    """Readings of one source at one instant, each brought to its paper."""

    def __init__(self, db: Database, readings: Sequence[PaperReading], source: Source) -> None:
        self._db = db
        self._source = source
        # A new paper's number is the value of the change cursor that made it. The cursor never falls, so
        # a number is never given twice, not even that of a paper that went in a merge.
        self.changes = count(newest_change(db) + 1)
        self.merges = 0
        self.merged: set[int] = set()
        self._by_id: dict[PaperId, Known] = {}
        self._by_title: defaultdict[str, list[Known]] = defaultdict(list)
        self._load(readings)
        self._taken = [(reading, self._take(reading)) for reading in readings]

    @property
    def papers(self) -> list[Known]:
        """The papers that were read, each once."""
        return list(dict.fromkeys(known.final() for _, known in self._taken))

    def listed(self) -> dict[int, AnnounceType]:
        """Why each paper stands in the list; where two rows are of one paper the stronger reason counts."""
        listed: dict[int, AnnounceType] = {}
        for reading, known in self._taken:
            paper_id = known.final().id
            if (kind := reading.announce_type) is not None:
                listed[paper_id] = stronger(kind, listed.get(paper_id, kind))
        return listed

    def numbers(self, signals: Mapping[str, int]) -> dict[tuple[int, int], int]:
        """Each paper's numbers by (paper, signal); where two rows are of one paper the greater counts."""
        numbers: dict[tuple[int, int], int] = {}
        for reading, known in self._taken:
            paper_id = known.final().id
            for signal, value in reading.signals.items():
                key = (paper_id, signals[signal])
                numbers[key] = max(value, numbers.get(key, value))
        return numbers

    def _load(self, readings: Sequence[PaperReading]) -> None:
        """Loads every paper that a reading can be of: by its ids, or by a title it has or will have."""
        ids = {i for reading in readings for i in _ids(reading)}
        named = load_known(self._db, owners(self._db, ids).values())
        titles = {title_key(reading.title) for reading in readings}
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
        source = self._source
        ids = _ids(reading)
        paper = Known(
            id=next(self.changes),
            facts=told_by(reading, source.upstream, source.at),
            ids=set(ids),
            versions={version.number: utc_ms(version.submitted_at) for version in reading.versions},
            first_seen_at=source.at,
            shown=source.upstream is not Upstream.IMPORT,
            resolved_at=source.at if _resolves(source, reading) else None,
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
        if not key or key not in self._by_title:
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
            merge(self._db, gone=gone.id, stays=stays.id, change=next(self.changes))
            self.merges += 1
            self.merged.add(stays.id)
        return stays


def _ids(reading: PaperReading) -> tuple[PaperId, ...]:
    return reading.ids or (local_id(reading.title),)


def _resolves(source: Source, reading: PaperReading) -> bool:
    """Whether arXiv itself described the paper."""
    return source.upstream is Upstream.ARXIV and (source.lookup or reading.announce_type is not None)


def upstream_number(db: Database, upstream: Upstream) -> int:
    """The number of the upstream, given to it at its first use."""
    db.execute("INSERT INTO upstreams(name) VALUES (?) ON CONFLICT DO NOTHING", [upstream])
    (number,) = db.execute("SELECT id FROM upstreams WHERE name = ?", [upstream]).fetchone()
    return int(number)


def signal_numbers(db: Database, readings: Iterable[PaperReading]) -> dict[str, int]:
    """The numbers of the readings' signals, given to them at their first use."""
    names = sorted({signal for reading in readings for signal in reading.signals})
    db.conn.executemany(
        "INSERT INTO signals(name) VALUES (?) ON CONFLICT DO NOTHING", ((name,) for name in names)
    )
    return {name: int(number) for name, number in db.execute("SELECT name, id FROM signals")}
