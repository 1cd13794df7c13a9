"""Laws of what goes to Slack: text arrives as it was, and as nothing else; every limit is kept."""

import importlib.util
import json
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.render import blocks_of, messages
from bot.model import Layout
from bot.view.doc import Actions, Block, Button, Divider, Doc, Heading, Note, PaperCard, Section, Span
from bot.view.text import one_line
from tests.property.docs import docs, with_marks
from tests.shared import shared_file
from tests.slack_reading import Glyph, glyphs_of, read_markup

HOSTILE = st.lists(
    st.sampled_from(
        [
            *("<!channel>", "<!here|x>", "<@U1>", "<#C1>", "<https://evil.example|arXiv>", "<", ">", "|"),
            *("*bold*", "_it_", "~gone~", "`code`", "```", "*", "_", "~", "`", "A*", "*b", "snake_case"),
            *("&lt;", "&amp;", "&", ":tada:", ":", "> quoted", "@here", "#general", "https://evil.example"),
            *("\n", "\n>", "\r\n", "\u2028", "\t", " ", "\u202eelif", "\u2066", "\u05e9\u05dc\u05d5\u05dd"),
            *(
                "漢字",
                "👩🏽‍🔬",
                "e\u0301",
                "word",
                "x" * 45,
                "\ud83d",
                "$x_1^*$",
                "\u200b",
                "^",
                "!date^1^x|y",
            ),
        ]
    ),
    max_size=8,
).flatmap(lambda words: st.sampled_from(["", " "]).map(lambda gap: gap.join(words)))
URLS = st.none() | st.sampled_from(
    ["https://arxiv.org/abs/2508.13426", "https://a.example/?a=1&b=2|c^d*e_f", "http://a.example/~x_y_z"]
)
_FLAG = st.booleans()
SPANS = st.builds(Span, HOSTILE, URLS, _FLAG, _FLAG, st.none() | st.integers(0, 1 << 32))
TO_TYPE = st.builds(Span, HOSTILE | st.just("/papers help"), code=st.just(True))
LINES = st.lists(SPANS, max_size=4).map(tuple)
LINES_TO_TYPE = st.lists(SPANS | TO_TYPE, max_size=4).map(tuple)
BUTTONS = st.builds(
    Button,
    st.sampled_from(["Save", "Hide", "Why?", "<!channel> *x*", "", "long label " * 12]),
    st.sampled_from(["save:arxiv:2508.13426", "page:- " + "x" * 300]),
    st.booleans(),
)
CARDS = with_marks(
    st.builds(
        PaperCard,
        number=st.integers(1, 30),
        paper_key=st.just("arxiv:2508.13426"),
        title=SPANS,
        summary=LINES,
        summary_from=st.none() | st.just("Hugging Face's AI, a_b_c"),
        facts=LINES,
        menu=st.lists(BUTTONS, max_size=6).map(tuple),
    )
)
BLOCKS = (
    st.builds(Heading, LINES)
    | st.builds(Section, LINES)
    | st.builds(Note, LINES)
    | st.just(Divider())
    | st.builds(Actions, st.lists(BUTTONS, max_size=4).map(tuple))
    | CARDS
)
HOSTILE_DOCS = st.builds(Doc, st.lists(BLOCKS, max_size=8).map(tuple), HOSTILE)
LAYOUTS = st.sampled_from(Layout)


def said(doc: Doc, layout: Layout) -> list[Glyph]:
    """What the message says, character by character, blanks and styles left out."""
    return [
        Glyph(one, _address(span.url), span.instant)
        for block in doc.blocks
        for span in _spans(block, layout)
        for one in one_line(span.text)
        if not one.isspace()
    ]


def _spans(block: Block, layout: Layout) -> Iterator[Span]:
    match block:
        case Heading(spans) | Section(spans) | Note(spans):
            yield from spans
        case PaperCard():
            yield Span(f"{block.number}.", block.title.url, instant=block.title.instant)
            yield block.title
            yield from block.summary
            if block.summary_from and any(one_line(span.text).strip() for span in block.summary):
                yield Span(f"({block.summary_from})" if layout is Layout.COMPACT else block.summary_from)
            facts = [fact for fact in block.facts if one_line(fact.text).strip()]
            for index, fact in enumerate(facts):
                yield from (Span("·"), fact) if index else (fact,)
        case _:
            pass


def _address(url: str | None) -> str | None:
    return url.replace("|", "%7C").replace("^", "%5E") if url is not None else None


def without_styles(glyphs: list[Glyph]) -> list[Glyph]:
    return [Glyph(one.character, _address(one.url), one.instant) for one in glyphs]


@given(HOSTILE_DOCS, LAYOUTS)
def test_what_slack_shows_is_what_was_said(doc: Doc, layout: Layout) -> None:
    assert without_styles(glyphs_of(blocks_of(doc, layout))) == said(doc, layout)


@given(HOSTILE_DOCS | docs(), LAYOUTS)
def test_nothing_is_styled_but_by_us(doc: Doc, layout: Layout) -> None:
    shown = {style for glyph in glyphs_of(blocks_of(doc, layout)) for style in glyph.styles}
    assert shown <= {"bold", "italic", *(["code"] if _has_code(doc) else [])}


def _has_code(doc: Doc) -> bool:
    return any(span.code for block in doc.blocks for span in _spans(block, Layout.COMPACT))


@given(LINES_TO_TYPE, st.sampled_from([Heading, Section, Note]))
def test_what_is_to_be_typed_is_code_and_nothing_else_is(line: tuple[Span, ...], kind: type[Section]) -> None:
    glyphs = glyphs_of(blocks_of(Doc((kind(line),), "")))
    text = "".join(glyph.character for glyph in glyphs)
    code = "".join(glyph.character for glyph in glyphs if "code" in glyph.styles)
    if code:
        assert text == _joined(span.text for span in line)
        assert code == _joined(span.text for span in line if span.code)
    else:
        assert text in {_joined(span.shown for span in line), _joined(span.text for span in line)}
        assert kind is not Section or not _joined(span.text for span in line if span.code)


def _joined(texts: Iterable[str]) -> str:
    return "".join(one_line("".join(texts)).split())


def test_small_print_shows_what_to_type_as_code() -> None:
    line = (
        Span("For example: "),
        Span("/papers help", code=True),
        Span(", "),
        Span("/papers a & b", code=True),
    )
    (block,) = blocks_of(Doc((Note((*line, Span("."))),), ""))
    assert block["elements"][0]["text"] == "For example: `/papers help`, `/papers a &amp; b`."
    (block,) = blocks_of(Doc((Note((*line, Span("`."))),), ""))
    assert block["elements"][0] == {
        "type": "plain_text",
        "text": "For example: `/papers help`, `/papers a & b``.",
        "emoji": False,
    }


@given(HOSTILE)
def test_only_the_title_of_a_paper_is_bold(title: str) -> None:
    strong = Span(title, strong=True)
    card = PaperCard(1, "arxiv:2508.13426", strong, (Span("*says* _this_ `x`"),), "abstract")
    glyphs = glyphs_of(blocks_of(Doc((card,), "")))
    bold = "".join(glyph.character for glyph in glyphs if "bold" in glyph.styles)
    assert bold == "".join(f"1.{one_line(title)}".split())


@given(with_marks(st.builds(PaperCard, st.just(1), st.just("k"), st.builds(Span, HOSTILE, URLS))), LAYOUTS)
def test_what_was_found_in_a_title_is_bold_and_nothing_else(card: PaperCard, layout: Layout) -> None:
    glyphs = glyphs_of(blocks_of(Doc((card,), ""), layout))
    bold = "".join(glyph.character for glyph in glyphs if "bold" in glyph.styles)
    assert bold == "".join(
        one
        for start, stop in card.title_marks
        for one in one_line(card.title.text[start:stop])
        if not one.isspace()
    )


def test_words_found_in_a_title_and_an_abstract_stand_out_beside_the_menu() -> None:
    title = Span("Sparse attention for maps", "https://arxiv.org/abs/1")
    menu = (Button("Save", "save:1"), Button("Hide", "hide:1"))
    summary = (Span("Of "), Span("attention", strong=True), Span("."))
    card = PaperCard(2, "k", title, summary, "abstract", (Span("A. Byron"),), menu, ((7, 16),))
    section, _ = blocks_of(Doc((card,), ""))
    assert section["text"]["text"] == (
        "<https://arxiv.org/abs/1|2. Sparse> *<https://arxiv.org/abs/1|attention>* "
        "<https://arxiv.org/abs/1|for maps>\nOf *attention*. (abstract)"
    )
    hostile = replace(card, title=replace(title, text="Sparse attention* for *maps"))
    rich, section, _ = blocks_of(Doc((hostile,), ""))
    bold = [one["text"] for one in rich["elements"][0]["elements"] if one.get("style")]
    assert bold == ["attention"]
    assert section["text"]["text"] == "Of *attention*. (abstract)"
    assert section["accessory"]["type"] == "overflow"


@given(HOSTILE_DOCS | docs(), LAYOUTS)
def test_the_text_of_a_message_calls_and_links_nobody(doc: Doc, layout: Layout) -> None:
    for message in messages(doc, layout):
        assert message.text.strip()
        assert not any(mark in message.text for mark in "<>")
        assert len(message.text) <= 5 * 4_000


@given(HOSTILE_DOCS, LAYOUTS)
def test_the_texts_of_a_message_and_its_thread_name_every_paper(doc: Doc, layout: Layout) -> None:
    texts = " ".join(message.text for message in messages(doc, layout))
    shown = "".join(glyph.character for glyph in map(Glyph, _unescape(texts)))
    for block in doc.blocks:
        if isinstance(block, PaperCard):
            assert " ".join(one_line(block.title.text).split()) in " ".join(shown.split())


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@given(HOSTILE_DOCS | docs(60), LAYOUTS)
def test_every_label_is_unique_in_a_message(doc: Doc, layout: Layout) -> None:
    for message in messages(doc, layout):
        labels = list(_labels(message.blocks))
        assert len(labels) == len(set(labels))


def _labels(value: Any) -> Iterator[str]:
    """The labels of all buttons and options, wherever they stand."""
    if isinstance(value, dict):
        if "value" in value:
            yield value["text"]["text"]
        else:
            for inner in value.values():
                yield from _labels(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _labels(inner)


@given(HOSTILE_DOCS | docs(80), LAYOUTS)
def test_every_message_keeps_the_budget(doc: Doc, layout: Layout) -> None:
    for message in messages(doc, layout):
        assert len(message.blocks) <= 50
        assert sum(map(len, _strings(message.blocks))) <= 10_000


def _strings(value: Any) -> Iterator[str]:
    """All that is written in blocks, hidden or shown."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "type":
                yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, str):
        yield value


@given(docs(60), LAYOUTS)
def test_every_paper_is_shown_once_in_order(doc: Doc, layout: Layout) -> None:
    numbered = Doc(
        tuple(
            PaperCard(
                index, "k", Span(f"#{index}#"), menu=(Button("Save", f"save:{index}"), Button("H", "hide:"))
            )
            for index, _ in enumerate(doc.blocks)
        ),
        "",
    )
    made = messages(numbered, layout)
    text = "".join(glyph.character for message in made for glyph in glyphs_of(list(message.blocks)))
    order = [text.index(f"#{index}#") for index in range(len(doc.blocks))]
    assert order == sorted(order)


def test_what_stands_below_the_papers_is_in_the_first_message() -> None:
    cards = tuple(PaperCard(n, "k", Span(f"Paper {n} " + "word " * 60)) for n in range(1, 41))
    foot = (Actions((Button("Search papers", "search:"),)), Note((Span("Next: tomorrow."),)))
    doc = Doc((Heading((Span("Trending"),)), *cards, *foot), "Trending")
    first, *others = messages(doc, further="below")
    assert others
    signpost, row, small_print = first.blocks[-3:]
    shown = sum(block["type"] == "section" for block in first.blocks)
    assert signpost["elements"][0]["text"] == f"Papers {shown + 1} to 40 are below."
    assert row["elements"][0]["text"]["text"] == "Search papers"
    assert small_print["elements"][0]["text"] == "Next: tomorrow."


@pytest.fixture(scope="module")
def validator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("validate_slack", shared_file("specs/validate_slack.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its files to the collector of garbage
        spec.loader.exec_module(module)
    return module


@given(doc=HOSTILE_DOCS | docs(30), layout=LAYOUTS)
def test_slack_would_take_every_message(validator: ModuleType, doc: Doc, layout: Layout) -> None:
    for message in messages(doc, layout):
        assert validator.check_blocks(json.loads(json.dumps(message.blocks))) == []


def test_the_reading_finds_what_it_must_find() -> None:
    """The laws above are worth no more than the reading that they stand on."""
    styles = {one.character: one.styles for one in read_markup("*a* _b_ ~c~ `d` <http://x.example|*e*> f*")}
    assert styles["a"] == {"bold"}
    assert styles["b"] == {"italic"}
    assert styles["c"] == {"strike"}
    assert styles["d"] == {"code"}
    assert styles["e"] == {"bold"}
    for call in ("<!channel>", "<@U1>", "<#C1|general>", "<!subteam^S1>"):
        with pytest.raises(AssertionError):
            read_markup(f"hello {call}")
    for wrong in (":tada:", "&gt; quoted", "a\n&gt; quoted", "a & b", "a < b", "<http://x.example|a|b>"):
        with pytest.raises(AssertionError):
            read_markup(wrong)
