"""arXiv's feeds are read as arXiv documents them, and as it was recorded sending them."""

import json
import re
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import GarbledError, UpstreamRefusedError
from bot.model import AnnounceType, IdScheme, PaperId, PaperReading, PaperVersion
from bot.sources.arxiv_feed import parse_announcements, parse_query_feed
from bot.sources.text import clean_abstract, clean_title
from tests.shared import shared_file

_NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def _feed(*entries: str) -> bytes:
    return f"<?xml version='1.0' encoding='UTF-8'?>\n<feed {_NAMESPACES}>{''.join(entries)}</feed>".encode()


def _entry(
    name: str = "http://arxiv.org/abs/2511.12345v1",
    title: str = "Title",
    summary: str = "Words.",
    more: str = "",
) -> str:
    return f"<entry><id>{name}</id><title>{title}</title><summary>{summary}</summary>{more}</entry>"


def _new(
    name: str = "oai:arXiv.org:2511.12345v1", kind: str = "new", more: str = "", title: str = "Title"
) -> str:
    short = name.rpartition(":")[2]
    summary = f"arXiv:{short} Announce Type: {kind} \nAbstract: Words."
    return _entry(name, title, summary, f"<arxiv:announce_type>{kind}</arxiv:announce_type>{more}")


def _only(body: bytes) -> PaperReading:
    (reading,) = parse_query_feed(body).readings
    return reading


def _recordings() -> list[tuple[str, int, str]]:
    recordings = []
    for path in sorted(shared_file("data/api-fixtures/arxiv-atom").glob("*.json")):
        answer = json.loads(path.read_text())
        recordings.append((answer["url"], answer["status_code"], answer["body"]))
    return recordings


def _recorded(part: str) -> bytes:
    (body,) = [body for url, _, body in _recordings() if part in url]
    return body.encode()


def _listing() -> Path:
    return shared_file("data/api-fixtures/arxiv-rss/arxiv_cs.AI_2025-08-20.atom.xml")


# --- the query API -------------------------------------------------------------------------------


def test_every_recorded_answer_gives_a_reading_for_each_of_its_entries() -> None:
    recordings = _recordings()
    assert len(recordings) == 20
    for url, status, body in recordings:
        if status != 200:
            continue
        feed = parse_query_feed(body.encode())
        assert feed.skipped == (), url
        assert len(feed.readings) == body.count("<entry>"), url
        names = re.findall(r"<id>http://arxiv\.org/abs/(.*?)v\d+</id>", body)
        assert [reading.ids[0].value for reading in feed.readings] == names
        for reading in feed.readings:
            assert reading.title
            assert reading.abstract
            assert reading.authors
            assert reading.categories
            assert reading.published_at is not None
            assert reading.versions[0] == PaperVersion(1, reading.published_at)
            assert reading.announce_type is None


def test_the_recorded_error_feed_is_a_refusal_in_arxivs_own_words() -> None:
    with pytest.raises(UpstreamRefusedError, match="incorrect id format for abc") as caught:
        parse_query_feed(_recorded("id_list=abc"))
    assert caught.value.status == 400


def test_an_unknown_id_is_simply_absent() -> None:
    assert parse_query_feed(_recorded("id_list=0000.0000")).readings == ()
    both = _only(_recorded("id_list=0808.05394%2C1707.08567"))
    assert both.ids == (PaperId(IdScheme.ARXIV, "1707.08567"),)


@pytest.mark.parametrize(
    ("asked", "value", "primary"),
    [
        ("id_list=astro-ph%2F0601001", "astro-ph/0601001", "astro-ph"),
        ("id_list=quant-ph%2F0201082v1", "quant-ph/0201082", "quant-ph"),
        ("id_list=2104.12255v1", "2104.12255", "cs.CR"),
    ],
)
def test_ids_of_all_ages_come_without_their_version(asked: str, value: str, primary: str) -> None:
    reading = _only(_recorded(asked))
    assert reading.ids == (PaperId(IdScheme.ARXIV, value),)
    assert reading.categories[0] == primary


def test_a_paper_may_have_the_title_zero() -> None:
    assert _only(_recorded("id_list=2104.12255v1")).title == "0"


def test_a_later_version_is_dated_by_updated_and_the_first_by_published() -> None:
    feed = parse_query_feed(
        _recorded(
            "search_query=testing&id_list=&sortBy=relevance&sortOrder=descending&start=0&max_results=100"
        )
    )
    (reading,) = [each for each in feed.readings if each.ids[0].value == "2005.14124"]
    assert reading.published_at == datetime(2020, 5, 28, 16, 19, 50, tzinfo=UTC)
    assert reading.versions == (
        PaperVersion(1, datetime(2020, 5, 28, 16, 19, 50, tzinfo=UTC)),
        PaperVersion(2, datetime(2020, 7, 16, 8, 15, 48, tzinfo=UTC)),
    )


def test_the_doi_is_a_second_id_in_lower_case_and_two_dois_are_two() -> None:
    dois = "<arxiv:doi>10.1109/ICSTW55395.2022.00035 10.1145/ABC not-a-doi</arxiv:doi>"
    assert _only(_feed(_entry(more=dois))).ids == (
        PaperId(IdScheme.ARXIV, "2511.12345"),
        PaperId(IdScheme.DOI, "10.1109/icstw55395.2022.00035"),
        PaperId(IdScheme.DOI, "10.1145/abc"),
    )


def test_the_primary_category_comes_first_and_classes_of_acm_and_ams_not_at_all() -> None:
    terms = ["cs.AI", "cs.LG", "cond-mat.mes-hall", "hep-th", "I.2.6", "68T05", "I.2.6; I.2.7", ""]
    more = "".join(f'<category term="{term}"/>' for term in terms)
    reading = _only(_feed(_entry(more=more + '<arxiv:primary_category term="cs.LG"/>')))
    assert reading.categories == ("cs.LG", "cs.AI", "cond-mat.mes-hall", "hep-th")


def test_a_withdrawn_paper_keeps_arxivs_words_and_its_versions() -> None:
    more = (
        "<published>2025-11-01T10:00:00Z</published><updated>2025-11-09T10:00:00Z</updated>"
        "<arxiv:comment>This paper has been withdrawn\n by the authors</arxiv:comment>"
    )
    name = "http://arxiv.org/abs/2511.12345v3"
    reading = _only(_feed(_entry(name, summary="This paper has been withdrawn.", more=more)))
    assert reading.comment == "This paper has been withdrawn by the authors"
    assert reading.abstract == "This paper has been withdrawn."
    assert [version.number for version in reading.versions] == [1, 3]


def test_an_entry_without_title_dates_or_abstract_still_tells_its_categories() -> None:
    entry = '<entry><id>http://arxiv.org/abs/2511.12345v2</id><category term="cs.CL"/></entry>'
    reading = _only(_feed(entry))
    assert (reading.title, reading.abstract, reading.versions, reading.published_at) == ("", "", (), None)
    assert reading.categories == ("cs.CL",)


def test_an_entry_that_cannot_be_read_costs_that_entry_alone() -> None:
    feed = parse_query_feed(_feed(_entry(), _entry("http://arxiv.org/abs/nonsense"), "<entry/>"))
    assert [reading.title for reading in feed.readings] == ["Title"]
    assert len(feed.skipped) == 2
    assert all("no arXiv id" in skipped.reason for skipped in feed.skipped)


def test_a_date_that_is_none_is_left_out() -> None:
    reading = _only(_feed(_entry(more="<published>yesterday</published><updated>soon</updated>")))
    assert (reading.published_at, reading.versions) == (None, ())


def test_instants_are_told_in_utc() -> None:
    reading = _only(_feed(_entry(more="<published>2007-02-27T16:02:02-05:00</published>")))
    assert reading.published_at == datetime(2007, 2, 27, 21, 2, 2, tzinfo=UTC)
    assert reading.published_at.tzinfo is UTC


# --- XML as it comes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mark", [b"\x0b", b"\x00", b"\xff", b"&#11;", b"&#x0;", b"&#xFFFE;", b"&#9999999;", "\ufffe".encode()]
)
def test_what_xml_forbids_does_not_cost_the_feed(mark: bytes) -> None:
    feed = _feed(_entry(title="One*two")).replace(b"*", mark)
    title = _only(feed).title
    assert title.startswith("One")
    assert title.endswith("two")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"Rate exceeded.",
        b"<!DOCTYPE html><html><head><title>Maintenance</title></head></html>",
        b"<html><body>Maintenance</body></html>",
        b'<rss version="2.0"><channel/></rss>',
        b'<!DOCTYPE feed [<!ENTITY a "aaaaaaaaaa">]><feed xmlns="http://www.w3.org/2005/Atom">&a;</feed>',
        b"<feed><entry/></feed>",
    ],
)
def test_what_is_no_atom_feed_is_garbled(body: bytes) -> None:
    for parse in (parse_query_feed, parse_announcements):
        with pytest.raises(GarbledError, match=r"^arXiv answered with "):
            parse(body)


@given(st.integers(min_value=0, max_value=99))
def test_a_feed_cut_off_anywhere_is_garbled_and_never_a_shorter_list(percent: int) -> None:
    whole = _feed(_entry(), _entry("http://arxiv.org/abs/2511.12346v1"))
    with pytest.raises(GarbledError):
        parse_query_feed(whole[: len(whole) * percent // 100])


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_our_own_errors(body: bytes) -> None:
    with pytest.raises(GarbledError):
        parse_query_feed(body)


_LEGAL = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff", min_codepoint=32)
)


@given(title=_LEGAL, abstract=_LEGAL)
def test_text_comes_as_it_was_written_and_clean(title: str, abstract: str) -> None:
    reading = _only(_feed(_entry(title=escape(title), summary=escape(abstract))))
    assert reading.title == clean_title(title)
    assert reading.abstract == clean_abstract(abstract)


# --- announcements -------------------------------------------------------------------------------


def test_the_recorded_listing_is_read_whole() -> None:
    batch = parse_announcements(_listing().read_bytes())
    assert (batch.entries, batch.skipped, batch.batch) == (7, (), date(2025, 8, 20))
    first = batch.readings[0]
    assert first.ids == (PaperId(IdScheme.ARXIV, "2508.13426"),)
    assert first.authors == ("Chunhua Liu", "Kabir Manandhar Shrestha", "Sukai Huang")
    assert first.categories == ("cs.CL", "cs.AI")
    assert first.abstract.startswith("As large language models (LLMs) increasingly")
    assert first.published_at is None
    assert [reading.announce_type for reading in batch.readings] == [AnnounceType.CROSS] * 5 + [
        AnnounceType.NEW
    ] * 2


@pytest.mark.parametrize("kind", ["new", "cross", "replace", "replace-cross"])
def test_each_announce_type_is_kept(kind: str) -> None:
    (reading,) = parse_announcements(_feed(_new(kind=kind))).readings
    assert reading.announce_type == AnnounceType(kind)
    assert reading.abstract == "Words."


def test_the_type_is_read_from_the_abstracts_prefix_if_its_own_element_is_missing() -> None:
    entry = re.sub(r"<arxiv:announce_type>.*?</arxiv:announce_type>", "", _new(kind="replace-cross"))
    (reading,) = parse_announcements(_feed(entry)).readings
    assert reading.announce_type is AnnounceType.REPLACE_CROSS


@pytest.mark.parametrize("kind", ["", "listed", "withdrawn"])
def test_an_entry_of_an_unknown_type_is_skipped_rather_than_taken_for_new(kind: str) -> None:
    batch = parse_announcements(_feed(_new(kind=kind), _new("oai:arXiv.org:2511.00001v1")))
    assert [reading.ids[0].value for reading in batch.readings] == ["2511.00001"]
    assert [skipped.paper_id for skipped in batch.skipped] == [PaperId(IdScheme.ARXIV, "2511.12345")]
    assert batch.entries == 2


def test_an_announcement_without_a_title_is_skipped() -> None:
    batch = parse_announcements(_feed(_new(title=" ")))
    assert batch.readings == ()
    assert "no title" in batch.skipped[0].reason


def test_a_batch_without_entries_is_a_good_answer() -> None:
    batch = parse_announcements(_feed("<updated>2025-11-22T05:00:19+00:00</updated>"))
    assert (batch.readings, batch.skipped, batch.entries, batch.batch) == ((), (), 0, None)


@pytest.mark.parametrize(
    ("joined", "names"),
    [
        ("Ann Alpha, Bo Beta", ("Ann Alpha", "Bo Beta")),
        ("Ann Alpha (Paris (Orsay), France), Bo Beta", ("Ann Alpha", "Bo Beta")),
        ("Martin King, Jr., Henry Ford, II, Zoe Zeta", ("Martin King, Jr.", "Henry Ford, II", "Zoe Zeta")),
        (r"Fr\'echet, Erd\H{o}s", ("Fréchet", "Erdős")),
        ("", ()),
    ],
)
def test_authors_joined_in_one_string_are_told_apart(joined: str, names: tuple[str, ...]) -> None:
    (reading,) = parse_announcements(_feed(_new(more=f"<dc:creator>{joined}</dc:creator>"))).readings
    assert reading.authors == names


def test_doi_and_journal_of_an_announcement_have_names_of_their_own() -> None:
    more = "<arxiv:DOI>10.5802/jep.257</arxiv:DOI><arxiv:journal_reference>Tome 11</arxiv:journal_reference>"
    (reading,) = parse_announcements(_feed(_new(more=more))).readings
    assert reading.ids[1:] == (PaperId(IdScheme.DOI, "10.5802/jep.257"),)
    assert reading.journal_ref == "Tome 11"


@given(st.permutations(["cross", "new", "replace-cross"]), st.permutations(["replace-cross", "replace"]))
def test_a_paper_that_stands_there_twice_is_what_it_is_in_its_own_category(
    first: list[str], second: list[str]
) -> None:
    entries = chain(
        (_new("oai:arXiv.org:2511.00001v1", kind) for kind in first),
        (_new("oai:arXiv.org:2511.00002v2", kind) for kind in second),
    )
    batch = parse_announcements(_feed(*entries))
    assert [(reading.ids[0].value, reading.announce_type) for reading in batch.readings] == [
        ("2511.00001", AnnounceType.NEW),
        ("2511.00002", AnnounceType.REPLACE),
    ]
