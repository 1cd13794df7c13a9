"""What is strong in a message, in bold at a terminal; and else the very same text."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from adapters.terminal.bold import BOLD, NORMAL, to_bold
from bot.view.doc import Doc, Heading, Note, PaperCard, Section, Span
from bot.view.plain import to_plain
from tests.property.docs import docs


def shown(text: str) -> str:
    return text.replace(BOLD, "[").replace(NORMAL, "]")


def test_matched_words_of_title_and_abstract_are_bold() -> None:
    card = PaperCard(
        1,
        "arxiv:1",
        Span("Kernels for Flash Attention", "https://arxiv.org/abs/1"),
        (Span("Tiles for "), Span("attention", strong=True), Span(".")),
        "abstract",
        (Span("41 upvotes"),),
        title_marks=((12, 27),),
    )
    doc = Doc((Section((Span("Close, but not every word", strong=True),)), card), "")
    assert shown(to_bold(doc, 24)) == (
        "[Close], [but] [not] [every]\n[word]\n--------------------\n\n"
        "1. Kernels for [Flash]\n   [Attention]\n   https://arxiv.org/abs/1\n"
        "   Tiles for [attention].\n   (abstract)\n   41 upvotes\n"
    )


def test_no_text_makes_itself_bold() -> None:
    hostile = f"a {BOLD}b\N{FUNCTION APPLICATION}c\N{INVISIBLE TIMES}"
    made = to_bold(Doc((Heading((Span(hostile),)), Note((Span(hostile, strong=True),))), ""))
    assert shown(made) == "a [1mbc\n=======\n\n[a] [[1mbc]\n"


@given(docs(), st.none() | st.integers(10, 80))
def test_the_text_is_the_same(doc: Doc, width: int | None) -> None:
    weak = replace(doc, blocks=tuple(block for block in doc.blocks if not isinstance(block, PaperCard)))
    for one in (doc, weak):
        made = to_bold(one, width).replace(BOLD, "").replace(NORMAL, "")
        expected = to_plain(one, width).translate({0x2061: None, 0x2062: None})
        assert "".join(made.split()) == "".join(expected.split())
