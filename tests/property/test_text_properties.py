"""Laws of cleaning: cleaning twice is cleaning once, nothing raises, no word of plain prose is lost."""

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.text import clean_abstract, clean_link, clean_name, clean_title

CLEANERS = [clean_title, clean_abstract, clean_name]

# Pieces that rules react to, glued in any order: far nastier than what random characters give.
PIECES = st.sampled_from(
    [
        *("\\", "{", "}", "$", "$$", "~", " ", "\n", "\n\n", "``", "''", "'", '"', "`", ".", ",", ")", "("),
        *("]", "[", "a", "e", "s", "S", "i", "5", "50%", "x", "times", "é", "ß", "\u0301", "\u200d"),
        *("\u202e", "\\'", '\\"', "\\c", "\\c ", "\\v{", "\\o", "{\\o}", "\\i", "\\ss", "\\%", "\\&", "\\_"),
        *("\\$", "\\ ", "\\,", "\\emph{", "\\textbf{", "{\\em ", "{\\deg}", "\\textcolor{red}{"),
        *("\\textsuperscript{2}", "\\LaTeX", "\\-", "\\url{", "\\href{", "\\footnote{", "https://x.org"),
        *("http://y.z/a_b", "https://", "{https://x.org}", "\\~", "\\(", "\\)", "\\[", "\\]"),
        *("$\\unicode{x2013}$", "$\\unicode{x24}$", "$5 and ", "\x00", "\x01", "\x000\x00", "\ud83d"),
    ]
)  # fmt: skip
TEXT = st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(max_size=60))

# Prose without a sign that any rule knows.
WORD = st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=8)
PROSE = st.lists(
    st.tuples(WORD, st.sampled_from([" ", "\n", ", ", ". ", " - ", "\t", ": (", ") ", "\n\n"])), max_size=20
)


@pytest.mark.parametrize("clean", CLEANERS)
@given(text=TEXT)
def test_cleaning_twice_is_cleaning_once(clean: Callable[[str], str], text: str) -> None:
    once = clean(text)
    assert clean(once) == once


@pytest.mark.parametrize("clean", CLEANERS)
@given(text=TEXT)
def test_clean_text_can_be_stored_and_shown(clean: Callable[[str], str], text: str) -> None:
    done = clean(text)
    done.encode()
    assert done == done.strip()
    assert done == unicodedata.normalize("NFC", done)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]|  |\n{3}", done)
    assert clean is clean_abstract or "\n" not in done


@pytest.mark.parametrize("clean", CLEANERS)
@given(prose=PROSE)
def test_plain_prose_keeps_every_word_in_its_order(
    clean: Callable[[str], str], prose: list[tuple[str, str]]
) -> None:
    text = "".join(word + gap for word, gap in prose)
    assert re.findall(r"\w+", clean(text)) == re.findall(r"\w+", unicodedata.normalize("NFC", text))


@given(prose=PROSE, link=st.sampled_from(["https://x.org", "https://x.org/a(b)", "http://y.org/c?d=e"]))
def test_a_link_in_prose_stays_whole_and_untouched_by_punctuation(
    prose: list[tuple[str, str]], link: str
) -> None:
    before = "".join(word + gap for word, gap in prose) + " "
    for behind in (".", ",", ")", '"', ". More", "; more", " more", ""):
        done = clean_title(before + link + behind)
        assert re.search(re.escape(link) + r"(\s|\Z)", done)


@given(text=TEXT)
def test_a_clean_link_stays_as_it_is_and_is_http(text: str) -> None:
    for link in filter(None, (clean_link(text), clean_link(f"https://x.org/{text}"))):
        assert re.match(r"https?://[^\s/]", link)
        assert not re.search(r"[\s<>\"\\{}]", link)
        assert clean_link(link) == link


@given(depth=st.integers(0, 40), kind=st.sampled_from([r"\emph{", r"{\bf ", r"\textcolor{red}{"]))
def test_formatting_is_undone_as_deep_as_anybody_nests_it(depth: int, kind: str) -> None:
    assert clean_title(kind * depth + "core" + "}" * depth) == "core"
