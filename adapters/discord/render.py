"""A `Doc` as Discord shows it: components or embeds, packed to Discord's limits.

    compact  one box: a paper is its linked title, a line of summary and one of small print; below the papers
             stands a select to choose one
    cards    a box a paper, with a button
    thread   one box lists the titles, and a message for each paper follows
    embeds   an embed a paper, as in the days before components; only what has papers comes so

What one message has no room for goes on in the next. No word and no entity is ever cut.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from discord import ButtonStyle, Embed, SelectOption, SeparatorSpacing
from discord.ui import ActionRow, Container, Item, LayoutView, Section, Select, Separator, TextDisplay, View
from discord.ui import Button as UiButton

from adapters.discord import custom_ids
from adapters.discord.escape import address, clean, escaped
from adapters.discord.lines import embed_title, lines_of, name_of, quoted, under_title
from bot.commands.actions import Action, Verb
from bot.model import Layout
from bot.view.doc import Actions, Block, Button, Divider, Doc, PaperCard
from bot.view.pack import Budget, Size, pack_papers
from bot.view.ready import plain, ready, with_unique_labels
from bot.view.text import shorten

# Discord takes 40 components and 4,000 characters of text. What stands around the blocks is taken off: the
# mention, the box, the selects, and the text between two rows.
_COMPONENTS: Final = Budget(characters=3_900, blocks=33)
_EMBED_CHARACTERS: Final = 5_900
_EMBEDS: Final = 10

_FEW: Final = 15  # components up to which each paper has a text display of its own, which looks better

LONGEST_LABEL: Final = 80
_LONGEST_OPTION: Final = 100
_OPTIONS: Final = 25
_ROW: Final = 5
_EMBED_ROWS: Final = 4  # of buttons; the fifth is the select's
_LONGEST_RUN: Final = 3_500  # characters of text between two embeds of papers
_FURTHER: Final = "below"

_Ui = Item[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """One message: components, or embeds with buttons beside them.

    The view is finished already: discord.py keeps nothing of it, and whoever presses is heard by the pattern
    of what was pressed (`adapters.discord.custom_ids`).
    """

    view: LayoutView | View | None
    embeds: tuple[Embed, ...] = ()
    content: str = ""  # beside embeds alone; markup of ours
    name: str = ""  # what a thread with it is called
    alone: bool = False  # a paper on its own, behind the list of all

    def arguments(self) -> dict[str, Any]:
        """What discord.py's `send`, `send_message` and `followup.send` take, link previews left out."""
        made: dict[str, Any] = {} if self.view is None else {"view": self.view}
        if not self.embeds:
            return {**made, "suppress_embeds": True}
        return {**made, "embeds": list(self.embeds), **({"content": self.content} if self.content else {})}


def messages(
    doc: Doc,
    layout: Layout = Layout.COMPACT,
    *,
    key: str = "",
    mention: str = "",
    listed: bool = True,
) -> tuple[Message, ...]:
    """The message, and those that it goes on in.

    With `key` each carries the mark of that delivery and its own part; `mention` is the id of the role that
    the first one mentions. Unless `listed`, a message a paper comes without the list of all before it. A
    view may be sent once: call again to send again. Raises `ValueError` for buttons that no message can hold.
    """
    shown = (with_unique_labels if layout is Layout.THREAD else ready)(doc, LONGEST_LABEL)
    made: list[Message] = []
    for number, (part, shape) in enumerate(_parts(shown, layout, listed)):
        maker = _Maker(custom_ids.mark(key, number) if key else "", "" if number else mention)
        alone = shape is Layout.THREAD
        made.append(replace(maker.made(part, shape), name=name_of(part if alone else doc), alone=alone))
    return tuple(made)


# --- parts ---------------------------------------------------------------------------------------------


def _parts(doc: Doc, layout: Layout, listed: bool) -> Iterator[tuple[Doc, Layout]]:
    """What each message says, and its shape: THREAD here is a paper on its own."""
    if layout is Layout.EMBEDS:
        runs = list(_runs(doc))
        if _suits_embeds(doc, runs):
            budget = Budget(_EMBED_CHARACTERS, _EMBEDS - max(len(runs), 2))
            for part in pack_papers(doc, budget, _embed_size, _FURTHER):
                yield part, Layout.EMBEDS
            return
        layout = Layout.CARDS
    papers = [block for block in doc.blocks if isinstance(block, PaperCard)]
    if layout is not Layout.THREAD or not papers:
        yield from _packed(doc, Layout.COMPACT if layout is Layout.THREAD else layout)
        return
    if listed:
        yield from _packed(replace(doc, blocks=tuple(map(_title_alone, doc.blocks))), Layout.COMPACT)
    for paper in papers:
        yield from _packed(Doc((paper,), plain((paper.title,))), layout)


def _packed(doc: Doc, shape: Layout) -> Iterator[tuple[Doc, Layout]]:
    for part in pack_papers(doc, _COMPONENTS, partial(_size, layout=shape), _FURTHER):
        yield part, shape


def _title_alone(block: Block) -> Block:
    if not isinstance(block, PaperCard):
        return block
    return replace(block, summary=(), summary_from=None, facts=())


def _runs(doc: Doc) -> Iterator[int]:
    """The lengths of the texts between papers: each takes an embed."""
    length = 0
    for block in doc.blocks:
        if isinstance(block, PaperCard):
            if length:
                yield length
            length = 0
        else:
            length += sum(len(one) + 1 for one in lines_of(block))
    if length:
        yield length


def _suits_embeds(doc: Doc, runs: Sequence[int]) -> bool:
    rows = sum(-(-len(block.buttons) // _ROW) for block in doc.blocks if isinstance(block, Actions))
    papers = any(isinstance(block, PaperCard) for block in doc.blocks)
    return papers and rows <= _EMBED_ROWS and len(runs) <= _ROW and max(runs, default=0) <= _LONGEST_RUN


# --- components ----------------------------------------------------------------------------------------


class _Maker:
    """Makes one message. What can be pressed carries the mark, as far as it has room."""

    def __init__(self, mark: str, mention: str) -> None:
        self._mark = mark
        self._mention = f"<@&{mention}>" if mention else ""
        self._taken: set[str] = set()
        self._carried = not mark

    def made(self, part: Doc, shape: Layout) -> Message:
        if shape is not Layout.EMBEDS:
            return self._components(part, shape)
        embeds = self._embeds(part)
        # With nothing to press no mark is in them, and nobody could tell later whether they arrived.
        return embeds if self._carried else self._components(part, Layout.COMPACT)

    def _components(self, part: Doc, shape: Layout) -> Message:
        if shape is Layout.CARDS:
            items = self._cards(part)
        else:
            inside = self._box(part, shape, apart=True)
            if 1 + sum(1 + _inner(one) for one in inside) > _FEW:
                self._taken.clear()
                inside = self._box(part, shape, apart=False)
            items = [Container(*inside)]
        if self._mention:
            items.insert(0, TextDisplay(self._mention))
        if not self._carried:
            items[0].id = custom_ids.number(self._mark)
        made = LayoutView(timeout=None)
        for item in items:
            made.add_item(item)
        made.stop()
        return Message(made)

    def _box(self, part: Doc, shape: Layout, *, apart: bool) -> list[_Ui]:
        """What stands in the one box; with `apart` each paper in a text display of its own."""
        cards = [block for block in part.blocks if isinstance(block, PaperCard)]
        items: list[_Ui] = []
        text: list[str] = []

        def flush() -> None:
            if text:
                items.append(TextDisplay("\n".join(text)))
                text.clear()

        for block in part.blocks:
            match block:
                case PaperCard():
                    if apart:
                        flush()
                    elif text:
                        text.append("")
                    text += lines_of(block)
                    if block is cards[-1]:
                        flush()
                        items += self._choice(cards, shape)
                case Divider():
                    flush()
                    items.append(Separator(spacing=SeparatorSpacing.small))
                case Actions(buttons):
                    flush()
                    items += self._rows(buttons)
                case _:
                    text += lines_of(block)
        flush()
        return items or [TextDisplay(escaped(part.fallback) or "Paperboy")]

    def _choice(self, cards: Sequence[PaperCard], shape: Layout) -> list[_Ui]:
        """How a paper is chosen: by a select, or, of one paper, by a button; on its own, all it offers."""
        if len(cards) > 1:
            return list(map(ActionRow, self._selects(cards)))
        return self._rows(cards[0].menu if shape is Layout.THREAD or not self._mark else [_about(cards[0])])

    def _cards(self, part: Doc) -> list[_Ui]:
        items: list[_Ui] = []
        text: list[str] = []
        for block in part.blocks:
            if (text and not lines_of(block)) or isinstance(block, PaperCard):
                items += [TextDisplay("\n".join(text))] if text else []
                text = []
            match block:
                case PaperCard():
                    items.append(Container(self._card(block)))
                case Divider():
                    items.append(Separator(spacing=SeparatorSpacing.small))
                case Actions(buttons):
                    items += self._rows(buttons)
                case _:
                    text += lines_of(block)
        items += [TextDisplay("\n".join(text))] if text else []
        return items or [TextDisplay(escaped(part.fallback) or "Paperboy")]

    def _card(self, card: PaperCard) -> _Ui:
        display: TextDisplay[Any] = TextDisplay("\n".join(quoted(card)))
        button = self._button(_about(card))
        return display if button is None else Section(display, accessory=button)

    def _selects(self, cards: Sequence[PaperCard]) -> Iterator[Select[Any]]:
        options = {one.value: one for one in map(_option, cards)}
        known = [one for one in options.values() if len(one.value) <= custom_ids.LONGEST]
        for number, start in enumerate(range(0, len(known), _OPTIONS)):
            some = known[start : start + _OPTIONS]
            which = f" ({some[0].label.split('.')[0]} to {some[-1].label.split('.')[0]})"
            self._carried = True
            yield Select(
                custom_id=custom_ids.select_id(number, mark=self._mark),
                placeholder=f"Choose a paper{which if len(known) > _OPTIONS else ''}…",
                options=some,
            )

    def _rows(self, buttons: Sequence[Button]) -> list[_Ui]:
        made = [one for one in map(self._button, buttons) if one is not None]
        return [ActionRow(*made[start : start + _ROW]) for start in range(0, len(made), _ROW)]

    def _button(self, button: Button) -> UiButton[Any] | None:
        """The button, unless its action fits none, or is here already."""
        marked_id = custom_ids.button_id(button.action, asks=button.danger, mark=self._mark)
        custom_id = marked_id or custom_ids.button_id(button.action, asks=button.danger)
        if custom_id is None or custom_id in self._taken:
            return None
        self._taken.add(custom_id)
        self._carried = self._carried or marked_id is not None
        style = ButtonStyle.danger if button.danger else ButtonStyle.secondary
        return UiButton(style=style, label=button.label, custom_id=custom_id)

    # --- embeds ----------------------------------------------------------------------------------

    def _embeds(self, part: Doc) -> Message:
        cards = [block for block in part.blocks if isinstance(block, PaperCard)]
        made = View(timeout=None)
        for select in self._selects(cards):
            made.add_item(select)
        for block in part.blocks:
            if isinstance(block, Actions):
                for button in filter(None, map(self._button, block.buttons)):
                    made.add_item(button)
        made.stop()
        return Message(made, tuple(_embedded(part)), self._mention)


def _embedded(part: Doc) -> Iterator[Embed]:
    text: list[str] = []
    for block in part.blocks:
        if isinstance(block, PaperCard):
            if text:
                yield Embed(description="\n".join(text))
            text = []
            yield _embed(block)
        else:
            text += lines_of(block)
    if text:
        yield Embed(description="\n".join(text))


def _embed(card: PaperCard) -> Embed:
    url = address(card.title.url) if card.title.url is not None else None
    return Embed(
        title=embed_title(card),
        url=url,
        description="\n".join(under_title(card)) or None,
    )


def _about(card: PaperCard) -> Button:
    return Button(f"About paper {card.number}", str(_chosen(card)))


def _chosen(card: PaperCard) -> Action:
    """What choosing a paper does: its details, with all that its menu has, as far as there is room."""
    for button in card.menu:
        action = Action.read(button.action)
        if action is not None and action.verb is Verb.BAN:
            destination, _, _ = action.argument.partition(" ")
            with_place = Action(Verb.PAPER, f"{card.paper_key} {destination}")
            if len(str(with_place)) <= custom_ids.LONGEST:
                return with_place
    return Action(Verb.PAPER, card.paper_key)


def _option(card: PaperCard) -> SelectOption:
    label = shorten(clean(f"{card.number}. {card.title.text}").strip(), _LONGEST_OPTION)
    why = shorten(clean(plain(card.facts[:1])), _LONGEST_OPTION)
    return SelectOption(label=label, value=str(_chosen(card)), description=why or None)


def _inner(item: _Ui) -> int:
    """Components within a component."""
    return len(item.children) if isinstance(item, ActionRow) else 0


# --- sizes ---------------------------------------------------------------------------------------------

_PAPER_COMPONENTS: Final = {Layout.COMPACT: 0, Layout.CARDS: 4, Layout.THREAD: 0}


def _size(block: Block, layout: Layout) -> Size:
    """The most that a block takes, whatever stands beside it: never more for a shorter text."""
    match block:
        case PaperCard():
            lines = quoted(block) if layout is Layout.CARDS else lines_of(block)
            menu = _row_size(len(block.menu)) if layout is Layout.THREAD else 0
            return Size(_length(lines), _PAPER_COMPONENTS[layout] + menu)
        case Actions(buttons):
            return Size(0, _row_size(len(buttons)) + 1)
        case Divider():
            return Size(0, 2)
        case _:
            return Size(_length(lines_of(block)), 1 if layout is Layout.CARDS else 0)


def _embed_size(block: Block) -> Size:
    match block:
        case PaperCard():
            return Size(len(embed_title(block)) + _length(under_title(block)), 1)
        case _:
            return Size(_length(lines_of(block)), 0)


def _row_size(buttons: int) -> int:
    return buttons + -(-buttons // _ROW)


def _length(lines: Sequence[str]) -> int:
    return sum(len(one) + 2 for one in lines)
