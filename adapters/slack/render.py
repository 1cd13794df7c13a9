"""A `Doc` as Slack shows it: blocks and their text, packed to Slack's limits. Pure.

    compact  a paper is its linked title with a menu, a line of summary, and one of small print
    cards    a paper stands under a line, its summary as a quotation
    thread   the message lists the titles, and its thread has a card for each paper

What a message cannot hold goes on in its thread. No word and no entity is ever cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, assert_never

from adapters.slack.escape import Json, Line, characters, escaped, mrkdwn, rich
from bot.model import Layout
from bot.view.doc import Actions, Block, Button, Divider, Doc, Heading, Note, PaperCard, Section, Span, marked
from bot.view.pack import Budget, Size, pack_papers
from bot.view.ready import plain, ready, with_unique_labels
from bot.view.text import shorten

# What Slack refuses begins at some 13,200 characters a message, at 11,300 with rich text.
BUDGET: Final = Budget(characters=10_000, blocks=50)

LAYOUTS: Final = (Layout.COMPACT, Layout.CARDS, Layout.THREAD)
"""Those that Slack has; others' are shown as cards."""

MENU: Final = "menu"  # the `action_id` of a paper's menu; the values of its options are actions
BUTTON: Final = "button-"  # how the `action_id` of a button begins; its value is an action

_LONGEST_LABEL: Final = 75
_LONGEST_SECTION: Final = 3_000
_LONGEST_HEADER: Final = 150
_LONGEST_TEXT: Final = 4_000  # of what is read aloud; Slack takes more, and advises against it
_MENU_OPTIONS: Final = 5
_MENU_VALUE: Final = 150
_ROW: Final = 25  # elements in a row of buttons
_NAME: Final = 20  # characters of an `action_id` at most
_QUESTION: Final = 80  # characters of a question before something is done, the button's label left out
_DOT: Final = Span(" · ")


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its blocks, and the text that stands for them in a notification and is read aloud."""

    blocks: tuple[Json, ...]
    text: str  # escaped; to be sent with `mrkdwn` off


def messages(
    doc: Doc, layout: Layout = Layout.COMPACT, *, further: str = "in the thread"
) -> tuple[Message, ...]:
    """The message, and those that it goes on in, which stand where `further` says.

    Raises `ValueError` for a row of buttons that no message can hold.
    """
    layout = layout if layout in LAYOUTS else Layout.CARDS
    if layout is not Layout.THREAD:
        return tuple(_messages(ready(doc, _LONGEST_LABEL), layout, further))
    doc = with_unique_labels(doc, _LONGEST_LABEL)
    head = replace(doc, blocks=tuple(map(_title_alone, doc.blocks)))
    cards = [Doc((block,), "") for block in doc.blocks if isinstance(block, PaperCard)]
    return (
        *_messages(head, Layout.COMPACT, further),
        *(message for card in cards for message in _messages(card, layout, further)),
    )


def blocks_of(doc: Doc, layout: Layout = Layout.COMPACT) -> list[Json]:
    """All of the blocks, for where others are counted with them (a home, a form)."""
    return [made for block in ready(doc, _LONGEST_LABEL).blocks for made in _render(block, layout)]


def _messages(doc: Doc, layout: Layout, further: str) -> Iterator[Message]:
    lead = doc.fallback
    for part in pack_papers(doc, BUDGET, partial(_size, layout=layout), further):
        blocks = tuple(made for block in part.blocks for made in _render(block, layout))
        yield Message(blocks, _text(part, lead))
        lead = ""


def _text(part: Doc, lead: str) -> str:
    """The lead, with the titles of those papers that it lacks; anything rather than nothing."""
    lead = plain((Span(lead),))
    titles = [plain((block.title,)) for block in part.blocks if isinstance(block, PaperCard)]
    lacking = "; ".join(title for title in titles if title and title not in lead)
    text = ": ".join(filter(None, (lead, lacking)))
    words = (plain(block.spans) for block in part.blocks if isinstance(block, Heading | Section | Note))
    return escaped(shorten(text or next(filter(None, words), "Paperboy"), _LONGEST_TEXT))


def _title_alone(block: Block) -> Block:
    if not isinstance(block, PaperCard):
        return block
    return replace(block, summary=(), summary_from=None, facts=(), menu=())


# --- blocks --------------------------------------------------------------------------------------------


def _render(block: Block, layout: Layout) -> list[Json]:
    match block:
        case Heading(spans):
            return _heading(spans)
        case Section(spans):
            return _rich_text(spans)
        case Note(spans):
            return _small_print(spans)
        case Divider():
            return [{"type": "divider"}]
        case Actions(buttons):
            return _row(buttons)
        case PaperCard():
            return _compact(block) if layout is Layout.COMPACT else _card(block, layout)
        case _:
            assert_never(block)


def _heading(spans: Line) -> list[Json]:
    text = plain(spans)
    if len(text) > _LONGEST_HEADER or _leads_somewhere(spans):
        return _rich_text(tuple(replace(span, strong=True) for span in spans))
    return [{"type": "header", "text": _plain_text(text)}] if text else []


def _small_print(spans: Line) -> list[Json]:
    """Small print is markup or plain text; a link in text that markup could misread stands in full size."""
    text = mrkdwn([spans])
    if text is None and _leads_somewhere(spans):
        return _rich_text(spans)
    element = _plain_text(plain(spans)) if text is None else _mrkdwn(text)
    return [{"type": "context", "elements": [element]}] if element["text"] else []


def _rich_text(*lines: Line) -> list[Json]:
    elements = rich(lines)
    if not elements:
        return []
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}]


def _compact(card: PaperCard) -> list[Json]:
    author = (Span(f" ({card.summary_from})"),) if card.summary_from and plain(card.summary) else ()
    return [*_with_menu(card.menu, _title(card), (*card.summary, *author)), *_small_print(_facts(card))]


def _card(card: PaperCard, layout: Layout) -> list[Json]:
    author = (Span(card.summary_from, emphasis=True),) if card.summary_from and plain(card.summary) else ()
    quoted = rich([card.summary, author])
    quote: Json = {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": quoted}]}
    return [
        *([] if layout is Layout.THREAD else [{"type": "divider"}]),
        *_with_menu(card.menu, _title(card)),
        *([quote] if quoted else []),
        *_small_print(_facts(card)),
    ]


def _title(card: PaperCard) -> Line:
    number = f"{card.number}. "
    marks = tuple((start + len(number), stop + len(number)) for start, stop in card.title_marks)
    return marked(replace(card.title, text=f"{number}{card.title.text}"), marks)


def _facts(card: PaperCard) -> Line:
    spans = [part for fact in card.facts if plain((fact,)) for part in (_DOT, fact)]
    return tuple(spans[1:])


def _leads_somewhere(spans: Line) -> bool:
    return any(span.url is not None or span.instant is not None for span in spans)


# --- what can be pressed -------------------------------------------------------------------------------


def _with_menu(menu: tuple[Button, ...], *lines: Line) -> list[Json]:
    """The lines with the menu beside them, and below in a row what no menu can carry.

    Only a section has room for a menu, and it takes no rich text: where a title needs that, the menu
    stands beside the next line.
    """
    accessory, rest = _accessory(menu)
    beside = {} if accessory is None else {"accessory": accessory}
    text = mrkdwn(lines)
    if text is not None:
        return [{"type": "section", "text": _mrkdwn(text), **beside}, *_row(rest)]
    if accessory is None:
        return [*_rich_text(*lines), *_row(rest)]
    title, *others = lines
    words = plain(span for line in others for span in line)
    text = mrkdwn(others)
    if words and text is not None:
        return [*_rich_text(title), {"type": "section", "text": _mrkdwn(text), **beside}, *_row(rest)]
    if words and not any(map(_leads_somewhere, others)):
        return [*_rich_text(title), {"type": "section", "text": _plain_text(words), **beside}, *_row(rest)]
    return [*_rich_text(*lines), {"type": "actions", "elements": [accessory]}, *_row(rest)]


def _accessory(menu: tuple[Button, ...]) -> tuple[Json | None, tuple[Button, ...]]:
    """The menu as one element, and those buttons that cannot be in it: they ask first, or say too much."""
    fit = tuple(one for one in menu if not one.danger and len(one.action) <= _MENU_VALUE)
    if not 0 < len(fit) <= _MENU_OPTIONS:
        return None, menu
    rest = tuple(one for one in menu if one not in fit)
    if len(fit) == 1:
        return _button(fit[0], 0), rest
    options = [{"text": _plain_text(one.label), "value": one.action} for one in fit]
    return {"type": "overflow", "action_id": MENU, "options": options}, rest


def _row(buttons: tuple[Button, ...]) -> list[Json]:
    if len(buttons) > _ROW:
        raise ValueError(f"A row of {len(buttons)} buttons fits no message; {_ROW} do.")
    elements = [_button(button, index) for index, button in enumerate(buttons)]
    return [{"type": "actions", "elements": elements}] if elements else []


def _button(button: Button, index: int) -> Json:
    made: Json = {
        "type": "button",
        "action_id": f"{BUTTON}{index}",
        "text": _plain_text(button.label),
        "value": button.action,
    }
    if button.danger:
        made["style"] = "danger"
        made["confirm"] = {
            "title": _plain_text("Are you sure?"),
            "text": _plain_text(f"{button.label}?"),
            "confirm": _plain_text("Yes"),
            "deny": _plain_text("No"),
            "style": "danger",
        }
    return made


def _mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain_text(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


# --- sizes ---------------------------------------------------------------------------------------------

# The most blocks that a paper takes apart from a row of buttons: a title in rich text takes one more.
_PAPER_BLOCKS: Final = {Layout.COMPACT: 3, Layout.CARDS: 5, Layout.EMBEDS: 5, Layout.THREAD: 4}


def _size(block: Block, layout: Layout) -> Size:
    """The most that a block can take, however its text has to be shown: never more for a shorter text."""
    match block:
        case Heading(spans) | Section(spans) | Note(spans):
            return Size(_length(spans))
        case Divider():
            return Size(0)
        case Actions(buttons):
            return Size(_weight(buttons))
        case PaperCard():
            author = Span(f" ({block.summary_from})")
            text = _length((*_title(block), *block.summary, author, *_facts(block)))
            blocks = _PAPER_BLOCKS[layout] + (1 if _accessory(block.menu)[1] else 0)
            return Size(text + _weight(block.menu), blocks)
        case _:
            assert_never(block)


def _length(spans: Line) -> int:
    """Characters of text; more than a message holds where one block cannot hold them."""
    total = sum(map(characters, spans))
    return total if total <= _LONGEST_SECTION else total + BUDGET.characters


def _weight(buttons: tuple[Button, ...]) -> int:
    """Characters of labels and actions, and of the question that some ask."""
    return sum(
        len(one.label) + len(one.action) + _NAME + (len(one.label) + _QUESTION if one.danger else 0)
        for one in buttons
    )
