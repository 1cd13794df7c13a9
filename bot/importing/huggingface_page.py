"""A search page of Hugging Face Papers, saved as text: titles and abstracts in turn, a line each. Pure.

Above the first title stand a banner about e-mail and its button, whose word "Subscribe" is glued to that
title. The page names no ids: its papers are told from others by their titles and abstracts.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from bot.importing.entries import Entry, Found, Line, Reason
from bot.model import PaperReading
from bot.sources.ids import code_link_in
from bot.sources.text import clean_abstract, clean_title

BANNER: Final = "Get trending papers in your email inbox"
_BUTTON: Final = "Subscribe"

# A page that has lost a line would otherwise pair each abstract with the title below it. Of the 243 papers of
# a recorded page the longest title has 135 characters, and the shortest abstract 444.
_LONGEST_TITLE: Final = 300
_SHORTEST_ABSTRACT: Final = 150


def entries(lines: Iterable[Line]) -> Iterator[Entry]:
    """What each title and its abstract came to; the lines may begin at any title."""
    title: Line | None = None
    below_banner = False
    for line in lines:
        text = line.text.strip()
        if BANNER in text:
            below_banner = True
            continue
        if below_banner:
            below_banner = False
            text = text.removeprefix(_BUTTON).strip()
        if not text and line.fault is None:
            continue
        if title is not None and (line.fault is not None or len(text) < _SHORTEST_ABSTRACT):
            yield Entry(title.number, title.number, Reason.NO_ABSTRACT)
            title = None
        if line.fault is not None:
            yield Entry(line.number, line.number, line.fault)
        elif title is not None:
            yield Entry(title.number, line.number, _paper(title.text, text))
            title = None
        elif len(text) > _LONGEST_TITLE:
            yield Entry(line.number, line.number, Reason.NO_TITLE)
        else:
            title = Line(line.number, text)
    if title is not None:
        yield Entry(title.number, title.number, Reason.NO_ABSTRACT)


def _paper(title: str, abstract: str) -> Found | Reason:
    abstract = clean_abstract(abstract)
    reading = PaperReading(
        ids=(), title=clean_title(title), abstract=abstract, code_url=code_link_in(abstract)
    )
    return Found(reading) if reading.title else Reason.NO_TITLE
