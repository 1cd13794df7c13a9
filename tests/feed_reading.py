"""Feeds as a strict reader takes them: what RFC 4287 and JSON Feed 1.1 ask for, and what is in them."""

import json
from html.parser import HTMLParser
from typing import Any, Final

import jsonschema
from lxml import etree

ATOM: Final = "{http://www.w3.org/2005/Atom}"

# From RFC 4287, sections 2 to 4, without what only other programs' feeds have: `source`, foreign markup, and
# content that is neither text nor HTML.
_RELAX_NG: Final = b"""
<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="http://www.w3.org/2005/Atom"
    datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start>
    <element name="feed"><interleave>
      <zeroOrMore><ref name="person"/></zeroOrMore>
      <zeroOrMore><ref name="category"/></zeroOrMore>
      <optional><element name="generator"><ref name="said"/></element></optional>
      <element name="id"><ref name="address"/></element>
      <zeroOrMore><ref name="link"/></zeroOrMore>
      <optional><element name="subtitle"><ref name="text"/></element></optional>
      <element name="title"><ref name="text"/></element>
      <element name="updated"><ref name="instant"/></element>
      <zeroOrMore><ref name="entry"/></zeroOrMore>
    </interleave></element>
  </start>
  <define name="entry">
    <element name="entry"><interleave>
      <zeroOrMore><ref name="person"/></zeroOrMore>
      <zeroOrMore><ref name="category"/></zeroOrMore>
      <optional><element name="content"><ref name="text"/></element></optional>
      <element name="id"><ref name="address"/></element>
      <zeroOrMore><ref name="link"/></zeroOrMore>
      <optional><element name="published"><ref name="instant"/></element></optional>
      <optional><element name="summary"><ref name="text"/></element></optional>
      <element name="title"><ref name="text"/></element>
      <element name="updated"><ref name="instant"/></element>
    </interleave></element>
  </define>
  <define name="person">
    <element name="author"><element name="name"><ref name="said"/></element></element>
  </define>
  <define name="category">
    <element name="category"><attribute name="term"><ref name="said"/></attribute><empty/></element>
  </define>
  <define name="link">
    <element name="link">
      <attribute name="href"><ref name="address"/></attribute>
      <optional>
        <attribute name="rel"><choice><value>self</value><value>alternate</value></choice></attribute>
      </optional>
      <optional>
        <attribute name="type"><data type="string"><param name="pattern">.+/.+</param></data></attribute>
      </optional>
      <empty/>
    </element>
  </define>
  <define name="text">
    <optional>
      <attribute name="type"><choice><value>text</value><value>html</value></choice></attribute>
    </optional>
    <text/>
  </define>
  <define name="said"><data type="string"><param name="minLength">1</param></data></define>
  <define name="address"><data type="anyURI"><param name="pattern">[A-Za-z]+:.+</param></data></define>
  <define name="instant">
    <data type="dateTime"><param name="pattern">[^tz]+T[^tz]+(Z|[+-].+)</param></data>
  </define>
</grammar>
"""
_ATOM: Final = etree.RelaxNG(etree.fromstring(_RELAX_NG))

# From https://www.jsonfeed.org/version/1.1/; a name that the specification does not have is a mistake here.
_INSTANT: Final = {"type": "string", "format": "date-time"}
_ADDRESS: Final = {"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^\\s]+$"}
_SAID: Final = {"type": "string", "minLength": 1}
_AUTHORS: Final = {
    "type": "array",
    "items": {"type": "object", "properties": {"name": _SAID}, "required": ["name"]},
    "minItems": 1,
}
_JSON_FEED: Final = jsonschema.Draft202012Validator(
    {
        "type": "object",
        "required": ["version", "title", "items"],
        "additionalProperties": False,
        "properties": {
            "version": {"const": "https://jsonfeed.org/version/1.1"},
            "title": {"type": "string"},
            "home_page_url": _ADDRESS,
            "feed_url": _ADDRESS,
            "description": {"type": "string"},
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id"],
                    "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
                    "additionalProperties": False,
                    "properties": {
                        "id": _SAID,
                        "url": _ADDRESS,
                        "title": {"type": "string"},
                        "content_html": {"type": "string"},
                        "content_text": {"type": "string"},
                        "summary": {"type": "string"},
                        "date_published": _INSTANT,
                        "date_modified": _INSTANT,
                        "authors": _AUTHORS,
                        "tags": {"type": "array", "items": _SAID, "minItems": 1, "uniqueItems": True},
                    },
                },
            },
        },
    },
    format_checker=jsonschema.FormatChecker(),
)


def read_atom(document: bytes) -> Any:
    """The root of the document. Fails unless it is a right Atom feed."""
    root = etree.fromstring(document)
    _ATOM.assertValid(root)
    ids = [one.text for one in root.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids)), "4.2.6: each has an id of its own"
    for entry in root.iter(f"{ATOM}entry"):
        assert entry.find(f"{ATOM}author") is not None or root.find(f"{ATOM}author") is not None  # 4.1.2
        assert entry.find(f"{ATOM}content") is not None or entry.find(f"{ATOM}link") is not None  # 4.1.2
        assert len(entry.findall(f"{ATOM}link")) <= 1  # 4.1.1: of alternates of one kind
    return root


def read_json_feed(document: bytes) -> dict[str, Any]:
    """The feed. Fails unless it is a right JSON Feed."""
    found: dict[str, Any] = json.loads(document)
    _JSON_FEED.validate(found)
    ids = [item["id"] for item in found["items"]]
    assert len(ids) == len(set(ids))
    return found


class Html(HTMLParser):
    """The text of an entry's HTML, in paragraphs. Fails on any markup but the few tags that feeds use."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self.addresses: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        allowed = {
            "p": {"dir"},
            "a": {"href", "rel"},
            "em": set[str](),
            "strong": set[str](),
            "code": set[str](),
        }
        assert {name for name, _ in attrs} <= allowed[tag]
        self._open.append(tag)
        if tag == "p":
            assert len(self._open) == 1
            self.paragraphs.append("")
        if tag == "a":
            self.addresses.append(dict(attrs)["href"] or "")
            assert self.addresses[-1].lower().startswith(("http://", "https://"))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert self._open
        self.paragraphs[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")
