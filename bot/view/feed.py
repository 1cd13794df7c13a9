"""`Feed`: papers for feed readers, and how it reads as Atom 1.0 (RFC 4287) and as JSON Feed 1.1. Pure.

What upstreams wrote is plain text in here. It is escaped once, by the functions below; characters that XML
has no place for are left out of both forms.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid5
from xml.etree import ElementTree as ET

from bot.view.doc import Span
from bot.view.text import control_free, one_line

ATOM: Final = "application/atom+xml"
JSON: Final = "application/feed+json"

_MAKER: Final = "Paperboy"
_NAMES: Final = UUID("1f6e1d0c-6f0e-4a57-9d5c-8d1c3a0f7a52")  # of all ids made here; never changes
_NO_CHARACTERS: Final = re.compile("[\ufffe\uffff]")  # in XML 1.0 (2.2); `control_free` took the others
_IN_ADDRESSES: Final = "!#$%&'()*+,/:;=?@[]~"  # what RFC 3986 lets stand; the rest is percent-encoded
_MOST_AUTHORS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One paper of a feed. Instants are UTC."""

    id: str  # see `lasting_id`
    title: str
    address: str | None  # of the paper itself, where people read it
    published: datetime
    updated: datetime
    reason: str = ""  # why it is there
    summary: tuple[tuple[Span, ...], ...] = ()  # what it is about, in paragraphs
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Papers, the newest first. Addresses are absolute; `None` where the world cannot reach them."""

    id: str  # see `lasting_id`
    title: str
    description: str
    updated: datetime
    entries: tuple[FeedEntry, ...]
    page: str | None = None  # the same for people
    atom_address: str | None = None
    json_address: str | None = None


def lasting_id(name: str) -> str:
    """A `urn:uuid:` that follows from the name alone: the same at every instant, address and Paperboy.

    A `tag:` URI would need the name of a host, which changes, and which not every Paperboy has.
    """
    return uuid5(_NAMES, name).urn


# --- Atom ----------------------------------------------------------------------------------------


def atom(feed: Feed) -> bytes:
    """The feed as an Atom document, in UTF-8."""
    root = ET.Element("feed", xmlns="http://www.w3.org/2005/Atom")
    _add(root, "id", feed.id)
    _add(root, "title", _line(feed.title))
    _add(root, "subtitle", _line(feed.description))
    _add(root, "updated", _instant(feed.updated))
    if feed.atom_address is not None:
        ET.SubElement(root, "link", rel="self", type=ATOM, href=feed.atom_address)
    if feed.page is not None:
        ET.SubElement(root, "link", rel="alternate", type="text/html", href=feed.page)
    _add(root, "generator", _MAKER)
    _add(ET.SubElement(root, "author"), "name", _MAKER)  # of whatever names none itself
    for entry in feed.entries:
        _add_entry(root, entry)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _add_entry(root: ET.Element, entry: FeedEntry) -> None:
    made = ET.SubElement(root, "entry")
    _add(made, "id", entry.id)
    _add(made, "title", _line(entry.title))
    address = _address(entry.address)
    if address is not None:
        ET.SubElement(made, "link", rel="alternate", href=address)
    _add(made, "published", _instant(entry.published))
    _add(made, "updated", _instant(entry.updated))
    for name in _authors(entry.authors):
        _add(ET.SubElement(made, "author"), "name", name)
    for category in _categories(entry):
        ET.SubElement(made, "category", term=category)
    if reason := _line(entry.reason):
        _add(made, "summary", reason)
    _add(made, "content", _html(entry), type="html")


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = text


# --- JSON Feed -----------------------------------------------------------------------------------


def json_feed(feed: Feed) -> bytes:
    """The feed as a JSON Feed, in UTF-8."""
    made: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _line(feed.title),
        "home_page_url": feed.page,
        "feed_url": feed.json_address,
        "description": _line(feed.description),
        "items": [_item(entry) for entry in feed.entries],
    }
    return json.dumps(_without_empty(made), ensure_ascii=False).encode()


def _item(entry: FeedEntry) -> dict[str, Any]:
    made = {
        "id": entry.id,
        "url": _address(entry.address),
        "title": _line(entry.title),
        "summary": _line(entry.reason) or None,
        "content_html": _html(entry),
        "date_published": _instant(entry.published),
        "date_modified": _instant(entry.updated),
        "authors": [{"name": name} for name in _authors(entry.authors)] or None,
        "tags": _categories(entry) or None,
    }
    return _without_empty(made)


def _without_empty(made: dict[str, Any]) -> dict[str, Any]:
    """JSON Feed knows no null: what is not there is left out."""
    return {name: value for name, value in made.items() if value is not None}


# --- shared --------------------------------------------------------------------------------------


def _html(entry: FeedEntry) -> str:
    """The reason and what the paper is about, as HTML in which nothing but our own tags is markup."""
    paragraphs = ((Span(entry.reason, emphasis=True),), *entry.summary)
    made = ("".join(map(_html_of, spans)) for spans in paragraphs)
    return "".join(f'<p dir="auto">{text}</p>' for text in made if text)


def _html_of(span: Span) -> str:
    text = escape(_text(span.text))
    if not text:
        return ""
    for wanted, tag in ((span.code, "code"), (span.emphasis, "em"), (span.strong, "strong")):
        text = f"<{tag}>{text}</{tag}>" if wanted else text
    address = _address(span.url)
    return text if address is None else f'<a href="{escape(address)}" rel="noopener nofollow">{text}</a>'


def _text(text: str) -> str:
    return _NO_CHARACTERS.sub("", control_free(text))


def _line(text: str) -> str:
    return one_line(_text(text)).strip()


def _lines(texts: Sequence[str]) -> list[str]:
    """Each on a line of its own, without those that say nothing."""
    return [line for line in map(_line, texts) if line]


def _categories(entry: FeedEntry) -> list[str]:
    return list(dict.fromkeys(_lines(entry.categories)))


def _authors(names: Sequence[str]) -> list[str]:
    """The authors; of very many the first ones, and how many there are beside."""
    found = _lines(names)
    more = len(found) - _MOST_AUTHORS
    return [*found[:_MOST_AUTHORS], f"{more:,} others"] if more > 0 else found


def _address(address: str | None) -> str | None:
    """The address if it is an absolute http or https one, with what no address may hold encoded."""
    safe = Span("", address).url
    return None if safe is None else quote(_text(safe), safe=_IN_ADDRESSES)


def _instant(at: datetime) -> str:
    """RFC 3339, in UTC."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
