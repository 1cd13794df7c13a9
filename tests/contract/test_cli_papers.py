"""`paperboy trending`, `digest preview`, `ingest FILE` and `sources`: what people see and programs read."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model import AnnounceType, IdScheme, Outcome, PaperId, PaperReading, Poll, Signal, Upstream
from bot.ports import Store
from tests.cli import Cli
from tests.polls import looked_up
from tests.servers.huggingface import daily_row

NOON = datetime(2025, 11, 20, 12, tzinfo=UTC)
AT = "2025-11-20T12:30"
PAPER_KEYS = {
    "position", "id", "title", "url", "authors", "categories", "summary", "summary_from", "score",
    "components", "reasons", "new",
}  # fmt: skip
SOURCE_KEYS = {
    "upstream", "subject", "last_success_at", "failing_since", "last_error", "papers", "waiting_for",
    "next_at",
}  # fmt: skip
ROWS: list[dict[str, Any]] = [
    daily_row("2511.00001", "Reading Maps by Ear", upvotes=57, ai_summary="A robot listens. It arrives."),
    daily_row("2511.00002", "Small Models That Ask", upvotes=41),
    daily_row("2511.00003", "Folding Laundry", upvotes=3),
]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)  # where a paperboy.toml would be looked for
    return Cli(tmp_path / "home")


@pytest.fixture
def listed(cli: Cli, tmp_path: Path) -> Cli:
    """A store that holds one recorded list."""
    (tmp_path / "list.json").write_text(json.dumps(ROWS))
    cli.ok("ingest list.json --date 2025-11-20 --observed-at 2025-11-20T12:00")
    return cli


# --- taking in -----------------------------------------------------------------------------------


def test_a_recorded_list_is_taken_in_and_counted(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps(ROWS))
    line = "ingest list.json --date 2025-11-20 --observed-at 2025-11-20T12:00"
    assert cli.ok(line) == "3 new papers, 0 changed, 6 new readings.\n"
    assert cli.json(line) == {"new": 0, "changed": 0, "merged": 0, "observations": 0}


def test_a_list_without_a_date_is_the_one_of_the_day_it_was_read(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps(ROWS))
    cli.ok("ingest list.json --observed-at 2025-11-20T12:00")
    coverage = cli.json(f"trending --as-of {AT}")["coverage"]
    assert coverage["newest_list"] == "2025-11-20"


def test_rows_that_cannot_be_read_are_left_out_and_told(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps([*ROWS, {"paper": {"id": 7}}]))
    done = cli.run("ingest list.json --date 2025-11-20 --observed-at 2025-11-20T12:00")
    assert done.exit_code == 0
    assert done.stderr.startswith("Not all of list.json was taken in: ")
    assert "its id is missing" in done.stderr
    assert done.stdout.startswith("3 new papers")


# --- trending --------------------------------------------------------------------------------------


def test_the_trending_papers_come_ranked_with_their_reasons(listed: Cli) -> None:
    lines = listed.ok(f"trending --as-of {AT} -n 2").splitlines()
    assert lines[0] == "Trending papers of the day · as of Thu 20 Nov 2025 12:30 UTC"
    assert lines[3:7] == [
        "  1. Reading Maps by Ear",
        "     A robot listens. It arrives. [Hugging Face's AI]",
        "     57 upvotes when first seen",
        "     Ada Lovelace · https://arxiv.org/abs/2511.00001",
    ]
    assert lines[8] == "  2. Small Models That Ask"
    assert lines[9] == "     What 2511.00002 says. [abstract]"
    assert not any("Folding" in line for line in lines)


def test_the_keys_of_a_ranking_that_programs_rely_on(listed: Cli) -> None:
    shown = listed.json(f"trending --as-of {AT} --window week")
    assert set(shown) == {"window", "as_of", "since", "coverage", "papers"}
    assert set(shown["coverage"]) == {"papers", "lists", "oldest_list", "newest_list", "loading"}
    assert [set(paper) for paper in shown["papers"]] == [PAPER_KEYS] * 3
    assert shown["as_of"] == "2025-11-20T12:30:00+00:00"
    first = shown["papers"][0]
    assert (first["id"], first["position"], first["new"]) == ("arxiv:2511.00001", 1, True)
    assert first["components"] == [{"name": "upvotes", "amount": 57, "points": 57.0}]
    assert first["summary_from"] == "Hugging Face's AI"


def test_the_past_is_shown_as_it_was_seen_then(listed: Cli) -> None:
    before = listed.run("trending --as-of 2025-11-20T11:59")
    assert before.exit_code == 0
    assert before.stdout == ""
    assert before.stderr.startswith("Nothing was trending then, as far as was observed: 3 papers, lists from")
    assert listed.json("trending --as-of 2025-11-20T11:59")["papers"] == []


def test_nothing_trending_now_is_said_as_such(cli: Cli) -> None:
    cli.store(lambda store: store.papers.ingest(looked_up(NOON, {1: ["cs.AI"]}), NOON))
    said = cli.run("trending").stderr.splitlines()
    assert said[0] == "Nothing is trending now, as far as was observed: 1 paper."


def test_an_empty_store_says_how_to_fill_it(cli: Cli) -> None:
    done = cli.run("trending")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith("Nothing was fetched yet. `paperboy run` or `paperboy ingest` fetches")


def test_hostile_papers_reach_no_terminal_and_forge_no_line(cli: Cli) -> None:
    title = "\x1b[2J\x9b31m\u202eevil\n  1. Forged [bold]title[/]"
    reading = PaperReading(
        ids=(PaperId(IdScheme.ARXIV, "2511.00009"),),
        title=title,
        authors=("\x1b]0;owned\x07Eve",),
        code_url="https://evil.example/\x1b[31m",
        announce_type=AnnounceType.LISTED,
        signals={Signal.UPVOTES: 9},
    )

    async def take_in(store: Store) -> None:
        poll = Poll(
            upstream=Upstream.HUGGING_FACE,
            subject="daily:2025-11-20",
            observed_at=NOON,
            outcome=Outcome.OK,
            readings=(reading,),
        )
        await store.papers.ingest(poll, NOON)

    cli.store(take_in)
    printed = cli.ok(f"trending --as-of {AT}") + cli.ok(f"digest preview --at {AT}")
    assert not set(printed) & set("\x1b\x9b\u202e\x07")
    assert "  1. [2J31mevil 1. Forged [bold]title[/]\n" in printed
    raw = cli.ok(f"trending --as-of {AT} --json")
    assert not set(raw) & set("\x1b\x9b\u202e\x07")
    assert json.loads(raw)["papers"][0]["title"] == title


# --- previews ------------------------------------------------------------------------------------


def test_a_preview_is_the_message_and_says_beside_it_that_nothing_was_sent(listed: Cli) -> None:
    done = listed.run(f"digest preview --at {AT}")
    assert done.exit_code == 0
    assert done.stderr == "This is a preview: nothing was sent.\n"
    assert done.stdout.startswith("Trending papers · Thu 20 Nov\n=====")
    assert "1. Reading Maps by Ear\n   https://arxiv.org/abs/2511.00001\n" in done.stdout
    assert listed.json("outbox list --all") == []


def test_a_preview_for_a_webhook_is_what_its_receiver_would_get(listed: Cli) -> None:
    body = json.loads(listed.ok(f"digest preview --at {AT} --surface webhook"))
    assert body["type"] == "digest"
    assert [paper["key"] for paper in body["papers"]] == [
        "arxiv:2511.00001",
        "arxiv:2511.00002",
        "arxiv:2511.00003",
    ]


def test_a_preview_for_a_destination_has_its_taste(listed: Cli) -> None:
    listed.ok("destination add picky console --filter maps --zone Europe/Berlin")
    printed = listed.ok(f"digest preview --destination picky --at {AT}")
    assert "1. Reading Maps by Ear" in printed
    assert "Small Models" not in printed
    assert "week" in listed.ok(f"digest preview --destination picky --at {AT} --window week").splitlines()[0]


def test_a_destinations_own_preview_is_of_now(listed: Cli) -> None:
    listed.ok("destination add picky console --filter maps")
    done = listed.run("destination preview picky")
    assert done.exit_code == 0
    assert "1. Reading Maps by Ear" in done.stdout  # of the newest list there is
    assert "Small Models" not in done.stdout
    assert done.stderr == "This is a preview: nothing was sent.\n"


# --- sources -------------------------------------------------------------------------------------


def test_the_keys_of_the_sources_that_programs_rely_on(listed: Cli) -> None:
    shown = listed.json("sources", PAPERBOY_HACKERNEWS="off")
    assert set(shown) == {
        "sources", "switched_off", "lists_to_load", "papers", "lists", "oldest_list", "newest_list",
    }  # fmt: skip
    assert shown["sources"]
    assert all(set(source) == SOURCE_KEYS for source in shown["sources"])
    assert shown["switched_off"] == ["hackernews"]
    assert (shown["papers"], shown["lists"], shown["newest_list"]) == (3, 1, "2025-11-20")


def test_the_sources_are_shown_with_what_went_wrong(listed: Cli) -> None:
    today = datetime.now(UTC)

    async def fail(store: Store) -> None:
        poll = Poll(
            upstream=Upstream.HUGGING_FACE,
            subject="trending",
            observed_at=today - timedelta(seconds=1),
            outcome=Outcome.FAILED,
            detail="Hugging Face cannot be reached: no route.",
        )
        await store.papers.ingest(poll, today)

    listed.store(fail)
    printed = listed.ok("sources")
    assert printed.splitlines()[0].split("   ")[0] == "source"
    assert "Hugging Face cannot be reached: no route." in printed
    assert "3 papers; 1 daily lists. Times are UTC." in printed
