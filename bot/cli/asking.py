"""What setting a platform up has in common with setting up any other: its questions, its file, its end."""

import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.common import load_settings, say, warn
from bot.cli.output import paragraph
from bot.config import CONFIG_FILE, CONFIG_VARIABLE, Settings, env_name
from bot.errors import InputError
from bot.view.doc import Span

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.checkup import Finding

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        help="The settings file to write; unless given, the one that counts here, or else paperboy.toml "
        "in the home folder."
    ),
]


def begin(config: Path | None, page: str) -> tuple[Settings, Path]:
    """The settings as they are, and the file that will hold them; `page` has the steps to do by hand.

    Raises `InputError` where nobody can be asked, `ConfigError` where that file could not be written.
    """
    from bot.cli.settings_file import check_settings_file

    if not sys.stdin.isatty():
        raise InputError(f"This asks questions: run it in a terminal. {page} has the steps to do by hand.")
    settings = _settings_of(config)
    file = (config or settings.file or settings.home / CONFIG_FILE).absolute()
    check_settings_file(file)
    return settings, file


def _settings_of(config: Path | None) -> Settings:
    """The settings as that file has them, if it is there already."""
    if config is None or not config.exists():
        return load_settings()
    return Settings.load({**os.environ, CONFIG_VARIABLE: str(config.absolute())}, Path.cwd())


def ask_token(what: str, known: "SecretStr | None", check: "Callable[[str], Sequence[Finding]]") -> str:
    """A token that the platform has said to be good; never shown."""
    keep = "" if known is None else "; Enter keeps the one that is set"
    while True:
        say()
        token = str(
            typer.prompt(
                f"{what}\nIt stays hidden{keep}",
                hide_input=True,
                default=None if known is None else known.get_secret_value(),
                show_default=False,
            )
        ).strip()
        found = check(token)
        show_findings(found)
        if all(one.well for one in found):
            return token


def write(file: Path, settings: Settings, values: Mapping[str, str | list[str]]) -> None:
    """Writes these settings, and says where something else goes before them."""
    from bot.cli.settings_file import write_settings

    write_settings(file, values)
    say()
    say(f"Wrote {file}; only you can read it.")
    for key in values:
        if settings.origin(key) == env_name(key):
            warn(f"{env_name(key)} is set in the environment, and goes before the file: take it away there.")


def finish(file: Path, settings: Settings, then: str) -> None:
    """Says how to start Paperboy and how to keep it running; `then` is what to do first on the platform."""
    from bot.cli.keeping import keep_running

    program = Path(sys.executable).with_name("paperboy")
    found_anyway = file in {settings.home / CONFIG_FILE, Path.cwd() / CONFIG_FILE}
    prefix = "" if found_anyway else f"{CONFIG_VARIABLE}={shlex.quote(str(file))} "
    say()
    say(f"Now start it: {prefix}paperboy run")
    say(f"Then {then}.")
    say(f"Whether all is well: {prefix}paperboy doctor")
    say()
    for line in keep_running(program, file, late_hours=settings.late_limit_hours).splitlines():
        say(line)


def show_findings(found: "Sequence[Finding]") -> None:
    """A line for each thing that was looked at, and what to do about what is not well."""
    for one in found:
        mark = "??" if one.open else "ok" if one.well else "NO"
        paragraph(Span(f"{one.what} {one.state}"), first=f"{mark}  ")
        if one.remedy:
            paragraph(Span(one.remedy), first="    → ", rest="      ")
