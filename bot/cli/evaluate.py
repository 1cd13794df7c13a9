"""`paperboy evaluate`: how well the parts do their work, measured on recorded data."""

import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from bot.cli.common import JsonOption, load_settings, print_json, run, say, table, warn
from bot.cli.output import paragraph
from bot.errors import InputError
from bot.evaluation.split import Split
from bot.view.doc import Span

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.evaluation.corpora import DataFolder
    from bot.evaluation.personal import Row as OrderRow
    from bot.evaluation.run import Listener, Plan
    from bot.evaluation.table import Measured, Row
    from bot.ports import Store
    from bot.search.ports import SearchIndex

Choice = TypeVar("Choice", bound=StrEnum)

app = typer.Typer(help="Measure, on recorded data, how well the parts do their work.", no_args_is_help=True)

_DATA: Final = Path("../shared/data")
_GROUPS: Final = "known-item|titles|page|held-out"
_MODES: Final = "lexical|semantic|fused"


@app.callback()
def _group() -> None:
    """Measure, on recorded data, how well the parts do their work."""


@app.command("search")
def search_command(
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of papers and questions.")] = _DATA,
    distractors: Annotated[
        bool, typer.Option(help="Ask again among the papers of arxiv-abstracts as well.")
    ] = True,
    groups: Annotated[
        list[str] | None,
        typer.Option("--set", metavar=_GROUPS, help="Only these questions; may be repeated."),
    ] = None,
    modes: Annotated[
        list[str] | None, typer.Option("--mode", metavar=_MODES, help="Only this mode; may be repeated.")
    ] = None,
    split: Annotated[
        Split | None,
        typer.Option(help="Only one half of the questions, or all; unless said, the half to report and all."),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Measure how well search finds known papers: by words, by meaning, and by both together."""
    from bot.evaluation.corpora import DataFolder
    from bot.evaluation.run import Group, Plan
    from bot.evaluation.table import as_json, rows
    from bot.logs import configure_logs
    from bot.search.answer import Mode

    every = Plan()
    wanted = _chosen(Mode, modes, "--mode")
    plan = Plan(
        groups=frozenset(_chosen(Group, groups, "--set")) or every.groups,
        modes=tuple(mode for mode in every.modes if mode in wanted) or every.modes,
        distractors=distractors,
    )
    settings = load_settings()
    configure_logs("error", settings.log_format)
    with _progress() as listen:
        measured = run(_evaluate(settings, DataFolder(data.resolve()), plan, listen))
    splits = (Split.REPORT, Split.ALL) if split is None else (split,)
    found = [row for one in measured for row in rows(one, splits)]
    if json_:
        print_json([as_json(row) for row in found])
    else:
        _show(measured, found)


@app.command("order")
def order_command(
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of recorded days.")] = _DATA,
    split: Annotated[
        Split | None,
        typer.Option(help="Only one half of the topics, or all; unless said, the half to report and all."),
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Measure whether the order that is learnt of somebody beats the common one, on simulated saves."""
    from bot.evaluation.corpora import DataFolder
    from bot.evaluation.personal import CUT, as_json, laid_out, rows
    from bot.evaluation.recorded_days import recorded_lists
    from bot.wiring import encoder_of

    encoder = encoder_of(load_settings())
    if encoder is None:
        raise InputError("Nothing is learnt where papers have no meaning. Set PAPERBOY_SEMANTIC_MODEL.")
    lists = laid_out(recorded_lists(DataFolder(data.resolve())), encoder)
    found = {each: rows(lists, each) for each in ((Split.REPORT, Split.ALL) if split is None else (split,))}
    if json_:
        print_json([{"split": each.value, **as_json(row)} for each, some in found.items() for row in some])
        return
    head = ["topics", "saved", "people", "lists", f"recall {CUT}", "own", "gain", "MRR", "own", "gain"]
    cells = [_order_cells(each, row) for each, some in found.items() for row in some]
    table(head, cells)
    paragraph(
        Span("Gains of one's own order over the common one, with 95 % bootstrap intervals over people.")
    )


def _order_cells(split: Split, row: "OrderRow") -> list[str]:
    gains = [
        f"{one.difference:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
        for one in (row.recall_gain, row.reciprocal_rank_gain)
    ]
    recall, rank = ([f"{value:.3f}" for value in pair] for pair in (row.recall, row.reciprocal_rank))
    return [split.value, str(row.saved), str(row.people), str(row.lists), *recall, gains[0], *rank, gains[1]]


def _chosen(choices: type[Choice], names: Sequence[str] | None, option: str) -> list[Choice]:
    """The choices that were named, each once, in their own order. Raises `InputError`."""
    for name in names or ():
        if name not in list(choices):
            raise InputError(f"{name!r} cannot be chosen. {option} takes {', '.join(choices)}.")
    return [choice for choice in choices if choice in (names or ())]


async def _evaluate(
    settings: "Settings", folder: "DataFolder", plan: "Plan", listen: "Listener"
) -> "list[Measured]":
    from bot.evaluation.run import evaluate
    from bot.system import SystemClock
    from bot.wiring import open_index, open_store

    @asynccontextmanager
    async def opened() -> "AsyncIterator[tuple[Store, SearchIndex]]":
        """A store and an index that nobody else has, gone afterwards; everything else is as it is set."""
        with TemporaryDirectory(prefix="paperboy-evaluate-") as name:
            home = Path(name)
            own = settings.model_copy(update={"home": home, "database": home / "paperboy.db"})
            async with open_store(own) as store, open_index(own, store) as index:
                yield store, index

    return [measured async for measured in evaluate(folder, plan, opened, SystemClock(), listen)]


# --- while it lasts ------------------------------------------------------------------------------


@contextmanager
def _progress() -> "Iterator[Listener]":
    """A listener that shows how far it is: a bar at a terminal, a line for each stage elsewhere."""
    if not sys.stderr.isatty():
        yield _plain()
        return
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Reading the papers …", total=None)

        def show(what: str, done: int, total: int | None) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield show


def _plain() -> "Listener":
    told = ""

    def show(what: str, done: int, total: int | None) -> None:
        nonlocal told
        del done, total
        if what != told:
            told = what
            warn(f"{what} …")

    return show


# --- figures -------------------------------------------------------------------------------------


def _show(measured: "Sequence[Measured]", found: "Sequence[Row]") -> None:
    """Prints the figures for a person: a table for each body of papers, and what must be known of them."""
    from bot.evaluation.pages import QUERY
    from bot.evaluation.table import COLUMNS, PAGE_COLUMNS, cells, notes, page_cells, page_rows, sections

    for heading, group in sections(found):
        paragraph(Span(f"{heading[0].upper()}{heading[1:]}", strong=True))
        table(COLUMNS, [cells(row) for row in group])
        say()
    if shown := page_rows(found):
        paragraph(Span(f"The saved search page of Hugging Face, asked for {QUERY!r}", strong=True))
        table(PAGE_COLUMNS, [page_cells(row) for row in shown])
        say()
    for note in notes(measured):
        paragraph(Span(note), first="- ")
    if any(row.gains for row in found):
        paragraph(
            Span("Differences are means over the same questions, with 95 % paired bootstrap intervals.")
        )
