r"""Spans as Discord's Markdown, in which nothing of a text that others wrote is read as anything. Pure.

Discord lets a backslash stand before any mark: `\*` is a star. So every character that can begin or end
something is escaped on its own: marks of style and code, brackets, the `<` of mentions, times, emoji and
commands, the `@` of everyone, the `:` of addresses and emoji; and at the beginning of a span what would make
a list or small print. No word is split, and no character added that is seen.
"""

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from bot.view.doc import Span
from bot.view.text import one_line

LONGEST_ADDRESS: Final = 512  # characters of a link; what is longer is shown without it

_MARKS: Final = re.compile(r"[\\*_~`|<>#@:\[\]]")
# What makes a list or small print where a line begins: `- `, `+ `, `-# `, `1. `, `1) `.
_OPENING: Final = re.compile(r"(\s*)([-+]|[0-9]+(?=[.)]))")
# Characters that nobody sees and no text needs: zero-width spaces and joiners of words, invisible operators,
# soft hyphens, byte order marks, blank letters. Joiners of scripts and emoji stay.
_UNSEEN: Final = re.compile("[\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0]")
_SPACES: Final = re.compile(" +")
_NOT_IN_ADDRESS: Final = {ord(one): f"%{ord(one):02X}" for one in "()[]<>\\*`|\"'"}
# A label with an address in it is no label to Discord: it shows the whole as text.
_ADDRESS: Final = re.compile(r"://|\bdiscord\.gg\b|\bwww\.", re.IGNORECASE)
_LONGEST_INSTANT: Final = 8_640_000_000_000  # seconds: what a client's dates hold

_STRONG: Final = "**"
_EMPHASIS: Final = "*"


def clean(text: str) -> str:
    """The text on one line, without what steers a screen or hides: what is shown of it everywhere."""
    return one_line(_UNSEEN.sub("", text))


def escaped(text: str) -> str:
    """The text as Markdown that reads as this text and nothing else, on one line."""
    text = clean(text)
    opening = _OPENING.match(text)
    head = ""
    if opening is not None:
        blanks, mark = opening.groups()
        head = f"{blanks}\\{mark}" if mark in "-+" else f"{blanks}{mark}\\{text[opening.end()]}"
        text = text[opening.end() + (0 if mark in "-+" else 1) :]
    return head + _MARKS.sub(r"\\\g<0>", text)


def line(spans: Iterable[Span]) -> str:
    """One line of Markdown; empty where nothing is seen.

    A style has no blanks at its ends, else Discord would not read it; and one that would touch another, which
    could be read in two ways, is left out.
    """
    made, open_end = "", False  # whether a style just ended
    for style, some in groupby(spans, _style):
        text = "".join(map(_marked, some))
        core = text.strip()
        if not core:
            made, open_end = made + text, open_end and not text
            continue
        head, _, tail = text.partition(core)
        mark = "" if open_end and not head else style
        made += f"{head}{mark}{core}{mark}{tail}"
        open_end = bool(mark) and not tail
    return _SPACES.sub(" ", made).strip()


def address(url: str) -> str | None:
    """The address as it stands behind a label; `None` if it is too long to be followed."""
    made = url.translate(_NOT_IN_ADDRESS)
    return made if len(made) <= LONGEST_ADDRESS else None


def _style(span: Span) -> str:
    if span.code:
        return ""  # it has its own
    return f"{_STRONG if span.strong else ''}{_EMPHASIS if span.emphasis else ''}"


def _marked(span: Span) -> str:
    """A span without its style."""
    if span.instant is not None and abs(span.instant) <= _LONGEST_INSTANT:
        return f"<t:{span.instant}:f>"
    if not clean(span.text).strip():
        return clean(span.text)
    return _code(clean(span.text)) if span.code else _linked(span)


def _linked(span: Span) -> str:
    text = escaped(span.text)
    url = address(span.url) if span.url is not None else None
    if url is None:
        return text
    label = text.strip()
    head, _, tail = text.partition(label)
    link = f"{label} ([link]({url}))" if _ADDRESS.search(clean(span.text)) else f"[{label}]({url})"
    return f"{head}{link}{tail}"


def _code(text: str) -> str:
    """Code, in which nothing is escaped, between more backticks than stand in a row in it."""
    fence = "`"
    while fence in text:
        fence += "`"
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"
