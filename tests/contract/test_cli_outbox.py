"""`paperboy outbox`, `db`, `config` and completion: looking after what runs."""

import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import write_heartbeat
from bot.cli.completion import destination_names, zones
from bot.model import DeliveryState
from bot.ports import Store
from bot.view.doc import Doc, PaperCard, Span, to_json
from storage.sqlite.peek import destination_names as peek
from tests.cli import Cli
from tests.contract.rows import add_destination, digest

NOW = datetime.now(UTC)
DOC = to_json(Doc((PaperCard(1, "arxiv:2511.1", Span("Reading Maps by Ear")),), "x"))
DELIVERY_KEYS = {
    "id", "key", "state", "surface", "destination", "destination_name", "attempts", "doubtful",
    "created_at", "not_before", "deliver_by", "finished_at", "receipt", "last_error",
}  # fmt: skip


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)  # where a paperboy.toml would be looked for
    return Cli(tmp_path / "home")


async def deliver(store: Store) -> None:
    """Four deliveries of the destination `team`: d1 sent, d2 in doubt, d3 rejected, d4 waiting."""
    team = await add_destination(store.destinations, "team", created_at=NOW, active_from=NOW)
    for number in range(1, 5):
        at = NOW - timedelta(days=number)
        await store.destinations.plan(
            [digest(team, (), at, id=f"d{number}", doc=DOC, deliver_by=NOW + timedelta(hours=1))]
        )
    lease = timedelta(minutes=5)
    for one in await store.outbox.claim("w", ["webhook"], NOW, lease, 4):
        await store.outbox.sending(one.id, one.fence, NOW, lease)
        match one.id:
            case "d1":
                await store.outbox.sent(one.id, one.fence, NOW, "receipt-1")
            case "d2":
                await store.outbox.in_doubt(one.id, one.fence, NOW, "The line was cut.")
            case "d3":
                await store.outbox.rejected(one.id, one.fence, NOW, "It said 410.")
            case _:
                soon = NOW + timedelta(minutes=5)
                await store.outbox.retry(one.id, one.fence, soon, "It went silent.", doubtful=True)


@pytest.fixture
def delivered(cli: Cli) -> Cli:
    cli.store(deliver)
    return cli


# --- the outbox ----------------------------------------------------------------------------------


def test_what_needs_attention_is_listed_with_what_to_do(delivered: Cli) -> None:
    printed = delivered.ok("outbox list")
    lines = printed.splitlines()
    assert " ".join(lines[0].split()) == "id state destination surface tries ended / next (UTC) last error"
    assert {line.split()[0] for line in lines[2:-1]} == {"d2", "d3", "d4"}
    assert all(" team " in line for line in lines[2:-1])
    assert lines[-1] == (
        "In doubt: look whether it arrived, then say `paperboy outbox resolve ID --arrived` or `--lost`."
    )


def test_states_can_be_picked(delivered: Cli) -> None:
    def ids(line: str) -> set[str]:
        return {one["id"] for one in delivered.json(line)}

    assert ids("outbox list") == {"d2", "d3", "d4"}
    assert ids("outbox list --all") == {"d1", "d2", "d3", "d4"}
    assert ids("outbox list --state sent --state rejected") == {"d1", "d3"}
    assert len(ids("outbox list --all -n 2")) == 2


def test_an_empty_outbox_is_said_in_words(cli: Cli) -> None:
    assert cli.ok("outbox list") == "Nothing is under way, nothing was rejected, and nothing is in doubt.\n"
    assert cli.ok("outbox list --all") == "No deliveries.\n"
    assert cli.ok("outbox list --state sent") == "No deliveries.\n"
    assert cli.json("outbox list") == []


def test_the_keys_of_a_delivery_that_programs_rely_on(delivered: Cli) -> None:
    assert all(set(one) == DELIVERY_KEYS for one in delivered.json("outbox list --all"))
    shown = delivered.json("outbox show d1")
    assert set(shown) == DELIVERY_KEYS | {"doc"}
    assert (shown["state"], shown["receipt"], shown["destination_name"]) == ("sent", "receipt-1", "team")


@pytest.mark.parametrize(
    ("delivery", "state"),
    [
        ("d1", "sent"),
        ("d2", "in doubt: look whether it arrived, then `paperboy outbox resolve` it --arrived or --lost"),
        ("d3", "rejected"),
        ("d4", "pending: an earlier try may have arrived: the receiver is asked, or drops the repeat"),
    ],
)
def test_one_delivery_is_shown_with_its_message(delivered: Cli, delivery: str, state: str) -> None:
    lines = delivered.ok(f"outbox show {delivery}").splitlines()
    assert f"  state        {state}" in lines
    assert "  destination  team" in lines
    assert lines[-1] == "1. Reading Maps by Ear"


def test_a_doubtful_delivery_is_settled_either_way(delivered: Cli) -> None:
    assert delivered.ok("outbox resolve d2 --arrived") == "d2 counts as sent.\n"
    assert delivered.json("outbox show d2")["state"] == "sent"
    assert "only one in doubt can be resolved" in delivered.fails("outbox resolve d2 --lost")


def test_what_was_lost_comes_again(delivered: Cli) -> None:
    assert delivered.ok("outbox resolve d2 --lost") == (
        "d2 counts as not sent; its papers come again with a later digest.\n"
    )
    assert delivered.json("outbox show d2")["state"] == "rejected"


def test_settling_needs_one_answer(delivered: Cli) -> None:
    for flags in ("", "--arrived --lost"):
        assert delivered.fails(f"outbox resolve d2 {flags}") == "Say either --arrived or --lost."
    assert delivered.json("outbox resolve d2 --lost")["state"] == "rejected"


def test_a_delivery_is_sent_again_when_a_person_says_so(delivered: Cli) -> None:
    before = delivered.json("outbox show d3")
    assert delivered.ok("outbox retry d3 --hours 2").startswith("d3 is waiting to be sent again;")
    after = delivered.json("outbox show d3")
    assert (after["state"], after["key"]) == ("pending", before["key"])
    limit = datetime.fromisoformat(after["deliver_by"]) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < limit < timedelta(hours=2)
    assert delivered.json("outbox retry d2")["state"] == DeliveryState.PENDING
    assert "d1' was sent; only one that was rejected or is in doubt" in delivered.fails("outbox retry d1")


@pytest.mark.parametrize("line", ["show nope", "retry nope", "resolve nope --lost"])
def test_a_delivery_that_is_not_there_is_told(cli: Cli, line: str) -> None:
    assert cli.fails(f"outbox {line}").startswith("There is no delivery 'nope'. `paperboy outbox list")


# --- the database --------------------------------------------------------------------------------


def test_a_database_is_checked_and_backed_up(delivered: Cli, tmp_path: Path) -> None:
    printed = delivered.ok("db check")
    assert printed.startswith(f"{delivered.database}: schema 0")
    assert " 4 deliveries," in printed
    assert printed.endswith("No problems found.\n")
    checked = delivered.json("db check")
    assert set(checked) == {"database", "schema", "problems", "rows"}
    assert (checked["problems"], checked["rows"]["deliveries"]) == ([], 4)
    copied = delivered.ok("db backup copy.db").splitlines()
    assert copied[0] == f"{delivered.database} was backed up to copy.db."
    assert copied[1].startswith("To restore: stop Paperboy, remove paperboy.db-wal and paperboy.db-shm if")
    assert delivered.json("db backup again.db") == {
        "database": str(delivered.database),
        "backup": str(tmp_path / "again.db"),
    }
    restored = delivered.json("db check", PAPERBOY_DATABASE=str(tmp_path / "copy.db"))
    assert restored["rows"] == checked["rows"]


def test_migrating_makes_a_database_and_names_its_schema(cli: Cli) -> None:
    assert cli.ok("db migrate").startswith(f"{cli.database} is at schema 0")
    assert set(cli.json("db migrate")) == {"database", "schema"}


# --- settings ------------------------------------------------------------------------------------


def test_settings_are_written_explained_and_shown(cli: Cli, tmp_path: Path) -> None:
    assert cli.ok("config init").startswith("Wrote paperboy.toml. Every setting in it is at its default;")
    before = cli.json("config show")
    text = (tmp_path / "paperboy.toml").read_text()
    (tmp_path / "paperboy.toml").write_text(text.replace("#poll_minutes = 15", "poll_minutes = 20"))
    after = cli.json("config show", PAPERBOY_TIMEZONE="Asia/Tokyo")
    changed = {one["name"]: one for one, was in zip(after, before, strict=True) if one != was}
    assert changed == {
        "poll_minutes": {
            "name": "poll_minutes", "value": "20", "origin": str(tmp_path / "paperboy.toml"),
        },
        "timezone": {"name": "timezone", "value": "Asia/Tokyo", "origin": "PAPERBOY_TIMEZONE"},
    }  # fmt: skip
    table = cli.ok("config show").splitlines()
    assert table[0].split() == ["setting", "value", "from"]
    assert "that-only-these-tests-know" not in "".join(table)


# --- health ----------------------------------------------------------------------------------------


def test_a_sign_of_life_counts_for_two_minutes(cli: Cli) -> None:
    cli.home.mkdir()
    write_heartbeat(cli.home, datetime.now(UTC))
    assert cli.ok("health") == "The bot is running.\n"
    write_heartbeat(cli.home, datetime.now(UTC) - timedelta(minutes=7))
    assert "it showed the last 7 min ago" in cli.fails("health")


# --- completion ----------------------------------------------------------------------------------


@pytest.fixture
def environment(cli: Cli) -> Iterator[Cli]:
    """The settings of `cli` as this process's own, as they are where a shell asks for completion."""
    before = dict(os.environ)
    os.environ.update(PAPERBOY_HOME=str(cli.home))
    yield cli
    os.environ.clear()
    os.environ.update(before)


def test_names_are_offered_as_far_as_they_need_no_quotes(environment: Cli) -> None:
    for name in ("'my team'", "web", "команда", "'a;b'", "gone"):
        environment.ok(f"destination add {name} console")
    environment.ok("destination remove gone")
    assert destination_names() == ["web", "команда"]


def test_the_tab_key_neither_makes_nor_fails_on_anything(environment: Cli) -> None:
    assert destination_names() == []
    assert not environment.home.exists()
    os.environ["PAPERBOY_FOO"] = "1"
    assert destination_names() == []


def test_a_database_that_cannot_be_read_offers_nothing(cli: Cli) -> None:
    cli.home.mkdir()
    cli.database.write_text("notes " * 1000)
    assert peek(cli.database) == []
    assert peek(cli.home) == []


def test_a_database_that_is_locked_offers_nothing_soon(cli: Cli) -> None:
    cli.ok("destination add team console")
    with sqlite3.connect(cli.database, isolation_level=None) as database:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("BEGIN EXCLUSIVE")
        assert peek(cli.database) == []
        database.execute("ROLLBACK")
    database.close()
    assert peek(cli.database) == ["team"]


def test_time_zones_are_offered() -> None:
    assert "Europe/Berlin" in zones()
    assert zones() == sorted(zones())
