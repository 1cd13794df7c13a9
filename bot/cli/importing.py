"""`paperboy import`: papers that a person brings in a file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final

import typer

from bot.cli.common import INTERRUPTED, JsonOption, load_settings, print_json, run, say, warn
from bot.cli.output import counted
from bot.errors import InputError

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.importing.formats import Format
    from bot.importing.reading import OpenedFile
    from bot.importing.run import Listener, Progress

_STEP: Final = 10  # per cent of the file between two plain lines of progress
_LINES_STEP: Final = 100_000  # the same, of a file whose size nobody knows


def register(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command("import")(import_command)


def import_command(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The file, plain or .gz; `-` is standard input.")
    ],
    file_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="arxiv-snapshot|jsonl|hf-page",
            help="What FILE is; it mostly shows by itself.",
        ),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Read FILE from its first line, whatever was read of it before.")
    ] = False,
    json_: JsonOption = False,
) -> None:
    """Bring your own papers: arXiv's Kaggle snapshot, JSON Lines, or a saved Hugging Face search page."""
    from bot.importing.reading import StoredFile, open_file
    from bot.importing.run import already_whole

    known_format = _format(file_format)
    settings = load_settings()
    with open_file(file, _standard_input) as opened:
        resumable = isinstance(opened, StoredFile)
        if not resumable:
            warn(
                f"{opened.name} cannot be gone on with: should this stop, it begins anew, which does no harm."
            )
        try:
            with _progress() as listen:
                done = run(_import(settings, opened, listen, known_format, again=again))
        except KeyboardInterrupt:
            onward = "goes on from there" if resumable and not again else "begins anew, which does no harm"
            warn(f"Stopped. What was read so far is stored; the same command {onward}.")
            raise typer.Exit(INTERRUPTED) from None
    if json_:
        print_json(_as_json(file, done))
    elif already_whole(done):
        lines = counted(done.line, "line")
        say(f"{opened.name} was imported before, all {lines}: nothing is left. --again reads it once more.")
    else:
        _say(done)
    if done.skipped and not done.papers:
        raise typer.Exit(1)  # nothing could be read: whoever runs this from a script must know


def _standard_input() -> BinaryIO:
    if sys.stdin is None:  # closed by whoever started us
        raise InputError("Standard input is closed. Name a file, or send one in with a pipe.")
    return sys.stdin.buffer


def _format(name: str | None) -> "Format | None":
    from bot.importing.formats import Format

    if name is None:
        return None
    try:
        return Format(name)
    except ValueError:
        raise InputError(f"{name!r} is no format. --format takes {', '.join(Format)}.") from None


async def _import(
    settings: "Settings", file: "OpenedFile", listen: "Listener", known: "Format | None", *, again: bool
) -> "Progress":
    from bot.importing.run import import_file
    from bot.system import SystemClock
    from bot.wiring import open_store

    async with open_store(settings) as store:
        return await import_file(file, store.papers, SystemClock(), listen, file_format=known, again=again)


# --- while it lasts --------------------------------------------------------------------------------


@contextmanager
def _progress() -> "Iterator[Listener]":
    """A listener that shows how far it is: a bar at a terminal, a line now and then elsewhere."""
    if not sys.stderr.isatty():
        yield _with_start(_plain())
        return
    from rich import progress as bars
    from rich.console import Console

    columns = [
        bars.SpinnerColumn(),
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TimeRemainingColumn(),
    ]
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Importing …", total=None)

        def show(now: "Progress") -> None:
            said = f"{now.papers:,} papers imported"
            bar.update(task, description=said, completed=now.position, total=now.size)

        yield _with_start(show)


def _with_start(show: "Listener") -> "Listener":
    """Says first from where the file is gone on with, if it is."""
    told = False

    def listen(now: "Progress") -> None:
        nonlocal told
        if not told and now.from_line > 1:
            warn(f"Imported in part before: this goes on at line {now.from_line:,}.")
        told = True
        show(now)

    return listen


def _plain() -> "Listener":
    shown = 0

    def show(now: "Progress") -> None:
        nonlocal shown
        step = now.position * 100 // now.size // _STEP if now.size else now.line // _LINES_STEP
        if step > shown and now.position != now.size:  # what was whole is told by the summary
            how_far = f"{step * _STEP} %: " if now.size else ""
            warn(f"{how_far}{counted(now.line, 'line')} read, {counted(now.papers, 'paper')} imported.")
        shown = max(step, shown)

    return show


# --- when it is done -------------------------------------------------------------------------------


def _say(done: "Progress") -> None:
    read = done.line - done.from_line + 1
    since = f", from line {done.from_line:,} on" if done.from_line > 1 else ""
    say(
        f"{done.file_format.label}, {counted(read, 'line')}{since}: {counted(done.papers, 'paper')}, "
        f"{done.new:,} new, {done.changed:,} changed, {done.known:,} known already."
    )
    for reason, lines in done.skipped.items():
        places = ", ".join(f"{number:,}" for number in lines.first)
        which = f"line {places}" if lines.count == 1 else f"lines {places}"
        more = ", …" if lines.count > len(lines.first) else ""
        say(f"Skipped {counted(lines.count, 'line')}: {reason.words} ({which}{more}).")
    for name, count in done.left_out.most_common():
        say(f"Left out `{name}` of {counted(count, 'paper')}: its value is of no use.")


def _as_json(file: str, done: "Progress") -> dict[str, object]:
    """The summary for programs; a stable form."""
    return {
        "file": file,
        "format": done.file_format.value,
        "from_line": done.from_line,
        "to_line": done.line,
        "papers": done.papers,
        "new": done.new,
        "changed": done.changed,
        "known": done.known,
        "skipped": [
            {"reason": reason.value, "count": lines.count, "lines": lines.first}
            for reason, lines in done.skipped.items()
        ],
        "left_out": dict(done.left_out.most_common()),
    }
