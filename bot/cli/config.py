"""`paperboy config`: what is set, and a file to start from."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.common import JsonOption, load_settings, print_json, say, table
from bot.errors import ConflictError, InputError

app = typer.Typer(help="Show the settings, or write a commented settings file.", no_args_is_help=True)


@app.command()
def show(json_: JsonOption = False) -> None:
    """Show every setting, its value and where that is from; secrets are hidden."""
    from bot.config_shown import render_config

    shown = render_config(load_settings())
    if json_:
        print_json([one._asdict() for one in shown])
    else:
        table(["setting", "value", "from"], [list(one) for one in shown])


@app.command()
def init(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file to write.")] = Path("paperboy.toml"),
) -> None:
    """Write a settings file with everything explained, at its defaults."""
    from bot.config_shown import initial_toml

    try:
        with path.open("x", encoding="utf-8") as file:
            try:
                file.write(initial_toml())
                file.flush()
            except OSError:
                path.unlink()  # half a file would be taken for the whole next time
                raise
    except FileExistsError:
        raise ConflictError(f"{path} exists already; it was left as it is.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}). Name another file.") from error
    say(f"Wrote {path}. Every setting in it is at its default; `paperboy config show` shows what counts.")
