"""`paperboy setup discord`: the whole way to Discord, a step at a time."""

from typing import Final

import typer

from bot.cli.asking import ConfigOption, ask_token, begin, finish, show_findings, write
from bot.cli.common import run, say, warn
from bot.cli.discord import show_permissions
from bot.cli.output import paragraph
from bot.config import Settings
from bot.view.doc import Span

_PORTAL: Final = "https://discord.com/developers/applications"
_REVIEW: Final = (
    "To see links, the bot has to receive what people write there: Discord calls it the privileged "
    "intent Message Content. As long as fewer than 10,000 people see the bot, all its servers together, "
    "you switch it on yourself. Beyond that Discord reviews it: within 90 days you have to say what it "
    "is needed for, and again every year. Where it is not approved, it is taken away, and the bot can "
    "connect only with link cards switched off. Paperboy looks for links to papers, and neither stores "
    "nor logs what it reads."
)
_NAMED: Final = 5  # servers, of many


def discord(config: ConfigOption = None) -> None:
    """Walk through all of Discord: the bot, its token, the invitation, a test message, the settings.

    The settings are written once all is known to work. Run again, it keeps what is set.
    """
    settings, file = begin(config, "docs/discord.md")
    token = _ask_token(settings)
    _synchronise(settings, token)
    _invite(settings, token)
    cards = _ask_cards(settings, token)
    _try_message(settings, token)
    write(file, settings, {"discord_token": token, "discord_link_cards": list(cards)})
    command = settings.discord_command
    finish(file, settings, f"type /{command} trending in Discord, and /{command}-channel add in a channel")


# --- the steps -----------------------------------------------------------------------------------


def _ask_token(settings: Settings) -> str:
    from bot.wiring.discord import bot_token

    if settings.discord_token is None:
        say(f"1. Open {_PORTAL} and press New Application.")
        say("2. Under Bot, press Reset Token and copy what it shows. No intent needs to be switched on.")
    return ask_token("Bot token", settings.discord_token, lambda token: [run(bot_token(settings, token))])


def _synchronise(settings: Settings, token: str) -> None:
    """Tells Discord of the commands before the bot is anywhere, so that it comes with them."""
    from bot.wiring.discord import synchronise

    run(synchronise(settings, token))
    say("ok  Discord knows the commands, and which permissions to ask for.")


def _invite(settings: Settings, token: str) -> None:
    """Has the bot added to a server."""
    from bot.wiring.discord import links, servers_of

    there = run(servers_of(settings, token))
    if not there:
        say()
        say("3. Open this link, and choose your server:")
        say()
        say(run(links(settings, token)).server)
        say()
        show_permissions()
        say()
        say("It takes the permission Manage Server there; the link can be sent to somebody who has it.")
    while not there:
        if not typer.confirm("Is it added?", default=True):
            say("`paperboy discord invite` prints the link again.")
            return
        there = run(servers_of(settings, token))
        if not there:
            warn("Discord says that the bot is in no server yet.")
    names = ", ".join(name for _, name in there[:_NAMED])
    say(f"ok  The bot is in {names}{' and others' if len(there) > _NAMED else ''}.")


def _ask_cards(settings: Settings, token: str) -> tuple[str, ...]:
    """The servers in which a posted link to a paper gets a card."""
    from bot.wiring.discord import servers_of

    there = run(servers_of(settings, token))
    say()
    if not there or not typer.confirm(
        "Should links to papers that people post get a card?", default=bool(settings.discord_link_cards)
    ):
        return ()
    say()
    paragraph(Span(_REVIEW), first="  ", rest="  ")
    say()
    chosen = tuple(
        number
        for number, name in there
        if typer.confirm(f"  Read along in {name}?", default=number in settings.discord_link_cards)
    )
    return chosen if chosen and _reads(settings, token) else ()


def _reads(settings: Settings, token: str) -> bool:
    """Has the intent switched on; without it the bot could not even connect."""
    from bot.wiring.discord import may_read

    told = False
    while not run(may_read(settings, token)):
        if told:
            warn("  Discord says that it is off.")
        else:
            say(f"  Switch Message Content Intent on under Bot at {_PORTAL}, and save.")
            told = True
        if not typer.confirm("  Is it on?", default=True):
            say("  Then links get no cards. Run this again once it is on.")
            return False
    return True


def _try_message(settings: Settings, token: str) -> None:
    """Sends whoever owns the application a message: not every owner wants one, and nothing hangs on it."""
    from bot.wiring.discord import test_message

    say()
    if typer.confirm("Send a test message to you, who own the application?", default=True):
        show_findings([run(test_message(settings, token))])
