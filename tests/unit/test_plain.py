"""Messages as plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.view.doc import Divider, Doc, Heading, Note, PaperCard, Section, Span
from bot.view.plain import to_plain, wrap
from bot.view.text import clusters, control_free, width
from tests.property.docs import TEXTS, docs

DOC = Doc(
    (
        Heading((Span("Trending papers, "), Span("20 November", strong=True))),
        PaperCard(
            number=9,
            paper_key="arxiv:2508.13426",
            title=Span("Attention is all\nyou need", "https://arxiv.org/abs/2508.13426"),
            summary=(Span("It is. "), Span("Really.", emphasis=True)),
            summary_from="Hugging Face's AI",
            facts=(
                Span("41 upvotes in 6 h"),
                Span("Cheng Yang … Chenglin Wu (11)"),
                Span("code", "https://github.com/a/b"),
                Span("https://a.org/", "https://a.org/"),
            ),
        ),
        Section((Span("Newly announced"),)),
        PaperCard(number=10, paper_key="doi:10.1/x", title=Span("大規模言語モデル")),
        Divider(),
        Note((Span("Why these? "), Span("Read on", "https://example.org/why"))),
    ),
    "2 papers",
)


def columns(line: str) -> int:
    return sum(map(width, clusters(line)))


def test_a_message_reads_well_on_a_terminal() -> None:
    assert (
        to_plain(DOC)
        == """\
Trending papers, 20 November
============================

9. Attention is all you need
   https://arxiv.org/abs/2508.13426
   It is. Really. (Hugging Face's AI)
   41 upvotes in 6 h · Cheng Yang … Chenglin Wu (11) · code
   https://github.com/a/b
   https://a.org/

Newly announced
---------------

10. 大規模言語モデル

----------------------------------------

Why these? Read on
https://example.org/why
"""
    )


def test_a_message_is_wrapped_to_its_width() -> None:
    assert (
        to_plain(DOC, 20)
        == """\
Trending papers, 20
November
===================

9. Attention is all
   you need
   https://arxiv.org/abs/2508.13426
   It is. Really.
   (Hugging Face's
   AI)
   41 upvotes in 6 h
   · Cheng Yang …
   Chenglin Wu (11)
   · code
   https://github.com/a/b
   https://a.org/

Newly announced
---------------

10. 大規模言語モデル

--------------------

Why these? Read on
https://example.org/why
"""
    )


def test_a_message_of_nothing_is_nothing() -> None:
    assert to_plain(Doc((), "f")) == ""
    assert to_plain(Doc((Heading(()), Note((Span(" \n"),))), "f")) == ""


def test_a_card_without_a_title_keeps_its_number() -> None:
    assert to_plain(Doc((PaperCard(3, "local:x", Span("")),), "f")) == "3.\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("大規模言語モデル", ["大規模言語", "モデル"]),
        ("abc大規模 言語", ["abc大規模", "言語"]),
        ("abcdefghijklm", ["abcdefghij", "klm"]),
        ("ab abcdefghijklm", ["ab", "abcdefghij", "klm"]),
        ("see https://arxiv.org/abs/1 now", ["see", "https://arxiv.org/abs/1", "now"]),
        ("👩🏽‍🔬👩🏽‍🔬👩🏽‍🔬👩🏽‍🔬👩🏽‍🔬👩🏽‍🔬", ["👩🏽‍🔬👩🏽‍🔬👩🏽‍🔬👩🏽‍🔬👩🏽‍🔬", "👩🏽‍🔬"]),
        ("", []),
    ],
)
def test_lines_end_where_their_script_allows(text: str, lines: list[str]) -> None:
    assert wrap(text, 10) == lines


@given(docs(), st.integers(1, 60))
def test_only_addresses_are_wider_than_the_width(doc: Doc, limit: int) -> None:
    for line in to_plain(doc, limit).splitlines():
        assert columns(line) <= max(limit, 10 + len("1000. ")) or "http" in line


@given(docs())
def test_no_text_makes_a_line_of_its_own(doc: Doc) -> None:
    most = 0
    for block in doc.blocks:
        match block:
            case PaperCard():
                spans = (block.title, *block.summary, *block.facts)
                most += 4 + sum(span.url is not None for span in spans)
            case Heading(spans) | Section(spans) | Note(spans):
                most += 3 + sum(span.url is not None for span in spans)
            case Divider():
                most += 2
    assert to_plain(doc).count("\n") <= most
    assert to_plain(doc).splitlines() == to_plain(doc).split("\n")[:-1]


@given(docs(), st.none() | st.integers(1, 60))
def test_plain_text_steers_no_terminal(doc: Doc, limit: int | None) -> None:
    text = to_plain(doc, limit)
    assert control_free(text) == text
    assert text == "" or text.endswith("\n")


@given(TEXTS, st.integers(1, 60))
def test_wrapping_loses_no_character(text: str, limit: int) -> None:
    kept = "".join("".join(wrap(text, limit, first="1. ", rest="   ")).split())
    assert kept.removeprefix("1.") == "".join(control_free(text).split())
