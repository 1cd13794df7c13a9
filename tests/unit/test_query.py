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
        ("https://arxiv.org/abs/2401.00001 12:30", words("https://arxiv.org/abs/2401.00001", "12:30")),
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
    ],
)
def test_plain_text_stays_plain(text: str, tree: Query) -> None:
    assert parse(text) == tree


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
        ("cat:(cs.CL OR cs.LG)", "cat:cs.CL"),
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
    ],
)
def test_a_mistake_is_answered_with_the_nearest_right_form(text: str, suggestion: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(f"transformers {text}")
    assert caught.value.suggestion == suggestion
    assert str(caught.value).endswith(f". Try {suggestion}.")
    parse(suggestion)


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
