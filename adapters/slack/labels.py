"""Labels of what can be pressed: each once in a message, so that it can be told by ear which is which."""

from collections import Counter
from dataclasses import replace
from typing import Final

from adapters.slack.escape import plain
from bot.view.doc import Actions, Block, Button, Doc, PaperCard, Span
from bot.view.text import ELLIPSIS, shorten

LONGEST_LABEL: Final = 75


def with_unique_labels(doc: Doc) -> Doc:
    """The message with labels that fit and differ, by the paper's number where that tells them apart."""
    counts = Counter(_label(button) for block in doc.blocks for button in _buttons(block))
    taken: set[str] = set()

    def named(button: Button, number: int | None) -> Button:
        label = _label(button)
        if number is not None and counts[label] > 1:
            label = _with(label, f", paper {number}")
        again, unique = 1, label
        while unique in taken:
            again += 1
            unique = _with(label, f" ({again})")
        taken.add(unique)
        return replace(button, label=unique)

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


def _label(button: Button) -> str:
    return shorten(plain((Span(button.label),)), LONGEST_LABEL) or ELLIPSIS


def _with(label: str, suffix: str) -> str:
    return shorten(label, LONGEST_LABEL - len(suffix)) + suffix
