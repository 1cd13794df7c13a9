"""When two descriptions are of one paper."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.identity import agree, best_first, identified, local_id, title_key
from bot.model import IdScheme, PaperId, PaperReading

ABSTRACT = "We study how letters reach people who wait for them every single morning, rain or shine."


def described(abstract: str = "", *authors: str) -> PaperReading:
    return PaperReading(ids=(), title="", abstract=abstract, authors=authors)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Letters at Dawn: A Study", "letters  at dawn — a study"),
        ("Schrödinger Bridges", "Schrodinger bridges"),
        ("\uff37\uff49\uff44\uff45 Letters", "Wide letters"),
        ("Straße", "STRASSE"),
        ("On x² and ﬁelds", "On x2 and fields"),
        ("$\\alpha$-Letters", "alpha letters"),
        ("Łukasz, Ørsted", "Lukasz Orsted"),
    ],
)
def test_titles_meet_without_case_accents_width_and_punctuation(one: str, other: str) -> None:
    assert title_key(one) == title_key(other)


def test_titles_of_other_words_do_not_meet() -> None:
    titles = ["Letters I", "Letters II", "字母", "字", "C", "C++?", "", "?", "!?"]
    assert len({title_key(title) for title in titles}) == len(titles) - 1  # C and C++ are one
    assert title_key("C") == title_key("C++?")


@given(st.text())
def test_a_normalised_title_is_its_own_normal_form(title: str) -> None:
    assert title_key(title_key(title)) == title_key(title)


def test_a_local_id_is_the_same_for_ever() -> None:
    assert local_id("Letters at Dawn") == PaperId(IdScheme.LOCAL, "2ca3fc1fe717e3db")
    assert local_id("LETTERS, at dawn!") == local_id("Letters at Dawn")
    assert local_id("Letters at Dusk") != local_id("Letters at Dawn")


def test_ids_are_sorted_best_first() -> None:
    arxiv, later = PaperId(IdScheme.ARXIV, "2511.00001"), PaperId(IdScheme.ARXIV, "2511.00002")
    doi, local = PaperId(IdScheme.DOI, "10.1/a"), PaperId(IdScheme.LOCAL, "00")
    assert best_first([local, later, doi, arxiv, doi]) == (arxiv, later, doi, local)
    assert identified([local, doi])
    assert not identified([local])
    assert not identified([])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (described(ABSTRACT), described(ABSTRACT.upper())),
        (
            described(ABSTRACT),
            described(ABSTRACT + " And more was found in the evenings too."),
        ),
        (
            described(ABSTRACT.replace("morning", "$morning$")),
            described(ABSTRACT.replace("rain", "it rains")),
        ),
        (described("Too short."), described("too short")),
        (described("", "Ada Byron", "Émile Zola"), described("", "A. Byron", "E Zola")),
        (described("", "José P. García"), described("", "Garcia, J.")),
        (described("", "Martin King Jr."), described("", "M. King")),
        (described("", "Plato", "Ada Byron"), described("", "Plato")),
        (described("other words", "Ada Byron"), described(ABSTRACT, "Ada Byron")),
        (described("", "Ada Byron", "Jean-Luc Marie"), described("", "A. Byron", "J.-L. Marie", "New Comer")),
    ],
)
def test_what_agrees(one: PaperReading, other: PaperReading) -> None:
    assert agree(one, other)
    assert agree(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (described(), described()),
        (described(ABSTRACT), described()),
        (described(ABSTRACT), described("", "Ada Byron")),
        (
            described(ABSTRACT),
            described("We prove that every planar graph of large girth has few colours."),
        ),
        (described("Too short."), described(ABSTRACT)),
        (described("", "Ada Byron"), described("", "Bea Byron")),
        (described("", "Ada Byron", "B. C", "D. E"), described("", "Ada Byron", "F. G", "H. I", "J. K")),
        (described("", "..."), described("", "...")),
    ],
)
def test_what_does_not_agree(one: PaperReading, other: PaperReading) -> None:
    assert not agree(one, other)
    assert not agree(other, one)


NAMES = st.lists(st.sampled_from(["Ada Byron", "A. Byron", "Émile Zola", "Plato", "Li Wei", "!"]), max_size=4)
TEXTS = st.sampled_from(["", "short", ABSTRACT, ABSTRACT[:40], ABSTRACT.replace("rain", "sun")])


@given(TEXTS, NAMES, TEXTS, NAMES)
def test_agreement_is_symmetric(text: str, names: list[str], other: str, others: list[str]) -> None:
    one, two = described(text, *names), described(other, *others)
    assert agree(one, two) == agree(two, one)
