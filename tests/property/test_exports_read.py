"""Exported lists in the hands of strict programs: BibTeX's grammar, LaTeX itself, a citation processor."""

import json
import re
import unicodedata
import warnings
from collections.abc import Sequence
from dataclasses import replace

import pytest
import rispy
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from hypothesis import given
from pybtex.database import Entry, parse_string
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db
from pylatexenc.latexwalker import LatexWalker

from bot.commands.exports import bibtex, csl_json, latex, ris
from bot.model import IdScheme, Paper, PaperId
from tests.property.test_exports import ATTENTION, PAPERS, WRITTEN

# What LaTeX sets as one sign ("--" as a dash), and Greek, which exports write as LaTeX's own letters.
_LIGATURE = re.compile(r"-{2,}|'{2,}|`{2,}|[?!]`|[`']")

# Commands of LaTeX's own that pylatexenc has no text for, or another sign than the one that is meant.
_SIGNS = {
    "textbraceleft": "{",
    "textbraceright": "}",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textasciicircum": "^",
}
_COMMANDS = get_default_latex_context_db()
_COMMANDS.add_context_category(
    "signs", macros=[MacroTextSpec(name, sign) for name, sign in _SIGNS.items()], prepend=True
)


def plain(text: str) -> str:
    """What a reader should see: on one line, without what cannot be printed."""
    printed = "".join(char for char in " ".join(text.split()) if char.isprintable())
    return " ".join(printed.split())


def greek(text: str) -> bool:
    return any("GREEK" in unicodedata.name(char, "") for char in text)


def entries(papers: Sequence[Paper]) -> list[Entry]:
    """What pybtex reads, which refuses what BibTeX would."""
    return list(parse_string(bibtex(papers), "bibtex").entries.values())


def typeset(source: str) -> str:
    """What LaTeX prints; raises where its grammar is broken."""
    LatexWalker(source, tolerant_parsing=False).get_latex_nodes()
    return str(LatexNodes2Text(latex_context=_COMMANDS).latex_to_text(source, tolerant_parsing=False))


def rendered(papers: Sequence[Paper]) -> list[str]:
    """A bibliography of these papers, as a processor of CSL makes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of variables that this style has no place for
        source = CiteProcJSON(json.loads(csl_json(papers)))
        style = CitationStylesStyle("harvard-cite-them-right", validate=False)
        made = CitationStylesBibliography(style, source, formatter.plain)
        for paper in papers:
            made.register(Citation([CitationItem(paper.key)]))
        return [str(one) for one in made.bibliography()]


@given(PAPERS)
def test_bibtex_is_taken_by_a_strict_parser(papers: list[Paper]) -> None:
    found = entries(papers)
    assert len(found) == len(papers)
    for entry, paper in zip(found, papers, strict=True):
        named = [name for name in paper.authors if name.strip()]
        assert len(entry.persons.get("author", ())) == len(named), "a name fell into two, or was lost"


@given(WRITTEN.filter(lambda text: not greek(text) and not _LIGATURE.search(text)))
def test_latex_prints_what_was_written(text: str) -> None:
    assert plain(typeset(latex(text))) == plain(text)


@pytest.mark.parametrize(
    "text", ["{}\\", "\\input{/etc/passwd}", "$x_1^2$ & 5%", "a #1 ~ b", "\\", "<b|c>", "^^5c"]
)
def test_nothing_that_upstreams_write_is_a_command(text: str) -> None:
    assert typeset(latex(text)) == text


def test_a_citation_processor_makes_a_bibliography() -> None:
    other = replace(
        ATTENTION, id=2, ids=(PaperId(IdScheme.ARXIV, "2511.00002"),), title="On Towels", authors=("Bo Li",)
    )
    vaswani, li = rendered([ATTENTION, other])
    assert vaswani.startswith("Vaswani, A. et al. (2017) “Attention Is All You Need: 100% of {it} & O(n^2)")
    assert "https://doi.org/10.48550/x_y" in vaswani
    assert "Li, B. (2017)" in li
    assert "On Towels" in li


@pytest.mark.parametrize(
    ("written", "family", "given_name", "suffix"),
    [
        ("Sammy Davis Jr.", "Davis", "Sammy", "Jr."),
        ("Martin Luther King, Jr.", "King", "Martin Luther", "Jr."),
        ("King, Martin Luther, Jr.", "King", "Martin Luther", "Jr."),
        ("King, Jr., Martin Luther", "King", "Martin Luther", "Jr."),
        ("King Jr., Martin Luther", "King", "Martin Luther", "Jr."),
        ("Ludwig van der Berg III", "van der Berg", "Ludwig", "III"),
        ("Ada Sr", "Ada Sr", "", ""),
        ("Stage IV", "Stage IV", "", ""),
        ("Vera I. Ivanova", "Ivanova", "Vera I.", ""),
    ],
)
def test_a_suffix_is_no_family_name(written: str, family: str, given_name: str, suffix: str) -> None:
    paper = replace(ATTENTION, authors=(written, " ", "\n"))
    (item,) = json.loads(csl_json([paper]))
    parts = {"family": family, "given": given_name, "suffix": suffix}
    expected = {name: part for name, part in parts.items() if part} if given_name else {"literal": family}
    assert item["author"] == [expected]
    (read,) = rispy.loads(ris([paper]))
    assert read["authors"] == [", ".join(part for part in (family, given_name, suffix) if part)]
    (entry,) = entries([paper])
    (person,) = entry.persons["author"]
    found = [*person.prelast_names, *person.last_names], [*person.first_names, *person.middle_names]
    assert [" ".join(words) for words in (*found, person.lineage_names)] == (
        [family, given_name, suffix] if given_name else [f"{{{family}}}", "", ""]
    )


@given(PAPERS.filter(bool))
def test_whatever_upstreams_write_can_be_cited(papers: list[Paper]) -> None:
    assert len(rendered([papers[0]])) == 1


@given(PAPERS)
def test_no_line_of_ris_is_anything_but_a_tag_with_its_value(papers: list[Paper]) -> None:
    lines = ris(papers).split("\r\n")
    assert lines.pop() == ""
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - [^\r\n]*", line) for line in lines)
    assert [line for line in lines if line.startswith("ER")] == ["ER  - "] * len(papers)
