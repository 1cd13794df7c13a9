"""`paperboy evaluate search` on a small invented corpus: the real store, the real index, the real search."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.evaluation.split import held_out
from tests.cli import Cli
from tests.shared import shared_file

PAPERS: list[dict[str, Any]] = [
    {
        "id": "2511.00001",
        "title": "Reading Maps by Ear",
        "abstract": "A robot learns to follow spoken directions through a city and needs no camera for it.",
    },
    {
        "id": "2511.00002",
        "title": "Folding Laundry with Two Arms",
        "abstract": "We fold shirts and towels with a pair of arms, taught by watching people at home.",
    },
    {
        "id": "2511.00003",
        "title": "Small Models That Ask",
        "abstract": "A language model of few parameters asks for help when it is not sure of an answer.",
    },
]
QUERIES: list[dict[str, Any]] = [
    {
        "query_long": "trains a robot to follow spoken directions, with no camera at all in the whole city",
        "nickname": "Maps by Ear",
        "relevant": ["2511.00001"],
    },
    {"query_long": "year:someday is no year", "nickname": "Folding Laundry", "relevant": ["2511.00002"]},
    {"query_long": "is about whales", "nickname": "Whales", "relevant": ["2511.99999"]},
]
MORE: list[dict[str, Any]] = [
    {
        "id": f"2510.{number:05}",
        "title": f"Reading Maps of Forest {number}",
        "abstract": f"Trees of kind {number} are counted from the air, and a chart shows where they stand.",
    }
    for number in range(1, 41)
]
ABSTRACT = "Two encoders, one for questions and one for documents, meet in a space that they share. " * 3
PAGE = (
    "Get trending papers in your email inbox once a day!\nGet trending papers in your email inbox!\n"
    f"SubscribeDual Encoders for Questions\n{ABSTRACT}\nWhales\n{ABSTRACT.replace('encoders', 'whales')}\n"
)
KEYS = ["set", "mode", "n", "recall_1", "recall_10", "recall_100", "mrr"]


def write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress("".join(f"{json.dumps(row)}\n" for row in rows).encode()))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder."""
    folder = tmp_path / "data"
    write_lines(folder / "search-known-item" / "papers.jsonl.gz", PAPERS)
    write_lines(folder / "search-known-item" / "queries.jsonl.gz", QUERIES)
    write_lines(folder / "arxiv-abstracts" / "papers.jsonl.gz", [*MORE, PAPERS[0]])
    (folder / "hf-papers-search-page.txt").write_text(PAGE)
    return folder


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)  # where a paperboy.toml would be looked for
    return Cli(tmp_path / "home")


def only(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    """The one row with these values."""
    (row,) = (row for row in rows if all(row[name] == value for name, value in wanted.items()))
    return row


def test_every_set_has_a_row_for_each_mode_and_body_of_papers(cli: Cli, data: Path) -> None:
    rows = cli.json(f"evaluate search --data {data} --split all")
    assert all(list(row)[: len(KEYS)] == KEYS for row in rows)
    known = ["description", "first-12-words", "first-5-words", "nickname"]
    titles = ["title", "title-2-words", "title-3-words", "title-4-words"]
    modes = ["lexical", "semantic", "fused"]
    assert [(row["corpus"], row["set"], row["mode"]) for row in rows] == [
        (corpus, name, mode)
        for corpus, sets in (
            ("papers", known + titles),
            ("with distractors", [*known, *titles, "page"]),
            ("held out", ["title-to-abstract"]),
        )
        for name in sets
        for mode in modes
    ]


def test_a_paper_in_both_files_is_one_paper(cli: Cli, data: Path) -> None:
    rows = cli.json(f"evaluate search --data {data} --split all --set titles --mode lexical")
    assert {(row["corpus"], row["papers"]) for row in rows} == {("papers", 3), ("with distractors", 43)}


def test_words_find_what_they_name(cli: Cli, data: Path) -> None:
    rows = cli.json(f"evaluate search --data {data} --split all --no-distractors --mode lexical --mode fused")
    title = only(rows, set="title", mode="fused")
    assert [title[name] for name in ("n", "recall_1", "recall_10", "recall_100", "mrr")] == [3, 1, 1, 1, 1]
    nickname = only(rows, set="nickname", mode="lexical")
    assert nickname["n"] == 2
    assert nickname["left_out"] == 1  # nobody has the paper about whales
    assert nickname["mrr"] == 1


def test_a_question_that_the_language_refuses_counts_as_not_found(cli: Cli, data: Path) -> None:
    rows = cli.json(f"evaluate search --data {data} --split all --no-distractors --set known-item")
    described = only(rows, set="description", mode="fused")
    assert described["refused"] == 1
    assert described["recall_100"] == 0.5


def test_beginnings_that_other_titles_share_are_told(cli: Cli, data: Path) -> None:
    rows = cli.json(f"evaluate search --data {data} --split all --set titles --mode lexical")
    assert only(rows, corpus="papers", set="title-2-words")["shared"] == 0
    assert only(rows, corpus="with distractors", set="title-2-words")["shared"] == 1


def test_the_page_is_counted_in_its_papers(cli: Cli, data: Path) -> None:
    rows = cli.json(f"evaluate search --data {data} --set page --mode lexical")
    (page,) = rows
    assert page["right"] == 2
    assert [page[name] for name in ("found_50", "found_100", "found_250")] == [1, 1, 1]


def test_titles_find_abstracts_of_papers_that_no_model_has_seen(cli: Cli, data: Path) -> None:
    (row,) = cli.json(f"evaluate search --data {data} --split all --set held-out --mode lexical")
    assert row["n"] == row["papers"] == sum(held_out(paper["id"]) for paper in MORE)
    assert row["recall_100"] == 1  # each has its number in the title and in the abstract, as no other has


def test_one_half_of_the_questions_and_all_are_shown_unless_said(cli: Cli, data: Path) -> None:
    line = f"evaluate search --data {data} --no-distractors --set titles --mode lexical"
    assert {row["split"] for row in cli.json(line)} == {"report", "all"}
    halves = [only(cli.json(f"{line} --split {half}"), set="title")["n"] for half in ("tune", "report")]
    assert sum(halves) == 3


def test_people_see_tables_and_what_to_know_of_them(cli: Cli, data: Path) -> None:
    shown = cli.ok(f"evaluate search --data {data} --no-distractors --set known-item --set page --split all")
    assert "Papers: 3 papers, all questions" in shown
    assert "papers, nickname: 1 question left out, whose paper is not among those searched." in shown
    assert 'asked for "dual encoder network"' in shown or "asked for 'dual encoder network'" in shown
    assert "95 % paired bootstrap" in shown


def test_without_a_model_only_words_are_evaluated(cli: Cli, data: Path) -> None:
    line = f"evaluate search --data {data} --no-distractors --set titles --split all"
    rows = json.loads(cli.ok(f"{line} --json", PAPERBOY_SEMANTIC_MODEL="none"))
    assert {row["mode"] for row in rows} == {"lexical"}


def test_the_store_of_the_bot_is_not_touched(cli: Cli, data: Path) -> None:
    cli.ok(f"evaluate search --data {data} --no-distractors --set titles --mode lexical")
    assert not cli.database.exists()


def test_missing_data_is_said_in_a_sentence(cli: Cli, data: Path, tmp_path: Path) -> None:
    missing = cli.run(f"evaluate search --data {tmp_path / 'none'}")
    assert missing.exit_code == 1
    assert f"There is no folder {tmp_path / 'none'}." in missing.stderr
    assert "--data" in missing.stderr
    (data / "arxiv-abstracts" / "papers.jsonl.gz").unlink()
    assert "has no arxiv-abstracts/papers.jsonl.gz" in cli.fails(f"evaluate search --data {data}")
    assert cli.json(f"evaluate search --data {data} --no-distractors --set titles --mode lexical")


def test_questions_that_are_none_are_said_in_a_sentence(cli: Cli, data: Path) -> None:
    write_lines(data / "search-known-item" / "queries.jsonl.gz", [{"title": "no question"}])
    assert "has no questions" in cli.fails(f"evaluate search --data {data} --set known-item")


def test_what_cannot_be_chosen_is_said_with_what_can(cli: Cli, data: Path) -> None:
    said = cli.fails(f"evaluate search --data {data} --mode best")
    assert said == "'best' cannot be chosen. --mode takes fused, lexical, semantic."
    assert "known-item, titles, page, held-out" in cli.fails(f"evaluate search --data {data} --set all")


def test_orders_are_compared_on_recorded_lists(cli: Cli) -> None:
    data = shared_file("data/hf-daily-papers/responses.jsonl.gz").parents[1]
    rows = cli.json(f"evaluate order --data {data} --split tune")
    assert [(row["split"], row["saved"]) for row in rows] == [("tune", 3), ("tune", 10), ("tune", 30)]
    shown = cli.ok(f"evaluate order --data {data} --split tune")
    assert f"{rows[1]['recall_5']['difference']:+.3f} (" in shown
    said = cli.fails(f"evaluate order --data {data}", PAPERBOY_SEMANTIC_MODEL="none")
    assert "papers have no meaning" in said
