"""Exported lists, read back by the parsers that people's programs use, whatever upstreams wrote."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import bibtexparser
import rispy
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.exports import FORMATS, bibtex, csl_json, csv_table, latex, ris
from bot.commands.registry import BY_NAME
from bot.model import IdScheme, Paper, PaperId, Upstream

ATTENTION = Paper(
    id=1,
    ids=(PaperId(IdScheme.ARXIV, "1706.03762"), PaperId(IdScheme.DOI, "10.48550/x_y")),
    title="Attention Is All You Need: 100% of {it} & O(n^2) in $5_a$",
    abstract="We propose\nthe Transformer.",
    text_from=Upstream.ARXIV,
    authors=("Ashish Vaswani", "Vincent van der Berg", "Madonna", "The Alpha and Beta Team"),
    published_at=datetime(2017, 6, 12, tzinfo=UTC),
    first_seen_at=datetime(2025, 1, 1, tzinfo=UTC),
    categories=("cs.CL", "cs.LG"),
    journal_ref="NeurIPS 2017",
)

TRICKY = "{}\\%$&#_^~\"'@,=-+\n\r\N{GREEK SMALL LETTER ALPHA}Ως"
WRITTEN = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from(TRICKY)), max_size=40)
PAPERS = st.lists(
    st.builds(
        lambda title, names, abstract, ref: replace(
            ATTENTION, title=title, authors=tuple(names), abstract=abstract, journal_ref=ref
        ),
        WRITTEN,
        st.lists(WRITTEN.filter(lambda name: any(map(str.isalnum, name))), max_size=3),
        WRITTEN,
        WRITTEN,
    ),
    max_size=4,
)


def test_bibtex_says_what_is_known() -> None:
    (entry,) = bibtexparser.loads(bibtex([ATTENTION])).entries
    assert entry == {
        "ENTRYTYPE": "misc",
        "ID": "vaswani2017attention",
        "title": r"{Attention Is All You Need: 100\% of \textbraceleft{}it\textbraceright{} \& "
        r"O(n\textasciicircum{}2) in \$5\_a\$}",
        "author": "Vaswani, Ashish and van der Berg, Vincent and {Madonna} and {The Alpha and Beta Team}",
        "year": "2017",
        "month": "June",
        "eprint": "1706.03762",
        "archiveprefix": "arXiv",
        "primaryclass": "cs.CL",
        "doi": "10.48550/x_y",
        "url": "https://arxiv.org/abs/1706.03762",
        "note": "NeurIPS 2017",
    }


def test_greek_letters_need_no_font_of_their_own() -> None:
    assert latex("β-VAE, Ω and ς; λ, \N{GREEK CAPITAL LETTER ALPHA}") == (
        r"\ensuremath{\beta}-VAE, \ensuremath{\Omega} and \ensuremath{\varsigma}; \ensuremath{\lambda}, A"
    )


def test_equal_keys_are_told_apart() -> None:
    entries = bibtexparser.loads(bibtex([ATTENTION, ATTENTION, ATTENTION])).entries
    assert [one["ID"] for one in entries] == [
        "vaswani2017attention",
        "vaswani2017attention-2",
        "vaswani2017attention-3",
    ]


def test_ris_says_what_is_known() -> None:
    (record,) = rispy.loads(ris([ATTENTION]))
    assert record["title"] == ATTENTION.title
    assert record["authors"] == [
        "Vaswani, Ashish",
        "van der Berg, Vincent",
        "Madonna",
        "The Alpha and Beta Team",
    ]
    assert (record["year"], record["date"]) == ("2017", "2017/06/12")
    assert record["abstract"] == "We propose the Transformer."
    assert record["doi"] == "10.48550/x_y"
    assert record["urls"] == ["https://arxiv.org/abs/1706.03762"]
    assert record["keywords"] == ["cs.CL", "cs.LG"]


def test_csl_says_what_is_known() -> None:
    (item,) = json.loads(csl_json([ATTENTION]))
    assert item["type"] == "article"
    assert item["author"][:3] == [
        {"family": "Vaswani", "given": "Ashish"},
        {"family": "van der Berg", "given": "Vincent"},
        {"literal": "Madonna"},
    ]
    assert item["issued"] == {"date-parts": [[2017, 6, 12]]}
    assert item["number"] == "arXiv:1706.03762"


def test_every_format_that_can_be_asked_for_is_written() -> None:
    assert set(FORMATS) == set(BY_NAME["export"].option("format").choices)


@given(PAPERS)
def test_bibtex_keeps_every_entry_and_balances_its_braces(papers: list[Paper]) -> None:
    text = bibtex(papers)
    found = bibtexparser.loads(text).entries
    assert len(found) == len(papers)
    assert text.count("{") == text.count("}")
    for entry in found:
        assert not re.search(r"(?<!\\)[%#&$]", entry["title"]), "LaTeX would stumble"
        assert entry["eprint"] == "1706.03762"


@given(PAPERS)
def test_ris_keeps_every_record(papers: list[Paper]) -> None:
    records = rispy.loads(ris(papers))
    assert [one.get("accession_number") for one in records] == ["arXiv:1706.03762"] * len(papers)


@given(PAPERS)
def test_json_is_json_and_csv_has_no_formulas(papers: list[Paper]) -> None:
    assert len(json.loads(csl_json(papers))) == len(papers)
    rows = list(csv.DictReader(io.StringIO(csv_table(papers))))
    assert len(rows) == len(papers)
    for row, paper in zip(rows, papers, strict=True):
        assert row["title"].removeprefix("'") == " ".join(paper.title.split()).removeprefix("'")
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())
