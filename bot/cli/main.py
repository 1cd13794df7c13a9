"""The commands' tree, and the one place where failures become sentences."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from bot.cli import (
    backtest,
    chat,
    config,
    database,
    destinations,
    digests,
    discord,
    editions,
    evaluate,
    importing,
    indexing,
    mail,
    outbox,
    plotting,
    running,
    search,
    setup,
    slack,
    sources,
    teaching,
    trending,
)
from bot.cli.common import INTERRUPTED
from bot.cli.output import ReaderGoneError, emit, warn
from bot.errors import ConfigError, PaperboyError

# What pydantic, by which Typer checks values, says in its own words.
_PLAINER: Final = (
    ("Value error, ", ""),
    ("Input should be", "it should be"),
    (", unable to parse string as an integer", ""),
)


class Root(TyperGroup):
    """All of the command line. Whatever goes wrong for operational reasons is told in a sentence."""

    def main(self, *args: Any, **named: Any) -> Any:
        """Runs a command line and exits with its status.

        0: done. 1: it could not be done. 2: the settings or the command line cannot work. 130: Ctrl-C.
        """
        try:
            status = super().main(*args, **{**named, "standalone_mode": False})
        except ReaderGoneError:
            _let_go_of_stdout()
            status = 0
        except typer.TyperException as error:
            status = _misused(error)
        except typer.Abort:  # Ctrl-C or Ctrl-D at a question
            warn("\nGiven up.")
            status = INTERRUPTED
        except PaperboyError as error:
            status = _failed(error)
        except BaseExceptionGroup as group:  # of roles that ran side by side
            told, bugs = group.split(PaperboyError)
            if told is None or bugs is not None:
                raise
            status = _failed(_first(told))
        sys.exit(status if isinstance(status, int) else 0)


app = typer.Typer(
    name="paperboy",
    help="Delivers the research papers that matter into the chat where a team already lives.",
    cls=Root,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(destinations.app, name="destination")
app.add_typer(outbox.app, name="outbox")
app.add_typer(database.app, name="db")
app.add_typer(indexing.app, name="index")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(digests.app, name="digest")
app.add_typer(plotting.app, name="plot")
app.add_typer(editions.app, name="edition")
app.add_typer(config.app, name="config")
app.add_typer(slack.app, name="slack")
app.add_typer(discord.app, name="discord")
app.add_typer(mail.app, name="mail")
teaching.register(destinations.app)
running.register(app)
setup.register(app)
sources.register(app)
importing.register(app)
trending.register(app)
backtest.register(app)
search.register(app)
chat.register(app)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        emit(f"paperboy {version('paperboy')}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Delivers the research papers that matter into the chat where a team already lives."""
    del version


def main() -> None:
    """Runs the command line of this process."""
    _ready_streams()
    app(prog_name="paperboy")


# --- failures ----------------------------------------------------------------------------------


def _failed(error: PaperboyError) -> int:
    """Tells an operational failure; returns the status."""
    if not isinstance(error, ConfigError):
        warn(f"paperboy: {error}")
        return 1
    problems = str(error).splitlines()
    if len(problems) == 1:
        warn(f"paperboy: {problems[0]}")
    else:
        warn("paperboy: these settings cannot work:\n" + "\n".join(f"  {problem}" for problem in problems))
    return 2


def _misused(error: typer.TyperException) -> int:
    """Tells what cannot be understood about a command line; returns the status."""
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":  # which Typer does not export; its message is the help
        warn(message)
        return error.exit_code
    for found, plain in _PLAINER:
        message = message.replace(found, plain)
    context = getattr(error, "ctx", None)
    more = f" `{context.command_path} --help` says more." if context is not None else ""
    warn(f"paperboy: {message}{'' if message.endswith(('.', '?')) else '.'}{more}")
    return error.exit_code


def _first(group: BaseExceptionGroup[PaperboyError]) -> PaperboyError:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


# --- streams -----------------------------------------------------------------------------------


def _ready_streams() -> None:
    """Sees to it that printing works, or says at once that it cannot."""
    if sys.stderr is None:  # closed by whoever started us: nobody wants to hear
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process
    if sys.stdout is None:
        warn("paperboy: Standard output is closed. To see nothing, send it to /dev/null.")
        sys.exit(1)
    for stream in (sys.stdout, sys.stderr):
        # A terminal without some letter shows a question mark for it, instead of ending the program.
        getattr(stream, "reconfigure", _nothing)(errors="replace")


def _nothing(**_: object) -> None:
    """For a stream that a program which contains us has put in place."""


def _let_go_of_stdout() -> None:
    """Keeps Python from trying, at exit, to hand over what nobody reads (see its `signal` documentation)."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
