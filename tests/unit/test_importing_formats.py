"""What a file's lines say of papers, format by format, and how the formats are told apart."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InputError
from bot.importing.entries import Entry, Found, Line, Reason
from bot.importing.formats import Format, entries, recognise
from bot.model import IdScheme, PaperId, PaperReading, PaperVersion, Signal
from tests.shared import shared_file

SNAPSHOT_ROW: dict[str, Any] = {
    "id": "0704.0001",
    "submitter": "Pavel Nadolsky",
    "authors": "C. Bal\\'azs, E. L. Berger",
    "title": "Calculation of prompt diphoton production cross sections at Tevatron and\n  LHC energies",
    "comments": "37 pages, 15 figures; published version",
    "journal-ref": "Phys.Rev.D76:013009,2007",
    "doi": "10.1103/PhysRevD.76.013009",
    "report-no": "ANL-HEP-PR-07-12",
    "categories": "hep-ph cs.DS",
    "license": None,
    "abstract": "  A fully differential calculation in perturbative quantum\nchromodynamics is presented.\n",
    "versions": [
        {"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
        {"version": "v2", "created": "Tue, 24 Jul 2007 20:10:27 GMT"},
    ],
    "update_date": "2008-11-26",
    "authors_parsed": [["Bal\\'azs", "C.", ""], ["Berger", "E. L.", "Jr.", "Argonne"], ["ATLAS", "", ""]],
}
PAGE = [
    "Get trending papers in your email inbox once a day!",
    "Get trending papers in your email inbox!",
    "SubscribeThe First Title",
    "The first abstract " + "says a lot " * 20,
    "The Second Title",
    "The second abstract " + "says more " * 20,
]


def lines_of(*texts: str | dict[str, Any]) -> list[Line]:
    plain = (text if isinstance(text, str) else json.dumps(text) for text in texts)
    return [Line(number, text) for number, text in enumerate(plain, 1)]


def read(file_format: Format, *texts: str | dict[str, Any]) -> list[Entry]:
    return list(entries(file_format, lines_of(*texts)))


def only(found: Iterable[Entry]) -> Found:
    [entry] = found
    assert isinstance(entry.what, Found)
    return entry.what


def titles(found: Iterable[Entry]) -> list[str]:
    return [one.what.reading.title if isinstance(one.what, Found) else one.what.value for one in found]


def ids(**fields: Any) -> list[str]:
    return [str(one) for one in only(read(Format.JSON_LINES, {"title": "T", **fields})).reading.ids]


# --- arXiv's snapshot ------------------------------------------------------------------------------


def test_a_line_of_the_snapshot_gives_everything_that_it_says() -> None:
    assert only(read(Format.ARXIV_SNAPSHOT, SNAPSHOT_ROW)) == Found(
        PaperReading(
            ids=(
                PaperId(IdScheme.ARXIV, "0704.0001"),
                PaperId(IdScheme.DOI, "10.1103/physrevd.76.013009"),
            ),
            title="Calculation of prompt diphoton production cross sections at Tevatron and LHC energies",
            abstract="A fully differential calculation in perturbative quantum chromodynamics is presented.",
            authors=("C. Balázs", "E. L. Berger Jr.", "ATLAS"),
            published_at=datetime(2007, 4, 2, 19, 18, 42, tzinfo=UTC),
            categories=("hep-ph", "cs.DS"),
            versions=(
                PaperVersion(1, datetime(2007, 4, 2, 19, 18, 42, tzinfo=UTC)),
                PaperVersion(2, datetime(2007, 7, 24, 20, 10, 27, tzinfo=UTC)),
            ),
            comment="37 pages, 15 figures; published version",
            journal_ref="Phys.Rev.D76:013009,2007",
        )
    )


def test_a_line_of_the_snapshot_without_parsed_authors_has_them_from_their_text() -> None:
    row = SNAPSHOT_ROW | {
        "authors_parsed": None,
        "authors": "A. Alpha (Paris, France), B. Beta, Jr. and C. Gamma",
    }
    assert only(read(Format.ARXIV_SNAPSHOT, row)).reading.authors == ("A. Alpha", "B. Beta, Jr.", "C. Gamma")


def test_a_line_of_the_snapshot_needs_an_id_and_a_title() -> None:
    rows = (
        SNAPSHOT_ROW | {"id": "no id"},
        SNAPSHOT_ROW | {"title": " \n"},
        SNAPSHOT_ROW | {"id": "hep-th/9901001"},
    )
    assert [one.what for one in read(Format.ARXIV_SNAPSHOT, *rows[:2])] == [Reason.NO_ID, Reason.NO_TITLE]
    assert only(read(Format.ARXIV_SNAPSHOT, rows[2])).reading.ids[0] == (IdScheme.ARXIV, "hep-th/9901001")


def test_versions_that_cannot_be_read_are_left_out() -> None:
    garbled = [
        {"version": "v1", "created": "some day"},
        {"version": "x", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
    ]
    row = SNAPSHOT_ROW | {
        "versions": [*garbled, 7, {"version": "v3", "created": "Mon, 2 Apr 2007 19:18:42 +0200"}]
    }
    found = only(read(Format.ARXIV_SNAPSHOT, row)).reading
    assert found.versions == (PaperVersion(3, datetime(2007, 4, 2, 17, 18, 42, tzinfo=UTC)),)
    assert found.published_at is None  # the third version's date is not the paper's


# --- JSON Lines ------------------------------------------------------------------------------------


def test_a_line_of_json_gives_everything_that_it_says() -> None:
    row = {
        "id": "arXiv:2508.13426v2",
        "doi": "https://doi.org/10.1145/ABC.1",
        "title": "A  Title",
        "abstract": "An abstract.",
        "authors": ["Ann Alpha", {"name": "Ben Beta"}, 7],
        "published": "2025-08-19",
        "categories": "cs.CL, cs.LG",
        "keywords": "graphs; trees,graphs",
        "code": "github.com/x/y",
        "project": "https://x.org",
        "organization": "The Lab",
        "citations": 12,
        "comment": "8 pages",
    }
    assert only(read(Format.JSON_LINES, row)) == Found(
        PaperReading(
            ids=(PaperId(IdScheme.ARXIV, "2508.13426"), PaperId(IdScheme.DOI, "10.1145/abc.1")),
            title="A Title",
            abstract="An abstract.",
            authors=("Ann Alpha", "Ben Beta"),
            published_at=datetime(2025, 8, 19, tzinfo=UTC),
            categories=("cs.CL", "cs.LG"),
            keywords=("graphs", "trees"),
            code_url="https://github.com/x/y",
            project_url="https://x.org",
            organization="The Lab",
            comment="8 pages",
            signals={Signal.CITATIONS: 12},
        )
    )


def test_a_title_is_all_that_a_line_of_json_needs() -> None:
    assert only(read(Format.JSON_LINES, {"title": "T"})) == Found(PaperReading(ids=(), title="T"))
    assert titles(read(Format.JSON_LINES, {"abstract": "A"}, {"title": 7}, {"title": ""})) == ["no-title"] * 3


def test_ids_are_known_in_every_form_and_private_ones_ignored() -> None:
    assert ids(id="https://arxiv.org/abs/2508.13426v1") == ["arxiv:2508.13426"]
    assert ids(id="10.1145/3292500.3330701") == ["doi:10.1145/3292500.3330701"]
    assert ids(arxiv_id="2508.13426", doi="10.48550/arXiv.2508.13426") == ["arxiv:2508.13426"]
    assert ids(id="row-17") == ids(id=17) == ids(id="local:0123456789abcdef") == []


def test_a_field_whose_value_is_of_no_use_is_left_out_by_name() -> None:
    row = {
        "title": "T",
        "published": "tuesdayish",
        "doi": "none",
        "arxiv_id": 12,
        "code": "nowhere",
        "citations": -1,
        "categories": ["Machine Learning"],
        "authors": 5,
        "abstract": "",
        "keywords": None,
    }
    found = only(read(Format.JSON_LINES, row))
    assert found.reading == PaperReading(ids=(), title="T")
    assert sorted(found.left_out) == [
        "arxiv_id",
        "authors",
        "categories",
        "citations",
        "code",
        "doi",
        "published",
    ]


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2025-03-01", datetime(2025, 3, 1, tzinfo=UTC)),
        ("2025-03", datetime(2025, 3, 1, tzinfo=UTC)),
        ("1936", datetime(1936, 1, 1, tzinfo=UTC)),
        (2025, datetime(2025, 1, 1, tzinfo=UTC)),
        ("2025-03-01T01:00:00+02:00", datetime(2025, 2, 28, 23, tzinfo=UTC)),
        ("2025-03-01 12:30", datetime(2025, 3, 1, 12, 30, tzinfo=UTC)),
        ("Mon, 11 Jan 2021 20:31:27 GMT", datetime(2021, 1, 11, 20, 31, 27, tzinfo=UTC)),
        ("2025-13", None),
        ("0001-01-01T00:00:00+23:00", None),
        (20250301, datetime(2025, 3, 1, tzinfo=UTC)),
        (1_740_787_200, None),
        (True, None),
        ("9999", None),
    ],
)
def test_dates_are_read_as_people_write_them(written: object, instant: datetime | None) -> None:
    by_published = only(read(Format.JSON_LINES, {"title": "T", "published": written}))
    by_date = only(read(Format.JSON_LINES, {"title": "T", "date": written}))
    assert by_published.reading.published_at == by_date.reading.published_at == instant
    assert by_published.left_out == (("published",) if instant is None else ())


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Ann Alpha, Ben Beta and Cem Gamma", ("Ann Alpha", "Ben Beta", "Cem Gamma")),
        ("Alpha, Ann; Beta, Ben", ("Alpha, Ann", "Beta, Ben")),
        ("Alpha, Ann and Beta, Ben", ("Alpha, Ann", "Beta, Ben")),
        ("Ann Alpha, Jr., Ben Beta (MIT (CSAIL), Boston)", ("Ann Alpha, Jr.", "Ben Beta")),
        ("Ana de la Sand & J. Anderson", ("Ana de la Sand", "J. Anderson")),
        ("", ()),
    ],
)
def test_authors_in_one_text_are_told_apart(written: str, names: tuple[str, ...]) -> None:
    assert only(read(Format.JSON_LINES, {"title": "T", "authors": written})).reading.authors == names


def test_a_garbled_line_costs_that_line_alone() -> None:
    deep = "[" * 100_000
    huge = '{"title": "T", "citations": ' + "9" * 5_000 + "}"
    texts = ('{"title": "one"}', "{not json", '["list"]', "", "  ", deep, huge, '{"title": "two"}')
    found = read(Format.JSON_LINES, *texts)
    assert titles(found) == ["one", *["not-json"] * 4, "two"]
    assert [one.line for one in found] == [one.upto for one in found] == [1, 2, 3, 6, 7, 8]
    fault = list(entries(Format.JSON_LINES, [Line(4, "", Reason.NOT_UTF8)]))
    assert fault == [Entry(4, 4, Reason.NOT_UTF8)]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["2025-01-01", "cs.CL"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    [
        *(
            "id",
            "arxiv_id",
            "doi",
            "title",
            "abstract",
            "authors",
            "published",
            "date",
            "categories",
            "keywords",
        ),
        *(
            "code",
            "project",
            "organization",
            "citations",
            "comment",
            "comments",
            "versions",
            "authors_parsed",
        ),
        *("journal-ref", "submitter"),
    ]
)


@pytest.mark.parametrize("file_format", [Format.JSON_LINES, Format.ARXIV_SNAPSHOT])
@given(row=st.dictionaries(FIELDS, JSON), title=st.text(min_size=1), number=st.integers(1000, 9999))
def test_whatever_a_line_holds_it_gives_a_reading_that_can_be_stored(
    file_format: Format, row: dict[str, Any], title: str, number: int
) -> None:
    [entry] = read(file_format, row | {"title": title, "id": f"2508.0{number}"})
    if isinstance(entry.what, Reason):
        assert entry.what is Reason.NO_TITLE
        return
    reading = entry.what.reading
    repr_of_it = json.dumps(
        [*reading.ids, reading.title, reading.abstract, reading.authors, reading.keywords]
    )
    json.loads(repr_of_it)
    "".join(
        [reading.title, reading.abstract, *reading.authors, *reading.keywords, *reading.categories]
    ).encode()
    assert reading.published_at is None or reading.published_at.tzinfo is UTC


# --- a saved page ----------------------------------------------------------------------------------


def test_a_real_saved_page_gives_all_of_its_papers() -> None:
    texts = shared_file("data/hf-papers-search-page.txt").read_text(encoding="utf-8").splitlines()
    found = read(Format.HUGGING_FACE_PAGE, *texts)
    readings = [one.what.reading for one in found if isinstance(one.what, Found)]
    assert len(readings) == len(found) == 243
    assert readings[0].title == ("Generator-Retriever-Generator Approach for Open-Domain Question Answering")
    assert readings[0].abstract.startswith("Open-domain question answering (QA) tasks")
    assert readings[-1].title.startswith("IDEAW: Robust Neural Audio Watermarking")
    assert all(one.ids == () and len(one.title) < len(one.abstract) for one in readings)


def test_a_page_can_be_gone_on_with_at_any_title() -> None:
    whole = read(Format.HUGGING_FACE_PAGE, *PAGE)
    assert titles(whole) == ["The First Title", "The Second Title"]
    assert [(one.line, one.upto) for one in whole] == [(3, 4), (5, 6)]
    assert list(entries(Format.HUGGING_FACE_PAGE, lines_of(*PAGE)[4:])) == whole[1:]


def test_a_line_that_a_page_has_lost_costs_one_paper() -> None:
    abstract, title = PAGE[3], PAGE[4]
    more = [title, abstract] * 2
    assert titles(read(Format.HUGGING_FACE_PAGE, *PAGE[:3], *more)) == ["no-abstract", title, title]
    long_abstract = abstract * 3
    assert titles(read(Format.HUGGING_FACE_PAGE, *PAGE[:4], long_abstract, *more)) == [
        "The First Title",
        "no-title",
        title,
        title,
    ]
    assert titles(read(Format.HUGGING_FACE_PAGE, *PAGE, "A footer", "Terms")) == [
        "The First Title",
        "The Second Title",
        "no-abstract",
        "no-abstract",
    ]


def test_the_button_above_the_first_title_may_have_a_line_of_its_own() -> None:
    texts = [*PAGE[:2], "Subscribe", "Subscribe to Cells: a Title", PAGE[3]]
    assert titles(read(Format.HUGGING_FACE_PAGE, *texts)) == ["Subscribe to Cells: a Title"]


# --- telling them apart ----------------------------------------------------------------------------


def test_a_file_shows_by_its_first_lines_what_it_is() -> None:
    assert recognise(lines_of(*PAGE), "F") is Format.HUGGING_FACE_PAGE
    assert recognise(lines_of(SNAPSHOT_ROW), "F") is Format.ARXIV_SNAPSHOT
    assert recognise(lines_of({"title": "T", "authors": "A"}), "F") is Format.JSON_LINES


def test_garbled_lines_and_blank_ones_above_do_not_hide_what_a_file_is() -> None:
    above = ["", "garbled", '{"title": ', '{"other": 1}']
    assert recognise(lines_of(*above, {"title": "T"}), "F") is Format.JSON_LINES
    assert recognise([Line(1, "", Reason.NOT_UTF8), *lines_of(SNAPSHOT_ROW)], "F") is Format.ARXIV_SNAPSHOT


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ([], "F is empty."),
        (lines_of("", " "), "F is empty."),
        (lines_of('[{"title": "T"},'), "F is one JSON array. Write one object a line"),
        (lines_of("id,title", "1,T"), "F is nothing that can be imported"),
        ([Line(1, "", Reason.NOT_UTF8)], "F is nothing that can be imported"),
    ],
)
def test_a_file_that_is_no_format_of_ours_is_told_in_a_sentence(head: list[Line], sentence: str) -> None:
    with pytest.raises(InputError) as told:
        recognise(head, "F")
    assert str(told.value).startswith(sentence)
    assert str(told.value).endswith(".")


@pytest.mark.parametrize(
    ("file_format", "row"), [(Format.ARXIV_SNAPSHOT, SNAPSHOT_ROW), (Format.JSON_LINES, {"title": "Maps"})]
)
def test_code_that_only_the_abstract_names_is_taken_from_there(
    file_format: Format, row: dict[str, Any]
) -> None:
    named = {**row, "abstract": "We read maps.\nCode: https://github.com/a/b."}
    assert only(read(file_format, named)).reading.code_url == "https://github.com/a/b"
    assert only(read(file_format, {**row, "abstract": "We read maps."})).reading.code_url is None


def test_code_that_an_abstract_on_a_saved_page_names_is_taken_too() -> None:
    page = [*PAGE[:3], f"{PAGE[3]}Code: https://github.com/a/b."]
    assert only(read(Format.HUGGING_FACE_PAGE, *page)).reading.code_url == "https://github.com/a/b"


def test_code_that_a_field_names_stands_before_what_the_abstract_does() -> None:
    row = {"title": "Maps", "abstract": "Code: https://github.com/a/b.", "code": "https://example.org/code"}
    assert only(read(Format.JSON_LINES, row)).reading.code_url == "https://example.org/code"
