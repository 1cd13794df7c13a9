"""`paperboy setup`, and `paperboy doctor`, who looks at what was set up."""

import typer

from bot.cli.asking import show_findings
from bot.cli.common import load_settings, with_store
from bot.cli.setup_discord import discord
from bot.cli.setup_mail import mail
from bot.cli.setup_slack import slack

app = typer.Typer(help="Set Paperboy up for a platform, step by step.", no_args_is_help=True)
app.command()(slack)
app.command()(discord)
app.command()(mail)


def register(root: typer.Typer) -> None:
    """Adds the commands of this module."""
    root.add_typer(app, name="setup")
    root.command("doctor")(doctor)


def doctor() -> None:
    """Check every token, permission, event and channel of the platforms, and say how to mend each."""
    from bot.cli.running import surroundings
    from bot.wiring.checkup import examine

    settings = load_settings()
    found = with_store(lambda store: examine(settings, store, surroundings()), settings)
    show_findings(found)
    if not all(one.well for one in found):
        raise typer.Exit(1)
