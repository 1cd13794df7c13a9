"""Scripts of SQL inside a transaction that is open."""

import re

from sqlite_utils import Database


def run(db: Database, script: str) -> None:
    """Executes statements one by one: `executescript` would commit the transaction."""
    for statement in re.sub(r"--[^\n]*", "", script).split(";"):
        if statement.strip():
            db.execute(statement)
