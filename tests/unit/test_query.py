"""The query language: what each form means, what stays plain text, and what a mistake is told."""

import json
import time

import pytest

from bot.errors import QueryError
from bot.search.categories import ARCHIVES, CATEGORIES, NAMES
from bot.search.query import (
    EVERYTHING,
    MAX_DEPTH,
    And,
    Field,
    FieldName,
    Not,
    Or,
    Phrase,
    Query,
    Word,
    format_query,
    parse,
)
from tests.shared import shared_file


def words(*texts: str) -> Query:
    return Word(texts[0]) if len(texts) == 1 else And(tuple(Word(text) for text in texts))


def cat(value: str) -> Field:
    return Field(FieldName.CATEGORY, value)


def author(value: str) -> Field:
    return Field(FieldName.AUTHOR, value)


def named(value: str) -> Field:
    return Field(FieldName.ID, value)


def field(text: str) -> Query:
    """A field whose value is canonical."""
    name, _, value = text.partition(":")
    return Field(FieldName(name), value)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("transformers", Word("transformers")),
        ("vision  transformers", words("vision", "transformers")),
        ('"state of  the art"', Phrase("state of the art")),
        ("“smart quotes”", Phrase("smart quotes")),
        ("-survey", Not(Word("survey"))),
        ('a -"case study"', And((Word("a"), Not(Phrase("case study"))))),
        ("-(a b)", Not(words("a", "b"))),
        ("-(-a)", Word("a")),
        ("-3D -4o", And((Not(Word("3D")), Not(Word("4o"))))),
        ("-(7B)", Not(Word("7B"))),
        ('-"7B"', Not(Phrase("7B"))),
        ("-cat:cs.CV", Not(cat("cs.CV"))),
        ("a b OR c", Or((words("a", "b"), Word("c")))),
        ("a (b OR c)", And((Word("a"), Or((Word("b"), Word("c")))))),
        ("a OR (b OR c)", Or(tuple(map(Word, "abc")))),
        ("a (b (c))", words("a", "b", "c")),
        ("\uff08a OR b\uff09 c", And((Or((Word("a"), Word("b"))), Word("c")))),
        ("cat:cs.CL", cat("cs.CL")),
        ("Cat:CS.cl", cat("cs.CL")),
        ("cat:cs", cat("cs")),
        ("cat:Vision", cat("vision")),
        ("cat:hep-th", cat("hep-th")),
        ("author:lecun", author("lecun")),
        ('author:"Yann  LeCun"', author("Yann LeCun")),
        ("org:DeepMind", field("org:DeepMind")),
        ('org:"Meta AI"', field("org:Meta AI")),
        ("year:2025", field("year:2025")),
        ("Has:Code -has:project", And((field("has:code"), Not(field("has:project"))))),
        ("upvotes:>20", field("upvotes:>20")),
        ('upvotes:">= 007"', field("upvotes:>=7")),
        ("upvotes:≤5", field("upvotes:<=5")),
        ("upvotes:20", field("upvotes:20")),
        ("sort:NEW", field("sort:new")),
        ("(a OR b) sort:top", And((Or((Word("a"), Word("b"))), field("sort:top")))),
        ("year:2025, after:7d.", And((field("year:2025"), field("after:7d")))),
        ('title:attention abstract:"chain of thought"', And((
            Field(FieldName.TITLE, "attention"), Field(FieldName.ABSTRACT, "chain of thought"),
        ))),
    ],
)  # fmt: skip
def test_each_form_of_the_language_is_read(text: str, tree: Query) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("C++", Word("C++")),
        ("don't", Word("don't")),
        ("state-of-the-art", Word("state-of-the-art")),
        ("GPT-4o L_2", words("GPT-4o", "L_2")),
        ("R&D", Word("R&D")),
        ("Attention: a survey", words("Attention:", "a", "survey")),
        ("https://example.org/abs/24 12:30", words("https://example.org/abs/24", "12:30")),
        ("foo:bar", Word("foo:bar")),
        ('foo:"bar baz"', And((Word("foo:"), Phrase("bar baz")))),
        ('say "hello world', words("say", "hello", "world")),
        ('-"hello world', And((Not(Word("hello")), Word("world")))),
        ('5" or 7" screens', words("5'", "or", "7'", "screens")),
        ("foo (bar", words("foo", "bar")),
        ("foo) bar", words("foo", "bar")),
        ("Models (LLM)-based", words("Models", "LLM", "based")),
        ("Qwen-7B(-instruct)", words("Qwen-7B", "instruct")),
        ('"small"-scale --flag', And((Phrase("small"), Word("scale"), Word("flag")))),
        ("trade - off", words("trade", "off")),
        ("or", Word("or")),
        ("OR", Word("or")),
        ("OR a", words("or", "a")),
        ("a OR", words("a", "or")),
        ("(a OR) b", words("a", "or", "b")),
        ("a OR OR b", Or((words("a", "or"), Word("b")))),
        ("🚀 β 模型", words("🚀", "β", "模型")),
        ("Q & A", words("Q", "A")),
        ("Before: we trained. After: nothing", words("Before:", "we", "trained.", "After:", "nothing")),
        ("the org: a year: id: has: sort:", words("the", "org:", "a", "year:", "id:", "has:", "sort:")),
        ("CAT: Circular Attention", words("CAT:", "Circular", "Attention")),
        ("Title: x Abstract: y", words("Title:", "x", "Abstract:", "y")),
        ("by -14%, or -7B", words("by", "14%,", "or", "7B")),
        ("(the day after:)", words("the", "day", "after:")),
        ("-before: x", And((Not(Word("before:")), Word("x")))),
        (
            "a decade of 1993.1234567 and 2513.00001",
            words("a", "decade", "of", "1993.1234567", "and", "2513.00001"),
        ),
        ("arXiv 2513.00001", words("arXiv", "2513.00001")),
        ('"2508.13426"', Phrase("2508.13426")),
        ("https://example.com/10.1145/3292500", Word("https://example.com/10.1145/3292500")),
        ("10.1145/é", Word("10.1145/é")),
    ],
)
def test_plain_text_stays_plain(text: str, tree: Query) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2508.13426", "2508.13426"),
        ("2508.13426v3.", "2508.13426"),
        ("[2508.13426]", "2508.13426"),
        ("(arXiv:2508.13426)", "2508.13426"),
        ("arXiv: 2508.13426", "2508.13426"),
        ("arxiv 2508.13426", "2508.13426"),
        ("quant-ph/0201082", "quant-ph/0201082"),
        ("https://arxiv.org/abs/2508.13426v2", "2508.13426"),
        ("<https://arxiv.org/pdf/2508.13426.pdf>", "2508.13426"),
        ("https://huggingface.co/papers/2508.13426,", "2508.13426"),
        ("https://www.alphaxiv.org/abs/2508.13426", "2508.13426"),
        ("10.48550/arXiv.2508.13426", "2508.13426"),
        ("https://doi.org/10.48550/arXiv.2508.13426", "2508.13426"),
        ("10.1145/3292500.3330701.", "10.1145/3292500.3330701"),
        ("doi:10.1145/3292500.3330701", "10.1145/3292500.3330701"),
        ("DOI: 10.1145/3292500.3330701", "10.1145/3292500.3330701"),
        ("https://doi.org/10.1162/TACL_a_00638", "10.1162/tacl_a_00638"),
        ("10.1016/S0004-3702(97)00043-X", "10.1016/s0004-3702(97)00043-x"),
        ("(see 10.1016/S0004-3702(97)00043-X)", "10.1016/s0004-3702(97)00043-x"),
        ("id:2508.13426v2", "2508.13426"),
        ("ID:arXiv:2508.13426", "2508.13426"),
        ("id:https://arxiv.org/abs/2508.13426", "2508.13426"),
        ('id:"doi:10.1016/S0004-3702(97)00043-X"', "10.1016/s0004-3702(97)00043-x"),
        ("id:10.1016/S0004-3702(97)00043-X", "10.1016/s0004-3702(97)00043-x"),
        ("local:0123456789ABCDEF", "local:0123456789abcdef"),
    ],
)
def test_an_id_or_a_link_names_that_very_paper(text: str, value: str) -> None:
    tree = parse(text)
    assert (tree.parts[-1] if isinstance(tree, And) else tree) == named(value)
    assert parse(format_query(tree)) == tree
    assert parse(f"-({text})") == Not(tree)


@pytest.mark.parametrize("text", ["", "  \n", "-", "&", '"', '""', "()", "(-)", "!!!", '" "', "( ( )", "->"])
def test_a_query_with_nothing_to_look_for_takes_everything(text: str) -> None:
    assert parse(text) == EVERYTHING
    assert format_query(parse(text)) == ""


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("cat:", "cat:cs.CL"),
        ("-cat:", "cat:cs.CL"),
        ('cat:""', "cat:cs.CL"),
        ("cat:(cs.CL OR cs.LG)", "(cat:cs.CL OR cat:cs.LG)"),
        ("cat:(xyzzy OR cs.LG)", "cat:cs.CL"),
        ('author:("Yann LeCun" OR hinton)', '(author:"Yann LeCun" OR author:hinton)'),
        ("title:(flash attention)", "title:flash title:attention"),
        ("-cat:(cs.CL OR cs.LG)", "-(cat:cs.CL OR cat:cs.LG)"),
        ("title:(a (b))", "title:attention"),
        (f"title:({'long ' * 50})", "title:attention"),
        ("cat: robotic", "cat:robotics"),
        ("author:", 'author:"Yann LeCun"'),
        ("author:!!!", 'author:"Yann LeCun"'),
        ("author: lecun", "author:lecun"),
        ('author: "Yann LeCun" vision', 'author:"Yann LeCun"'),
        ('author:"Yann LeCun', 'author:"Yann LeCun"'),
        ("title: attention", "title:attention"),
        ('cat:"robotic', "cat:robotics"),
        ("cat:CL", "cat:cs.CL"),
        ("cat:cs.*", "cat:cs"),
        ("cat:cs-cl", "cat:cs.CL"),
        ("cat:cs.CLL", "cat:cs.CL"),
        ("cat:visoin", "cat:vision"),
        ('cat:"machine learning"', "cat:cs.LG"),
        ("cat:cs.CL,cs.lg", "(cat:cs.CL OR cat:cs.LG)"),
        ("cat:xyzzy", "cat:cs.LG"),
        ("cat:thing", "cat:cs.LG"),
        ('cat:"computer vision"', "cat:vision"),
        ("cat:computer-vision", "cat:vision"),
        ("cat:computervision", "cat:vision"),
        ("cat:speech-recognition", "cat:speech"),
        ('cat:"natural language processing"', "cat:nlp"),
        ('cat:"pattern recognition"', "cat:cs.CV"),
        ("cat:quantum-physics", "cat:quant-ph"),
        ("cat:crypto", "cat:cryptography"),
        ("cat:maths", "cat:math"),
        ("cat:xy", "cat:cs.LG"),
        ("after:tuesdayish", "after:7d"),
        ("after:yesturday", "after:yesterday"),
        ("after:monday", "after:7d"),
        ('before:"last monday"', "before:7d"),
        ("after:last month agents", "after:last-month"),
        ("after:last week", "after:last-week"),
        ("before:March 2025, agents", "before:2025-03"),
        ("before:3 months (ago)", "before:3m"),
        ("after:last (month)", "after:7d"),
        ("before:2025-02-30", "before:2025-02"),
        ("before:2025-13", "before:2025"),
        ("after:25.3.2025", "after:2025-03-25"),
        ("after:3/25/2025", "after:2025-03-25"),
        ("after:48h", "after:2d"),
        ('after:"last month', "after:last-month"),
        ('before:""', "before:2025-03-01"),
        ("year:20x5", "year:2025"),
        ("year:2023ish", "year:2023"),
        ("year:2023-2025", "after:2023 before:2026"),
        ("year:>2023", "after:2024"),
        ("year:<=2023", "before:2024"),
        ("upvotes:many", "upvotes:>20"),
        ("upvotes:20+", "upvotes:>=20"),
        ("upvotes:5-20", "upvotes:>=5 upvotes:<=20"),
        ("upvotes:", "upvotes:>20"),
        ("upvotes: >5", "upvotes:>5"),
        ("upvotes:> 20", "upvotes:>20"),
        ("upvotes:>= 20 agents", "upvotes:>=20"),
        ("upvotes:>-1", "upvotes:>=0"),
        ("upvotes:>=-5", "upvotes:>=0"),
        ("has:video", "has:code"),
        ("has:github", "has:code"),
        ("has:website", "has:project"),
        ("sort:best", "sort:top"),
        ("sort:newest", "sort:new"),
        ("sort:hot", "sort:trending"),
        ("id:banana", "id:2508.13426"),
        ("org:(Meta OR Google)", "(org:Meta OR org:Google)"),
        ("sort:(new OR top)", "sort:new"),
    ],
)
def test_a_mistake_is_answered_with_the_nearest_right_form(text: str, suggestion: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(f"transformers {text}")
    assert caught.value.suggestion == suggestion
    assert str(caught.value).endswith(f". Try {suggestion}.")
    parse(suggestion)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("a OR b sort:new", "(a OR b) sort:new"),
        ("a (b sort:new)", "a b sort:new"),
        ("a -sort:new", "a sort:new"),
        ("a -(b sort:new)", "a -b sort:new"),
        ("a -(sort:new)", "a sort:new"),
        ("sort:new a sort:top", "a sort:new"),
        ("(sort:new)", "sort:new"),
        ("sort:new OR sort:top", "sort:new"),
    ],
)
def test_an_order_is_the_whole_searchs_or_a_mistake(text: str, suggestion: str) -> None:
    with pytest.raises(QueryError, match="sort: orders the whole search") as caught:
        parse(text)
    assert caught.value.suggestion == suggestion
    assert format_query(parse(suggestion)) == suggestion


def test_the_remedy_of_a_long_search_does_not_repeat_it() -> None:
    with pytest.raises(QueryError) as caught:
        parse("word " * 2_000 + "OR sort:new")
    assert caught.value.suggestion == "sort:new"


def test_an_unknown_category_is_named_and_never_at_length() -> None:
    with pytest.raises(QueryError, match="no category 'xyzzy'"):
        parse("cat:xyzzy")
    with pytest.raises(QueryError) as caught:
        parse("cat:" + "x" * 5_000)
    assert len(str(caught.value)) < 150


def test_a_quoted_field_name_is_plain_text() -> None:
    assert parse('"cat:" "author: me"') == And((Phrase("cat:"), Phrase("author: me")))


def test_parentheses_deeper_than_the_bound_are_plain_text() -> None:
    deep = "-(a " * (MAX_DEPTH + 1) + ")" * (MAX_DEPTH + 1)
    tree = parse(deep)
    depth = 0
    while isinstance(tree, Not):
        assert isinstance(tree.part, And)
        tree = tree.part.parts[-1]
        depth += 1
    assert depth == MAX_DEPTH
    assert parse("(" * 5_000 + "a" + ")" * 5_000) == Word("a")


@pytest.mark.parametrize(
    "text",
    [
        *("(" * 10_000, "(-" * 5_000, ")" * 10_000, "(a OR -" * 1_000 + ")" * 1_000),
        *("a " * 5_000, "a OR " * 2_500, "-" * 10_000, '"' * 9_999, 'a"' * 5_000),
        *("x" * 10_000, "a-" * 5_000, "日" * 10_000, "\u0301" * 10_000, "a:" * 5_000, "cat:cs " * 1_500),
        *("10.1234/" + "(" * 9_990, "10.1234/a(" * 1_000, "10.1234/" + "a." * 4_990 + "é", "arxiv " * 1_600),
        *("doi: " * 2_000, "2508.13426 " * 900, "10.1234/" + "." * 9_990 + "é", "arxiv" + " " * 9_990),
        *("before: " * 1_200, "10.1234/(" + "a(" * 4_990, "arxiv \t" * 1_200),
    ],
    ids=lambda text: f"{text[:8]}… of {len(text)}",
)
def test_ten_thousand_characters_are_read_quickly_and_say_the_same_again(text: str) -> None:
    started = time.perf_counter()
    tree = parse(text)
    assert time.perf_counter() - started < 1
    assert parse(format_query(tree)) == tree


def test_the_table_of_categories_is_sound() -> None:
    assert len(CATEGORIES) == 155
    assert not set(NAMES) & (set(CATEGORIES) | ARCHIVES)
    for name, codes in NAMES.items():
        assert all(code in CATEGORIES or code in ARCHIVES for code in codes), name
    for value in (*CATEGORIES, *ARCHIVES, *NAMES):
        assert parse(f"cat:{value.upper()}") == cat(value)


def test_recorded_queries_are_read_as_plain_words() -> None:
    lines = shared_file("data/search-known-item/short_queries.jsonl").read_text("utf-8").splitlines()
    for query in (json.loads(line)["query"] for line in lines):
        tree = parse(query)
        assert isinstance(tree, (Word, And))
        assert parse(format_query(tree)) == tree


def test_recorded_topics_are_read_without_a_negation_or_an_error() -> None:
    lines = shared_file("data/search-known-item/topic_counts.tsv").read_text("utf-8").splitlines()
    for topic in (line.partition("\t")[0] for line in lines[::10]):
        tree = parse(topic)
        assert parse(format_query(tree)) == tree
        parts = tree.parts if isinstance(tree, And) else (tree,)
        assert all(isinstance(part, (Word, Phrase)) for part in parts), topic
