"""How Discord reads a message: written from how its clients behave, knowing nothing of how ours are made.

Markdown is read in the order of the clients' rules, and more leniently than they do where they differ: what
begins a line may do so after a mark, too. What survives this reading survives every stricter one.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

_ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
_CODE = re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)")
_INSTANT = re.compile(r"<t:(-?\d+)(?::[tTdDfFR])?>")
_CALL = re.compile(
    r"<@[!&]?\d+>|<#\d+>|<a?:\w+:\d+>|</[^:>]+:\d+>|<id:\w+>|@everyone|@here|<(?:https?|mailto|tel|discord):[^>]*>"
)
_LINK = re.compile(r"\[((?:\\.|[^\\\[\]])+)\]\(\s*<?((?:[^\s\\()<>]|\\.)+)>?\s*\)")
_ADDRESS = re.compile(r"(?:https?|steam|discord)://\S+", re.IGNORECASE)
_EMOJI = re.compile(r":[^\s:]+:")
_LINE_BEGINS = re.compile(r"\s*(?:#{1,3}\s|-#\s|>{1,3}\s|>>>|[-*+]\s|\d+[.)]\s)")
_STYLES = {
    "bold": re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)"),
    "underline": re.compile(r"__((?:\\[\s\S]|[^\\])+?)__(?!_)"),
    "strike": re.compile(r"~~((?:\\[\s\S]|[^\\])+?)~~"),
    "spoiler": re.compile(r"\|\|((?:\\[\s\S]|[^\\])+?)\|\|"),
    "italic": re.compile(r"\*(?=\S)((?:\*\*|\\[\s\S]|[^\\*])+?)\*(?!\*)"),
    "italic too": re.compile(r"_((?:\\[\s\S]|[^\\_])+?)_(?![0-9A-Za-z])"),
}


class Glyph(NamedTuple):
    """One character as it is shown; an instant is one without a character."""

    character: str
    url: str | None = None
    instant: int | None = None
    styles: frozenset[str] = frozenset()


class CallError(AssertionError):
    """Somebody would be called, or something linked or pictured, that nobody wrote."""


def read_line(text: str) -> list[Glyph]:
    """One line of Markdown without what begins it."""
    return list(_read(text, frozenset()))


def read_markdown(text: str) -> list[Glyph]:
    """Lines with the beginnings that ours have: a heading, a quotation, small print."""
    found: list[Glyph] = []
    for line in text.split("\n"):
        begun = re.match(r"(?:#{2,3} |> -# |> |-# )?", line)
        assert begun is not None
        found += read_line(line[begun.end() :])
    return found


def _read(text: str, styles: frozenset[str]) -> Iterator[Glyph]:
    if _LINE_BEGINS.match(text):
        raise CallError(f"a line that begins something: {text[:40]!r}")
    at = 0
    while at < len(text):
        if escape := _ESCAPE.match(text, at):
            yield Glyph(escape[1], styles=styles)
            at = escape.end()
        elif code := _CODE.match(text, at):
            yield from (Glyph(one, styles=styles | {"code"}) for one in code[2].strip())
            at = code.end()
        elif instant := _INSTANT.match(text, at):
            yield Glyph("", instant=int(instant[1]), styles=styles)
            at = instant.end()
        elif call := _CALL.match(text, at) or _EMOJI.match(text, at) or _ADDRESS.match(text, at):
            raise CallError(call[0])
        elif link := _LINK.match(text, at):
            label = list(_read(link[1], styles))
            assert label
            assert not re.search(r"://", "".join(one.character for one in label)), "a label like an address"
            yield from (one._replace(url=link[2]) for one in label)
            at = link.end()
        else:
            for name, rule in _STYLES.items():
                if styled := rule.match(text, at):
                    yield from _read(styled[1], styles | {name.removesuffix(" too")})
                    at = styled.end()
                    break
            else:
                yield Glyph(text[at], styles=styles)
                at += 1


# --- messages ------------------------------------------------------------------------------------------


def every(components: Any) -> Iterator[dict[str, Any]]:
    """All components of a message, from outside in, in the order in which they are seen."""
    for component in components or ():
        yield component
        yield from every(component.get("components"))
        if "accessory" in component:
            yield component["accessory"]


def texts_of(components: Any, embeds: Any = ()) -> list[str]:
    """All Markdown of a message, in order."""
    shown = [one["content"] for one in every(components) if one["type"] == 10]
    for embed in embeds:
        shown += [embed[name] for name in ("title", "description") if embed.get(name)]
    return shown


def glyphs_of(components: Any, embeds: Any = ()) -> list[Glyph]:
    """All that can be read in a message, blanks left out; what can be pressed is left out too."""
    found = [glyph for text in texts_of(components, embeds) for glyph in read_markdown(text)]
    return [glyph for glyph in found if glyph.instant is not None or not glyph.character.isspace()]
