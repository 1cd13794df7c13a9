"""Which words of a text are marked, which stretch of an abstract is shown, and what is said to be held."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.model import IdScheme, Paper, PaperId, Upstream
from bot.search.answer import Tier
from bot.search.marks import Held, Place, excerpt, held, marks
from bot.search.query import parse
from bot.search.reasons import why
from tests.property.queries import a_paper


def marked(query: str, text: str, place: Place | None = None) -> str:
    return shown(text, marks(parse(query), text, place))


def shown(text: str, ranges: tuple[tuple[int, int], ...]) -> str:
    for start, end in reversed(ranges):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("transformer", "Vision [Transformers], again: [transformer]-trained."),
        ("vision transformer", "[Vision] [Transformers], again: [transformer]-trained."),
        ('"vision transformers"', "[Vision Transformers], again: transformer-trained."),
        ('"transformers again" train', "Vision [Transformers, again]: transformer-[trained]."),
        ("visiontransformer", "[Vision Transformers], again: transformer-trained."),
        ('"transformer vision" survey', "Vision Transformers, again: transformer-trained."),
        ("-vision again", "Vision Transformers, [again]: transformer-trained."),
        ("cat:cs author:vision", "Vision Transformers, again: transformer-trained."),
        ("vision OR (training survey)", "[Vision] Transformers, again: transformer-[trained]."),
        ("", "Vision Transformers, again: transformer-trained."),
    ],
)
def test_the_words_that_are_wanted_are_marked_as_the_text_writes_them(query: str, expected: str) -> None:
    assert marked(query, "Vision Transformers, again: transformer-trained.") == expected


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("attention", "(FlashAttention-2)", "(Flash[Attention]-2)"),
        ("flash attention", "Flashattention!", "[Flashattention]!"),
        ("naive", "a nai\u0308ve way", "a [nai\u0308ve] way"),
        ("software", "soft\u00adware™", "[soft\u00adware]™"),
        ("fine", "a ﬁne tune", "a [ﬁne] tune"),
        ("模型", "大模型。", "大[模型]。"),
        ("C++", "C++17 or C", "[C++]17 or C"),
        ("models", "the model's weights", "the [model]'s weights"),
        ("the art of war", "the art", "the [art]"),
        ("of the", "the art of it", "[the] art [of] it"),
        ('"of the" art', "of the art", "[of the] [art]"),
    ],
)
def test_no_spelling_shifts_a_mark(query: str, text: str, expected: str) -> None:
    assert marked(query, text) == expected


def test_what_is_wanted_in_one_place_is_marked_only_there() -> None:
    query = "title:alpha abstract:beta gamma"
    assert marked(query, "alpha beta gamma", "title") == "[alpha] beta [gamma]"
    assert marked(query, "alpha beta gamma", "abstract") == "alpha [beta] [gamma]"
    assert marked(query, "alpha beta gamma") == "alpha beta [gamma]"


FILLER = "Nothing is said here that anyone looks for, and it goes on like this. "


def test_a_short_abstract_is_shown_whole_and_on_one_line() -> None:
    made = excerpt(parse("alpha"), "One  alpha.\n\nTwo.")
    assert (shown(made.text, made.marks), made.cut_before, made.cut_after) == (
        "One [alpha]. Two.",
        False,
        False,
    )


def test_the_stretch_with_most_different_words_is_shown_from_the_start_of_its_sentence() -> None:
    abstract = (
        FILLER * 4 + "alpha alpha alpha. " + FILLER * 4 + "We join alpha and beta at last. " + FILLER * 4
    )
    made = excerpt(parse("alpha beta"), abstract, 100)
    assert shown(made.text, made.marks).startswith("We join [alpha] and [beta] at last.")
    assert made.cut_before
    assert made.cut_after
    assert 60 < len(made.text) <= 100
    assert abstract[abstract.index(made.text) + len(made.text)] == " "


def test_the_beginning_is_shown_where_it_holds_what_is_wanted_or_nothing_does() -> None:
    for query in ("nothing", "absent", ""):
        made = excerpt(parse(query), FILLER * 9, 50)
        assert (FILLER * 9).startswith(made.text)
        assert (made.cut_before, made.cut_after) == (False, True)
        assert made.text.endswith(" it")


def test_a_word_in_the_middle_of_a_long_sentence_has_something_before_it() -> None:
    made = excerpt(parse("alpha"), "word " * 100 + "alpha " + "word " * 100, 100)
    assert "word [alpha] word" in shown(made.text, made.marks)
    assert made.cut_before


@pytest.mark.parametrize("length", [1, 5, 30])
def test_a_text_without_spaces_and_a_phrase_longer_than_the_excerpt_are_cut(length: int) -> None:
    for query, text in (
        ("模型", "无" * 100 + "模型" + "无" * 100),
        ('"alpha beta gamma delta"', FILLER + "alpha beta gamma delta " + FILLER),
        ("x", "x" * 500),
    ):
        made = excerpt(parse(query), text, length)
        assert 0 < len(made.text) <= length
        assert all(0 <= start < end <= len(made.text) for start, end in made.marks)


def test_what_is_held_is_told_by_its_place_in_the_querys_own_words() -> None:
    paper = Paper(
        id=1,
        ids=(PaperId(IdScheme.ARXIV, "2501.00001"),),
        title="Flash Attention for Transformers",
        abstract="We train transformers with care.",
        text_from=Upstream.ARXIV,
        authors=("Care Long",),
        published_at=None,
        first_seen_at=datetime(2025, 1, 1, tzinfo=UTC),
        categories=None,
        keywords=("robots",),
    )
    query = parse(
        'transformer flashattention the careful "with care" robot long title:train abstract:training -x'
    )
    assert held(query, paper) == Held(
        title=("transformer", "flashattention"),
        abstract=("transformer", "careful", "with care", "training"),
        keywords=("robot",),
        missing=("long", "train"),
    )
    assert held(parse("the for"), paper) == Held(("for",), (), (), ("the",))
    assert held(parse("cat:cs"), paper) == Held((), (), (), ())


@pytest.mark.parametrize(
    ("typed", "tier", "sentence"),
    [
        ("maps", Tier.MATCH, "In the title: maps."),
        ("maps OR zebras", Tier.MATCH, "In the title: maps."),
        ("maps OR zebras", Tier.CLOSE, "In the title: maps."),
        ("maps (zebras OR gnus)", Tier.CLOSE, "In the title: maps; not there: zebras, gnus."),
        ("maps (zebras OR deep)", Tier.MATCH, "In the title: maps; in the abstract: deep."),
        ("(maps zebras) OR (sea gnus)", Tier.CLOSE, "In the title: maps, sea; not there: zebras, gnus."),
        ("maps (zebras OR cat:cs.CV)", Tier.MATCH, "In the title: maps."),
        ("zebras OR cat:cs.CV", Tier.MATCH, "A condition holds, without the words."),
        ("cartography", Tier.MATCH, "In the keywords: cartography."),
        ("zebras -gnus", Tier.CLOSE, "Near in meaning, in other words."),
        ("cat:cs.CV", Tier.MATCH, "Every condition holds."),
        ("sort:top", Tier.MATCH, "Neither words nor conditions were given."),
    ],
)
def test_a_result_is_explained_by_what_it_holds_and_never_against_its_tier(
    typed: str, tier: Tier, sentence: str
) -> None:
    paper = replace(a_paper("Maps of the Sea", "It is deep."), keywords=("cartography",))
    assert why(parse(typed), paper, tier) == sentence
