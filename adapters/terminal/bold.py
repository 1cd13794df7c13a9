"""A message as a terminal shows it: plain text, in which what is strong is bold. Pure."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, assert_never

from bot.view.doc import Actions, Block, Divider, Doc, Heading, Note, PaperCard, Section, Span, marked
from bot.view.plain import to_plain

BOLD: Final = "\x1b[1m"
NORMAL: Final = "\x1b[22m"

# Stand around strong words while lines are made: they take no room there, and no word needs them.
_ON: Final = "\N{FUNCTION APPLICATION}"
_OFF: Final = "\N{INVISIBLE TIMES}"
_EITHER: Final = re.compile(f"[{_ON}{_OFF}]")
_WORD: Final = re.compile(r"\S*\w")  # without what ends a sentence: that tells a label from one


def to_bold(doc: Doc, width: int | None = None) -> str:
    """As `to_plain` makes it, its strong words in bold: each by itself, so that a new line ends nothing."""
    text = to_plain(replace(doc, blocks=tuple(map(_block, doc.blocks))), width)
    return text.replace(_ON, BOLD).replace(_OFF, NORMAL)


def _block(block: Block) -> Block:
    match block:
        case Heading(spans) | Section(spans) | Note(spans):
            return replace(block, spans=_spans(spans))
        case PaperCard():
            title = _spans(marked(block.title, block.title_marks))
            return replace(
                block,
                title=replace(block.title, text="".join(span.text for span in title)),
                summary=_spans(block.summary),
                facts=_spans(block.facts),
            )
        case Divider() | Actions():
            return block
        case _:
            assert_never(block)


def _spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(replace(span, text=_words(span)) for span in spans)


def _words(span: Span) -> str:
    text = _EITHER.sub("", span.text)
    return _WORD.sub(rf"{_ON}\g<0>{_OFF}", text) if span.strong else text
