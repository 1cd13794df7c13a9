"""By which neighbouring terms a text may hold what is looked for."""

import pytest

from bot.search.parts import conditions, sort_of, wanted, wanted_text, wishes
from bot.search.query import EVERYTHING, Field, FieldName, Phrase, Sort, Word, format_query, parse
from bot.search.tokens import places, terms_of, tokens
from bot.search.ways import MOST_WAYS, glued, ways


def test_a_hyphenated_word_is_held_in_parts_or_as_one() -> None:
    assert ways("flash-attention")[:2] == (("flash", "attent"), ("flashattent",))


def test_a_word_is_held_whole_or_in_two_halves_of_three_letters_or_more() -> None:
    found = ways("flashattention")
    assert found[0] == ("flashattent",)
    assert ("flash", "attent") in found[1:]
    assert all(len(way) == 2 for way in found[1:])
    assert ways("learn") == (("learn",),)
    assert ways("gpt4o") == (("gpt", "4o"), ("gpt4o",))


def test_no_half_is_a_function_word() -> None:
    assert ("not", "abl") not in ways("notable")
    assert ("with", "out") not in ways("without")
    assert glued(["not", "able"]) == (None,)


def test_two_words_of_a_phrase_are_held_as_one_and_one_of_them_as_two() -> None:
    found = ways("fast flash attention")
    assert ("fast", "flashattent") in found
    assert ("fastflash", "attent") in found
    assert ("fast", "flash", "atten", "tion") in found
    assert ("fastflash", "atten", "tion") not in found


def test_neighbours_are_glued_where_both_are_single_parts() -> None:
    words = ["flash", "attention", "is", "GPT-4o", "data", "sets"]
    assert glued(words) == ("flashattent", None, None, None, "dataset")
    assert glued(["flash"]) == ()
    assert glued(["x,y", "flash", "x" * 50]) == (None, None)


def test_ways_are_bounded_however_long_the_text() -> None:
    assert ways("!") == ()
    many = ways("a-b-c-d-e " * 6)
    assert len(many) == MOST_WAYS
    assert many[0] == ("a", "b", "c", "d", "e") * 6
    assert len(set(many)) == len(many)
    assert ways("state-of-the-art " * 500)[0] == ("state", "of", "the", "art") * 500


def test_terms_come_in_parts_and_in_solid_terms_with_repetitions() -> None:
    parts, solids = terms_of("State-of-the-art LLMs: FlashAttention, flash-attention!")
    assert parts == ["state", "of", "the", "art", "llm", "flash", "attent", "flash", "attent"]
    assert solids.count("flashattent") == 2
    assert set(solids) == {
        *("stateof", "stateofth", "stateoftheart", "ofth", "oftheart", "theart", "flashattent"),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A (Flash-Attention), GPT-4o's", ["A", "Flash", "Attention", "GPT", "4o"]),
        ("Qwen2.5-VL YOLOv8", ["Qwen", "2.5", "VL", "YOLO", "v8"]),
        ("na\u0131ve na\u00efve nai\u0308ve", ["na\u0131ve", "na\u00efve", "nai\u0308ve"]),
        ("soft\u00adware ﬁne", ["soft\u00adware", "ﬁne"]),
        ("大模型 β-VAE 🚀", ["大", "模", "型", "β", "VAE", "🚀"]),
        ("C++ a™b", ["C++", "a", "b"]),
    ],
)
def test_every_position_is_traced_to_the_characters_it_came_from(text: str, expected: list[str]) -> None:
    where = places(text, range(len(expected)))
    assert [text[start:end] for start, end in where.values()] == expected


# --- what a query is made of ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "rest"),
    [
        ("vision transformers", ""),
        ("vision -survey cat:cs.CV", "-survey cat:cs.CV"),
        ('title:vision abstract:"a b" author:lecun', "author:lecun"),
        ("cat:cs.CL OR cat:cs.CV robots", "cat:cs.CL OR cat:cs.CV"),
        ("cat:cs.CL OR robots", ""),
        ("(cat:cs.CL robots) OR (cat:cs.CL cars)", "cat:cs.CL"),
        ("a (year:2024 OR year:2025) sort:new", "year:2024 OR year:2025"),
        ("a -(b cat:cs) has:code", "-(b cat:cs) has:code"),
        ("2508.13426 words", "id:2508.13426"),
        ("sort:new", ""),
        ("", ""),
    ],
)
def test_conditions_are_what_a_close_result_must_satisfy_too(query: str, rest: str) -> None:
    assert format_query(conditions(parse(query))) == rest
    assert (conditions(parse(query)) == EVERYTHING) is (rest == "")


def test_what_is_wanted_is_every_positive_word_phrase_and_text_field() -> None:
    query = parse('a "b c" (d OR title:e) -f -(g h) author:i cat:cs org:j after:7d sort:new')
    assert wanted(query) == (Word("a"), Phrase("b c"), Word("d"), Field(FieldName.TITLE, "e"))
    assert wanted_text(query) == "a b c d e"
    assert wanted_text(parse("cat:cs -a")) == ""


def test_a_wanted_word_knows_what_it_may_be_a_part_of() -> None:
    assert [joined for _, joined in wishes(parse("data set cat:cs learning"))] == [
        frozenset({"dataset"}),
        frozenset({"dataset", "setlearn"}),
        frozenset({"setlearn"}),
    ]


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("a sort:new", Sort.NEW),
        ("sort:top", Sort.TOP),
        ("sort:trending (a OR b)", Sort.TRENDING),
        ("sort:relevance a", Sort.RELEVANCE),
        ("a OR b", Sort.RELEVANCE),
        ("", Sort.RELEVANCE),
    ],
)
def test_the_order_is_what_was_asked_for_or_by_relevance(query: str, order: Sort) -> None:
    assert sort_of(parse(query)) is order


def test_a_link_is_divided_without_being_remembered() -> None:
    link = "https://example.org/" + "a-b/" * 100
    assert [term for term, start, end in tokens(link) if end == start + 1] == terms_of(link)[0]
