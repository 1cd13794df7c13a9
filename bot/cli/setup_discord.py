"""`paperboy setup discord`: the whole way to Discord, a step at a time."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from bot.cli.asking import ConfigOption, ask_token, begin, finish, show_findings, write
from bot.cli.common import run, say, warn
from bot.cli.output import paragraph
from bot.config import Settings
from bot.view.doc import Span

if TYPE_CHECKING:
    from bot.checkup import Finding
    from bot.wiring.discord import Application

_PORTAL: Final = "https://discord.com/developers/applications"
_REVIEW: Final = (
    "To see links, the bot has to read what people write there: Discord calls it the privileged intent "
    "Message Content. Below 100 servers you switch it on yourself. From then on Discord verifies the bot and "
    "reviews the intent: you have to tell why it is needed, and without an approval the bot can join no "
    "further server."
)


def discord(config: ConfigOption = None) -> None:
    """Walk through all of Discord: the bot, its token, the invitation, a test message, the settings.

    Nothing is written before everything is known to work. Run again, it keeps what is set.
    """
    settings, file = begin(config, "docs/discord.md")
    token, application = _ask_token(settings)
    _invite(settings, token, application)
    cards = _ask_cards(settings, token, application)
    _write(file, settings, token, cards)
    _introduce(settings, token)
    command = settings.discord_command
    finish(file, settings, f"type /{command} in Discord, and /{command}-channel add in a channel")


def _ask_token(settings: Settings) -> "tuple[str, Application]":
    """The token, and the application it is of."""
    from bot.wiring.discord import try_token

    if settings.discord_token is None:
        say(f"1. Open {_PORTAL} and press New Application.")
        say("2. Under Bot, press Reset Token and copy what it shows. No intent needs to be switched on.")
    known: Application | None = None

    def check(token: str) -> "Sequence[Finding]":
        nonlocal known
        found, known = run(try_token(settings, token))
        return found

    token = ask_token("Bot token", settings.discord_token, check)
    assert known is not None  # noqa: S101 - else the token would not have passed
    return token, known


def _invite(settings: Settings, token: str, application: "Application") -> None:
    """Has the bot added to a server."""
    from bot.wiring.discord import PERMISSIONS, links, servers

    there = run(servers(settings, token))
    if not there:
        say()
        say("3. Open this link, and choose your server:")
        say()
        say(links(settings, application.id).server)
        say()
        say("It asks for:")
        for one in PERMISSIONS:
            paragraph(Span(one.name, strong=True), Span(f": to {one.reason}"), first="  ", rest="    ")
        say()
        say("Only who may manage the server can do that; the link can be sent to somebody who may.")
    while not there:
        if not typer.confirm("Was it added?", default=True):
            say("`paperboy discord invite` prints the link again.")
            return
        there = run(servers(settings, token))
        if not there:
            warn("Discord says that the bot is in no server yet.")
    say()
    say(f"The bot is in {', '.join(name for _, name in there[:5])}{' and others' if len(there) > 5 else ''}.")


def _ask_cards(settings: Settings, token: str, application: "Application") -> tuple[str, ...]:
    """The servers in which a posted link to a paper gets a card."""
    from bot.wiring.discord import servers

    say()
    chosen_before = bool(settings.discord_link_cards)
    if not typer.confirm("Should links to papers that people post get a card?", default=chosen_before):
        return ()
    paragraph(Span(_REVIEW), first="  ", rest="  ")
    if not application.reads_messages:
        say(f"  Switch Message Content Intent on under Bot at {_PORTAL}.")
    chosen = []
    for number, name in run(servers(settings, token)):
        usual = number in settings.discord_link_cards
        if typer.confirm(f"  Read along in {name}?", default=usual):
            chosen.append(number)
    return tuple(chosen)


def _write(file: Path, settings: Settings, token: str, cards: Sequence[str]) -> None:
    write(file, settings, {"discord_token": token, "discord_link_cards": list(cards)})


def _introduce(settings: Settings, token: str) -> None:
    """Tells Discord of the commands, and sends whoever owns the application a message."""
    from bot.wiring.discord import synchronise, test_message

    run(synchronise(settings, token))
    say("Discord knows the commands now.")
    if typer.confirm("Send you a test message?", default=True):
        show_findings(run(test_message(settings, token)))
