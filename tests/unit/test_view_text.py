"""Shortening, names, and what a terminal may be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.view.text import clusters, control_free, short_authors, shorten, width
from tests.property.docs import TEXTS

SCIENTIST = "👩🏽‍🔬"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("Attention is all you need", 25, "Attention is all you need"),
        ("Attention is all you need", 24, "Attention is all you…"),
        ("Attention is all you need", 21, "Attention is all you…"),
        ("Attention is all you need", 20, "Attention is all…"),
        ("Attention is all you need", 10, "Attention…"),
        ("Attention is all you need", 9, "Attentio…"),
        ("Attention is all you need", 1, "…"),
        ("Attention is all you need", 0, ""),
        ("Attention is all you need", -1, ""),
        ("One, two", 5, "One…"),
        ("One,  two", 8, "One…"),
        ("a " + "b" * 100, 60, "a " + "b" * 57 + "…"),
        ("a " + "b" * 100, 20, "a…"),
        ("x" * 50, 10, "x" * 9 + "…"),
        ("大規模言語モデルの推論", 5, "大規模言…"),
        ("大規模 language", 8, "大規模…"),
        ("", 5, ""),
        ("   ", 2, "…"),
        ("ab e\u0301e\u0301e\u0301e\u0301", 7, "ab…"),
        ("e\u0301" * 40, 4, "e\u0301…"),
        ("a" + "\u0301" * 40, 10, "…"),
        (SCIENTIST * 3, 2 * len(SCIENTIST), SCIENTIST + "…"),
        ("🇩🇪🇫🇷🇯🇵", 4, "🇩🇪…"),
    ],
)
def test_a_text_is_shortened_at_a_word(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short


@given(TEXTS, st.integers(-1, 60))
def test_shortening_keeps_the_limit_and_cuts_no_character(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert len(short) <= max(limit, 0)
    if short != text and short:
        head = short.removesuffix("…")
        assert text.startswith(head)
        assert head in {text[:end] for end in _ends(text)}


def _ends(text: str) -> set[int]:
    ends = {0}
    for cluster in clusters(text):
        ends.add(max(ends) + len(cluster))
    return ends


@given(TEXTS, st.integers(0, 60))
def test_a_larger_limit_never_keeps_less(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= len(shorten(text, limit + 1))


@given(TEXTS)
def test_characters_joined_give_the_text_back(text: str) -> None:
    assert "".join(clusters(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "e\u0301",
        SCIENTIST,
        "🇩🇪",
        SCOTLAND,
        "❤️",
        "👍🏿",
        "\u1112\u1161\u11ab",
        "\ud558\u11ab",
        "\r\n",
        "\ud83d\ude00",
        "क\u094d",
    ],
)
def test_a_perceived_character_is_one(text: str) -> None:
    assert list(clusters(text)) == [text]
    assert list(clusters(f"a{text}b")) == ["a", text, "b"]


def test_neighbours_stay_apart() -> None:
    assert list(clusters("🇩🇪🇫🇷")) == ["🇩🇪", "🇫🇷"]
    assert list(clusters("한국\u1112\u1161")) == ["한", "국", "\u1112\u1161"]
    assert list(clusters("a \u0301")) == ["a", " ", "\u0301"]


@pytest.mark.parametrize(
    ("cluster", "columns"),
    [("a", 1), ("é", 1), ("e\u0301", 1), ("漢", 2), ("\uff21", 2), ("ｱ", 1), ("한", 2), (SCIENTIST, 2),
     ("❤️", 2), ("🇩🇪", 2), ("\u200b", 0), ("\u0301", 0), ("", 0)],
)  # fmt: skip
def test_characters_take_their_columns(cluster: str, columns: int) -> None:
    assert width(cluster) == columns


@pytest.mark.parametrize(
    ("names", "line"),
    [
        ([], ""),
        (["Cheng Yang"], "Cheng Yang"),
        (["Cheng Yang", "Chenglin Wu"], "Cheng Yang and Chenglin Wu"),
        (["Cheng Yang", "X", "Chenglin Wu"], "Cheng Yang … Chenglin Wu (3)"),
        (["Cheng Yang", *"123456789", "Chenglin Wu"], "Cheng Yang … Chenglin Wu (11)"),
    ],
)
def test_authors_take_one_line(names: list[str], line: str) -> None:
    assert short_authors(names) == line


def test_what_steers_a_terminal_goes() -> None:
    assert control_free("\x1b[31mred\x1b[0m\x9b2J\x07\x00\x7f\r") == "[31mred[0m2J"
    assert control_free("a\tb\nc") == "a b\nc"
    assert control_free("\u202aa\u202e\u2066b\u2069\ud800") == "ab"
    assert control_free("שלום \u200f👩🏽‍🔬") == "שלום \u200f👩🏽‍🔬"


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_what_is_free_of_controls_can_be_written_anywhere(text: str) -> None:
    free = control_free(text)
    free.encode()
    assert control_free(free) == free
    assert not any(ord(c) < 32 and c != "\n" for c in free)
