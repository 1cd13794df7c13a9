"""Packing a message to a platform's budgets: what does not fit goes on in further messages.

Nothing is lost or reordered, and no block is divided between messages. What a block costs is the
surface's own business: it hands over a function that measures one block as it would render it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple, assert_never

from bot.view.doc import Actions, Block, Divider, Doc, Heading, Note, PaperCard, Section, Span
from bot.view.text import ELLIPSIS, shorten


@dataclass(frozen=True, slots=True)
class Size:
    """What one block takes: characters as the platform counts them, and the platform's own blocks."""

    characters: int
    blocks: int = 1

    def __add__(self, other: "Size") -> "Size":
        return Size(self.characters + other.characters, self.blocks + other.blocks)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one message may take: characters and blocks in all, and characters in one block."""

    characters: int
    blocks: int
    per_block: int | None = None  # None: only the total counts

    def holds(self, blocks: Iterable[Size]) -> bool:
        """Whether a message of blocks of these sizes stays within the budget."""
        characters = number = 0
        for block in blocks:
            if self.per_block is not None and block.characters > self.per_block:
                return False
            characters += block.characters
            number += block.blocks
        return characters <= self.characters and number <= self.blocks


def pack(doc: Doc, budget: Budget, size: Callable[[Block], Size]) -> tuple[Doc, ...]:
    """The first message and those that continue it, each within `budget`.

    - Headings, sections and dividers stay with the block after them, so that none ends a message that is
      continued; only where so many stand in a row that no message holds them with that block, they do not.
    - A block that alone, or with its headings, is more than a message holds is shortened at a word: a card
      first in the marks of its title, then in its summary, then by its last facts, and in its title itself
      only when nothing else is left.
    - The fallback of each continuation says which one it is.

    `size` must not grow when text gets shorter. Raises `ValueError` if the budget cannot hold a block even
    when nothing but the first characters of its title are left.
    """
    packer = _Packer(budget, size)
    for leads, content in _groups(doc.blocks):
        packer.add(leads, content)
    messages = packer.messages()
    return tuple(
        Doc(blocks, doc.fallback if number == 1 else f"{doc.fallback} ({number} of {len(messages)})")
        for number, blocks in enumerate(messages, 1)
    )


def pack_papers(doc: Doc, budget: Budget, size: Callable[[Block], Size], further: str) -> tuple[Doc, ...]:
    """The same for a message with papers: what stands below them stays in the first message, where it is
    seen, with a note that the other papers are where `further` says ("below").
    """
    packed = pack(doc, budget, size)
    papers = [index for index, block in enumerate(doc.blocks) if isinstance(block, PaperCard)]
    if len(packed) == 1 or not papers:
        return packed
    body = replace(doc, blocks=doc.blocks[: papers[-1] + 1])
    foot = doc.blocks[papers[-1] + 1 :]
    taken = sum(map(size, foot), size(_signpost(1000, 2000, further)))
    if taken.characters > budget.characters // 4 or taken.blocks > budget.blocks // 4:
        return packed
    room = replace(
        budget, characters=budget.characters - taken.characters, blocks=budget.blocks - taken.blocks
    )
    first, *others = pack(body, room, size)
    numbers = [block.number for part in others for block in part.blocks if isinstance(block, PaperCard)]
    signpost = (_signpost(numbers[0], numbers[-1], further),) if numbers else ()
    return (replace(first, blocks=(*first.blocks, *signpost, *foot)), *others)


def _signpost(first: int, last: int, further: str) -> Note:
    """Where those papers are that a message has no room for."""
    where = f"Papers {first} to {last} are" if first < last else f"Paper {first} is"
    return Note((Span(f"{where} {further}."),))


class _Measured(NamedTuple):
    """A block with its size: to measure one is to render it, so each is measured once."""

    block: Block
    size: Size


class _Packer:
    """Fills one message after the other."""

    def __init__(self, budget: Budget, size: Callable[[Block], Size]) -> None:
        self._budget = budget
        self._size = size
        self._full: list[tuple[Block, ...]] = []
        self._open: list[_Measured] = []

    def messages(self) -> list[tuple[Block, ...]]:
        """All of them; one without blocks if nothing was added."""
        if self._open or not self._full:
            return [*self._full, tuple(one.block for one in self._open)]
        return self._full

    def add(self, leads: list[Block], content: Block | None) -> None:
        """Adds one block with what leads to it, in the open message or in a new one."""
        before = [self._shrunk(lead, []) for lead in leads]
        group = before if content is None else [*before, self._shrunk(content, [])]
        if self._put(group):
            return
        self._close()
        if self._put(group):
            return
        if content is not None:
            with suppress(ValueError):  # of too many leads for one message, which are spilled
                group = [*before, self._shrunk(content, before)]
        for one in group:
            if not self._put([one]):
                self._close()
                self._put([one])

    def _put(self, some: list[_Measured]) -> bool:
        """Adds the blocks to the open message, all of them or none; whether it has room for them."""
        if not self._fit([*self._open, *some]):
            return False
        self._open += some
        return True

    def _close(self) -> None:
        if self._open:
            self._full.append(tuple(one.block for one in self._open))
            self._open = []

    def _fit(self, some: list[_Measured]) -> bool:
        return self._budget.holds(one.size for one in some)

    def _measured(self, block: Block) -> _Measured:
        return _Measured(block, self._size(block))

    def _shrunk(self, block: Block, beside: list[_Measured]) -> _Measured:
        """The block, shortened as far as needed to fit a message beside those given."""

        def fits(candidate: Block) -> bool:
            return self._fit([*beside, self._measured(candidate)])

        whole = self._measured(block)
        if self._fit([*beside, whole]):
            return whole
        for longest, shortest, cut in _cuts(block):
            shrunk = self._measured(_longest_fitting(longest, shortest, cut, fits))
            if self._fit([*beside, shrunk]):
                return shrunk
        raise ValueError(f"{self._budget} cannot hold even a shortened {type(block).__name__}.")


def _groups(blocks: Iterable[Block]) -> Iterator[tuple[list[Block], Block | None]]:
    """Each block of content with what leads to it; leads at the very end come without one."""
    leads: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading | Section | Divider):
            leads.append(block)
        else:
            yield leads, block
            leads = []
    if leads:
        yield leads, None


# --- shortening one block --------------------------------------------------------------------------

# One way to shorten a block: the greatest and the least measure, and how to cut the block to a measure.
_Cut = tuple[int, int, Callable[[int], Block]]


def _cuts(block: Block) -> Iterator[_Cut]:
    """The ways to shorten a block, the least painful first; each goes on from where the last one ended."""
    match block:
        case PaperCard():
            yield len(block.title_marks), 0, partial(_cut_marks, block)
            block = _cut_marks(block, 0)
            yield _length(block.summary), 0, partial(_cut_summary, block)
            block = _cut_summary(block, 0)
            yield len(block.facts), 0, partial(_cut_facts, block)
            block = _cut_facts(block, 0)
            yield len(block.title.text), 1, partial(_cut_title, block)
        case Heading() | Section() | Note():
            yield _length(block.spans), 1, partial(_cut_spans, block)
        case Divider() | Actions():
            return
        case _:
            assert_never(block)


def _longest_fitting(
    longest: int, shortest: int, cut: Callable[[int], Block], fits: Callable[[Block], bool]
) -> Block:
    """The block cut to the greatest measure that fits, or to the shortest if none does."""
    low, high = shortest, max(longest, shortest)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(cut(middle)):
            low = middle
        else:
            high = middle - 1
    return cut(low)


def _length(spans: tuple[Span, ...]) -> int:
    return sum(len(span.text) for span in spans)


def _cut_marks(card: PaperCard, count: int) -> PaperCard:
    return replace(card, title_marks=card.title_marks[:count])


def _cut_summary(card: PaperCard, length: int) -> PaperCard:
    summary = _shorten_spans(card.summary, length)
    if "".join(span.text for span in summary) == ELLIPSIS:
        summary = ()  # three dots alone tell nobody anything
    return replace(card, summary=summary, summary_from=card.summary_from if summary else None)


def _cut_facts(card: PaperCard, count: int) -> PaperCard:
    return replace(card, facts=card.facts[:count])


def _cut_title(card: PaperCard, length: int) -> PaperCard:
    return replace(card, title=replace(card.title, text=shorten(card.title.text, length)))


def _cut_spans(block: Heading | Section | Note, length: int) -> Block:
    return replace(block, spans=_shorten_spans(block.spans, length))


def _shorten_spans(spans: tuple[Span, ...], length: int) -> tuple[Span, ...]:
    """The spans shortened as one text: those wholly cut off go, the last one left ends with "…"."""
    text = "".join(span.text for span in spans)
    if len(text) <= length:
        return spans
    shortened = shorten(text, length)
    if not shortened:
        return ()
    rest = len(shortened) - len(ELLIPSIS)
    kept: list[Span] = []
    for span in spans:
        head = span.text[:rest]
        if head:
            kept.append(replace(span, text=head))
        rest -= len(head)
    if not kept:
        return (Span(ELLIPSIS),)
    return (*kept[:-1], replace(kept[-1], text=kept[-1].text + ELLIPSIS))
