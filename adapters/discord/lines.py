"""Blocks as lines of Discord's Markdown. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final, assert_never

from adapters.discord.escape import clean, escaped, line
from bot.view.doc import Actions, Block, Divider, Doc, Heading, Note, PaperCard, Section, Span, marked
from bot.view.ready import plain
from bot.view.text import shorten

LONGEST_NAME: Final = 100  # of a thread
LONGEST_EMBED_TITLE: Final = 256
_DOT: Final = Span(" · ")


def name_of(doc: Doc) -> str:
    """What a thread with this message is called."""
    texts = [plain(block.spans) for block in doc.blocks if isinstance(block, Heading)]
    return shorten(clean(next(filter(None, texts), doc.fallback)).strip(), LONGEST_NAME) or "Paperboy"


def lines_of(block: Block) -> list[str]:
    """A block's lines of Markdown; none where there is nothing to read."""
    match block:
        case Heading(spans):
            return _with("## ", line(_unstyled(spans)))
        case Section(spans):
            return _with("", line(spans))
        case Note(spans):
            return _with("-# ", line(spans))
        case PaperCard():
            return list(_of_card(replace(block, menu=())))  # which differs from place to place
        case Divider() | Actions():
            return []
        case _:
            assert_never(block)


@lru_cache(maxsize=1_000)  # a paper of a popular digest goes to thousands of places
def _of_card(card: PaperCard) -> tuple[str, ...]:
    return (line(_title(card)), *under_title(card))


def under_title(card: PaperCard) -> list[str]:
    """A paper's summary, and its small print."""
    return [*_with("", line(_summary(card))), *_facts(card)]


def _unstyled(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans for a heading, which is bold by itself."""
    return (replace(span, strong=False) for span in spans)


def _with(mark: str, text: str) -> list[str]:
    return [f"{mark}{text}"] if text else []


def _title(card: PaperCard) -> tuple[Span, ...]:
    """The number and the linked title, bold; or, where something was looked for in it, that alone."""
    title = replace(card.title, strong=not card.title_marks)
    return (Span(f"{card.number}. ", strong=title.strong), *marked(title, card.title_marks))


def _summary(card: PaperCard) -> tuple[Span, ...]:
    if not plain(card.summary):
        return ()
    return (*card.summary, *((Span(f" ({card.summary_from})"),) if card.summary_from else ()))


def _facts(card: PaperCard) -> list[str]:
    spans = [part for fact in card.facts if plain((fact,)) for part in (_DOT, fact)]
    return _with("-# ", line(spans[1:]))


def embed_title(card: PaperCard) -> str:
    """A paper's number and title as an embed's title, shortened at a word."""
    text = clean(f"{card.number}. {card.title.text}").strip()
    room = LONGEST_EMBED_TITLE
    while len(title := escaped(shorten(text, room))) > LONGEST_EMBED_TITLE:
        room -= len(title) - LONGEST_EMBED_TITLE
    return title


def quoted(card: PaperCard) -> list[str]:
    """A paper in a box of its own: its summary is a quotation, and who wrote it stands below."""
    summary = _with("> ", line(card.summary))
    author = [f"> -# {escaped(card.summary_from)}"] if summary and card.summary_from else []
    return [
        f"### {line(_unstyled(_title(card)))}",
        *summary,
        *author,
        *_facts(card),
    ]
