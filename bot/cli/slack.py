"""`paperboy slack`: what Slack needs to know of the app."""

from typing import Annotated

import typer

from bot.cli.common import JsonOption, load_settings, print_json
from bot.cli.output import emit

app = typer.Typer(help="Make the app in Slack.", no_args_is_help=True)


@app.command()
def manifest(
    json_: JsonOption = False,
    yaml: Annotated[bool, typer.Option("--yaml", help="Print YAML, as without --json.")] = False,
    oauth: Annotated[
        bool,
        typer.Option("--oauth", help="For an app that many workspaces install; needs a public address."),
    ] = False,
) -> None:
    """Print the manifest, from which api.slack.com/apps makes the app, as the settings have it.

    With a public address Slack calls Paperboy there; else, or with an app-level token, Paperboy calls Slack.
    """
    from bot.errors import InputError
    from bot.wiring.slack import as_yaml, made_manifest

    if json_ and yaml:
        raise InputError("Choose one of --json and --yaml.")
    made = made_manifest(load_settings(), oauth=oauth)
    if json_:
        print_json(made)
    else:
        emit(as_yaml(made))
