"""A message as JSON, and back."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from bot.view.doc import (
    Divider,
    Doc,
    Heading,
    Marks,
    Note,
    PaperCard,
    Section,
    Span,
    from_json,
    marked,
    to_json,
    with_code,
)
from tests.property.docs import docs

CARD = PaperCard(
    number=1,
    paper_key="arxiv:2508.13426",
    title=Span("Attention", "https://arxiv.org/abs/2508.13426", strong=True),
    summary=(Span("It "), Span("matters", emphasis=True)),
    summary_from="abstract",
    facts=(Span("41 upvotes in 6 h"), Span("code", "https://github.com/a/b")),
)
DOC = Doc(
    (Heading((Span("Trending"),)), CARD, Section((Span("Also"),)), Note((Span("-"),)), Divider()), "1 paper"
)


@given(docs())
def test_a_message_survives_its_json(doc: Doc) -> None:
    text = to_json(doc)
    assert from_json(text) == doc
    assert to_json(from_json(text)) == text
    assert text.isascii()


def test_the_json_of_a_message_never_changes() -> None:
    assert to_json(Doc((Heading((Span("Ä", strong=True),)), Divider()), "f")) == (
        '{"blocks":[{"spans":[{"strong":true,"text":"\\u00c4"}],"type":"heading"},{"type":"divider"}],'
        '"fallback":"f","version":1}'
    )
    assert json.loads(to_json(DOC))["blocks"][1] == {
        "type": "paper",
        "number": 1,
        "paper_key": "arxiv:2508.13426",
        "title": {"text": "Attention", "url": "https://arxiv.org/abs/2508.13426", "strong": True},
        "summary": [{"text": "It "}, {"text": "matters", "emphasis": True}],
        "summary_from": "abstract",
        "facts": [{"text": "41 upvotes in 6 h"}, {"text": "code", "url": "https://github.com/a/b"}],
    }


@pytest.mark.parametrize(
    ("sentence", "spans"),
    [
        ("", ()),
        ("All is well.", (Span("All is well."),)),
        ("Type `help`.", (Span("Type "), Span("help", code=True), Span("."))),
        ("`a` and `b c`", (Span("a", code=True), Span(" and "), Span("b c", code=True))),
        ("A lone ` stays.", (Span("A lone ` stays."),)),
        ("An empty `` too.", (Span("An empty `` too."),)),
    ],
)
def test_what_a_sentence_has_between_backticks_is_to_be_typed(sentence: str, spans: tuple[Span, ...]) -> None:
    assert with_code(sentence) == spans
    assert "".join(span.shown for span in spans) == sentence


@pytest.mark.parametrize(
    ("marks", "pieces"),
    [
        ((), ["attention is all"]),
        (((0, 9),), ["*attention*", " is all"]),
        (((0, 9), (13, 16)), ["*attention*", " is ", "*all*"]),
        (((10, 12),), ["attention ", "*is*", " all"]),
        (((0, 16),), ["*attention is all*"]),
    ],
)
def test_what_is_marked_in_a_span_is_strong(marks: Marks, pieces: list[str]) -> None:
    span = Span("attention is all", "https://a.example/", emphasis=True)
    made = marked(span, marks)
    assert [f"*{one.text}*" if one.strong else one.text for one in made] == pieces
    assert all(one.emphasis is not one.strong and one.url == span.url for one in made)
    assert marked(Span(""), ()) == ()


def test_marks_of_a_title_are_written_only_where_there_are_any() -> None:
    assert "title_marks" not in to_json(DOC)
    card = replace(CARD, title_marks=((0, 4), (5, 9)))
    made = to_json(Doc((card,), "f"))
    assert json.loads(made)["blocks"][0]["title_marks"] == [[0, 4], [5, 9]]
    assert from_json(made).blocks == (card,)


def changed(path: list[str | int], value: Any) -> str:
    """The JSON of `DOC` with one value replaced; `...` takes it away."""
    whole = json.loads(to_json(DOC))
    place = whole
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(whole)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "must be an object"),
        ("{}", "has version None; this program reads version 1"),
        (changed(["version"], 2), "has version 2"),
        (changed(["version"], True), "has version True"),
        (changed(["fallback"], ...), "the message lacks 'fallback'"),
        (changed(["fallback"], None), "'fallback' of the message must be text"),
        (changed(["more"], 1), "the message has the unknown 'more'"),
        (changed(["blocks"], {}), "'blocks' of the message must be a list"),
        (changed(["blocks", 0], "text"), r"blocks\[0\] of the message is of the unknown type None"),
        (changed(["blocks", 0, "type"], "video"), "unknown type 'video'"),
        (changed(["blocks", 0, "type"], ["heading"]), "unknown type"),
        (
            changed(["blocks", 0, "spans", 0], "text"),
            r"spans\[0\] of blocks\[0\] of the message must be an object",
        ),
        (changed(["blocks", 0, "spans", 0, "text"], 7), "'text' of spans.* must be text"),
        (changed(["blocks", 0, "spans", 0, "bold"], True), "unknown 'bold'"),
        (changed(["blocks", 0, "spans", 0, "strong"], 1), "'strong' of .* must be true or false"),
        (changed(["blocks", 0, "spans", 0, "code"], "x"), "'code' of .* must be true or false"),
        (changed(["blocks", 0, "spans", 0, "url"], "javascript:alert(1)"), "'url' of .* must be an http"),
        (changed(["blocks", 0, "spans", 0, "url"], 1), "'url' of .* must be text"),
        (changed(["blocks", 1, "title_marks"], 1), r"'title_marks' of blocks\[1\] .* must be a list"),
        (changed(["blocks", 1, "title_marks"], [[0]]), r"title_marks\[0\] of .* must be two whole numbers"),
        (changed(["blocks", 1, "title_marks"], [[0, True]]), "must be two whole numbers"),
        (changed(["blocks", 1, "title_marks"], [[0, 10]]), "must be ranges of the title, in order and apart"),
        (changed(["blocks", 1, "title_marks"], [[-1, 1]]), "must be ranges of the title"),
        (changed(["blocks", 1, "title_marks"], [[2, 2]]), "must be ranges of the title"),
        (changed(["blocks", 1, "title_marks"], [[0, 4], [3, 5]]), "must be ranges of the title"),
        (changed(["blocks", 1, "number"], "1"), r"'number' of blocks\[1\] .* must be a whole number"),
        (changed(["blocks", 1, "number"], True), "must be a whole number"),
        (changed(["blocks", 1, "number"], 1.0), "must be a whole number"),
        (changed(["blocks", 1, "title"], [{"text": "x"}]), "title of .* must be an object"),
        (changed(["blocks", 1, "summary_from"], ["x"]), "'summary_from' of .* must be text"),
        (changed(["blocks", 1, "facts"], ...), "lacks 'facts'"),
        (changed(["blocks", 4, "spans"], []), "unknown 'spans'"),
    ],
)
def test_what_is_no_message_is_named(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        from_json(text)


@pytest.mark.parametrize(
    "url",
    [
        "", "arxiv.org", "javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//evil.example",
        "https://", "https://a b", "https://a\nb", "https://a\u202eb", "https://a>b", 'https://a"b', "https://a\x1b",
        " https://a", "https://a\ud800", "https://a\u00a0b",
    ],
)  # fmt: skip
def test_only_web_addresses_become_links(url: str) -> None:
    assert Span("x", url).url is None


@pytest.mark.parametrize(
    "url", ["https://arxiv.org/abs/1", "HTTP://a.org", "https://münchen.example/ä?b=c#d"]
)
def test_web_addresses_stay(url: str) -> None:
    assert Span("x", url).url == url
