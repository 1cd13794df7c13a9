"""How Slack could read a message: written from its documentation, and knowing nothing of how ours are made.

Markup is read as leniently as any client might: two marks of one kind make a style wherever they stand, in
the label of a link as well. What survives this reading survives every stricter one.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

_ENTITY = re.compile(r"<([^<>]*)>")
_DATE = re.compile(r"!date\^(\d+)\^([^|^]*)(?:\^([^|]*))?\|(.*)", re.DOTALL)
_EMOJI = re.compile(r":[^\s:]+:")
_STYLES = {"*": "bold", "_": "italic", "~": "strike", "`": "code"}


class Glyph(NamedTuple):
    """One character as it is shown."""

    character: str
    url: str | None = None
    instant: int | None = None
    styles: frozenset[str] = frozenset()


class MentionError(AssertionError):
    """Somebody would be called."""


def glyphs_of(blocks: list[dict[str, Any]]) -> list[Glyph]:
    """All text of the blocks in order, blanks left out; what can be pressed is left out too."""
    found = [glyph for block in blocks for glyph in _block(block)]
    return [glyph for glyph in found if not glyph.character.isspace()]


def _block(block: dict[str, Any]) -> Iterator[Glyph]:
    match block["type"]:
        case "header" | "section":
            yield from _text(block["text"])
        case "context":
            for element in block["elements"]:
                yield from _text(element)
        case "rich_text":
            for part in block["elements"]:
                assert part["type"] in {"rich_text_section", "rich_text_quote"}
                for element in part["elements"]:
                    yield from _rich(element)
        case "divider" | "actions":
            pass
        case other:
            raise AssertionError(f"a block of type {other}")


def _text(value: dict[str, Any]) -> Iterator[Glyph]:
    if value["type"] == "plain_text":
        assert value["emoji"] is False
        return map(Glyph, value["text"])
    assert value["verbatim"] is True
    return iter(read_markup(value["text"]))


def _rich(element: dict[str, Any]) -> Iterator[Glyph]:
    styles = frozenset(name for name, on in element.get("style", {}).items() if on)
    match element["type"]:
        case "text":
            return (Glyph(one, None, None, styles) for one in element["text"])
        case "link":
            return (Glyph(one, element["url"], None, styles) for one in element["text"])
        case "date":
            url, instant = element.get("url"), element["timestamp"]
            return (Glyph(one, url, instant, styles) for one in element["fallback"])
        case other:
            raise MentionError(f"rich text has an element of type {other}")


def read_markup(text: str) -> list[Glyph]:
    """Markup, read leniently."""
    flat: list[Glyph] = []
    end = 0
    for entity in _ENTITY.finditer(text):
        flat += map(Glyph, _unescaped(text[end : entity.start()]))
        flat += _entity(entity[1])
        end = entity.end()
    flat += map(Glyph, _unescaped(text[end:]))
    shown = "".join(glyph.character for glyph in flat)
    assert not _EMOJI.search(shown), "an emoji"
    assert not re.search(r"^\s*>", shown, re.MULTILINE), "a quotation"
    return list(_styled(flat))


def _unescaped(text: str) -> str:
    assert "<" not in text, "an entity without an end"
    assert ">" not in text, "an entity without a beginning"
    assert not re.search(r"&(?!amp;|lt;|gt;)", text), "a lone ampersand"
    return html.unescape(text)


def _entity(inside: str) -> Iterator[Glyph]:
    if date := _DATE.fullmatch(inside):
        url = _unescaped(date[3]) if date[3] else None
        return (Glyph(one, url, int(date[1])) for one in _unescaped(date[4]))
    if inside[:1] in {"@", "#", "!"}:
        raise MentionError(inside)
    url, _, label = inside.partition("|")
    assert label, "a link without a label"
    assert "|" not in label, "a label that may end early"
    address = _unescaped(url)
    return (Glyph(one, address) for one in _unescaped(label))


def _styled(flat: list[Glyph]) -> Iterator[Glyph]:
    left = Counter(glyph.character for glyph in flat if glyph.character in _STYLES)
    on: set[str] = set()
    for glyph in flat:
        style = _STYLES.get(glyph.character)
        if style is None or (left[glyph.character] == 1 and style not in on):
            yield glyph._replace(styles=frozenset(on))
            continue
        left[glyph.character] -= 1
        on ^= {style}
