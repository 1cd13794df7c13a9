"""The commands' tree, and the one place where failures become sentences."""

import sys
from typing import Annotated

import typer

from bot.cli import config, database, destinations, digests, outbox, running, trending
from bot.errors import ConfigError, PaperboyError

app = typer.Typer(
    name="paperboy",
    help="Delivers the research papers that matter into the chat where a team already lives.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(destinations.app, name="destination")
app.add_typer(outbox.app, name="outbox")
app.add_typer(database.app, name="db")
app.add_typer(digests.app, name="digest")
app.add_typer(config.app, name="config")
running.register(app)
trending.register(app)


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        sys.stdout.write(f"paperboy {version('paperboy')}\n")
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
    """Runs the command line; an operational failure is one sentence on standard error and status 1."""
    try:
        app()
    except ConfigError as error:
        sys.stderr.write(f"paperboy cannot start with these settings:\n{error}\n")
        sys.exit(2)
    except PaperboyError as error:
        sys.stderr.write(f"paperboy: {error}\n")
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output has gone (`paperboy … | head`)
        sys.stderr.close()
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
