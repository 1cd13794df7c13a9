"""The rows that make up papers, read in few statements for many papers."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlite_utils import Database

from bot.identity import best_first
from bot.model import IdScheme, Paper, PaperId, PaperVersion, Upstream, from_utc_ms
from storage.sqlite.rows import instant, named

_PAPERS: Final = (
    "SELECT p.*, f.told FROM papers AS p JOIN paper_facts AS f ON f.paper_id = p.id "
    "WHERE p.id IN (SELECT value FROM json_each(?)) ORDER BY p.id"
)
_IDS: Final = (
    "SELECT paper_id, scheme, value FROM paper_ids WHERE paper_id IN (SELECT value FROM json_each(?))"
)
_AUTHORS: Final = (
    "SELECT p.paper_id, a.name FROM paper_authors AS p JOIN authors AS a ON a.id = p.author_id "
    "WHERE p.paper_id IN (SELECT value FROM json_each(?)) ORDER BY p.paper_id, p.position"
)
_VERSIONS: Final = (
    "SELECT paper_id, number, submitted_at FROM paper_versions "
    "WHERE paper_id IN (SELECT value FROM json_each(?)) ORDER BY paper_id, number"
)
_OWNERS: Final = "SELECT value, paper_id FROM paper_ids WHERE scheme = ? AND value IN"
_AT_ONCE: Final = 500  # parameters of a statement


class PaperRows(NamedTuple):
    """One paper's row of `papers`, joined with its `told`, and what other tables hold of it."""

    row: sqlite3.Row
    ids: frozenset[PaperId]
    authors: tuple[str, ...]
    versions: dict[int, int]  # submission in ms, by number, in order


def load_rows(db: Database, paper_ids: Iterable[int]) -> list[PaperRows]:
    """The papers with these numbers, in order of their numbers; unknown ones are left out."""
    wanted = [json.dumps(sorted(set(paper_ids)))]
    ids: defaultdict[int, set[PaperId]] = defaultdict(set)
    for paper_id, scheme, value in db.execute(_IDS, wanted):
        ids[paper_id].add(PaperId(IdScheme(scheme), value))
    authors: defaultdict[int, list[str]] = defaultdict(list)
    for paper_id, name in db.execute(_AUTHORS, wanted):
        authors[paper_id].append(name)
    versions: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for paper_id, number, submitted_at in db.execute(_VERSIONS, wanted):
        versions[paper_id][number] = submitted_at
    return [
        PaperRows(row, frozenset(ids[row["id"]]), tuple(authors[row["id"]]), versions[row["id"]])
        for row in named(db, _PAPERS, wanted)
    ]


def owners(db: Database, ids: Iterable[PaperId]) -> dict[PaperId, int]:
    """The numbers of the papers that have these ids."""
    values: defaultdict[IdScheme, list[str]] = defaultdict(list)
    for scheme, value in set(ids):
        values[scheme].append(value)
    return {
        PaperId(scheme, value): number
        for scheme, some in values.items()
        for value, number in among(db, _OWNERS, some, scheme)
    }


def among(db: Database, sql: str, values: Sequence[str], *before: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a statement that ends with `IN`, asked for these values behind the parameters `before`.

    Every value is a parameter of its own: SQLite's JSON ends a text at its first NUL.
    """
    for start in range(0, len(values), _AT_ONCE):
        some = values[start : start + _AT_ONCE]
        yield from db.conn.execute(f"{sql} ({', '.join('?' * len(some))})", (*before, *some))


def paper_of(rows: PaperRows) -> Paper:
    row = rows.row
    return Paper(
        id=row["id"],
        ids=best_first(rows.ids),
        title=row["title"],
        abstract=row["abstract"],
        text_from=Upstream(row["text_from"]),
        authors=rows.authors,
        published_at=instant(row["published_at"]),
        first_seen_at=from_utc_ms(row["first_seen_at"]),
        categories=None if row["categories"] is None else tuple(json.loads(row["categories"])),
        versions=tuple(PaperVersion(number, from_utc_ms(at)) for number, at in rows.versions.items()),
        comment=row["comment"],
        journal_ref=row["journal_ref"],
        ai_summary=row["ai_summary"],
        ai_summary_model=row["ai_summary_model"],
        keywords=tuple(json.loads(row["keywords"])),
        organization=row["organization"],
        code_url=row["code_url"],
        project_url=row["project_url"],
        thumbnail_url=row["thumbnail_url"],
    )
