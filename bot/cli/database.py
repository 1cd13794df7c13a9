"""`paperboy db`: the database file's own care."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.common import JsonOption, existing_database, load_settings, print_json, say, with_store
from bot.cli.output import counted
from bot.ports import CheckReport, Store

app = typer.Typer(help="Migrate, check and back up the database.", no_args_is_help=True)


@app.command()
def migrate(json_: JsonOption = False) -> None:
    """Bring the database's schema up to date (starting the bot does so by itself)."""
    report = with_store(lambda store: store.admin.check())
    if json_:
        print_json({"database": report.path, "schema": report.schema})
    else:
        say(f"{report.path} is at schema {report.schema}.")


@app.command()
def check(json_: JsonOption = False) -> None:
    """Look whether the database is whole and consistent; status 1 if it is not."""
    settings = load_settings()
    existing_database(settings)
    report = with_store(lambda store: store.admin.check(), settings)
    if json_:
        print_json(
            {
                "database": report.path,
                "schema": report.schema,
                "problems": list(report.problems),
                "rows": dict(report.counts),
            }
        )
    else:
        _say(report)
    if report.problems:
        raise typer.Exit(1)


def _say(report: CheckReport) -> None:
    rows = ", ".join(f"{count:,} {name}" for name, count in report.counts.items() if count)
    say(f"{report.path}: schema {report.schema}; rows: {rows or 'none'}.")
    for problem in report.problems:
        say(f"Problem: {problem}.")
    found = counted(len(report.problems), "problem") if report.problems else "No problems"
    say(f"{found} found.")


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; it must not exist yet.")],
    json_: JsonOption = False,
) -> None:
    """Write a whole, consistent copy while everything goes on."""
    settings = load_settings()
    existing_database(settings)

    async def copy(store: Store) -> None:
        await store.admin.backup(target)

    with_store(copy, settings)
    if json_:
        print_json({"database": str(settings.database), "backup": str(target.absolute())})
        return
    name = settings.database.name
    say(f"{settings.database} was backed up to {target}.")
    say(f"To restore: stop Paperboy, remove {name}-wal and {name}-shm if they are there, and copy it back.")
