"""Laws of packing: nothing lost, nothing reordered, everything within its budget."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.view.doc import Actions, Block, Divider, Doc, Heading, Note, PaperCard, Section, Span
from bot.view.pack import Budget, Size, pack
from tests.property.docs import docs

LEADS = (Heading, Section, Divider)


def size(block: Block) -> Size:
    """As a surface with escaping would measure: every `&` as five, a native block for a card's facts."""
    match block:
        case Divider():
            return Size(1)
        case Actions(buttons):
            return Size(len(buttons))  # nothing of a row can be left out
        case PaperCard():
            spans = (block.title, *block.summary, *block.facts)
            marks = 3 * len(block.title_marks)
            return Size(4 + marks + sum(map(_escaped, spans)), 2 if block.facts else 1)
        case Heading(spans) | Section(spans) | Note(spans):
            return Size(2 + sum(map(_escaped, spans)))


def _escaped(span: Span) -> int:
    return len(span.text.replace("&", "&amp;"))


def total(doc: Doc) -> Size:
    return sum(map(size, doc.blocks), Size(0, 0))


def same(original: Block, packed: Block) -> bool:
    """Whether the one is the other, perhaps shortened."""
    if isinstance(original, PaperCard) and isinstance(packed, PaperCard):
        return (original.number, original.paper_key) == (packed.number, packed.paper_key)
    return type(original) is type(packed)


budgets = st.builds(
    Budget, st.integers(20, 600), st.integers(2, 12), st.none() | st.integers(12, 200)
)  # the least that holds any one block


@given(docs(), budgets)
def test_no_block_is_lost_or_reordered(doc: Doc, budget: Budget) -> None:
    packed = [block for message in pack(doc, budget, size) for block in message.blocks]
    assert len(packed) == len(doc.blocks)
    assert all(map(same, doc.blocks, packed))


@given(docs(), budgets)
def test_every_message_is_within_its_budget(doc: Doc, budget: Budget) -> None:
    for message in pack(doc, budget, size):
        assert total(message).characters <= budget.characters
        assert total(message).blocks <= budget.blocks
        assert all(size(block).characters <= (budget.per_block or 10**9) for block in message.blocks)


@given(docs(), budgets)
def test_no_heading_ends_a_message_that_goes_on(doc: Doc, budget: Budget) -> None:
    for message in pack(doc, budget, size)[:-1]:
        assert not isinstance(message.blocks[-1], LEADS) or all(isinstance(b, LEADS) for b in message.blocks)


@given(docs(), budgets)
def test_only_what_is_too_large_is_shortened(doc: Doc, budget: Budget) -> None:
    packed = [block for message in pack(doc, budget, size) for block in message.blocks]
    for index, (original, now) in enumerate(zip(doc.blocks, packed, strict=True)):
        if original == now:
            continue
        lead: list[Block] = []
        for before in reversed(doc.blocks[:index]):
            if not isinstance(before, LEADS):
                break
            lead.append(before)
        assert not budget.holds([size(original)]) or not budget.holds(map(size, [*lead, original]))


@given(docs(), budgets)
def test_no_message_is_empty_unless_all_of_it_is(doc: Doc, budget: Budget) -> None:
    messages = pack(doc, budget, size)
    assert all(message.blocks for message in messages) or (len(messages) == 1 and not doc.blocks)


@given(docs(), budgets)
def test_no_message_ends_before_it_must(doc: Doc, budget: Budget) -> None:
    for first, second in pairwise(pack(doc, budget, size)):
        for index, block in enumerate(second.blocks):
            if block not in doc.blocks:  # shortened to stand beside what leads to it: whole, it did not fit
                break
            if not isinstance(block, LEADS):  # what leads to it came along
                assert not budget.holds(map(size, (*first.blocks, *second.blocks[: index + 1])))
                break


@given(docs())
def test_what_fits_stays_as_it_is(doc: Doc) -> None:
    assert pack(doc, Budget(10**6, 10**6), size) == (doc,)


@given(docs(), budgets)
def test_packing_what_was_packed_changes_nothing(doc: Doc, budget: Budget) -> None:
    for message in pack(doc, budget, size):
        assert pack(message, budget, size) == (message,)


CARD = PaperCard(
    1, "arxiv:1", Span("A title of some words"), (Span("A summary "), Span("of two spans")), "abstract",
    (Span("a reason"), Span("an author")),
)  # fmt: skip


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        (64, CARD),
        (63, replace(CARD, summary=(Span("A summary "), Span("of two…")))),
        (52, replace(CARD, summary=(Span("A summary…"),))),
        (44, replace(CARD, summary=(Span("A…"),))),
        (43, replace(CARD, summary=(), summary_from=None)),
        (42, replace(CARD, summary=(), summary_from=None)),
        (33, replace(CARD, summary=(), summary_from=None, facts=(Span("a reason"),))),
        (25, replace(CARD, summary=(), summary_from=None, facts=())),
        (20, replace(CARD, summary=(), summary_from=None, facts=(), title=Span("A title of some…"))),
        (5, replace(CARD, summary=(), summary_from=None, facts=(), title=Span("…"))),
    ],
)
def test_a_card_loses_its_summary_first_and_its_title_last(characters: int, expected: PaperCard) -> None:
    (message,) = pack(Doc((CARD,), "f"), Budget(characters, 5), size)
    assert message.blocks == (expected,)


def test_a_card_loses_the_marks_of_its_title_before_any_word() -> None:
    marked = replace(CARD, title_marks=((0, 1), (2, 7)))
    (message,) = pack(Doc((marked,), "f"), Budget(68, 5), size)
    assert message.blocks == (replace(CARD, title_marks=((0, 1),)),)


def test_a_budget_that_holds_nothing_is_named() -> None:
    with pytest.raises(ValueError, match="cannot hold even a shortened PaperCard"):
        pack(Doc((CARD,), "f"), Budget(4, 5), size)
    with pytest.raises(ValueError, match="cannot hold even a shortened Divider"):
        pack(Doc((Divider(),), "f"), Budget(0, 5), size)


def test_continuations_say_which_one_they_are() -> None:
    note = Note((Span("12345678"),))
    messages = pack(Doc((note, note, note), "Three notes"), Budget(10, 5), size)
    assert [m.fallback for m in messages] == ["Three notes", "Three notes (2 of 3)", "Three notes (3 of 3)"]


def test_a_heading_moves_on_with_its_card() -> None:
    heading, note = Heading((Span("H"),)), Note((Span("12345678"),))
    first, second = pack(Doc((note, Divider(), heading, note), "f"), Budget(20, 5), size)
    assert first.blocks == (note,)
    assert second.blocks == (Divider(), heading, note)
