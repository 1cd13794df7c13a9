"""arXiv's two Atom feeds, read into what the model knows. Pure.

- The query API answers with one entry a paper (info.arxiv.org/help/api/user-manual.html, section 3.3).
- The new listings hold the current batch of announcements
  (info.arxiv.org/help/atom_specifications.html): authors in one string, the abstract behind a prefix, and
  no date of submission.

The XML is read strictly and by its namespaces: half a feed is an error, never a shorter list. What XML
forbids and upstreams send all the same (control characters, broken UTF-8) is mended, a document type is
refused, so that no entity can be declared. One bad entry costs that entry alone.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from bot.errors import GarbledError, UpstreamRefusedError
from bot.ids import arxiv_id_of
from bot.model import AnnounceType, IdScheme, PaperId, PaperReading, PaperVersion, Upstream
from bot.sources.text import clean_abstract, clean_name, clean_title

_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_ARXIV: Final = "{http://arxiv.org/schemas/atom}"
_DC: Final = "{http://purl.org/dc/elements/1.1/}"

_ERRORS_PAGE: Final = "arxiv.org/api/errors"

# An archive, and mostly a subject class: cs.AI, hep-th, cond-mat.mes-hall. Feeds mix these with classes of
# the ACM (I.2.6) and the AMS (68T05), which are no categories of arXiv.
CATEGORY: Final = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]+(?:-[A-Za-z]+)*)?")
_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_PREFIX: Final = re.compile(r"\s*arXiv:\S+\s+Announce Type:\s*(?P<type>[\w-]+)\s*(?:Abstract:\s*)?")
_IN_PARENTHESES: Final = re.compile(r"\([^()]*\)")
_SUFFIX: Final = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV", re.IGNORECASE)

# Characters, and references to characters, that no XML 1.0 document may hold.
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE: Final = re.compile(r"&#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}));")

_PAGE: Final = re.compile(rb"\s*<(?:!doctype )?html", re.IGNORECASE)

# Which type a paper has that stands in a feed twice: what it is in its own category.
_STRENGTH: Final = (
    AnnounceType.NEW,
    AnnounceType.REPLACE,
    AnnounceType.CROSS,
    AnnounceType.REPLACE_CROSS,
)


@dataclass(frozen=True, slots=True)
class SkippedEntry:
    """An entry that could not be read: what can be said of it, and why."""

    paper_id: PaperId | None
    reason: str


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """One answer of the query API, in arXiv's order. An id that arXiv does not know has no entry."""

    readings: tuple[PaperReading, ...]
    skipped: tuple[SkippedEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedAnnouncements:
    """One batch of announcements in arXiv's order; on weekends and holidays it has none."""

    readings: tuple[PaperReading, ...]
    skipped: tuple[SkippedEntry, ...] = ()
    entries: int = 0  # in the feed, with those that were skipped or stood there twice
    batch: date | None = None  # the day of announcement, as dated in New York; `None`: no entry says


def parse_query_feed(body: bytes) -> ParsedFeed:
    """Reads an answer of the query API.

    Raises `UpstreamRefusedError` with arXiv's own words if it is an Error feed, and `GarbledError` if the
    body is no Atom feed.
    """
    entries = list(_entries(_feed(body)))
    for entry in entries:
        if _ERRORS_PAGE in _text(entry, _ATOM + "id"):
            words = clean_title(_text(entry, _ATOM + "summary")) or "no reason given"
            raise UpstreamRefusedError(Upstream.ARXIV.label, f"refused the request: {words}.", 400)
    readings, skipped = _each(entries, _paper)
    return ParsedFeed(readings, skipped)


def parse_announcements(body: bytes) -> ParsedAnnouncements:
    """Reads a feed of new listings. Raises `GarbledError` if the body is no Atom feed."""
    entries = list(_entries(_feed(body)))
    readings, skipped = _each(entries, _announcement)
    days = (_instant(_text(entry, _ATOM + "published")) for entry in entries)
    return ParsedAnnouncements(
        readings=strongest(readings),
        skipped=skipped,
        entries=len(entries),
        # The date is written with New York's own offset: 2025-08-20T00:00:00-04:00.
        batch=max((day.date() for day in days if day is not None), default=None),
    )


def strongest(readings: tuple[PaperReading, ...]) -> tuple[PaperReading, ...]:
    """Each paper once, as what it is in its own category: asked by category, a new paper comes as a
    cross-list too.
    """
    best: dict[PaperId, PaperReading] = {}
    for reading in readings:
        key = reading.ids[0]
        if key not in best or _strength(reading) < _strength(best[key]):
            best[key] = reading
    return tuple(best.values())


def _strength(reading: PaperReading) -> int:
    return len(_STRENGTH) if reading.announce_type is None else _STRENGTH.index(reading.announce_type)


# --- entries -------------------------------------------------------------------------------------


class _UnreadableError(Exception):
    """This entry says too little to be of use."""


def _each(
    entries: list[Element], read: Callable[[Element, str, int | None], PaperReading]
) -> tuple[tuple[PaperReading, ...], tuple[SkippedEntry, ...]]:
    readings: list[PaperReading] = []
    skipped: list[SkippedEntry] = []
    for entry in entries:
        name = _text(entry, _ATOM + "id")
        known = arxiv_id_of(name)
        if known is None:
            skipped.append(SkippedEntry(None, f"its id is no arXiv id: {clean_title(name)[:60]!r}"))
            continue
        try:
            readings.append(read(entry, *known))
        except _UnreadableError as error:
            skipped.append(SkippedEntry(PaperId(IdScheme.ARXIV, known[0]), str(error)))
    return tuple(readings), tuple(skipped)


def _paper(entry: Element, arxiv_id: str, version: int | None) -> PaperReading:
    published = _utc(_text(entry, _ATOM + "published"))
    primary = [found.get("term", "") for found in entry.findall(_ARXIV + "primary_category")]
    return PaperReading(
        ids=_ids(arxiv_id, _text(entry, _ARXIV + "doi")),
        # A paper was looked up for what else is said of it, so it may lack a title; one is titled "0".
        title=clean_title(_text(entry, _ATOM + "title")),
        abstract=clean_abstract(_text(entry, _ATOM + "summary")),
        authors=_names(_text(author, _ATOM + "name") for author in entry.findall(_ATOM + "author")),
        published_at=published,
        categories=_categories(primary + _terms(entry)),
        versions=_versions(version, published, _utc(_text(entry, _ATOM + "updated"))),
        comment=clean_title(_text(entry, _ARXIV + "comment")) or None,
        journal_ref=clean_title(_text(entry, _ARXIV + "journal_ref")) or None,
    )


def _announcement(entry: Element, arxiv_id: str, _version: int | None) -> PaperReading:
    title = clean_title(_text(entry, _ATOM + "title"))
    if not title:
        raise _UnreadableError("it has no title")
    summary = _text(entry, _ATOM + "summary")
    prefix = _PREFIX.match(summary)
    kind = _text(entry, _ARXIV + "announce_type").strip() or (prefix["type"] if prefix else "")
    if kind not in _STRENGTH:
        # Taken for new, a replacement would be announced again.
        raise _UnreadableError(f"its announce type is unknown: {clean_title(kind)[:20]!r}")
    creators = [_within(creator) for creator in entry.findall(_DC + "creator")]
    return PaperReading(
        ids=_ids(arxiv_id, _text(entry, _ARXIV + "DOI")),
        title=title,
        abstract=clean_abstract(summary[prefix.end() :] if prefix else summary),
        authors=_names(name for creator in creators for name in _split_authors(creator)),
        # `published` is the day of this announcement, not of the submission: left unsaid.
        categories=_categories(_terms(entry)),
        journal_ref=clean_title(_text(entry, _ARXIV + "journal_reference")) or None,
        announce_type=AnnounceType(kind),
    )


def _ids(arxiv_id: str, doi: str) -> tuple[PaperId, ...]:
    """The arXiv id and the DOIs (an article and its erratum stand in one field, apart by a space)."""
    # A DOI is the same in either case (doi.org handbook, 2.4); one form makes it one id.
    found = (word.removeprefix("https://doi.org/") for word in doi.lower().split())
    dois = dict.fromkeys(word for word in found if _DOI.fullmatch(word))
    return (PaperId(IdScheme.ARXIV, arxiv_id), *(PaperId(IdScheme.DOI, word) for word in dois))


def _versions(
    number: int | None, published: datetime | None, updated: datetime | None
) -> tuple[PaperVersion, ...]:
    """What an entry tells of a paper's versions: `published` is the first, `updated` the one it shows."""
    first = () if published is None else (PaperVersion(1, published),)
    if number is None or number <= 1 or updated is None:
        return first
    return (*first, PaperVersion(number, updated))


def _terms(entry: Element) -> list[str]:
    return [found.get("term", "") for found in entry.findall(_ATOM + "category")]


def _categories(terms: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term for term in terms if CATEGORY.fullmatch(term)))


def _names(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(filter(None, map(clean_name, names)))


def _split_authors(joined: str) -> list[str]:
    """Names from "A. Alpha (Paris, France), B. Beta, Jr."; in arXiv's author lists, parentheses hold
    affiliations.
    """
    while (without := _IN_PARENTHESES.sub(" ", joined)) != joined:
        joined = without
    names: list[str] = []
    for part in map(str.strip, joined.split(",")):
        if names and _SUFFIX.fullmatch(part):
            names[-1] += f", {part}"
        else:
            names.append(part)
    return names


# --- XML -----------------------------------------------------------------------------------------


class _DocumentTypeError(Exception):
    """The body declares a document type, which no Atom feed does."""


def _feed(body: bytes) -> Element:
    try:
        try:
            root = _tree(body, None)
        except expat.ExpatError:
            root = _tree(_mended(body), "utf-8")
    except (expat.ExpatError, _DocumentTypeError) as error:
        what = "a web page instead of a feed" if _PAGE.match(body) else f"a feed that cannot be read: {error}"
        raise GarbledError(Upstream.ARXIV.label, f"answered with {what}.") from error
    if root.tag != _ATOM + "feed":
        raise GarbledError(Upstream.ARXIV.label, "answered with XML that is no Atom feed.")
    return root


def _tree(body: bytes, encoding: str | None) -> Element:
    """The root element, its names in the form `{namespace}name`. Raises `ExpatError`."""
    builder = TreeBuilder()

    def start(name: str, attributes: dict[str, str]) -> None:
        builder.start(f"{{{name}" if "}" in name else name, attributes)

    parser = expat.ParserCreate(encoding, "}")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = builder.end  # which looks at no name: it closes what is open
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.Parse(body, True)
    return builder.close()


def _refuse_document_type(*_declaration: object) -> None:
    raise _DocumentTypeError("it declares a document type")


def _mended(body: bytes) -> bytes:
    """The body without what XML forbids; nothing of this carries a meaning."""
    text = _REFERENCE.sub(_legal_reference, body.decode("utf-8", "replace"))
    return _ILLEGAL.sub("", text).encode()


def _legal_reference(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    return "" if code > 0x10FFFF or _ILLEGAL.match(chr(code)) else match[0]


def _entries(feed: Element) -> Iterator[Element]:
    return iter(feed.findall(_ATOM + "entry"))


def _text(parent: Element, name: str) -> str:
    """All text within the first child of that name; "" if there is none."""
    child = parent.find(name)
    return "" if child is None else _within(child)


def _within(element: Element) -> str:
    return "".join(element.itertext())


def _instant(text: str) -> datetime | None:
    """An aware instant in the offset in which it is written; `None` if it is none."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _utc(text: str) -> datetime | None:
    instant = _instant(text)
    return None if instant is None else instant.astimezone(UTC)
