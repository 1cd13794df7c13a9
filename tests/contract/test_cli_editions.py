"""`paperboy edition show|verify|diff`: the record, as people and programs read it."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.editions.make import edition_for
from bot.model import Window
from bot.ports import Store
from tests.cli import Cli
from tests.polls import daily

DAY = date(2025, 11, 20)
NINE = datetime(2025, 11, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)  # where a paperboy.toml would be looked for
    return Cli(tmp_path / "home")


@pytest.fixture
def kept(cli: Cli) -> Cli:
    """A store with three readings of a list, and an edition at nine and one at noon."""

    async def fill(store: Store) -> None:
        readings = {
            NINE - 2 * HOUR: {1: 5, 2: 40},
            NINE + 2 * HOUR: {1: 77, 2: 43, 3: 1},
            NINE + 5 * HOUR: {1: 80, 2: 43, 3: 9},
        }
        for read_at, upvotes in readings.items():
            await store.papers.ingest(daily(DAY, read_at, upvotes), read_at)
            if read_at < NINE + 5 * HOUR:
                slot = read_at + 2 * HOUR
                await edition_for(store, Window.DAY, slot, read_at + HOUR)

    cli.store(fill)
    return cli


def test_an_edition_is_shown_with_what_its_scores_are_made_of(kept: Cli) -> None:
    lines = kept.ok("edition show --at 2025-11-20T10:00").splitlines()
    assert lines[:5] == [
        "Edition of the day · Thu 20 Nov 2025 09:00 UTC",
        "made at 08:00:00, of what came or rose since Thu 20 Nov 07:00 UTC: 2 papers",
        "",
        "  1. Paper 2 on matter",
        "     40 upvotes when first seen",
    ]
    assert lines[5] == "     score 40: upvotes +40 = 40 · arxiv:2511.00002"


def test_the_latest_edition_is_shown_unless_another_is_named(kept: Cli) -> None:
    assert kept.json("edition show")["slot_at"] == "2025-11-20T13:00:00+00:00"
    assert kept.json("edition show --slot 2025-11-20T09:00")["slot_at"] == "2025-11-20T09:00:00+00:00"
    shown = kept.json("edition show -n 1")
    assert set(shown) == {"window", "slot_at", "as_of", "since", "size", "notes", "papers"}
    assert (shown["size"], len(shown["papers"])) == (3, 1)
    assert set(shown["papers"][0]) == {
        "position", "id", "title", "score", "components", "reasons", "new",
    }  # fmt: skip
    assert shown["papers"][0]["components"] == [{"name": "upvotes", "amount": 77, "points": 77.0}]


def test_an_edition_that_is_not_there_is_said_in_a_sentence(kept: Cli) -> None:
    assert "There is no edition of the week by 'now'. One is made" in kept.fails("edition show --window week")
    assert "of '2025-11-20T09:30'" in kept.fails("edition show --slot 2025-11-20T09:30")
    assert "by '2025-11-19'" in kept.fails("edition verify --at 2025-11-19")
    assert "Say one of them" in kept.fails("edition show --slot 2025-11-20T09:00 --at 2025-11-20")


def test_an_edition_is_made_again_the_same(kept: Cli) -> None:
    assert kept.ok("edition verify") == "1 of 1 edition made again, the same to the last bit.\n"
    assert kept.ok("edition verify --all") == "2 of 2 editions made again, the same to the last bit.\n"
    for one in kept.json("edition verify --all"):
        assert set(one) == {"window", "slot_at", "as_of", "papers", "same", "differences"}
        assert one["same"] is True
        assert one["differences"] == []


def test_an_edition_is_made_again_the_same_after_a_poll_that_was_stored_late(kept: Cli) -> None:
    async def late(store: Store) -> None:
        await store.papers.ingest(daily(DAY, NINE - 1.5 * HOUR, {1: 5, 2: 41}), NINE + 9 * HOUR)

    kept.store(late)
    assert kept.ok("edition verify --all") == "2 of 2 editions made again, the same to the last bit.\n"


def test_an_edition_that_was_tampered_with_is_told_with_status_1(kept: Cli) -> None:
    with closing(sqlite3.connect(kept.database, isolation_level=None)) as db:
        db.execute("UPDATE edition_entries SET score = 99 WHERE edition_id = 1 AND position = 1")
    done = kept.run("edition verify --all")
    assert done.exit_code == 1
    heading, place, summary = done.stdout.splitlines()
    assert heading == "The edition of the day of Thu 20 Nov 2025 09:00 UTC comes out otherwise:"
    assert place.startswith("  Place 1: arxiv:2511.00002 with 99 (40 upvotes when first seen); made again, ")
    assert summary == "1 of 2 editions made again, the same to the last bit."
    assert kept.run("edition verify --slot 2025-11-20T13:00 --json").exit_code == 0


def test_what_changed_between_two_instants_is_explained(kept: Cli) -> None:
    lines = kept.ok("edition diff 2025-11-20T08:00 2025-11-20T12:00").splitlines()
    assert lines == [
        "Trending papers of the day · Thu 20 Nov 2025 08:00 to Thu 20 Nov 2025 12:00 UTC",
        "",
        "  1. Paper 1 on matter",
        "     +72 upvotes in 4 h: from 2nd to 1st",
        "",
        "  2. Paper 2 on matter",
        "     +3 upvotes in 4 h: from 1st to 2nd, passed by 1",
        "",
        "  3. Paper 3 on matter",
        "     joined: first seen 11:00, 1 upvote by 12:00",
    ]


def test_programs_read_changes(kept: Cli) -> None:
    told = kept.json("edition diff 2025-11-20T08:00 2025-11-20T12:00 -n 1")
    assert set(told) == {"window", "from", "to", "changes"}
    assert (told["from"]["papers"], told["to"]["papers"]) == (2, 3)
    first, second = told["changes"]
    assert first == {
        "id": "arxiv:2511.00001",
        "title": "Paper 1 on matter",
        "move": "rose",
        "from": {"position": 2, "score": 5.0},
        "to": {"position": 1, "score": 77.0},
        "upvotes_gained": 72,
        "why": "+72 upvotes in 4 h: from 2nd to 1st",
    }
    assert second["move"] == "fell"


def test_a_window_that_moved_on_is_told_and_so_is_one_with_nothing_in_it(kept: Cli) -> None:
    shown = kept.ok("edition diff 2025-11-20T12:00 2025-12-20T12:00 --window week")
    assert "the beginning of the window moved from Thu 13 Nov 12:00 to Sat 13 Dec 12:00 UTC" in shown
    assert "  -  Paper 1 on matter\n     left: its week is over\n" in shown
    assert "Nothing was trending" in kept.ok("edition diff 2024-01-01 2024-01-02")


def test_instants_in_the_wrong_order_are_said_in_a_sentence(kept: Cli) -> None:
    said = kept.fails("edition diff 2025-11-20T12:00 2025-11-20T08:00")
    assert said == "2025-11-20T08:00 is not after 2025-11-20T12:00. Name the earlier instant first."


def test_what_is_to_come_is_not_compared(kept: Cli) -> None:
    said = kept.fails("edition diff 2025-11-20T08:00 2999-01-01")
    assert said.startswith("2999-01-01 is still to come. The latest instant is now, 2")


def test_no_database_is_made_to_look_at(cli: Cli) -> None:
    assert "There is no database" in cli.fails("edition verify --all")
    assert not cli.database.exists()
