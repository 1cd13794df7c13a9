"""JSON Lines: one object a line, its fields named as `docs/import.md` lists them. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from bot.importing.entries import Entry, Found, Line, Reason, json_entries
from bot.importing.fields import (
    categories_of,
    count_of,
    ids_of,
    instant_of,
    line_of,
    names_of,
    text_of,
    words_of,
)
from bot.model import PaperId, PaperReading, Signal
from bot.sources.ids import code_link_in
from bot.sources.text import clean_abstract, clean_link, clean_name, clean_title

_BETWEEN_KEYWORDS: Final = r"[,;]"


def entries(lines: Iterable[Line]) -> Iterator[Entry]:
    """What each line came to."""
    return json_entries(lines, _paper)


def _paper(row: dict[str, Any]) -> Found | Reason:
    title = clean_title(text_of(row.get("title")))
    if not title:
        return Reason.NO_TITLE
    left_out: list[str] = []

    def noted(name: str, value: Any) -> Any:
        """The value; where it is empty though the field is not, the field's name is noted."""
        if not value and value != 0 and row.get(name):
            left_out.append(name)
        return value

    abstract = noted("abstract", clean_abstract(text_of(row.get("abstract"))))
    citations = noted("citations", count_of(row.get("citations")))
    reading = PaperReading(
        ids=_ids(row, left_out),
        title=title,
        abstract=abstract,
        authors=noted("authors", names_of(row.get("authors"))),
        published_at=_published(row, left_out),
        categories=noted("categories", categories_of(row.get("categories"))),
        keywords=noted("keywords", words_of(row.get("keywords"), _BETWEEN_KEYWORDS)),
        comment=noted("comment", line_of(row.get("comment"))),
        organization=noted("organization", clean_name(text_of(row.get("organization"))) or None),
        code_url=noted("code", clean_link(text_of(row.get("code")))) or code_link_in(abstract),
        project_url=noted("project", clean_link(text_of(row.get("project")))),
        signals={} if citations is None else {Signal.CITATIONS: citations},
    )
    return Found(reading, tuple(left_out))


def _ids(row: dict[str, Any], left_out: list[str]) -> tuple[PaperId, ...]:
    """The paper's ids; an `id` that nobody but its writer knows is no use, and nothing to speak of."""
    found = list(ids_of(row.get("id")))
    for name in ("arxiv_id", "doi"):
        ids = ids_of(row.get(name))
        if not ids and row.get(name):
            left_out.append(name)
        found += ids
    return tuple(dict.fromkeys(found))


def _published(row: dict[str, Any], left_out: list[str]) -> datetime | None:
    """When it was published; `date` is read where there is no `published`."""
    name = "published" if row.get("published") else "date"
    at = instant_of(row.get(name))
    if at is None and row.get(name):
        left_out.append(name)
    return at
