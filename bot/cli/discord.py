"""`paperboy discord`: what Discord needs to know of the bot, and how the bot gets into a server."""

import typer

from bot.cli.common import JsonOption, load_settings, print_json, run, say
from bot.cli.output import paragraph
from bot.view.doc import Span

app = typer.Typer(help="Invite the bot in Discord, and tell Discord of its commands.", no_args_is_help=True)


@app.command()
def invite(json_: JsonOption = False) -> None:
    """Print the link that adds the bot to a server, with exactly the permissions it uses."""
    from bot.wiring.discord import PERMISSIONS, links, token_of

    settings = load_settings()
    found = run(links(settings, token_of(settings)))
    if json_:
        asked = [{"name": one.name, "reason": one.reason} for one in PERMISSIONS]
        print_json({"server": found.server, "person": found.person, "permissions": asked})
        return
    say("Adds the bot to a server (whoever opens it needs Manage Server there):")
    say(found.server)
    say()
    show_permissions()
    say()
    say("Takes the commands along for one person, into every server and all direct messages:")
    say(found.person)


@app.command()
def sync() -> None:
    """Tell Discord of the commands, if they are not what it knows already.

    The running bot does so by itself at its start. Discord takes 200 new commands a day.
    """
    from bot.wiring.discord import synchronise, token_of

    settings = load_settings()
    changed = run(synchronise(settings, token_of(settings)))
    say("Discord knows the commands now." if changed else "Discord knows the commands already.")


def show_permissions() -> None:
    """What the invitation asks for, and why."""
    from bot.wiring.discord import PERMISSIONS

    say("It asks for:")
    for one in PERMISSIONS:
        paragraph(Span(one.name, strong=True), Span(f": to {one.reason}"), first="  ", rest="    ")
