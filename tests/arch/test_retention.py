"""What the manual says is kept of people agrees with the schema, and with what `my-data` shows."""

import re

import pytest
from sqlite_utils import Database

from storage.sqlite.holding import HELD
from storage.sqlite.migrations import MIGRATIONS
from tests.arch.test_docs import page


def documented() -> dict[str, str]:
    """Whether each table of the manual holds something of people: `yes` or `no`."""
    rows = [line.strip("| ").split(" | ") for line in page("docs/privacy.md").splitlines() if "| `" in line]
    return {table: row[1] for row in rows for table in re.findall(r"`([a-z_]+)`", row[0])}


@pytest.fixture(scope="module")
def schema() -> Database:
    """An empty database as this version makes it."""
    db = Database(memory=True)
    MIGRATIONS.apply(db)
    return db


def of_recipients(db: Database) -> set[str]:
    """Tables that refer to recipients, or to what does."""
    references = {
        table: {key.other_table for key in db.table(table).foreign_keys} for table in db.table_names()
    }
    found = {"recipients"}
    while more := {table for table, others in references.items() if others & found} - found:
        found |= more
    return found


def test_every_table_is_in_the_manual_and_no_other(schema: Database) -> None:
    tables = {table for table in schema.table_names() if not table.startswith(("_", "sqlite_"))}
    assert set(documented()) == tables
    assert set(documented().values()) == {"yes", "no"}


def test_what_refers_to_people_is_said_to_be_theirs(schema: Database) -> None:
    theirs = {table for table, whose in documented().items() if whose == "yes"}
    assert of_recipients(schema) <= theirs
    assert {"identities", "ledger", "slots", "history"} <= of_recipients(schema), (
        "the walk goes on from table to table"
    )


def test_what_is_said_to_be_theirs_is_shown_to_them() -> None:
    assert {table for table, whose in documented().items() if whose == "yes"} == set(HELD)


def test_each_row_says_what_it_is_and_how_long_it_stays() -> None:
    rows = [line for line in page("docs/privacy.md").splitlines() if line.startswith("| `")]
    assert len(rows) > 10
    assert all(len([cell for cell in line.strip("| ").split(" | ") if cell.strip()]) == 4 for line in rows)
