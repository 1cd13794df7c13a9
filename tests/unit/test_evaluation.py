"""What an evaluation asks, and what it counts."""

from datetime import UTC, datetime

from bot.evaluation.cases import Case, arxiv_name, first_words, names_of, places, present, title_name
from bot.evaluation.known_item import Described, described, known_items
from bot.evaluation.pages import page_set
from bot.evaluation.split import Split, held_out, split_of
from bot.evaluation.titles import Beginnings, Titled, sample, title_beginnings, whole_titles
from bot.identity import local_id
from bot.model import IdScheme, Paper, PaperId, Upstream

IDS = [f"25{month:02}.{number:05}" for month in range(1, 13) for number in range(1, 501)]


def paper(number: int, title: str, arxiv_id: str | None = None) -> Paper:
    known = local_id(title) if arxiv_id is None else PaperId(IdScheme.ARXIV, arxiv_id)
    return Paper(
        id=number,
        ids=(known,),
        title=title,
        abstract="",
        text_from=Upstream.IMPORT,
        authors=(),
        published_at=None,
        first_seen_at=datetime(2025, 11, 20, tzinfo=UTC),
        categories=None,
    )


def names(*arxiv_ids: str) -> frozenset[str]:
    return frozenset(map(arxiv_name, arxiv_ids))


# --- splits --------------------------------------------------------------------------------------


def test_papers_never_change_sides() -> None:
    # A model was trained, and weights were tuned, with these very answers.
    assert [split_of(one) for one in ("2412.06769", "2411.19865", "2411.18279", "2411.17116")] == [
        Split.REPORT,
        Split.REPORT,
        Split.TUNE,
        Split.REPORT,
    ]
    assert [one for one in IDS[:40] if held_out(one)] == ["2501.00013", "2501.00032", "2501.00036"]


def test_half_of_the_papers_are_for_tuning_and_one_in_17_is_kept_from_training() -> None:
    tuned = sum(split_of(one) is Split.TUNE for one in IDS) / len(IDS)
    assert 0.48 < tuned < 0.52
    assert 0.9 < sum(map(held_out, IDS)) / len(IDS) * 17 < 1.1


# --- finding -------------------------------------------------------------------------------------


def test_a_paper_is_found_by_its_arxiv_id_or_by_its_title_however_that_is_written() -> None:
    found = names_of(paper(1, "Reading Maps: by Ear", "2511.00001"))
    assert found == {"arxiv:2511.00001", title_name("READING MAPS BY EAR")}


def test_places_count_from_one_and_a_paper_that_stands_twice_counts_once() -> None:
    results = [
        paper(1, "Another"),
        paper(2, "Wanted", "2511.00002"),
        paper(3, "Wanted", "2511.00002"),
        paper(4, "Also Wanted", "2511.00004"),
    ]
    assert places(names("2511.00002", "2511.00004", "2511.00009"), results) == (2, 4)
    assert places(names("2511.00009"), results) == ()


def test_questions_whose_paper_is_not_searched_are_left_out_and_counted() -> None:
    cases = [
        Case("one", names("2511.00001"), Split.TUNE),
        Case("two", names("2511.00002"), Split.TUNE),
        Case("either", names("2511.00002", "2511.00001"), Split.TUNE),
    ]
    asked = present("some", cases, names("2511.00001", "2511.00003"))
    assert [case.text for case in asked.cases] == ["one", "either"]
    assert asked.left_out == 1


# --- known items ---------------------------------------------------------------------------------


def test_a_description_is_asked_whole_and_cut() -> None:
    text = "  trains a robot   that listens to maps, and walks through cities without any camera at all"
    sets = known_items([Described(text, "MapEar", ("2511.00001",))], names("2511.00001"))
    assert {one.name: one.cases[0].text for one in sets} == {
        "description": text.strip(),
        "first-12-words": "trains a robot that listens to maps, and walks through cities without",
        "first-5-words": "trains a robot that listens",
        "nickname": "MapEar",
    }


def test_a_paper_without_a_nickname_is_not_asked_for_by_it() -> None:
    sets = known_items([Described("walks", "", ("2511.00001",))], names("2511.00001"))
    assert [len(one.cases) for one in sets] == [1, 1, 1, 0]


def test_rows_that_describe_no_paper_are_told_from_those_that_do() -> None:
    row = {"query_long": "walks", "nickname": None, "relevant": ["2511.00001v2", "not an id", 7]}
    assert described(row) == Described("walks", "", ("2511.00001",))
    assert described({**row, "relevant": ["not an id"]}) is None
    assert described({**row, "query_long": None}) is None
    assert described({**row, "relevant": "2511.00001"}) is None


# --- titles --------------------------------------------------------------------------------------

MAPS = Titled("2511.00001", "Reading Maps by Ear")
OTHERS = (Titled("2511.00002", "reading maps with Dogs"), Titled("2511.00003", "Folding Laundry"))


def test_a_sample_is_the_same_in_any_order() -> None:
    papers = [Titled(one, one) for one in IDS[:200]]
    assert sample(papers, 20) == sample(papers[::-1], 20)
    assert len({split_of(one.arxiv_id) for one in sample(papers, 20)}) == 2


def test_titles_are_asked_whole_and_by_their_first_words_if_they_have_more() -> None:
    beginnings = Beginnings()
    for one in (MAPS, *OTHERS):
        beginnings.add(one.title)
    assert [case.text for case in whole_titles([MAPS]).cases] == ["Reading Maps by Ear"]
    sets = title_beginnings([MAPS, *OTHERS], beginnings)
    assert [[case.text for case in one.cases] for one in sets] == [
        ["Reading Maps", "reading maps"],
        ["Reading Maps by", "reading maps with"],
        [],
    ]


def test_beginnings_that_several_titles_share_are_counted() -> None:
    beginnings = Beginnings()
    for one in (MAPS, *OTHERS):
        beginnings.add(one.title)
    assert [one.shared for one in title_beginnings([MAPS, *OTHERS], beginnings)] == [2, 0, 0]


def test_a_title_with_a_repeated_word_is_one_title() -> None:
    beginnings = Beginnings()
    beginnings.add("Attention Attention")
    assert not beginnings.shared("Attention Attention")


def test_fewer_words_than_asked_for_are_all_there_are() -> None:
    assert first_words(" a\nb ", 5) == "a b"


# --- the page ------------------------------------------------------------------------------------


def test_every_paper_of_the_page_is_right() -> None:
    asked = page_set(["Two Towers", "two towers", "One Tower"])
    assert [case.right for case in asked.cases] == [{title_name("Two Towers"), title_name("One Tower")}]
    assert asked.depth == 250
