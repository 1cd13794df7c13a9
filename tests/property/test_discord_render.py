"""Laws of what goes to Discord: text arrives as it was, and as nothing else; every limit is kept."""

import importlib.util
import json
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.discord import custom_ids
from adapters.discord.escape import LONGEST_ADDRESS, address, clean, escaped, line
from adapters.discord.render import messages
from bot.model import Layout
from bot.view.doc import Actions, Block, Button, Divider, Doc, Heading, Note, PaperCard, Section, Span
from tests.discord_reading import CallError, Glyph, every, glyphs_of, read_line, texts_of
from tests.discord_sending import payload_of
from tests.property.docs import docs
from tests.shared import shared_file

HOSTILE = st.lists(
    st.sampled_from(
        [
            *("@everyone", "@here", "<@1234567>", "<@!12>", "<@&12>", "<#12>", "</papers:12>", "<id:home>"),
            *(
                "<t:1763629200:f>",
                "<a:party:12>",
                ":tada:",
                ":",
                "<https://evil.example>",
                "https://evil.example",
            ),
            *("[arXiv](https://evil.example)", "[", "](", ")", "]", "(", "![x]", "www.evil.example"),
            *(
                "**bold**",
                "*it*",
                "__under__",
                "_it_",
                "~~gone~~",
                "||spoiler||",
                "`code`",
                "```",
                "*",
                "_",
                "~",
            ),
            *(
                "|",
                "`",
                "\\",
                "\\*",
                "# ",
                "## Big",
                "-# small",
                "- item",
                "* item",
                "+ item",
                "1. One",
                "2) Two",
            ),
            *("> quoted", ">>> all", "\n", "\n# Big", "\r\n- x", "\u2028> x", "\t", " ", "1.", "-", "12"),
            *(
                "\u202eelif",
                "\u2066",
                "\u200b",
                "\u200d",
                "\ufeff",
                "\u00ad",
                "\u05e9\u05dc\u05d5\u05dd",
                "漢字",
            ),
            *(
                "👩🏽‍🔬",
                "e\u0301",
                "word",
                "x" * 45,
                "\ud83d",
                "snake_case",
                "$x_1^*$",
                "don't",
                "&lt;",
                "¯\\_(ツ)_/¯",
            ),
        ]
    ),
    max_size=8,
).flatmap(lambda words: st.sampled_from(["", " "]).map(lambda gap: gap.join(words)))
TEXTS = HOSTILE | st.text(alphabet="\\*_~`|<>#@:[]()-+1.!/ab \n", max_size=25)
URLS = st.none() | st.sampled_from(
    [
        "https://arxiv.org/abs/2508.13426",
        "https://a.example/(x)?a=1&b=2|c*d_e_f~`",
        "http://a.example/]()\\",
        "https://a.example/" + "b" * 600,
    ]
)
SPANS = st.builds(
    Span, TEXTS, URLS, st.booleans(), st.booleans(), st.none() | st.integers(-1, 1 << 60), st.just(False)
)
LINES = st.lists(SPANS, max_size=4).map(tuple)
BUTTONS = st.builds(
    Button,
    st.sampled_from(["Save", "Hide", "Why?", "<@1> *x*", "", "long label " * 12]),
    st.sampled_from(
        [
            *("save:arxiv:2508.13426", "hide:x", "page:- " + "x" * 300, "others:1,22,333", "search:"),
            "ban:abcdefgh2345 doi:10.1/x",
        ]
    ),
    st.booleans(),
)
CARDS = st.builds(
    PaperCard,
    number=st.integers(1, 30),
    paper_key=st.sampled_from(["arxiv:2508.13426", "arxiv:2508.13427", "doi:10.1/x", "doi:10.1/" + "x" * 95]),
    title=SPANS,
    summary=LINES,
    summary_from=st.none() | st.just("Hugging Face's AI, a_b_c"),
    facts=LINES,
    menu=st.lists(BUTTONS, max_size=6).map(tuple),
)
BLOCKS = (
    st.builds(Heading, LINES)
    | st.builds(Section, LINES)
    | st.builds(Note, LINES)
    | st.just(Divider())
    | st.builds(Actions, st.lists(BUTTONS, max_size=7).map(tuple))
    | CARDS
)
HOSTILE_DOCS = st.builds(Doc, st.lists(BLOCKS, max_size=8).map(tuple), TEXTS)
LAYOUTS = st.sampled_from(Layout)
KEYS = st.sampled_from(["", "digest-abc-2025-11-20"])
_INSTANTS = 8_640_000_000_000


def said(spans: tuple[Span, ...]) -> list[Glyph]:
    """What a line says, character by character, blanks and styles left out."""
    found: list[Glyph] = []
    for span in spans:
        url = address(span.url) if span.url is not None else None
        if span.instant is not None and abs(span.instant) <= _INSTANTS:
            found.append(Glyph("", instant=span.instant))
        else:
            found += [Glyph(one, url) for one in clean(span.text) if not one.isspace()]
    return found


def shown(glyphs: list[Glyph]) -> list[Glyph]:
    return [Glyph(one.character, one.url, one.instant) for one in glyphs if not one.character.isspace()]


def plain(glyphs: list[Glyph]) -> str:
    return "".join(one.character for one in glyphs)


# --- lines ---------------------------------------------------------------------------------------------


@given(TEXTS)
def test_escaped_text_reads_as_itself_and_nothing_else(text: str) -> None:
    assert read_line(escaped(text)) == [Glyph(one) for one in clean(text)]


@given(TEXTS, TEXTS)
def test_a_label_cannot_end_its_link(text: str, after: str) -> None:
    glyphs = shown(read_line(line((Span(text, "https://a.example/x"), Span(after)))))
    linked = [one.character for one in glyphs if one.url is not None]
    seen = [one for one in clean(text) if not one.isspace()]
    assert linked in (seen, list("link"))
    assert plain(glyphs).replace("(link)", "") == "".join(seen) + "".join(clean(after).split())


@given(LINES)
def test_a_line_says_what_was_said(spans: tuple[Span, ...]) -> None:
    expected = said(spans)
    if "://" in "".join(one.character for one in expected):
        return  # a label with an address in it is no label: see above
    if any("www." in span.text or "discord.gg" in span.text for span in spans):
        return
    assert shown(read_line(line(spans))) == expected


@given(LINES)
def test_nothing_is_styled_but_by_us(spans: tuple[Span, ...]) -> None:
    ours = {"bold": any(span.strong for span in spans), "italic": any(span.emphasis for span in spans)}
    may = {style for style, there in ours.items() if there}
    assert all(glyph.styles <= may for glyph in read_line(line(spans)))


def test_our_own_styles_are_shown() -> None:
    spans = (
        Span("Deep "),
        Span("video", strong=True),
        Span("models", emphasis=True),
        Span(" of ", strong=True),
        Span("1763", instant=1763629200),
        Span(": type "),
        Span("/papers help", code=True),
        Span(" see ", "https://a.example/(x)", emphasis=True),
    )
    text = line(spans)
    assert text == (
        "Deep **video**models **of** <t:1763629200:f>\\: type `/papers help` *[see](https://a.example/%28x%29)*"
    )
    styles = {one.character: one.styles for one in read_line(text)}
    assert styles["v"] == {"bold"}
    assert styles["h"] == {"code"}


@pytest.mark.parametrize("text", ["a`b", "``", "`x`", "/papers", "a``b`"])
def test_code_holds_backticks(text: str) -> None:
    glyphs = read_line(line((Span("type "), Span(text, code=True), Span(" *now*"))))
    assert plain([one for one in glyphs if "code" in one.styles]) == text


def test_an_address_too_long_to_be_followed_is_left_out() -> None:
    assert line((Span("x", "https://a.example/" + "b" * LONGEST_ADDRESS),)) == "x"


# --- messages ------------------------------------------------------------------------------------------


@given(HOSTILE_DOCS | docs(), LAYOUTS, KEYS)
def test_a_message_calls_and_links_nobody(doc: Doc, layout: Layout, key: str) -> None:
    ours = {address(span.url) for block in doc.blocks for span in _spans(block) if span.url is not None}
    for message in messages(doc, layout, key=key):
        sent = payload_of(message)
        for glyph in glyphs_of(sent["components"], sent.get("embeds", ())):
            assert glyph.url is None or glyph.url in ours


def _spans(block: Block) -> Iterator[Span]:
    match block:
        case Heading(spans) | Section(spans) | Note(spans):
            yield from spans
        case PaperCard():
            yield from (block.title, *block.summary, *block.facts)
        case _:
            pass


@given(docs(60), LAYOUTS)
def test_every_paper_is_shown_once_in_order(doc: Doc, layout: Layout) -> None:
    numbered = Doc(
        tuple(
            PaperCard(index, f"k{index}", Span(f"#{index}#"), menu=(Button("Save", f"save:{index}"),))
            for index, _ in enumerate(doc.blocks, 1)
        ),
        "",
    )
    made = [payload_of(one) for one in messages(numbered, layout)]
    text = "".join(plain(glyphs_of(one["components"], one.get("embeds", ()))) for one in made)
    order = [text.index(f"#{index}#") for index in range(1, len(doc.blocks) + 1)]
    assert order == sorted(order)


@given(HOSTILE_DOCS | docs(80), LAYOUTS, KEYS)
def test_every_message_keeps_the_budget(doc: Doc, layout: Layout, key: str) -> None:
    made = messages(doc, layout, key=key, mention="123456789012345678")
    assert made
    for message in made:
        sent = payload_of(message)
        embeds = sent.get("embeds", [])
        components = list(every(sent["components"]))
        assert len(embeds) <= 10
        assert len(components) <= 40
        assert sum(map(len, texts_of(sent["components"]))) <= 4_000
        assert sum(map(len, texts_of((), embeds))) <= 6_000
        assert all(len(one.get("title", "")) <= 256 for one in embeds)
        assert 0 < len(message.name) <= 100
        ids = [one["custom_id"] for one in components if "custom_id" in one]
        labels = [one["label"] for one in components if "label" in one]
        assert len(ids) == len(set(ids))
        assert len(labels) == len(set(labels))
        assert all(0 < len(one) <= 80 for one in labels)


@given(HOSTILE_DOCS | docs(40), LAYOUTS)
@example(Doc((PaperCard(1, f"doi:10.1/{'x' * 120}", Span("A paper")),), ""), Layout.EMBEDS)
def test_every_message_of_a_delivery_carries_its_own_mark(doc: Doc, layout: Layout) -> None:
    for number, message in enumerate(messages(doc, layout, key="digest-1")):
        mark = custom_ids.mark("digest-1", number)
        components = list(every(payload_of(message)["components"]))
        marks = {custom_ids.mark_of(one.get("custom_id") or "") for one in components}
        assert mark in marks or custom_ids.number(mark) in {one.get("id") for one in components}
        assert marks <= {mark, None}


@given(docs(8))
def test_a_digest_of_few_papers_is_one_compact_message(doc: Doc) -> None:
    cards = tuple(
        PaperCard(number, f"arxiv:2508.{number:05}", Span("A paper " * 8), (Span("It says. " * 12),))
        for number, _ in enumerate(doc.blocks[:6], 1)
    )
    foot = (Actions((Button("Search papers", "search:"), Button("Change", "form:x"))), Note((Span("Next."),)))
    (message,) = messages(Doc((Heading((Span("Trending"),)), *cards, *foot), ""), key="k")
    assert len(list(every(payload_of(message)["components"]))) <= 15


def test_what_stands_below_the_papers_is_in_the_first_message() -> None:
    cards = tuple(PaperCard(n, f"k{n}", Span(f"Paper {n} " + "word " * 60)) for n in range(1, 41))
    foot = (Actions((Button("Search papers", "search:"),)), Note((Span("Next: tomorrow."),)))
    first, *others = map(payload_of, messages(Doc((Heading((Span("Trending"),)), *cards, *foot), "Trending")))
    assert others
    options = next(one["options"] for one in every(first["components"]) if one["type"] == 3)
    texts = "\n".join(texts_of(first["components"]))
    assert f"-# Papers {len(options) + 1} to 40 are below." in texts
    assert "-# Next\\: tomorrow." in texts
    assert "Search papers" in [one.get("label") for one in every(first["components"])]


def test_more_papers_than_a_select_holds_have_two() -> None:
    cards = tuple(PaperCard(n, f"k{n}", Span(f"Paper {n}")) for n in range(1, 31))
    (message,) = messages(Doc(cards, ""))
    selects = [one for one in every(payload_of(message)["components"]) if one["type"] == 3]
    assert [len(one["options"]) for one in selects] == [25, 5]
    assert [one["placeholder"] for one in selects] == [
        "Choose a paper (1 to 25)…",
        "Choose a paper (26 to 30)…",
    ]


def test_the_mention_stands_in_the_first_message_alone() -> None:
    cards = tuple(PaperCard(n, f"k{n}", Span(f"Paper {n}")) for n in range(1, 4))
    for layout in Layout:
        first, *others = [
            json.dumps(payload_of(one)) for one in messages(Doc(cards, ""), layout, mention="77")
        ]
        assert first.count("<@&77>") == 1
        assert not any("<@&" in other for other in others)


@pytest.fixture(scope="module")
def spec() -> Any:
    found = importlib.util.spec_from_file_location(
        "validate_discord", shared_file("specs/validate_discord.py")
    )
    assert found is not None
    assert found.loader is not None
    module: ModuleType = importlib.util.module_from_spec(found)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its files to the collector of garbage
        found.loader.exec_module(module)
        return module.DiscordSpec()


@given(doc=HOSTILE_DOCS | docs(20), layout=LAYOUTS)
def test_discord_would_take_every_message(spec: Any, doc: Doc, layout: Layout) -> None:
    for message in messages(doc, layout, key="k"):
        assert spec.check("POST", "/channels/1/messages", payload_of(message)) == []


# --- what is pressed -----------------------------------------------------------------------------------

ACTIONS = st.sampled_from(["save:arxiv:2508.13426", "search:", "others:1,2", "page:2 a;b,c"]) | st.lists(
    st.integers(0, 9_999_999), min_size=1, max_size=30
).map(lambda numbers: f"others:{','.join(map(str, numbers))}")


@given(ACTIONS, st.booleans(), st.sampled_from(["", custom_ids.mark("k")]))
def test_a_button_gives_back_its_action(action: str, asks: bool, mark: str) -> None:
    custom_id = custom_ids.button_id(action, asks=asks, mark=mark)
    if custom_id is not None:
        assert len(custom_id) <= 100
        assert custom_ids.pressed(custom_id) == (action, asks)
        assert custom_ids.mark_of(custom_id) == (mark or None)


def test_twenty_papers_of_a_great_store_fit_a_button() -> None:
    action = f"others:{','.join(str(1_000_000 + number) for number in range(20))}"
    assert custom_ids.button_id(action) is not None


def test_an_action_that_fits_no_button_is_left_out() -> None:
    assert custom_ids.button_id("page:- " + "x" * 100) is None
    (message,) = messages(Doc((Actions((Button("More", "page:- " + "x" * 100),)), Section((Span("x"),))), ""))
    assert [one["type"] for one in every(payload_of(message)["components"])] == [17, 10]


@pytest.mark.parametrize("custom_id", ["", "x", "p", "q:save", "p.short:save", "s:", "s:x", "s.abc:0"])
def test_what_is_not_ours_is_not_read(custom_id: str) -> None:
    assert custom_ids.pressed(custom_id) is None
    assert custom_ids.mark_of(custom_id) is None


# --- the reading ---------------------------------------------------------------------------------------


def test_the_reading_finds_what_it_must_find() -> None:
    """The laws above are worth no more than the reading that they stand on."""
    text = "**b** *i* __u__ _j_ ~~s~~ ||p|| `c` [l](https://a.example)"
    styles = {one.character: one.styles for one in read_line(text)}
    assert {name: set(styles[name]) for name in "biujspc"} == {
        "b": {"bold"}, "i": {"italic"}, "u": {"underline"}, "j": {"italic"}, "s": {"strike"},
        "p": {"spoiler"}, "c": {"code"},
    }  # fmt: skip
    for call in (
        *("<@1>", "<@!1>", "<@&1>", "<#1>", "</a:1>", "<:a:1>", "<a:a:1>", "<id:home>", "@everyone", "@here"),
        *(
            "https://a.example",
            "<https://a.example>",
            ":tada:",
            "# Big",
            "-# x",
            "> x",
            "- x",
            "1. x",
            "**- x**",
        ),
    ):
        with pytest.raises(CallError):
            read_line(call)
