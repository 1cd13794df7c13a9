"""`paperboy index`: the search index's own care, and the bar that shows how far it is."""

import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import typer

from bot.cli.common import JsonOption, existing_database, load_settings, print_json, run, say
from bot.cli.output import counted, facts

if TYPE_CHECKING:
    from rich.console import Console

    from bot.search.ports import IndexState, Progress, SearchIndex

T = TypeVar("T")

app = typer.Typer(help="Rebuild, check and measure the search index.", no_args_is_help=True)

_WORTH_A_BAR: Final = 2_000  # changes; fewer are taken in faster than a bar can be read
_UNITS: Final = ("bytes", "KB", "MB", "GB")


# --- the commands --------------------------------------------------------------------------------


@app.command()
def rebuild(json_: JsonOption = False) -> None:
    """Make the search index anew from the store; searches go on meanwhile."""

    async def work(index: "SearchIndex") -> "IndexState":
        with bar("Rebuilding the search index") as progress:
            return await index.rebuild(progress)

    state = _with_index(work)
    if json_:
        print_json(_as_json(state))
    else:
        say(f"The search index was rebuilt: {counted(state.papers, 'paper')}, {_size(state.bytes)}.")


@app.command()
def check(json_: JsonOption = False) -> None:
    """Look whether the search index agrees with the store; status 1 if it does not."""

    async def work(index: "SearchIndex") -> Sequence[str]:
        return await index.check()

    problems = _with_index(work)
    if json_:
        print_json({"problems": list(problems)})
    else:
        tell(problems)
    if problems:
        raise typer.Exit(1)


def tell(problems: Sequence[str]) -> None:
    """Prints what is wrong with an index, a line a problem, and what to do."""
    for problem in problems:
        say(f"Problem: {problem.rstrip('.')}.")
    if problems:
        say(f"{counted(len(problems), 'problem')} found. `paperboy index rebuild` makes the index anew.")
    else:
        say("No problems found.")


@app.command()
def stats(json_: JsonOption = False) -> None:
    """Show what the search index holds, and how far it follows the store."""

    async def work(index: "SearchIndex") -> "IndexState":
        return await index.state()

    state = _with_index(work)
    if json_:
        print_json(_as_json(state))
    else:
        show(state)


def show(state: "IndexState") -> None:
    """Prints how the index stands, for a person."""
    facts(
        [
            ("papers", f"{state.papers:,}"),
            ("vectors", f"{state.vectors:,}" + (f", made by {state.encoder}" if state.encoder else "")),
            ("size", _size(state.bytes)),
            ("up to date", f"{counted(state.behind, 'change')} behind" if state.behind else "yes"),
        ]
    )


def _with_index(work: "Callable[[SearchIndex], Awaitable[T]]") -> T:
    """Runs `work` on the index of a store that exists."""
    from bot.cli.running import surroundings
    from bot.logs import configure_logs
    from bot.wiring import open_search, open_store

    settings = load_settings()
    existing_database(settings)
    configure_logs("error", settings.log_format)

    async def inner() -> T:
        async with open_store(settings) as store, open_search(settings, store, surroundings()) as search:
            return await work(search.index)

    return run(inner())


# --- following -----------------------------------------------------------------------------------


async def caught_up(index: "SearchIndex") -> "IndexState":
    """Lets the index take in what the store has; a long way is shown by a bar."""
    if (await index.state()).behind < _WORTH_A_BAR:
        return await index.catch_up()
    with bar("Building the search index") as progress:
        return await index.catch_up(progress)


@contextmanager
def bar(what: str, console: "Console | None" = None) -> "Iterator[Progress]":
    """A listener that moves a bar: on `console`, or beside the output proper, if that is a terminal."""
    if console is None and not sys.stderr.isatty():
        yield _nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console or Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=None)

        def listen(state: "IndexState") -> None:
            said = f"{what} · {counted(state.papers, 'paper')}"
            # From the cursor's start: an index that is made anew begins there.
            shown.update(task, description=said, completed=state.change, total=max(state.newest, 1))

        yield listen


def _nothing(_: "IndexState") -> None:
    """Nobody looks."""


# --- words ---------------------------------------------------------------------------------------


def _size(size: int) -> str:
    """`7.6 MB`, in powers of 1,000 as disks are sold."""
    amount = float(size)
    for unit in _UNITS[:-1]:
        if amount < 1000:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} {_UNITS[-1]}"


def _as_json(state: "IndexState") -> dict[str, Any]:
    """How the index stands, for programs; a stable form."""
    return {
        "papers": state.papers,
        "vectors": state.vectors,
        "change": state.change,
        "newest": state.newest,
        "behind": state.behind,
        "bytes": state.bytes,
        "encoder": state.encoder,
        "following": state.following,
    }
