"""Whatever cannot work is told in one sentence, with a status that scripts can rely on: never a traceback."""

import os
import sqlite3
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bot.cli.main import Root
from bot.errors import BusyError, DiskFullError
from tests.cli import Cli


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.chdir(tmp_path)  # where a paperboy.toml would be looked for
    return Cli(tmp_path / "home")


# --- the command line itself ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nope", "No such command 'nope'. `paperboy --help` says more."),
        ("trendin", "No such command 'trendin'. Did you mean 'trending'? `paperboy --help` says more."),
        ("destination ad", "No such command 'ad'. Did you mean 'add'? `paperboy destination --help`"),
        ("destination show", "Missing argument 'NAME'. `paperboy destination show --help` says more."),
        ("destination show a b", "Got unexpected extra argument"),
        ("trending --windw day", "No such option: --windw"),
        ("trending --window", "Option '--window' requires an argument."),
        ("trending --window year", "Invalid value for '--window': 'year' is not one of 'day', 'week', "),
        ("trending -n x", "Invalid value for '--limit' / '-n': it should be a valid integer. "),
        ("trending -n 0", "Invalid value for '--limit' / '-n': it should be greater than or equal to 1. "),
        ("digest preview --surface fax", "Invalid value for '--surface': 'fax' is not one of 'console', "),
        ("destination add x console --max 26", "Invalid value for '--max': it should be less than or equal"),
    ],
)  # fmt: skip
def test_a_command_line_that_cannot_be_understood_is_status_2(cli: Cli, line: str, said: str) -> None:
    assert cli.fails(line, status=2).startswith(said)


@pytest.mark.parametrize("group", ["", "destination", "outbox", "db", "digest", "config"])
def test_a_group_without_a_command_shows_its_help(cli: Cli, group: str) -> None:
    done = cli.run(group)
    assert done.exit_code == 2
    assert done.stderr.startswith("Usage: paperboy")
    assert "Commands:" in done.stderr


def test_help_and_version_need_no_settings_that_work(cli: Cli) -> None:
    assert cli.ok("--version", PAPERBOY_FOO="1").startswith("paperboy 0.")
    assert "Usage: paperboy trending" in cli.ok("trending --help", PAPERBOY_FOO="1")


@pytest.mark.parametrize("line", ["trending --as-of soon", "digest preview --at soon"])
def test_a_bad_instant_is_told_with_examples(cli: Cli, line: str) -> None:
    assert cli.fails(line) == (
        "'soon' is no instant. Write it like 2025-11-20, 2025-11-20T09:00 or 2025-11-20T09:00+01:00."
    )


def test_what_is_to_come_is_not_known(cli: Cli) -> None:
    said = cli.fails("trending --as-of 2999-01-01")
    assert said.startswith("2999-01-01 is still to come. The latest instant is now, 2")


def failing(error: Exception) -> typer.Typer:
    """The command line with one command, which fails so."""
    broken = typer.Typer(cls=Root, rich_markup_mode=None)

    @broken.callback()
    def _group() -> None:
        """A group, as the real one is."""

    @broken.command()
    def work() -> None:
        raise error

    return broken


def test_failures_of_roles_that_ran_side_by_side_are_one_sentence() -> None:
    both = ExceptionGroup("roles", [ExceptionGroup("inner", [DiskFullError("x.db")]), BusyError("x.db")])
    done = CliRunner().invoke(failing(both), ["work"])
    assert done.exit_code == 1
    assert done.stderr.startswith("paperboy: The disk that holds x.db is full.")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "bug", [ZeroDivisionError("bug"), ExceptionGroup("roles", [BusyError("x.db"), ZeroDivisionError("bug")])]
)
def test_a_bug_is_never_told_as_if_it_were_a_failure(bug: Exception) -> None:
    done = CliRunner().invoke(failing(bug), ["work"])
    assert done.exception is bug


# --- settings ----------------------------------------------------------------------------------


def test_a_setting_that_does_not_exist_is_status_2(cli: Cli) -> None:
    assert cli.fails("trending", status=2, PAPERBOY_FOO="1") == (
        "PAPERBOY_FOO: there is no such setting; `paperboy config show` lists them all."
    )


def test_all_problems_with_the_settings_are_told_at_once(cli: Cli) -> None:
    done = cli.run("trending", PAPERBOY_POLL_MINUTE="5", PAPERBOY_TIMEZONE="Mars")
    assert done.exit_code == 2
    lines = done.stderr.splitlines()
    assert lines[0] == "paperboy: these settings cannot work:"
    assert [line.split(":")[0] for line in lines[1:]] == ["  PAPERBOY_TIMEZONE", "  PAPERBOY_POLL_MINUTE"]


def test_a_settings_file_that_cannot_be_read_is_status_2(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "paperboy.toml").write_text("poll_minutes = \n")
    assert "paperboy.toml: the file is not valid TOML" in cli.fails("trending", status=2)
    (tmp_path / "paperboy.toml").write_bytes(b"\xff\xfe\xff")
    assert "paperboy.toml: the file is not UTF-8 text" in cli.fails("trending", status=2)
    missing = tmp_path / "nowhere.toml"
    assert "there is no file" in cli.fails("trending", status=2, PAPERBOY_CONFIG=str(missing))


def test_a_working_directory_that_is_gone_is_told(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert cli.fails("trending") == "The working directory is gone. Change to one that exists."


# --- the database --------------------------------------------------------------------------------

READERS = ["trending", "destination list", "destination show x", "outbox list", "digest preview", "sources"]


@pytest.mark.parametrize("line", [*READERS, "db check", "destination add x console"])
def test_a_file_that_is_no_database_is_told_and_left_alone(cli: Cli, line: str) -> None:
    cli.home.mkdir()
    cli.database.write_text("These are my notes.\n" * 100)
    assert cli.fails(line).startswith(f"{cli.database} is not a Paperboy database. Move that file away")
    assert cli.database.read_text().startswith("These are my notes.")


def test_another_programs_database_is_told_and_left_alone(cli: Cli) -> None:
    cli.home.mkdir()
    with sqlite3.connect(cli.database) as database:
        database.execute("CREATE TABLE songs (title)")
    database.close()
    assert "is not a Paperboy database" in cli.fails("trending")


def test_a_database_of_a_newer_version_is_told(cli: Cli) -> None:
    cli.ok("destination list")
    with sqlite3.connect(cli.database) as database:
        database.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " SELECT migration_set, '9999_from_the_future', applied_at FROM _sqlite_migrations LIMIT 1"
        )
    database.close()
    said = cli.fails("trending")
    assert "was made by a newer version of Paperboy (it has the change '9999_from_the_future')" in said


def test_a_damaged_database_is_told(cli: Cli) -> None:
    cli.ok("destination add x console")
    with cli.database.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4000)
    assert "damaged" in cli.fails("trending")


@pytest.mark.skipif(os.geteuid() == 0, reason="to root every folder can be written")
def test_a_folder_that_cannot_be_written_is_told(cli: Cli) -> None:
    cli.home.mkdir(mode=0o500)
    assert cli.fails("trending").startswith(f"{cli.database} cannot be written. Give this user write access")


def test_a_folder_that_cannot_be_made_is_told(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    said = cli.fails("trending", PAPERBOY_HOME=str(tmp_path / "file" / "home"))
    assert said.startswith(f"{tmp_path}/file/home/paperboy.db cannot be written.")


@pytest.mark.parametrize("line", ["db check", "db backup copy.db"])
def test_looking_at_a_database_that_is_not_there_makes_none(cli: Cli, line: str) -> None:
    assert cli.fails(line).startswith(f"There is no database '{cli.database}'. `paperboy run` makes it;")
    assert not cli.home.exists()


def test_a_problem_in_the_database_is_status_1(cli: Cli) -> None:
    cli.ok("destination list")
    with sqlite3.connect(cli.database) as database:
        database.execute(
            "INSERT INTO papers (key, title, abstract, text_from, title_key, first_seen_at, change)"
            " VALUES ('local:x', 'X', '', 'arxiv', 'x', 0, 1)"
        )
    database.close()
    done = cli.run("db check")
    assert done.exit_code == 1
    assert "Problem: the paper local:x has no identifier.\n" in done.stdout
    assert "problems found.\n" in done.stdout


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"a":', "is not a recorded daily list (Hugging Face sent 5 bytes that are no JSON)."),
        (
            b'{"error":"gone"}',
            "is not a recorded daily list (Hugging Face sent no list but an error: 'gone').",
        ),
        (b"\xff\x00", "is not a recorded daily list ("),
    ],
)
def test_a_garbled_file_is_not_taken_in(cli: Cli, tmp_path: Path, body: bytes, said: str) -> None:
    file = tmp_path / "list.json"
    file.write_bytes(body)
    assert cli.fails(f"ingest {file}").startswith(f"{file} {said}")
    assert not cli.database.exists()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ingest nowhere.json", "nowhere.json cannot be read (No such file or directory)."),
        ("ingest .", ". cannot be read (Is a directory)."),
        ("ingest list.json --date 2025-13-01", "'2025-13-01' is no date. Write it like 2025-11-20."),
        ("ingest list.json --observed-at noon", "'noon' is no instant."),
        ("ingest --date 2025-11-20", "--date and --observed-at say of what day FILE is"),
        ("config init list.json", "list.json exists already; it was left as it is."),
        ("config init nowhere/x.toml", "nowhere/x.toml cannot be written (No such file or directory)."),
    ],
)
def test_a_file_that_cannot_be_used_is_told(cli: Cli, tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "list.json").write_text("[]")
    assert cli.fails(line).startswith(said)
    assert (tmp_path / "list.json").read_text() == "[]"


def test_a_backup_is_never_written_over_a_file(cli: Cli, tmp_path: Path) -> None:
    cli.ok("destination list")
    (tmp_path / "mine").write_text("mine")
    assert (
        cli.fails(f"db backup {tmp_path}/mine")
        == f"{tmp_path}/mine exists already. Name a file that does not."
    )
    assert "cannot be written" in cli.fails("db backup nowhere/copy.db")
    assert (tmp_path / "mine").read_text() == "mine"


def test_no_sign_of_life_is_status_1(cli: Cli) -> None:
    assert cli.fails("health") == (
        "The bot shows no sign of life: it never showed any. Start it with `paperboy run`."
    )
