"""A message as a surface with things to press can show it: every label fits and is there once. Pure.

So it can be told by ear which is which.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from bot.view.doc import Actions, Block, Button, Doc, Note, PaperCard, Span
from bot.view.text import ELLIPSIS, one_line, shorten


def plain(spans: Iterable[Span]) -> str:
    """All of the text on one line, for where nothing but text is shown."""
    return one_line("".join(span.shown for span in spans)).strip()


def ready(doc: Doc, longest_label: int) -> Doc:
    """The message with labels that fit and differ, by the paper's number where that tells them apart.

    Whom its small print names as the author of its summaries is not named again beside each.
    """
    small_print = "".join(plain(block.spans) for block in doc.blocks if isinstance(block, Note))

    def shown(block: Block) -> Block:
        if isinstance(block, PaperCard) and f"Summaries by {block.summary_from}." in small_print:
            return replace(block, summary_from=None)
        return block

    return with_unique_labels(replace(doc, blocks=tuple(map(shown, doc.blocks))), longest_label)


def with_unique_labels(doc: Doc, longest: int) -> Doc:
    """The same for a message whose papers are shown apart from its small print."""
    counts = Counter(_label(button.label, longest) for block in doc.blocks for button in _buttons(block))
    taken: set[str] = set()

    def named(button: Button, number: int | None) -> Button:
        label = _label(button.label, longest)
        if number is not None and counts[label] > 1:
            label = _with(label, f", paper {number}", longest)
        again, unique = 1, label
        while unique in taken:
            again += 1
            unique = _with(label, f" ({again})", longest)
        taken.add(unique)
        return button if unique == button.label else replace(button, label=unique)

    def block_named(block: Block) -> Block:
        match block:
            case PaperCard():
                return replace(block, menu=tuple(named(button, block.number) for button in block.menu))
            case Actions(buttons):
                return Actions(tuple(named(button, None) for button in buttons))
            case _:
                return block

    return replace(doc, blocks=tuple(map(block_named, doc.blocks)))


def _buttons(block: Block) -> tuple[Button, ...]:
    match block:
        case PaperCard(menu=buttons) | Actions(buttons=buttons):
            return buttons
        case _:
            return ()


@lru_cache(maxsize=1_000)  # most messages have the same ones
def _label(text: str, longest: int) -> str:
    return shorten(plain((Span(text),)), longest) or ELLIPSIS


def _with(label: str, suffix: str, longest: int) -> str:
    return shorten(label, longest - len(suffix)) + suffix
