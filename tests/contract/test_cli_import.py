"""`paperboy import`: what people see and programs read."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.model import IdScheme, PaperId, Upstream
from tests.cli import SECRET, Cli
from tests.shared import shared_file

ROWS: list[dict[str, Any]] = [
    {
        "id": "2508.13426",
        "title": "Reading Maps by Ear",
        "authors": "Ann Alpha, Ben Beta",
        "date": "2025-08-19",
    },
    {"title": "Small Models That Ask", "abstract": "They ask.", "citations": 7, "published": "soon"},
]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)  # where a paperboy.toml would be looked for
    return Cli(tmp_path / "home")


def write(name: str, *lines: object) -> None:
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    content = "".join(text + "\n" for text in texts).encode()
    Path(name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)


@pytest.mark.parametrize("name", ["papers.jsonl", "papers.jsonl.gz"])
def test_an_import_tells_what_came_of_it(cli: Cli, name: str) -> None:
    write(name, *ROWS, "{garbled", {"abstract": "no title"})
    done = cli.run(f"import {name}")
    assert done.exit_code == 0
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "JSON Lines, 4 lines: 2 papers, 2 new, 0 changed, 0 known already.",
        "Skipped 1 line: no JSON object (line 3).",
        "Skipped 1 line: no title (line 4).",
        "Left out `published` of 1 paper: its value is of no use.",
    ]


def test_what_was_imported_is_in_the_store(cli: Cli) -> None:
    write("papers.jsonl", *ROWS)
    cli.ok("import papers.jsonl")
    paper = cli.store(lambda store: store.papers.find(PaperId(IdScheme.ARXIV, "2508.13426")))
    assert paper is not None
    assert (paper.title, paper.authors, paper.text_from) == (
        "Reading Maps by Ear",
        ("Ann Alpha", "Ben Beta"),
        Upstream.IMPORT,
    )


def test_papers_without_a_list_never_trend(cli: Cli) -> None:
    write("papers.jsonl", *ROWS)
    cli.ok("import papers.jsonl")
    for window in ("day", "week", "month"):
        assert cli.json(f"trending --window {window}")["papers"] == []


def test_programs_read_the_summary(cli: Cli) -> None:
    write("papers.jsonl", *ROWS, "{garbled")
    assert cli.json("import papers.jsonl") == {
        "file": "papers.jsonl",
        "format": "jsonl",
        "from_line": 1,
        "to_line": 3,
        "papers": 2,
        "new": 2,
        "changed": 0,
        "known": 0,
        "skipped": [{"reason": "not-json", "count": 1, "lines": [3]}],
        "left_out": {"published": 1},
    }


def test_a_file_imported_before_is_not_read_again_unless_it_is_asked_for(cli: Cli) -> None:
    write("papers.jsonl", *ROWS)
    cli.ok("import papers.jsonl")
    assert cli.ok("import papers.jsonl") == (
        "papers.jsonl was imported before, all 2 lines: nothing is left. --again reads it once more.\n"
    )
    assert "2 papers, 0 new, 0 changed, 2 known already." in cli.ok("import papers.jsonl --again")


def test_a_saved_page_of_hugging_face_is_imported_and_its_papers_are_known_by_their_titles(cli: Cli) -> None:
    page = shared_file("data/hf-papers-search-page.txt")
    found = cli.json(f"import {page}")
    assert (found["format"], found["papers"], found["new"], found["skipped"]) == ("hf-page", 243, 243, [])
    Path("copy.txt").write_bytes(page.read_bytes() + b"\n")
    assert cli.json("import copy.txt")["known"] == 243


def test_a_page_s_paper_that_an_upstream_names_later_becomes_that_one(cli: Cli) -> None:
    title, abstract = "Reading Maps by Ear", "A robot listens to its map and finds the way in the dark. " * 5
    page = ["Get trending papers in your email inbox!", f"Subscribe{title}", abstract]
    write("page.txt", *page)
    write("papers.jsonl", ROWS[0] | {"abstract": abstract})
    assert cli.json("import page.txt")["new"] == 1
    assert cli.json("import papers.jsonl")["changed"] == 1


def test_standard_input_can_be_imported_and_says_that_it_cannot_be_gone_on_with(cli: Cli) -> None:
    runner = CliRunner(env={"PAPERBOY_HOME": str(cli.home), "PAPERBOY_SECRET_KEY": SECRET})
    done = runner.invoke(app, ["import", "-"], input=json.dumps(ROWS[0]))
    assert done.exit_code == 0
    assert done.stderr.startswith("Standard input cannot be gone on with")
    assert "1 paper, 1 new" in done.stdout


def test_the_format_can_be_named(cli: Cli) -> None:
    write("papers.jsonl", ROWS[1])
    done = cli.run("import papers.jsonl --format arxiv-snapshot")
    assert done.exit_code == 1  # nothing of it was of use
    assert "Skipped 1 line: no arXiv id (line 1)." in done.stdout
    sentence = cli.fails("import papers.jsonl --format csv")
    assert sentence == "'csv' is no format. --format takes arxiv-snapshot, jsonl, hf-page."


def test_a_file_that_is_no_use_is_told_in_a_sentence(cli: Cli) -> None:
    write("notes.txt", "Dear diary,")
    assert cli.fails("import notes.txt").startswith("notes.txt is nothing that can be imported: neither ")
    assert cli.fails("import none.txt") == "none.txt cannot be read (No such file or directory)."
    assert not cli.database.exists() or cli.json("sources")["papers"] == 0
