"""`paperboy setup slack`: the whole way to Slack, a step at a time."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer

from bot.cli.asking import ConfigOption, ask_token, begin, finish, show_findings, write
from bot.cli.common import run, say, warn
from bot.cli.output import paragraph
from bot.config import Settings
from bot.view.doc import Span

_MEMBER: Final = re.compile(r"[UW][A-Z0-9]{6,30}")


def slack(config: ConfigOption = None) -> None:
    """Walk through all of Slack: the app, its tokens, a check, a test message, the settings.

    Nothing is written before everything is known to work. Run again, it keeps what is set.
    """
    settings, file = begin(config, "docs/slack.md")
    packs = _choose_packs(settings)
    _make_app(settings, packs, file)
    bot_token, app_token = _ask_tokens(settings, packs)
    member = _ask_member(settings, bot_token)
    guests = _ask_guests(settings, packs)
    _write(file, settings, packs, bot_token, app_token, member, guests)
    command = settings.slack_command
    finish(file, settings, f"type {command} in Slack, and {command} channel add in a channel")


# --- the steps -----------------------------------------------------------------------------------


def _choose_packs(settings: Settings) -> tuple[str, ...]:
    from bot.wiring.slack import PACKS

    say("Paperboy posts and answers with three permissions: commands, chat:write, im:write.")
    say("What else may it do? Each can be added or taken away later.")
    chosen_before = settings.origin("slack_packs") != "default"
    chosen = []
    for pack in PACKS:
        say()
        scopes = ", ".join(scope.name for scope in pack.scopes)
        paragraph(Span(pack.name, strong=True), Span(f": {pack.gives} ({scopes})"), first="  ", rest="    ")
        default = pack.name in settings.slack_packs if chosen_before else pack.name == "people"
        if typer.confirm(f"  Let it ({pack.name})?", default=default):
            chosen.append(pack.name)
    return tuple(chosen)


def _make_app(settings: Settings, packs: tuple[str, ...], file: Path) -> None:
    """Has the app made in Slack; one that is there already is kept, and changed if its rights change."""
    from bot.wiring.slack import new_app, note

    say()
    if settings.slack_bot_token is not None:
        if packs != settings.slack_packs:
            say("The app in Slack has to learn of that: at api.slack.com/apps, App Manifest, put in what")
            say("`paperboy slack manifest` prints once this is done, and install it again; or, under OAuth &")
            say("Permissions, change the scopes by hand now and install it again.")
        return
    say("1. Open this link: it makes the app with everything filled in. Choose your workspace, then Create.")
    say()
    say(new_app(settings, packs))
    say()
    say("2. Press Install to Workspace.")
    if not typer.confirm("   Does Slack say that an administrator has to approve it?", default=False):
        return
    say()
    say("Send this to an administrator:")
    say()
    say(note(settings, packs))
    say()
    if typer.confirm("Is it approved already?", default=False):
        return
    from bot.cli.settings_file import write_settings

    write_settings(file, {"slack_packs": list(packs)})
    say("Run this command again once it is approved; it remembers what you chose.")
    raise typer.Exit


def _ask_tokens(settings: Settings, packs: Sequence[str]) -> tuple[str, str]:
    from bot.wiring.slack import app_token, bot_token

    return (
        ask_token(
            "Bot User OAuth Token (OAuth & Permissions; begins with xoxb-)",
            settings.slack_bot_token,
            lambda token: run(bot_token(settings, token, packs)),
        ),
        ask_token(
            "App-Level Token (Basic Information; with the scope connections:write; begins with xapp-)",
            settings.slack_app_token,
            lambda token: run(app_token(settings, token)),
        ),
    )


def _ask_member(settings: Settings, bot_token: str) -> str:
    """The id of whoever sets this up, which a message has reached; empty if they would rather not."""
    from bot.wiring.slack import test_message

    say()
    say(
        "Your own member ID (in Slack: your picture, Profile, the three dots, Copy member ID). You get a test"
    )
    say("message now, and can set up channels later. Leave it empty to do without.")
    while True:
        member = str(typer.prompt("Member ID", default="", show_default=False)).strip().upper()
        if not member:
            return ""
        if not _MEMBER.fullmatch(member):
            warn(f"{member!r} is no member ID; they look like U012ABCDEF.")
            continue
        found = run(test_message(settings, bot_token, member))
        show_findings(found)
        if all(one.well for one in found):
            return member


def _ask_guests(settings: Settings, packs: Sequence[str]) -> str:
    """Whether there may be guests, where nothing will tell them from members."""
    if "people" in packs:
        return settings.slack_guests
    say()
    say(
        "Nothing is stored of guests. Without the pack people Paperboy cannot tell them from members, so that"
    )
    say("nobody but you can save papers or subscribe, unless there are no guests (free plans have none).")
    default = settings.slack_guests == "possible"
    return "possible" if typer.confirm("May there be guests?", default=default) else "none"


def _write(
    file: Path,
    settings: Settings,
    packs: Sequence[str],
    bot_token: str,
    app_token: str,
    member: str,
    guests: str,
) -> None:
    values: dict[str, str | list[str]] = {
        "slack_bot_token": bot_token,
        "slack_app_token": app_token,
        "slack_packs": list(packs),
    }
    if guests != settings.slack_guests:
        values["slack_guests"] = guests
    if member and "people" not in packs:
        named = [one for one in settings.slack_managers if _MEMBER.fullmatch(one)]
        values["slack_managers"] = list(dict.fromkeys([*named, member]))
    write(file, settings, values)
