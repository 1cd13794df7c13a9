"""`paperboy backtest`: whether the ranking is right, measured on recorded days and on the bot's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli.common import JsonOption, load_settings, now, print_json, say, table, warn, with_store
from bot.cli.output import counted, paragraph
from bot.evaluation.measures import RESAMPLES, SEED
from bot.evaluation.split import Split
from bot.view.doc import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.evaluation.backtest import Body, Row

_DATA: Final = Path("../shared/data")


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""

    @app.command("backtest")
    def backtest_command(
        data: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of recorded days.")] = _DATA,
        recorded: Annotated[bool, typer.Option(help="Measure on the recorded days.")] = True,
        own: Annotated[bool, typer.Option(help="Measure on this bot's own observations.")] = True,
        days: Annotated[
            int | None, typer.Option(min=2, help="At most so many days of each body, spread evenly.")
        ] = None,
        split: Annotated[
            Split | None,
            typer.Option(help="Only one half of the days, or all; unless said, the half to report and all."),
        ] = None,
        resamples: Annotated[int, typer.Option(min=1, help="Draws of the bootstrap.")] = RESAMPLES,
        seed: Annotated[int, typer.Option(help="The seed of the draws.")] = SEED,
        json_: JsonOption = False,
    ) -> None:
        """Compare the ranking with other formulas, on days of which it is known what became of them."""
        from bot.evaluation.backtest import rows, sample
        from bot.evaluation.backtest_table import as_json

        bodies = [*(_recorded(data) if recorded else ()), *(_own() if own else ())]
        if days is not None:
            bodies = [sample(body, days) for body in bodies]
        splits = (Split.REPORT, Split.ALL) if split is None else (split,)
        found = [row for body in bodies for row in rows(body, splits, resamples=resamples, seed=seed)]
        if json_:
            print_json([as_json(row) for row in found])
        else:
            _show(bodies, found)


def _recorded(folder: Path) -> "Sequence[Body]":
    from bot.evaluation.corpora import DataFolder
    from bot.evaluation.recorded_days import recorded

    return list(recorded(DataFolder(folder.resolve())))


def _own() -> "Sequence[Body]":
    """This bot's own days, if there are enough; else that there are not is said."""
    from bot.evaluation.own_days import LEAST_DAYS, SETTLED, own_days

    settings = load_settings()
    body = None
    if settings.database.exists():  # to look at one must not make one
        body = with_store(lambda store: own_days(store.papers, now()), settings)
    seen = 0 if body is None else len(body.days)
    if body is not None and seen >= LEAST_DAYS:
        return [body]
    warn(
        f"Of this bot's own observations, {counted(seen, 'list')} can be judged: watched from the first "
        f"hours on, and {SETTLED.days} days old. It takes {LEAST_DAYS}."
    )
    return []


def _show(bodies: "Sequence[Body]", found: "Sequence[Row]") -> None:
    """Prints the figures for a person: a table for each body and split, and what must be known of them."""
    from bot.evaluation.backtest_table import cells, columns, notes, sections, verdicts

    for heading, group in sections(found):
        paragraph(Span(f"{heading[0].upper()}{heading[1:]}", strong=True))
        table(columns(group[0].body), [cells(row) for row in group])
        say()
    for body in bodies:
        for note in notes(body):
            paragraph(Span(note), first="- ")
    if found:
        paragraph(
            Span("Differences are from upvotes alone on the same days, with 95 % paired bootstrap intervals.")
        )
        for verdict in verdicts(found):
            paragraph(Span(verdict))
