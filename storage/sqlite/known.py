"""Papers held in memory while one poll is taken in: loaded in few statements, saved where they changed."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from sqlite_utils import Database

from bot.identity import best_first, identified
from bot.identity import title_key as normalised
from bot.model import PaperId, Upstream
from storage.sqlite.facts import FIELDS, LISTS, Facts, Value, combined, dump, load
from storage.sqlite.paper_rows import PaperRows, among, load_rows

# Asked several times of every title of a poll or a batch, and the slowest of all that is computed of it.
title_key: Final = lru_cache(maxsize=1 << 12)(normalised)

_AUTHORS: Final = "SELECT name, id FROM authors WHERE name IN"

_NEVER_NULL: Final = {"title": "", "abstract": "", "keywords": "[]"}
# The columns that facts fill, with what stands in them where nobody said anything.
_COLUMNS: Final = {name: _NEVER_NULL.get(name) for name in FIELDS if name != "authors"}

# `Known.row` gives the values from `key` on in this order.
_INSERT: Final = """
    INSERT INTO papers(
        id, change, key, text_from, title_key, first_seen_at, shown, resolved_at, title, abstract,
        published_at, categories, comment, journal_ref, ai_summary, ai_summary_model, keywords, organization,
        code_url, project_url, thumbnail_url
    ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UPDATE: Final = """
    UPDATE papers SET
        change = ?, key = ?, text_from = ?, title_key = ?, first_seen_at = ?, shown = ?, resolved_at = ?,
        title = ?, abstract = ?, published_at = ?, categories = ?, comment = ?, journal_ref = ?,
        ai_summary = ?, ai_summary_model = ?, keywords = ?, organization = ?, code_url = ?, project_url = ?,
        thumbnail_url = ?
    WHERE id = ?
"""


_encode: Final = json.JSONEncoder(ensure_ascii=False).encode


@lru_cache(maxsize=1 << 10)  # many papers have the same categories
def _json(words: Value) -> str:
    return _encode(words)


class State(NamedTuple):
    """A paper's values from `key` on, and what other tables hold of it."""

    row: tuple[object, ...]
    authors: Sequence[str]
    ids: frozenset[PaperId]
    versions: frozenset[tuple[int, int]]


@dataclass(slots=True, eq=False)
class Known:
    """One paper while a poll is taken in; instants in ms."""

    id: int
    facts: Facts
    ids: set[PaperId]
    versions: dict[int, int]  # submission by number
    first_seen_at: int
    shown: bool = True  # by an upstream; else only a file that a person brought has it
    resolved_at: int | None = None
    told: str | None = None  # as saved; None: the paper is new
    saved: "State | None" = None  # `state` as saved
    into: "Known | None" = None  # the paper this one was merged into

    @property
    def stored(self) -> bool:
        return self.told is not None

    @property
    def title_key(self) -> str:
        return title_key(self._text("title"))

    @property
    def abstract(self) -> str:
        return self._text("abstract")

    @property
    def authors(self) -> Sequence[str]:
        fact = self.facts.get("authors")
        return fact.value if fact and isinstance(fact.value, tuple) else ()

    @property
    def identified(self) -> bool:
        return identified(self.ids)

    def absorb(self, other: "Known") -> None:
        """Takes over everything known of `other`, which is the same paper."""
        other.into = self
        self.facts = combined(self.facts, other.facts)
        self.ids |= other.ids
        # A paper that a person brought long ago is new on the day on which an upstream first shows it.
        unshown, self.first_seen_at = min(
            (not self.shown, self.first_seen_at), (not other.shown, other.first_seen_at)
        )
        self.shown = not unshown
        self.resolved_at = min(
            (at for at in (self.resolved_at, other.resolved_at) if at is not None), default=None
        )
        for number, at in other.versions.items():
            self.versions[number] = min(at, self.versions.get(number, at))

    def final(self) -> "Known":
        """The paper that this one is part of by now."""
        return self if self.into is None else self.into.final()

    def row(self) -> tuple[object, ...]:
        """The values of the paper's row from `key` on."""
        text = self.facts.get("title") or self.facts.get("abstract")
        columns: dict[str, Value | None] = dict(_COLUMNS)
        for name, fact in self.facts.items():
            if name in columns:
                columns[name] = _json(fact.value) if name in LISTS else fact.value
        return (
            str(best_first(self.ids)[0]),
            text.upstream if text else Upstream.SAMPLE,
            self.title_key,
            self.first_seen_at,
            self.shown,
            self.resolved_at,
            *columns.values(),
        )

    def state(self) -> "State":
        """Everything whose change readers of the paper must learn of."""
        return State(self.row(), self.authors, frozenset(self.ids), frozenset(self.versions.items()))

    def _text(self, name: str) -> str:
        fact = self.facts.get(name)
        return str(fact.value) if fact else ""


# --- loading -------------------------------------------------------------------------------------


def titled(db: Database, keys: Iterable[str]) -> list[int]:
    """The numbers of the papers with these normalised titles."""
    sql = "SELECT id FROM papers WHERE title_key IN (SELECT value FROM json_each(?)) ORDER BY id"
    return [paper_id for (paper_id,) in db.execute(sql, [json.dumps(sorted(keys))])]


def load_known(db: Database, paper_ids: Iterable[int]) -> list[Known]:
    """The papers with these numbers, in order of their numbers."""
    papers = [_known(rows) for rows in load_rows(db, paper_ids)]
    for paper in papers:
        paper.saved = paper.state()
    return papers


def _known(rows: PaperRows) -> Known:
    row = rows.row
    values: dict[str, Value | None] = {"authors": rows.authors}
    for name in _COLUMNS:
        value = row[name]
        values[name] = tuple(json.loads(value)) if name in LISTS and value is not None else value
    return Known(
        id=row["id"],
        facts=load(row["told"], values),
        ids=set(rows.ids),
        versions=rows.versions,
        first_seen_at=row["first_seen_at"],
        shown=bool(row["shown"]),
        resolved_at=row["resolved_at"],
        told=row["told"],
    )


# --- saving --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saved:
    """The numbers of the papers that `save` wrote."""

    new: frozenset[int]
    changed: frozenset[int]


def save(db: Database, papers: Iterable[Known], changes: Iterator[int], *, again: bool = True) -> Saved:
    """Writes what is new or has changed; `changes` gives the next values of the change cursor.

    Without `again` it is not noted of a paper that has not changed when it was told of the last time.
    """
    inserted: list[tuple[object, ...]] = []
    updated: list[tuple[object, ...]] = []
    ids: list[tuple[object, ...]] = []
    versions: list[tuple[int, int, int]] = []
    changed: list[Known] = []
    bylines: list[Known] = []
    told: list[tuple[int, str]] = []
    for paper in papers:
        state = paper.state()
        if not paper.stored:
            inserted.append((paper.id, paper.id, *state.row))  # its number is its first change
        elif state != paper.saved:
            updated.append((next(changes), *state.row, paper.id))
        if state != paper.saved:
            changed.append(paper)
            ids += [(i.scheme, i.value, paper.id) for i in paper.ids]
            versions += [(paper.id, number, at) for number, at in paper.versions.items()]
            if paper.saved is None or state.authors != paper.saved.authors:
                bylines.append(paper)
        if (again or state != paper.saved) and (dumped := dump(paper.facts)) != paper.told:
            told.append((paper.id, dumped))
    conn = db.conn
    conn.executemany(_INSERT, inserted)
    conn.executemany(_UPDATE, updated)
    conn.executemany(
        "INSERT INTO paper_ids(scheme, value, paper_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", ids
    )
    conn.executemany(
        "INSERT INTO paper_versions(paper_id, number, submitted_at) VALUES (?, ?, ?) "
        "ON CONFLICT(paper_id, number) DO UPDATE SET submitted_at = excluded.submitted_at "
        "WHERE submitted_at <> excluded.submitted_at",
        versions,
    )
    conn.executemany(
        "INSERT INTO paper_facts(paper_id, told) VALUES (?, ?) "
        "ON CONFLICT(paper_id) DO UPDATE SET told = excluded.told",
        told,
    )
    _save_authors(db, bylines)
    return Saved(
        new=frozenset(paper.id for paper in changed if not paper.stored),
        changed=frozenset(paper.id for paper in changed if paper.stored),
    )


def _save_authors(db: Database, papers: Sequence[Known]) -> None:
    names = sorted({name for paper in papers for name in paper.authors})
    conn = db.conn
    conn.executemany(
        "DELETE FROM paper_authors WHERE paper_id = ?", ((paper.id,) for paper in papers if paper.stored)
    )
    numbers = dict(among(db, _AUTHORS, names))
    (last,) = conn.execute("SELECT coalesce(max(id), 0) FROM authors").fetchone()
    new = {name: last + place for place, name in enumerate((n for n in names if n not in numbers), 1)}
    conn.executemany("INSERT INTO authors(name, id) VALUES (?, ?)", new.items())
    numbers |= new
    conn.executemany(
        "INSERT INTO paper_authors(paper_id, position, author_id) VALUES (?, ?, ?)",
        (
            (paper.id, position, numbers[name])
            for paper in papers
            for position, name in enumerate(paper.authors)
        ),
    )
