"""arXiv's snapshot on Kaggle (`arxiv-metadata-oai-snapshot.json`): one object a line. Pure.

What the fields are: https://www.kaggle.com/datasets/Cornell-University/arxiv
"""

from collections.abc import Iterable, Iterator
from typing import Any

from bot.ids import arxiv_id_of
from bot.importing.entries import Entry, Found, Line, Reason, json_entries
from bot.importing.fields import (
    categories_of,
    clean_names,
    ids_of,
    line_of,
    mail_instant,
    split_names,
    text_of,
)
from bot.model import IdScheme, PaperId, PaperReading, PaperVersion
from bot.sources.ids import code_link_in
from bot.sources.text import clean_abstract, clean_title


def entries(lines: Iterable[Line]) -> Iterator[Entry]:
    """What each line of the snapshot came to."""
    return json_entries(lines, _paper)


def is_snapshot(row: dict[str, Any]) -> bool:
    """Whether the object is a line of the snapshot: nobody else writes these fields."""
    return "authors_parsed" in row or ("submitter" in row and "versions" in row)


def _paper(row: dict[str, Any]) -> Found | Reason:
    own = arxiv_id_of(text_of(row.get("id")))
    if own is None:
        return Reason.NO_ID
    title = clean_title(text_of(row.get("title")))
    if not title:
        return Reason.NO_TITLE
    versions = _versions(row.get("versions"))
    abstract = clean_abstract(text_of(row.get("abstract")))
    return Found(
        PaperReading(
            ids=(PaperId(IdScheme.ARXIV, own[0]), *_dois(row.get("doi"))),
            title=title,
            abstract=abstract,
            authors=_authors(row.get("authors_parsed"))
            or clean_names(split_names(text_of(row.get("authors")))),
            published_at=next((one.submitted_at for one in versions if one.number == 1), None),
            categories=categories_of(row.get("categories")),
            versions=versions,
            comment=line_of(row.get("comments")),
            journal_ref=line_of(row.get("journal-ref")),
            code_url=code_link_in(abstract),
        )
    )


def _dois(value: object) -> tuple[PaperId, ...]:
    """The published article's DOIs; arXiv's own DOI names the preprint, maybe by a slip another one."""
    return tuple(one for one in ids_of(value) if one.scheme is IdScheme.DOI)


def _authors(parsed: object) -> tuple[str, ...]:
    """Names from `[family, given, suffix, affiliation …]`; a collaboration has a family name alone."""
    if not isinstance(parsed, list):
        return ()
    names = []
    for one in parsed:
        if isinstance(one, list) and len(one) >= 3:
            family, given, suffix = one[0], one[1], one[2]
            if isinstance(family, str) and isinstance(given, str) and isinstance(suffix, str):
                names.append(f"{given} {family} {suffix}")
    return clean_names(names)


def _versions(listed: object) -> tuple[PaperVersion, ...]:
    """The versions with a number and a date, each once, in order."""
    found: dict[int, PaperVersion] = {}
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            number = text_of(one.get("version")).removeprefix("v")
            at = mail_instant(text_of(one.get("created")))
            if at is not None and number.isascii() and number.isdigit() and len(number) <= 4:
                found.setdefault(int(number), PaperVersion(int(number), at))
    return tuple(found[number] for number in sorted(found))
